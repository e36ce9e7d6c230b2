"""Where a track goes in the frames around one."""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class Trail:
    """Where a track stands in the frames in which it is present.

    Attributes:
        frames: their indices, ascending, (N,).
        world_floor_m: the middle of the cuboid's floor, (N, 3).
    """

    frames: IntArray
    world_floor_m: FloatArray


def make_trail(log: Log, track: Track, frame: int) -> Trail:
    """The floor of a track's cuboid where it is present, in the frames of a block and around it."""
    first = frame // TRAIL_BLOCK * TRAIL_BLOCK - TRAIL_FRAMES
    last = first + TRAIL_BLOCK + 2 * TRAIL_FRAMES
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
