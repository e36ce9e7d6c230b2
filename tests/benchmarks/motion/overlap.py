"""3D IoU of two poses of one cuboid, exact for any orientation, compiled: thousands at a time.

Independent of `av3d.geometry.overlap`, against which it is tested.
"""

from __future__ import annotations

import numpy as np

from av3d.compiling import compiled
from av3d.types import FloatArray

ROOM = 16
"""Corners of a polygon: a quadrilateral gains at most one from each of six cuts."""


@compiled("int64(float64[:, ::1], int64, int64, float64, float64, float64[:, ::1])")
def _cut(polygon, count, axis, sign, limit, into):
    """Keep the part of a polygon with sign · coordinate <= limit; Sutherland and Hodgman, 1974."""
    made = 0
    for row in range(count):
        following = row + 1 if row + 1 < count else 0
        here = limit - sign * polygon[row, axis]
        there = limit - sign * polygon[following, axis]
        if here >= 0.0:
            into[made] = polygon[row]
            made += 1
        if (here > 0.0 and there < 0.0) or (here < 0.0 and there > 0.0):
            part = here / (here - there)
            for k in range(3):
                into[made, k] = polygon[row, k] + part * (polygon[following, k] - polygon[row, k])
            made += 1
    return made


@compiled("float64(float64[:, ::1], int64)")
def _area(polygon, count):
    """Area of a plane polygon in space."""
    x = y = z = 0.0
    for row in range(1, count - 1):
        ax = polygon[row, 0] - polygon[0, 0]
        ay = polygon[row, 1] - polygon[0, 1]
        az = polygon[row, 2] - polygon[0, 2]
        bx = polygon[row + 1, 0] - polygon[0, 0]
        by = polygon[row + 1, 1] - polygon[0, 1]
        bz = polygon[row + 1, 2] - polygon[0, 2]
        x += ay * bz - az * by
        y += az * bx - ax * bz
        z += ax * by - ay * bx
    return np.sqrt(x * x + y * y + z * z) / 2.0


@compiled("float64(float64[:, ::1], float64[::1], float64[::1], int64, float64, boolean)")
def _face_area(turn, shift, half, axis, sign, with_shared):
    """Area of the part of one face of a cuboid that lies in the cuboid at the origin.

    Both have the half sides `half`; the first has the orientation `turn` and the centre `shift`. A face
    that lies in a face of the other, on the same side, belongs to both: it counts `with_shared` only.
    """
    polygon = np.empty((ROOM, 3))
    other = np.empty((ROOM, 3))
    second = (axis + 1) % 3
    third = (axis + 2) % 3
    for corner in range(4):
        u = half[second] if corner in (0, 3) else -half[second]
        v = half[third] if corner in (0, 1) else -half[third]
        for k in range(3):
            polygon[corner, k] = (
                shift[k] + sign * turn[k, axis] * half[axis] + turn[k, second] * u
            ) + turn[k, third] * v
    for k in range(3):
        for side in (1.0, -1.0):
            apart = 0.0
            for corner in range(4):
                apart = max(apart, abs(half[k] - side * polygon[corner, k]))
            if apart < 1e-9 and (side * sign * turn[k, axis] < 0.0 or not with_shared):
                return 0.0
    count = 4
    for k in range(3):
        for side in (1.0, -1.0):
            count = _cut(polygon, count, k, side, half[k] + 1e-12, other)
            polygon, other = other, polygon
    return _area(polygon, count) if count >= 3 else 0.0


@compiled("float64(float64[:, ::1], float64[::1], float64[::1])")
def _shared_volume(turn, shift, half):
    """Volume that two cuboids of one size share: that of cones from the origin over its surface."""
    back = np.zeros(3)
    turned = np.empty((3, 3))
    for i in range(3):
        for k in range(3):
            back[i] -= turn[k, i] * shift[k]
            turned[i, k] = turn[k, i]
    volume = 0.0
    for axis in range(3):
        for sign in (1.0, -1.0):
            height = half[axis]
            for k in range(3):
                height += sign * turn[k, axis] * shift[k]
            volume += height * _face_area(turn, shift, half, axis, sign, False)
            # The faces of the cuboid at the origin, seen by the other.
            volume += half[axis] * _face_area(turned, back, half, axis, sign, True)
    return volume / 3.0


@compiled("float64(float64[:, ::1], float64[::1], float64[::1])")
def _shared_footprint(turn, shift, half):
    """Area that two rectangles share, one of them at the origin, the other turned and shifted."""
    polygon = np.zeros((ROOM, 3))
    other = np.zeros((ROOM, 3))
    for corner in range(4):
        u = half[0] if corner in (0, 3) else -half[0]
        v = half[1] if corner in (0, 1) else -half[1]
        for k in range(2):
            polygon[corner, k] = shift[k] + turn[k, 0] * u + turn[k, 1] * v
    count = 4
    for k in range(2):
        for side in (1.0, -1.0):
            count = _cut(polygon, count, k, side, half[k], other)
            polygon, other = other, polygon
    return _area(polygon, count) if count >= 3 else 0.0


@compiled(
    "float64[::1](float64[:, ::1], float64[:, :, ::1], float64[:, ::1], float64[:, :, ::1], "
    "float64[::1])"
)
def _ious(centers_1, rotations_1, centers_2, rotations_2, size):
    found = np.zeros(len(centers_1))
    half = size / 2.0
    volume = size[0] * size[1] * size[2]
    reach = 2.0 * np.sqrt((half * half).sum())
    shift = np.empty(3)
    turn = np.empty((3, 3))
    for row in range(len(centers_1)):
        step = centers_2[row] - centers_1[row]
        if not np.sqrt((step * step).sum()) < reach:
            continue
        # The second cuboid in the frame of the first.
        for i in range(3):
            shift[i] = 0.0
            for k in range(3):
                shift[i] += rotations_1[row, k, i] * step[k]
            for j in range(3):
                turn[i, j] = 0.0
                for k in range(3):
                    turn[i, j] += rotations_1[row, k, i] * rotations_2[row, k, j]
        if abs(turn[0, 2]) < 1e-10 and abs(turn[1, 2]) < 1e-10:
            shared = _shared_footprint(turn, shift, half) * max(0.0, size[2] - abs(shift[2]))
        else:
            shared = _shared_volume(turn, shift, half)
        found[row] = min(shared / (2.0 * volume - shared), 1.0)
    return found


def ious_3d(
    centers_1_m: FloatArray,
    rotations_1: FloatArray,
    centers_2_m: FloatArray,
    rotations_2: FloatArray,
    size_lwh_m: FloatArray,
) -> FloatArray:
    """Intersection over union of the volumes of two cuboids of one size, row by row, (M,).

    Args:
        centers_1_m, centers_2_m: in one frame of reference, (M, 3).
        rotations_1, rotations_2: frame from cuboid, (M, 3, 3).
        size_lwh_m: (3,).
    """
    # Compiled for arrays that may be written to; poses may not.
    arrays = (centers_1_m, rotations_1, centers_2_m, rotations_2, size_lwh_m)
    found: FloatArray = _ious(*(np.array(array, dtype=np.float64, order="C") for array in arrays))
    return found
