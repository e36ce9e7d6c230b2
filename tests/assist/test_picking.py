from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.assist.error import AssistError
from av3d.assist.floor import GroundPlane
from av3d.assist.picking import place_from_ray, place_in_cloud
from av3d.types import FloatArray

UP = np.array([0.0, 0.0, 1.0])
FLAT = GroundPlane(np.zeros(3), UP, UP, 0.02, 100)
EYE_M = np.array([1.0, 0.0, 1.5])


def wall(x: float, low_y: float = -3.0, high_y: float = 3.0) -> FloatArray:
    """Points every 5 cm on a wall across the way ahead, (N, 3)."""
    y, z = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(low_y, high_y, 0.05), np.arange(0.3, 3, 0.05))
    )
    return np.column_stack([np.full(len(y), x), y, z])


def street() -> FloatArray:
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(2, 40, 0.1), np.arange(-4, 4, 0.1)))
    return np.column_stack([x, y, np.zeros(len(x))])


def to(target: tuple[float, float, float]) -> FloatArray:
    return np.asarray(target) - EYE_M


@given(st.floats(-1.5, 1.5), st.floats(0.8, 2.5))
def test_a_ray_stops_at_the_nearest_surface(y: float, z: float) -> None:
    points = np.concatenate([wall(10.0), wall(20.0), street()]).astype(np.float32)
    place = place_from_ray(points, EYE_M, to((10.0, y, z)), ground=FLAT)
    assert place == pytest.approx([10.0, y, z], abs=0.1)


def test_what_is_beside_the_ray_does_not_count() -> None:
    points = np.concatenate([wall(10.0, 1.0, 3.0), wall(20.0)])
    place = place_from_ray(points, EYE_M, to((20.0, 0.0, 1.5)), ground=FLAT)
    assert place == pytest.approx([20.0, 0.0, 1.5], abs=0.1)


def test_stray_points_before_a_surface_do_not_count() -> None:
    strays = np.array([[4.0, 0.0, 1.5], [6.0, 0.0, 1.5]])
    place = place_from_ray(
        np.concatenate([strays, wall(20.0)]), EYE_M, to((20, 0, 1.5)), ground=FLAT
    )
    assert place == pytest.approx([20.0, 0.0, 1.5], abs=0.1)


def test_what_stands_is_meant_rather_than_the_ground_before_it() -> None:
    points = np.concatenate([street(), wall(12.0)])
    place = place_from_ray(points, EYE_M, to((12.0, 0.0, 0.35)), ground=FLAT)
    assert place is not None
    assert place[0] == pytest.approx(12.0, abs=0.3)


def test_a_ray_into_the_street_meets_the_ground_though_a_wall_is_behind() -> None:
    points = np.concatenate([street(), wall(30.0)])
    place = place_from_ray(points, EYE_M, to((8.0, 1.0, 0.0)), ground=FLAT)
    assert place == pytest.approx([8.0, 1.0, 0.0], abs=1e-6)


def test_where_no_point_is_a_ray_meets_the_ground() -> None:
    place = place_from_ray(np.zeros((0, 3)), EYE_M, to((15.0, -2.0, 0.0)), ground=FLAT)
    assert place == pytest.approx([15.0, -2.0, 0.0])


def test_a_ray_into_the_sky_or_too_far_means_nothing() -> None:
    assert place_from_ray(street(), EYE_M, (1.0, 0.0, 0.5), ground=FLAT) is None
    assert place_from_ray(wall(20.0), EYE_M, (1.0, 0.0, 0.0), ground=FLAT, max_range_m=10.0) is None


def test_points_behind_the_camera_do_not_count() -> None:
    assert place_from_ray(wall(-10.0), EYE_M, (1.0, 0.0, 0.0), ground=None) is None


def test_without_a_ground_the_nearest_points_count() -> None:
    place = place_from_ray(street(), EYE_M, to((8.0, 1.0, 0.0)), ground=None, half_angle_rad=0.02)
    assert place == pytest.approx([8.0, 1.0, 0.0], abs=0.3)


def test_points_that_are_not_finite_do_not_count() -> None:
    points = np.concatenate([np.full((9, 3), np.nan), wall(20.0)])
    place = place_from_ray(points, EYE_M, (1.0, 0.0, 0.0), ground=FLAT)
    assert place == pytest.approx([20.0, 0.0, 1.5], abs=0.1)


def test_no_direction_is_refused() -> None:
    with pytest.raises(AssistError, match="direction"):
        place_from_ray(street(), EYE_M, (0.0, 0.0, 0.0), ground=FLAT)


def test_on_a_street_that_rises_its_own_ground_counts() -> None:
    points = street()
    points[:, 2] = np.maximum(points[:, 0] - 15.0, 0.0) * 0.1
    target = (30.0, 0.0, 1.5)
    assert place_in_cloud(points, EYE_M, to(target)) == pytest.approx(target, abs=0.3)


def test_into_the_sky_there_is_no_place_in_a_cloud() -> None:
    assert place_in_cloud(street(), EYE_M, (1.0, 0.0, 0.5)) is None
