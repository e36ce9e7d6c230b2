"""Names of files and folders of a log folder, and what its `log.toml` says."""

from __future__ import annotations

import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from av3d.datasets.dataset import DatasetError
from av3d.errors import InputFileError
from av3d.reading import read_text

FORMAT = "av3d-folder"
VERSION = 1

MAX_NAME = 100
"""Characters of a log's name: exports name files by it, and file systems allow 255 bytes."""

LOG_FILE = "log.toml"
RIG_FILE = "rig.toml"
TRAJECTORY_FILE = "trajectory.csv"
LABELS_FILE = "labels.json"
TRUTH_FILE = "truth/tracks.json"
LIDAR_FOLDER = "lidar"
CAMERA_FOLDER = "camera"

SWEEP_SUFFIXES = (".npz", ".npy", ".bin")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class LidarSettings:
    """How the sweeps of one LiDAR are stored.

    Attributes:
        motion_compensated: whether ego motion has been removed from the points already.
        columns: values per point in a .bin file: 3 (x, y, z), 4 (and intensity) or 5 (and the
            time offset in seconds).
        intensity_scale: the intensity that stands for 1.0 in .bin and .npy files; 255 for byte
            values.
    """

    motion_compensated: bool = False
    columns: int = 4
    intensity_scale: float = 1.0


@dataclass(frozen=True)
class LogSettings:
    """The contents of `log.toml`.

    Attributes:
        name: name of the log; default: that of the folder.
        reference_lidar: the LiDAR whose sweeps make the frames; None: the first of the rig.
        tolerance_ms: how far an image may be from its sweep; None: the synchroniser's choice.
        clock: one sentence on what the timestamps mean.
        notes: sentences for the user.
        lidars: settings by LiDAR name, where they differ from the defaults.
    """

    name: str
    reference_lidar: str | None = None
    tolerance_ms: float | None = None
    clock: str = ""
    notes: tuple[str, ...] = ()
    lidars: Mapping[str, LidarSettings] = field(default_factory=dict)


def read_settings(path: Path) -> LogSettings:
    """Read `log.toml`.

    Raises:
        InputFileError: the file cannot be read, or is not TOML.
        DatasetError: another format or a newer version, or a value of the wrong kind.
    """
    data = read_toml(path)
    if data.get("format") != FORMAT:
        raise DatasetError(
            f"format is {data.get('format')!r}, not {FORMAT!r}", path, f'write format = "{FORMAT}"'
        )
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise DatasetError(f"version is {version!r}", path, f"write version = {VERSION}")
    if version > VERSION:
        raise DatasetError(
            f"version {version} of the format is newer than this av3d reads ({VERSION})",
            path,
            "update av3d",
        )
    values = _Values(path, data)
    lidars = {
        name: _lidar_settings(_Values(path, table, f"lidar.{name}."))
        for name, table in values.tables("lidar").items()
    }
    name = values.text("name") or path.parent.name
    if not name.isprintable() or len(name) > MAX_NAME:
        raise values.wrong("name", f"a name of at most {MAX_NAME} printable characters")
    return LogSettings(
        name=name,
        reference_lidar=values.text("reference_lidar") or None,
        tolerance_ms=values.positive("tolerance_ms"),
        clock=values.text("clock"),
        notes=values.texts("notes"),
        lidars=lidars,
    )


def write_settings(settings: LogSettings, path: Path) -> None:
    """Write `log.toml`; `read_settings` gives the same settings back."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": settings.name}
    if settings.reference_lidar:
        data["reference_lidar"] = settings.reference_lidar
    if settings.tolerance_ms is not None:
        data["tolerance_ms"] = settings.tolerance_ms
    if settings.clock:
        data["clock"] = settings.clock
    if settings.notes:
        data["notes"] = list(settings.notes)
    lidars = {
        name: {
            "motion_compensated": lidar.motion_compensated,
            "columns": lidar.columns,
            "intensity_scale": lidar.intensity_scale,
        }
        for name, lidar in settings.lidars.items()
    }
    if lidars:
        data["lidar"] = lidars
    path.write_text(tomli_w.dumps(data), encoding="utf-8")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; InputFileError if it cannot be read or parsed."""
    text = read_text(path)
    if not text.strip():
        raise InputFileError("the file is empty", path, "see docs/formats/folder.md")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # ValueError: TOMLDecodeError, and a number with thousands of digits.
        raise InputFileError(f"is not TOML: {error}", path, "correct that line") from error


def _lidar_settings(values: _Values) -> LidarSettings:
    compensated = values.data.get("motion_compensated", False)
    if not isinstance(compensated, bool):
        raise values.wrong("motion_compensated", "true or false")
    columns = values.data.get("columns", 4)
    if columns not in (3, 4, 5) or isinstance(columns, bool):
        raise values.wrong("columns", "3, 4 or 5")
    scale = values.positive("intensity_scale")
    return LidarSettings(compensated, columns, 1.0 if scale is None else scale)


@dataclass(frozen=True)
class _Values:
    """Typed access to a TOML table, with errors that name file and key."""

    path: Path
    data: Mapping[str, Any]
    prefix: str = ""

    def wrong(self, key: str, expected: str) -> DatasetError:
        return DatasetError(
            f"{self.prefix}{key} is {reprlib.repr(self.data.get(key))}",
            self.path,
            f"write {expected}",
        )

    def text(self, key: str) -> str:
        value = self.data.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, "text in quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts in quotes")
        return tuple(value)

    def positive(self, key: str) -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
            raise self.wrong(key, "a positive number")
        return float(value)

    def tables(self, key: str) -> Mapping[str, Mapping[str, Any]]:
        value = self.data.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(t, dict) for t in value.values()):
            raise self.wrong(key, f"tables such as [{key}.top]")
        return value
