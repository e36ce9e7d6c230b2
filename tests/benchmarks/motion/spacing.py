"""Protocols c and d: keyframes at fixed times; and how true the stated uncertainty is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from motion.edits import GOOD_IOU, true_ious
from motion.models import Given, Interpolator
from motion.noise import NoiseLevel, noisy
from motion.spans import Span

from av3d.geometry.turn import turn_vectors
from av3d.types import BoolArray, FloatArray, IntArray

SPACINGS_S = (1.0, 2.0, 3.0, 5.0)
DROPPED = 0.3
DROPPED_SPACING_S = 2.0
COORDINATES = ("along", "across", "up", "yaw")
_OF_POSE = [0, 1, 2, 5]
Z_90 = 1.6448536269514722
"""A normal variable is nearer than this many standard deviations with a chance of .9."""
CHI2_90 = 7.779440339734858
"""A sum of four squares of standard normal variables is smaller with a chance of .9."""


@dataclass(frozen=True, eq=False)
class Filled:
    """The frames of one span that are no keyframes, M of them.

    Attributes:
        ious: with the truth, (M,).
        inside: whether the truth is in the stated 90 % interval of each of COORDINATES, (M, 4), and
            in the ellipsoid of all four, (M,); None where the model states nothing.
        expected: the IoU that the model expects, (M,), or None.
    """

    ious: FloatArray
    inside: BoolArray | None = None
    jointly: BoolArray | None = None
    expected: FloatArray | None = None

    @property
    def good(self) -> int:
        return int((self.ious >= GOOD_IOU).sum())


def spaced(times_ns: IntArray, spacing_s: float) -> IntArray:
    """Rows of keyframes: the first, each that is nearest to a multiple of the spacing, the last.

    Frames may be dropped, so that the nearest may be off by some frames.
    """
    spacing_ns = round(spacing_s * 1e9)
    asked = np.arange(times_ns[0], times_ns[-1], spacing_ns)
    after = np.clip(np.searchsorted(times_ns, asked), 1, len(times_ns) - 1)
    nearest = np.where(asked - times_ns[after - 1] <= times_ns[after] - asked, after - 1, after)
    rows: IntArray = np.unique(np.append(nearest, [0, len(times_ns) - 1]))
    return rows


def drop_frames(span: Span, seed: int, share: float = DROPPED) -> Span | None:
    """A span whose frames were dropped at random; None if fewer than three are left."""
    keep = np.random.default_rng([seed, span.key, 30]).random(len(span)) >= share
    return span.only(keep) if keep.sum() >= 3 else None


def fill(span: Span, model: Interpolator, level: NoiseLevel, seed: int, spacing_s: float) -> Filled:
    """Fill a span from keyframes at a fixed spacing."""
    rows = spaced(span.times_ns, spacing_s)
    fitted = model.fit(Given.of(span, noisy(span, level, seed), rows))
    free: BoolArray = np.ones(len(span), dtype=bool)
    free[rows] = False
    ious = true_ious(span, fitted)[free]
    times_ns = span.times_ns[free]
    states = fitted.states(times_ns)
    if states.covariances is None or not len(times_ns):
        return Filled(ious)
    expected = fitted.expected_iou(times_ns) if hasattr(fitted, "expected_iou") else None
    errors = pose_errors(
        states.centers_m, states.rotations, span.centers_m[free], span.rotations[free]
    )
    covariances = states.covariances[:, _OF_POSE][:, :, _OF_POSE]
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    squares = np.einsum("mi,mi->m", errors, np.linalg.solve(covariances, errors[..., None])[..., 0])
    return Filled(ious, np.abs(errors) <= Z_90 * deviations, squares <= CHI2_90, expected)


def pose_errors(
    centers_m: FloatArray, rotations: FloatArray, true_centers_m: FloatArray, true: FloatArray
) -> FloatArray:
    """Where the truth is, seen from poses: along, across, up (metres) and yaw (radians), (M, 4)."""
    back = np.swapaxes(rotations, 1, 2)
    shift_m = (back @ (true_centers_m - centers_m)[..., None])[..., 0]
    return np.column_stack([shift_m, turn_vectors(back @ true)[:, 2]])
