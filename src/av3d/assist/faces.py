"""Faces of a cuboid that come to their points, and its bottom to the ground."""

from __future__ import annotations

import numpy as np

from av3d.assist.error import AssistError
from av3d.assist.floor import GroundPlane
from av3d.assist.level import Points, around
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

_AXES: dict[str, tuple[int, float]] = {
    "front": (0, 1.0), "back": (0, -1.0), "left": (1, 1.0), "right": (1, -1.0), "top": (2, 1.0),
    "bottom": (2, -1.0),
}  # fmt: skip
OUT_M = 0.5
"""A face goes out by so much at most."""
FEWEST = 3
GAP_M = 0.3
"""What is parted from the points inside by so much is something else."""
STRAYS = 100
"""One in so many of the outermost points is left out."""
FLOOR_M = 0.15
"""Points so low in a cuboid are ground when a side is moved."""
SMALLEST_M = 0.1
STEEPEST_RAD = np.deg2rad(20.0)


def shrunk_face(points_m: Points, cuboid: Cuboid, face: str, margin_m: float = 0.02) -> Cuboid:
    """A cuboid with one face on the outermost of its points; the opposite face stays.

    The face comes in as far as needed, and goes out by half a metre at most, as long as points follow
    each other without a gap. Stray points do not hold it.

    Args:
        points_m: the cloud in the ego frame, (N, 3).
        cuboid: in the ego frame.
        face: name of the face, one of `FACES`.
        margin_m: kept between the points and the face.

    Raises:
        AssistError: there is no such face, or too few points are in the cuboid.
    """
    if face not in _AXES:
        raise AssistError(f"a cuboid has no face {face!r}", "", f"name one of {' '.join(FACES)}")
    axis, sign = _AXES[face]
    half = cuboid.size_lwh_m / 2
    near_m = around(points_m, cuboid.center_m, float(np.linalg.norm(half)) + OUT_M)
    local = cuboid.frame_SE3_cuboid.inverse().transform(near_m)
    others = [other for other in range(3) if other != axis]
    within = (np.abs(local[:, others]) <= half[others]).all(axis=1)
    if axis != 2:
        # The street goes on beyond every side.
        within &= local[:, 2] > -half[2] + min(FLOOR_M, half[2] / 2)
    reach = np.sort(sign * local[within, axis])
    reach = reach[(reach >= -half[axis]) & (reach <= half[axis] + OUT_M)]
    inside = int(np.searchsorted(reach, half[axis], side="right"))
    if inside < FEWEST:
        raise AssistError(
            f"only {inside} points in the cuboid, {FEWEST} are needed", f"face {face}",
            "move the face by hand",
        )  # fmt: skip
    # Beyond the face only what follows the points inside without a gap.
    gaps = np.flatnonzero(np.diff(reach) > GAP_M)
    beyond = gaps[gaps >= inside - 1]
    count = int(beyond[0]) + 1 if len(beyond) else len(reach)
    outermost_m = float(reach[count - 1 - count // STRAYS])
    side_m = max(outermost_m + margin_m + half[axis], SMALLEST_M)
    size = cuboid.size_lwh_m.copy()
    size[axis] = side_m
    shift = np.zeros(3)
    shift[axis] = sign * (side_m / 2 - half[axis])
    pose = cuboid.frame_SE3_cuboid
    return Cuboid(SE3(pose.rotation, pose.transform(shift)), size)


def on_ground(cuboid: Cuboid, ground: GroundPlane, *, tilt: bool = False) -> Cuboid:
    """A cuboid that stands on the ground: moved along `up` until the middle of its bottom is there.

    Args:
        cuboid: in the ego frame.
        ground: under it.
        tilt: whether it leans with the slope; its heading stays the way it points seen from above. Else
            it is as upright as it was.

    Raises:
        AssistError: the ground is steeper than a cuboid is tilted to.
    """
    pose, up = cuboid.frame_SE3_cuboid, ground.up
    rotation = pose.rotation
    if tilt:
        slope_rad = float(np.arccos(np.clip(ground.normal @ up, -1.0, 1.0)))
        if slope_rad > STEEPEST_RAD:
            raise AssistError(
                f"the ground rises by {np.degrees(slope_rad):.0f}°, the limit is "
                f"{np.degrees(STEEPEST_RAD):.0f}°", "", "tilt the cuboid by hand",
            )  # fmt: skip
        rotation = _along(rotation[:, 0], ground.normal, up)
    bottom_m = cuboid.center_m - rotation[:, 2] * cuboid.height_m / 2
    center_m = cuboid.center_m - up * float(ground.above_m(bottom_m))
    return Cuboid(SE3(rotation, center_m), cuboid.size_lwh_m)


def _along(heading: FloatArray, normal: FloatArray, up: FloatArray) -> FloatArray:
    """The rotation with z along a normal whose x is over a heading when seen along `up`, (3, 3)."""
    # The plane through the heading and up, cut with the plane of the ground.
    x = np.cross(np.cross(up, heading), normal)
    x = x / np.linalg.norm(x)
    return np.stack([x, np.cross(normal, x), normal], axis=1)
