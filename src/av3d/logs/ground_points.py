"""Which points of a cloud are ground, everywhere around the vehicle: for hiding it.

The lowest points of square cells make a surface. It may not rise faster than a steep street, which
fills cells without ground from those around them and keeps the surface under walls and vehicles; what
is left of cars that stand on it is cut off by a morphological opening, which leaves slopes as they are
(the idea of Zhang et al., "A progressive morphological filter for removing nonground measurements from
airborne LIDAR data", 2003, with one window). Points close to the surface are ground.
"""

from __future__ import annotations

import cv2
import numpy as np

from av3d.types import BoolArray, Float32Array

CELL_M = 0.5
CELLS = 400
"""Cells of the square around the vehicle; farther out nothing is ground."""
GRADE = 0.35
"""The steepest streets rise by this much."""
WINDOW_M = 4.5
"""What stands on the ground and is narrower than this, in one direction at least, is cut off."""
STRAY_M = 0.6
"""A cell this much lower than those around it holds a stray point, such as a reflection in a puddle."""
ABOVE_M = 0.15
BELOW_M = 0.6
"""Points this much above or below the surface are ground."""
SLACK = 0.004
"""The surface is known less well with the distance: by this much per metre."""


def ground_points(points_m: Float32Array) -> BoolArray:
    """Which points are ground, (N,).

    Args:
        points_m: (N, 3), z up (ego frame); the vehicle at the origin.
    """
    if len(points_m) == 0:
        return np.zeros(0, dtype=bool)
    from av3d.logs import ground_kernels

    points = np.ascontiguousarray(points_m, dtype=np.float32)
    low_m = ground_kernels.lowest(points, CELL_M, CELLS)
    # Two rounds: the first takes away single cells, the second what hid beside them.
    for _ in range(2):
        known = np.isfinite(low_m)
        filled = np.where(known, low_m, np.float32(1e4))
        usual_m = ground_kernels.usual_around(filled, 1e3)
        low_m = np.where(known & (low_m >= usual_m - np.float32(STRAY_M)), low_m, np.inf).astype(
            np.float32
        )
    if not np.isfinite(low_m).any():
        return np.zeros(len(points), dtype=bool)
    surface_m = np.ascontiguousarray(low_m)
    ground_kernels.limit_rise(surface_m, GRADE * CELL_M)
    size = int(WINDOW_M / CELL_M) | 1
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
    opened_m = cv2.morphologyEx(surface_m, cv2.MORPH_OPEN, window, borderType=cv2.BORDER_REPLICATE)
    return ground_kernels.near_surface(
        points, np.asarray(opened_m, dtype=np.float32), CELL_M,
        np.array([ABOVE_M, BELOW_M, SLACK], dtype=np.float32),
    )  # fmt: skip
