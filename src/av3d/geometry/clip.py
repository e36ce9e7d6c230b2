"""Clipping of segments and polygons: near plane in 3D, image rectangle in 2D."""

from __future__ import annotations

import numpy as np

from av3d.types import BoolArray, FloatArray, IntArray


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


def clip_polygons(
    corners: FloatArray, owner: IntArray, inside: FloatArray
) -> tuple[FloatArray, IntArray]:
    """The parts of polygons on the inner side of a plane or line, many polygons at once.

    Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974, for one side.

    Args:
        corners: those of all polygons, one polygon after the other, (N, D).
        owner: number of the polygon that each corner belongs to, ascending, (N,).
        inside: signed distance of each corner, not negative inside, (N,); any scale.

    Returns:
        The corners that remain (M, D) and their polygons (M,), in the same order. A polygon may
        lose all of its corners.
    """
    keep = inside >= 0
    if keep.all():
        return corners, owner
    following = next_corner(owner)
    crossing = np.flatnonzero(keep != keep[following])
    onward = following[crossing]
    fraction = inside[crossing] / (inside[crossing] - inside[onward])
    # After each corner there is room for the point where its side crosses over.
    slots = np.empty((len(corners), 2, corners.shape[1]))
    slots[:, 0] = corners
    slots[crossing, 1] = corners[crossing] + fraction[:, None] * (
        corners[onward] - corners[crossing]
    )
    used: BoolArray = np.zeros((len(corners), 2), dtype=bool)
    used[:, 0] = keep
    used[crossing, 1] = True
    return slots[used], np.repeat(owner, used.sum(axis=1))


def next_corner(owner: IntArray) -> IntArray:
    """Index of the corner that follows each corner around its polygon, (N,); see `clip_polygons`."""
    following: IntArray = np.arange(1, len(owner) + 1)
    last = np.flatnonzero(np.diff(owner, append=-1))
    following[last] = np.concatenate([[0], last + 1])[:-1]
    return following


def clip_polygon_to_rectangle(
    polygon: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> FloatArray:
    """Cut one 2D polygon (N, 2) to a rectangle, (M, 2); see `clip_polygons_to_rectangle`."""
    points = np.asarray(polygon, dtype=np.float64)
    return clip_polygons_to_rectangle(points, np.zeros(len(points), dtype=np.int64), low, high)[0]


def clip_polygons_to_near_plane(
    corners_m: FloatArray, owner: IntArray, near_m: float
) -> tuple[FloatArray, IntArray]:
    """Cut 3D polygons at z = near, keeping the part in front; arguments as in `clip_polygons`."""
    kept, owner = clip_polygons(corners_m, owner, corners_m[:, 2] - near_m)
    kept = kept.copy()
    # Corners that were cut lie in the plane, whatever rounding says: they are still projected.
    kept[:, 2] = np.maximum(kept[:, 2], near_m)
    return kept, owner


def clip_polygons_to_rectangle(
    corners: FloatArray, owner: IntArray, low: tuple[float, float], high: tuple[float, float]
) -> tuple[FloatArray, IntArray]:
    """Cut 2D polygons to an axis-aligned rectangle; arguments as in `clip_polygons`.

    Where the rectangle cuts a polygon that is not convex into several parts, they stay connected by
    lines along the border.
    """
    for axis in (0, 1):
        corners, owner = clip_polygons(corners, owner, corners[:, axis] - low[axis])
        corners, owner = clip_polygons(corners, owner, high[axis] - corners[:, axis])
    # Corners that were cut lie on the border, whatever rounding says.
    return np.clip(corners, low, high), owner


def clip_segments_to_rectangle(
    starts: FloatArray, ends: FloatArray, low: tuple[float, float], high: tuple[float, float]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut 2D segments (N, 2) to a rectangle; returns starts, ends and a mask of what remains.

    Y. Liang and B. Barsky, "A new concept and method for line clipping", ACM TOG 3(1), 1984.
    """
    start, end = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    new_start, new_end = start.copy(), end.copy()
    alive: BoolArray = np.ones(len(start), dtype=bool)
    within = (np.minimum(start, end) >= low) & (np.maximum(start, end) <= high)
    rows = np.flatnonzero(~within.all(axis=1))  # most cuboids are wholly on the image
    if len(rows) == 0:
        return new_start, new_end, alive
    start, end = start[rows], end[rows]
    step = end - start
    enter = np.zeros(len(rows))
    leave = np.ones(len(rows))
    remains: BoolArray = np.ones(len(rows), dtype=bool)
    for axis in (0, 1):
        for p, q in (
            (-step[:, axis], start[:, axis] - low[axis]),
            (step[:, axis], high[axis] - start[:, axis]),
        ):
            remains &= ~((p == 0) & (q < 0))
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                ratio = q / p
            enter = np.where(p < 0, np.maximum(enter, ratio), enter)
            leave = np.where(p > 0, np.minimum(leave, ratio), leave)
    remains &= enter <= leave
    alive[rows] = remains
    # What does not remain comes back unchanged; its parameters may be too large to multiply. Cut
    # ends are put exactly on the border, whatever rounding says.
    for new, fraction, cut in (
        (new_start, enter, remains & (enter > 0)),
        (new_end, leave, remains & (leave < 1)),
    ):
        new[rows[cut]] = np.clip(start[cut] + fraction[cut, None] * step[cut], low, high)
    return new_start, new_end, alive
