"""Curves on an image as chords that keep close to them."""

from __future__ import annotations

import numpy as np

from av3d.types import FloatArray, IntArray

CHORD_ERROR_PX = 0.1
"""Straight edges are curves in a distorted image; they are drawn as chords this close to the curve."""

MAX_PIECES = 256
"""Most chords of one edge; close to where a lens turns back its images bend sharply."""

SAMPLES: FloatArray = np.linspace(0.0, 1.0, 17)
"""Where along a curve `piece_counts` wants to know it."""


def piece_counts(curves_px: FloatArray) -> IntArray:
    """How many equal pieces keep chords within CHORD_ERROR_PX of their curve, (N,).

    Args:
        curves_px: pixels of N curves at SAMPLES, (17, N, 2).
    """
    # A chord over 1/n of the curve is off by |curve''| / (8 n²) at most; the second difference over
    # steps of 1/16 is |curve''| / 256. Twice as many, for what lies between the samples.
    bend = np.abs(curves_px[:-2] - 2 * curves_px[1:-1] + curves_px[2:])
    bend_px = bend.max(axis=0).max(axis=1, initial=0.0)
    pieces = np.ceil(2 * np.sqrt(32 * bend_px / CHORD_ERROR_PX))
    return np.asarray(np.clip(pieces, 1, MAX_PIECES), dtype=np.int64)


def numbered(pieces: IntArray) -> tuple[IntArray, IntArray]:
    """For each piece of curves in turn: the curve, and which of its pieces it is; (sum,) both."""
    curve = np.repeat(np.arange(len(pieces)), pieces)
    return curve, np.arange(len(curve)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
