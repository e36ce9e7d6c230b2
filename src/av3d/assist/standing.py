"""The points that stand on the ground at a place, in a level frame there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.assist.floor import GroundPlane
from av3d.assist.level import Points, around, level_SE3_ego
from av3d.assist.size_prior import SizePrior
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import BoolArray, FloatArray

TOP_M = 0.05
"""How much higher than its highest points an object is drawn."""
FEWEST_FOR_TOP = 8
OVERHANG_M = 0.8
"""So much empty air over an object parts it from what hangs above it."""
COUNTED, OVER, HEIGHT, STRAY_M = 40, 0.8, 0.12, 0.1
"""Points count as at most so many; what one over the top costs; how much heights differ, in parts;
how far over the likeliest top points may still be its own. Things stand behind it and hang over it."""
ROW_M = 0.5
"""The most that an object may reach over its highest row of points."""
EDGE_M = 0.05
"""What stands so near to a side may be a neighbour."""
UNSURE_GROUND_M = 0.3


@dataclass(frozen=True, eq=False)
class Standing:
    """Points around a place in a level frame whose origin is on the ground at the place.

    Attributes:
        level: the frame, `level_SE3_ego`.
        points_m: all that stand on the ground, below what may be part of an object, (N, 3).
        above_m: their heights over the ground, which may slope, (N,).
        ground: the ground.
        sensor_m: the place of the sensor in the level frame, (3,).
    """

    level: SE3
    points_m: FloatArray
    above_m: FloatArray
    ground: GroundPlane
    sensor_m: FloatArray

    @staticmethod
    def at(
        points_m: Points,
        place_xy_m: npt.ArrayLike,
        reach_m: float,
        prior: SizePrior,
        ground: GroundPlane | None,
        up: npt.ArrayLike,
        sensor_m: npt.ArrayLike,
    ) -> Standing:
        """Around a place of the ego frame; where no ground is known the lowest points there are it."""
        x, y = (float(value) for value in np.asarray(place_xy_m, dtype=np.float64)[:2])
        near_m = around(points_m, (x, y), reach_m)
        if ground is None:
            ground = _lowest_level(near_m, (x, y), up)
        level = level_SE3_ego(up, [x, y, float(ground.height_at((x, y)))])
        above_m = ground.above_m(near_m)
        stands = (above_m > prior.clearance_m) & (above_m < prior.largest_lwh_m[2] + ROW_M)
        return Standing(
            level,
            level.transform(near_m[stands]),
            above_m[stands],
            ground,
            level.transform(np.asarray(sensor_m, dtype=np.float64)),
        )

    def only(self, chosen: BoolArray) -> Standing:
        """With these points only, (N,)."""
        return Standing(
            self.level, self.points_m[chosen], self.above_m[chosen], self.ground, self.sensor_m
        )

    def inside(self, footprint: FloatArray, margin_m: float = 0.0) -> BoolArray:
        """Which points are over a footprint (x, y, heading, length, width), (5,) to (N,)."""
        return within(self.points_m, footprint, margin_m)

    def ground_m(self, xy_m: npt.ArrayLike) -> float:
        """The height of the ground in the level frame at a place of it, (2,)."""
        normal = self.level.rotate(self.ground.normal)
        point_m = self.level.transform(self.ground.point_m)
        apart_m = np.asarray(xy_m, dtype=np.float64) - point_m[:2]
        return float(point_m[2] - apart_m @ normal[:2] / normal[2])

    def cuboid(self, footprint: FloatArray, prior: SizePrior) -> tuple[Cuboid, int, str]:
        """The upright cuboid over a footprint (5,), in the ego frame.

        Its bottom is the ground under its centre, its top a little above the highest points inside, or,
        where they are rows far apart, up to one row more if the usual height is so.

        Returns:
            The cuboid, how many points stand in it, and whence its height is, in words.
        """
        above_m = np.sort(self.above_m[self.inside(footprint, -EDGE_M)])
        height_m, words = height_of(above_m, prior)
        x, y, yaw, length_m, width_m = footprint
        bottom_m = self.ground_m((x, y))
        cuboid = Cuboid.from_yaw(
            [x, y, bottom_m + height_m / 2], [length_m, width_m, height_m], yaw
        )
        inside = int((self.above_m[self.inside(footprint)] <= height_m).sum())
        return cuboid.in_frame(self.level.inverse()), inside, words


def height_of(above_m: FloatArray, prior: SizePrior) -> tuple[float, str]:
    """The height of an object whose points are at heights above the ground, sorted, (N,); and whence.

    Points are cut where what is above costs as much as the unusual height; an unknown object ends where
    nothing follows above.
    """
    low, usual_m, high = (
        float(size[2]) for size in (prior.smallest_lwh_m, prior.size_lwh_m, prior.largest_lwh_m)
    )
    if prior.is_known and len(above_m):
        heights_m = np.linspace(low, high, 80)
        share_over = 1 - np.searchsorted(above_m, heights_m, side="right") / len(above_m)
        cost = min(len(above_m), COUNTED) * OVER * np.minimum(share_over, 1.0)
        cost += 0.5 * (np.log(heights_m / usual_m) / HEIGHT) ** 2
        limit_m = float(heights_m[int(np.argmin(cost))]) + STRAY_M
    else:
        over = np.flatnonzero(np.diff(above_m) > OVERHANG_M)
        limit_m = float(above_m[over[0]]) if len(over) else high
    body_m = above_m[above_m <= limit_m]
    if len(body_m) < FEWEST_FOR_TOP:
        return usual_m, "the usual height, for few points are inside"
    # One in a hundred may be a stray one.
    top_m = float(body_m[-1 - len(body_m) // 100])
    upper = body_m[len(body_m) // 2 :]
    row_m = min(float(np.diff(upper).max(initial=0.0)), ROW_M)
    height_m = (
        top_m + TOP_M + (min(row_m, max(0.0, usual_m - top_m - TOP_M)) if prior.is_known else 0)
    )
    return float(np.clip(height_m, low, high)), "the height of the points inside"


def within(points_m: FloatArray, footprint: FloatArray, margin_m: float = 0.0) -> BoolArray:
    """Which points (N, 2 or 3) of a level frame are over a footprint (5,), grown by a margin."""
    x, y, yaw, length_m, width_m = (float(value) for value in footprint)
    c, s = np.cos(yaw), np.sin(yaw)
    dx, dy = points_m[:, 0] - x, points_m[:, 1] - y
    along, across = np.abs(c * dx + s * dy), np.abs(c * dy - s * dx)
    inside: BoolArray = (along <= length_m / 2 + margin_m) & (across <= width_m / 2 + margin_m)
    return inside


def _lowest_level(
    near_m: FloatArray, place_m: tuple[float, float], up: npt.ArrayLike
) -> GroundPlane:
    """A level plane through the lowest points of a place; at height 0 where there are none."""
    level = level_SE3_ego(up, [*place_m, 0.0])
    heights = level.transform(near_m)[:, 2]
    low_m = float(np.quantile(heights, 0.02)) if len(heights) else 0.0
    normal = level.rotation[2].copy()
    point_m = level.inverse().transform([0.0, 0.0, low_m])
    return GroundPlane(point_m, normal, normal, UNSURE_GROUND_M, 0)
