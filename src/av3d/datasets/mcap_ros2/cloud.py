"""PointCloud2: points in any layout, as sweeps.

What the values mean is not in the message: intensities come in 0..1, in bytes or in counts, times of
points in seconds or nanoseconds, since 1970, since the sensor was switched on, or from the stamp. One
sweep of the stream is looked at to tell, so that all its sweeps are read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.files import Bag
from av3d.datasets.mcap_ros2.records import DamagedError
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.types import NS_PER_S, BoolArray, Float32Array, FloatArray, IntArray

MAX_POINTS = 20_000_000
"""A cloud that claims more is refused; large sweeps have 300,000."""

_KINDS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 8: "f8"}
"""sensor_msgs/PointField: datatype to numpy's name."""

_INTENSITY = ("intensity", "intensities", "i", "reflectivity", "reflectance", "remission", "signal")
_TIME = ("t", "time", "timestamp", "time_stamp", "timestamps", "offset_time", "time_offset",
         "t_offset", "timeoffset", "toffset", "point_time", "point_time_offset", "offset_ns",
         "time_offset_ns", "t_us", "time_us")  # fmt: skip
_RING = ("ring", "channel", "line", "laser_id", "laser_number", "laserid", "scan_line")
_LEVELS = (255.0, 4095.0, 65535.0)
"""Largest intensities of 8, 12 and 16 bits."""

_UNITS_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}


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
        scale = _UNITS_NS[self.unit]
        if not self.absolute:
            relative = values - values.min() if self.from_first and len(values) else values
            return _whole(relative.astype(np.float64) * scale)
        if values.dtype.kind in "iu":
            # Exact: 1.7e18 has no room in a double for nanoseconds.
            return np.asarray(values.astype(np.int64) * int(scale) - stamp_ns, dtype=np.int64)
        return _whole((values.astype(np.float64) - stamp_ns / scale) * scale)


@dataclass(frozen=True)
class CloudMeaning:
    """How the clouds of one topic are read.

    Attributes:
        intensity: the field, or None.
        intensity_scale: its value that stands for 1.
        times: what the times of points mean, or None.
        notes: sentences for the user.
    """

    intensity: str | None
    intensity_scale: float
    times: PointTimes | None
    notes: tuple[str, ...]


UNKNOWN = CloudMeaning(None, 1.0, None, ())


