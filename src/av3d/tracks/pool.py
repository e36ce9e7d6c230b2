"""Keyframes and presence of many tracks one behind the other in arrays, looked up all at once."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.tracks.columns import CODES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray, IntArray, Uint8Array

SPARE = 10_000
"""So many keyframes of tracks as they were before edits are kept, besides as many as are in use."""


class Found(NamedTuple):
    """Tracks at a time, by linear motion; shapes and meaning as in `FrameCuboids`."""

    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray
    velocities_m_s: FloatArray
    provenances: Uint8Array
    keyframes: IntArray


class Pool:
    """Keyframes and spans of tracks.

    What is once written stays as it is, so that whoever knows where his tracks are can go on reading
    while others are written behind them.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._times_ns = _Rows((), np.int64)
        self._centers_m = _Rows((3,), np.float64)
        self._rotations = _Rows((3, 3), np.float64)
        self._sizes_lwh_m = _Rows((3,), np.float64)
        self._provenances = _Rows((), np.uint8)
        self._starts_ns = _Rows((), np.int64)
        self._ends_ns = _Rows((), np.int64)

    @property
    def keyframe_count(self) -> int:
        """How many keyframes were written."""
        return self._times_ns.used

    def add(self, tracks: Sequence[Track]) -> IntArray:
        """Write tracks.

        Returns:
            Where they are: first keyframe and the one after the last, first span and the one after
            the last, (N, 4).
        """
        columns = [track.columns for track in tracks]
        spans = [span for track in tracks for span in track.presence]
        with self._lock:
            first, first_span = self._times_ns.used, self._starts_ns.used
            self._times_ns.add([one.times_ns for one in columns])
            self._centers_m.add([one.centers_m for one in columns])
            self._rotations.add([one.rotations for one in columns])
            self._sizes_lwh_m.add([one.sizes_lwh_m for one in columns])
            self._provenances.add([one.provenances for one in columns])
            self._starts_ns.add([np.array([span.start_ns for span in spans], dtype=np.int64)])
            self._ends_ns.add([np.array([span.end_ns for span in spans], dtype=np.int64)])
        ends = np.cumsum([first, *(len(one) for one in columns)])
        span_ends = np.cumsum([first_span, *(len(track.presence) for track in tracks)])
        return np.stack([ends[:-1], ends[1:], span_ends[:-1], span_ends[1:]], axis=1)

    def present(self, places: IntArray, time_ns: int) -> IntArray:
        """Which tracks are there at a time, as rows of their places, ascending."""
        first, last = places[:, 2], places[:, 3]
        spans = _last_until(self._starts_ns.values, first, last, time_ns)
        started = np.flatnonzero(spans >= first)
        return np.asarray(started[time_ns <= self._ends_ns.values[spans[started]]])

    def at(self, places: IntArray, time_ns: int) -> Found:
        """Where tracks are at a time, present or not, if their motion is linear.

        Args:
            places: of tracks, as `add` gives them, (N, 4).
            time_ns: the time.
        """
        times_ns, centers_m = self._times_ns.values, self._centers_m.values
        first, last = places[:, 0], places[:, 1] - 1
        left = _last_until(times_ns, first, last + 1, time_ns)
        nearest = np.maximum(left, first)
        exact = times_ns[nearest] == time_ns
        between = np.flatnonzero(~exact & (left >= first) & (left < last))
        found = Found(
            centers_m[nearest],
            self._rotations.values[nearest],
            self._sizes_lwh_m.values[nearest],
            np.zeros((len(places), 3)),
            np.where(exact, self._provenances.values[nearest], CODES[Provenance.INTERPOLATED]),
            np.where(exact, left - first, -1),
        )
        if len(between):
            self._interpolate(found, between, left[between], time_ns)
        # At a keyframe between two others it is the mean of the velocities before and after it,
        # weighted by their durations; a track of one keyframe stands.
        on = np.flatnonzero(exact & (last > first))
        for rows, before, after in (
            (between, left[between], left[between] + 1),
            (on, np.maximum(left[on] - 1, first[on]), np.minimum(left[on] + 1, last[on])),
        ):
            duration_s = (times_ns[after] - times_ns[before]) / NS_PER_S
            way_m = centers_m[after] - centers_m[before]
            found.velocities_m_s[rows] = way_m / duration_s[:, None]
        return found

    def _interpolate(self, found: Found, rows: IntArray, left: IntArray, time_ns: int) -> None:
        """Put rows on the way from the keyframes `left` to those behind them."""
        start_ns = self._times_ns.values[left]
        fraction = (time_ns - start_ns) / (self._times_ns.values[left + 1] - start_ns)
        start, end = (
            SE3.trusted(self._rotations.values[place], self._centers_m.values[place])
            for place in (left, left + 1)
        )
        pose = start.interpolate(end, fraction)
        size = self._sizes_lwh_m.values[left]
        found.centers_m[rows], found.rotations[rows] = pose.translation_m, pose.rotation
        found.sizes_lwh_m[rows] = size + fraction[:, None] * (
            self._sizes_lwh_m.values[left + 1] - size
        )


class _Rows:
    """An array that rows are added to, with room behind them so that this rarely means to copy."""

    def __init__(self, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        self.values: npt.NDArray[Any] = np.empty((1, *shape), dtype=dtype)
        """The rows, and what comes behind them, at least one row."""
        self.used = 0

    def add(self, parts: Sequence[npt.NDArray[Any]]) -> None:
        """Write arrays behind the rows."""
        end = self.used + sum(len(part) for part in parts)
        if end >= len(self.values):
            # Room that is never written to takes no memory.
            larger = np.empty((2 * end + SPARE, *self.values.shape[1:]), self.values.dtype)
            larger[: self.used] = self.values[: self.used]
            self.values = larger
        np.concatenate(parts, out=self.values[self.used : end])
        self.used = end


def _last_until(values: IntArray, first: IntArray, last: IntArray, limit: int) -> IntArray:
    """The last place in each range of ascending values that is not above a limit.

    The ranges are values[first:last], (N,), and there is a value more behind them. Where all of a range
    are above the limit, its place is first - 1.
    """
    low, high = first, last
    for _ in range(int((last - first).max(initial=0)).bit_length()):
        # Where low has met high, both stay.
        middle = (low + high) >> 1
        up = (values[middle] <= limit) & (low < high)
        low, high = np.where(up, middle + 1, low), np.where(up, high, middle)
    return low - 1
