"""When the beam of a LiDAR passed places, sweep by sweep.

A revolution takes 100 ms, so an object is measured up to that much before or after the time that its
sweep goes by. Where the reader knows the scan it says so (`SweepStream.measured_ns`); else the times
of the points are asked. A LiDAR whose sweeps all turn alike is found out from a few of them, so that
the others need not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.cache import ByteCache
from av3d.logs.compensation import as_shot_m
from av3d.logs.rhythm import nearest
from av3d.logs.scan import ScanTimes, Spin, measure_scan
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.types import NS_PER_MS, FloatArray, IntArray

SAMPLED = 5
"""Sweeps that are measured to find out whether all turn alike."""
ALIKE_NS = 1.5 * NS_PER_MS
"""How far their spins may be apart; beams of one LiDAR scatter by .9 ms around the spin."""
SCANS_BYTES = 32 * 1024 * 1024
_ROUNDS = 3
"""The place of a sensor at the time of the shot depends on that time; each round leaves a twentieth
of the error."""


class BeamClock:
    """Tells when the beam of one LiDAR passed places.

    Args:
        stream: its sweeps.
        read: reads one of them, or gives the kept one.
        trajectory: the ego poses.
        ego_SE3_lidar: its mount.
        period_ns: usual time between sweeps.
    """

    def __init__(
        self,
        stream: SweepStream,
        read: Callable[[int], Sweep],
        trajectory: Trajectory,
        ego_SE3_lidar: SE3,
        period_ns: int,
    ) -> None:
        self._stream = stream
        self._read = read
        self._trajectory = trajectory
        self._ego_SE3_lidar = ego_SE3_lidar
        self._period_ns = period_ns
        self._scans: ByteCache[ScanTimes] = ByteCache(SCANS_BYTES, lambda scan: scan.nbytes)

    def beam_times_ns(self, frame_times_ns: IntArray, positions_world_m: FloatArray) -> IntArray:
        """When the beam passed places during the sweeps at some times.

        Args:
            frame_times_ns: timestamps of sweeps, (N,). A time between two counts from the nearer
                one's scan; one that is further from all sweeps than a revolution comes back as it is.
            positions_world_m: where the object was when the beam passed, world frame, (N, 3).

        Returns:
            Times, (N,); those of the sweeps where nothing is known about the scan.
        """
        stamps_ns = self._stream.timestamps_ns
        sweeps = nearest(stamps_ns, frame_times_ns)
        # Compared as numbers that cannot overflow.
        apart = np.abs(stamps_ns[sweeps].astype(np.float64) - frame_times_ns)
        known = np.flatnonzero(apart <= self._period_ns)
        times_ns = frame_times_ns.copy()
        for _ in range(_ROUNDS if len(known) else 0):
            world_SE3_lidar = self._trajectory.at_nearest(times_ns[known]) @ self._ego_SE3_lidar
            places_m = world_SE3_lidar.inverse().transform(positions_world_m[known, None])[:, 0]
            offset_ns = self._offset_ns(sweeps[known], places_m)
            times_ns[known] = frame_times_ns[known] + np.rint(offset_ns).astype(np.int64)
        return times_ns

    @cached_property
    def common_spin(self) -> Spin | None:
        """The spin that all sweeps share, measured on a few of them; None where they differ."""
        if not self._timed:
            return None
        found: list[Spin] = []
        for row in samples(self._stream):
            scan = self._measure(row)
            if isinstance(scan, _Unknown):
                continue
            if not isinstance(scan, Spin) or (found and not found[0].agrees_with(scan, ALIKE_NS)):
                return None
            found.append(scan)
            if len(found) == SAMPLED:
                break
        return found[len(found) // 2] if len(found) >= min(2, len(self._stream)) else None

    def _offset_ns(self, sweeps: IntArray, places_m: FloatArray) -> FloatArray:
        """Time of the beam minus that of the sweep, 0 where unknown, (N,)."""
        first = int(sweeps[0])
        offset_ns = np.zeros(len(sweeps))
        if self._stream.measured_ns(first, places_m[:1]) is not None:
            for sweep in np.unique(sweeps):
                rows = np.flatnonzero(sweeps == sweep)
                measured_ns = self._stream.measured_ns(int(sweep), places_m[rows])
                if measured_ns is not None:
                    offset_ns[rows] = measured_ns - self._stream.timestamps_ns[sweep]
            return offset_ns
        common = self.common_spin
        if common is not None:
            return common.offset_ns(places_m)
        if not self._timed:
            return offset_ns
        for sweep in np.unique(sweeps):
            rows = np.flatnonzero(sweeps == sweep)
            scan = self._scans.get(int(sweep), lambda row=int(sweep): self._measure(row))  # type: ignore[misc]
            offset_ns[rows] = np.nan_to_num(scan.offset_ns(places_m[rows]))
        return offset_ns

    @cached_property
    def _timed(self) -> bool:
        return has_point_times(self._stream, self._read) is True

    def _measure(self, sweep: int) -> ScanTimes:
        """What one sweep's points tell; nothing if it cannot be read, which shows elsewhere."""
        try:
            points = self._read(sweep)
            if points.time_offset_ns is None:
                return _Unknown()
            shots_m = as_shot_m(points, self._trajectory, self._ego_SE3_lidar)
        except Av3dError:
            return _Unknown()
        return measure_scan(shots_m, points.time_offset_ns) or _Unknown()


def has_point_times(stream: SweepStream, read: Callable[[int], Sweep]) -> bool | None:
    """Whether the points of a LiDAR carry times, asked of the first sweep that has points.

    Returns:
        None if none of the sweeps that were tried could be read or has points.
    """
    for row in samples(stream):
        try:
            sweep = read(row)
        except Av3dError:
            continue
        if len(sweep):
            return sweep.time_offset_ns is not None
    return None


def samples(stream: SweepStream) -> list[int]:
    """Indices of at most twelve sweeps from all over the log: the first two, then ever finer parts."""
    there = [row for row in range(len(stream)) if row not in stream.absent]
    if not there:
        return []
    last = len(there) - 1
    parts = [0.0, 1 / max(last, 1), 1.0, 0.5, 0.27, 0.73, 0.12, 0.61, 0.39, 0.88, 0.2, 0.8]
    return list(dict.fromkeys(there[round(part * last)] for part in parts))


class _Unknown:
    """Stands for a sweep whose points tell nothing, so that it is not read again and again."""

    nbytes = 64

    def offset_ns(self, positions_m: FloatArray) -> FloatArray:
        return np.full(len(positions_m), np.nan)
