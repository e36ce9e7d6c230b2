"""How many points of a cloud lie inside cuboids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.types import FloatArray


class PointCount:
    """Counts points of one cloud in cuboids of the same frame of reference.

    Sorted by x once, so that each cuboid is compared with the points near it only.

    Args:
        points_m: (N, 3).
    """

    def __init__(self, points_m: npt.ArrayLike) -> None:
        points: FloatArray = np.asarray(points_m, dtype=np.float64)
        self._points_m = points[np.argsort(points[:, 0], kind="stable")]

    def __call__(self, cuboid: Cuboid) -> int:
        """Points inside a cuboid, its surface included."""
        center_m, reach_m = cuboid.center_m, float(np.linalg.norm(cuboid.size_lwh_m)) / 2
        first, last = np.searchsorted(
            self._points_m[:, 0], [center_m[0] - reach_m, center_m[0] + reach_m]
        )
        return int(np.count_nonzero(cuboid.contains(self._points_m[first:last])))
