"""The components that are written and read: names and types of their columns.

Source: the dataclasses of waymo_open_dataset/v2/perception (box.py, pose.py, context.py, base.py) in
github.com/waymo-research/waymo-open-dataset, whose `schema()` gives exactly these, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SEGMENT = "key.segment_context_name"
FRAME = "key.frame_timestamp_micros"
OBJECT = "key.laser_object_id"
LASER = "key.laser_name"
CAMERA = "key.camera_name"

BOX = "[LiDARBoxComponent]"
POSE = "[VehiclePoseComponent]"
LIDAR_CALIBRATION = "[LiDARCalibrationComponent]"
CAMERA_CALIBRATION = "[CameraCalibrationComponent]"

CENTER = tuple(f"{BOX}.box.center.{axis}" for axis in "xyz")
SIZE = tuple(f"{BOX}.box.size.{axis}" for axis in "xyz")
HEADING = f"{BOX}.box.heading"
TYPE = f"{BOX}.type"
POINTS = f"{BOX}.num_lidar_points_in_box"
TOP_POINTS = f"{BOX}.num_top_lidar_points_in_box"
DETECTION = f"{BOX}.difficulty_level.detection"
TRACKING = f"{BOX}.difficulty_level.tracking"

_TRANSFORM = "transform"
"""Stands for a 4x4 matrix, row by row."""
_LIST = "list"
"""Stands for a list of numbers."""

COMPONENTS: Mapping[str, Mapping[str, str]] = {
    "lidar_box": {
        SEGMENT: "string",
        FRAME: "int64",
        OBJECT: "string",
        **dict.fromkeys((*CENTER, *SIZE, HEADING), "double"),
        TYPE: "int8",
        POINTS: "int64",
        TOP_POINTS: "int64",
        **{f"{BOX}.speed.{axis}": "double" for axis in "xyz"},
        **{f"{BOX}.acceleration.{axis}": "double" for axis in "xyz"},
        DETECTION: "int8",
        TRACKING: "int8",
    },
    "vehicle_pose": {
        SEGMENT: "string",
        FRAME: "int64",
        f"{POSE}.world_from_vehicle.transform": _TRANSFORM,
    },
    "lidar_calibration": {
        SEGMENT: "string",
        LASER: "int8",
        f"{LIDAR_CALIBRATION}.extrinsic.transform": _TRANSFORM,
        f"{LIDAR_CALIBRATION}.beam_inclination.min": "double",
        f"{LIDAR_CALIBRATION}.beam_inclination.max": "double",
        f"{LIDAR_CALIBRATION}.beam_inclination.values": _LIST,
    },
    "camera_calibration": {
        SEGMENT: "string",
        CAMERA: "int8",
        **{
            f"{CAMERA_CALIBRATION}.intrinsic.{name}": "double"
            for name in ("f_u", "f_v", "c_u", "c_v", "k1", "k2", "p1", "p2", "k3")
        },
        f"{CAMERA_CALIBRATION}.extrinsic.transform": _TRANSFORM,
        f"{CAMERA_CALIBRATION}.width": "int32",
        f"{CAMERA_CALIBRATION}.height": "int32",
        f"{CAMERA_CALIBRATION}.rolling_shutter_direction": "int8",
    },
}
"""Columns of each component by the name of its folder, in order."""

TYPES = {
    "TYPE_UNKNOWN": 0,
    "TYPE_VEHICLE": 1,
    "TYPE_PEDESTRIAN": 2,
    "TYPE_SIGN": 3,
    "TYPE_CYCLIST": 4,
}
LEVELS = {"LEVEL_1": 1, "LEVEL_2": 2}
LASERS = {"TOP": 1, "FRONT": 2, "SIDE_LEFT": 3, "SIDE_RIGHT": 4, "REAR": 5}
CAMERAS = {"FRONT": 1, "FRONT_LEFT": 2, "FRONT_RIGHT": 3, "SIDE_LEFT": 4, "SIDE_RIGHT": 5}
TOP_TO_BOTTOM, BOTTOM_TO_TOP, GLOBAL_SHUTTER = 1, 3, 5

CATEGORY: Mapping[str, str] = {
    "TYPE_VEHICLE": "car",
    "TYPE_PEDESTRIAN": "pedestrian",
    "TYPE_CYCLIST": "bicycle",
    "TYPE_SIGN": "other",
    "TYPE_UNKNOWN": "other",
}
"""av3d's category of each type."""

LABEL = "waymo.type"
"""Attribute of tracks with the type that was read, or that the ontology names."""
DETECTION_LEVEL = "waymo.detection_difficulty_level"
TRACKING_LEVEL = "waymo.tracking_difficulty_level"


def schema_of(component: str) -> Any:
    """Arrow's schema of a component."""
    import pyarrow as pa

    kinds = {
        _TRANSFORM: pa.list_(pa.float64(), 16),
        _LIST: pa.list_(pa.float64()),
    }
    return pa.schema(
        [
            (name, kinds[kind] if kind in kinds else pa.type_for_alias(kind))
            for name, kind in COMPONENTS[component].items()
        ]
    )
