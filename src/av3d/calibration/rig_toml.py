"""rig.toml: a rig as a text file that people read, edit and keep in version control.

docs/formats/rig-toml.md describes the format for users.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from av3d.calibration.camera import Camera, InvalidCameraError, Lens
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.rig import CameraMount, LidarMount, Rig, RigError
from av3d.errors import OutputError
from av3d.files import new_file
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.reading import read_toml
from av3d.types import NS_PER_MS, FloatArray

VERSION = 1
"""Version of the format that is written; a file of another version is refused."""

MAX_SIDE_PX = 65_535
"""Longest image side that is believed; no image format in use holds a longer one."""

QUATERNION_TOLERANCE = 1e-3
"""How far the norm of a quaternion may be from 1: more is a typing error, not rounding."""

_RIG_KEYS = ("version", "name", "source", "date", "notes", "lidar", "camera")
_CAMERA_KEYS = ("width_px", "height_px", "fx_px", "fy_px", "cx_px", "cy_px")
_TIME_KEYS = ("clock_offset_ms", "readout_ms")
_POSE_KEYS = ("translation_m", "quaternion_wxyz", "matrix")

LONGEST_MS = {"clock_offset_ms": 1e9, "readout_ms": 1e4}
"""Longest times that are believed, either way: a camera's clock may be off by days, not by years."""

_RATIONAL_KEYS = tuple(field.name for field in fields(BrownConrady))
_LENSES: dict[str, tuple[type[BrownConrady] | type[KannalaBrandt] | type[Mei], tuple[str, ...]]] = {
    "brown-conrady": (BrownConrady, _RATIONAL_KEYS[:5]),
    "rational": (BrownConrady, _RATIONAL_KEYS),
    "kannala-brandt": (KannalaBrandt, tuple(field.name for field in fields(KannalaBrandt))),
    "mei": (Mei, tuple(field.name for field in fields(Mei))),
}
"""Class and coefficients of each model; only `xi` of mei must be given."""

_ARRAY = re.compile(r"^(\w+ = )\[\n((?: +[-+.\w]+,\n)+)\]$", re.MULTILINE)
"""An array of numbers as tomli_w writes it, one per line; texts start with a quote."""


def read_rig(path: Path) -> Rig:
    """Read a rig.toml.

    Sensors keep the order of the file. An orientation may be a quaternion or a 4x4 matrix.

    Raises:
        InputFileError: the file cannot be read, or is not TOML in UTF-8.
        RigError: a key is unknown, missing or has a value that no rig can have; the message names
            the file, the sensor and the key.
    """
    return _rig(_Table(read_toml(path, "the rig"), path, ""))


def write_rig(rig: Rig, path: Path) -> None:
    """Write a rig.toml; an existing file is replaced in one step, or not at all.

    Raises:
        OutputError: the disk refuses, or a name cannot be written as UTF-8.
    """
    document: dict[str, Any] = {"version": VERSION, "name": rig.name}
    # Empty facts are left out, so that a file does not claim to know them.
    for key, value in (("source", rig.source), ("date", rig.date), ("notes", list(rig.notes))):
        if value:
            document[key] = value
    document["lidar"] = {
        name: {"ego_SE3_lidar": _pose_values(mount.ego_SE3_lidar)}
        for name, mount in rig.lidars.items()
    }
    document["camera"] = {name: _camera_values(mount) for name, mount in rig.cameras.items()}
    try:
        text = _ARRAY.sub(_on_one_line, tomli_w.dumps(document))
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise OutputError(
            f"the rig has a text that is not Unicode: {error.object!r}", path, "rename the sensor"
        ) from error
    with new_file(path) as aside:
        aside.write_bytes(data)


def _on_one_line(array: re.Match[str]) -> str:
    return f"{array[1]}[{', '.join(array[2].replace(',', ' ').split())}]"


