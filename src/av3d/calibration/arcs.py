"""Straight lines and flat polygons of space as a wide lens sees them: arcs of great circles.

The plane at depth 1, on which lines stay straight, ends at 90 degrees from the axis. The sphere of
directions does not: a line is an arc of less than half a great circle. Arcs are cut where they leave
the field of view, a cone about the axis, and bent by the lens as chords.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Arcs:
    """Parts of lines, all in the field of view or all outside it.

    The direction at angle t is `cos(t) along + sin(t) across`, with t from `first` to `last`.

    Attributes:
        along, across: orthogonal unit vectors, (M, 3).
        first, last: angles, (M,); first < last, except for a line that is one point.
        line: index of the line that each is part of, ascending, (M,); its parts run from its start
            to its end.
        seen: whether it is in the field of view, (M,).
    """

    along: FloatArray
    across: FloatArray
    first: FloatArray
    last: FloatArray
    line: IntArray
    seen: BoolArray

    def __getitem__(self, rows: IntArray | BoolArray) -> Arcs:
        return Arcs(
            self.along[rows], self.across[rows], self.first[rows], self.last[rows],
            self.line[rows], self.seen[rows],
        )  # fmt: skip

    def directions(self, angle: FloatArray) -> FloatArray:
        """Unit vectors (..., M, 3) at angles (..., M)."""
        cosine, sine = np.cos(angle)[..., None], np.sin(angle)[..., None]
        return np.asarray(cosine * self.along + sine * self.across)


def arcs_of(starts_m: FloatArray, ends_m: FloatArray, cone_rad: float) -> Arcs:
    """Lines from starts to ends (K, 3), cut where they cross a cone about the z axis.

    A line through the camera's centre is seen as the point that its longer part is seen as.
    """
    along, end = _unit(starts_m, ends_m), _unit(ends_m, starts_m)
    normal = np.cross(along, end)
    sine = np.sqrt((normal * normal).sum(axis=1))
    whole = np.arctan2(sine, (along * end).sum(axis=1))
    across = np.cross(normal, along) / np.maximum(sine, 1e-300)[:, None]
    # Both ends in one direction, or in opposite ones.
    straight = sine < 1e-12
    if straight.any():
        longer = (ends_m * ends_m).sum(axis=1) > (starts_m * starts_m).sum(axis=1)
        along = np.where((straight & longer)[:, None], end, along)
        whole = np.where(straight, 0.0, whole)
        across = np.where(straight[:, None], 0.0, across)
    # z = height cos(t - peak) along the great circle; inside where it is at least that of the cone.
    height = np.hypot(along[:, 2], across[:, 2])
    peak = np.arctan2(across[:, 2], along[:, 2])
    reach = np.arccos(np.clip(np.cos(cone_rad) / np.maximum(height, 1e-300), -1.0, 1.0))
    crossings = np.stack([peak - reach, peak + reach], axis=1)
    crossings = np.mod(crossings, 2 * np.pi)
    crossings = np.sort(np.minimum(crossings, whole[:, None]), axis=1)
    cuts = np.concatenate([np.zeros((len(whole), 1)), crossings, whole[:, None]], axis=1)
    first, last = cuts[:, :-1], cuts[:, 1:]
    middle = (first + last) / 2
    z = along[:, 2:] * np.cos(middle) + across[:, 2:] * np.sin(middle)
    some = last > first
    some[:, 0] |= whole == 0
    line, part = np.nonzero(some)
    return Arcs(
        along[line], across[line], first[line, part], last[line, part], line.astype(np.int64),
        z[line, part] >= np.cos(cone_rad),
    )  # fmt: skip


def _unit(vectors: FloatArray, instead: FloatArray) -> FloatArray:
    """Unit vectors of vectors (K, 3), or of others where these are zero; z if both are."""
    length = np.sqrt((vectors * vectors).sum(axis=1))
    zero = length < 1e-150
    if zero.any():
        vectors = np.where(zero[:, None], instead, vectors)
        length = np.sqrt((vectors * vectors).sum(axis=1))
        zero = length < 1e-150
        vectors = np.where(zero[:, None], (0.0, 0.0, 1.0), vectors)
        length = np.where(zero, 1.0, length)
    return np.asarray(vectors / length[:, None])
