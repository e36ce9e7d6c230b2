"""Several sweeps in the ego frame of one: what stands still coincides, what moves goes with its track."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log, LogError
from av3d.logs.merging import at_step, merge_sweeps, selected_points
from av3d.logs.sweep import Sweep
from av3d.types import BoolArray, Float32Array, IntArray

MOST_POINTS = 1_500_000
"""Points of an accumulated cloud; they and what is made of them take about 80 bytes each."""
MARGIN_M = 0.1
"""Points this close to a cuboid belong to it: cuboids are drawn tight."""
MOVED_M = 0.3
"""A track whose cuboid went farther than this between two frames moves, however slowly."""
_CELL_M = 1.0
_CELLS = 512


class MovingPoints(StrEnum):
    """What becomes of the points of other frames that lie on a moving track."""

    WITH_TRACK = "with track"
    AS_MEASURED = "as measured"
    LEFT_OUT = "left out"


@dataclass(frozen=True, eq=False)
class Occupant:
    """A track in a frame.

    Attributes:
        cuboid: in the ego frame at the frame's time.
        moves: whether it moves there.
    """

    cuboid: Cuboid
    moves: bool


Occupants = Callable[[int], Mapping[str, Occupant]]
"""The tracks of a frame, by ID."""


def accumulated_cloud(
    log: Log,
    frame_index: int,
    before: int,
    after: int,
    *,
    lidars: Sequence[str] | None = None,
    occupants: Occupants = lambda _frame: {},
    moving: MovingPoints = MovingPoints.WITH_TRACK,
    most: int = MOST_POINTS,
) -> Sweep:
    """The points of several frames in the ego frame of one of them.

    As `Log.merged_cloud`, but points of other frames inside the cuboid of a moving track are put where
    the track is in this frame (left out if it is not there), and the number of points is bounded: of
    the other frames' points an even choice stays, those of the frame itself all stay.

    Args:
        log: the log.
        frame_index: the frame.
        before: how many frames before it.
        after: how many frames after it.
        lidars: names of the LiDARs; None: all.
        occupants: the tracks of a frame; asked for the frames that are joined.
        moving: what becomes of points on moving tracks.
        most: points to keep.

    Returns:
        The cloud; `extra["step"]` and the time offsets tell where each point comes from.

    Raises:
        LogError: no such frame or LiDAR, or a number of frames that is negative.
    """
    if before < 0 or after < 0:
        raise LogError(f"{min(before, after)} sweeps", log.name, "give 0 or more")
    frame = log.frame(frame_index)
    own = at_step(log.cloud(frame_index, lidars), frame.timestamp_ns, 0)
    others = [
        index
        for index in range(
            max(frame_index - before, 0), min(frame_index + after, len(log.frames) - 1) + 1
        )
        if index != frame_index and log.trajectory.covers(log.frames[index].timestamp_ns)
    ]
    if not others:
        return own
    here = occupants(frame_index) if moving is not MovingPoints.AS_MEASURED else {}
    left = max(most - len(own), 0)
    ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
    parts = [own]
    for number, index in enumerate(others):
        cloud = log.cloud(index, lidars)
        ego_SE3_other = ego_SE3_world @ log.world_SE3_ego(cloud.timestamp_ns)
        # Chosen before anything is moved, so that memory never holds more than it keeps.
        cloud = thinned_evenly(cloud, left // (len(others) - number))
        left -= len(cloud)
        joined = cloud.in_frame(ego_SE3_other, "ego")
        if moving is not MovingPoints.AS_MEASURED:
            joined = _with_tracks(cloud, joined, ego_SE3_other, occupants(index), here, moving)
        parts.append(at_step(joined, frame.timestamp_ns, index - frame_index))
    # The frame's own points come first: where two are at the same place, they show.
    return merge_sweeps(parts)


def thinned_evenly(cloud: Sweep, most: int) -> Sweep:
    """At most so many points of a cloud, evenly chosen along the scan."""
    if len(cloud) <= most:
        return cloud
    rows = np.linspace(0, len(cloud), most, endpoint=False).astype(np.int64)
    return selected_points(cloud, rows)


def carried_points(
    points_m: Float32Array, carriers: Sequence[tuple[Cuboid, SE3]]
) -> tuple[Float32Array, BoolArray]:
    """Points moved along with the cuboids in which they lie.

    Args:
        points_m: (N, 3).
        carriers: cuboids in the frame of the points, and what takes their points to where they go.

    Returns:
        The points (N, 3), a copy, and which of them moved (N,).
    """
    moved = points_m.copy()
    carried = np.zeros(len(points_m), dtype=bool)
    found = points_in_cuboids(points_m, [cuboid for cuboid, _ in carriers])
    for (_, to_SE3_from), rows in zip(carriers, found, strict=True):
        moved[rows] = to_SE3_from.transform(points_m[rows]).astype(np.float32)
        carried[rows] = True
    return moved, carried


def points_in_cuboids(points_m: Float32Array, cuboids: Sequence[Cuboid]) -> list[IntArray]:
    """Rows of the points (N, 3) inside each cuboid or MARGIN_M beside it, of the first of several."""
    if not cuboids or len(points_m) == 0:
        return [np.zeros(0, dtype=np.int64) for _ in cuboids]
    # A raster of cells near cuboids rules out nearly all points at once.
    cells = np.zeros((_CELLS + 1, _CELLS + 1), dtype=bool)
    half = _CELLS / 2
    for cuboid in cuboids:
        corners = cuboid.corners_m()[:, :2]
        low = np.clip(np.floor((corners.min(axis=0) - MARGIN_M) / _CELL_M + half), 0, _CELLS)
        high = np.clip(np.floor((corners.max(axis=0) + MARGIN_M) / _CELL_M + half), 0, _CELLS)
        cells[int(low[0]) : int(high[0]) + 1, int(low[1]) : int(high[1]) + 1] = True
    at = np.clip(points_m[:, :2] / np.float32(_CELL_M) + np.float32(half), 0, _CELLS)
    columns = at.astype(np.int32)
    near = np.flatnonzero(cells[columns[:, 0], columns[:, 1]])
    close_m = points_m[near]
    free = np.ones(len(near), dtype=bool)
    found: list[IntArray] = []
    for cuboid in cuboids:
        inside = cuboid.contains(close_m, MARGIN_M) & free
        free &= ~inside
        found.append(near[inside])
    return found


def _with_tracks(
    cloud: Sweep,
    joined: Sweep,
    ego_SE3_other: SE3,
    there: Mapping[str, Occupant],
    here: Mapping[str, Occupant],
    moving: MovingPoints,
) -> Sweep:
    """A part whose points on moving tracks are where the tracks are now, or gone."""
    movers = [
        (track_id, occupant)
        for track_id, occupant in there.items()
        if _moves(occupant, here.get(track_id), ego_SE3_other)
    ]
    if not movers:
        return joined
    points_m = joined.points_m.copy()
    stays = np.ones(len(points_m), dtype=bool)
    found = points_in_cuboids(cloud.points_m, [occupant.cuboid for _, occupant in movers])
    for (track_id, occupant), rows in zip(movers, found, strict=True):
        now = here.get(track_id)
        if now is None or moving is MovingPoints.LEFT_OUT:
            stays[rows] = False
        else:
            ego_SE3_then = now.cuboid.frame_SE3_cuboid @ occupant.cuboid.frame_SE3_cuboid.inverse()
            points_m[rows] = ego_SE3_then.transform(cloud.points_m[rows]).astype(np.float32)
    joined = replace(joined, points_m=points_m)
    return joined if stays.all() else selected_points(joined, np.flatnonzero(stays))


def _moves(there: Occupant, here: Occupant | None, ego_SE3_other: SE3) -> bool:
    if here is None:
        return there.moves
    way_m = ego_SE3_other.transform(there.cuboid.center_m) - here.cuboid.center_m
    return there.moves or here.moves or float(np.linalg.norm(way_m)) > MOVED_M