def _camera_values(mount: CameraMount) -> dict[str, Any]:
    camera = mount.camera
    values: dict[str, Any] = {
        "width_px": int(camera.width_px),
        "height_px": int(camera.height_px),
        **{key: float(getattr(camera, key)) for key in _CAMERA_KEYS[2:]},
    }
    for key, time_ns in zip(_TIME_KEYS, (mount.clock_offset_ns, mount.readout_ns), strict=True):
        if time_ns:
            values[key] = time_ns / NS_PER_MS
    if camera.lens is not None:
        # Left out, the model is that of Brown and Conrady, as in files older than the others.
        if not isinstance(camera.lens, BrownConrady):
            values["model"] = camera.model
        _, keys = _LENSES[camera.model]
        given = {key: float(getattr(camera.lens, key)) for key in keys}
        values["distortion"] = {
            key: value for key, value in given.items() if value != 0.0 or key == "xi"
        }
    values["ego_SE3_camera"] = _pose_values(mount.ego_SE3_camera)
    return values


def _pose_values(pose: SE3) -> dict[str, list[float]]:
    return {
        "translation_m": pose.translation_m.tolist(),
        "quaternion_wxyz": pose.quaternion_wxyz.tolist(),
    }


MAX_KEY = 300
"""Characters of a key that messages quote."""


