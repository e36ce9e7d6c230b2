"""What moves in the sweeps of a log, whether it has a label or not.

Points that stand on the ground and hang together are clusters. One that a beam went through a second
or two before or after is not fixed: a wall that comes out of hiding, or whose visible part wanders along
as the ego drives, was never looked through. Clusters that are not fixed and follow each other on a
smooth way are one thing that moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from av3d.geometry.se3 import SE3
from av3d.logs.ground_points import ground_points
from av3d.logs.log import Log
from av3d.types import NS_PER_S, BoolArray, Float32Array, FloatArray, IntArray

STEP_S = 0.2
"""Sweeps are looked at this far apart: a pedestrian moves by half a step, a sweep's noise is less."""
APART_S = (-2.0, -1.0, 1.0, 2.0)
"""So long before and after, the place of a cluster is looked at."""
REACH_M = 50.0
"""Farther away there are too few points to tell a thing from its surroundings."""
OWN_M = 3.0
"""Nearer there is the ego itself."""
TALL_M = 3.5
"""Higher above the ego's origin there are trees and signs."""
CELL_M = 0.25
"""Points in cells beside each other hang together."""
LEAST_POINTS = 8
LARGEST_M = 14.0
"""What hangs together over more than this is no vehicle."""
SAMPLES = 48
"""So many points of a cluster are looked for in other sweeps."""
AZIMUTHS, LOWEST_RAD, HIGHEST_RAD, ELEVATIONS = 720, -0.5, 0.3, 46
"""Directions of half a degree by one degree, from the LiDAR."""
THROUGH_M = 0.7
"""A beam that got so much farther went through where a point was."""
LOOSE = 0.6
"""A cluster is not fixed if beams went through this part of it, as far as they got there, ..."""
LOOKED_AT = 0.5
"""... and got to this part of it at all."""

Told = Callable[[int, int], None]
"""How many sweeps are read, and how many there are; may raise to stop."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of one sweep that are not fixed, C of them.

    Attributes:
        frame: the frame.
        time_s: since the log's first frame.
        centers_m: middle of the points, world frame, (C, 3).
        sizes_m: extents along the ego's axes, (C, 3).
        counts: of points, (C,).
    """

    frame: int
    time_s: float
    centers_m: FloatArray
    sizes_m: FloatArray
    counts: IntArray


@dataclass(frozen=True, eq=False)
class _Seen:
    """One sweep: its clusters, and how far the beams got."""

    frame: int
    time_s: float
    world_SE3_ego: SE3
    lidar_m: FloatArray
    clusters: list[Float32Array]
    nearest_m: Float32Array


def loose_clusters(log: Log, told: Told | None = None) -> list[Clusters]:
    """The clusters of a log that are not fixed, in order of time; reads its sweeps.

    Args:
        log: the log.
        told: told how far it is.
    """
    frames = _spread(log)
    window: list[_Seen] = []
    found: list[Clusters] = []
    last_s = APART_S[-1] + STEP_S
    waiting = 0
    for number, frame in enumerate(frames):
        if told is not None:
            told(number, len(frames))
        window.append(_seen(log, frame))
        # A sweep can be judged once the sweeps after it have been read, too.
        while waiting < len(window) and window[-1].time_s - window[waiting].time_s >= last_s:
            found.append(_loose(window[waiting], window))
            waiting += 1
        while window and window[0].time_s < window[min(waiting, len(window) - 1)].time_s - last_s:
            window.pop(0)
            waiting -= 1
    found += [_loose(seen, window) for seen in window[waiting:]]
    return found


def _spread(log: Log) -> list[int]:
    """Frames about STEP_S apart whose sweeps are there; none where nobody knows how the ego moves."""
    if log.trajectory.is_identity:
        return []
    absent = log.lidars[log.reference_lidar].absent
    times_ns = log.frames.timestamps_ns
    frames: list[int] = []
    for frame, time_ns in enumerate(times_ns.tolist()):
        if frame in absent or not log.trajectory.covers(time_ns):
            continue
        # A sweep that comes a little early will do.
        if not frames or time_ns - times_ns[frames[-1]] > 0.9 * STEP_S * NS_PER_S:
            frames.append(frame)
    return frames


def _seen(log: Log, frame: int) -> _Seen:
    cloud = log.cloud(frame)
    points_m = cloud.points_m
    # One LiDAR, since all beams are to come from one place.
    own = cloud.extra["lidar"] == list(log.lidars).index(log.reference_lidar)
    if not own.all():
        points_m = points_m[own]
    lidar_m = log.rig.lidar(log.reference_lidar).ego_SE3_lidar.translation_m
    time_ns = int(log.frames.timestamps_ns[frame])
    return _Seen(
        frame, (time_ns - log.start_ns) / NS_PER_S, log.world_SE3_ego(time_ns), lidar_m,
        _clusters(points_m[~ground_points(points_m)]), _nearest_m(points_m, lidar_m),
    )  # fmt: skip


