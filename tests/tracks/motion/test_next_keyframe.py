from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.tracks.motion.expected_iou import expected_iou
from av3d.tracks.motion.next_keyframe import (
    Improvable,
    Objective,
    keyframes_until,
    next_keyframe,
    next_keyframes,
)
from tracks.motion.axis_states import smooth

S = 1_000_000_000
CAR = np.array([4.5, 1.9, 1.6])


def frames(duration_s: float, rate_hz: float = 10.0) -> np.ndarray:
    return np.rint(np.arange(round(duration_s * rate_hz) + 1) * S / rate_hz).astype(np.int64)


@dataclass
class Car:
    """A car that stands, seen at some times; what is known of it between them is a real posterior."""

    times_s: list[float]
    psd: float = 0.3
    fits: list[float] = field(default_factory=list)

    @property
    def keyframe_times_ns(self) -> np.ndarray:
        return np.rint(np.array(self.times_s) * S).astype(np.int64)

    def expected_iou(self, times_ns: np.ndarray) -> np.ndarray:
        count = len(self.times_s)
        noise = np.full(count, 0.05**2)
        axis = smooth(np.array(self.times_s, dtype=float), np.zeros(count), noise, self.psd, 100.0)
        variances = axis.at(times_ns / S).covariances[:, 0, 0]
        covariances = np.zeros((len(times_ns), 4, 4))
        covariances[:, 0, 0] = covariances[:, 1, 1] = variances
        return expected_iou(CAR, covariances)

    def with_keyframe_at(self, time_ns: int) -> Car:
        self.fits.append(time_ns / S)
        return Car(sorted([*self.times_s, time_ns / S]), self.psd, self.fits)


@dataclass
class Rough:
    """Doubt grows from each keyframe with the time, and a hundred times as fast in one stretch."""

    times_s: list[float]
    rough_s: tuple[float, float]

    @property
    def keyframe_times_ns(self) -> np.ndarray:
        return np.rint(np.array(self.times_s) * S).astype(np.int64)

    def _clock(self, times_s: np.ndarray) -> np.ndarray:
        first, last = self.rough_s
        return times_s + 99 * (np.clip(times_s, first, last) - first)

    def expected_iou(self, times_ns: np.ndarray) -> np.ndarray:
        known, asked = self._clock(np.array(self.times_s)), self._clock(times_ns / S)
        return 1 / (1 + np.abs(asked[:, None] - known).min(axis=1) / 100)

    def with_keyframe_at(self, time_ns: int) -> Rough:
        return Rough(sorted([*self.times_s, time_ns / S]), self.rough_s)


def suggested_s(motion: Improvable, times_ns: np.ndarray, **options) -> float:
    suggestion = next_keyframe(motion, times_ns, **options)
    assert suggestion is not None
    return suggestion.time_ns / S


def worst_with(motion: Improvable, time_ns: int, times_ns: np.ndarray) -> float:
    others = np.setdiff1d(times_ns, [*motion.keyframe_times_ns, time_ns])
    return float(motion.with_keyframe_at(time_ns).expected_iou(others).min())


# Where


def test_a_single_gap_is_halved():
    assert suggested_s(Car([0, 10]), frames(10)) == pytest.approx(5, abs=0.2)


def test_the_keyframe_goes_into_the_longest_gap():
    assert 4 < suggested_s(Car([0, 2, 4, 9, 11]), frames(11)) < 9


def test_an_open_end_is_worth_more_than_a_closed_gap():
    assert suggested_s(Car([0, 1, 2, 3, 4]), frames(8)) > 4


def test_it_goes_to_where_it_pays_not_to_where_doubt_is_largest():
    """Doubt is largest at the open end; a keyframe before it leaves less doubt on its other side."""
    motion, times_ns = Car([0, 1]), frames(10)
    doubtful_ns = times_ns[motion.expected_iou(times_ns).argmin()]
    suggestion = next_keyframe(motion, times_ns)
    assert suggestion is not None
    assert suggestion.time_ns < doubtful_ns == times_ns[-1]
    assert suggestion.worst_after > worst_with(motion, doubtful_ns, times_ns) + 0.05


