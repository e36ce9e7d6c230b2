"""Which points of a cloud are inside a cuboid: once, or for many cuboids with a grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.types import Float32Array, IntArray

_MAX_CELLS = 255


def points_inside(points_m: Float32Array, cuboid: Cuboid, margin_m: float = 0.0) -> IntArray:
    """Indices of the points (N, 3) inside or on a cuboid of the same frame, ascending, (M,)."""
    corners = cuboid.corners_m()
    low, high = corners.min(axis=0) - margin_m - 0.001, corners.max(axis=0) + margin_m + 0.001
    x = points_m[:, 0]
    near = np.flatnonzero((x >= np.float32(low[0])) & (x <= np.float32(high[0])))
    y = points_m[near, 1]
    near = near[(y >= np.float32(low[1])) & (y <= np.float32(high[1]))]
    found: IntArray = near[cuboid.contains(points_m[near], margin_m)]
    return found


class PointGrid:
    """Points sorted into square cells seen from above, for asking about many cuboids.

    Args:
        points_m: (N, 3) float32, finite.
        cell_m: side of a cell; grows where the cloud is wider than 255 cells.
    """

    def __init__(self, points_m: Float32Array, cell_m: float = 2.0) -> None:
        self._points = points_m
        if len(points_m) == 0:
            return
        low = points_m[:, :2].min(axis=0).astype(np.float64)
        extent = points_m[:, :2].max(axis=0) - low
        self._low = low
        self._cell_m = max(cell_m, float(extent.max()) / (_MAX_CELLS - 1))
        cells = ((points_m[:, :2] - low) / self._cell_m).astype(np.uint16)
        # 16-bit keys are sorted by counting, ten times faster than wider ones.
        key = cells[:, 0] * np.uint16(_MAX_CELLS + 1) + cells[:, 1]
        self._order: npt.NDArray[np.int64] = np.argsort(key, kind="stable")
        self._first: IntArray = np.zeros((_MAX_CELLS + 1) ** 2 + 1, dtype=np.int64)
        np.cumsum(np.bincount(key, minlength=(_MAX_CELLS + 1) ** 2), out=self._first[1:])
        self._sorted: Float32Array = points_m[self._order]

    def inside(self, cuboid: Cuboid, margin_m: float = 0.0) -> IntArray:
        """Indices of the points inside or on a cuboid of the same frame, ascending, (M,)."""
        if len(self._points) == 0:
            return np.zeros(0, dtype=np.int64)
        corners = cuboid.corners_m()[:, :2]
        # `contains` rounds to float32; a millimetre more never loses a point on a face.
        reach_m = margin_m + 0.001
        low = np.floor((corners.min(axis=0) - reach_m - self._low) / self._cell_m)
        high = np.floor((corners.max(axis=0) + reach_m - self._low) / self._cell_m)
        if (high < 0).any() or (low > _MAX_CELLS).any():
            return np.zeros(0, dtype=np.int64)
        x0, y0 = np.clip(low, 0, _MAX_CELLS).astype(int)
        x1, y1 = np.clip(high, 0, _MAX_CELLS).astype(int)
        rows = [
            np.arange(
                self._first[x * (_MAX_CELLS + 1) + y0], self._first[x * (_MAX_CELLS + 1) + y1 + 1]
            )
            for x in range(x0, x1 + 1)
        ]
        candidates = np.concatenate(rows)
        found: IntArray = self._order[
            candidates[cuboid.contains(self._sorted[candidates], margin_m)]
        ]
        found.sort()
        return found
