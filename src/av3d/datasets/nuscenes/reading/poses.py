"""ego_pose as a trajectory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from av3d.datasets.nuscenes.reading.rows import by_token, pose, read_rows
from av3d.datasets.nuscenes.reading.scene import Channel, Datum, Scene
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import Trajectory
from av3d.types import NS_PER_MS, IntArray

APART_NS = 5 * NS_PER_MS
"""Poses of cameras and radars are taken where no other is nearer than this. Positions are good to about
a millimetre: of two poses a tenth of a millisecond apart, as a camera's and a LiDAR's often are, the
velocity would be off by metres per second."""


def trajectory_of(scene: Scene, lidar: Channel, times_ns: Mapping[str, int]) -> Trajectory:
    """The poses of all sensors in one trajectory: those of the LiDAR first, others in between.

    Args:
        scene: the scene.
        lidar: the LiDAR whose sweeps make the frames; all its poses are taken.
        times_ns: times of its sweeps, by token of sample_data.

    Raises:
        InputFileError: a sweep or image has no pose, or a row is no pose.
    """
    path = scene.table("ego_pose")
    others = [
        channel
        for modality in ("lidar", "camera", "radar")
        for channel in scene.of_modality(modality)
        if channel.name != lidar.name
    ]
    data = [datum for channel in (lidar, *others) for datum in channel.data]
    rows = by_token(read_rows(path, "token", {datum.pose_token for datum in data}), path)
    for datum in data:
        if datum.pose_token not in rows:
            raise InputFileError(
                f"there is no ego pose {datum.pose_token[:60]!r}, which {datum.path.name} names",
                path,
                "restore the tables; they belong together",
            )
    chosen = {times_ns[datum.token]: datum.pose_token for datum in lidar.data}
    for channel in others:
        _fill(chosen, channel.data)
    ordered = sorted(chosen.items())
    poses = SE3.stack([pose(rows[token], path) for _, token in ordered])
    return Trajectory([time_ns for time_ns, _ in ordered], poses, source=str(path))


def _fill(chosen: dict[int, str], data: Iterable[Datum]) -> None:
    """Add the poses that are not close to one that is there."""
    taken: IntArray = np.array(sorted(chosen), dtype=np.int64)
    for datum in data:
        right = int(np.searchsorted(taken, datum.timestamp_ns))
        near = taken[max(right - 1, 0) : right + 1]
        if not (np.abs(near - datum.timestamp_ns) < APART_NS).any():
            chosen[datum.timestamp_ns] = datum.pose_token
