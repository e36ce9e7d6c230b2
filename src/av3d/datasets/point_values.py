"""What the values of points mean where a format leaves it open: intensities, times, rings.

Intensities come in 0..1, in bytes or in counts, times of points in seconds or nanoseconds, since 1970,
since the sensor was switched on, or from the sweep's stamp. A few sweeps of a stream are looked at to
tell, so that all its sweeps are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.types import NS_PER_S, BoolArray, Float32Array, FloatArray, IntArray

INTENSITY = ("intensity", "intensities", "i", "reflectivity", "reflectance", "remission", "signal")
TIME = ("t", "time", "timestamp", "time_stamp", "timestamps", "offset_time", "time_offset",
        "t_offset", "timeoffset", "toffset", "point_time", "point_time_offset", "offset_ns",
        "time_offset_ns", "time_offset_s", "t_us", "time_us", "t_ns", "time_ns", "timestamp_ns",
        "gpstime", "gps_time")  # fmt: skip
RING = ("ring", "channel", "line", "laser_id", "laser_number", "laserid", "scan_line")

UNITS_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}
"""Units of time by name, in nanoseconds."""

FARTHEST_NS = 60 * NS_PER_S
"""A point measured longer than a minute from its sweep's stamp has no time worth the name."""

_LEVELS = (255.0, 4095.0, 65535.0)
"""Largest intensities of 8, 12 and 16 bits."""

_MOST_BITS = 32
"""No LiDAR counts further; what is more is damage."""

_STATED_UNIT = re.compile(r"_(ns|us|ms|s)$")
"""A name such as `time_us` says its unit."""

Values = Mapping[str, npt.NDArray[Any]]
"""Values of points by name, each (N,)."""


@dataclass(frozen=True)
class PointTimes:
    """What the times of points mean.

    Attributes:
        field: name of the field.
        unit: "s", "ms", "us" or "ns".
        absolute: since 1970 on the stamps' clock; else relative.
        from_first: relative to the first point of the sweep, which is taken to be at the stamp.
    """

    field: str
    unit: str
    absolute: bool
    from_first: bool

    def offsets_ns(self, values: npt.NDArray[Any], stamp_ns: int) -> IntArray:
        """Time of each point minus the stamp."""
        scale = UNITS_NS[self.unit]
        if not self.absolute:
            relative = values - values.min() if self.from_first and len(values) else values
            return _whole(relative.astype(np.float64) * scale)
        if values.dtype.kind in "iu":
            # Exact: 1.7e18 has no room in a double for nanoseconds.
            return np.asarray(values.astype(np.int64) * int(scale) - stamp_ns, dtype=np.int64)
        return _whole((values.astype(np.float64) - stamp_ns / scale) * scale)

    def in_words(self) -> str:
        """The meaning in words, for notes."""
        start = "since 1970" if self.absolute else "from the stamp"
        if self.from_first:
            start = "from the first point, which is taken to be at the stamp"
        return f"{self.field} is the time of a point in {self.unit} {start}"


def find(values: Values, names: Sequence[str]) -> str | None:
    """The first of some names that the values have, in whatever case it is written there."""
    written = {name.lower(): name for name in reversed(list(values))}
    return next((written[name] for name in names if name in written), None)


def with_return(x: npt.NDArray[Any], y: npt.NDArray[Any], z: npt.NDArray[Any]) -> BoolArray:
    """Rows of points with a return, (N,): drivers fill the others with NaN, infinity or zeros."""
    finite = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
    return np.asarray(finite & ((x != 0) | (y != 0) | (z != 0)))


def intensity_scale(values: npt.NDArray[Any]) -> float:
    """The value that stands for intensity 1: 1, or the largest of 8, 12, 16 or more bits.

    A few glints do not count, so that the rest does not turn dark.
    """
    if values.dtype == np.uint8:
        return 255.0
    finite = values[np.isfinite(values)].astype(np.float64)
    high = float(np.percentile(finite, 99.9)) if len(finite) else 0.0
    if values.dtype.kind == "f" and high <= 1.0:
        return 1.0
    full = next((level for level in _LEVELS if high <= level), None)
    if full is not None:
        return full
    return float(2.0 ** min(np.ceil(np.log2(high + 1)), _MOST_BITS) - 1)


