"""Overlap of oriented cuboids: exact intersection over union, seen from above and in 3D."""

from __future__ import annotations

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.types import FloatArray


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
    if abs(cuboid.frame_SE3_cuboid.rotation[2, 2]) > 1 - 1e-12:
        outline = corners[:4]
        return outline if polygon_area(outline) > 0 else outline[::-1]
    return _convex_hull(corners)


def bev_iou(first: Cuboid, second: Cuboid) -> float:
    """Intersection over union of the footprints in the xy plane, 0 to 1."""
    outline_1, outline_2 = _near_origin(footprint(first), footprint(second))
    intersection = abs(polygon_area(convex_intersection(outline_1, outline_2)))
    union = abs(polygon_area(outline_1)) + abs(polygon_area(outline_2)) - intersection
    return float(np.clip(intersection / union, 0.0, 1.0))


def iou_3d(first: Cuboid, second: Cuboid) -> float:
    """Intersection over union of the volumes, 0 to 1.

    Exact where both cuboids stand upright on the xy plane or share one tilt (the intersection is
    then a prism along their common height axis). For two cuboids with different tilts the first
    one's height axis is used for both, which is what benchmark toolkits do with their upright boxes.
    """
    # In the first cuboid's own frame its height axis is z, whatever the slope of the road is.
    second_local = second.in_frame(first.frame_SE3_cuboid.inverse())
    length, width, height = first.size_lwh_m / 2
    outline_1 = np.array([[length, width], [-length, width], [-length, -width], [length, -width]])
    outline_2 = Cuboid.from_yaw(
        second_local.center_m, second_local.size_lwh_m, second_local.yaw_rad
    )
    floor_2 = footprint(outline_2)
    area = abs(polygon_area(convex_intersection(outline_1, floor_2)))
    z_2, half_2 = second_local.center_m[2], second.height_m / 2
    overlap_z = min(height, z_2 + half_2) - max(-height, z_2 - half_2)
    intersection = area * max(0.0, overlap_z)
    union = first.volume_m3 + second.volume_m3 - intersection
    return float(np.clip(intersection / union, 0.0, 1.0))


def _near_origin(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shift both by the same amount, so that large map coordinates keep their digits."""
    origin = first.mean(axis=0)
    return first - origin, second - origin


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
