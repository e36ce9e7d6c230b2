"""Polynomials fitted to the frames around each frame: what a noisy series does, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, factorial

import numpy as np

from av3d.types import BoolArray, FloatArray

TINY = 1e-12


@dataclass(frozen=True, eq=False)
class LocalFits:
    """The polynomial around each of M frames, of D values.

    Attributes:
        derivatives: from the value itself to that of the highest degree, in units of the values and
            seconds, (M, degree + 1, D); NaN where there are too few frames.
        spreads: standard deviations of the derivatives for values with a standard deviation of 1 that
            are independent of each other, (M, degree + 1).
        leverages: how much of the fitted value is the frame's own, (M,); 0 where it did not count.
        counts: number of frames that the fit is made of, (M,).
    """

    derivatives: FloatArray
    spreads: FloatArray
    leverages: FloatArray
    counts: FloatArray


def local_fits(
    times_s: FloatArray,
    values: FloatArray,
    pieces: Sequence[slice],
    half_s: float,
    degree: int,
    usable: BoolArray,
) -> LocalFits:
    """Fit a polynomial by least squares to the frames around each frame, those in the window alike.

    Near the ends of a piece the window moves inwards. Where frames are far apart the window is as much
    wider as it takes to have one frame more than the polynomial has coefficients.

    Args:
        times_s: increasing, (M,).
        values: (M, D).
        pieces: rows that belong together each; no window reaches from one to another.
        half_s: half of the window.
        degree: of the polynomial, 1 to 3.
        usable: the frames that count, (M,).
    """
    count, many = values.shape
    derivatives = np.full((count, degree + 1, many), np.nan)
    spreads = np.full((count, degree + 1), np.nan)
    leverages, counts = np.zeros(count), np.zeros(count)
    for rows in pieces:
        length = rows.stop - rows.start
        if length < degree + 1:
            continue
        times = times_s[rows]
        step_s = float(np.median(np.diff(times)))
        side = max(ceil(half_s / step_s - 0.25), (degree + 2) // 2)
        width = min(2 * side + 1, length)
        first = np.clip(np.arange(length) - side, 0, length - width)
        window = first[:, None] + np.arange(width)
        # In units of the half window: else the powers of small times differ by magnitudes.
        scale_s = max(half_s, side * step_s)
        apart = (times[window] - times[:, None]) / scale_s
        weights = usable[rows][window].astype(np.float64)
        powers = np.stack([apart**k / factorial(k) for k in range(degree + 1)], axis=-1)
        weighted = powers * weights[..., None]
        normal = np.swapaxes(weighted, 1, 2) @ powers
        right = np.swapaxes(weighted, 1, 2) @ values[rows][window]
        found = weights.sum(axis=1)
        enough = found >= degree + 1
        inverse = _inverted(normal[enough])
        units = scale_s ** -np.arange(degree + 1.0)
        places = np.arange(rows.start, rows.stop)[enough]
        derivatives[places] = (inverse @ right[enough]) * units[:, None]
        variances = np.diagonal(inverse, axis1=1, axis2=2)
        spreads[places] = np.sqrt(np.maximum(variances, 0.0)) * units
        leverages[places] = np.minimum(variances[:, 0], 1.0) * usable[rows][enough]
        counts[rows] = found
    return LocalFits(derivatives, spreads, leverages, counts)


def _inverted(matrices: FloatArray) -> FloatArray:
    """Inverses of symmetric positive definite matrices, (K, N, N), by Gauss and Jordan.

    For so small ones LAPACK takes longer to wake its threads than to compute.
    """
    found = matrices.copy()
    for k in range(found.shape[1]):
        # Frames a moment apart hardly determine a polynomial: it gets a large spread, not infinity.
        pivots = np.maximum(found[:, k, k, None], TINY)
        row, column = found[:, k, :] / pivots, found[:, :, k].copy()
        found -= column[:, :, None] * row[:, None, :]
        found[:, k, :] = row
        found[:, :, k] = -column / pivots
        found[:, k, k] = 1.0 / pivots[:, 0]
    return found
