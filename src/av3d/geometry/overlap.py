"""Overlap of oriented cuboids: exact intersection over union, seen from above and in 3D."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from av3d.geometry.clip import clip_polygons
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

UPRIGHT_RAD = 1e-10
"""A cuboid whose height axis leans by less than this counts as upright."""

_FACE_CORNERS = [corner for face in FACES.values() for corner in face]


def convex_intersection(first: FloatArray, second: FloatArray) -> FloatArray:
    """Intersection of two convex polygons, both counter-clockwise, (N, 2), (M, 2) → (K, 2).

    Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974.
    """
    result = [(float(x), float(y)) for x, y in first]
    count = len(second)
    for index in range(count):
        ax, ay = float(second[index][0]), float(second[index][1])
        bx, by = float(second[(index + 1) % count][0]), float(second[(index + 1) % count][1])
        if not result:
            break
        # Positive to the left of the edge a→b, which is the inside of a counter-clockwise polygon.
        sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in result]
        clipped: list[tuple[float, float]] = []
        for current, point in enumerate(result):
            side = sides[current]
            following = (current + 1) % len(result)
            next_side = sides[following]
            if side >= 0:
                clipped.append(point)
            if (side > 0 > next_side) or (side < 0 < next_side):
                fraction = side / (side - next_side)
                other = result[following]
                clipped.append(
                    (
                        point[0] + fraction * (other[0] - point[0]),
                        point[1] + fraction * (other[1] - point[1]),
                    )
                )
        result = clipped
    return np.array(result, dtype=np.float64).reshape(-1, 2)


def polygon_area(polygon: FloatArray) -> float:
    """Signed area of a simple polygon (N, 2), positive when counter-clockwise (shoelace formula)."""
    if len(polygon) < 3:
        return 0.0
    # Relative to the first corner, so that map coordinates of a million metres keep their digits.
    x, y = (polygon - polygon[0]).T
    return float(0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def footprint(cuboid: Cuboid) -> FloatArray:
    """Convex outline of a cuboid seen along -z, counter-clockwise, (N, 2).

    An upright cuboid gives its floor rectangle. A tilted one gives the outline of its projection.
    """
    corners = cuboid.corners_m()[:, :2]
    if _is_upright(cuboid):
        outline = corners[:4]
        return outline if polygon_area(outline) > 0 else outline[::-1]
    return _convex_hull(corners)


def bev_iou(first: Cuboid, second: Cuboid) -> float:
    """Intersection over union of the footprints in the xy plane, 0 to 1."""
    first, second = _near_origin(first, second)
    if _far_apart(first, second, axes=2):
        return 0.0
    outline_1, outline_2 = footprint(first), footprint(second)
    intersection = abs(polygon_area(convex_intersection(outline_1, outline_2)))
    union = abs(polygon_area(outline_1)) + abs(polygon_area(outline_2)) - intersection
    return float(np.clip(intersection / union, 0.0, 1.0))


def iou_3d(first: Cuboid, second: Cuboid) -> float:
    """Intersection over union of the volumes, 0 to 1; exact for any two orientations."""
    first, second = _near_origin(first, second)
    if _far_apart(first, second, axes=3):
        return 0.0
    # In the first cuboid's own frame its height axis is z, whatever the slope of the road is.
    local = second.in_frame(first.frame_SE3_cuboid.inverse())
    half_m = first.size_lwh_m / 2
    if _is_upright(local):
        intersection = _prism_volume(half_m, local)
    else:
        intersection = _polyhedron_volume(half_m, local)
    union = first.volume_m3 + second.volume_m3 - intersection
    return float(np.clip(intersection / union, 0.0, 1.0))


def _is_upright(cuboid: Cuboid) -> bool:
    # The horizontal part of the height axis: a cosine would not tell angles below 1e-8 from 0.
    return bool(np.abs(cuboid.frame_SE3_cuboid.rotation[:2, 2]).max() < UPRIGHT_RAD)


def _prism_volume(half_m: FloatArray, other: Cuboid) -> float:
    """Volume that the box of +-half_m (3,) shares with a cuboid whose height axis is parallel to z."""
    length, width, height = half_m
    floor = np.array([[length, width], [-length, width], [-length, -width], [length, -width]])
    area = abs(polygon_area(convex_intersection(floor, footprint(other))))
    z, other_height = other.center_m[2], other.height_m / 2
    return float(area * max(0.0, min(height, z + other_height) - max(-height, z - other_height)))


def _polyhedron_volume(half_m: FloatArray, other: Cuboid) -> float:
    """Volume that the box of +-half_m (3,) shares with any cuboid.

    Every corner of the shared body lies on a face of the one that is cut to the other, so the body
    is the convex hull of those.
    """
    box = Cuboid(SE3.identity(), 2 * half_m)
    box_seen_from_other = box.in_frame(other.frame_SE3_cuboid.inverse())
    points = [
        *_face_parts(other, half_m),
        *other.frame_SE3_cuboid.transform(_face_parts(box_seen_from_other, other.size_lwh_m / 2)),
    ]
    if len(points) < 4:
        return 0.0
    try:
        return float(ConvexHull(np.array(points)).volume)
    except QhullError:
        return 0.0  # the bodies share a face, an edge or a point, which has no volume


def _face_parts(cuboid: Cuboid, half_m: FloatArray) -> FloatArray:
    """Corners (N, 3) of the parts of a cuboid's faces that lie in the box of +-half_m (3,)."""
    # Faces of equal cuboids coincide but for rounding and must count as inside.
    limits = half_m * (1 + 1e-12) + 1e-12
    corners = cuboid.corners_m()[_FACE_CORNERS]
    face = np.repeat(np.arange(len(FACES)), 4)
    for axis in range(3):
        for sign in (1.0, -1.0):
            corners, face = clip_polygons(corners, face, limits[axis] - sign * corners[:, axis])
    return corners


def _far_apart(first: Cuboid, second: Cuboid, axes: int) -> bool:
    """Whether the balls around two cuboids miss each other in the first axes; so most pairs do."""
    distance_m = np.linalg.norm((second.center_m - first.center_m)[:axes])
    reach_m = np.linalg.norm(first.size_lwh_m) + np.linalg.norm(second.size_lwh_m)
    return bool(2 * distance_m > reach_m)


def _near_origin(first: Cuboid, second: Cuboid) -> tuple[Cuboid, Cuboid]:
    """Shift both by the same amount, so that large map coordinates keep their digits."""
    rotation_1, rotation_2 = first.frame_SE3_cuboid.rotation, second.frame_SE3_cuboid.rotation
    return (
        Cuboid(SE3(rotation_1, np.zeros(3)), first.size_lwh_m),
        Cuboid(SE3(rotation_2, second.center_m - first.center_m), second.size_lwh_m),
    )


def _convex_hull(points: FloatArray) -> FloatArray:
    """Counter-clockwise hull, (N, 2) → (M, 2); A. M. Andrew's monotone chain, 1979."""
    ordered = sorted({(float(x), float(y)) for x, y in points})

    def half(sequence: list[tuple[float, float]]) -> list[tuple[float, float]]:
        chain: list[tuple[float, float]] = []
        for point in sequence:
            while len(chain) >= 2:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) > 0:
                    break
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]), dtype=np.float64).reshape(-1, 2)
