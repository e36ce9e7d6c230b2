from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.assist.floor import GroundPlane, local_ground
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

PLACE_M = (12.0, 3.0)


def street(rise_x: float = 0.0, rise_y: float = 0.0, height_m: float = 0.0) -> FloatArray:
    """Ground points around the place, every 30 cm, that rise along x and y, (N, 3)."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-2, 26, 0.3), np.arange(-11, 17, 0.3)))
    return np.column_stack([x, y, height_m + rise_x * x + rise_y * y])


def box(center_m: tuple[float, float], size_m: float, low_m: float, high_m: float) -> FloatArray:
    """Points in a block over the ground, (N, 3)."""
    rng = np.random.default_rng(0)
    half = size_m / 2
    low = [center_m[0] - half, center_m[1] - half, low_m]
    return rng.uniform(low, [center_m[0] + half, center_m[1] + half, high_m], (600, 3))


def found(points_m: FloatArray, up: tuple[float, float, float] = (0, 0, 1)) -> GroundPlane:
    ground = local_ground(points_m.astype(np.float32), PLACE_M, 3.0, up)
    assert ground is not None
    return ground


@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-2, 2))
def test_a_slope_is_found(rise_x: float, rise_y: float, height_m: float) -> None:
    ground = found(street(rise_x, rise_y, height_m))
    places = np.array([PLACE_M, (13.0, 5.0)])
    expected = height_m + places @ [rise_x, rise_y]
    # Of a cell the lowest points count, which on a slope are those at its edge.
    assert np.abs(ground.height_at(places) - expected).max() < 0.05
    assert ground.is_sure


def test_an_object_at_the_place_does_not_lift_it() -> None:
    hole = street()
    hole = hole[np.abs(hole[:, :2] - PLACE_M).max(axis=1) > 1.0]
    ground = found(np.concatenate([hole, box(PLACE_M, 2.0, 0.3, 1.5)]))
    assert ground.height_at(PLACE_M) == pytest.approx(0.0, abs=0.02)


def test_a_roof_above_and_strays_below_do_not_count() -> None:
    roof = street(height_m=4.0)
    strays = np.array([[11.0, 2.0, -1.5], [13.0, 4.0, -2.0], [12.0, 3.5, -0.8]])
    ground = found(np.concatenate([street(), roof, strays]))
    assert ground.height_at(PLACE_M) == pytest.approx(0.0, abs=0.02)


def test_of_a_street_and_its_kerb_the_one_under_the_place_counts() -> None:
    points = street()
    points[points[:, 1] > PLACE_M[1] + 1.5, 2] += 0.15
    assert found(points).height_at(PLACE_M) == pytest.approx(0.0, abs=0.05)


def test_roofs_of_a_parking_row_are_no_ground_when_a_street_is_farther_off() -> None:
    far = street()
    far = far[np.abs(far[:, :2] - PLACE_M).max(axis=1) > 4.0]
    roofs = street(height_m=1.4)
    roofs = roofs[np.abs(roofs[:, :2] - PLACE_M).max(axis=1) < 2.0]
    assert found(np.concatenate([far, roofs])).height_at(PLACE_M) == pytest.approx(0.0, abs=0.1)


def test_heights_are_measured_along_up_in_a_pitched_ego() -> None:
    ego = SE3.from_euler(
        0.0, 0.1, 0.0, [0.0, 0.0, 0.0]
    )  # level ground, seen from a pitched vehicle
    up = ego.inverse().rotate([0.0, 0.0, 1.0])
    ground = local_ground(ego.inverse().transform(street()), PLACE_M, 3.0, up)
    assert ground is not None
    assert ground.normal == pytest.approx(up, abs=0.01)
    raised = ego.inverse().transform([12.0, 3.0, 1.0])
    assert float(ground.above_m(raised)) == pytest.approx(1.0, abs=0.03)


def test_too_few_points_tell_nothing() -> None:
    assert local_ground(street()[:4], PLACE_M, 3.0) is None
    assert local_ground(np.zeros((0, 3)), PLACE_M, 3.0) is None


def test_points_that_are_not_finite_do_not_count() -> None:
    broken = np.concatenate([street(), np.full((50, 3), np.nan)])
    assert found(broken).height_at(PLACE_M) == pytest.approx(0.0, abs=0.02)


def test_sparse_ground_is_less_sure() -> None:
    rng = np.random.default_rng(1)
    rough = street()
    rough[:, 2] += rng.normal(0, 0.04, len(rough))
    assert found(rough[::40]).sigma_m > found(rough).sigma_m
