"""How far apart the cuboids of tracks are in two states of labels, over all times at which both are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from av3d.tracks.document import Document
from av3d.tracks.frame_cuboids import FrameCuboids
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

STEP_NS = 100_000_000
"""Where there are no keyframes for longer, tracks are compared this often."""
MOST_TIMES = 200_000
"""Of one log; a project's times may lie years apart."""


@dataclass(frozen=True)
class Motion:
    """How the cuboids of a track differ at the times at which both states have it.

    Attributes:
        times: how many times both have it.
        mean_m, max_m: distance of the centres.
        max_at_ns: where it is largest.
        mean_size_change_lwh_m: length, width and height afterwards minus before.
        max_size_change_m: the largest change of any side.
        mean_yaw_change_rad, max_yaw_change_rad: without sign, at most pi.
        only_before, only_after: times at which only one state has it.
    """

    times: int
    mean_m: float
    max_m: float
    max_at_ns: int
    mean_size_change_lwh_m: tuple[float, float, float]
    max_size_change_m: float
    mean_yaw_change_rad: float
    max_yaw_change_rad: float
    only_before: int
    only_after: int

    def as_json(self) -> dict[str, Any]:
        """The motion as JSON values."""
        return {
            "times_in_common": self.times,
            "mean_distance_m": self.mean_m,
            "max_distance_m": self.max_m,
            "max_at_ns": self.max_at_ns,
            "mean_size_change_lwh_m": list(self.mean_size_change_lwh_m),
            "max_size_change_m": self.max_size_change_m,
            "mean_yaw_change_rad": self.mean_yaw_change_rad,
            "max_yaw_change_rad": self.max_yaw_change_rad,
            "times_only_before": self.only_before,
            "times_only_after": self.only_after,
        }


def comparison_times(
    before: Sequence[Track], after: Sequence[Track], frame_times_ns: Sequence[int] | None
) -> IntArray:
    """The times at which tracks are compared, increasing.

    Args:
        before: tracks of one state.
        after: tracks of another.
        frame_times_ns: of the recording, where it is at hand; otherwise all keyframes and ends of
            presence are taken, and times every STEP_NS between them.
    """
    if frame_times_ns is not None:
        return np.unique(np.asarray(frame_times_ns, dtype=np.int64))
    times = [track.columns.times_ns for track in (*before, *after)]
    times += [
        np.array([track.start_ns, track.end_ns], dtype=np.int64) for track in (*before, *after)
    ]
    if not times:
        return np.empty(0, dtype=np.int64)
    known = np.unique(np.concatenate(times))
    gaps = np.diff(known)
    # Rounded, so that sweeps that come a little late get no time between them.
    more = np.minimum(np.maximum((gaps + STEP_NS // 2) // STEP_NS - 1, 0), MOST_TIMES)
    if not more.any() or more.sum() + len(known) > MOST_TIMES:
        return known
    between = [
        start + np.arange(1, count + 1) * (gap // (count + 1))
        for start, gap, count in zip(known[:-1], gaps, more, strict=True)
        if count
    ]
    times_ns: IntArray = np.unique(np.concatenate([known, *between]))
    return times_ns


def motions_of(pairs: Sequence[tuple[Track, Track]], times_ns: IntArray) -> list[Motion | None]:
    """How the cuboids of pairs of tracks differ.

    Args:
        pairs: a track before and after.
        times_ns: at which they are compared, increasing.

    Returns:
        One for each pair; None where both are there at no time.
    """
    count = len(pairs)
    if not count:
        return []
    # IDs of both sides may be the same; a pair is found by its place.
    sides = [Document({str(k): pair[side] for k, pair in enumerate(pairs)}) for side in (0, 1)]
    places = [{pair[side].id: k for k, pair in enumerate(pairs)} for side in (0, 1)]
    sums = _Sums(count)
    for time_ns in times_ns.tolist():
        frames = [document.cuboids_at(time_ns) for document in sides]
        rows = [_rows(frame, place, count) for frame, place in zip(frames, places, strict=True)]
        sums.add(time_ns, frames[0], frames[1], rows[0], rows[1])
    return [sums.motion(k) for k in range(count)]


def _rows(frame: FrameCuboids, places: Mapping[str, int], count: int) -> IntArray:
    """The row of each pair in a frame, -1 where it is not there, (count,)."""
    rows = np.full(count, -1, dtype=np.int64)
    for row, track in enumerate(frame.tracks):
        rows[places[track.id]] = row
    return rows


class _Sums:
    """Sums over the times, so that memory does not grow with their number."""

    def __init__(self, count: int) -> None:
        self.times = np.zeros(count, dtype=np.int64)
        self.only = np.zeros((2, count), dtype=np.int64)
        self.distance_m = np.zeros(count)
        self.max_m = np.full(count, -1.0)
        self.max_at_ns = np.zeros(count, dtype=np.int64)
        self.size_m = np.zeros((count, 3))
        self.max_size_m = np.zeros(count)
        self.yaw_rad = np.zeros(count)
        self.max_yaw_rad = np.zeros(count)

    def add(
        self,
        time_ns: int,
        before: FrameCuboids,
        after: FrameCuboids,
        before_rows: IntArray,
        after_rows: IntArray,
    ) -> None:
        there = (before_rows >= 0) & (after_rows >= 0)
        self.only[0] += (before_rows >= 0) & ~there
        self.only[1] += (after_rows >= 0) & ~there
        pairs = np.flatnonzero(there)
        if not len(pairs):
            return
        old, new = before_rows[pairs], after_rows[pairs]
        moved_m = np.linalg.norm(after.centers_m[new] - before.centers_m[old], axis=1)
        size_m = after.sizes_lwh_m[new] - before.sizes_lwh_m[old]
        turned = _yaws_rad(after.rotations[new]) - _yaws_rad(before.rotations[old])
        turned = np.abs((turned + np.pi) % (2 * np.pi) - np.pi)
        self.times[pairs] += 1
        self.distance_m[pairs] += moved_m
        farther = moved_m > self.max_m[pairs]
        self.max_at_ns[pairs[farther]] = time_ns
        self.max_m[pairs] = np.maximum(self.max_m[pairs], moved_m)
        self.size_m[pairs] += size_m
        self.max_size_m[pairs] = np.maximum(self.max_size_m[pairs], np.abs(size_m).max(axis=1))
        self.yaw_rad[pairs] += turned
        self.max_yaw_rad[pairs] = np.maximum(self.max_yaw_rad[pairs], turned)

    def motion(self, k: int) -> Motion | None:
        times = int(self.times[k])
        if not times:
            return None
        length, width, height = (self.size_m[k] / times).tolist()
        return Motion(
            times,
            float(self.distance_m[k]) / times,
            float(self.max_m[k]),
            int(self.max_at_ns[k]),
            (length, width, height),
            float(self.max_size_m[k]),
            float(self.yaw_rad[k]) / times,
            float(self.max_yaw_rad[k]),
            int(self.only[0, k]),
            int(self.only[1, k]),
        )


def _yaws_rad(rotations: FloatArray) -> FloatArray:
    yaws: FloatArray = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0])
    return yaws
