"""OpenCV YAML: what cv::FileStorage holds after a calibration, and the files of camodocal's models.

Sources: OpenCV tutorial "Camera calibration with OpenCV" and stereo_calib.cpp for the key names;
camodocal's camera models (PINHOLE, MEI, KANNALA_BRANDT), which VINS and its kin read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.formats.lenses import lens_of, mei_of
from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame
from av3d.calibration.formats.values import Values, camera, of_matrix
from av3d.geometry.se3 import SE3, NotARigidTransformError

MATRICES = ("camera_matrix", "cameraMatrix", "Camera_Matrix", "K", "intrinsic_matrix")
COEFFICIENTS = (
    "distortion_coefficients",
    "distCoeffs",
    "Distortion_Coefficients",
    "dist_coeffs",
    "D",
)
WIDTHS = ("image_width", "width", "image_Width")
HEIGHTS = ("image_height", "height", "image_Height")


def recognise(data: Mapping[str, Any]) -> bool:
    """Whether a file is one of OpenCV's or camodocal's."""
    if "projection_parameters" in data and "model_type" in data:
        return True
    if {"R", "T"} <= set(data) or {"M1", "D1"} <= set(data):
        return True
    return any(key in data for key in MATRICES) and any(key in data for key in COEFFICIENTS)


def read(data: Mapping[str, Any], path: Path, name: str | None) -> Pieces:
    """Lenses of one camera, or of a stereo pair, and the pair's places on each other.

    Args:
        data: the file's table.
        path: the file, for messages.
        name: name of the camera; None: as the file says, or the file's name.
    """
    values = Values(data, path)
    if "projection_parameters" in values and "model_type" in values:
        return Pieces({name or values.text("camera_name") or path.stem: _camodocal(values)})
    cameras = {}
    if "M1" in values:
        cameras = {
            f"{name or 'camera'}{number}": _camera(values, (f"M{number}",), (f"D{number}",))
            for number in (1, 2)
            if f"M{number}" in values
        }
    elif any(key in values for key in MATRICES):
        cameras = {name or values.text("camera_name") or path.stem: _camera(values)}
    places: tuple[Place, ...] = ()
    sensors = {camera: SensorFrame("camera", camera) for camera in cameras}
    if "R" in values and "T" in values:
        first, second = f"{name or 'camera'}1", f"{name or 'camera'}2"
        # stereoCalibrate: points of the first camera into the second.
        places = (Place(first, second, _second_SE3_first(values).inverse(), path),)
        sensors = {camera: SensorFrame("camera", camera) for camera in (first, second)}
    return Pieces(cameras, sensors, places)


def _second_SE3_first(values: Values) -> SE3:
    rotation, translation_m = values.numbers("R", (3, 3)), values.numbers("T", (3,))
    try:
        return SE3.from_matrix(np.column_stack([rotation, translation_m]))
    except NotARigidTransformError as error:
        raise values.error(error.what, "R") from error


def _camera(
    values: Values,
    matrices: tuple[str, ...] = MATRICES,
    coefficients: tuple[str, ...] = COEFFICIENTS,
) -> Camera:
    matrix = values.numbers(_first(values, matrices), (3, 3))
    known = values.numbers(_first(values, coefficients)).ravel()
    fisheye = "fisheye_model" in values and values.number("fisheye_model") != 0
    model = "equidistant" if fisheye else "opencv"
    lens = lens_of(model, known, values, _first(values, coefficients))
    return camera(values, _size(values), of_matrix(matrix), lens)


def _size(values: Values) -> tuple[int, int]:
    for key in ("image_size", "imageSize", "size", "resolution"):
        if key in values:
            width, height = values.numbers(key, (2,)).tolist()
            sides = Values({"width": width, "height": height}, values.path, key)
            return sides.pixels("width"), sides.pixels("height")
    return values.pixels(_first(values, WIDTHS)), values.pixels(_first(values, HEIGHTS))


def _first(values: Values, keys: tuple[str, ...]) -> str:
    """The key of these that the file has; the first, for the message, if it has none."""
    return next((key for key in keys if key in values), keys[0])


def _camodocal(values: Values) -> Camera:
    size = values.pixels("image_width"), values.pixels("image_height")
    model = values.text("model_type").upper()
    projection = values.table("projection_parameters")
    if model == "KANNALA_BRANDT":
        matrix = [projection.number(key) for key in ("mu", "mv", "u0", "v0")]
        known = [projection.number(key) for key in ("k2", "k3", "k4", "k5")]
        return camera(values, size, matrix, lens_of("equidistant", known, values, "model_type"))
    distortion = values.table("distortion_parameters")
    radial = [distortion.number(key) for key in ("k1", "k2", "p1", "p2")]
    if model == "MEI":
        matrix = [projection.number(key) for key in ("gamma1", "gamma2", "u0", "v0")]
        xi = values.table("mirror_parameters").number("xi")
        return camera(values, size, matrix, mei_of(xi, radial, values))
    if model == "PINHOLE":
        matrix = [projection.number(key) for key in ("fx", "fy", "cx", "cy")]
        return camera(values, size, matrix, lens_of("radtan", radial, values, "model_type"))
    raise values.error(
        f"the model {model[:40]!r} is not supported",
        "model_type",
        "use PINHOLE, MEI or KANNALA_BRANDT",
    )
