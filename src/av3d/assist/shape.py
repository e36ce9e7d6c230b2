"""What is known of an object's surface: its cuboid, and the points that were seen on it so far."""

from __future__ import annotations

import numpy as np

from av3d.types import Float32Array, FloatArray

MARGIN_M = 0.6
"""How far the grid goes beyond the cuboid."""
CELL_M = 0.1
CELL_UP_M = 0.2
MOST_CELLS = 80
"""Along the longest side; a long truck gets larger cells."""
REACH_M = 0.6
"""Farther than this from a point, the shape knows nothing of it."""

SEEN = 30.0
"""How much more likely a point is on a surface that was seen than somewhere around the object."""
GUESSED_SIDE, GUESSED_INSIDE = 3.0, 1.0
"""The same for a surface that is only guessed from the cuboid: the sides of a vehicle, or anywhere in
the cuboid of a person."""
DEPTH_M = 0.15
"""How far the surface of a car lies within its cuboid."""
MIRROR_M = 0.1
"""A mirrored point counts like one so far from the surface: most vehicles are symmetric."""
FOLLOWED_M = 0.1
"""So does a point of a sweep whose pose nobody vouches for. Where keyframes show the surface they decide;
else errors would add up from sweep to sweep."""
ALONE_M, ALONE = 0.3, -1.0
"""Around an object there is room: points so close to its cuboid speak against the pose. A wall goes on
where the object ends."""


class Shape:
    """The likelihood of a point in the frame of an object, on a grid around its cuboid.

    Values are logarithms of how much likelier a point is there than it would be as a point of
    something else; 0 far away.

    Args:
        size_lwh_m: size of the cuboid, (3,).
        hollow: whether points lie on its surface, of which the left side looks like the right one
            (cars and everything larger); else anywhere within (people, two-wheelers).

    Attributes:
        origin_m, cell_m: place of the first node and distances between nodes, (3,).
    """

    def __init__(self, size_lwh_m: FloatArray, *, hollow: bool) -> None:
        self.size_lwh_m = size_lwh_m
        self.hollow = hollow
        half = size_lwh_m / 2
        across = max(CELL_M, float(size_lwh_m[:2].max() + 2 * MARGIN_M) / MOST_CELLS)
        self.cell_m = np.array([across, across, max(CELL_UP_M, float(size_lwh_m[2]) / 16)])
        counts = np.ceil(2 * (half + MARGIN_M) / self.cell_m).astype(int) + 1
        self.origin_m = -(counts - 1) * self.cell_m / 2
        x, y, z = np.meshgrid(
            *(o + c * np.arange(n) for o, c, n in zip(self.origin_m, self.cell_m, counts, strict=True)),
            indexing="ij",
        )  # fmt: skip
        apart = np.stack([np.abs(x) - half[0], np.abs(y) - half[1], np.abs(z) - half[2]])
        outside = np.sqrt((np.maximum(apart, 0) ** 2).sum(axis=0))
        if hollow:
            # The floor is hardly ever seen.
            depth = np.minimum(np.minimum(-apart[0], -apart[1]), half[2] - z)
            inner = np.maximum(depth, 0) / DEPTH_M
        else:
            inner = np.zeros_like(outside)
        self._box = outside
        self._inner = inner
        self._squared_m2: Float32Array = np.full(tuple(counts), REACH_M**2, dtype=np.float32)

    def add(self, points_m: FloatArray, *, vouched: bool) -> None:
        """Take in points on the object, in its frame, (N, 3).

        Args:
            points_m: the points.
            vouched: whether they are from the sweep of a keyframe.
        """
        from av3d.assist.kernels import spread

        doubt_m2 = 0.0 if vouched else FOLLOWED_M**2
        spread(points_m, self.origin_m, self.cell_m, REACH_M, doubt_m2, self._squared_m2)
        if self.hollow:
            mirrored = np.ascontiguousarray(points_m * (1.0, -1.0, 1.0))
            doubt_m2 += MIRROR_M**2
            spread(mirrored, self.origin_m, self.cell_m, REACH_M, doubt_m2, self._squared_m2)

    def field(self, width_m: float) -> Float32Array:
        """Values at the nodes for surfaces that are blurred by a standard deviation, (X, Y, Z)."""
        seen = SEEN * np.exp(-0.5 * self._squared_m2 / width_m**2)
        near = np.exp(-0.5 * ((self._box / width_m) ** 2 + self._inner**2))
        guessed = (GUESSED_SIDE if self.hollow else GUESSED_INSIDE) * near
        room = np.where((self._box > width_m) & (self._box < width_m + ALONE_M), ALONE, 0.0)
        return np.asarray(np.log1p(seen + guessed) + room, dtype=np.float32)
