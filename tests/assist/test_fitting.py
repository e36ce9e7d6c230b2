from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.scene import LIDAR_M, ground_and_wall, seen_of
from av3d.assist.error import AssistError
from av3d.assist.fitting import FARTHEST_M, FARTHEST_RAD, fitted
from av3d.assist.floor import GroundPlane
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3, wrap_angle_rad
from av3d.ontology.category import Category
from av3d.ontology.presets import default
from av3d.types import FloatArray

UP = np.array([0.0, 0.0, 1.0])
FLAT = GroundPlane(np.zeros(3), UP, UP, 0.02, 100)
TRUTH = Cuboid.from_yaw([14.0, 4.0, 0.8], [4.5, 1.9, 1.6], 0.3)


def category(key: str) -> Category:
    found = default().category(key)
    assert found is not None
    return found


def skin(cuboid: Cuboid) -> FloatArray:
    """What the LiDAR sees of a body that is a little smaller than its cuboid, (N, 3)."""
    return seen_of(Cuboid(cuboid.frame_SE3_cuboid, cuboid.size_lwh_m - np.array([0.3, 0.3, 0.1])))


def scene() -> FloatArray:
    return np.concatenate([ground_and_wall(), skin(TRUTH)])


def off(dx: float, dy: float, yaw_rad: float, dz: float = 0.0) -> Cuboid:
    """The car some way off in its own axes."""
    return Cuboid(TRUTH.frame_SE3_cuboid @ SE3.from_yaw(yaw_rad, [dx, dy, dz]), TRUTH.size_lwh_m)


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.25, 0.25), st.floats(-0.25, 0.25), st.floats(-0.14, 0.14), st.floats(-0.1, 0.1))
def test_a_cuboid_beside_its_points_comes_onto_them(
    dx: float, dy: float, yaw_rad: float, dz: float
) -> None:
    start = off(dx, dy, yaw_rad, dz)
    fit = fitted(scene(), start, category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    assert iou_3d(fit.cuboid, TRUTH) > 0.78
    assert np.array_equal(fit.cuboid.size_lwh_m, TRUTH.size_lwh_m)


def test_which_end_is_the_front_stays() -> None:
    backwards = Cuboid(TRUTH.frame_SE3_cuboid @ SE3.from_yaw(math.pi, [0, 0, 0]), TRUTH.size_lwh_m)
    fit = fitted(scene(), backwards, category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    turned = float(wrap_angle_rad(fit.cuboid.yaw_rad - backwards.yaw_rad))
    assert abs(turned) < math.radians(10)


def test_a_free_size_grows_to_points_outside() -> None:
    small = Cuboid(TRUTH.frame_SE3_cuboid, np.array([4.0, 1.6, 1.4]))
    fit = fitted(scene(), small, category("car"), FLAT, keep_size=False, sensor_m=LIDAR_M)
    assert fit.cuboid.height_m == pytest.approx(1.6, abs=0.08)
    assert iou_3d(fit.cuboid, TRUTH) > iou_3d(small, TRUTH)


@settings(max_examples=15, deadline=None)
@given(st.floats(-1.5, 1.5), st.floats(-1.2, 1.2), st.floats(-0.6, 0.6))
def test_it_never_goes_far(dx: float, dy: float, yaw_rad: float) -> None:
    start = off(dx, dy, yaw_rad)
    fit = fitted(scene(), start, category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    local = fit.cuboid.in_frame(start.frame_SE3_cuboid.inverse())
    assert float(np.hypot(*local.center_m[:2])) <= FARTHEST_M + 1e-6
    assert abs(local.yaw_rad) <= FARTHEST_RAD + 1e-6


def test_the_bottom_comes_to_the_ground_only_when_it_is_near() -> None:
    near = fitted(
        scene(), off(0, 0, 0, 0.2), category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M
    )
    assert near.cuboid.center_m[2] - near.cuboid.height_m / 2 == pytest.approx(0.0, abs=1e-9)
    high = off(0, 0, 0, 0.6)
    fit = fitted(scene(), high, category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    assert fit.cuboid.center_m[2] == pytest.approx(high.center_m[2])


def test_without_a_ground_the_bottom_stays() -> None:
    fit = fitted(
        scene(), off(0.2, 0, 0, 0.1), category("car"), None, keep_size=True, sensor_m=LIDAR_M
    )
    assert fit.cuboid.center_m[2] == pytest.approx(0.9)


def test_a_tilt_stays() -> None:
    slope = SE3.from_euler(0.0, -0.12, 0.0, [0.0, 0.0, 0.0])
    tilted, points = TRUTH.in_frame(slope), slope.transform(scene())
    up = slope.rotate(UP)
    ground = GroundPlane(np.zeros(3), up, UP, 0.02, 100)
    start = Cuboid(tilted.frame_SE3_cuboid @ SE3.from_yaw(0.1, [0.2, 0.1, 0.0]), tilted.size_lwh_m)
    fit = fitted(
        points, start, category("car"), ground, keep_size=True, sensor_m=slope.transform(LIDAR_M)
    )
    assert fit.cuboid.frame_SE3_cuboid.rotation[:, 2] == pytest.approx(up, abs=1e-9)
    assert iou_3d(fit.cuboid, tilted) > 0.78


def test_a_person_is_centred_with_heading_and_size_kept() -> None:
    rng = np.random.default_rng(4)
    person = np.array([10.0, 2.0, 0.0]) + rng.uniform([-0.3, -0.3, 0], [0.3, 0.3, 1.7], (80, 3))
    start = Cuboid.from_yaw([10.2, 1.9, 0.9], [0.7, 0.7, 1.8], 1.0)
    fit = fitted(person, start, category("pedestrian"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    assert fit.cuboid.center_m[:2] == pytest.approx([10.0, 2.0], abs=0.1)
    assert fit.cuboid.yaw_rad == pytest.approx(1.0)


def test_it_says_what_it_did() -> None:
    fit = fitted(scene(), off(0.3, 0, 0), category("car"), FLAT, keep_size=True, sensor_m=LIDAR_M)
    assert fit.points > 100
    assert 0.0 < fit.rms_m < 0.3
    assert f"onto {fit.points} points" in fit.words


def test_too_few_points_are_refused_with_their_number() -> None:
    points = np.array([[14.0, 4.0, 0.8], [14.2, 4.0, 0.9], [14.4, 4.0, 1.0]])
    with pytest.raises(AssistError, match=r"only 3 points in the cuboid .* 10 are needed"):
        fitted(points, TRUTH, category("car"), FLAT, keep_size=True)
