"""What a click in a camera image means in the points of a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.assist.error import AssistError
from av3d.assist.floor import GroundPlane, local_ground
from av3d.assist.level import UP, Points
from av3d.types import BoolArray, FloatArray, IntArray

NEAREST_M = 0.5
"""Nearer points are the vehicle's own."""
DEPTH_GAP_M, DEPTH_GAP = 0.5, 0.02
"""Points so much farther along the ray, in metres or parts of the range, belong to something else."""
CLEARANCE_M = 0.2
"""What is lower over the ground is ground."""
FEWEST = 3
HALF_ANGLE_RAD = math.radians(1.0)
"""About twenty pixels of a usual camera; at 30 m a cone of 1 m across."""
NARROWER = (0.15, 0.3, 0.6, 1.0)
"""Parts of the cone that are looked into one after the other: what is right under the pointer comes
first, and wide cones are for clouds whose rows are far apart."""
AROUND = 0.5
"""What lies on all sides of the ray in this part of the cone is met by it."""
MAX_RANGE_M = 150.0
HERE_M, THERE_M = 5.0, 4.0
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

    Points in a narrow cone about the ray fall into clusters by their depth. The nearest cluster on the
    ray that stands on the ground counts, with the middle of its depths; one or two stray points are none.
    Where nothing stands before it, it is where the ray meets the ground; or the nearest points of any
    kind, where no ground is known.

    Args:
        points_m: the cloud in the ego frame, (N, 3).
        origin_m: where the ray begins, the camera, in the ego frame, (3,).
        direction: of the ray in the ego frame, (3,), of any length.
        ground: the ground about there; None: not known, all points count as standing.
        max_range_m: how far things may be.
        half_angle_rad: of the widest cone.

    Raises:
        AssistError: the direction is no direction.
    """
    cone = _Cone.of(points_m, origin_m, direction, max_range_m, half_angle_rad)
    return _place(cone, ground, max_range_m)


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
        half_angle_rad: of the widest cone.

    Raises:
        AssistError: the direction is no direction.
    """
    cone = _Cone.of(points_m, origin_m, direction, max_range_m, half_angle_rad)
    place: FloatArray | None = cone.origin_m
    for reach_m in (HERE_M, THERE_M):
        if place is not None:
            ground = local_ground(points_m, place, reach_m, up)
            place = _place(cone, ground, max_range_m)
    return place


@dataclass(frozen=True, eq=False)
class _Cone:
    """A ray and the points about it.

    Attributes:
        origin_m, way: where it begins, and its unit direction, (3,).
        points_m: those in the cone, (N, 3).
        depths_m: along the ray, (N,).
        off: their angles off the ray in parts of the cone's, (N,).
    """

    origin_m: FloatArray
    way: FloatArray
    points_m: FloatArray
    depths_m: FloatArray
    off: FloatArray

    @staticmethod
    def of(
        points_m: Points,
        origin_m: npt.ArrayLike,
        direction: npt.ArrayLike,
        max_range_m: float,
        half_angle_rad: float,
    ) -> _Cone:
        origin = np.asarray(origin_m, dtype=np.float64)
        way = np.asarray(direction, dtype=np.float64)
        length = float(np.linalg.norm(way))
        if not np.isfinite(length) or length < 1e-12 or not np.isfinite(origin).all():
            raise AssistError(
                "a ray needs a direction of finite numbers", "", "click inside the image"
            )
        way = way / length
        side = _side(way)
        # In the precision of the cloud first: of 180,000 points a few hundred are left.
        start, ahead, across = (v.astype(points_m.dtype) for v in (origin, way, side))
        depths = points_m @ ahead - start @ ahead
        rows = np.flatnonzero((depths > NEAREST_M) & (depths <= max_range_m))
        wide = math.tan(min(half_angle_rad * 1.1, 1.5)) + 1e-4
        rows = rows[np.abs(points_m[rows] @ across - start @ across) <= depths[rows] * wide]
        near_m = points_m[rows].astype(np.float64)
        depths_m = (near_m - origin) @ way
        across_m = np.linalg.norm(near_m - origin - depths_m[:, None] * way, axis=1)
        off = np.arctan2(across_m, depths_m) / half_angle_rad
        inside = off <= 1
        return _Cone(origin, way, near_m[inside], depths_m[inside], off[inside])


def _place(cone: _Cone, ground: GroundPlane | None, max_range_m: float) -> FloatArray | None:
    stands = np.ones(len(cone.points_m), dtype=bool)
    if ground is not None:
        stands = ground.above_m(cone.points_m) > CLEARANCE_M
    depth_m = _nearest(cone, stands)
    met_m = _meets(cone, ground, max_range_m)
    if depth_m is None or (met_m is not None and depth_m >= met_m + DEPTH_GAP_M):
        depth_m = _nearest(cone, np.ones_like(stands)) if met_m is None else met_m
    return None if depth_m is None else np.asarray(cone.origin_m + depth_m * cone.way)


def _nearest(cone: _Cone, chosen: BoolArray) -> float | None:
    """The depth of the nearest thing on the ray among chosen points of a cone, (N,).

    That is the nearest cluster that lies all around the ray; else, at an edge, the nearest in the
    narrowest part of the cone that has one.
    """
    for part in (AROUND, *NARROWER):
        rows = np.flatnonzero(chosen & (cone.off <= part))
        rows = rows[np.argsort(cone.depths_m[rows])]
        depths_m = cone.depths_m[rows]
        gaps = np.diff(depths_m) > np.maximum(DEPTH_GAP_M, DEPTH_GAP * depths_m[:-1])
        for cluster in np.split(rows, np.flatnonzero(gaps) + 1):
            if len(cluster) >= FEWEST and (part != AROUND or _is_around(cone, cluster)):
                return float(np.median(cone.depths_m[cluster]))
    return None


def _is_around(cone: _Cone, rows: IntArray) -> bool:
    """Whether points lie on all sides of the ray: nowhere within half a turn there is none."""
    side = _side(cone.way)
    apart = cone.points_m[rows] - cone.origin_m
    turns = np.sort(np.arctan2(apart @ np.cross(cone.way, side), apart @ side))
    gaps = np.diff(turns, append=turns[0] + 2 * math.pi)
    return bool(gaps.max() < math.pi)


def _side(way: FloatArray) -> FloatArray:
    """A unit vector across a direction, (3,)."""
    side = np.cross(way, np.eye(3)[int(np.argmin(np.abs(way)))])
    return np.asarray(side / np.linalg.norm(side))


def _meets(cone: _Cone, ground: GroundPlane | None, max_range_m: float) -> float | None:
    """How far along a ray the ground is."""
    if ground is None:
        return None
    falls = float(cone.way @ ground.normal)
    if abs(falls) < 1e-9:
        return None
    depth_m = float((ground.point_m - cone.origin_m) @ ground.normal) / falls
    return depth_m if NEAREST_M < depth_m <= max_range_m else None
