"""Names of files and folders of a log folder, and what its `log.toml` says."""

from __future__ import annotations

import math
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from av3d.datasets.dataset import DatasetError
from av3d.errors import InputFileError
from av3d.logs.scan import Spin, StampMoment, even_spin
from av3d.reading import read_text
from av3d.types import NS_PER_MS

FORMAT = "av3d-folder"
VERSION = 1

MAX_NAME = 100
"""Characters of a log's name: exports name files by it, and file systems allow 255 bytes."""

CLOCKWISE, COUNTER_CLOCKWISE = "clockwise", "counter-clockwise"

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
class SpinSettings:
    """How a LiDAR turns, which tells the time of points that carry none from their azimuth.

    Attributes:
        clockwise: direction of turning, seen from above.
        azimuth_at_stamp_deg: where the beam points at the time in the file name, counter-clockwise
            from the sensor's x axis.
        stamp: which moment of the turn that time is.
        period_ms: time of one turn.
    """

    clockwise: bool
    azimuth_at_stamp_deg: float
    stamp: StampMoment
    period_ms: float

    @property
    def spin(self) -> Spin:
        """The turn itself."""
        return even_spin(
            clockwise=self.clockwise,
            azimuth_at_stamp_rad=math.radians(self.azimuth_at_stamp_deg),
            stamp=self.stamp,
            period_ns=self.period_ms * NS_PER_MS,
        )


@dataclass(frozen=True)
class LidarSettings:
    """How the sweeps of one LiDAR are stored.

    Attributes:
        motion_compensated: whether ego motion has been removed from the points already.
        columns: values per point in a .bin file: 3 (x, y, z), 4 (and intensity) or 5 (and the
            time offset in seconds).
        intensity_scale: the intensity that stands for 1.0 in .bin and .npy files; 255 for byte
            values.
        spin: how it turns, for points without times; None: these have no times.
    """

    motion_compensated: bool = False
    columns: int = 4
    intensity_scale: float = 1.0
    spin: SpinSettings | None = None


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
    lidars = {name: _lidar_values(lidar) for name, lidar in settings.lidars.items()}
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
    return LidarSettings(compensated, columns, 1.0 if scale is None else scale, _spin(values))


def _lidar_values(lidar: LidarSettings) -> dict[str, Any]:
    table: dict[str, Any] = {
        "motion_compensated": lidar.motion_compensated,
        "columns": lidar.columns,
        "intensity_scale": lidar.intensity_scale,
    }
    if lidar.spin is not None:
        table["spin"] = {
            "direction": CLOCKWISE if lidar.spin.clockwise else COUNTER_CLOCKWISE,
            "azimuth_at_stamp_deg": lidar.spin.azimuth_at_stamp_deg,
            "stamp": lidar.spin.stamp.value,
            "period_ms": lidar.spin.period_ms,
        }
    return table


def _spin(lidar: _Values) -> SpinSettings | None:
    if "spin" not in lidar.data:
        return None
    table = lidar.data["spin"]
    if not isinstance(table, dict):
        raise lidar.wrong("spin", 'a table such as { direction = "clockwise", ... }')
    values = _Values(lidar.path, table, f"{lidar.prefix}spin.")
    direction = values.text("direction")
    if direction not in (CLOCKWISE, COUNTER_CLOCKWISE):
        raise values.wrong("direction", f'"{CLOCKWISE}" or "{COUNTER_CLOCKWISE}", seen from above')
    stamp = values.text("stamp")
    if stamp not in list(StampMoment):
        raise values.wrong("stamp", '"start", "middle" or "end", the moment of the turn')
    azimuth_deg: Any = table.get("azimuth_at_stamp_deg")
    if type(azimuth_deg) not in (int, float) or not -360 <= azimuth_deg <= 360:
        raise values.wrong("azimuth_at_stamp_deg", "an angle from -360 to 360")
    period_ms = values.positive("period_ms")
    if period_ms is None or not 1 <= period_ms <= 1000:
        raise values.wrong("period_ms", "a time from 1 to 1000, 100 for ten turns a second")
    return SpinSettings(direction == CLOCKWISE, float(azimuth_deg), StampMoment(stamp), period_ms)


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
