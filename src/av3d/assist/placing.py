"""Cuboids from gestures on the points of one frame: a dragged rectangle, a click."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.assist.clusters import connected
from av3d.assist.floor import GroundPlane
from av3d.assist.level import UP, Points
from av3d.assist.outline import compact_footprint, fitted_footprint
from av3d.assist.size_prior import SizePrior
from av3d.assist.standing import Standing
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import wrap_angle_rad
from av3d.ontology.category import Category
from av3d.types import FloatArray

FEWEST_TO_FIT, FEWEST_COMPACT = 10, 5
"""Points that a footprint can be fitted to; of a person or a cone."""
SMALLEST_M = 0.05
TIGHT_M, ROOM_M, LOOSE_M, TIGHTEST = 0.15, 0.6, 0.2, 12.0
"""A rectangle is drawn up to ROOM_M wider than the object on each side, and rarely more. A face outside
is unlikely, but not more than TIGHTEST tells: some draw around the points alone, and half is unseen."""
COMPACT_M = 0.15
"""How far off the middle of a gesture people and cones are, a standard deviation."""
CORES = (0.6, 0.8)
"""What hangs together with points in this middle part of a rectangle is meant; its corners are not. Where
the middle is empty, for only one end of the object is seen, a larger part is the middle."""
CLICK_M, CLICK_REACH_M = 0.3, 0.8
"""A click means all points so near to it, or the nearest one if that is not farther away than this."""
CLICK_OUTSIDE_M, CLICK_CENTRE = 0.2, 0.5
"""How far outside of the object a click may be, and how far off its centre, in parts of its sides."""


@dataclass(frozen=True, eq=False)
class Placed:
    """What a gesture became.

    Attributes:
        cuboid: in the ego frame.
        how: what it rests on, a sentence for people.
        points: how many points stand in it.
    """

    cuboid: Cuboid
    how: str
    points: int


@dataclass(frozen=True, eq=False)
class Rectangle:
    """A rectangle that was dragged in bird's-eye view.

    Attributes:
        start_m, end_m: x and y of two opposite corners in the ego frame, where the drag began and
            where it ended, (2,).
        yaw_rad: direction of two of its sides in the ego frame, for views that are turned.
    """

    start_m: FloatArray
    end_m: FloatArray
    yaw_rad: float = 0.0

    @staticmethod
    def of(start_m: npt.ArrayLike, end_m: npt.ArrayLike, yaw_rad: float = 0.0) -> Rectangle:
        """From two opposite corners, (2,) each."""
        return Rectangle(
            np.asarray(start_m, dtype=np.float64)[:2],
            np.asarray(end_m, dtype=np.float64)[:2],
            yaw_rad,
        )

    @property
    def center_m(self) -> FloatArray:
        """(2,)."""
        return (self.start_m + self.end_m) / 2

    @property
    def diagonal_m(self) -> FloatArray:
        """From the first corner to the last along the sides, with their signs, (2,)."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        dx, dy = self.end_m - self.start_m
        return np.array([c * dx + s * dy, c * dy - s * dx])

    def headed_along_drag(self) -> tuple[float, float, float]:
        """Heading of its longer side as the drag went, length and width."""
        u, v = (float(value) for value in self.diagonal_m)
        length_m, width_m = max(abs(u), abs(v)), min(abs(u), abs(v))
        if abs(u) >= abs(v):
            turn = 0.0 if u >= 0 else math.pi
        else:
            turn = math.pi / 2 if v >= 0 else -math.pi / 2
        yaw_rad = float(wrap_angle_rad(self.yaw_rad + turn))
        return yaw_rad, max(length_m, SMALLEST_M), max(width_m, SMALLEST_M)


