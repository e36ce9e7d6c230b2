from __future__ import annotations

import numpy as np
import pytest

from av3d.assist.ground import Ground
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

HEIGHT_M = 1.6
SIZE_LWH_M = np.array([4.0, 1.8, HEIGHT_M])


def plane(rise: float, height_m: float) -> FloatArray:
    """Ground around a body, that rises along x, in the frame of the body, (N, 3)."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-3, 3, 0.25), np.arange(-3, 3, 0.25)))
    return np.column_stack([x, y, height_m + rise * x - HEIGHT_M / 2])


def found(points: FloatArray) -> tuple[float, float] | None:
    ground = Ground(SIZE_LWH_M)
    body = SE3.from_yaw(0.5, [3.0, 4.0, 0.8])
    ground.see(0, 0, points, body)
    return ground.above_bottom_m(0, body)


def above(points: FloatArray) -> float | None:
    answer = found(points)
    return None if answer is None else answer[0]


@pytest.mark.parametrize("rise", [0.0, 0.06])
@pytest.mark.parametrize("height_m", [-0.2, 0.0, 0.15])
def test_the_height_under_the_centre_is_found(rise: float, height_m: float) -> None:
    assert above(plane(rise, height_m)) == pytest.approx(height_m, abs=0.02)


def test_what_stands_on_the_ground_does_not_lift_it() -> None:
    kerb = plane(0.0, 0.0)
    kerb[kerb[:, 1] > 1.2, 2] += 0.15
    assert above(kerb) == pytest.approx(0.0, abs=0.03)


def test_what_lies_farther_beside_does_not_count() -> None:
    street = plane(0.0, 0.0)
    street[np.abs(street[:, 1]) > 1.5, 2] += 0.25
    assert above(street) == pytest.approx(0.0, abs=0.02)


def test_the_underside_of_the_object_is_no_ground() -> None:
    street = plane(0.0, 0.3)
    beneath = street[(np.abs(street[:, 0]) < 2.0) & (np.abs(street[:, 1]) < 0.9)]
    assert above(beneath) is None


def test_points_to_one_side_tell_less() -> None:
    street = plane(0.0, 0.0)
    around, beside = found(street), found(street[street[:, 1] > 0.9])
    assert around is not None
    assert beside is not None
    assert around[1] == pytest.approx(0.05, abs=0.005)
    assert beside[1] > 2 * around[1]


def test_few_points_tell_nothing() -> None:
    assert above(plane(0.0, 0.0)[:5]) is None


def test_a_sweep_long_ago_tells_nothing() -> None:
    ground = Ground(SIZE_LWH_M)
    body = SE3.identity()
    ground.see(0, 0, plane(0.0, 0.0), body)
    assert ground.above_bottom_m(1_000_000_000, body) is not None
    assert ground.above_bottom_m(5_000_000_000, body) is None
