"""OpenCalib JSON: one camera's intrinsics, or one sensor's place on another.

Source: the OpenCalib toolbox (PJLab-ADG), its sample data: `sensor_calib` takes points of
`sensor_name` into `target_sensor_name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av3d.calibration.formats.lenses import lens_of
from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame
from av3d.calibration.formats.values import Values, camera, of_matrix


def recognise(data: Mapping[str, Any]) -> bool:
    """Whether a file is one of OpenCalib's."""
    return bool(data) and all(
        isinstance(value, dict) and "param_type" in value and "sensor_name" in value
        for value in data.values()
    )


def read(data: Mapping[str, Any], path: Path, name: str | None) -> Pieces:
    """A lens, or a place.

    Args:
        data: the file's table.
        path: the file, for messages.
        name: name of the camera; None: as the file says.
    """
    file = Values(data, path)
    cameras, places, sensors = {}, [], {}
    for key in data:
        entry = file.table(key)
        sensor, param = entry.text("sensor_name"), entry.table("param")
        if entry.text("param_type") == "intrinsic":
            sensor = name or sensor
            size = param.pixels("img_dist_w"), param.pixels("img_dist_h")
            matrix = of_matrix(param.numbers("cam_K", (3, 3)))
            known = param.numbers("cam_dist").ravel() if "cam_dist" in param else ()
            lens = lens_of("opencv", known, param, "cam_dist")
            cameras[sensor] = camera(param, size, matrix, lens)
            sensors[sensor] = SensorFrame("camera", sensor)
        else:
            target = entry.text("target_sensor_name")
            places.append(Place(target, sensor, param.pose("sensor_calib"), path))
            for each in (sensor, target):
                if "lidar" in each.lower():
                    sensors[each] = SensorFrame("lidar", each)
                elif "camera" in each.lower():
                    sensors[each] = SensorFrame("camera", each)
    return Pieces(cameras, sensors, tuple(places))