def test_a_stretch_in_which_doubt_grows_fast_gets_the_keyframe():
    assert suggested_s(Rough([0, 10], (8, 9)), frames(10)) == pytest.approx(8.5, abs=0.2)


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 49), max_size=4, unique=True),
    st.floats(0.01, 3),
)
def test_the_worst_frame_gets_as_good_as_it_can(tenths, psd):
    motion, times_ns = Car([0, *(t / 10 for t in sorted(tenths)), 5], psd), frames(5)
    free = np.setdiff1d(times_ns, motion.keyframe_times_ns)
    best = max(worst_with(motion, time_ns, times_ns) for time_ns in free)
    suggestion = next_keyframe(motion, times_ns)
    assert suggestion is not None
    assert suggestion.worst_after == worst_with(motion, suggestion.time_ns, times_ns)
    assert suggestion.worst_after >= best - 0.02


def test_of_gaps_that_are_as_bad_the_one_that_loses_most_is_taken():
    """The worst of the short gap's frames and of the long one's are the same; the long one has more."""

    class Plateaus(Rough):
        def expected_iou(self, times_ns: np.ndarray) -> np.ndarray:
            return np.where(np.isin(times_ns, self.keyframe_times_ns), 1.0, 0.4)

    assert suggested_s(Plateaus([0, 1, 9, 10], (0, 0)), frames(10)) > 1


def test_the_mean_prefers_what_many_frames_gain_from():
    """A short gap with the worst frame of all, and a long one in which every frame is poor."""

    class Two(Rough):
        def expected_iou(self, times_ns: np.ndarray) -> np.ndarray:
            keys, t = self.times_s, times_ns / S
            short = 0.1 if not any(0 < k < 1 for k in keys) else 0.9
            long = 0.5 if not any(1 < k < 20 for k in keys) else 0.9
            return np.where(t < 1, short, long)

    motion, times_ns = Two([0, 1, 20], (0, 0)), frames(20)
    assert suggested_s(motion, times_ns) < 1
    assert suggested_s(motion, times_ns, objective=Objective.MEAN) > 1


# What it says


def test_a_suggestion_tells_what_it_gains():
    suggestion = next_keyframe(Car([0, 10]), frames(10))
    assert suggestion is not None
    assert suggestion.worst_before < suggestion.worst_after < 1
    assert suggestion.mean_before < suggestion.mean_after < 1


def test_frames_may_come_in_any_order_and_twice():
    times_ns = frames(10)
    shuffled = np.random.default_rng(0).permutation(np.concatenate([times_ns, times_ns[::2]]))
    assert next_keyframe(Car([0, 10]), shuffled) == next_keyframe(Car([0, 10]), times_ns)


def test_nothing_is_suggested_where_all_frames_have_keyframes():
    assert next_keyframe(Car([0, 1]), np.array([0, S])) is None
    assert next_keyframes(Car([0, 1]), np.array([], dtype=np.int64), 3) == []


def test_the_only_frame_without_a_keyframe_is_suggested():
    suggestion = next_keyframe(Car([0, 1]), np.array([0, S // 2, S]))
    assert suggestion is not None
    assert (suggestion.time_ns, suggestion.worst_after) == (S // 2, 1.0)


def test_one_keyframe_is_enough_to_ask():
    assert suggested_s(Car([0]), frames(10)) > 1


# Many


def test_of_several_keyframes_each_counts_on_those_before():
    suggestions = next_keyframes(Car([0, 16]), frames(16), 3)
    times_s = sorted(suggestion.time_ns / S for suggestion in suggestions)
    assert times_s == pytest.approx([4, 8, 12], abs=0.6)
    assert suggestions[0].worst_after == suggestions[1].worst_before


def test_there_are_no_more_suggestions_than_frames():
    times_ns = np.arange(4) * S
    assert sorted(s.time_ns for s in next_keyframes(Car([0, 3]), times_ns, 9)) == [S, 2 * S]


def test_keyframes_are_counted_until_the_worst_frame_may_be_good():
    motion, times_ns = Car([0, 20], 1.0), frames(20)
    needed = keyframes_until(motion, times_ns, 0.7)
    assert [s.worst_after >= 0.7 for s in needed] == [False] * (len(needed) - 1) + [True]
    assert len(needed) > 1


def test_a_track_that_is_good_needs_no_keyframe():
    assert keyframes_until(Car([0, 0.5, 1]), frames(1), 0.5) == []


def test_no_more_keyframes_are_told_than_the_limit():
    needed = keyframes_until(Car([0, 60], 3.0), frames(60), 0.95, limit=2)
    assert len(needed) == 2
    assert needed[-1].worst_after < 0.95


# Cost


def test_a_thousand_frames_cost_few_fits():
    motion = Car([0, 100])
    next_keyframe(motion, frames(100))
    assert len(motion.fits) <= 20
