"""Which track of one state is which of another when IDs tell nothing: those that lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.overlap import bev_iou
from av3d.tracks.document import Document
from av3d.tracks.frame_cuboids import FrameCuboids
from av3d.tracks.track import Track
from av3d.types import IntArray

LEAST_OVERLAP = 0.3
"""Mean overlap over all times at which one of them is there; less is a matter of neighbours."""
SAMPLES = 8
"""Times at which the overlap of a pair is computed, at most."""


@dataclass(frozen=True, eq=False)
class Match:
    """Two tracks that are taken for one object.

    Attributes:
        before, after: the tracks.
        overlap: mean intersection over union of their footprints over the times at which one of
            them is there, 0 to 1.
    """

    before: Track
    after: Track
    overlap: float


def matched_by_overlap(
    before: Sequence[Track], after: Sequence[Track], times_ns: IntArray
) -> list[Match]:
    """Assign tracks to each other so that the sum of their overlaps is as large as can be.

    Args:
        before: tracks of one state.
        after: tracks of another.
        times_ns: at which they are compared, increasing.

    Returns:
        In the order of `before`; tracks without a partner are left out.
    """
    if not before or not after or not len(times_ns):
        return []
    from scipy.optimize import linear_sum_assignment

    sides = _Sides(before, after)
    near, counts = _near(sides, times_ns)
    asked: dict[int, list[tuple[int, int]]] = {}
    for pair, rows in near.items():
        for row in rows[:: -(-len(rows) // SAMPLES)]:
            asked.setdefault(row, []).append(pair)
    sums, samples = np.zeros((len(before), len(after))), np.zeros((len(before), len(after)))
    for row, pairs in sorted(asked.items()):
        frames, places = sides.at(int(times_ns[row]))
        own = [{k: place for place, k in enumerate(there.tolist())} for there in places]
        for first, second in pairs:
            cuboids = frames[0].cuboid(own[0][first]), frames[1].cuboid(own[1][second])
            sums[first, second] += bev_iou(*cuboids)
            samples[first, second] += 1
    overlaps = np.zeros((len(before), len(after)))
    for (first, second), rows in near.items():
        either = counts[0][first] + counts[1][second] - counts[2][first, second]
        mean = sums[first, second] / samples[first, second]
        overlaps[first, second] = mean * len(rows) / either
    first_rows, second_rows = linear_sum_assignment(-overlaps)
    return [
        Match(before[first], after[second], float(overlaps[first, second]))
        for first, second in zip(first_rows.tolist(), second_rows.tolist(), strict=True)
        if overlaps[first, second] >= LEAST_OVERLAP
    ]


class _Sides:
    """Both lists of tracks, to be found at any time."""

    def __init__(self, before: Sequence[Track], after: Sequence[Track]) -> None:
        sides = (before, after)
        self.counts = len(before), len(after)
        self._documents = [Document({str(k): t for k, t in enumerate(side)}) for side in sides]
        self._places = [{id(track): k for k, track in enumerate(side)} for side in sides]

    def at(self, time_ns: int) -> tuple[list[FrameCuboids], list[IntArray]]:
        """The tracks of both that are there at a time, and their places in the lists."""
        frames = [document.cuboids_at(time_ns) for document in self._documents]
        places = [
            np.array([place[id(track)] for track in frame.tracks], dtype=np.int64)
            for frame, place in zip(frames, self._places, strict=True)
        ]
        return frames, places


def _near(
    sides: _Sides, times_ns: IntArray
) -> tuple[dict[tuple[int, int], list[int]], tuple[IntArray, IntArray, IntArray]]:
    """Pairs that are near each other with the places of those times, and how often who is there.

    Returns:
        Places in `times_ns` by pair; how often each of the first is there, each of the second, both.
    """
    found: dict[tuple[int, int], list[int]] = {}
    counts = tuple(np.zeros(count, dtype=np.int64) for count in sides.counts)
    both = np.zeros(sides.counts, dtype=np.int64)
    for row, time_ns in enumerate(times_ns.tolist()):
        frames, there = sides.at(time_ns)
        for count, rows in zip(counts, there, strict=True):
            count[rows] += 1
        if not len(there[0]) or not len(there[1]):
            continue
        both[np.ix_(there[0], there[1])] += 1
        apart_m = np.linalg.norm(
            frames[0].centers_m[:, None, :2] - frames[1].centers_m[None, :, :2], axis=2
        )
        reach_m = [np.linalg.norm(frame.sizes_lwh_m, axis=1) / 2 for frame in frames]
        # Footprints that touch are farther from each other than this only if they barely do.
        close = apart_m < np.maximum(reach_m[0][:, None], reach_m[1][None, :])
        for first, second in np.argwhere(close).tolist():
            key = (int(there[0][first]), int(there[1][second]))
            found.setdefault(key, []).append(row)
    return found, (counts[0], counts[1], both)
