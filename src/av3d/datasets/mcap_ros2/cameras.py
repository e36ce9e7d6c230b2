"""CameraInfo: intrinsics of a camera, for its raw or its rectified images.

Source of what K, D, R, P, binning and region of interest mean: sensor_msgs/CameraInfo.msg, REP 104.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import Camera, InvalidCameraError, Lens
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.index import Topic
from av3d.datasets.mcap_ros2.records import DamagedError
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.types import FloatArray

UP = 0.8
"""Least cosine between a camera frame's z and the vehicle's up from which it is no optical frame."""

MAX_SIDE_PX = 65_535


@dataclass(frozen=True)
class Intrinsics:
    """What a CameraInfo says.

    Attributes:
        camera: for the images that it was asked for.
        frame_SE3_camera: the camera that took (or would have taken) these images in the frame of the
            message: rectified images are those of a camera that is turned by R, and, for the second
            of a stereo pair in the frame of the first, set aside by P.
        baseline_m: how far it is set aside; to be used if both cameras of a pair name one frame.
    """

    camera: Camera
    frame_SE3_camera: SE3
    baseline_m: tuple[float, float]


class CalibrationError(Av3dError):
    """A CameraInfo that no camera can have."""


def read_intrinsics(info: Topic, rectified: bool) -> Intrinsics:
    """Intrinsics from the first CameraInfo of a topic.

    Args:
        info: the topic.
        rectified: whether the images are rectified: then P holds and there is no distortion.

    Raises:
        CalibrationError: the camera is not calibrated, the model of its lens is not known, or a
            value is impossible.
    """
    try:
        message = ros.decode(ros.CAMERA_INFO, info.head)
    except DamagedError as error:
        raise CalibrationError(str(error), info.name, "record it again") from error
    k, p = np.array(message.k, dtype=np.float64), np.array(message.p, dtype=np.float64)
    if rectified and p[0] == 0:
        # Nothing was rectified: a driver whose images are straight leaves P empty.
        p[:12] = [k[0], k[1], k[2], 0, k[3], k[4], k[5], 0, 0, 0, 1, 0]
    values = p if rectified else k
    fx, cx, fy, cy = (
        (values[0], values[2], values[5], values[6]) if rectified else (k[0], k[2], k[4], k[5])
    )
    if fx == 0:
        raise CalibrationError("the camera is not calibrated (K is 0)", info.name, "calibrate it")
    lens = None if rectified else _lens(message.distortion_model, message.d, info.name)
    width, height, x, y = message.width, message.height, 0, 0
    region = message.roi
    if region.width and region.height and not rectified:
        width, height, x, y = region.width, region.height, region.x_offset, region.y_offset
    binned = max(message.binning_x, 1), max(message.binning_y, 1)
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise CalibrationError(
            f"the image is said to have {width}x{height} px", info.name, "correct the calibration"
        )
    try:
        camera = Camera(width, height, fx, fy, cx - x, cy - y, lens)
        if binned != (1, 1):
            camera = camera.scaled(max(width // binned[0], 1), max(height // binned[1], 1))
        frame_SE3_camera = SE3.identity()
        if rectified and np.any(message.r):
            rotation = SE3.from_matrix(
                np.column_stack([np.reshape(message.r, (3, 3)), np.zeros(3)])
            )
            frame_SE3_camera = rotation.inverse()
    except (InvalidCameraError, NotARigidTransformError) as error:
        raise CalibrationError(error.what, info.name, "correct the calibration") from error
    baseline = (-p[3] / fx, -p[7] / fy) if rectified and np.isfinite(p).all() else (0.0, 0.0)
    return Intrinsics(camera, frame_SE3_camera, (float(baseline[0]), float(baseline[1])))


def _lens(model: str, coefficients: Sequence[float], where: str) -> Lens | None:
    values: FloatArray = np.array(coefficients, dtype=np.float64)
    if not np.isfinite(values).all():
        raise CalibrationError("a distortion coefficient is not finite", where, "correct it")
    name = model.lower()
    if name in ("equidistant", "fisheye", "kannala_brandt"):
        if len(values) != 4 and values.any():
            raise CalibrationError(
                f"{len(values)} coefficients of a fisheye lens, which has 4", where, "correct it"
            )
        # Without coefficients, too, such a lens is none that draws straight lines.
        return KannalaBrandt(*(values if len(values) == 4 else np.zeros(4)).tolist())
    if name in ("plumb_bob", "rational_polynomial", "radtan", "none", ""):
        if not values.any():
            return None
        if name in ("none", "") and len(values) not in (4, 5):
            raise CalibrationError("a distortion of no model", where, "name its model")
        if values[8:].any():
            raise CalibrationError(
                "a lens with thin prisms or a tilted sensor (more than 8 coefficients)",
                where,
                "calibrate it as rational_polynomial with 8",
            )
        return BrownConrady(*values[:8].tolist())
    raise CalibrationError(
        f"distortion model {model[:40]!r} is not known",
        where,
        "give the camera as rig.toml, or use rectified images",
    )


def is_optical(frame: str, ego_SE3_frame: SE3) -> bool:
    """Whether a camera's frame has optical axes, as REP 103 wants.

    Some simulators and drivers give cameras the axes of a vehicle. Such a frame's z points up; an
    optical frame of that kind would look at the sky. A frame named optical is taken by its word.
    """
    return "optical" in frame or float(ego_SE3_frame.rotation[2, 2]) < UP