def cuboid_from_rectangle(
    points_m: Points,
    rectangle: Rectangle,
    category: Category | None,
    ground: GroundPlane | None,
    *,
    fit: bool,
    motion_hint: npt.ArrayLike | None = None,
    up: npt.ArrayLike = UP,
    sensor_m: npt.ArrayLike = (0.0, 0.0, 0.0),
) -> Placed:
    """The cuboid of a rectangle that was dragged in bird's-eye view.

    Without `fit` the footprint is the rectangle itself, heading along its longer side the way the drag
    went: from the back of a car to its front. The bottom is the ground, the top that of the points
    inside; see `Standing.cuboid`.

    With `fit` it is the likeliest footprint around the points inside that stand on the ground: faces that
    the sensor sees are on the points, those it does not see are where the usual size of the category
    puts them, inside of the rectangle if it leaves room for that. People and cones get their usual size,
    centred. With too few points to fit the footprint stays the rectangle, and `how` says so. The heading
    goes along the longer side, into the half plane of `motion_hint`, else of the ego's x axis: with the
    ego's driving direction.

    Args:
        points_m: the cloud of the frame in the ego frame, (N, 3).
        rectangle: what was dragged.
        category: of the new track; None: unknown.
        ground: the ground there; None: not known, the lowest points are taken for it.
        fit: see above.
        motion_hint: a direction of the ego frame in which the object moves, (2,) or (3,).
        up: up in the ego frame, (3,); the cuboid stands along it.
        sensor_m: where the LiDAR is in the ego frame, (3,).
    """
    prior = SizePrior.of(category)
    diagonal_m = np.abs(rectangle.diagonal_m)
    reach_m = float(np.hypot(*diagonal_m)) / 2 + 0.5
    standing = Standing.at(points_m, rectangle.center_m, reach_m, prior, ground, up, sensor_m)
    drawn, drag_yaw_rad = _drawn(standing, rectangle)
    inside = standing.only(standing.inside(drawn))
    few = FEWEST_COMPACT if prior.is_compact else FEWEST_TO_FIT
    inside = _meant(inside, drawn, few)
    count = len(inside.points_m)
    if not fit or count < few:
        as_dragged = drawn.copy()
        if diagonal_m[1] > diagonal_m[0]:
            as_dragged[3:] = as_dragged[[4, 3]]
        as_dragged[2] = drag_yaw_rad
        cuboid, held, height = standing.cuboid(as_dragged, prior)
        if fit:
            return Placed(
                cuboid, f"As dragged: only {count} points stand there, {few} are needed", held
            )
        return Placed(cuboid, f"As dragged, with {height}", held)
    hint_rad = _hint_rad(standing, motion_hint)
    usual = np.array([0.0, 0.0, hint_rad, *prior.size_lwh_m[:2]])
    if prior.is_compact:
        footprint = compact_footprint(inside, prior, usual, COMPACT_M)
        cuboid, held, height = standing.cuboid(footprint, prior)
        return Placed(cuboid, f"Usual size about {held} points, with {height}", held)

    def believed(footprints: FloatArray) -> FloatArray:
        return prior.believed(footprints[:, 3], footprints[:, 4]) + _in_rectangle(footprints, drawn)

    footprint = fitted_footprint(inside, prior, believed)
    footprint[2] = _signed(footprint[2], hint_rad)
    cuboid, held, height = standing.cuboid(footprint, prior)
    return Placed(cuboid, f"Fitted to {held} points, with {height}", held)


def cuboid_at(
    points_m: Points,
    place_m: npt.ArrayLike,
    category: Category | None,
    ground: GroundPlane | None,
    *,
    heading_hint: npt.ArrayLike | None = None,
    up: npt.ArrayLike = UP,
    sensor_m: npt.ArrayLike = (0.0, 0.0, 0.0),
) -> Placed:
    """The cuboid of a click: the object whose points are there, else one of usual size on the ground.

    The cluster at the place is what stands on the ground and hangs together, no farther away than one
    and a half usual sizes. It is fitted as for a rectangle, with the click inside of it.

    Args:
        points_m: the cloud of the frame in the ego frame, (N, 3).
        place_m: what was clicked on in the ego frame, (2,) or (3,).
        category: of the new track; None: unknown.
        ground: the ground there; None: not known, the lowest points are taken for it.
        heading_hint: a direction of the ego frame into which it heads, (2,) or (3,); None: the ego's.
        up: up in the ego frame, (3,); the cuboid stands along it.
        sensor_m: where the LiDAR is in the ego frame, (3,).
    """
    prior = SizePrior.of(category)
    reach_m = 1.5 * float(np.hypot(*prior.size_lwh_m[:2]))
    standing = Standing.at(points_m, place_m, reach_m, prior, ground, up, sensor_m)
    hint_rad = _hint_rad(standing, heading_hint)
    distance_m = np.hypot(standing.points_m[:, 0], standing.points_m[:, 1])
    meant = distance_m <= max(CLICK_M, min(float(distance_m.min(initial=np.inf)), CLICK_REACH_M))
    belongs = connected(standing.points_m, meant) & (distance_m <= reach_m)
    cluster = standing.only(belongs)
    usual = np.array([0.0, 0.0, hint_rad, *prior.size_lwh_m[:2]])
    count = len(cluster.points_m)
    if count < (FEWEST_COMPACT if prior.is_compact else FEWEST_TO_FIT):
        cuboid, held, _ = standing.cuboid(usual, prior)
        return Placed(cuboid, f"Usual size at the click, for only {count} points stand there", held)
    if prior.is_compact:
        footprint = compact_footprint(cluster, prior, usual, COMPACT_M)
    else:

        def believed(footprints: FloatArray) -> FloatArray:
            sizes = prior.believed(footprints[:, 3], footprints[:, 4])
            return sizes + _at_click(footprints)

        footprint = fitted_footprint(cluster, prior, believed)
        footprint[2] = _signed(footprint[2], hint_rad)
    cuboid, held, height = standing.cuboid(footprint, prior)
    return Placed(cuboid, f"Fitted to {held} points at the click, with {height}", held)


