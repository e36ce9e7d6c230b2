"""Motion of a track with breaks, at which the object is suddenly somewhere else.

No object does that, but labels do: where a part of a track is moved, or two tracks exchange their
objects, each frame is right and yet there is a jump from one to the next. A smoother would swing through
it for seconds. So whoever makes a jump on purpose says that the keyframes on both sides are exact, and
nothing is smoothed across.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.measurements import PINNED, TILT_RAD
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates
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
        count, known_ns = len(times_ns), self.columns.times_ns
        pieces = np.searchsorted(known_ns[self._firsts[1:-1]], times_ns, "right")
        last_ns = known_ns[self._firsts[1:] - 1]
        across = (times_ns > last_ns[pieces]) & (pieces < len(last_ns) - 1)
        found = MotionStates(
            times_ns,
            np.empty((count, 3)),
            np.empty((count, 3, 3)),
            np.empty((count, 3)),
            np.empty((count, 3)),
            np.empty(count),
            np.empty((count, 6, 6)),
        )
        for piece in np.unique(pieces[~across]).tolist():
            rows = np.flatnonzero((pieces == piece) & ~across)
            _put(found, rows, self._piece(piece).states(times_ns[rows]))
        rows = np.flatnonzero(across)
        if len(rows):
            _put(found, rows, self._across.states(times_ns[rows]))
        return found

    def _piece(self, piece: int) -> Motion:
        motion = self._pieces.get(piece)
        if motion is None:
            rows = slice(int(self._firsts[piece]), int(self._firsts[piece + 1]))
            motion = self._pieces[piece] = self._fit(self.columns[rows])
        return motion


def _put(found: MotionStates, rows: IntArray, part: MotionStates) -> None:
    assert found.covariances is not None
    for name in ("centers_m", "rotations", "velocities_m_s", "accelerations_m_s2"):
        getattr(found, name)[rows] = getattr(part, name)
    found.yaw_rates_rad_s[rows] = part.yaw_rates_rad_s
    found.covariances[rows] = _exact() if part.covariances is None else part.covariances


def _exact() -> FloatArray:
    """How sure a linear motion between exact keyframes is, (6, 6)."""
    along, across, up, yaw = PINNED
    return np.diag(np.square([along, across, up, TILT_RAD, TILT_RAD, yaw]))
