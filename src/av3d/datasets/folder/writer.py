"""Writes a log folder piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.calibration.rig_toml import write_rig
from av3d.datasets.folder import layout
from av3d.datasets.folder.arrays import write_npz
from av3d.datasets.folder.tracks_json import write_tracks
from av3d.datasets.folder.trajectory_csv import write_trajectory
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.tracks.track import Track


class LogFolderWriter:
    """Fills an existing, empty folder with a log; use it inside `av3d.files.new_folder`.

    Args:
        folder: where the log goes.
        settings: what `log.toml` shall say.
        rig: the sensors; the log gets a folder for each.
        trajectory: `world_SE3_ego(t)`, or None for a log without poses.
    """

    def __init__(
        self, folder: Path, settings: layout.LogSettings, rig: Rig, trajectory: Trajectory | None
    ) -> None:
        self.folder = folder
        self._log_name = settings.name
        layout.write_settings(settings, folder / layout.LOG_FILE)
        write_rig(rig, folder / layout.RIG_FILE)
        if trajectory is not None and not trajectory.is_identity:
            write_trajectory(trajectory, folder / layout.TRAJECTORY_FILE)
        for lidar in rig.lidars:
            (folder / layout.LIDAR_FOLDER / lidar).mkdir(parents=True)
        for camera in rig.cameras:
            (folder / layout.CAMERA_FOLDER / camera).mkdir(parents=True)

    def add_sweep(self, sweep: Sweep, unit_m: float | None = None) -> Path:
        """Write one sweep as .npz; see `write_npz` for `unit_m`."""
        path = self.folder / layout.LIDAR_FOLDER / sweep.lidar / f"{sweep.timestamp_ns}.npz"
        write_npz(sweep, path, unit_m)
        return path

    def add_image(
        self, camera: str, timestamp_ns: int, encoded: bytes, suffix: str = ".jpg"
    ) -> Path:
        """Write one encoded image, a JPEG (.jpg) or PNG (.png)."""
        path = self.folder / layout.CAMERA_FOLDER / camera / f"{timestamp_ns}{suffix}"
        path.write_bytes(encoded)
        return path

    def add_tracks(self, tracks: Iterable[Track], name: str = layout.LABELS_FILE) -> Path:
        """Write a tracks file at `name` within the folder."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        write_tracks(tracks, path, self._log_name)
        return path
