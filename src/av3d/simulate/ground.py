"""The ground of the town: hills, bumps, streets in a square grid and raised pavements.

World frame: x east, y north, z up, metres; a crossing is at the origin. Streets run along
x = k STREET_PITCH_M and y = k STREET_PITCH_M.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.types import FloatArray

STREET_PITCH_M = 90.0
HALF_STREET_M = 5.8
"""Half of the carriageway: one lane each way and a parking lane on either side."""
LANE_M = 3.4
LANE_CENTER_M = 1.75
PARKING_CENTER_M = 4.65
PAVEMENT_M = 3.8
KERB_M = 0.13
CORNER_RADIUS_M = 5.0
TOWN_HALF_M = 2 * STREET_PITCH_M
"""The town has 4 x 4 blocks; beyond is open ground."""


def road_height_m(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> FloatArray:
    """Height of the road surface; smooth, with slopes up to 7 % and bumps that pitch a car."""
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    hills = 0.9 * np.sin(2 * np.pi * (x + 12) / 160) + 1.1 * np.sin(2 * np.pi * (y - 6) / 150)
    bumps = 0.045 * np.sin(2 * np.pi * x / 11 + 1) * np.cos(2 * np.pi * y / 14)
    tilt = 0.06 * np.sin(2 * np.pi * (x + 0.8 * y) / 23)
    return np.asarray(hills + bumps + tilt)


def distance_to_kerb_m(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> FloatArray:
    """Signed distance to the nearest kerb: positive on the pavement (within a block)."""
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    half = STREET_PITCH_M / 2
    inner = half - HALF_STREET_M - CORNER_RADIUS_M
    # Position within the block, folded to one quarter.
    u = np.abs(np.mod(x, STREET_PITCH_M) - half) - inner
    v = np.abs(np.mod(y, STREET_PITCH_M) - half) - inner
    outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0)) + np.minimum(np.maximum(u, v), 0)
    return np.asarray(CORNER_RADIUS_M - outside)


def walk_height_m(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> FloatArray:
    """Height under a foot: the road, or the pavement, with a short ramp at the kerb."""
    ramp = np.clip(distance_to_kerb_m(x_m, y_m) / 0.5 + 0.5, 0.0, 1.0)
    return np.asarray(road_height_m(x_m, y_m) + KERB_M * ramp * ramp * (3 - 2 * ramp))
