"""Compiled loops: how much many pairs of cuboids overlap, whatever way they are turned.

Importing this module compiles the kernels (some seconds the first time, then from numba's cache), so
it is imported inside the functions that use it. The kernels release the GIL. What one pair gives is
that of `av3d.geometry.overlap`, which says it in less code and takes a thousand times as long.
"""

from __future__ import annotations

import numpy as np

from av3d.compiling import compiled
from av3d.types import FloatArray, IntArray

_SLACK = 1e-9
"""Part of a side by which a box is grown or shrunk, so that faces that coincide count once."""

_ROOM = 24
"""Corners that a polygon may have while it is cut: 4 + 6 of a face, 8 + 8 of two outlines."""


@compiled("int64(float64[:,::1], int64, int64, float64, float64, float64[:,::1])")
def _cut(
    polygon: FloatArray, count: int, axis: int, sign: float, limit: float, scratch: FloatArray
) -> int:
    """Keep the part of a convex polygon (count, 3) with sign * coordinate <= limit, in place.

    After I. E. Sutherland and G. W. Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974.
    """
    kept = 0
    for k in range(count):
        following = k + 1 if k + 1 < count else 0
        here = limit - sign * polygon[k, axis]
        there = limit - sign * polygon[following, axis]
        if here >= 0.0:
            scratch[kept] = polygon[k]
            kept += 1
        if (here > 0.0 and there < 0.0) or (here < 0.0 and there > 0.0):
            part = here / (here - there)
            for c in range(3):
                scratch[kept, c] = polygon[k, c] + part * (polygon[following, c] - polygon[k, c])
            kept += 1
    polygon[:kept] = scratch[:kept]
    return kept


@compiled("float64(float64[:,::1], int64)")
def _area(polygon: FloatArray, count: int) -> float:
    """Area of a flat polygon (count, 3) in space."""
    x = y = z = 0.0
    for k in range(1, count - 1):
        ax, ay, az = polygon[k] - polygon[0]
        bx, by, bz = polygon[k + 1] - polygon[0]
        x += ay * bz - az * by
        y += az * bx - ax * bz
        z += ax * by - ay * bx
    return 0.5 * float(np.sqrt(x * x + y * y + z * z))


@compiled(
    "float64(float64[:,::1], float64[::1], float64[::1], float64[::1], float64, float64[::1],"
    " float64[:,::1], float64[:,::1])"
)
def _faces(
    rotation: FloatArray,
    center: FloatArray,
    half: FloatArray,
    other: FloatArray,
    grown: float,
    origin: FloatArray,
    polygon: FloatArray,
    scratch: FloatArray,
) -> float:
    """The part of a volume's integral that the faces of a cuboid give.

    Args:
        rotation: of the cuboid in the frame of the other one, (3, 3).
        center: of it there, (3,).
        half: half of its sides, (3,).
        other: half of the sides of the other one, which lies at 0, (3,).
        grown: by what part the other one is larger when faces are cut to it.
        origin: from which the distances of faces are measured, (3,).
        polygon: room for (_ROOM, 3).
        scratch: the same.

    Returns:
        Sum over faces of the area that lies in the other cuboid, times their distance from the origin.
    """
    total = 0.0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for side in range(2):
            sign = 1.0 - 2.0 * side
            distance = half[axis]
            for c in range(3):
                middle = center[c] + sign * half[axis] * rotation[c, axis]
                along, across = half[u] * rotation[c, u], half[v] * rotation[c, v]
                polygon[0, c] = middle + along + across
                polygon[1, c] = middle - along + across
                polygon[2, c] = middle - along - across
                polygon[3, c] = middle + along - across
                distance += sign * rotation[c, axis] * (center[c] - origin[c])
            count = 4
            for cut in range(3):
                # Faces that coincide and look at each other are where two boxes touch from outside.
                towards = sign * rotation[cut, axis]
                limit = other[cut] * (1.0 + (grown if towards >= 0.0 else -_SLACK))
                count = _cut(polygon, count, cut, 1.0, limit, scratch)
                limit = other[cut] * (1.0 + (grown if towards <= 0.0 else -_SLACK))
                count = _cut(polygon, count, cut, -1.0, limit, scratch)
            if count > 2:
                total += distance * _area(polygon, count)
    return total


