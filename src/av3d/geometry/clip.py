"""Clipping of segments and polygons: near plane in 3D, image rectangle in 2D."""

from __future__ import annotations

import numpy as np

from av3d.types import BoolArray, FloatArray


def clip_segments_to_near_plane(
    starts_m: FloatArray, ends_m: FloatArray, near_m: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut 3D segments at the plane z = near, keeping the part in front.

    Args:
        starts_m: first ends in a camera frame (z forward), (N, 3).
        ends_m: second ends, (N, 3).
        near_m: distance of the plane, metres, positive.

    Returns:
        New starts and ends (N, 3) and a mask (N,) of the segments that have any part in front.
        An end that needs no cut comes back unchanged, bit for bit.
    """
    starts = np.array(starts_m, dtype=np.float64)
    ends = np.array(ends_m, dtype=np.float64)
    start_in = starts[:, 2] >= near_m
    end_in = ends[:, 2] >= near_m
    crossing = start_in != end_in
    step = ends[crossing] - starts[crossing]
    fraction = (near_m - starts[crossing, 2]) / step[:, 2]
    cut = starts[crossing] + fraction[:, None] * step
    cut[:, 2] = near_m
    cut_start = ~start_in[crossing]
    rows = np.flatnonzero(crossing)
    starts[rows[cut_start]] = cut[cut_start]
    ends[rows[~cut_start]] = cut[~cut_start]
    return starts, ends, start_in | end_in


def clip_polygon_to_near_plane(polygon_m: FloatArray, near_m: float) -> FloatArray:
    """Cut a 3D polygon (N, 3) at z = near, keeping the part in front, (M, 3); M may be 0.

    Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974, for one plane.
    """
    kept: list[FloatArray] = []
    for index in range(len(polygon_m)):
        current, following = polygon_m[index], polygon_m[(index + 1) % len(polygon_m)]
        if current[2] >= near_m:
            kept.append(current)
        if (current[2] >= near_m) != (following[2] >= near_m):
            fraction = (near_m - current[2]) / (following[2] - current[2])
            kept.append(current + fraction * (following - current))
    return np.array(kept, dtype=np.float64).reshape(-1, 3)


def clip_polygon_to_rectangle(
    polygon: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> FloatArray:
    """Cut a convex 2D polygon (N, 2) to an axis-aligned rectangle, (M, 2); M may be 0."""
    points = np.asarray(polygon, dtype=np.float64)
    for axis, limit, sign in (
        (0, low[0], 1.0), (0, high[0], -1.0), (1, low[1], 1.0), (1, high[1], -1.0),
    ):  # fmt: skip
        if len(points) == 0:
            break
        # Signed distance to the side: positive inside.
        distance = sign * (points[:, axis] - limit)
        following = np.roll(points, -1, axis=0)
        following_distance = np.roll(distance, -1)
        kept: list[FloatArray] = []
        for index in range(len(points)):
            if distance[index] >= 0:
                kept.append(points[index])
            if (distance[index] >= 0) != (following_distance[index] >= 0):
                fraction = distance[index] / (distance[index] - following_distance[index])
                kept.append(points[index] + fraction * (following[index] - points[index]))
        points = np.array(kept, dtype=np.float64).reshape(-1, 2)
    return points


def clip_segments_to_rectangle(
    starts: FloatArray, ends: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut 2D segments (N, 2) to a rectangle; returns starts, ends and a mask of what remains.

    Y. Liang and B. Barsky, "A new concept and method for line clipping", ACM TOG 3(1), 1984.
    """
    start, end = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    step = end - start
    enter = np.zeros(len(start))
    leave = np.ones(len(start))
    alive: BoolArray = np.ones(len(start), dtype=bool)
    for axis in (0, 1):
        for p, q in (
            (-step[:, axis], start[:, axis] - low[axis]),
            (step[:, axis], high[axis] - start[:, axis]),
        ):
            alive &= ~((p == 0) & (q < 0))
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = q / p
            enter = np.where(p < 0, np.maximum(enter, ratio), enter)
            leave = np.where(p > 0, np.minimum(leave, ratio), leave)
    alive &= enter <= leave
    new_start = np.where((enter > 0)[:, None], start + enter[:, None] * step, start)
    new_end = np.where((leave < 1)[:, None], start + leave[:, None] * step, end)
    return new_start, new_end, alive
