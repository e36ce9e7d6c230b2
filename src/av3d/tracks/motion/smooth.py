"""Smooth motion: what the keyframes say of an object whose velocity changes at random."""

from __future__ import annotations

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.posterior import Posterior
from av3d.tracks.motion.states import MotionStates
from av3d.types import NS_PER_S, FloatArray, IntArray


class SmoothMotion(Motion):
    """A motion by its posterior.

    Args:
        columns: the keyframes.
        posterior: of coordinates relative to an origin, and of seconds since a start.
        origin_m: world frame, (3,).
        start_ns: when the seconds begin.
    """

    def __init__(
        self,
        columns: KeyframeColumns,
        posterior: Posterior,
        origin_m: FloatArray,
        start_ns: int,
    ) -> None:
        super().__init__(columns)
        self._posterior, self._origin_m, self._start_ns = posterior, origin_m, start_ns

    def states(self, times_ns: IntArray) -> MotionStates:
        """The posterior at times."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        times_s = (times_ns - self._start_ns) / NS_PER_S
        return self._posterior.states(times_ns, times_s, self._origin_m)
