"""ROS camera_info: the YAML that camera_calibration writes and drivers load.

Source: ROS wiki, camera_calibration_parsers; sensor_msgs/CameraInfo.msg for what K, D and P mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av3d.calibration.formats.lenses import lens_of
from av3d.calibration.formats.pieces import Pieces
from av3d.calibration.formats.values import Values, camera, of_matrix


def recognise(data: Mapping[str, Any]) -> bool:
    """Whether a file holds a camera_info."""
    return "camera_matrix" in data and "image_width" in data and "distortion_model" in data


def read(data: Mapping[str, Any], path: Path, name: str | None) -> Pieces:
    """The lens of one camera; the file knows no place.

    Args:
        data: the file's table.
        path: the file, for messages.
        name: name of the camera; None: as the file says.
    """
    values = Values(data, path)
    size = values.pixels("image_width"), values.pixels("image_height")
    lens = lens_of(
        values.text("distortion_model"),
        values.numbers("distortion_coefficients").ravel(),
        values,
        "distortion_model",
    )
    camera_name = name or values.text("camera_name") or path.stem
    raw = camera(values, size, of_matrix(values.numbers("camera_matrix", (3, 3))), lens)
    rectified = {}
    if "projection_matrix" in values:
        projection = of_matrix(values.numbers("projection_matrix", (3, 4)))
        # Drivers that never rectify leave P at zero.
        if projection[0] > 0:
            rectified[camera_name] = camera(values, size, projection)
    return Pieces({camera_name: raw}, rectified=rectified)
