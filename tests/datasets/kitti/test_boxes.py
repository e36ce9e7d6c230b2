"""KITTI's box convention: bottom centre, rotation about the camera's y axis, no tilt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from av3d.datasets.kitti.boxes import box_of, camera_SE3_cuboids, restored_rotation
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3

angle = st.floats(-np.pi, np.pi)
tilt = st.floats(-0.6, 0.6)


def test_a_box_with_rotation_0_points_along_the_cameras_x_axis() -> None:
    poses = camera_SE3_cuboids(np.array([[2.0, 1.6, 20.0]]), np.array([1.5]), np.array([0.0]))
    np.testing.assert_allclose(poses[0].translation_m, [2.0, 0.85, 20.0])
    np.testing.assert_allclose(poses[0].rotation[:, 0], [1, 0, 0])  # length: right
    np.testing.assert_allclose(poses[0].rotation[:, 2], [0, -1, 0])  # height: up


def test_a_car_driving_ahead_has_rotation_minus_90_degrees() -> None:
    poses = camera_SE3_cuboids(np.zeros((1, 3)), np.ones(1), np.array([-np.pi / 2]))
    np.testing.assert_allclose(poses[0].rotation[:, 0], [0, 0, 1], atol=1e-12)


def test_corners_are_those_of_the_devkit() -> None:
    # readme of the devkit: x +-l/2, y 0 and -h, z +-w/2, turned about y, moved to the position.
    rotation_y, position = 0.7, np.array([3.0, 1.5, 15.0])
    c, s = np.cos(rotation_y), np.sin(rotation_y)
    expected = {
        tuple(np.round([c * x + s * z + 3.0, y + 1.5, -s * x + c * z + 15.0], 9))
        for x in (2.0, -2.0)
        for y in (0.0, -1.4)
        for z in (0.9, -0.9)
    }
    pose = camera_SE3_cuboids(position[None], np.array([1.4]), np.array([rotation_y]))[0]
    corners = Cuboid(pose, np.array([4.0, 1.8, 1.4])).corners_m()
    assert {tuple(corner) for corner in np.round(corners, 9)} == expected


@given(angle, st.floats(-50, 50), st.floats(1, 80))
def test_an_upright_box_comes_back_unchanged(rotation_y: float, x: float, z: float) -> None:
    pose = camera_SE3_cuboids(np.array([[x, 1.7, z]]), np.array([1.5]), np.array([rotation_y]))[0]
    box, tilt_rad = box_of(Cuboid(pose, np.array([4.0, 1.8, 1.5])))
    np.testing.assert_allclose(box.position_m, [x, 1.7, z], atol=1e-9)
    assert box.size_hwl_m == (1.5, 1.8, 4.0)
    assert np.cos(box.rotation_y_rad - rotation_y) == pytest.approx(1.0)
    assert np.cos(box.alpha_rad - (rotation_y - np.arctan2(x, z))) == pytest.approx(1.0)
    assert tilt_rad < 1e-7


@given(angle, tilt, tilt, angle, tilt, tilt)
def test_roll_and_pitch_beside_the_text_give_the_exact_orientation(
    yaw: float,
    pitch: float,
    roll: float,
    camera_yaw: float,
    camera_pitch: float,
    camera_roll: float,
) -> None:
    level = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    turned = Rotation.from_euler("ZYX", [camera_yaw, camera_pitch, camera_roll]).as_matrix()
    world_SE3_camera = SE3(turned @ level, np.array([4.0, 5.0, 6.0]))
    truth = SE3.from_euler(roll, pitch, yaw, np.array([10.0, 2.0, 1.0]))
    cuboid = Cuboid(truth, np.array([4.0, 1.8, 1.5])).in_frame(world_SE3_camera.inverse())
    box, _ = box_of(cuboid)
    restored = restored_rotation(world_SE3_camera.rotation, box.rotation_y_rad, roll, pitch)
    np.testing.assert_allclose(restored, truth.rotation, atol=1e-7)