def _clusters(points_m: Float32Array) -> list[Float32Array]:
    """Points of each cluster, ego frame."""
    ranges_m = np.hypot(points_m[:, 0], points_m[:, 1])
    points_m = points_m[(ranges_m > OWN_M) & (ranges_m < REACH_M) & (points_m[:, 2] < TALL_M)]
    if not len(points_m):
        return []
    cells = np.floor((points_m[:, :2] + REACH_M) / CELL_M).astype(np.int64)
    count = int(2 * REACH_M / CELL_M) + 1
    taken = np.zeros((count, count), dtype=bool)
    taken[cells[:, 0], cells[:, 1]] = True
    labels, _ = ndimage.label(taken, structure=np.ones((3, 3)))
    of_point = labels[cells[:, 0], cells[:, 1]]
    order = np.argsort(of_point, kind="stable")
    edges = np.flatnonzero(np.diff(of_point[order])) + 1
    groups = np.split(points_m[order], edges)
    return [
        group
        for group in groups
        if len(group) >= LEAST_POINTS and np.ptp(group[:, :2], axis=0).max() <= LARGEST_M
    ]


def _directions(points_m: FloatArray, lidar_m: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Rows and columns of directions from a LiDAR, and distances; a row of -1 is beyond its view."""
    rays_m = points_m - lidar_m
    flat_m = np.hypot(rays_m[:, 0], rays_m[:, 1])
    turns = (np.arctan2(rays_m[:, 1], rays_m[:, 0]) / (2 * np.pi) + 0.5) * AZIMUTHS
    rises = (np.arctan2(rays_m[:, 2], flat_m) - LOWEST_RAD) / (HIGHEST_RAD - LOWEST_RAD)
    rows = np.floor(rises * ELEVATIONS).astype(np.int64)
    rows[(rows < 0) | (rows >= ELEVATIONS)] = -1
    columns = np.minimum(turns.astype(np.int64), AZIMUTHS - 1)
    return rows, columns, np.linalg.norm(rays_m, axis=1)


def _nearest_m(points_m: Float32Array, lidar_m: FloatArray) -> Float32Array:
    """How far beams got at least in each direction, (ELEVATIONS, AZIMUTHS); inf where none came back."""
    rows, columns, far_m = _directions(points_m.astype(np.float64), lidar_m)
    found = np.full((ELEVATIONS, AZIMUTHS), np.inf, dtype=np.float32)
    use = (rows >= 0) & (far_m > OWN_M)
    np.minimum.at(found, (rows[use], columns[use]), far_m[use].astype(np.float32))
    return found


def _loose(seen: _Seen, window: list[_Seen]) -> Clusters:
    """The clusters of a sweep that are not fixed, as other sweeps tell."""
    others = {
        min(window, key=lambda one: abs(one.time_s - seen.time_s - apart_s)) for apart_s in APART_S
    }
    picked = [
        group[np.linspace(0, len(group) - 1, min(SAMPLES, len(group))).astype(np.int64)]
        for group in seen.clusters
    ]
    owner = np.repeat(np.arange(len(picked)), [len(part) for part in picked])
    loose = np.zeros(len(picked), dtype=bool)
    if picked:
        points_m = np.concatenate(picked).astype(np.float64)
        for other in others:
            if abs(other.time_s - seen.time_s) < min(map(abs, APART_S)) / 2:
                continue
            other_SE3_seen = other.world_SE3_ego.inverse() @ seen.world_SE3_ego
            loose |= _looked_through(other_SE3_seen.transform(points_m), owner, len(picked), other)
    groups = [group for group, is_loose in zip(seen.clusters, loose, strict=True) if is_loose]
    low = np.array([group.min(axis=0) for group in groups]).reshape(-1, 3)
    high = np.array([group.max(axis=0) for group in groups]).reshape(-1, 3)
    return Clusters(
        seen.frame,
        seen.time_s,
        seen.world_SE3_ego.transform((low + high).astype(np.float64) / 2),
        (high - low).astype(np.float64),
        np.array([len(group) for group in groups], dtype=np.int64),
    )


def _looked_through(points_m: FloatArray, owner: IntArray, count: int, other: _Seen) -> BoolArray:
    """Which clusters another sweep looks through, (count,); their points in its ego frame."""
    rows, columns, far_m = _directions(points_m, other.lidar_m)
    got_m = np.where(rows >= 0, other.nearest_m[rows, columns], np.inf)
    through = np.isfinite(got_m) & (got_m > far_m + THROUGH_M)
    stopped = np.isfinite(got_m) & (np.abs(got_m - far_m) <= THROUGH_M)
    sums = [
        np.bincount(owner, weights=part, minlength=count)
        for part in (np.ones(len(owner)), through, stopped)
    ]
    looked = sums[1] + sums[2]
    return np.asarray((looked >= LOOKED_AT * sums[0]) & (sums[1] >= LOOSE * looked) & (looked > 0))
