"""Autoware sensor kit calibration: frames by x, y, z, roll, pitch, yaw under their parent frame.

Source: Autoware documentation, "Creating a sensor kit". The angles are those of URDF: fixed axes, first
roll about x, then pitch about y, then yaw about z. A `camera_link` has the axes of the vehicle (x
ahead); images are in `camera_optical_link`, which is turned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame
from av3d.calibration.formats.values import Values
from av3d.geometry.se3 import SE3, NotARigidTransformError

KEYS = ("x", "y", "z", "roll", "pitch", "yaw")

_CAMERA = re.compile(r"(.+?)/?(camera_link|camera_optical_link|camera)")
_LIDAR = re.compile(
    r"(.*(?:velodyne|lidar|pandar|hesai|livox|ouster|robosense|innoviz)[^/]*?)(?:_base_link|_link)?(?:/.*)?",
    re.IGNORECASE,
)
_NO_SENSOR = re.compile(r"(.*/)?(.*(imu|gnss|gps|ins_|radar|kit).*|base_link)", re.IGNORECASE)
"""Frames that are not expected to become a camera or LiDAR."""


def recognise(data: Mapping[str, Any]) -> bool:
    """Whether a file places frames on frames."""
    return bool(data) and all(
        isinstance(children, dict)
        and bool(children)
        and all(
            isinstance(child, dict) and set(KEYS) <= {str(key) for key in child}
            for child in children.values()
        )
        for children in data.values()
    )


def read(data: Mapping[str, Any], path: Path, _name: str | None) -> Pieces:
    """Places and sensors; lenses are in camera_info files.

    Args:
        data: the file's table.
        path: the file, for messages.
        _name: not used; the file names its sensors.
    """
    file = Values(data, path)
    places, sensors, notes = [], {}, []
    for parent in data:
        children = file.table(parent)
        for child in children.data:
            values = children.table(child)
            x, y, z, roll, pitch, yaw = (values.number(key) for key in KEYS)
            try:
                parent_SE3_child = SE3.from_euler(roll, pitch, yaw, (x, y, z))
            except NotARigidTransformError as error:
                raise children.error(error.what, child) from error
            places.append(Place(parent, child, parent_SE3_child, path))
            camera, lidar = _CAMERA.fullmatch(child), _LIDAR.fullmatch(child)
            if camera:
                optical = camera[2] == "camera_optical_link"
                sensors[camera[1].strip("/_")] = SensorFrame("camera", child, optical)
            elif lidar:
                sensors[lidar[1]] = SensorFrame("lidar", child)
                if child.endswith("_base_link"):
                    notes.append(
                        f"LiDAR {lidar[1]}: the file places {child}, the foot of its housing; its "
                        "points are given some centimetres above, see the sensor's URDF"
                    )
            elif not _NO_SENSOR.fullmatch(child) and child not in data:
                notes.append(
                    f"frame {child} is left out: its name says neither camera nor LiDAR; call it "
                    f"lidar_{child} in the file if it is one"
                )
    return Pieces({}, sensors, tuple(places), notes=tuple(notes))