@compiled("int64(float64[:,:], float64[::1], float64[::1], float64[:,::1], float64[:,::1])")
def _outline(
    rotation: FloatArray,
    center: FloatArray,
    half: FloatArray,
    outline: FloatArray,
    scratch: FloatArray,
) -> int:
    """Convex outline of a cuboid seen from above, counter-clockwise; returns its corners' number.

    By A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979.
    """
    for k in range(8):
        sx = half[0] if k & 1 else -half[0]
        sy = half[1] if k & 2 else -half[1]
        sz = half[2] if k & 4 else -half[2]
        for c in range(2):
            scratch[k, c] = (
                center[c] + rotation[c, 0] * sx + rotation[c, 1] * sy + rotation[c, 2] * sz
            )
    for k in range(1, 8):  # sorted by x, then y
        x, y = scratch[k, 0], scratch[k, 1]
        place = k
        while place > 0 and (
            scratch[place - 1, 0] > x or (scratch[place - 1, 0] == x and scratch[place - 1, 1] > y)
        ):
            scratch[place, 0], scratch[place, 1] = scratch[place - 1, 0], scratch[place - 1, 1]
            place -= 1
        scratch[place, 0], scratch[place, 1] = x, y
    count = 0
    for turn in range(2):
        first = count
        for k in range(8):
            row = k if turn == 0 else 7 - k
            x, y = scratch[row, 0], scratch[row, 1]
            while count - first >= 2:
                ax, ay = outline[count - 2, 0], outline[count - 2, 1]
                bx, by = outline[count - 1, 0], outline[count - 1, 1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                    break
                count -= 1
            outline[count, 0], outline[count, 1] = x, y
            count += 1
        count -= 1  # the end of one half is the begin of the other
    for k in range(count):
        outline[k, 2] = 0.0
    return count


@compiled("int64(float64[:,::1], int64, float64[:,::1], int64, float64[:,::1])")
def _shared(
    polygon: FloatArray, count: int, other: FloatArray, others: int, scratch: FloatArray
) -> int:
    """Cut a convex polygon seen from above to another one, in place; both counter-clockwise."""
    for edge in range(others):
        following = edge + 1 if edge + 1 < others else 0
        ax, ay = other[edge, 0], other[edge, 1]
        dx, dy = other[following, 0] - ax, other[following, 1] - ay
        kept = 0
        for k in range(count):
            after = k + 1 if k + 1 < count else 0
            here = dx * (polygon[k, 1] - ay) - dy * (polygon[k, 0] - ax)
            there = dx * (polygon[after, 1] - ay) - dy * (polygon[after, 0] - ax)
            if here >= 0.0:
                scratch[kept] = polygon[k]
                kept += 1
            if (here > 0.0 and there < 0.0) or (here < 0.0 and there > 0.0):
                part = here / (here - there)
                for c in range(3):
                    scratch[kept, c] = polygon[k, c] + part * (polygon[after, c] - polygon[k, c])
                kept += 1
        polygon[:kept] = scratch[:kept]
        count = kept
    return count


@compiled(
    "void(float64[:,::1], float64[:,:,::1], float64[:,::1], float64[:,::1], float64[:,:,::1],"
    " float64[:,::1], int64[::1], int64[::1], float64[:,::1])"
)
def overlaps(
    centers_m: FloatArray,
    rotations: FloatArray,
    sizes_lwh_m: FloatArray,
    other_centers_m: FloatArray,
    other_rotations: FloatArray,
    other_sizes_lwh_m: FloatArray,
    rows: IntArray,
    other_rows: IntArray,
    result: FloatArray,
) -> None:
    """Overlap of pairs of cuboids: intersection over union.

    The volume that two cuboids share is a third of the sum over its faces of their area times their
    distance from any point (divergence theorem); its faces are the parts of each one's faces that lie
    in the other. Heights are compared along the height axis of the second of each pair.

    Args:
        centers_m: of N cuboids, (N, 3).
        rotations: of these, from each to the common frame, (N, 3, 3).
        sizes_lwh_m: of these, (N, 3).
        other_centers_m: of M cuboids in the same frame, (M, 3).
        other_rotations: of these, (M, 3, 3).
        other_sizes_lwh_m: of these, (M, 3).
        rows: the first of each pair, (P,).
        other_rows: the second of each pair, (P,).
        result: in volume, seen from above, in height, each 0 to 1, (P, 3), out.
    """
    polygon, scratch = np.empty((_ROOM, 3)), np.empty((_ROOM, 3))
    outline = np.empty((_ROOM, 3))
    nowhere = np.zeros(3)
    for pair in range(len(rows)):
        i, j = rows[pair], other_rows[pair]
        half, other = 0.5 * sizes_lwh_m[i], 0.5 * other_sizes_lwh_m[j]
        one_R, two_R = rotations[i], other_rotations[j]
        # Near the origin, so that map coordinates of a million metres keep their digits.
        way = other_centers_m[j] - centers_m[i]
        relative, backwards = np.empty((3, 3)), np.empty((3, 3))
        center, back = np.zeros(3), np.zeros(3)
        for r in range(3):
            for c in range(3):
                value = 0.0
                for k in range(3):
                    value += one_R[k, r] * two_R[k, c]
                relative[r, c] = value
                backwards[c, r] = value
                center[r] += one_R[c, r] * way[c]
                back[r] -= two_R[c, r] * way[c]
        # Both sums from the middle of the first one, the second in the frame of the second.
        twice = _faces(relative, center, other, half, -_SLACK, nowhere, polygon, scratch)
        twice += _faces(backwards, back, half, other, _SLACK, back, polygon, scratch)
        shared = max(twice / 3.0, 0.0)
        volume = 8.0 * (half[0] * half[1] * half[2] + other[0] * other[1] * other[2])
        result[pair, 0] = min(shared / (volume - shared), 1.0)

        others = _outline(two_R, way, other, outline, scratch)
        floor = _area(outline, others)
        count = _outline(one_R, nowhere, half, polygon, scratch)
        both = floor + _area(polygon, count)
        count = _shared(polygon, count, outline, others, scratch)
        floor = _area(polygon, count) if count > 2 else 0.0
        result[pair, 1] = min(floor / (both - floor), 1.0)

        up = 0.0
        for k in range(3):
            up += two_R[k, 2] * way[k]
        top, bottom = min(half[2], up + other[2]), max(-half[2], up - other[2])
        high = max(top - bottom, 0.0)
        result[pair, 2] = min(high / (2.0 * (half[2] + other[2]) - high), 1.0)
