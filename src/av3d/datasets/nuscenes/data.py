"""Rows of sample_data with their ego poses: what each sensor of a scene recorded."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from av3d.calibration.camera import Camera
from av3d.datasets.nuscenes.stretches import Stretch
from av3d.datasets.nuscenes.tables import Chain, Row, Tables, pose_fields
from av3d.datasets.nuscenes.tokens import token
from av3d.geometry.se3 import SE3

LIDAR, CAMERA, RADAR = "lidar", "camera", "radar"

_FILES = {LIDAR: ("pcd", ".pcd.bin"), CAMERA: ("jpg", ".jpg"), RADAR: ("pcd", ".pcd")}
"""By modality: what sample_data calls the format, and what file names end in."""


class Written(NamedTuple):
    """Where a file goes, and the ego pose of its row."""

    path: Path
    ego_pose: Row


class SensorData:
    """The rows of one sensor in one scene.

    Args:
        stretch: whose frames the scene has.
        channel: name of the channel.
        modality: LIDAR, CAMERA or RADAR.
        ego_SE3_sensor: where it sits.
        camera: that of the written images, for a camera.
        logfile: what file names start with.
        tables: rows are added to it.
        folder: the data root.
    """

    def __init__(
        self,
        stretch: Stretch,
        channel: str,
        modality: str,
        ego_SE3_sensor: SE3,
        camera: Camera | None,
        logfile: str,
        tables: Tables,
        folder: Path,
    ) -> None:
        self.channel = channel
        self.calibrated: Row = {
            "token": token("calibrated_sensor", *stretch.identity, channel),
            "sensor_token": token("sensor", channel),
            **pose_fields(ego_SE3_sensor),
            "camera_intrinsic": [] if camera is None else camera.matrix.tolist(),
        }
        tables.add("calibrated_sensor", self.calibrated)
        for part in ("samples", "sweeps"):
            (folder / part / channel).mkdir(parents=True, exist_ok=True)
        self._size_px = (0, 0) if camera is None else (camera.width_px, camera.height_px)
        self._format, self._suffix = _FILES[modality]
        self._log_name, self._logfile = stretch.log.name, logfile
        self._tables, self._folder = tables, folder
        self._chain = Chain(lambda row: tables.add("sample_data", row))

    @property
    def count(self) -> int:
        """Rows so far."""
        return self._chain.count

    def add(
        self, timestamp_ns: int, timestamp_us: int, sample: str, is_key: bool, world_SE3_ego: SE3
    ) -> Written:
        """Add a row and its ego pose, which share one token.

        Args:
            timestamp_ns: exact time, ascending from call to call.
            timestamp_us: the same as it is written.
            sample: token of the sample.
            is_key: whether it is the sample's own.
            world_SE3_ego: the ego pose.
        """
        own = token("sample_data", self._log_name, self.channel, timestamp_ns)
        pose: Row = {"token": own, "timestamp": timestamp_us, **pose_fields(world_SE3_ego)}
        part = "samples" if is_key else "sweeps"
        name = f"{self._logfile}__{self.channel}__{timestamp_us}{self._suffix}"
        filename = f"{part}/{self.channel}/{name}"
        self._tables.add("ego_pose", pose)
        self._chain.add({
            "token": own,
            "sample_token": sample,
            "ego_pose_token": own,
            "calibrated_sensor_token": self.calibrated["token"],
            "timestamp": timestamp_us,
            "fileformat": self._format,
            "is_key_frame": is_key,
            "height": self._size_px[1],
            "width": self._size_px[0],
            "filename": filename,
        })  # fmt: skip
        return Written(self._folder / filename, pose)

    def end(self) -> None:
        """Write what is left; there is no more."""
        self._chain.end()