class _Table:
    """A TOML table that knows where it stands, so that errors can say so."""

    def __init__(self, values: Mapping[str, Any], file: Path, key: str) -> None:
        self.values = values
        self._file = file
        self._key = key

    def error(self, what: str, key: str, fix: str) -> RigError:
        """An error about one key of this table; an empty key means the table itself."""
        place = ".".join(part for part in (self._key, key) if part)
        place = place if len(place) <= MAX_KEY else f"{place[:MAX_KEY]}..."
        return RigError(what, f"{self._file}, {place}" if place else self._file, fix)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known: a mistyped optional key would otherwise be ignored."""
        known = tuple(known)
        for key in self.values:
            if key not in known:
                raise self.error("unknown key", key, f"use one of: {' '.join(known)}")

    def get(self, key: str, fix: str) -> Any:
        if key not in self.values:
            raise self.error("missing key", key, fix)
        return self.values[key]

    def table(self, key: str) -> _Table:
        value = self.get(key, "add this table")
        if not isinstance(value, dict):
            raise self.error("not a table", key, "write it as a TOML table")
        return _Table(value, self._file, f"{self._key}.{key}" if self._key else key)

    def tables(self, key: str) -> dict[str, _Table]:
        """The tables inside a table, by name; empty if the key is absent."""
        if key not in self.values:
            return {}
        outer = self.table(key)
        return {name: outer.table(name) for name in outer.values}

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.error(f"{value!r} is not text", key, "put it in quotes")
        return value

    def number(self, key: str) -> float:
        return float(self.numbers(key, ()))

    def numbers(self, key: str, shape: tuple[int, ...]) -> FloatArray:
        """Finite numbers in (nested) lists of the given shape."""
        kind = f"{' x '.join(str(n) for n in shape)} numbers" if shape else "a number"
        value = self.get(key, f"add it as {kind}")
        if not _are_numbers(value, shape):
            raise self.error(f"{_short(value)} is not {kind}", key, f"write {kind}")
        try:
            array = np.array(value, dtype=np.float64)
        except OverflowError as error:
            raise self.error("a number is too large", key, f"write {kind}") from error
        if not np.isfinite(array).all():
            raise self.error(f"{_short(value)} is not finite", key, f"write {kind}")
        return array

    def pixels(self, key: str) -> int:
        value = self.get(key, "add it as a whole number of pixels")
        if type(value) is not int or not 1 <= value <= MAX_SIDE_PX:
            raise self.error(
                f"{_short(value)} is not an image size",
                key,
                f"write a whole number from 1 to {MAX_SIDE_PX}",
            )
        return value


def _are_numbers(value: object, shape: tuple[int, ...]) -> bool:
    if shape:
        return (
            isinstance(value, list)
            and len(value) == shape[0]
            and all(_are_numbers(item, shape[1:]) for item in value)
        )
    # bool is an int to Python, but `fx_px = true` is a mistake.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _rig(table: _Table) -> Rig:
    version = table.get("version", f"add `version = {VERSION}`, or choose a file that is a rig")
    if type(version) is not int or version != VERSION:
        raise table.error(
            f"version {_short(version)} of the rig format is not known",
            "version",
            f"use version {VERSION}, or a newer av3d",
        )
    table.only(_RIG_KEYS)
    table.get("name", "add a short name of the vehicle in quotes")
    name = table.text("name")
    if not name.strip():
        raise table.error("the name is empty", "name", "add a short name of the vehicle")
    notes = table.values.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise table.error("the notes are not a list of texts", "notes", 'write ["...", "..."]')
    lidars = {key: _lidar(value) for key, value in table.tables("lidar").items()}
    cameras = {key: _camera(value) for key, value in table.tables("camera").items()}
    if not lidars and not cameras:
        raise table.error("the rig has no sensor", "", "add a [lidar.NAME] or [camera.NAME] table")
    for key in cameras:
        if key in lidars:
            raise table.error("a LiDAR has the same name", f"camera.{key}", "rename one of the two")
    return Rig(name, lidars, cameras, table.text("source"), _date(table), tuple(notes))


def _date(table: _Table) -> str:
    value = table.values.get("date", "")
    # TOML has dates of its own: `date = 2024-05-01` without quotes is as good as with them.
    return value.isoformat() if hasattr(value, "isoformat") else table.text("date")


def _lidar(table: _Table) -> LidarMount:
    table.only(("ego_SE3_lidar",))
    return LidarMount(_pose(table.table("ego_SE3_lidar")))


def _camera(table: _Table) -> CameraMount:
    table.only((*_CAMERA_KEYS, *_TIME_KEYS, "model", "distortion", "ego_SE3_camera"))
    lens = _lens(table)
    for key in ("fx_px", "fy_px"):
        if table.number(key) <= 0:
            raise table.error(
                f"a focal length of {table.number(key):g} px is not positive",
                key,
                "write the focal length in pixels",
            )
    try:
        camera = Camera(
            table.pixels("width_px"),
            table.pixels("height_px"),
            table.number("fx_px"),
            table.number("fy_px"),
            table.number("cx_px"),
            table.number("cy_px"),
            lens,
        )
    except InvalidCameraError as error:
        raise table.error(error.what, "", error.fix or "correct the intrinsics") from error
    offset_ns, readout_ns = (_time_ns(table, key) for key in _TIME_KEYS)
    return CameraMount(camera, _pose(table.table("ego_SE3_camera")), offset_ns, readout_ns)


def _lens(table: _Table) -> Lens | None:
    coefficients = table.table("distortion") if "distortion" in table.values else None
    model = table.text("model") or ("pinhole" if coefficients is None else "rational")
    if model == "pinhole":
        if coefficients is not None:
            raise table.error("a pinhole has no distortion", "model", "leave one of the two out")
        return None
    if model not in _LENSES:
        known = " ".join(("pinhole", *_LENSES))
        raise table.error(f"unknown model {_short(model)}", "model", f"use one of: {known}")
    if coefficients is None:
        raise table.error("missing key", "distortion", "add the coefficients of the lens")
    lens, keys = _LENSES[model]
    coefficients.only(keys)
    if lens is Mei:
        coefficients.get("xi", "add it as a number")
    return lens(**{key: coefficients.number(key) for key in coefficients.values})


def _time_ns(table: _Table, key: str) -> int:
    time_ms = table.number(key) if key in table.values else 0.0
    if abs(time_ms) > LONGEST_MS[key]:
        raise table.error(
            f"{time_ms:g} ms, at most {LONGEST_MS[key]:g} are believed", key, "write milliseconds"
        )
    return round(time_ms * NS_PER_MS)


def _pose(table: _Table) -> SE3:
    table.only(_POSE_KEYS)
    if "matrix" in table.values:
        for key in ("translation_m", "quaternion_wxyz"):
            if key in table.values:
                raise table.error("given beside a matrix", key, "keep one of the two")
        matrix = table.numbers("matrix", (4, 4))
        try:
            return SE3.from_matrix(matrix)
        except NotARigidTransformError as error:
            raise table.error(error.what, "matrix", "write a rotation and a translation") from error
    translation_m = table.numbers("translation_m", (3,))
    quaternion = table.numbers("quaternion_wxyz", (4,))
    norm = float(np.linalg.norm(quaternion))
    if abs(norm - 1) > QUATERNION_TOLERANCE:
        raise table.error(
            f"not a rotation: the quaternion has norm {norm:.4g} instead of 1",
            "quaternion_wxyz",
            "write w, x, y, z of a unit quaternion",
        )
    return SE3.from_quaternion(quaternion, translation_m)
