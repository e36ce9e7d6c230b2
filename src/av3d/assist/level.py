"""A frame that stands upright at a place, and the points of a cloud around it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray

Points: TypeAlias = npt.NDArray[np.floating[Any]]
"""A cloud of points, (N, 3), float32 as it comes from a log, or float64."""

UP: FloatArray = np.array([0.0, 0.0, 1.0])
"""Up in the ego frame of a vehicle on level ground."""
UP.flags.writeable = False


def level_SE3_ego(up: npt.ArrayLike, origin_m: npt.ArrayLike) -> SE3:
    """The frame with z along `up`, x as near to the ego's x as that allows, and its origin at a place.

    Args:
        up: up in the ego frame, (3,), of any length.
        origin_m: in the ego frame, (3,).
    """
    z = np.asarray(up, dtype=np.float64)
    z = z / np.linalg.norm(z)
    x = np.array([1.0, 0.0, 0.0]) - z[0] * z
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(z, x), z])
    return SE3(rotation, -rotation @ np.asarray(origin_m, dtype=np.float64))


def around(points_m: Points, center_m: npt.ArrayLike, reach_m: float) -> FloatArray:
    """The points of a cloud (N, 3) in a square of +-reach_m about x and y of a place, (M, 3).

    Points that are not finite are left out.
    """
    x, y = (float(value) for value in np.asarray(center_m, dtype=np.float64)[:2])
    # One axis after the other: the second looks at the few that the first leaves.
    near = np.flatnonzero(np.abs(points_m[:, 0] - x) <= reach_m)
    near = near[np.abs(points_m[near, 1] - y) <= reach_m]
    found: FloatArray = points_m[near].astype(np.float64)
    finite: BoolArray = np.isfinite(found).all(axis=1)
    return np.asarray(found[finite])
