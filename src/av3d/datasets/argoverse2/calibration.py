"""Argoverse 2's calibration folder as a rig."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera, InvalidCameraError
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.argoverse2.layout import (
    EXTRINSICS,
    INTRINSICS,
    QUATERNION,
    TRANSLATION,
    read_transforms,
    shortened,
)
from av3d.datasets.feather import numbers, read_feather, texts, whole_numbers
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3

LIDARS = ("up_lidar", "down_lidar")
"""The upper LiDAR, which is the reference, and the lower one, which hangs upside down."""

CAMERAS = (
    "ring_front_center",
    "ring_front_left",
    "ring_front_right",
    "ring_side_left",
    "ring_side_right",
    "ring_rear_left",
    "ring_rear_right",
    "stereo_front_left",
    "stereo_front_right",
)
"""In the order in which a person wants to see them; others come after these."""

UNDISTORTED = (
    "Images are undistorted: pinhole. The columns k1, k2 and k3 of intrinsics.feather describe the "
    "raw images, which are not published."
)


def read_rig(folder: Path, name: str) -> Rig:
    """The rig of a folder with intrinsics.feather and egovehicle_SE3_sensor.feather.

    A camera without intrinsics is left out, and one without extrinsics, too; the rig's notes name
    them.

    Args:
        folder: the calibration folder of a log.
        name: name of the rig.

    Raises:
        InputFileError: a table is missing or damaged, or a value is none that a sensor can have.
    """
    poses = _read_extrinsics(folder / EXTRINSICS)
    cameras = _read_intrinsics(folder / INTRINSICS)
    notes = [UNDISTORTED]
    lidars = {lidar: LidarMount(poses[lidar]) for lidar in LIDARS if lidar in poses}
    without_pose = [camera for camera in cameras if camera not in poses]
    if without_pose:
        notes.append(f"{EXTRINSICS} has no row for {shortened(without_pose)}: left out")
    without_camera = [sensor for sensor in poses if sensor not in cameras and sensor not in LIDARS]
    if without_camera:
        notes.append(f"{INTRINSICS} has no row for {shortened(without_camera)}: left out")
    order = dict.fromkeys((*CAMERAS, *cameras))
    return Rig(
        name,
        lidars,
        {
            camera: CameraMount(cameras[camera], poses[camera])
            for camera in order
            if camera in cameras and camera in poses
        },
        source="Argoverse 2, calibration of the log",
        notes=tuple(notes),
    )


def _read_extrinsics(path: Path) -> dict[str, SE3]:
    table = read_feather(path, "extrinsics", ["sensor_name", *QUATERNION, *TRANSLATION])
    sensors = _sensors(texts(table, "sensor_name", path), path)
    return dict(zip(sensors, read_transforms(table, path), strict=True))


def _read_intrinsics(path: Path) -> dict[str, Camera]:
    names = ["fx_px", "fy_px", "cx_px", "cy_px"]
    sizes = ["width_px", "height_px"]
    table = read_feather(path, "intrinsics", ["sensor_name", *names, *sizes])
    sensors = _sensors(texts(table, "sensor_name", path), path)
    values = np.column_stack([numbers(table, name, path) for name in names])
    sizes_px = np.column_stack([whole_numbers(table, name, path) for name in sizes])
    cameras: dict[str, Camera] = {}
    for sensor, (width_px, height_px), row in zip(
        sensors, sizes_px.tolist(), values.tolist(), strict=True
    ):
        try:
            cameras[sensor] = Camera(width_px, height_px, *row)
        except InvalidCameraError as error:
            raise InputFileError(
                f"camera {sensor}: {error.what}", path, "copy the file again"
            ) from error
    return cameras


def _sensors(names: Sequence[str], path: Path) -> Sequence[str]:
    for name, count in Counter(names).items():
        if count > 1:
            raise InputFileError(f"{count} rows for the sensor {name!r}", path, "keep one of them")
        if not name or not name.isprintable() or "/" in name:
            raise InputFileError(f"{name!r} is no name of a sensor", path, "copy the file again")
    return names
