"""Motion compensation: the points of a sweep where they are from the ego pose at the sweep's time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.types import NS_PER_MS, NS_PER_S, Float32Array, FloatArray, IntArray

KNOT_NS = 2 * NS_PER_MS
"""Poses are computed this often and at the trajectory's own samples, and blended linearly between.

At 30 m/s and 1 rad/s that is within .05 mm of the exact pose of each point at 100 m: the chord of an
arc of w h radians departs from it by r (w h)^2 / 8.
"""

LONGEST_NS = NS_PER_S
"""A point whose time is further from its sweep's is taken as that far: no sweep takes a second."""


def compensated(sweep: Sweep, trajectory: Trajectory, ego_SE3_lidar: SE3) -> Sweep:
    """The sweep with ego motion removed: what stands still stands still.

    Each point is moved to where it would be seen from the ego pose at the sweep's timestamp. Where
    the trajectory does not reach the time of a point, the nearest pose that it gives is used.

    Args:
        sweep: in the sensor frame.
        trajectory: the ego poses.
        ego_SE3_lidar: the mount of the LiDAR.

    Returns:
        The sweep itself if it is compensated already, or has no times, or there are no ego poses.

    Raises:
        TrajectoryError: the trajectory does not cover the sweep's timestamp.
    """
    if sweep.motion_compensated or sweep.time_offset_ns is None or trajectory.is_identity:
        return sweep
    points_m = _moved(sweep, trajectory, ego_SE3_lidar, backwards=False)
    return replace(sweep, points_m=points_m, motion_compensated=True)


def as_shot_m(sweep: Sweep, trajectory: Trajectory, ego_SE3_lidar: SE3) -> Float32Array:
    """The points in the sensor frame at the time of their shot, (N, 3): `compensated` undone."""
    if not sweep.motion_compensated or sweep.time_offset_ns is None or trajectory.is_identity:
        return sweep.points_m
    return _moved(sweep, trajectory, ego_SE3_lidar, backwards=True)


def _moved(
    sweep: Sweep, trajectory: Trajectory, ego_SE3_lidar: SE3, *, backwards: bool
) -> Float32Array:
    assert sweep.time_offset_ns is not None
    if len(sweep) == 0:
        return sweep.points_m
    stamp_ns = sweep.timestamp_ns
    offset_ns = np.clip(sweep.time_offset_ns, -LONGEST_NS, LONGEST_NS)
    knots_ns = _knots(trajectory, stamp_ns + int(offset_ns.min()), stamp_ns + int(offset_ns.max()))
    world_SE3_lidar = trajectory.at(knots_ns) @ ego_SE3_lidar
    stamp_SE3_shot = (trajectory.at(stamp_ns) @ ego_SE3_lidar).inverse() @ world_SE3_lidar
    transform = stamp_SE3_shot.inverse() if backwards else stamp_SE3_shot
    from av3d.logs.moving import move_points

    matrices: FloatArray = np.ascontiguousarray(transform.matrix[:, :3])
    moved_m = np.empty((len(sweep), 3), dtype=np.float32)
    # The compiled loop takes no read-only arrays, as they come straight from a file's bytes.
    points_m = np.require(sweep.points_m, np.float32, ["C", "W"])
    move_points(points_m, np.ascontiguousarray(stamp_ns + offset_ns), knots_ns, matrices, moved_m)
    return moved_m


def _knots(trajectory: Trajectory, first_ns: int, last_ns: int) -> IntArray:
    """Increasing times from first to last, as far as the trajectory answers, at least two."""
    limit_ns = trajectory.extrapolation_limit_ns
    low = min(max(first_ns, trajectory.start_ns - limit_ns), trajectory.end_ns + limit_ns - 1)
    high = max(min(last_ns, trajectory.end_ns + limit_ns), low + 1)
    # From the first one on: a float holds no nanoseconds since 1970.
    steps = np.linspace(0, high - low, max((high - low) // KNOT_NS, 1) + 1)
    even = low + steps.astype(np.int64)
    samples = trajectory.timestamps_ns
    samples = samples[np.searchsorted(samples, low) : np.searchsorted(samples, high)]
    return np.asarray(np.unique(np.concatenate([even, samples])), dtype=np.int64)
