"""Two tracks in the frames in which both are there: how deep their cuboids lie in each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.geometry.clip import clip_polygons, next_corner
from av3d.qa.subject import Subject
from av3d.types import FloatArray, IntArray

LEAST_HEIGHT_M = 0.3
"""Cuboids that share less height than this lie above each other: a lorry's load, a bridge."""


@dataclass(frozen=True, eq=False)
class Meeting:
    """The K frames in which the cuboids of two tracks lie in each other, seen from above.

    Attributes:
        frames: their indices in the log, (K,).
        times_ns: their timestamps, (K,).
        depths_m: the shortest way, along a side of one of the two, that takes them apart, (K,).
        shared: area that both cover, as part of the smaller one's, (K,).
        ious: area that both cover over that which either covers, (K,).
        together: in how many frames both are there.
    """

    frames: IntArray
    times_ns: IntArray
    depths_m: FloatArray
    shared: FloatArray
    ious: FloatArray
    together: int


def common_rows(one: Subject, other: Subject) -> tuple[IntArray, IntArray]:
    """Rows of two tracks of the frames in which both are there, (K,) each."""
    a, b = one.frames, other.frames
    if not len(a) or not len(b) or a[0] > b[-1] or b[0] > a[-1]:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    if a[-1] - a[0] + 1 == len(a) and b[-1] - b[0] + 1 == len(b):
        # Neither goes away and comes back, as nearly always: no search is needed.
        first, last = max(int(a[0]), int(b[0])), min(int(a[-1]), int(b[-1]))
        rows = np.arange(first, last + 1, dtype=np.int64)
        return rows - a[0], rows - b[0]
    _, rows_a, rows_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return rows_a.astype(np.int64), rows_b.astype(np.int64)


def meeting(one: Subject, other: Subject) -> Meeting | None:
    """Where the cuboids of two tracks lie in each other; None if they do so nowhere."""
    rows, others = common_rows(one, other)
    if not len(rows):
        return None
    together = len(rows)
    apart_m = np.hypot(*(one.centers_m[rows, :2] - other.centers_m[others, :2]).T)
    reach_m = np.hypot(*one.sizes_lwh_m[rows, :2].T) + np.hypot(*other.sizes_lwh_m[others, :2].T)
    near = 2 * apart_m < reach_m
    if not near.any():
        return None
    rows, others = rows[near], others[near]
    depths_m = _depths_m(one, rows, other, others)
    deep = depths_m > 0
    if not deep.any():
        return None
    rows, others, depths_m = rows[deep], others[deep], depths_m[deep]
    shared_m2 = _shared_m2(one, rows, other, others)
    areas_m2 = [
        np.asarray(subject.sizes_lwh_m[at, 0] * subject.sizes_lwh_m[at, 1])
        for subject, at in ((one, rows), (other, others))
    ]
    return Meeting(
        one.frames[rows],
        one.times_ns[rows],
        depths_m,
        np.asarray(np.minimum(shared_m2 / np.minimum(*areas_m2), 1.0)),
        np.asarray(np.minimum(shared_m2 / (areas_m2[0] + areas_m2[1] - shared_m2), 1.0)),
        together,
    )


def _axes(subject: Subject, rows: IntArray) -> FloatArray:
    """Directions of length and width on the ground, (K, 2, 2), unit vectors in rows."""
    yaws_rad = subject.yaws_rad[rows]
    cos, sin = np.cos(yaws_rad), np.sin(yaws_rad)
    return np.stack([np.stack([cos, sin], axis=1), np.stack([-sin, cos], axis=1)], axis=1)


def _depths_m(one: Subject, rows: IntArray, other: Subject, others: IntArray) -> FloatArray:
    """The shortest way along a side that takes the rectangles apart; not above 0 where they are, (K,).

    Two convex outlines are apart if a side of one of them separates them (the theorem of separating
    axes; Gottschalk, Lin, Manocha, "OBBTree", SIGGRAPH 1996). Cuboids that share little height are.
    """
    axes, other_axes = _axes(one, rows), _axes(other, others)
    halves, other_halves = one.sizes_lwh_m[rows] / 2, other.sizes_lwh_m[others] / 2
    apart_m = other.centers_m[others] - one.centers_m[rows]
    depths_m = np.full(len(rows), np.inf)
    for directions in (axes, other_axes):
        # How far the two reach along each direction, from their centres, taken together, (K, 2).
        reach_m = np.zeros((len(rows), 2))
        for sides, half in ((axes, halves), (other_axes, other_halves)):
            parts = np.abs(directions @ sides.transpose(0, 2, 1))
            reach_m += (parts * half[:, None, :2]).sum(axis=2)
        along_m = np.abs((directions * apart_m[:, None, :2]).sum(axis=2))
        depths_m = np.minimum(depths_m, (reach_m - along_m).min(axis=1))
    height_m = halves[:, 2] + other_halves[:, 2] - np.abs(apart_m[:, 2])
    least_m = np.minimum(LEAST_HEIGHT_M, np.minimum(halves[:, 2], other_halves[:, 2]))
    return np.asarray(np.where(height_m > least_m, depths_m, 0.0))


def _shared_m2(one: Subject, rows: IntArray, other: Subject, others: IntArray) -> FloatArray:
    """Area that two rectangles share, (K,): those of the one cut to the other, all at once."""
    axes, other_axes = _axes(one, rows), _axes(other, others)
    half_m = one.sizes_lwh_m[rows, :2] / 2
    signs = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    corners_m = signs * other.sizes_lwh_m[others, None, :2] / 2
    world_m = corners_m @ other_axes + (other.centers_m[others] - one.centers_m[rows])[:, None, :2]
    local_m = (world_m @ axes.transpose(0, 2, 1)).reshape(-1, 2)
    owner = np.repeat(np.arange(len(rows)), 4)
    for axis in range(2):
        for sign in (1.0, -1.0):
            local_m, owner = clip_polygons(
                local_m, owner, half_m[owner, axis] - sign * local_m[:, axis]
            )
    if not len(owner):
        return np.zeros(len(rows))
    after = next_corner(owner)  # the shoelace formula, within each polygon
    twice_m2 = local_m[:, 0] * local_m[after, 1] - local_m[after, 0] * local_m[:, 1]
    return np.asarray(np.abs(np.bincount(owner, weights=twice_m2, minlength=len(rows))) / 2)
