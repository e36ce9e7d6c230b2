"""The points of one frame around cuboids, kept small so that they can be asked again after each edit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from av3d.logs.ground_points import ground_points
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray, Uint8Array

Int16Array = npt.NDArray[np.int16]
Int32Array = npt.NDArray[np.int32]
Uint16Array = npt.NDArray[np.uint16]

CELL_M = 1.0
"""Points are kept by cells from above; all of a cell or none."""
CELLS = 512
"""Per side of the square around the ego; farther out no points are kept."""
GROUND_REACH_M = 1.5
"""The ground is looked for this far around a cuboid."""
HORIZON_M, HORIZON_PER_M = 0.4, 0.25
"""Points outside of a face are looked for this far, and this much farther per metre of size."""
FARTHEST_HORIZON_M = 4.0
LOW_M = 0.3
"""What is lower over the bottom than this, outside of a cuboid, may be kerb or grass."""
GAP_M, GAP_PER_M = 0.15, 0.004
"""What has a wider gap to the points inside is another thing; beams spread with the range."""
SKIN_M = 0.1
"""Points so close to another cuboid belong to it."""
NUMBERS: FloatArray = np.array(
    [CELL_M, CELLS, GROUND_REACH_M, HORIZON_M, HORIZON_PER_M, LOW_M, GAP_M, GAP_PER_M, SKIN_M]
)
"""As `near_kernels.around_cuboids` takes them."""
ROOM_M = 0.5
"""Cells are kept this much farther around, so that small moves find their points."""
LOWEST_DEG, ELEVATIONS = -32, 48
"""Of the panorama of what the beams met, in pixels of one degree."""
SAMPLES: FloatArray = np.array(
    [(u, v) for u in (-0.8, -0.4, 0.0, 0.4, 0.8) for v in (-0.6, 0.0, 0.6)]
)
"""Places on a face at which it is asked whether the sensor sees it."""
POINT_NUMBERS, BEAM_NUMBERS = 25, 8


@dataclass(frozen=True, eq=False)
class NearPoints:
    """The points of one frame in some cells around the ego, in its frame.

    Attributes:
        keys: of the kept cells, row * CELLS + column, increasing, (K,).
        offsets: first point of each cell, and their number last, (K + 1,).
        points_mm: x and y from the middle of the cell and z, (P, 3).
        ground: 1 where a point is ground, (P,).
        panorama: what the beams met in each direction, see `point_kernels.seen_around`, (3, 360, E).
        origin_m: where the beams come from, (3,).
        blind: whether the sweep has no points at all: it is missing, and nothing is known.
    """

    keys: Int32Array
    offsets: Int32Array
    points_mm: Int16Array
    ground: Uint8Array
    panorama: Uint16Array
    origin_m: FloatArray
    blind: bool

    @staticmethod
    def of(points_m: Float32Array, keys: IntArray, origin_m: FloatArray) -> NearPoints:
        """Keep the points of some cells.

        Args:
            points_m: a cloud in the ego frame, (N, 3).
            keys: of the cells, increasing.
            origin_m: where the sensor is, ego frame, (3,).
        """
        from av3d.qa import point_kernels

        origin = np.array(origin_m, dtype=np.float64)  # a copy: that of a pose cannot be written
        if not len(points_m):
            nothing = np.zeros(0, dtype=np.int32)
            return NearPoints(
                nothing, nothing, np.zeros((0, 3), np.int16), np.zeros(0, np.uint8),
                np.zeros((3, 0, 0), np.uint16), origin, blind=True,
            )  # fmt: skip
        points = np.ascontiguousarray(points_m, dtype=np.float32)
        ground = ground_points(points)
        places = np.full(CELLS * CELLS, -1, dtype=np.int32)
        places[keys] = np.arange(len(keys), dtype=np.int32)
        places = places.reshape(CELLS, CELLS)
        counts = np.zeros(len(keys), dtype=np.int32)
        total = point_kernels.counted(points, places, CELL_M, counts)
        offsets = np.zeros(len(keys) + 1, dtype=np.int32)
        np.cumsum(counts, out=offsets[1:])
        points_mm = np.empty((total, 3), dtype=np.int16)
        kept_ground = np.empty(total, dtype=np.uint8)
        point_kernels.sorted_into(
            points, ground, places, CELL_M, offsets[:-1].copy(), points_mm, kept_ground
        )
        panorama = np.full((3, 360, ELEVATIONS), 65535, dtype=np.uint16)
        panorama[2] = 0
        point_kernels.seen_around(points, ground, origin, LOWEST_DEG, panorama)
        return NearPoints(
            keys.astype(np.int32), offsets, points_mm, kept_ground, panorama, origin,
            blind=False,
        )  # fmt: skip

    @cached_property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        arrays = self.keys, self.offsets, self.points_mm, self.ground, self.panorama
        return sum(array.nbytes for array in arrays)

    def covers(self, keys: IntArray) -> bool:
        """Whether all that can be known of these cells is kept."""
        if self.blind or not len(keys):
            return True
        at = np.searchsorted(self.keys, keys)
        return bool(len(self.keys)) and bool(
            (self.keys[at.clip(max=len(self.keys) - 1)] == keys).all()
        )

    def look(
        self, cuboids: FloatArray, others: FloatArray, own: IntArray
    ) -> tuple[Float32Array, Float32Array]:
        """What points and beams say of cuboids in the ego frame, given by rows of 15 numbers.

        Returns:
            Numbers as `near_kernels.around_cuboids` and `point_kernels.beams` describe them, (T, 25) and
            (T, 8); NaN if the sweep is missing.
        """
        from av3d.qa import near_kernels, point_kernels

        by_points = np.zeros((len(cuboids), POINT_NUMBERS), dtype=np.float32)
        by_beams = np.zeros((len(cuboids), BEAM_NUMBERS), dtype=np.float32)
        if self.blind:
            return by_points * np.float32(np.nan), by_beams * np.float32(np.nan)
        near_kernels.around_cuboids(
            cuboids, others, own.astype(np.int32), self.keys, self.offsets, self.points_mm, self.ground,
            NUMBERS, by_points,
        )  # fmt: skip
        point_kernels.beams(cuboids, SAMPLES, self.origin_m, LOWEST_DEG, self.panorama, by_beams)
        return by_points, by_beams


def horizons_m(sizes_lwh_m: FloatArray) -> FloatArray:
    """How far outside of front, back, left, right and top points are looked for, (T, 3) to (T, 5)."""
    horizons = HORIZON_M + HORIZON_PER_M * sizes_lwh_m[:, [0, 0, 1, 1, 2]]
    return np.asarray(np.minimum(horizons, FARTHEST_HORIZON_M))


def reach_of(cuboids: FloatArray) -> FloatArray:
    """How far from the middles of cuboids points are looked at, from above, along x and y, (T, 2)."""
    rotations, half_m = cuboids[:, 3:12].reshape(-1, 3, 3), cuboids[:, 12:15]
    horizon_m = horizons_m(2 * half_m).max(axis=1)
    across_m = np.einsum("tij,tj->ti", np.abs(rotations[:, :2]), half_m)
    return np.asarray(across_m + np.maximum(horizon_m, GROUND_REACH_M)[:, None])


def cells_of(cuboids: FloatArray, room_m: float = 0.0) -> IntArray:
    """The cells that it takes to look at cuboids in the ego frame, their keys, increasing.

    Args:
        cuboids: rows of 15 numbers, (T, 15).
        room_m: so much farther around.
    """
    wanted: BoolArray = np.zeros((CELLS, CELLS), dtype=bool)
    reach_m = reach_of(cuboids) + room_m
    low = np.floor((cuboids[:, :2] - reach_m) / CELL_M + CELLS / 2).astype(np.int64)
    high = np.floor((cuboids[:, :2] + reach_m) / CELL_M + CELLS / 2).astype(np.int64)
    low, high = np.clip(low, 0, CELLS), np.clip(high, -1, CELLS - 1)
    for (x, y), (last_x, last_y) in zip(low.tolist(), high.tolist(), strict=True):
        wanted[x : last_x + 1, y : last_y + 1] = True
    return np.flatnonzero(wanted)
