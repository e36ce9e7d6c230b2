"""Typed access to the values of a calibration file, with errors that name file and key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from av3d.calibration.camera import Camera, InvalidCameraError
from av3d.calibration.rig import RigError
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.reading import yaml_value
from av3d.types import FloatArray

MAX_CHARACTERS = 300_000
"""A calibration file has a few kilobytes; a longer one is something else, and YAML is slow to read."""

MAX_SIDE_PX = 65_535


class _Loader(yaml.SafeLoader):
    """YAML's plain values, and the matrices of OpenCV as plain tables."""


def _opencv_matrix(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:opencv-matrix", _opencv_matrix)


def parse(text: str, path: Path) -> dict[str, Any]:
    """The table that a YAML or JSON file holds.

    OpenCV begins its files with "%YAML:1.0", which is not YAML; the line is skipped.

    Raises:
        InputFileError: it is neither, or holds no table.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputFileError(
            f"{len(text):,} characters are no calibration", path, "give the calibration file"
        )
    body = text.lstrip("\ufeff \t\r\n")
    if body.startswith("%YAML"):
        body = body.partition("\n")[2].lstrip()
        body = body.removeprefix("---")
    try:
        if path.suffix.lower() == ".json":
            value = json.loads(body)
        else:
            value = yaml_value(body, path, _Loader)
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"not readable: {error}", path, "correct the file") from error
    if not isinstance(value, dict):
        raise InputFileError("holds no table of values", path, "give a calibration file")
    return {str(key): item for key, item in value.items()}


@dataclass(frozen=True)
class Values:
    """A table of a file and where it stands in it."""

    data: Mapping[str, Any]
    path: Path
    place: str = ""

    def error(self, what: str, key: str, fix: str = "correct the file") -> RigError:
        """An error about one key of this table."""
        name = f"{self.place}.{key}" if self.place else key
        return RigError(what, f"{self.path}, {name}", fix)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def get(self, key: str) -> Any:
        """A value that must be there."""
        if key not in self.data:
            raise self.error("missing key", key, "add it, or give another file")
        return self.data[key]

    def table(self, key: str) -> Values:
        """A table inside this one."""
        value = self.get(key)
        if not isinstance(value, dict):
            raise self.error("not a table", key)
        inner = {str(name): item for name, item in value.items()}
        return Values(inner, self.path, f"{self.place}.{key}" if self.place else key)

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.error("not a text", key)
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        return float(self.numbers(key, ()))

    def numbers(self, key: str, shape: tuple[int, ...] | None = None) -> FloatArray:
        """Finite numbers: of the given shape, or a flat list of any length for None.

        A table with rows, cols and data, as OpenCV and ROS write a matrix, counts as its data.
        """
        value = self.get(key)
        if isinstance(value, dict) and "data" in value:
            value = value["data"]
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            array = np.full(1, np.nan)
        wanted = shape if shape is not None else (array.size,)
        if not np.isfinite(array).all() or array.size != int(np.prod(wanted)):
            size = " x ".join(str(side) for side in wanted) if shape else "a list of"
            raise self.error(f"not {size} numbers" if shape != () else "not a number", key)
        return array.reshape(wanted)

    def pixels(self, key: str) -> int:
        """A whole number of pixels."""
        value = self.get(key)
        # OpenCV writes some whole numbers as 752. with a point.
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not 1 <= value <= MAX_SIDE_PX:
            raise self.error("not an image size in pixels", key)
        return value

    def pose(self, key: str) -> SE3:
        """A 4x4 matrix that is a rotation and a translation."""
        try:
            return SE3.from_matrix(self.numbers(key, (4, 4)))
        except NotARigidTransformError as error:
            raise self.error(error.what, key) from error


def camera(
    values: Values, size_px: tuple[int, int], matrix: Sequence[float], lens: Any = None
) -> Camera:
    """A camera of fx, fy, cx, cy and a lens; RigError names the file for values no camera has."""
    fx, fy, cx, cy = (float(value) for value in matrix)
    try:
        return Camera(*size_px, fx, fy, cx, cy, lens)
    except InvalidCameraError as error:
        raise values.error(error.what, "intrinsics", error.fix or "correct the file") from error


def of_matrix(matrix: FloatArray) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy of a matrix K or P."""
    return float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]), float(matrix[1, 2])
