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


def clip_polygon(polygon: FloatArray, inside: FloatArray) -> FloatArray:
    """The part of a polygon on the inner side of a plane or line.

    Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974, for one side.

    Args:
        polygon: corners, (N, D).
        inside: signed distance of each corner, not negative inside, (N,); any scale.

    Returns:
        The corners that remain, (M, D); M may be 0.
    """
    keep = inside >= 0
    if keep.all():
        return polygon
    if not keep.any():
        return polygon[:0]
    kept: list[FloatArray] = []
    for index in range(len(polygon)):
        following = (index + 1) % len(polygon)
        if keep[index]:
            kept.append(polygon[index])
        if keep[index] != keep[following]:
            fraction = inside[index] / (inside[index] - inside[following])
            kept.append(polygon[index] + fraction * (polygon[following] - polygon[index]))
    return np.array(kept)


def clip_polygon_to_near_plane(polygon_m: FloatArray, near_m: float) -> FloatArray:
    """Cut a 3D polygon (N, 3) at z = near, keeping the part in front, (M, 3); M may be 0."""
    polygon = np.asarray(polygon_m, dtype=np.float64)
    kept = clip_polygon(polygon, polygon[:, 2] - near_m).copy()
    # Corners that were cut lie in the plane, whatever rounding says: they are still projected.
    kept[:, 2] = np.maximum(kept[:, 2], near_m)
    return kept


def clip_polygon_to_rectangle(
    polygon: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> FloatArray:
    """Cut a 2D polygon (N, 2) to an axis-aligned rectangle, (M, 2); M may be 0.

    Where the rectangle cuts a polygon that is not convex into several parts, they stay connected by
    lines along the border.
    """
    points = np.asarray(polygon, dtype=np.float64)
    for axis in (0, 1):
        points = clip_polygon(points, points[:, axis] - low[axis])
        points = clip_polygon(points, high[axis] - points[:, axis])
    # Corners that were cut lie on the border, whatever rounding says.
    return np.clip(points, low, high)


def clip_segments_to_rectangle(
    starts: FloatArray, ends: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut 2D segments (N, 2) to a rectangle; returns starts, ends and a mask of what remains.

    Y. Liang and B. Barsky, "A new concept and method for line clipping", ACM TOG 3(1), 1984.
    """
    start, end = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    both = np.concatenate([start, end])
    if ((both >= low) & (both <= high)).all():  # most cuboids are wholly on the image
        return start.copy(), end.copy(), np.ones(len(start), dtype=bool)
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
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                ratio = q / p
            enter = np.where(p < 0, np.maximum(enter, ratio), enter)
            leave = np.where(p > 0, np.minimum(leave, ratio), leave)
    alive &= enter <= leave
    # What does not remain comes back unchanged; its parameters may be too large to multiply. Cut
    # ends are put exactly on the border, whatever rounding says.
    new_start, new_end = start.copy(), end.copy()
    for new, fraction, cut in (
        (new_start, enter, alive & (enter > 0)),
        (new_end, leave, alive & (leave < 1)),
    ):
        new[cut] = np.clip(start[cut] + fraction[cut, None] * step[cut], low, high)
    return new_start, new_end, alive
