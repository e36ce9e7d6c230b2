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
from av3d.datasets.point_values import (
    INTENSITY,
    RING,
    PointTimes,
    find,
    intensity_scale,
    tell_times,
    time_offsets_ns,
    unit_intensity,
    with_return,
)
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.types import NS_PER_S, IntArray

MAX_POINT_BYTES = 65_536
"""A point has tens of bytes."""

MAX_POINTS = 20_000_000
"""A cloud that claims more is refused; large sweeps have 300,000."""

_KINDS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 8: "f8"}
"""sensor_msgs/PointField: datatype to numpy's name."""


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
            intensity = unit_intensity(extra.pop(meaning.intensity), meaning.intensity_scale)
        if meaning.times is not None and meaning.times.field in extra:
            times_ns = time_offsets_ns(
                meaning.times, extra.pop(meaning.times.field), stamp_ns, where
            )
        ring = find(extra, RING)
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
    if step > MAX_POINT_BYTES:
        raise InputFileError(f"a point claims {step:,} bytes", where, "record it again")
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
    measured = with_return(*columns)
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


def tell_meaning(cloud: Cloud, stamp_ns: int, period_s: float) -> CloudMeaning:
    """What intensities and times mean, from one sweep.

    Args:
        cloud: the sweep.
        stamp_ns: its stamp.
        period_s: usual time from one sweep to the next.
    """
    notes: list[str] = []
    intensity = find(cloud.values, INTENSITY)
    scale = 1.0
    if intensity is not None:
        scale = intensity_scale(cloud.values[intensity])
        notes.append(f"{intensity} {scale:g} is intensity 1")
    times = tell_times(cloud.values, stamp_ns, period_s)
    if times is None:
        notes.append("points carry no times")
    else:
        offsets = times.offsets_ns(cloud.values[times.field], stamp_ns)
        notes.append(
            f"{times.in_words()} ({offsets.min() / 1e6:.1f} to {offsets.max() / 1e6:.1f} ms)"
        )
    empty = cloud.returns - len(cloud.points_m)
    if empty:
        notes.append(f"points without a return are left out ({empty:,} of {cloud.returns:,})")
    return CloudMeaning(intensity, scale, times, tuple(notes))
