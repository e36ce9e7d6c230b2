"""The sensors of the simulated car: a LiDAR on the roof and four cameras."""

from __future__ import annotations

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount, Rig
from av3d.geometry.se3 import SE3
from av3d.types import NS_PER_MS

LIDAR = "top"
TURN_NS = 100 * NS_PER_MS
MIDDLE_AZIMUTH_RAD = np.deg2rad(45.0)
"""Where the beam points at the sweep's timestamp, the middle of its clockwise turn: front left."""

CAMERA_YAW_DEG = {"front": 0.0, "left": 83.0, "right": -83.0, "back": 180.0}

CAMERA_OFFSET_NS: dict[str, int] = {
    name: round((45.0 - (yaw if yaw < 180 else 180.0)) / 360 * TURN_NS)
    for name, yaw in CAMERA_YAW_DEG.items()
}
"""Exposure minus sweep time: when the beam sweeps through the middle of the camera's view."""


def sample_rig(width_px: int = 960, height_px: int = 540) -> Rig:
    """The rig at an image size; front, left and right have lens distortion, back is rectified."""
    front = BrownConrady(k1=-0.118, k2=0.041, p1=0.0006, p2=-0.0004, k3=-0.006)
    side = BrownConrady(k1=-0.155, k2=0.048, p1=-0.0005, p2=0.0007, k3=-0.0065)
    cameras = {
        "front": _mount(width_px, height_px, 690.0, (481.7, 266.2), front, (1.35, 0.02, 1.58), 0.0,
                        1.2, 0.15),
        "left": _mount(width_px, height_px, 520.0, (476.9, 268.8), side, (0.85, 0.72, 1.66), 83.0,
                       3.0, -0.2),
        "right": _mount(width_px, height_px, 521.5, (480.4, 270.9), side, (0.85, -0.72, 1.66),
                        -83.0, 3.1, 0.25),
        "back": _mount(width_px, height_px, 560.0, (479.5, 269.5), None, (-1.75, 0.0, 1.55), 180.0,
                       2.5, 0.0),
    }  # fmt: skip
    lidar = SE3.from_euler(np.deg2rad(0.3), np.deg2rad(-0.4), np.deg2rad(0.7), (0.35, 0.0, 1.92))
    return Rig(
        name="sample",
        lidars={LIDAR: LidarMount(lidar)},
        cameras=cameras,
        source="made by av3d simulate; exact, because the images and sweeps were made with it",
        date="2026-06-01",
        notes=(
            "the LiDAR turns clockwise; a sweep's time is the middle of its turn, "
            "when the beam points to the front left",
            "each camera exposes when the beam sweeps through the middle of its view",
        ),
    )


def _mount(
    width_px: int,
    height_px: int,
    focal_px: float,
    principal_px: tuple[float, float],
    distortion: BrownConrady | None,
    place_m: tuple[float, float, float],
    yaw_deg: float,
    down_deg: float,
    roll_deg: float,
) -> CameraMount:
    camera = Camera(
        960, 540, focal_px, focal_px * 1.0005, principal_px[0], principal_px[1], distortion
    ).scaled(width_px, height_px)
    turn = SE3.from_euler(np.deg2rad(roll_deg), np.deg2rad(down_deg), np.deg2rad(yaw_deg), place_m)
    return CameraMount(camera, turn @ BODY_SE3_OPTICAL)
