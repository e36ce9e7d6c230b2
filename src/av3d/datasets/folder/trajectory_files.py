"""Which file of a log folder holds the trajectory, in which format, and of which frame."""

from __future__ import annotations

from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import DatasetError
from av3d.datasets.folder import layout
from av3d.datasets.folder.trajectory_csv import COLUMNS, read_trajectory
from av3d.datasets.folder.trajectory_tum import NAMES as TUM_NAMES
from av3d.datasets.folder.trajectory_tum import columns_of, read_tum, split
from av3d.logs.trajectory import Trajectory
from av3d.reading import read_bytes

MAX_HEADER_BYTES = 4096


def pose_file(folder: Path) -> Path | None:
    """The file with the trajectory of a log folder; DatasetError if there are two."""
    names = (layout.TRAJECTORY_FILE, *TUM_NAMES)
    found = [folder / name for name in names if (folder / name).exists()]
    if len(found) > 1:
        raise DatasetError(
            f"there are two trajectories, {found[0].name} and {found[1].name}", folder, "remove one"
        )
    return found[0] if found else None


def read_poses(path: Path, rig: Rig, settings: layout.LogSettings) -> Trajectory:
    """The trajectory of the ego frame, whatever format it is in and whose poses it holds.

    Args:
        path: the file.
        rig: the sensors, one of which the poses may be of.
        settings: `trajectory_of` says of which.

    Raises:
        InputFileError: the file cannot be read, or a line is wrong.
        TrajectoryError: there are no poses, or their times do not increase.
        DatasetError: the rig has no such sensor.
    """
    foreign = path.name in TUM_NAMES
    if not foreign:
        first = read_bytes(path, "trajectory")[:MAX_HEADER_BYTES].partition(b"\n")[0]
        header = split(first.decode("utf-8-sig", "replace").strip().lower())
        foreign = not set(COLUMNS) <= set(header) and columns_of(header) is not None
    trajectory = read_tum(path) if foreign else read_trajectory(path)
    sensor = settings.trajectory_of
    if sensor is None:
        return trajectory
    if sensor in rig.lidars:
        ego_SE3_sensor = rig.lidars[sensor].ego_SE3_lidar
    elif sensor in rig.cameras:
        ego_SE3_sensor = rig.cameras[sensor].ego_SE3_camera
    else:
        raise DatasetError(
            f"trajectory_of is {sensor!r}",
            path.parent / layout.LOG_FILE,
            f"write one of: {' '.join((*rig.lidars, *rig.cameras)) or 'none'}",
        )
    world_SE3_ego = trajectory.world_SE3_ego @ ego_SE3_sensor.inverse()
    return Trajectory(trajectory.timestamps_ns, world_SE3_ego, source=trajectory.source)
