"""What a click in a camera image means in the points of a frame."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from av3d.assist.error import AssistError
from av3d.assist.floor import GroundPlane, local_ground
from av3d.assist.level import UP, Points
from av3d.types import FloatArray

NEAREST_M = 0.5
"""Nearer points are the vehicle's own."""
DEPTH_GAP_M, DEPTH_GAP = 0.5, 0.02
"""Points so much farther along the ray, in metres or parts of the range, belong to something else."""
CLEARANCE_M = 0.2
"""What is lower over the ground is ground."""
FEWEST = 3
HALF_ANGLE_RAD = math.radians(0.6)
"""About ten pixels of a usual camera; at 30 m a cone of 60 cm across."""
MAX_RANGE_M = 150.0
HERE_M, THERE_M = 8.0, 4.0
"""How far around the camera, and around the place, ground is looked for."""


def place_from_ray(
    points_m: Points,
    origin_m: npt.ArrayLike,
    direction: npt.ArrayLike,
    *,
    ground: GroundPlane | None,
    max_range_m: float = MAX_RANGE_M,
    half_angle_rad: float = HALF_ANGLE_RAD,
) -> FloatArray | None:
    """The place of the ego frame that a ray means, (3,); None if it meets nothing.

    Points in a narrow cone about the ray fall into clusters by their depth. The nearest cluster that
    stands on the ground counts, and of it the depth that its points near the ray have; one or two stray
    points are none. Where nothing stands it is where the ray meets the ground, or else the nearest
    points of the ground in the cone.

    Args:
        points_m: the cloud in the ego frame, (N, 3).
        origin_m: where the ray begins, the camera, in the ego frame, (3,).
        direction: of the ray in the ego frame, (3,), of any length.
        ground: the ground about there; None: not known, all points count as standing.
        max_range_m: how far things may be.
        half_angle_rad: of the cone.

    Raises:
        AssistError: the direction is no direction.
    """
    origin = np.asarray(origin_m, dtype=np.float64)
    way = np.asarray(direction, dtype=np.float64)
    length = float(np.linalg.norm(way))
    if not np.isfinite(length) or length < 1e-12 or not np.isfinite(origin).all():
        raise AssistError("a ray needs a direction of finite numbers", "", "click inside the image")
    way = way / length
    near_m, depths_m, off_rad = _in_cone(points_m, origin, way, max_range_m, half_angle_rad)
    stands = np.ones(len(near_m), dtype=bool)
    if ground is not None:
        stands = ground.above_m(near_m) > CLEARANCE_M
    depth_m = _nearest(depths_m[stands], off_rad[stands], half_angle_rad)
    met_m = _meets(origin, way, ground, max_range_m)
    if depth_m is not None and (met_m is None or depth_m < met_m + DEPTH_GAP_M):
        return np.asarray(origin + depth_m * way)
    if met_m is not None:
        return np.asarray(origin + met_m * way)
    depth_m = _nearest(depths_m, off_rad, half_angle_rad)
    return None if depth_m is None else np.asarray(origin + depth_m * way)


def place_in_cloud(
    points_m: Points,
    origin_m: npt.ArrayLike,
    direction: npt.ArrayLike,
    *,
    up: npt.ArrayLike = UP,
    max_range_m: float = MAX_RANGE_M,
    half_angle_rad: float = HALF_ANGLE_RAD,
) -> FloatArray | None:
    """As `place_from_ray` with the ground at the place itself, which is found in two steps.

    The ground about the camera tells where the ray goes about; the street may rise until there, so the
    ground is looked for once more.

    Args:
        points_m: the cloud in the ego frame, (N, 3).
        origin_m: where the ray begins, (3,).
        direction: of the ray, (3,).
        up: up in the ego frame, (3,).
        max_range_m: how far things may be.
        half_angle_rad: of the cone.

    Raises:
        AssistError: the direction is no direction.
    """
    place: npt.ArrayLike | None = origin_m
    for reach_m in (HERE_M, THERE_M):
        if place is None:
            break
        ground = local_ground(points_m, place, reach_m, up)
        place = place_from_ray(
            points_m, origin_m, direction, ground=ground, max_range_m=max_range_m,
            half_angle_rad=half_angle_rad,
        )  # fmt: skip
    return None if place is None else np.asarray(place)


def _in_cone(
    points_m: Points,
    origin_m: FloatArray,
    way: FloatArray,
    max_range_m: float,
    half_angle_rad: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points in a cone, (M, 3), their depths along its axis and their angles off it, (M,)."""
    # In the precision of the cloud first: of 180,000 points a few hundred are left.
    coarse_m = points_m - origin_m.astype(points_m.dtype)
    depths = coarse_m @ way.astype(points_m.dtype)
    wide = math.tan(min(half_angle_rad * 1.1, 1.5)) + 1e-4
    squared = np.einsum("ij,ij->i", coarse_m, coarse_m)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(
            (depths > NEAREST_M)
            & (depths <= max_range_m)
            & (squared <= depths**2 * (1 + wide**2) * 1.0001)
        )
    near_m = points_m[rows].astype(np.float64)
    depths_m = (near_m - origin_m) @ way
    across_m = np.linalg.norm(near_m - origin_m - depths_m[:, None] * way, axis=1)
    off_rad = np.arctan2(across_m, depths_m)
    inside = off_rad <= half_angle_rad
    return near_m[inside], depths_m[inside], off_rad[inside]


def _nearest(depths_m: FloatArray, off_rad: FloatArray, half_angle_rad: float) -> float | None:
    """The depth of the nearest cluster of some points, where it is nearest to the axis."""
    order = np.argsort(depths_m)
    sorted_m = depths_m[order]
    gaps = np.diff(sorted_m) > np.maximum(DEPTH_GAP_M, DEPTH_GAP * sorted_m[:-1])
    for rows in np.split(order, np.flatnonzero(gaps) + 1):
        if len(rows) >= FEWEST:
            weights = np.exp(-0.5 * (3 * off_rad[rows] / half_angle_rad) ** 2)
            by_depth = np.argsort(depths_m[rows])
            share = np.cumsum(weights[by_depth]) / weights.sum()
            return float(depths_m[rows][by_depth[int(np.searchsorted(share, 0.5))]])
    return None


def _meets(
    origin_m: FloatArray, way: FloatArray, ground: GroundPlane | None, max_range_m: float
) -> float | None:
    """How far along a ray the ground is."""
    if ground is None:
        return None
    falls = float(way @ ground.normal)
    if abs(falls) < 1e-9:
        return None
    depth_m = float((ground.point_m - origin_m) @ ground.normal) / falls
    return depth_m if NEAREST_M < depth_m <= max_range_m else None