def _drawn(standing: Standing, rectangle: Rectangle) -> tuple[FloatArray, float]:
    """A rectangle as a footprint of the level frame, (5,), sides not swapped; and that of the drag."""
    drag_yaw_rad, _, _ = rectangle.headed_along_drag()
    yaws = [
        float(np.arctan2(way[1], way[0]))
        for way in (
            standing.level.rotate([math.cos(yaw), math.sin(yaw), 0.0])
            for yaw in (rectangle.yaw_rad, drag_yaw_rad)
        )
    ]
    sides = np.maximum(np.abs(rectangle.diagonal_m), SMALLEST_M)
    return np.array([0.0, 0.0, yaws[0], *sides]), yaws[1]


def _meant(inside: Standing, drawn: FloatArray, few: int) -> Standing:
    """Of the points in a rectangle those of what it was drawn about."""
    off = _turned(inside.points_m, drawn[2]) / (drawn[3:] / 2)
    for core in CORES:
        found = inside.only(connected(inside.points_m, np.hypot(off[:, 0], off[:, 1]) <= core))
        if len(found.points_m) >= few:
            return found
    return inside


def _hint_rad(standing: Standing, hint: npt.ArrayLike | None) -> float:
    """The heading in the level frame of a direction of the ego frame; None: of its x axis."""
    way = np.zeros(3)
    given = np.array([1.0, 0.0]) if hint is None else np.asarray(hint, dtype=np.float64)
    way[: len(given)] = given
    if not np.isfinite(way).all() or np.hypot(way[0], way[1]) < 1e-6:
        way = np.array([1.0, 0.0, 0.0])
    local = standing.level.rotate(way)
    return float(np.arctan2(local[1], local[0]))


def _signed(yaw_rad: float, hint_rad: float) -> float:
    """A heading or its opposite, whichever is nearer to a hint."""
    away = abs(float(wrap_angle_rad(yaw_rad - hint_rad)))
    return float(wrap_angle_rad(yaw_rad + (math.pi if away > math.pi / 2 else 0.0)))


def _in_rectangle(footprints: FloatArray, drawn: FloatArray) -> FloatArray:
    """Logarithms of how well footprints (M, 5) fill a rectangle drawn about them, (5,) to (M,)."""
    turned = footprints[:, 2] - drawn[2]
    c, s = np.abs(np.cos(turned)), np.abs(np.sin(turned))
    length_m, width_m = footprints[:, 3], footprints[:, 4]
    reach_m = np.stack([c * length_m + s * width_m, s * length_m + c * width_m], axis=1) / 2
    center_m = _turned(footprints, drawn[2])
    room_m = np.concatenate(
        [drawn[3:] / 2 - center_m - reach_m, drawn[3:] / 2 + center_m - reach_m], 1
    )
    tight = np.minimum(0.5 * (np.minimum(room_m, 0) / TIGHT_M) ** 2, TIGHTEST)
    loose = np.minimum(0.5 * (np.maximum(room_m - ROOM_M, 0) / LOOSE_M) ** 2, TIGHTEST)
    return np.asarray(-(tight + loose).sum(axis=1))


def _at_click(footprints: FloatArray) -> FloatArray:
    """Logarithms of how likely a click at the origin means footprints, (M, 5) to (M,)."""
    c, s = np.cos(footprints[:, 2]), np.sin(footprints[:, 2])
    x, y = footprints[:, 0], footprints[:, 1]
    apart_m = np.abs(np.stack([c * x + s * y, c * y - s * x], axis=1))
    outside = np.maximum(apart_m - footprints[:, 3:] / 2, 0) / CLICK_OUTSIDE_M
    off_centre = apart_m / footprints[:, 3:] / CLICK_CENTRE
    return np.asarray(-0.5 * (outside**2 + off_centre**2).sum(axis=1))


def _turned(points_m: FloatArray, yaw_rad: float) -> FloatArray:
    """Places of points (N, 2 or more) along axes that are turned by an angle, (N, 2)."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.asarray(points_m[:, :2] @ np.array([[c, -s], [s, c]]))