class BagSweeps(SweepStream):
    """The sweeps of one topic.

    Args:
        bag: the files.
        lidar: its name.
        topic: the topic.
        timestamps_ns: increasing times, (N,).
        rows: where the messages are, (N, 6).
        motion_compensated: whether ego motion is removed from the points.
    """

    def __init__(
        self,
        bag: Bag,
        lidar: str,
        topic: str,
        timestamps_ns: IntArray,
        rows: IntArray,
        motion_compensated: bool,
    ) -> None:
        super().__init__(timestamps_ns)
        self._bag, self._lidar, self._topic, self._rows = bag, lidar, topic, rows
        self._motion_compensated = motion_compensated
        self.meaning = self._look()

    def _look(self) -> CloudMeaning:
        """Tell what the values mean from a sweep in the middle, or another one if that is damaged."""
        count = len(self)
        steps = np.diff(self.timestamps_ns)
        period_s = float(np.median(steps)) / NS_PER_S if len(steps) else 0.1
        for index in dict.fromkeys([count // 2, count // 4, 3 * count // 4, 0, count - 1]):
            if 0 <= index < count:
                try:
                    cloud = self._cloud(index)
                except InputFileError:
                    continue
                if len(cloud.points_m):
                    return tell_meaning(cloud, int(self.timestamps_ns[index]), period_s)
        return UNKNOWN

    def read(self, index: int) -> Sweep:
        where = self._where(index)
        cloud = self._cloud(index)
        stamp_ns = int(self.timestamps_ns[index])
        extra = dict(cloud.values)
        intensity, times_ns = None, None
        meaning = self.meaning
        if meaning.intensity is not None and meaning.intensity in extra:
            intensity = _unit(extra.pop(meaning.intensity), meaning.intensity_scale)
        if meaning.times is not None and meaning.times.field in extra:
            times_ns = _offsets(meaning.times, extra.pop(meaning.times.field), stamp_ns, where)
        ring = next((name for name in extra if name.lower() in _RING), None)
        if ring is not None:
            extra["ring"] = extra.pop(ring)
        return Sweep(
            self._lidar,
            stamp_ns,
            checked_points(cloud.points_m, where),
            intensity,
            times_ns,
            extra,
            self._motion_compensated,
        )

    def _where(self, index: int) -> str:
        row = self._rows[index]
        return f"{self._bag.parts[int(row[2])]} {self._topic} at {int(row[0])} ns"

    def _cloud(self, index: int) -> Cloud:
        where = self._where(index)
        data = self._bag.read(self._rows[index], self._topic)
        try:
            return decode_cloud(ros.decode(ros.CLOUD, data), where)
        except DamagedError as error:
            raise InputFileError(
                f"sweep is damaged: {error}", where, "copy the bag again"
            ) from error


@dataclass(frozen=True, eq=False)
class Cloud:
    """The values of a message as they are.

    Attributes:
        points_m: (N, 3); points without a return are left out.
        values: further fields, each (N,).
        returns: how many points the message has, with those left out.
    """

    points_m: npt.NDArray[Any]
    values: Mapping[str, npt.NDArray[Any]]
    returns: int


def decode_cloud(message: Any, where: str) -> Cloud:
    """The points of a sensor_msgs/PointCloud2.

    Raises:
        InputFileError: no x, y, z, or sizes that contradict each other.
    """
    width, height, step = message.width, message.height, message.point_step
    count = width * height
    if count > MAX_POINTS:
        raise InputFileError(f"sweep claims {count:,} points, limit {MAX_POINTS:,}", where)
    fields = {
        field.name: field
        for field in message.fields
        if field.datatype in _KINDS and field.count in (0, 1)
    }
    axes = [next((name for name in fields if name.lower() == axis), None) for axis in "xyz"]
    if None in axes:
        names = " ".join(field.name for field in message.fields) or "none"
        raise InputFileError(
            f"the cloud has no fields x, y, z of one number each (its fields: {names[:200]})",
            where,
            "record points",
        )
    order = ">" if message.is_bigendian else "<"
    kinds = {name: np.dtype(order + _KINDS[field.datatype]) for name, field in fields.items()}
    end = max(fields[name].offset + kinds[name].itemsize for name in fields)
    if end > step:
        raise InputFileError(
            f"a field ends at byte {end} of points of {step} bytes", where, "record it again"
        )
    # Some drivers leave the length of a row at 0, or wrong where there is one row only.
    row_step = message.row_step if height > 1 and message.row_step else width * step
    if row_step < width * step or len(message.data) < (height - 1) * row_step + width * step:
        if count:
            raise InputFileError(
                f"{len(message.data):,} bytes are too few for {width}x{height} points of {step} bytes",
                where,
                "record it again",
            )
        row_step = width * step
    layout = np.dtype(
        {
            "names": list(fields),
            "formats": list(kinds.values()),
            "offsets": [fields[name].offset for name in fields],
            "itemsize": step,
        }
    )
    table: npt.NDArray[Any] = np.ndarray(
        (height, width), layout, message.data, strides=(row_step, step)
    ).reshape(-1)
    columns = [np.ascontiguousarray(table[name]) for name in axes]
    measured = _measured(*columns)
    # All at once is much faster than one by one.
    kept = slice(None) if measured.all() else measured
    points_m = np.empty((len(columns[0][kept]), 3), dtype=np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        for axis, column in enumerate(columns):
            points_m[:, axis] = column[kept]
    values = {
        # In this machine's byte order, and no view that would keep the message alive.
        name: table[name][kept].astype(kinds[name].newbyteorder("="))
        for name in fields
        if name not in axes
    }
    return Cloud(points_m, values, len(table))


def _measured(x: npt.NDArray[Any], y: npt.NDArray[Any], z: npt.NDArray[Any]) -> BoolArray:
    """Rows of points with a return: drivers fill the others with NaN, infinity or zeros."""
    finite = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
    return np.asarray(finite & ((x != 0) | (y != 0) | (z != 0)))


def tell_meaning(cloud: Cloud, stamp_ns: int, period_s: float) -> CloudMeaning:
    """What intensities and times mean, from one sweep.

    Args:
        cloud: the sweep.
        stamp_ns: its stamp.
        period_s: usual time from one sweep to the next.
    """
    notes: list[str] = []
    intensity = next((name for name in _INTENSITY if name in _lower(cloud.values)), None)
    intensity = _lower(cloud.values)[intensity] if intensity else None
    scale = 1.0
    if intensity is not None:
        scale = intensity_scale(cloud.values[intensity])
        notes.append(f"{intensity} {scale:g} is intensity 1")
    times = tell_times(cloud.values, stamp_ns, period_s)
    if times is None:
        notes.append("points carry no times")
    else:
        offsets = times.offsets_ns(cloud.values[times.field], stamp_ns)
        start = "since 1970" if times.absolute else "from the stamp"
        start = (
            "from the first point, which is taken to be at the stamp" if times.from_first else start
        )
        notes.append(
            f"{times.field} is the time of a point in {times.unit} {start} "
            f"({offsets.min() / 1e6:.1f} to {offsets.max() / 1e6:.1f} ms)"
        )
    empty = cloud.returns - len(cloud.points_m)
    if empty:
        notes.append(f"points without a return are left out ({empty:,} of {cloud.returns:,})")
    return CloudMeaning(intensity, scale, times, tuple(notes))


def intensity_scale(values: npt.NDArray[Any]) -> float:
    """The value that stands for intensity 1: 1, or the largest of 8, 12 or 16 bits.

    A few glints do not count, so that the rest does not turn dark.
    """
    if values.dtype == np.uint8:
        return 255.0
    finite = values[np.isfinite(values)].astype(np.float64)
    high = float(np.percentile(finite, 99.9)) if len(finite) else 0.0
    if values.dtype.kind == "f" and high <= 1.0:
        return 1.0
    return next((level for level in _LEVELS if high <= level), _LEVELS[-1])


def tell_times(
    values: Mapping[str, npt.NDArray[Any]], stamp_ns: int, period_s: float
) -> PointTimes | None:
    """Which field holds the times of points and in what unit; None if there is none that makes sense.

    A time near the stamp is one since 1970. Others are relative, and the unit is the one in which a
    sweep takes about as long as it is to the next one.
    """
    names = _lower(values)
    for known in _TIME:
        if known not in names:
            continue
        name = names[known]
        column: FloatArray = values[name].astype(np.float64)
        if not len(column) or not np.isfinite(column).all():
            continue
        low, high = float(column.min()), float(column.max())
        for unit, scale in _UNITS_NS.items():
            near_s = abs(float(np.median(column)) * scale - stamp_ns) / NS_PER_S
            if near_s <= 1.0 + 2 * period_s and high * scale > 1e3 * NS_PER_S:
                return PointTimes(name, unit, absolute=True, from_first=False)
        if high <= low:
            continue
        ratios = {
            unit: abs(np.log((high - low) * scale / NS_PER_S / max(period_s, 1e-3)))
            for unit, scale in _UNITS_NS.items()
        }
        unit = min(ratios, key=lambda unit: ratios[unit])
        if ratios[unit] > np.log(40):
            continue
        # Times of another clock are far from 0; offsets are within a sweep or two of it.
        far = min(abs(low), abs(high)) * _UNITS_NS[unit] / NS_PER_S > 3 * max(period_s, 1e-3)
        return PointTimes(name, unit, absolute=False, from_first=far)
    return None


def _whole(values: FloatArray) -> IntArray:
    return np.asarray(np.rint(values), dtype=np.int64)


def _lower(values: Mapping[str, npt.NDArray[Any]]) -> dict[str, str]:
    return {name.lower(): name for name in reversed(list(values))}


def _unit(values: npt.NDArray[Any], scale: float) -> Float32Array:
    scaled = np.nan_to_num(values.astype(np.float32) / np.float32(scale), posinf=1.0, neginf=0.0)
    return np.asarray(np.clip(scaled, 0.0, 1.0), dtype=np.float32)


def _offsets(
    times: PointTimes, values: npt.NDArray[Any], stamp_ns: int, where: str
) -> IntArray | None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputFileError("the time of a point is not a finite number", where, "record it again")
    with np.errstate(all="ignore"):
        far = np.abs(values.astype(np.float64)).max(initial=0.0) * _UNITS_NS[times.unit] > 2**62
    offsets = None if far else times.offsets_ns(values, stamp_ns)
    if offsets is None or np.abs(offsets).max(initial=0) > 60 * NS_PER_S:
        raise InputFileError(
            "the time of a point is more than a minute from the sweep's", where, "record it again"
        )
    return offsets