def unit_intensity(values: npt.NDArray[Any], scale: float) -> Float32Array:
    """Intensities as 0..1; what is no number is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values.astype(np.float32) / np.float32(scale)
        # Summed up it shows at once whether all are numbers; replacing takes longer.
        all_numbers = np.isfinite(scaled.sum(dtype=np.float64))
    if not all_numbers:
        scaled = np.nan_to_num(scaled, posinf=1.0, neginf=0.0)
    return np.asarray(np.clip(scaled, 0.0, 1.0), dtype=np.float32)


def tell_times(values: Values, stamp_ns: int, period_s: float) -> PointTimes | None:
    """Which field holds the times of points and in what unit; None if there is none that makes sense.

    Args:
        values: of one sweep.
        stamp_ns: its stamp.
        period_s: usual time from one sweep to the next.
    """
    written = {name.lower(): name for name in reversed(list(values))}
    for name in TIME:
        if name in written:
            field = written[name]
            times = tell_unit(field, values[field], stamp_ns, period_s)
            if times is not None:
                return times
    return None


def tell_unit(
    name: str, values: npt.NDArray[Any], stamp_ns: int, period_s: float, unit: str | None = None
) -> PointTimes | None:
    """What a field of times means; None if no unit makes sense of it.

    A time near the stamp is one since 1970. Others are relative, and the unit is the one in which a
    sweep takes about as long as it is to the next one.

    Args:
        name: of the field; one such as `time_us` says its unit.
        values: of one sweep, (N,).
        stamp_ns: its stamp.
        period_s: usual time from one sweep to the next.
        unit: the unit, if it is known.
    """
    column: FloatArray = values.astype(np.float64)
    if not len(column) or not np.isfinite(column).all():
        return None
    stated = _STATED_UNIT.search(name.lower())
    unit = unit or (stated[1] if stated else None)
    units = {unit: UNITS_NS[unit]} if unit else UNITS_NS
    low, high = float(column.min()), float(column.max())
    # A float32 holds a time since 1970 to two minutes only.
    step = float(np.spacing(values.dtype.type(high))) if values.dtype.kind == "f" else 1.0
    for known, scale in units.items():
        near_s = abs(float(np.median(column)) * scale - stamp_ns) / NS_PER_S
        exact = step * scale <= NS_PER_S / 1000
        if near_s <= 1.0 + 2 * period_s and high * scale > 1e3 * NS_PER_S and exact:
            return PointTimes(name, known, absolute=True, from_first=False)
    if high <= low and not unit:
        return None
    period_s = max(period_s, 1e-3)
    ratios = {
        known: abs(np.log(max((high - low) * scale / NS_PER_S, 1e-12) / period_s))
        for known, scale in units.items()
    }
    best = min(ratios, key=lambda known: ratios[known])
    if ratios[best] > np.log(40) and not unit:
        return None
    # Times of another clock are far from 0; offsets are within a sweep or two of it.
    far = min(abs(low), abs(high)) * UNITS_NS[best] / NS_PER_S > 3 * period_s
    return PointTimes(name, best, absolute=False, from_first=far)


def time_offsets_ns(
    times: PointTimes, values: npt.NDArray[Any], stamp_ns: int, where: object
) -> IntArray:
    """Time of each point minus the stamp, (N,).

    Raises:
        InputFileError: a time is not a finite number, or further than FARTHEST_NS from the stamp.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputFileError(
            f"the time ({times.field}) of a point is not a finite number", str(where),
            "remove the point or the times",
        )  # fmt: skip
    with np.errstate(all="ignore"):
        far = np.abs(values.astype(np.float64)).max(initial=0.0) * UNITS_NS[times.unit] > 2**62
    offsets = None if far else times.offsets_ns(values, stamp_ns)
    if offsets is None or np.abs(offsets).max(initial=0) > FARTHEST_NS:
        raise InputFileError(
            f"the time of a point is more than a minute from the sweep's, if {times.in_words()}",
            str(where),
            "correct the times or the unit",
        )
    return offsets


def _whole(values: FloatArray) -> IntArray:
    return np.asarray(np.rint(values), dtype=np.int64)
