"""How a track goes on from one frame to the next, from what is known on each side alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from av3d.qa.subject import Subject
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

LOOK_S = 0.5
"""Velocities before and after a frame are measured over this time, or from one frame to the next."""
LONGEST_STEP_S = 2.0
"""Over a longer time without a frame nobody can say how it went on."""


@dataclass(frozen=True, eq=False)
class Onward:
    """What is known of a track at each of its M frames from one side, and of the steps between them.

    Attributes:
        times_s: when the beam met the object, since the log's first frame, (M,).
        places_m: on the ground plane, world frame, (M, 2).
        before_m_s: velocity over the time before each frame, (M, 2); NaN where nothing is before.
        after_m_s: velocity over the time after each frame, (M, 2); NaN where nothing is after.
    """

    times_s: FloatArray
    places_m: FloatArray
    before_m_s: FloatArray
    after_m_s: FloatArray
    _breaks: dict[float, IntArray] = field(default_factory=dict)

    @staticmethod
    def of(subject: Subject) -> Onward:
        """That of a track; kept as long as the subject is."""
        found = _KNOWN.get(subject)
        if found is None:
            found = _KNOWN[subject] = _onward(subject)
        return found

    def misses_m(self, rows: IntArray, other: Onward, others: IntArray) -> FloatArray:
        """How badly rows of a track go on at later rows of a track, (K,).

        The distance from where the mean of the velocities on both sides leads, and the way by which
        these velocities differ over LOOK_S.

        Args:
            rows: of this track, (K,).
            other: the track that it would go on as; may be the same one.
            others: rows of that track, later in time, (K,).
        """
        steps_s = (other.times_s[others] - self.times_s[rows])[:, None]
        before, after = self.before_m_s[rows], other.after_m_s[others]
        led_m = self.places_m[rows] + steps_s * (before + after) / 2
        apart_m = np.hypot(*(other.places_m[others] - led_m).T)
        return np.asarray(apart_m + LOOK_S * np.hypot(*(after - before).T))

    def breaks(self, limit_m: float) -> IntArray:
        """Rows after which the track goes on worse than a limit, (K,)."""
        found = self._breaks.get(limit_m)
        if found is None:
            found = self._breaks[limit_m] = self._found_breaks(limit_m)
        return found

    def _found_breaks(self, limit_m: float) -> IntArray:
        rows = np.arange(len(self.times_s) - 1)
        with np.errstate(invalid="ignore"):
            misses_m = self.misses_m(rows, self, rows + 1)
            near: BoolArray = np.diff(self.times_s) <= LONGEST_STEP_S
            return np.flatnonzero(near & (misses_m > limit_m))


_KNOWN: WeakKeyDictionary[Subject, Onward] = WeakKeyDictionary()


def _onward(subject: Subject) -> Onward:
    times_s = (subject.met_ns - subject.log.start_ns) / NS_PER_S
    places_m = subject.centers_m[:, :2]
    before = np.full((len(times_s), 2), np.nan)
    after = before.copy()
    for rows in subject.stretches:
        part_s, part_m = times_s[rows], places_m[rows]
        count = len(part_s)
        if count < 2:
            continue
        here = np.arange(count)
        early = np.searchsorted(part_s, part_s - LOOK_S - 1e-3)
        early = np.clip(early, 0, np.maximum(here - 1, 0))
        late = np.searchsorted(part_s, part_s + LOOK_S + 1e-3, "right") - 1
        late = np.clip(late, np.minimum(here + 1, count - 1), count - 1)
        before[rows][1:] = _velocities(part_s, part_m, early[1:], here[1:])
        after[rows][:-1] = _velocities(part_s, part_m, here[:-1], late[:-1])
    return Onward(np.asarray(times_s), places_m, before, after)


def _velocities(
    times_s: FloatArray, places_m: FloatArray, starts: IntArray, ends: IntArray
) -> FloatArray:
    """Mean velocities from rows to later rows, (K, 2)."""
    passed_s = np.maximum(times_s[ends] - times_s[starts], 1e-3)
    return np.asarray((places_m[ends] - places_m[starts]) / passed_s[:, None])
