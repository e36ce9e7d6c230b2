"""Made streets in which a LiDAR sees boxes that stand or move, the ground, and a wall at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.types import Float32Array, FloatArray

Point = tuple[float, float, float]
Box = tuple[Point, Point]
"""Lowest and highest corner, world frame."""
BoxesAt = Callable[[float], Sequence[Box]]

FRAMES = 20
STEP_NS = 200_000_000
LIDAR_M = np.array([0.0, 0.0, 1.8])
WALL_X_M = 30.0


def directions() -> FloatArray:
    """Beams of 40 rings, a third of a degree apart, unit vectors, (N, 3)."""
    turns, rises = np.meshgrid(
        np.deg2rad(np.arange(-45, 45, 0.4)), np.deg2rad(np.arange(-16, 4, 0.3))
    )
    cos = np.cos(rises)
    return np.stack([cos * np.cos(turns), cos * np.sin(turns), np.sin(rises)], -1).reshape(-1, 3)


RAYS = directions()


def sweep_points(boxes: Sequence[Box], ego_x_m: float = 0.0) -> Float32Array:
    """Where beams end: on the ground, a wall across the street, and boxes (low, high) of the world."""
    origin = LIDAR_M + np.array([ego_x_m, 0.0, 0.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(RAYS[:, 2] < 0, -origin[2] / RAYS[:, 2], np.inf)
        far = np.minimum(far, np.where(RAYS[:, 0] > 0, (WALL_X_M - origin[0]) / RAYS[:, 0], np.inf))
        for low, high in boxes:
            one, other = (np.asarray(low) - origin) / RAYS, (np.asarray(high) - origin) / RAYS
            enter = np.minimum(one, other).max(axis=1)
            leave = np.maximum(one, other).min(axis=1)
            far = np.where((enter <= leave) & (enter > 0), np.minimum(far, enter), far)
    hit = far < 60
    return (LIDAR_M + far[hit, None] * RAYS[hit]).astype(np.float32)


class Made(SweepStream):
    """Sweeps of a street with boxes that may move."""

    def __init__(self, boxes_at: BoxesAt, ego_m_s: float) -> None:
        super().__init__(np.arange(FRAMES) * STEP_NS)
        self._boxes_at, self._ego_m_s = boxes_at, ego_m_s

    def read(self, index: int) -> Sweep:
        time_s = index * STEP_NS / 1e9
        points = sweep_points(self._boxes_at(time_s), self._ego_m_s * time_s)
        return Sweep("top", int(self.timestamps_ns[index]), points - LIDAR_M.astype(np.float32))


def street(boxes_at: BoxesAt, ego_m_s: float = 0.0, *, poses: bool = True) -> Log:
    """A log of boxes by the time in seconds, in which the ego drives ahead at a speed."""
    end_s = FRAMES * STEP_NS / 1e9
    ends = SE3(np.stack([np.eye(3)] * 2), np.array([[0.0, 0, 0], [ego_m_s * end_s, 0, 0]]))
    known = Trajectory([0, FRAMES * STEP_NS], ends, source="made")
    return Log(
        name="street", kind="folder", path=Path("street"),
        rig=Rig("made", {"top": LidarMount(SE3(np.eye(3), LIDAR_M))}, {}),
        trajectory=known if poses else Trajectory.identity(),
        lidars={"top": Made(boxes_at, ego_m_s)}, cameras={},
    )  # fmt: skip


def car(x_m: float, y_m: float) -> Box:
    """The box of a car that looks along x."""
    return (x_m - 2.2, y_m - 0.9, 0.1), (x_m + 2.2, y_m + 0.9, 1.5)
