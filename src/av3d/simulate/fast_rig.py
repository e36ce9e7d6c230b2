"""The sensors of the fast car: a LiDAR and four cameras of different lenses, with rolling shutters."""

from __future__ import annotations

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, Rig
from av3d.geometry.se3 import SE3
from av3d.simulate.rig import sample_rig
from av3d.types import NS_PER_MS

READOUT_NS = 30 * NS_PER_MS

FAST_EXPOSURE_NS: dict[str, int] = {
    "front": 50 * NS_PER_MS,
    "left": 38 * NS_PER_MS,
    "right": -45 * NS_PER_MS,
    "back": -50 * NS_PER_MS,
}
"""Middle of the exposure minus middle of the LiDAR's turn: these cameras do not fire together."""

BASE_WIDTH_PX, BASE_HEIGHT_PX, WIDE_PX = 960, 540, 720


def fast_rig(width_px: int = 960, height_px: int = 540) -> Rig:
    """The rig; front and back have images of the size given, left and right square ones in proportion.

    Left is a fisheye of 160 degrees from edge to edge (Kannala-Brandt), right a lens of 198 degrees
    whose image is a disk (MEI); front has Brown-Conrady distortion, back none.
    """
    distortion = BrownConrady(k1=-0.118, k2=0.041, p1=0.0006, p2=-0.0004, k3=-0.006)
    front = Camera(BASE_WIDTH_PX, BASE_HEIGHT_PX, 690.0, 690.4, 481.7, 266.2, distortion)
    back = Camera(BASE_WIDTH_PX, BASE_HEIGHT_PX, 560.0, 560.3, 479.5, 269.5)
    fisheye = KannalaBrandt(k1=-0.0105, k2=0.0023, k3=-0.0011, k4=0.00008)
    left = Camera(WIDE_PX, WIDE_PX, 262.0, 262.2, 361.3, 357.6, fisheye)
    unified = Mei(xi=2.2134, k1=0.0166, k2=1.6546, p1=0.00042, p2=0.00045)
    right = Camera(WIDE_PX, WIDE_PX, 686.0, 686.3, 358.2, 361.9, unified)
    wide = round(WIDE_PX * width_px / BASE_WIDTH_PX), round(WIDE_PX * height_px / BASE_HEIGHT_PX)
    cameras = {
        "front": _mount(front.scaled(width_px, height_px), (1.35, 0.02, 1.58), (0.15, 1.2, 0.0)),
        "left": _mount(left.scaled(*wide), (0.85, 0.72, 1.66), (-0.5, 8.0, 90.0)),
        "right": _mount(right.scaled(*wide), (0.85, -0.72, 1.66), (0.4, 9.0, -88.0)),
        "back": _mount(back.scaled(width_px, height_px), (-1.75, 0.0, 1.55), (0.0, 2.5, 180.0)),
    }
    return Rig(
        name="fast",
        lidars=sample_rig().lidars,
        cameras=cameras,
        source="made by av3d simulate; exact, because the images and sweeps were made with it",
        date="2026-06-01",
        notes=(
            "the LiDAR turns clockwise; in the middle of its turn the beam points to the front left",
            "each camera reads its rows within 30 ms, from top to bottom",
        ),
    )


def _mount(
    camera: Camera, place_m: tuple[float, float, float], roll_down_yaw_deg: tuple[float, ...]
) -> CameraMount:
    roll, down, yaw = np.deg2rad(roll_down_yaw_deg)
    turn = SE3.from_euler(roll, down, yaw, place_m)
    return CameraMount(camera, turn @ BODY_SE3_OPTICAL, readout_ns=READOUT_NS)
