"""The points of sweeps around the way of one object: cut out of the clouds once, then asked often."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

SKIN_M = 0.05
"""Points so close to the cuboid of another track belong to it."""
CLOSE_M = 3.0
"""Other tracks are asked for their exact place where they may be so close."""
ROOM_M = 3.0
"""Parts are cut out larger than asked for by this much, because predictions change."""
KEPT_SWEEPS = 300
"""Parts of sweeps that are kept at a time, about half a megabyte each."""
STILL_CELL_M = 0.15
"""What stands still is found again within about one cell."""


@dataclass(frozen=True, eq=False)
class Moving:
    """Where an object is expected, and how it moves there.

    Attributes:
        local_SE3_body: its pose when the beam passes it.
        time_ns: when the beam passes it.
        velocity_m_s: of its centre, local frame, (3,).
        yaw_rate_rad_s: its turning about its height axis.
    """

    local_SE3_body: SE3
    time_ns: int
    velocity_m_s: FloatArray
    yaw_rate_rad_s: float


@dataclass(frozen=True, eq=False)
class _Part:
    """Points of a sweep in the local frame (N, 3), when they were measured (N,), and where from."""

    points_m: FloatArray
    times_ns: IntArray | None
    low_m: FloatArray
    high_m: FloatArray


class Surroundings:
    """Points around the way of an object in a local frame: the world's axes, an origin nearby.

    Args:
        log: the log.
        anchor_m: origin of the local frame in the world frame, (3,).
        others: other tracks; the points in their cuboids are left out.

    Attributes:
        way: says for a frame around which places, (M, 3) in the local frame, it will be asked for
            points. It need not know all, but what it knows is cut out at once.
    """

    def __init__(self, log: Log, anchor_m: FloatArray, others: Sequence[Track]) -> None:
        self.way: Callable[[int], FloatArray] = lambda _: np.empty((0, 3))
        self._log = log
        self._anchor_m = anchor_m
        self._others = others
        self._places: dict[str, FloatArray] = {}
        self._parts: OrderedDict[int, _Part] = OrderedDict()

    def around(self, frame_index: int, moving: Moving, reach_m: FloatArray) -> FloatArray:
        """The points around an object, each where it would be had it been measured with the others.

        A point that was measured a little earlier than the beam passed the centre, or by another
        LiDAR, is moved as the object moves.

        Args:
            frame_index: the frame whose points these are.
            moving: where the object is expected, and how it moves.
            reach_m: how far from the expected centre, along the axes of the body, (3,).

        Returns:
            Points in the body frame of the expected pose, (N, 3).
        """
        pose = moving.local_SE3_body
        speed_m_s = float(np.linalg.norm(moving.velocity_m_s))
        part, rows = self._near(frame_index, pose, reach_m + 0.1 * speed_m_s)
        body_m = part.points_m[rows] @ pose.rotation - pose.translation_m @ pose.rotation
        if part.times_ns is not None and len(rows):
            time_s = (part.times_ns[rows] - moving.time_ns) / NS_PER_S
            body_m = body_m - time_s[:, None] * (pose.rotation.T @ moving.velocity_m_s)
            angle = -time_s * moving.yaw_rate_rad_s
            c, s = np.cos(angle), np.sin(angle)
            x, y = body_m[:, 0].copy(), body_m[:, 1].copy()
            body_m[:, 0], body_m[:, 1] = c * x - s * y, s * x + c * y
        inside = (np.abs(body_m) <= reach_m).all(axis=1)
        return np.ascontiguousarray(body_m[inside])

    def standing(
        self,
        points_m: FloatArray,
        local_SE3_body: SE3,
        reach_m: FloatArray,
        frame_indices: Sequence[int],
    ) -> BoolArray:
        """Which points stand still: there are some at the same place in other sweeps, too.

        Args:
            points_m: in the body frame, within `reach_m`, (N, 3).
            local_SE3_body: the body frame.
            reach_m: along its axes, (3,).
            frame_indices: frames at whose times the object itself is elsewhere.

        Returns:
            (N,); all False with less than three frames, because others may pass there, too.
        """
        if len(frame_indices) < 3 or not len(points_m):
            return np.zeros(len(points_m), dtype=bool)
        counts = np.ceil(2 * reach_m[:2] / STILL_CELL_M).astype(np.int64) + 3
        hits = np.zeros(tuple(counts), dtype=np.int64)
        # Only the heights at which there are points of this sweep are of interest.
        low, high = points_m[:, 2].min() - 0.1, points_m[:, 2].max() + 0.1
        for frame_index in frame_indices:
            part, rows = self._near(frame_index, local_SE3_body, reach_m)
            rotation = local_SE3_body.rotation
            body_m = part.points_m[rows] @ rotation - local_SE3_body.translation_m @ rotation
            body_m = body_m[(body_m[:, 2] > low) & (body_m[:, 2] < high)]
            cells = self._cells(body_m, reach_m)
            within = ((cells > 0) & (cells < counts - 1)).all(axis=1)
            hit = np.zeros(tuple(counts), dtype=bool)
            hit[cells[within, 0], cells[within, 1]] = True
            wide = hit.copy()
            wide[1:] |= hit[:-1]
            wide[:-1] |= hit[1:]
            hit = wide.copy()
            wide[:, 1:] |= hit[:, :-1]
            wide[:, :-1] |= hit[:, 1:]
            hits += wide
        cells = np.clip(self._cells(points_m, reach_m), 0, counts - 1)
        return np.asarray(hits[cells[:, 0], cells[:, 1]] >= max(2, 0.4 * len(frame_indices)))

    @staticmethod
    def _cells(points_m: FloatArray, reach_m: FloatArray) -> IntArray:
        cells: IntArray = np.floor((points_m[:, :2] + reach_m[:2]) / STILL_CELL_M).astype(np.int64)
        return cells + 1

    def _near(self, frame_index: int, pose: SE3, reach_m: FloatArray) -> tuple[_Part, IntArray]:
        """A part of a sweep, and which of its points are in the square around a pose."""
        center_m = pose.translation_m
        radius_m = float(np.hypot(reach_m[0], reach_m[1]))
        low, high = center_m[:2] - radius_m, center_m[:2] + radius_m
        part = self._parts.get(frame_index)
        if part is None or (low < part.low_m).any() or (high > part.high_m).any():
            places = np.vstack([self.way(frame_index), center_m])
            wide_m = radius_m + ROOM_M
            part_low, part_high = places[:, :2].min(0) - wide_m, places[:, :2].max(0) + wide_m
            if part is not None:
                part_low = np.minimum(part_low, part.low_m)
                part_high = np.maximum(part_high, part.high_m)
            part = self._cut(frame_index, part_low, part_high)
            self._parts[frame_index] = part
            if len(self._parts) > KEPT_SWEEPS:
                self._parts.popitem(last=False)
        x, y = part.points_m[:, 0], part.points_m[:, 1]
        rows = np.flatnonzero((x >= low[0]) & (x <= high[0]))
        rows = rows[(y[rows] >= low[1]) & (y[rows] <= high[1])]
        return part, rows

    def _cut(self, frame_index: int, low_m: FloatArray, high_m: FloatArray) -> _Part:
        frame = self._log.frame(frame_index)
        cloud = self._log.cloud(frame_index)
        world_SE3_ego = self._log.world_SE3_ego(frame.timestamp_ns)
        local_SE3_ego = SE3.trusted(
            world_SE3_ego.rotation.copy(), world_SE3_ego.translation_m - self._anchor_m
        )
        center_m = local_SE3_ego.inverse().transform([*((low_m + high_m) / 2), 0.0])
        radius_m = float(np.linalg.norm(high_m - low_m)) / 2
        points = cloud.points_m
        rows = np.flatnonzero(np.abs(points[:, 0] - np.float32(center_m[0])) <= radius_m)
        rows = rows[np.abs(points[rows, 1] - np.float32(center_m[1])) <= radius_m]
        local_m = local_SE3_ego.transform(points[rows])
        within = ((local_m[:, :2] >= low_m) & (local_m[:, :2] <= high_m)).all(axis=1)
        rows, local_m = rows[within], local_m[within]
        there = self._close_by(frame_index, low_m, high_m)
        free = np.ones(len(rows), dtype=bool)
        for state in states_in_sweep(there, frame.timestamp_ns, self._log):
            assert state is not None
            cuboid = state.cuboid
            place_m = cuboid.center_m - self._anchor_m
            half_m = float(np.linalg.norm(cuboid.size_lwh_m)) / 2 + SKIN_M
            if ((place_m[:2] > low_m - half_m) & (place_m[:2] < high_m + half_m)).all():
                near = np.flatnonzero(np.abs(local_m[:, 0] - place_m[0]) <= half_m)
                near = near[np.abs(local_m[near, 1] - place_m[1]) <= half_m]
                seen = np.abs((local_m[near] - place_m) @ cuboid.frame_SE3_cuboid.rotation)
                free[near[(seen <= cuboid.size_lwh_m / 2 + SKIN_M).all(axis=1)]] = False
        times_ns = None
        if cloud.time_offset_ns is not None:
            times_ns = frame.timestamp_ns + cloud.time_offset_ns[rows[free]].astype(np.int64)
        return _Part(np.ascontiguousarray(local_m[free]), times_ns, low_m, high_m)

    def _close_by(self, frame_index: int, low_m: FloatArray, high_m: FloatArray) -> list[Track]:
        """The other tracks that may reach into a rectangle at a frame, (2,) to (2,)."""
        time_ns = self._log.frame(frame_index).timestamp_ns
        found: list[Track] = []
        for track in self._others:
            if not track.is_present(time_ns):
                continue
            if track.id not in self._places:
                # All frames at once: asking a track for each of them takes much longer.
                times_ns = np.array([f.timestamp_ns for f in self._log.frames], dtype=np.int64)
                self._places[track.id] = track.motion.states(times_ns).centers_m[:, :2]
            place_m = self._places[track.id][frame_index] - self._anchor_m[:2]
            half_m = float(np.linalg.norm(track.columns.sizes_lwh_m[0])) / 2 + CLOSE_M
            if ((place_m > low_m - half_m) & (place_m < high_m + half_m)).all():
                found.append(track)
        return found


def thinned(
    points_m: FloatArray, cell_m: float | FloatArray, most: int, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """The mean of the points in each cell of a grid, and of those at most so many, evenly chosen.

    Near objects have thousands of points, most of them on the side that faces the sensor; thinned
    out, every part of the surface counts about alike.

    Args:
        points_m: (N, 3).
        cell_m: sides of a cell: one length, or three.
        most: how many at most.
        weights: of the points, (N,); default: 1.

    Returns:
        Points (M, 3), and the mean weights of those that they stand for (M,).
    """
    if not len(points_m):
        return points_m, np.zeros(0)
    cells = np.floor(points_m / cell_m).astype(np.int64)
    cells -= cells.min(axis=0)
    extent = cells.max(axis=0) + 1
    keys = (cells[:, 0] * extent[1] + cells[:, 1]) * extent[2] + cells[:, 2]
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(inverse, points_m[:, axis]) for axis in range(3)], axis=1)
    means = means / counts[:, None]
    mean_weights = np.ones(len(means))
    if weights is not None:
        mean_weights = np.bincount(inverse, weights) / counts
    if len(means) > most:
        chosen = np.linspace(0, len(means) - 1, most).round().astype(np.int64)
        means, mean_weights = means[chosen], mean_weights[chosen]
    return np.ascontiguousarray(means), np.ascontiguousarray(mean_weights)
