"""calibrated_sensor as a rig."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from av3d.calibration.camera import Camera, InvalidCameraError
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.nuscenes.reading.place import find_place
from av3d.datasets.nuscenes.reading.rows import numbers, pose, text
from av3d.datasets.nuscenes.reading.scene import Channel, Scene, read_scene
from av3d.errors import InputFileError

VIEWING_ORDER = (
    "CAM_FRONT", "CAM_FRONT_LEFT", "CAM_FRONT_RIGHT", "CAM_BACK_LEFT", "CAM_BACK_RIGHT", "CAM_BACK",
)  # fmt: skip
"""The order in which a person wants to see the cameras; others come after these, by name."""


def tables_of(path: Path) -> Path:
    """The folder of the tables for the path of calibrated_sensor.json; any other path as it is."""
    return path.parent if path.name == "calibrated_sensor.json" else path


def rig_from_tables(path: Path) -> Rig:
    """The rig of a scene.

    Args:
        path: what opens as a log, or calibrated_sensor.json itself where there is one scene.

    Raises:
        DatasetError: no tables, or several scenes and none named.
        InputFileError: a table is damaged.
    """
    return rig_of(read_scene(find_place(tables_of(path))))


def rig_of(scene: Scene) -> Rig:
    """The LiDARs and cameras of a scene. nuScenes' ego frame is av3d's: x forward, y left, z up.

    Raises:
        InputFileError: a calibration makes no sensor.
    """
    path = scene.table("calibrated_sensor")
    cameras = sorted(scene.of_modality("camera"), key=lambda channel: _order(channel.name))
    vehicle = text(scene.log, "vehicle", scene.table("log"))
    captured = scene.log.get("date_captured")
    is_day = isinstance(captured, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", captured)
    return Rig(
        vehicle if vehicle and vehicle.isprintable() else "nuscenes",
        {
            channel.name: LidarMount(pose(channel.calibrated, path))
            for channel in scene.of_modality("lidar")
        },
        {
            channel.name: CameraMount(_camera(channel, scene), pose(channel.calibrated, path))
            for channel in cameras
        },
        source=f"nuScenes calibrated_sensor, {scene.name}",
        date=str(captured) if is_day else "",
    )


def _order(channel: str) -> tuple[int, str]:
    place = VIEWING_ORDER.index(channel) if channel in VIEWING_ORDER else len(VIEWING_ORDER)
    return place, channel


def _camera(channel: Channel, scene: Scene) -> Camera:
    path = scene.table("calibrated_sensor")
    matrix = numbers(channel.calibrated, "camera_intrinsic", path, (3, 3))
    if matrix[0, 1] or matrix[1, 0] or matrix[2].tolist() != [0.0, 0.0, 1.0]:
        raise InputFileError(
            f"camera_intrinsic of {channel.name} is not fx 0 cx, 0 fy cy, 0 0 1", path,
            "correct the row",
        )  # fmt: skip
    sizes = Counter((datum.width_px, datum.height_px) for datum in channel.data)
    width_px, height_px = sizes.most_common(1)[0][0]
    try:
        # The images are rectified: there is no distortion.
        return Camera(width_px, height_px, matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2])
    except InvalidCameraError as error:
        raise InputFileError(f"{channel.name}: {error.what}", path, "correct the tables") from error
