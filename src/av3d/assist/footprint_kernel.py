"""A compiled loop: how well many footprints fit the points of one object.

Importing this module compiles it (a second the first time, then from numba's cache), so it is imported
inside the functions that use it. It releases the GIL.
"""

from __future__ import annotations

import numpy as np

from av3d.compiling import compiled
from av3d.types import FloatArray


@compiled("void(float64[:,::1], float64[::1], float64[:,::1], float64[::1], float64[::1],"
          " float64, float64, float64[::1])")  # fmt: skip
def score_footprints(
    points_m: FloatArray,
    weights: FloatArray,
    footprints: FloatArray,
    sensor_m: FloatArray,
    table: FloatArray,
    first_m: float,
    step_m: float,
    scores: FloatArray,
) -> None:
    """Sums of a function of the points' depths below the faces that the sensor sees.

    The depth of a point inside is its distance to the nearest face that looks at the sensor; that of
    one outside is minus its distance to the face that it is farthest outside of.

    Args:
        points_m: x and y in a level frame, (N, 2).
        weights: how much each counts, (N,).
        footprints: x, y of the centre, heading in radians, length, width, (M, 5).
        sensor_m: x and y of the sensor, (2,).
        table: values of the function at depths first_m, of equal steps; its ends go on, (K,).
        first_m: the first depth of the table.
        step_m: from one to the next.
        scores: (M,), out.
    """
    last = table.shape[0] - 1
    for row in range(footprints.shape[0]):
        x, y, yaw, length, width = footprints[row]
        c, s = np.cos(yaw), np.sin(yaw)
        half_l, half_w = length / 2, width / 2
        sx, sy = sensor_m[0] - x, sensor_m[1] - y
        along, across = c * sx + s * sy, c * sy - s * sx
        front, back = along > half_l, along < -half_l
        left, right = across > half_w, across < -half_w
        any_face = front or back or left or right
        total = 0.0
        for k in range(points_m.shape[0]):
            dx, dy = points_m[k, 0] - x, points_m[k, 1] - y
            u, v = c * dx + s * dy, c * dy - s * dx
            to_end, to_side = half_l - abs(u), half_w - abs(v)
            depth = min(to_end, to_side)
            if depth >= 0.0 and any_face:
                depth = np.inf
                if front:
                    depth = half_l - u
                if back:
                    depth = half_l + u
                if left:
                    depth = min(depth, half_w - v)
                if right:
                    depth = min(depth, half_w + v)
            place = (depth - first_m) / step_m
            if place <= 0.0:
                value = table[0]
            elif place >= last:
                value = table[last]
            else:
                cell = int(place)
                value = table[cell] + (place - cell) * (table[cell + 1] - table[cell])
            total += weights[k] * value
        scores[row] = total
