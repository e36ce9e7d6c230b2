"""KITTI's box parameters and cuboids with a full orientation.

A KITTI box stands upright on the xz plane of the rectified camera 0 frame (x right, y down, z
forward): its position is the centre of the bottom face, rotation_y turns it about y, and at 0 its
length points along x. The same box seen from the ego or world frame is in general tilted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

UPRIGHT: FloatArray = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Orientation of a cuboid with rotation_y 0: length along x, width along z, height along -y."""


@dataclass(frozen=True)
class KittiBox:
    """The seven numbers that a label line gives a box.

    Attributes:
        size_hwl_m: height, width, length.
        position_m: centre of the bottom face in the rectified camera 0 frame.
        rotation_y_rad: heading about y, 0 along x, pi/2 along -z, in (-pi, pi].
    """

    size_hwl_m: tuple[float, float, float]
    position_m: tuple[float, float, float]
    rotation_y_rad: float

    @property
    def alpha_rad(self) -> float:
        """Observation angle: rotation_y minus the bearing of the box, in (-pi, pi]."""
        x, _, z = self.position_m
        return wrap_rad(self.rotation_y_rad - math.atan2(x, z))


def wrap_rad(angle_rad: float) -> float:
    """The angle in (-pi, pi]."""
    return math.pi - (math.pi - angle_rad) % (2 * math.pi)


def rotation_about_y(angles_rad: FloatArray) -> FloatArray:
    """Rotation matrices about +y, (N,) → (N, 3, 3)."""
    rotation = np.zeros((len(angles_rad), 3, 3))
    rotation[:, 0, 0] = rotation[:, 2, 2] = np.cos(angles_rad)
    rotation[:, 0, 2] = np.sin(angles_rad)
    rotation[:, 2, 0] = -rotation[:, 0, 2]
    rotation[:, 1, 1] = 1.0
    return rotation


def camera_SE3_cuboids(
    positions_m: FloatArray, heights_m: FloatArray, rotations_y_rad: FloatArray
) -> SE3:
    """Poses of upright boxes in the rectified camera 0 frame, (N, 3), (N,), (N,) → batch of N."""
    centers_m = positions_m - np.array([0.0, 0.5, 0.0]) * heights_m[:, None]
    return SE3(rotation_about_y(rotations_y_rad) @ UPRIGHT, centers_m)


def box_of(cuboid: Cuboid) -> tuple[KittiBox, float]:
    """The KITTI box of a cuboid in the rectified camera 0 frame, and how far it is tilted.

    Centre and size are kept. The heading is that of the length axis seen along y; only the tilt
    of the height axis is dropped.

    Returns:
        The box, and the angle between the cuboid's height axis and the camera's -y, radians.
    """
    rotation = cuboid.frame_SE3_cuboid.rotation
    x, y, z = (float(value) for value in cuboid.center_m)
    length, width, height = (float(value) for value in cuboid.size_lwh_m)
    rotation_y = math.atan2(-rotation[2, 0], rotation[0, 0])
    # The angle from the sine and the cosine is exact for tiny tilts, where arccos is not.
    tilt = math.atan2(math.hypot(rotation[0, 2], rotation[2, 2]), -rotation[1, 2])
    return KittiBox((height, width, length), (x, y + height / 2, z), rotation_y), tilt


def restored_rotation(
    frame_R_camera: FloatArray, rotation_y_rad: float, roll_rad: float, pitch_rad: float
) -> FloatArray:
    """The orientation in a frame with z up whose KITTI heading is rotation_y, (3, 3).

    Solves for the yaw of Rz(yaw) Ry(pitch) Rx(roll) such that its length axis, seen along the
    camera's y axis, has the heading that the label gives. Exact inverse of what `box_of` drops as
    long as the length axis is not along the camera's y axis.

    Args:
        frame_R_camera: rotation from the rectified camera 0 frame to the frame, (3, 3).
        rotation_y_rad: heading of the label.
        roll_rad: roll of the cuboid in the frame.
        pitch_rad: pitch of the cuboid in the frame.
    """
    heading = frame_R_camera @ (math.cos(rotation_y_rad), 0.0, -math.sin(rotation_y_rad))
    # The length axis lies in the plane of the heading and the camera's y axis; n is its normal.
    # With the axis (cos p cos yaw, cos p sin yaw, -sin p): n_x cos yaw + n_y sin yaw = n_z tan p.
    normal = np.cross(heading, frame_R_camera[:, 1])
    reach = math.hypot(normal[0], normal[1])
    ratio = float(np.clip(normal[2] * math.tan(pitch_rad) / max(reach, 1e-12), -1.0, 1.0))
    middle = math.atan2(normal[1], normal[0])
    candidates = [
        SE3.from_euler(roll_rad, pitch_rad, middle + side * math.acos(ratio), np.zeros(3)).rotation
        for side in (1.0, -1.0)
    ]
    return max(candidates, key=lambda rotation: float(rotation[:, 0] @ heading))
