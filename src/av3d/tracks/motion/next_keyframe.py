"""Where one more keyframe pays most: what the model expects to be worth afterwards, not where it doubts.

A frame in the middle of doubt is often a bad place: near the end of a gap one keyframe leaves most of
the gap as it was. So the motion is fitted again with a keyframe at the place that it predicts, and the
expected overlaps of before and after are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from typing import Protocol

import numpy as np

from av3d.tracks.motion.expected_iou import GOOD_IOU
from av3d.types import FloatArray, IntArray

_COARSE = 5
"""Places of a gap that are tried first; between the best one and its neighbours goes the next round."""

_LOOKED_AT = 64
"""Frames at which a trial is judged: of a longer stretch every second, third ... one."""

_TIE_IOU = 0.005
"""Gaps whose worst frames differ by less count as equally bad: the expectation is no more exact."""

_GAPS = 2
"""Gaps, the largest losses, in which a keyframe for the mean is looked for."""


class Objective(StrEnum):
    """What a keyframe shall raise: the worst frame (then the mean), or the mean of all."""

    WORST = "worst"
    MEAN = "mean"


class Improvable(Protocol):
    """The motion of an object that knows what overlaps to expect, now and with one more keyframe."""

    @property
    def keyframe_times_ns(self) -> IntArray:
        """Increasing, (N,), N >= 1."""

    def expected_iou(self, times_ns: IntArray, /) -> FloatArray:
        """Expected 3D overlap with the truth at increasing times, (M,) → (M,)."""

    def with_keyframe_at(self, time_ns: int, /) -> Improvable:
        """The motion with one more keyframe, where and as exact as it is expected to be."""


@dataclass(frozen=True)
class Suggestion:
    """A keyframe that would help, and how much: expected overlaps of the frames without keyframes.

    Attributes:
        time_ns: of the keyframe.
        worst_before, worst_after: of the worst frame.
        mean_before, mean_after: the mean of all; the frame itself counts as 1 afterwards.
    """

    time_ns: int
    worst_before: float
    worst_after: float
    mean_before: float
    mean_after: float


def next_keyframe(
    motion: Improvable, times_ns: IntArray, objective: Objective = Objective.WORST
) -> Suggestion | None:
    """The frame where one more keyframe raises the expected overlap most.

    For the worst frame, the keyframe goes into the gap that this frame lies in, there where the worst
    frame of the gap gets best; of equal ones where the mean gets best. One in another gap could not
    help. For the mean, the gaps that lose most are tried.

    Args:
        motion: what is known.
        times_ns: of the frames that count, in any order, (M,); those of keyframes are left out.
        objective: what shall be raised.

    Returns:
        None where all frames have keyframes.
    """
    best = _best(motion, times_ns, objective)
    return None if best is None else best[0]


def next_keyframes(
    motion: Improvable, times_ns: IntArray, count: int, objective: Objective = Objective.WORST
) -> list[Suggestion]:
    """The next `count` keyframes, each chosen as if those before it were made as predicted.

    Fewer where all frames have keyframes then.
    """
    return list(islice(_chain(motion, times_ns, objective), max(count, 0)))


def keyframes_until(
    motion: Improvable, times_ns: IntArray, iou: float = GOOD_IOU, limit: int = 100
) -> list[Suggestion]:
    """The keyframes after which every frame may be expected to overlap by at least `iou`.

    How many they are says how much work is left; none: the track may be expected to be good. At most
    `limit` are told; then the last one's `worst_after` is below `iou`.
    """
    frames_ns = _free(motion, times_ns)
    if not len(frames_ns) or float(motion.expected_iou(frames_ns).min()) >= iou:
        return []
    found: list[Suggestion] = []
    for suggestion in islice(_chain(motion, times_ns, Objective.WORST), limit):
        found.append(suggestion)
        if suggestion.worst_after >= iou:
            break
    return found


def _chain(motion: Improvable, times_ns: IntArray, objective: Objective) -> Iterator[Suggestion]:
    while (best := _best(motion, times_ns, objective)) is not None:
        suggestion, motion = best
        yield suggestion


def _free(motion: Improvable, times_ns: IntArray) -> IntArray:
    frames_ns = np.unique(np.asarray(times_ns, dtype=np.int64))
    return np.setdiff1d(frames_ns, motion.keyframe_times_ns, assume_unique=True)


def _best(
    motion: Improvable, times_ns: IntArray, objective: Objective
) -> tuple[Suggestion, Improvable] | None:
    """The suggestion, and the motion if it is followed."""
    frames_ns = _free(motion, times_ns)
    if not len(frames_ns):
        return None
    expected = motion.expected_iou(frames_ns)
    gaps = _gaps(motion.keyframe_times_ns, frames_ns)
    if objective is Objective.WORST:
        first, last = _worst_gap(expected, gaps)
        trial = _Trial(motion, frames_ns, slice(first, last), by_worst=True)
        row = trial.search(first, last)
    else:
        trial = _Trial(motion, frames_ns, slice(None), by_worst=False)
        losing = sorted(gaps, key=lambda gap: (1 - expected[slice(*gap)]).sum(), reverse=True)
        row = max((trial.search(*gap) for gap in losing[:_GAPS]), key=trial.score)
    improved = motion.with_keyframe_at(int(frames_ns[row]))
    after = improved.expected_iou(frames_ns)
    after[row] = 1.0
    suggestion = Suggestion(
        int(frames_ns[row]),
        float(expected.min()),
        float(after.min()),
        float(expected.mean()),
        float(after.mean()),
    )
    return suggestion, improved


def _gaps(keyframe_times_ns: IntArray, frames_ns: IntArray) -> list[tuple[int, int]]:
    """Rows of the frames between two keyframes, before the first and after the last: first, end."""
    bounds = [0, *np.searchsorted(frames_ns, keyframe_times_ns).tolist(), len(frames_ns)]
    return [(a, b) for a, b in pairwise(bounds) if a < b]


def _worst_gap(expected: FloatArray, gaps: list[tuple[int, int]]) -> tuple[int, int]:
    """The gap of the worst frame; of those that are as bad, the one that loses most altogether."""
    limit = expected.min() + _TIE_IOU
    bad = [gap for gap in gaps if expected[slice(*gap)].min() <= limit]
    return max(bad, key=lambda gap: (1 - expected[slice(*gap)]).sum())


class _Trial:
    """What keyframes at some rows are worth; each is tried once.

    Args:
        motion: without them.
        frames_ns: of all rows.
        judged: the rows that count.
        by_worst: whether the worst counts first, else only the mean.
    """

    def __init__(
        self, motion: Improvable, frames_ns: IntArray, judged: slice, *, by_worst: bool
    ) -> None:
        self._motion, self._frames_ns, self._by_worst = motion, frames_ns, by_worst
        rows = np.arange(len(frames_ns))[judged]
        self._judged = rows[:: -(-len(rows) // _LOOKED_AT)]
        self._scores: dict[int, tuple[float, float]] = {}

    def search(self, first: int, end: int) -> int:
        """The best row of a gap, to a 32nd of it: a coarse grid, then finer ones around the best."""
        low, high = first, end - 1
        enough = max(2, (high - low) // 32)
        while True:
            rows = np.unique(np.linspace(low, high, _COARSE + 2).round().astype(int)).tolist()
            best = max(rows, key=self.score)
            at = rows.index(best)
            low, high = rows[max(at - 1, 0)], rows[min(at + 1, len(rows) - 1)]
            if high - low <= enough:
                return best if enough > 2 else max(range(low, high + 1), key=self.score)

    def score(self, row: int) -> tuple[float, float]:
        """The larger, the better."""
        if row not in self._scores:
            improved = self._motion.with_keyframe_at(int(self._frames_ns[row]))
            judged = self._judged[self._judged != row]
            if not len(judged):
                self._scores[row] = (1.0, 1.0)
            else:
                after = improved.expected_iou(self._frames_ns[judged])
                mean = (float(after.sum()) + len(self._judged) - len(judged)) / len(self._judged)
                self._scores[row] = (float(after.min()) if self._by_worst else 0.0, mean)
        return self._scores[row]
