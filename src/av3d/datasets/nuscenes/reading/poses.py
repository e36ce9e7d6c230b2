"""ego_pose as a trajectory, and as poses of images where that is not exact enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from av3d.calibration.rig import Rig
from av3d.datasets.nuscenes.reading.rows import by_token, poses, read_rows
from av3d.datasets.nuscenes.reading.scene import Channel, Datum, Scene
from av3d.datasets.nuscenes.tables import Row
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import Trajectory
from av3d.types import NS_PER_MS, IntArray

APART_NS = 5 * NS_PER_MS
"""Poses of cameras and radars are taken where no other is nearer than this. Positions are good to about
a millimetre: of two poses a tenth of a millisecond apart, as a camera's and a LiDAR's often are, the
velocity would be off by metres per second."""

OFF_M, OFF_RAD = 0.005, np.radians(0.02)
"""Where a camera's own ego poses are further from the trajectory than this, they are used as they are."""


class EgoPoses:
    """The rows of ego_pose of one scene.

    Args:
        scene: the scene.
        lidar: the LiDAR whose sweeps make the frames.

    Raises:
        InputFileError: a sweep or image has no pose.
    """

    def __init__(self, scene: Scene, lidar: Channel) -> None:
        self._path = scene.table("ego_pose")
        self._lidar = lidar
        self._others = [
            channel
            for modality in ("lidar", "camera", "radar")
            for channel in scene.of_modality(modality)
            if channel.name != lidar.name
        ]
        data = [datum for channel in (lidar, *self._others) for datum in channel.data]
        wanted = {datum.pose_token for datum in data}
        self._rows: dict[str, Row] = by_token(read_rows(self._path, "token", wanted), self._path)
        for datum in data:
            if datum.pose_token not in self._rows:
                raise InputFileError(
                    f"there is no ego pose {datum.pose_token[:60]!r}, which {datum.path.name} names",
                    self._path,
                    "restore the tables; they belong together",
                )

    def of(self, tokens: Iterable[str]) -> SE3:
        """`world_SE3_ego` of some rows, batch of N; InputFileError names one that is no pose."""
        return poses([self._rows[token] for token in tokens], self._path)

    def trajectory(self, times_ns: Mapping[str, int]) -> Trajectory:
        """The poses of all sensors: those of the LiDAR, others in between.

        Args:
            times_ns: times of the LiDAR's sweeps, by token of sample_data.
        """
        chosen = {times_ns[datum.token]: datum.pose_token for datum in self._lidar.data}
        for channel in self._others:
            _fill(chosen, channel.data)
        ordered = sorted(chosen.items())
        return Trajectory(
            [time_ns for time_ns, _ in ordered],
            self.of(token for _, token in ordered),
            source=str(self._path),
        )

    def measured(
        self, images: Mapping[str, tuple[Datum, ...]], trajectory: Trajectory, rig: Rig
    ) -> dict[str, SE3]:
        """`world_SE3_camera` of the images of cameras that have poses of their own.

        All sensors of nuScenes share one trajectory. An export of a log with measured camera poses
        (PandaSet) has them in the ego poses of its images.

        Args:
            images: by camera, in time order.
            trajectory: the ego poses.
            rig: gives the extrinsics.
        """
        found: dict[str, SE3] = {}
        for camera, data in images.items():
            if not data:
                continue
            own = self.of(datum.pose_token for datum in data)
            shared = trajectory.at(np.array([datum.timestamp_ns for datum in data]))
            apart_m = np.linalg.norm(own.translation_m - shared.translation_m, axis=-1).max()
            if apart_m > OFF_M or own.angle_to_rad(shared).max() > OFF_RAD:
                found[camera] = own @ rig.camera(camera).ego_SE3_camera
        return found


def _fill(chosen: dict[int, str], data: Iterable[Datum]) -> None:
    """Add the poses that are not close to one that is there."""
    taken: IntArray = np.array(sorted(chosen), dtype=np.int64)
    for datum in data:
        right = int(np.searchsorted(taken, datum.timestamp_ns))
        near = taken[max(right - 1, 0) : right + 1]
        if not (np.abs(near - datum.timestamp_ns) < APART_NS).any():
            chosen[datum.timestamp_ns] = datum.pose_token
