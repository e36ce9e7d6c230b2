"""Motion where keyframes lie close together, as in labels of every frame.

In a quarter of a second a hard braking car leaves the straight line by two centimetres, and in a tenth
by four millimetres. Labels of every frame are often exact, or were themselves made by straight lines
with corners at which a smooth path would overshoot. So there the pose goes straight from keyframe to
keyframe, and what the smoother knows better is taken from it: velocity, acceleration and doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates
from av3d.types import BoolArray, IntArray

DENSE_NS = 250_000_000
"""Keyframes this close to each other have nothing between them but a straight line."""


def dense_gaps(columns: KeyframeColumns) -> BoolArray:
    """Whether each keyframe is close to the next, (N - 1,)."""
    return np.asarray(np.diff(columns.times_ns) <= DENSE_NS)


class DenseMotion(LinearMotion):
    """A motion whose keyframes are all close to the next: its poses need no fit.

    Args:
        columns: the keyframes, N >= 2.
        smoother: makes the smooth motion, when velocities or covariances are first asked for.
    """

    def __init__(self, columns: KeyframeColumns, smoother: Callable[[], Motion]) -> None:
        super().__init__(columns)
        self._smoother = smoother

    @cached_property
    def _smooth(self) -> Motion:
        return self._smoother()

    def states(self, times_ns: IntArray) -> MotionStates:
        """Poses on straight lines, and how the object moves by the smoother."""
        straight, smooth = super().states(times_ns), self._smooth.states(times_ns)
        return replace(smooth, centers_m=straight.centers_m, rotations=straight.rotations)


class PartlyDenseMotion(Motion):
    """A motion some of whose keyframes are close to the next.

    Args:
        columns: the keyframes, N >= 2.
        smooth: where they are not.
    """

    def __init__(self, columns: KeyframeColumns, smooth: Motion) -> None:
        super().__init__(columns)
        self._smooth, self._straight = smooth, LinearMotion(columns)
        self._dense = dense_gaps(columns)

    def states(self, times_ns: IntArray) -> MotionStates:
        """Those of the smoother, with poses on straight lines between keyframes close together."""
        states = self._smooth.states(times_ns)
        known_ns = self.columns.times_ns
        gaps = np.searchsorted(known_ns, states.times_ns, "right") - 1
        # The last keyframe ends the last gap.
        gaps -= states.times_ns == known_ns[-1]
        inside = (gaps >= 0) & (gaps < len(self._dense))
        rows = np.flatnonzero(inside & self._dense[np.clip(gaps, 0, len(self._dense) - 1)])
        if len(rows):
            straight = self._straight.states(states.times_ns[rows])
            states.centers_m[rows] = straight.centers_m
            states.rotations[rows] = straight.rotations
        return states
