"""Kalibr camchain YAML: lenses, each camera's place on the one before, and on an IMU.

Source: Kalibr wiki, "YAML formats" and "Supported models". `T_cn_cnm1` takes points of the camera
before into camera n, `T_cam_imu` points of the IMU into the camera; OpenVINS writes its inverse,
`T_imu_cam`. `timeshift_cam_imu` is added to camera stamps to get IMU time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av3d.calibration.formats.lenses import lens_of, mei_of
from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame
from av3d.calibration.formats.values import Values, camera
from av3d.calibration.rig import RigError

_CAMERA = re.compile(r"cam\d+")

IMU = "imu"


def recognise(data: Mapping[str, Any]) -> bool:
    """Whether a file is a camera chain."""
    cameras = [value for key, value in data.items() if _CAMERA.fullmatch(key)]
    return bool(cameras) and all(
        isinstance(value, dict) and "intrinsics" in value for value in cameras
    )


def read(data: Mapping[str, Any], path: Path, name: str | None) -> Pieces:
    """Lenses and places of all cameras of the chain.

    Args:
        data: the file's table.
        path: the file, for messages.
        name: names of the cameras in their order, divided by commas; None: cam0, cam1 …
    """
    file = Values(data, path)
    keys = sorted((key for key in data if _CAMERA.fullmatch(key)), key=lambda key: int(key[3:]))
    names = dict(zip(keys, _names(keys, name, path), strict=True))
    cameras, places, notes = {}, [], []
    for before, key in zip([None, *keys], keys, strict=False):
        values = file.table(key)
        own = names[key]
        cameras[own] = _camera(values)
        if "T_cam_imu" in values:
            places.append(Place(IMU, own, values.pose("T_cam_imu").inverse(), path))
        elif "T_imu_cam" in values:
            places.append(Place(IMU, own, values.pose("T_imu_cam"), path))
        elif "T_cn_cnm1" in values and before is not None:
            camera_SE3_before = values.pose("T_cn_cnm1")
            places.append(Place(names[before], own, camera_SE3_before.inverse(), path))
        if "timeshift_cam_imu" in values:
            shift_ms = values.number("timeshift_cam_imu") * 1e3
            if shift_ms:
                notes.append(
                    f"camera {own}: the IMU's time is the camera's stamp {shift_ms:+.3f} ms "
                    "(timeshift_cam_imu); write it as clock_offset_ms if the log goes by the IMU's "
                    "clock"
                )
    sensors = {own: SensorFrame("camera", own) for own in cameras}
    return Pieces(cameras, sensors, tuple(places), notes=tuple(notes))


def _names(keys: list[str], name: str | None, path: Path) -> list[str]:
    if name is None:
        return keys
    names = [part.strip() for part in name.split(",")]
    if len(names) != len(keys) or len(set(names)) != len(names) or not all(names):
        raise RigError(
            f"{len(names)} names for the {len(keys)} cameras of a chain",
            path,
            f"name each once, in order: {','.join(f'NAME{n}' for n in range(len(keys)))}={path.name}",
        )
    return names


def _camera(values: Values) -> Any:
    sides = values.numbers("resolution", (2,))
    size = (
        Values({"width": float(sides[0])}, values.path, values.place).pixels("width"),
        Values({"height": float(sides[1])}, values.path, values.place).pixels("height"),
    )
    model = values.text("camera_model", "pinhole")
    distortion = values.text("distortion_model", "none")
    coefficients = (
        values.numbers("distortion_coeffs").ravel() if distortion.lower() != "none" else ()
    )
    if model == "pinhole":
        lens = lens_of(distortion, coefficients, values, "distortion_model")
        return camera(values, size, values.numbers("intrinsics", (4,)).tolist(), lens)
    if model == "omni" and distortion in ("none", "radtan"):
        xi, *matrix = values.numbers("intrinsics", (5,)).tolist()
        return camera(values, size, matrix, mei_of(xi, coefficients, values))
    raise values.error(
        f"the camera model {model!r} with {distortion!r} distortion is not supported",
        "camera_model",
        "calibrate with pinhole-radtan, pinhole-equi or omni-radtan",
    )
