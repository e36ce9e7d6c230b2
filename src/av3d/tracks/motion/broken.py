"""Motion of a track with breaks, at which the object is suddenly somewhere else.

No object does that, but labels do: where a part of a track is moved, or two tracks exchange their
objects, each frame is right and yet there is a jump from one to the next. A smoother would swing through
it for seconds. So whoever makes a jump on purpose says that the keyframes on both sides are exact, and
nothing is smoothed across.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.measurements import PINNED, TILT_RAD
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates, joined
from av3d.types import FloatArray, IntArray


def breaks(columns: KeyframeColumns) -> IntArray:
    """The keyframes, counted from 0, that are exact as the next one is: between the two is a break."""
    if columns.noises is None:
        return np.empty(0, dtype=np.int64)
    exact = (columns.noises == 0).all(axis=1)  # false for NaN
    return np.flatnonzero(exact[:-1] & exact[1:])


class BrokenMotion(Motion):
    """Pieces of a track, each moved by itself, and straight ways between them.

    Args:
        columns: the keyframes, N >= 2.
        rows: the last keyframe of each piece but the last, increasing; see `breaks`.
        fit: gives the motion of the keyframes of a piece, asked when it is needed.
    """

    def __init__(
        self, columns: KeyframeColumns, rows: IntArray, fit: Callable[[KeyframeColumns], Motion]
    ) -> None:
        super().__init__(columns)
        self._firsts = np.concatenate([[0], rows + 1, [len(columns)]])
        self._fit = fit
        self._across = LinearMotion(columns)
        self._pieces: dict[int, Motion] = {}

    def states(self, times_ns: IntArray) -> MotionStates:
        """The object at times; in a piece as that moves, across a break straight."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        known_ns = self.columns.times_ns
        pieces = np.searchsorted(known_ns[self._firsts[1:-1]], times_ns, "right")
        last_ns = known_ns[self._firsts[1:] - 1]
        across = (times_ns > last_ns[pieces]) & (pieces < len(last_ns) - 1)
        asked = [
            (np.flatnonzero((pieces == piece) & ~across), self._piece(piece))
            for piece in np.unique(pieces[~across]).tolist()
        ]
        if across.any():
            asked.append((np.flatnonzero(across), self._across))
        return joined(
            times_ns, [(rows, _sure(part.states(times_ns[rows]))) for rows, part in asked]
        )

    def _piece(self, piece: int) -> Motion:
        motion = self._pieces.get(piece)
        if motion is None:
            rows = slice(int(self._firsts[piece]), int(self._firsts[piece + 1]))
            motion = self._pieces[piece] = self._fit(self.columns[rows])
        return motion


def _sure(states: MotionStates) -> MotionStates:
    """States with a covariance, that of linear motion between exact keyframes where they tell none."""
    if states.covariances is not None:
        return states
    return replace(states, covariances=np.tile(_exact(), (len(states), 1, 1)))


def _exact() -> FloatArray:
    """How sure a linear motion between exact keyframes is, (6, 6)."""
    along, across, up, yaw = PINNED
    return np.diag(np.square([along, across, up, TILT_RAD, TILT_RAD, yaw]))
