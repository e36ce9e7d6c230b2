"""Keyframes of objects that move in known ways, for tests of the models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.tracks.columns import KeyframeColumns
from av3d.types import FloatArray

CAR_LWH_M = (4.5, 1.9, 1.6)
PERSON_LWH_M = (0.6, 0.6, 1.8)

Pose = tuple[float, float, float, float]
"""x, y, z in metres and yaw in radians."""


def keyframes(
    times_s: Sequence[float],
    path: Callable[[float], Pose],
    size_lwh_m: Sequence[float] = CAR_LWH_M,
    *,
    off: FloatArray | None = None,
    noises: FloatArray | None = None,
) -> KeyframeColumns:
    """Manual keyframes on a path, off it by some numbers (N, 4) where they are given."""
    poses = np.array([path(time_s) for time_s in times_s]) + (0 if off is None else off)
    rotations = np.stack([SE3.from_euler(0, 0, yaw, [0, 0, 0]).rotation for yaw in poses[:, 3]])
    return of_poses(times_s, poses[:, :3], rotations, size_lwh_m, noises=noises)


def of_poses(
    times_s: Sequence[float],
    centers_m: FloatArray,
    rotations: FloatArray,
    size_lwh_m: Sequence[float] = CAR_LWH_M,
    *,
    noises: FloatArray | None = None,
) -> KeyframeColumns:
    """Manual keyframes of these poses."""
    count = len(times_s)
    return KeyframeColumns(
        ns(*times_s),
        np.ascontiguousarray(centers_m, dtype=np.float64),
        np.ascontiguousarray(rotations, dtype=np.float64),
        np.tile(np.array(size_lwh_m, dtype=np.float64), (count, 1)),
        np.zeros(count, dtype=np.uint8),
        noises,
    )


def ns(*times_s: float) -> np.ndarray:
    return np.rint(np.array(times_s) * 1e9).astype(np.int64)


def turning(time_s: float) -> Pose:
    """8 m/s on a circle of 20 m, to the left."""
    angle = 0.4 * time_s
    return 20 * math.sin(angle), 20 * (1 - math.cos(angle)), 0.8, angle


def driving(time_s: float) -> Pose:
    """12 m/s straight on, to the north-east."""
    way_m = 12 * time_s / math.sqrt(2)
    return way_m, way_m, 0.8, math.pi / 4


def reversing(time_s: float) -> Pose:
    """Backwards out of a parking place: 2 m/s, turning."""
    angle = 0.25 * time_s
    return -8 * math.sin(angle), -8 * (1 - math.cos(angle)), 0.8, angle


def stopping(time_s: float) -> Pose:
    """10 m/s, from two seconds on braking with 2.5 m/s^2; it stands after six."""
    braked_s = min(max(time_s - 2, 0.0), 4.0)
    way_m = 10 * min(time_s, 2.0) + 10 * braked_s - 1.25 * braked_s**2
    return way_m, 0.0, 0.8, 0.0


def walking(time_s: float) -> Pose:
    """1.5 m/s to the east, looking to the north."""
    return 1.5 * time_s, 0.0, 0.9, math.pi / 2
