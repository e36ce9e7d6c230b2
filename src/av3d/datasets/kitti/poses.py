"""Ego poses as the oxts records of an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.datasets.kitti.oxts import oxts_line
from av3d.logs.log import Log
from av3d.types import NS_PER_S, FloatArray

_BLOCK = 1024
"""Poses that are worked out at once."""


def oxts_records(log: Log, times_ns: Sequence[int]) -> Iterator[str]:
    """One record without line end for each time; the first is the origin of the written track.

    Args:
        log: a log with poses.
        times_ns: of the records, in the log's time.
    """
    origin_m = log.trajectory.at(times_ns[0]).translation_m
    for start in range(0, len(times_ns), _BLOCK):
        block_ns = np.array(times_ns[start : start + _BLOCK], dtype=np.int64)
        poses = log.trajectory.at(block_ns)
        for index, time_ns in enumerate(block_ns.tolist()):
            offset_m = poses.translation_m[index] - origin_m
            yield oxts_line(offset_m, poses[index], _twist(log, time_ns))


def _twist(log: Log, time_ns: int) -> FloatArray:
    """Velocity in the world frame and angular rate in the ego frame over 100 ms, (6,)."""
    trajectory = log.trajectory
    start = max(time_ns - NS_PER_S // 20, trajectory.start_ns)
    end = min(time_ns + NS_PER_S // 20, trajectory.end_ns)
    if end <= start:
        return np.zeros(6)
    before, after = trajectory.at(start), trajectory.at(end)
    seconds = (end - start) / NS_PER_S
    turned = Rotation.from_matrix(before.rotation.T @ after.rotation).as_rotvec()
    moved = after.translation_m - before.translation_m
    return np.asarray(np.concatenate([moved, turned]) / seconds)
