"""Where a track goes in the frames around one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.logs.log import Log
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

TRAIL_FRAMES = 60
"""Frames of the selected track's trail, before and after the one that shows."""
TRAIL_BLOCK = 500
"""Frames whose places on a trail are found together; an hour would take seconds."""

TRAILS_FRAMES = 25
"""Frames of the trails of all tracks, before and after; more would cover the points."""
TRAILS_BLOCK = 20
"""Frames for which they are found together."""
STANDS_M = 0.5
"""Who goes less far leaves no trail."""


@dataclass(frozen=True, eq=False)
class Trail:
    """Where a track stands in the frames in which it is present.

    Attributes:
        frames: their indices, ascending, (N,).
        world_floor_m: the middle of the cuboid's floor, (N, 3).
    """

    frames: IntArray
    world_floor_m: FloatArray


@dataclass(frozen=True, eq=False)
class Trails:
    """The trails of all tracks around a frame.

    Attributes:
        tracks: those that move, in the order of the log.
        trails: one each.
    """

    tracks: tuple[Track, ...]
    trails: tuple[Trail, ...]


def make_trail(log: Log, track: Track, frame: int) -> Trail:
    """The floor of a track's cuboid where it is present, in the frames of a block and around it."""
    first = frame // TRAIL_BLOCK * TRAIL_BLOCK - TRAIL_FRAMES
    return _between(log, track, first, first + TRAIL_BLOCK + 2 * TRAIL_FRAMES)


def make_trails(log: Log, tracks: Sequence[Track], frame: int) -> Trails:
    """The trails of all tracks that move, in the frames of a block and around it."""
    first = frame // TRAILS_BLOCK * TRAILS_BLOCK - TRAILS_FRAMES
    last = first + TRAILS_BLOCK + 2 * TRAILS_FRAMES
    found = [(track, _between(log, track, first, last)) for track in tracks]
    moving = [
        (track, trail)
        for track, trail in found
        if len(trail.frames) and np.ptp(trail.world_floor_m, axis=0).max() > STANDS_M
    ]
    return Trails(tuple(track for track, _ in moving), tuple(trail for _, trail in moving))


def _between(log: Log, track: Track, first: int, last: int) -> Trail:
    """The trail from frame `first` to before frame `last`."""
    present = log.frames.between(track.start_ns, track.end_ns)
    frames: list[int] = []
    floor_m: list[FloatArray] = []
    indices = list(range(max(first, present.start), min(last, present.stop)))
    if not indices:
        return Trail(np.zeros(0, dtype=np.int64), np.zeros((0, 3)))
    times_ns = log.frames.timestamps_ns[indices].tolist()
    states = states_in_sweep([track] * len(indices), times_ns, log)
    for index, state in zip(indices, states, strict=True):
        if state is not None:
            down = np.array([0.0, 0.0, -state.cuboid.height_m / 2])
            frames.append(index)
            floor_m.append(state.cuboid.frame_SE3_cuboid.transform(down))
    return Trail(np.array(frames, dtype=np.int64), np.array(floor_m).reshape(-1, 3))
