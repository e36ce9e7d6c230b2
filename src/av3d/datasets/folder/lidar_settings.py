"""How the sweeps of one LiDAR are stored, as `log.toml` says it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.datasets.folder.toml_values import TomlValues
from av3d.datasets.point_values import UNITS_NS
from av3d.logs.scan import Spin, StampMoment, even_spin
from av3d.types import NS_PER_MS

CLOCKWISE, COUNTER_CLOCKWISE = "clockwise", "counter-clockwise"
AUTO = "auto"
MAX_COLUMNS = 64


class TimeFrom(StrEnum):
    """What the times of points count from."""

    STAMP = "stamp"
    FIRST_POINT = "first point"
    EPOCH = "epoch"


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
        columns: values per point in a .bin file: 3 (x, y, z), 4 (and intensity), 5 (and the time
            offset in seconds), or their names, which also hold for .npy files.
        intensity_field: name of the field that is the intensity; None: the first known name.
        intensity_scale: the intensity that stands for 1.0; None: told from the data.
        time_field: name of the field with times of points; None: the first known name.
        time_unit: its unit, a key of UNITS_NS; None: told from name and data.
        time_from: what it counts from; None: told from the data.
        spin: how it turns, for points without times; None: these have no times.
    """

    motion_compensated: bool = False
    columns: int | tuple[str, ...] = 4
    intensity_field: str | None = None
    intensity_scale: float | None = None
    time_field: str | None = None
    time_unit: str | None = None
    time_from: TimeFrom | None = None
    spin: SpinSettings | None = None

    @property
    def times_are_told(self) -> bool:
        """Whether anything is said about times of points."""
        return not (self.time_field is self.time_unit is self.time_from is None)


def read_lidar_settings(values: TomlValues) -> LidarSettings:
    """The settings in a table [lidar.NAME]; DatasetError names a value that is wrong."""
    compensated = values.data.get("motion_compensated", False)
    if not isinstance(compensated, bool):
        raise values.wrong("motion_compensated", "true or false")
    automatic = values.data.get("intensity_scale") == AUTO
    start = values.choice("time_from", list(TimeFrom))
    return LidarSettings(
        compensated,
        _columns(values),
        values.text("intensity_field") or None,
        None if automatic else values.positive("intensity_scale"),
        values.text("time_field") or None,
        values.choice("time_unit", list(UNITS_NS)),
        None if start is None else TimeFrom(start),
        _spin(values),
    )


def lidar_values(lidar: LidarSettings) -> dict[str, Any]:
    """The table that `read_lidar_settings` gives the same settings for."""
    table: dict[str, Any] = {
        "motion_compensated": lidar.motion_compensated,
        "columns": lidar.columns if isinstance(lidar.columns, int) else list(lidar.columns),
    }
    for key in ("intensity_field", "intensity_scale", "time_field", "time_unit", "time_from"):
        if getattr(lidar, key) is not None:
            table[key] = getattr(lidar, key)
    if lidar.spin is not None:
        table["spin"] = {
            "direction": CLOCKWISE if lidar.spin.clockwise else COUNTER_CLOCKWISE,
            "azimuth_at_stamp_deg": lidar.spin.azimuth_at_stamp_deg,
            "stamp": lidar.spin.stamp.value,
            "period_ms": lidar.spin.period_ms,
        }
    return table


def _columns(values: TomlValues) -> int | tuple[str, ...]:
    columns = values.data.get("columns", 4)
    if type(columns) is int and columns in (3, 4, 5):
        return columns
    if not isinstance(columns, list):
        raise values.wrong("columns", "3, 4 or 5, or a list of names")
    names = values.texts("columns")
    if not {"x", "y", "z"} <= set(names) or not len(set(names)) == len(names) <= MAX_COLUMNS:
        raise values.wrong("columns", 'different names with "x", "y" and "z" among them')
    return names


def _spin(lidar: TomlValues) -> SpinSettings | None:
    if "spin" not in lidar.data:
        return None
    table = lidar.data["spin"]
    if not isinstance(table, dict):
        raise lidar.wrong("spin", 'a table such as { direction = "clockwise", ... }')
    values = TomlValues(lidar.path, table, f"{lidar.prefix}spin.")
    direction = values.text("direction")
    if direction not in (CLOCKWISE, COUNTER_CLOCKWISE):
        raise values.wrong("direction", f'"{CLOCKWISE}" or "{COUNTER_CLOCKWISE}", seen from above')
    stamp = values.choice("stamp", list(StampMoment))
    if stamp is None:
        raise values.wrong("stamp", '"start", "middle" or "end", the moment of the turn')
    azimuth_deg: Any = table.get("azimuth_at_stamp_deg")
    if type(azimuth_deg) not in (int, float) or not -360 <= azimuth_deg <= 360:
        raise values.wrong("azimuth_at_stamp_deg", "an angle from -360 to 360")
    period_ms = values.positive("period_ms")
    if period_ms is None or not 1 <= period_ms <= 1000:
        raise values.wrong("period_ms", "a time from 1 to 1000, 100 for ten turns a second")
    return SpinSettings(direction == CLOCKWISE, float(azimuth_deg), StampMoment(stamp), period_ms)
