"""Motion of tracks with thousands of keyframes, fitted piece by piece where somebody asks.

What an object did a minute ago says nothing of where it is now, so a piece with some keyframes to each
side knows as much as the whole. What is learned from keyframes, how exact they are and how the object
moves, may then differ from piece to piece, as it does along a drive.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates, joined
from av3d.types import IntArray

WHOLE = 64
"""So many keyframes are fitted as one."""

PIECE = 48
"""Keyframes from the start of one piece to that of the next."""

MARGIN = 8
"""Keyframes to each side of a piece that are fitted with it, and asked nothing."""


class MotionInChunks(Motion):
    """A motion in pieces that meet at keyframes; each is fitted when it is first asked for.

    Args:
        columns: the keyframes, N >= 2.
        fit: makes the motion of some of them, in the order of their times.
    """

    def __init__(self, columns: KeyframeColumns, fit: Callable[[KeyframeColumns], Motion]) -> None:
        super().__init__(columns)
        self._fit = fit
        # A last piece of few keyframes belongs to the one before.
        count = max((len(columns) - 1) // PIECE, 1)
        self._starts = [PIECE * number for number in range(count)]
        self._pieces: dict[int, Motion] = {}

    def states(self, times_ns: IntArray) -> MotionStates:
        """Those of the piece that each time, (M,), falls into."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        starts_ns = self.columns.times_ns[self._starts]
        numbers = np.maximum(np.searchsorted(starts_ns, times_ns, "right") - 1, 0)
        asked = np.unique(numbers)
        if len(asked) == 1:
            return self._piece(int(asked[0])).states(times_ns)
        rows_of = [(number, np.flatnonzero(numbers == number)) for number in asked.tolist()]
        parts = [(rows, self._piece(n).states(times_ns[rows])) for n, rows in rows_of]
        return joined(times_ns, parts)

    def _piece(self, number: int) -> Motion:
        piece = self._pieces.get(number)
        if piece is None:
            first = max(self._starts[number] - MARGIN, 0)
            is_last = number == len(self._starts) - 1
            last = len(self.columns) if is_last else self._starts[number + 1] + MARGIN + 1
            # Of two threads that come at once both fit it, and find the same.
            piece = self._pieces[number] = self._fit(self.columns[first:last])
        return piece


def in_chunks(columns: KeyframeColumns, fit: Callable[[KeyframeColumns], Motion]) -> Motion:
    """The motion of keyframes, as one where they are few."""
    return fit(columns) if len(columns) <= WHOLE else MotionInChunks(columns, fit)
