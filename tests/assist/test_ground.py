from __future__ import annotations

import numpy as np
import pytest

from av3d.assist.ground import Ground
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

HEIGHT_M = 1.6


def plane(rise: float, height_m: float) -> FloatArray:
    """Ground around a body, that rises along x, in the frame of the body, (N, 3)."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-3, 3, 0.25), np.arange(-3, 3, 0.25)))
    return np.column_stack([x, y, height_m + rise * x - HEIGHT_M / 2])


def above(points: FloatArray) -> float | None:
    ground = Ground(HEIGHT_M, 2.0)
    body = SE3.from_yaw(0.5, [3.0, 4.0, 0.8])
    ground.see(0, 0, points, body)
    return ground.above_bottom_m(0, body)


@pytest.mark.parametrize("rise", [0.0, 0.06])
@pytest.mark.parametrize("height_m", [-0.2, 0.0, 0.15])
def test_the_height_under_the_centre_is_found(rise: float, height_m: float) -> None:
    assert above(plane(rise, height_m)) == pytest.approx(height_m, abs=0.02)


def test_what_stands_on_the_ground_does_not_lift_it() -> None:
    kerb = plane(0.0, 0.0)
    kerb[kerb[:, 1] > 1.2, 2] += 0.15
    assert above(kerb) == pytest.approx(0.0, abs=0.03)


def test_few_points_tell_nothing() -> None:
    assert above(plane(0.0, 0.0)[:5]) is None


def test_a_sweep_long_ago_tells_nothing() -> None:
    ground = Ground(HEIGHT_M, 2.0)
    body = SE3.identity()
    ground.see(0, 0, plane(0.0, 0.0), body)
    assert ground.above_bottom_m(1_000_000_000, body) is not None
    assert ground.above_bottom_m(5_000_000_000, body) is None
