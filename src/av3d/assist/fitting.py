"""A cuboid moved onto the points in and around it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from av3d.assist.error import AssistError
from av3d.assist.floor import GroundPlane
from av3d.assist.footprint import Seen, likeliest
from av3d.assist.level import Points, around
from av3d.assist.outline import compact_footprint
from av3d.assist.size_prior import SizePrior
from av3d.assist.standing import Standing, height_of
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.category import Category
from av3d.types import FloatArray

FEWEST, FEWEST_COMPACT = 10, 5
"""Points that a fit needs; of a person or a cone."""
REACH_M = 0.4
"""How far around the cuboid points may be its own."""
FARTHEST_M, FARTHEST_RAD = 1.0, math.radians(20)
"""A fit moves a cuboid no farther; who is farther off drags it there first."""
EXPECTED: FloatArray = np.array([0.25, 0.2, math.radians(6)])
"""Standard deviations of what a person leaves to the fit: along, across, heading."""
SIDES = 0.04
"""Standard deviation of the sides that the cuboid has, in parts of them."""
ROOM_M = 0.3
"""A bottom so near to the ground is put on it; one farther away is meant so."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A cuboid on its points.

    Attributes:
        cuboid: in the ego frame.
        rms_m: root mean square of the distances between the points and the nearest face.
        points: how many points stand in it.
        words: what changed, for people.
    """

    cuboid: Cuboid
    rms_m: float
    points: int
    words: str


def fitted(
    points_m: Points,
    cuboid: Cuboid,
    category: Category | None,
    ground: GroundPlane | None,
    *,
    keep_size: bool,
    sensor_m: npt.ArrayLike = (0.0, 0.0, 0.0),
) -> Fit:
    """The cuboid where the points in it and just around it say that it is.

    Position and heading about its own height axis are improved, and without `keep_size` its length,
    width and height; a tilt and which end is the front stay. It moves by 1 m and 20 degrees at most.
    Faces that the sensor sees come to the points, those it does not see follow by the size.

    Args:
        points_m: the cloud of the frame in the ego frame, (N, 3).
        cuboid: in the ego frame.
        category: of its track; None: unknown.
        ground: under it; None: not known, the bottom stays.
        keep_size: whether the size stays, as it does for tracks of one size.
        sensor_m: where the LiDAR is in the ego frame, (3,).

    Raises:
        AssistError: too few points are in the cuboid or around it.
    """
    prior = _own(SizePrior.of(category), cuboid)
    few = FEWEST_COMPACT if prior.is_compact else FEWEST
    standing = _around(points_m, cuboid, prior, ground, sensor_m)
    start = np.array([0.0, 0.0, 0.0, cuboid.length_m, cuboid.width_m])
    near = standing.only(standing.inside(start, REACH_M))
    count = len(near.points_m)
    if count < few:
        raise AssistError(
            f"only {count} points in the cuboid and within {REACH_M:g} m of it; {few} are needed",
            "",
            "move it onto its points, or set it by hand",
        )
    if prior.is_compact:
        footprint = _centred(near, cuboid, prior)
    else:
        footprint = _likeliest(near, start, keep_size)
    height_m, bottom_m = _height(near, footprint, cuboid, prior, ground, keep_size)
    x, y, yaw_rad, length_m, width_m = (float(value) for value in footprint)
    pose = standing.level.inverse() @ SE3.from_yaw(yaw_rad, [x, y, bottom_m + height_m / 2])
    found = Cuboid(pose, np.array([length_m, width_m, height_m]))
    inside = near.points_m[near.inside(footprint)]
    moved_m = float(np.linalg.norm(found.center_m - cuboid.center_m))
    rms_m = _rms_m(inside, found.in_frame(standing.level))
    return Fit(found, rms_m, len(inside), _words(moved_m, yaw_rad, len(inside)))


def _around(
    points_m: Points,
    cuboid: Cuboid,
    prior: SizePrior,
    ground: GroundPlane | None,
    sensor_m: npt.ArrayLike,
) -> Standing:
    """What stands around a cuboid, in its own frame; so a tilt stays."""
    level = cuboid.frame_SE3_cuboid.inverse()
    near_m = around(
        points_m, cuboid.center_m, float(np.linalg.norm(cuboid.size_lwh_m)) / 2 + 2 * REACH_M
    )
    local_m = level.transform(near_m)
    over_bottom_m = local_m[:, 2] + cuboid.height_m / 2
    normal = cuboid.frame_SE3_cuboid.rotation[:, 2].copy()
    bottom = cuboid.center_m - normal * cuboid.height_m / 2
    if ground is None:
        ground = GroundPlane(bottom, normal, normal, ROOM_M, 0)
    above_m = ground.above_m(near_m)
    stands = (above_m > prior.clearance_m) & (over_bottom_m > 0) & (
        over_bottom_m < cuboid.height_m + REACH_M
    )  # fmt: skip
    return Standing(
        level,
        local_m[stands],
        above_m[stands],
        ground,
        level.transform(np.asarray(sensor_m, dtype=np.float64)),
    )


def _likeliest(near: Standing, start: FloatArray, keep_size: bool) -> FloatArray:
    """The likeliest footprint near that of the cuboid, which is at the origin, (5,)."""
    spread = np.array([*EXPECTED, 0.0, 0.0])
    if not keep_size:
        spread[3:] = SIDES * start[3:]

    def believed(footprints: FloatArray) -> FloatArray:
        off = footprints[:, :3] / EXPECTED
        sides = np.log(footprints[:, 3:] / start[3:]) / SIDES
        far = np.hypot(footprints[:, 0], footprints[:, 1]) > FARTHEST_M
        far |= np.abs(footprints[:, 2]) > FARTHEST_RAD
        return np.asarray(-0.5 * ((off**2).sum(axis=1) + (sides**2).sum(axis=1)) - 50.0 * far)

    seen = Seen.of(near.points_m, near.sensor_m)
    return likeliest(seen, start[None], spread, believed).values


def _centred(near: Standing, cuboid: Cuboid, prior: SizePrior) -> FloatArray:
    """The footprint of a person or a cone about its points, heading and size kept, (5,)."""
    start = np.array([0.0, 0.0, 0.0, cuboid.length_m, cuboid.width_m])
    footprint = compact_footprint(near, prior, start, float(EXPECTED[1]))
    apart_m = float(np.hypot(*footprint[:2]))
    footprint[:2] *= min(1.0, FARTHEST_M / max(apart_m, 1e-9))
    return footprint


def _height(
    near: Standing,
    footprint: FloatArray,
    cuboid: Cuboid,
    prior: SizePrior,
    ground: GroundPlane | None,
    keep_size: bool,
) -> tuple[float, float]:
    """Height, and that of the bottom in the frame of the cuboid as it was."""
    bottom_m = -cuboid.height_m / 2
    if ground is not None and ground.is_sure:
        on_ground_m = near.ground_m(footprint[:2])
        if abs(on_ground_m - bottom_m) <= ROOM_M:
            bottom_m = on_ground_m
    if keep_size:
        return cuboid.height_m, bottom_m
    inside = near.points_m[near.inside(footprint), 2] - bottom_m
    return height_of(np.sort(inside), prior)[0], bottom_m


def _own(prior: SizePrior, cuboid: Cuboid) -> SizePrior:
    """What is believed of the size of a cuboid that somebody has set already."""
    return replace(
        prior,
        size_lwh_m=cuboid.size_lwh_m,
        smallest_lwh_m=np.minimum(prior.smallest_lwh_m, cuboid.size_lwh_m),
        largest_lwh_m=np.maximum(prior.largest_lwh_m, cuboid.size_lwh_m),
    )


def _rms_m(points_m: FloatArray, cuboid: Cuboid) -> float:
    """Root mean square of the distances of points (N, 3) to the nearest side or the top."""
    if not len(points_m):
        return 0.0
    local = cuboid.frame_SE3_cuboid.inverse().transform(points_m)
    gaps = cuboid.size_lwh_m / 2 - np.abs(local)
    gaps[:, 2] = cuboid.height_m / 2 - local[:, 2]
    return float(np.sqrt(np.mean(np.min(np.abs(gaps), axis=1) ** 2)))


def _words(moved_m: float, turned_rad: float, points: int) -> str:
    turned = f"{abs(math.degrees(turned_rad)):.1f}°"
    return f"Moved {moved_m:.2f} m and turned {turned} onto {points} points"
