"""A log in memory: a flat street, a wall, and a car that turns, seen by a LiDAR that stands still."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.types import FloatArray

START_NS = 1_000_000_000_000
PERIOD_NS = 100_000_000
SWEEPS = 21
SIZE_LWH_M = np.array([4.0, 1.8, 1.5])
LIDAR_M = np.array([0.0, 0.0, 1.8])


def cuboid_at(seconds: float) -> Cuboid:
    """A car on an arc of 20 m at 8 m/s, its centre .75 m above the ground."""
    angle = 8.0 * seconds / 20.0
    center_m = [10 + 20 * np.sin(angle), -6 + 20 * (1 - np.cos(angle)), 0.75]
    return Cuboid.from_yaw(center_m, SIZE_LWH_M, angle)


def seen_of(cuboid: Cuboid, spacing_m: float = 0.15) -> FloatArray:
    """Points on the sides of a cuboid that face the LiDAR, and on its roof, (N, 3)."""
    sides: list[FloatArray] = []
    half = cuboid.size_lwh_m / 2
    eye = cuboid.frame_SE3_cuboid.inverse().transform(LIDAR_M)
    for axis in range(3):
        sign = np.sign(eye[axis])
        if abs(eye[axis]) <= half[axis]:
            continue
        others = [k for k in range(3) if k != axis]
        spans = [np.arange(-half[k] + 0.05, half[k], spacing_m) for k in others]
        u, v = (grid.ravel() for grid in np.meshgrid(*spans))
        points = np.empty((len(u), 3))
        points[:, axis], points[:, others[0]], points[:, others[1]] = sign * half[axis], u, v
        sides.append(points)
    return cuboid.frame_SE3_cuboid.transform(np.concatenate(sides))


def ground_and_wall() -> FloatArray:
    """Ground at a height of 0, and a wall of 2 m along y = -8.5, (N, 3)."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(0, 40, 0.5), np.arange(-9, 20, 0.5)))
    wall_x, wall_z = (
        grid.ravel() for grid in np.meshgrid(np.arange(0, 40, 0.2), np.arange(0, 2, 0.2))
    )
    wall = np.column_stack([wall_x, np.full(len(wall_x), -8.5), wall_z])
    return np.concatenate([np.column_stack([x, y, np.zeros(len(x))]), wall])


class _Scene(SweepStream):
    def __init__(self, points: Callable[[int], FloatArray]) -> None:
        super().__init__(START_NS + PERIOD_NS * np.arange(SWEEPS))
        self._points = points

    def read(self, index: int) -> Sweep:
        points = (self._points(index) - LIDAR_M).astype(np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points)


def log_of(points: Callable[[int], FloatArray]) -> Log:
    """A log with these points, world frame, in each sweep."""
    return Log(
        name="arc",
        kind="test",
        path=Path("arc"),
        rig=Rig("test", {"top": LidarMount(SE3.from_yaw(0.0, LIDAR_M))}, {}),
        trajectory=Trajectory.identity(),
        lidars={"top": _Scene(points)},
        cameras={},
    )


def street_with(car: Callable[[int], FloatArray]) -> Log:
    """The street with the points of a car in each sweep, 1 cm off at random."""

    def points(index: int) -> FloatArray:
        everything = np.concatenate([ground_and_wall(), car(index)])
        return everything + np.random.default_rng(index).normal(0, 0.01, everything.shape)

    return log_of(points)
