"""Opening an Argoverse 2 log: poses, calibration and names; no points, no images."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.datasets.argoverse2.calibration import LIDARS, UNDISTORTED, read_rig
from av3d.datasets.argoverse2.layout import (
    ANNOTATIONS,
    CALIBRATION,
    CAMERAS,
    EXTRINSICS,
    INTRINSICS,
    POSES,
    SWEEPS,
    TimedFiles,
    listed,
    read_poses,
    read_times_ns,
    shortened,
    timed_files,
)
from av3d.datasets.argoverse2.sweeps import BOX_TIME_NS, Argoverse2Sweeps, SweepFiles
from av3d.datasets.dataset import DatasetError
from av3d.datasets.feather import read_feather
from av3d.files import real_path
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.rhythm import nearest
from av3d.logs.trajectory import Trajectory
from av3d.reading import read_bytes
from av3d.types import IntArray

SWEEP_NS = 100_000_000
"""Time of a revolution, where a log has one sweep only."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")

LIDAR_CLOCK = (
    "the vehicle's clock, which all streams share (its date is not that of the drive); the start of "
    "the sweep, to which the points are moved"
)
CAMERA_CLOCK = (
    "the vehicle's clock, which all streams share; the exposure of a global shutter, taken to be "
    "its middle"
)


def open_log(path: Path) -> Log:
    """Open the folder of one log. Av3dError says what is wrong with it."""
    poses_ns, world_SE3_ego, pose_notes = read_poses(path / POSES)
    trajectory = Trajectory(poses_ns, world_SE3_ego, source=str(path / POSES))
    sweeps = timed_files(path / SWEEPS, (".feather",))
    images = {
        name: timed_files(path / CAMERAS / name, IMAGE_SUFFIXES)
        for name in listed(path / CAMERAS)
        if not name.startswith(".")
    }
    labelled_ns = read_labelled_ns(path)
    frames_ns = np.union1d(sweeps.times_ns, labelled_ns).astype(np.int64)
    if not len(frames_ns):
        raise DatasetError(
            f"there are neither sweeps ({SWEEPS.as_posix()}) nor labels ({ANNOTATIONS}), and so no "
            "frames",
            path,
            "download one of them",
        )
    rig, calibration_notes = read_log_rig(path)
    files = SweepFiles(dict(zip(sweeps.times_ns.tolist(), sweeps.paths, strict=True)))
    cameras = {
        name: ImageFiles(images[name].times_ns, list(images[name].paths))
        for name in rig.cameras
        if len(images.get(name, _NO_FILES))
    }
    return Log(
        name=real_path(path).name,
        kind="av2",
        path=path,
        rig=rig,
        trajectory=trajectory,
        lidars={
            lidar: Argoverse2Sweeps(files, lidar, frames_ns, rig.lidar(lidar).ego_SE3_lidar)
            for lidar in LIDARS
        },
        cameras=cameras,
        reference_lidar=LIDARS[0],
        camera_phases_ns=_phases_ns(cameras, frames_ns),
        fingerprint=_fingerprint(path, sweeps, images),
        notes=[
            *pose_notes,
            *calibration_notes,
            *_sweep_notes(sweeps, frames_ns),
            *_image_notes(images, rig),
            *_pose_notes(trajectory, frames_ns),
        ],
        clocks={
            **dict.fromkeys(LIDARS, LIDAR_CLOCK),
            **dict.fromkeys(cameras, CAMERA_CLOCK),
        },
    )


_NO_FILES = TimedFiles(np.zeros(0, dtype=np.int64), (), ())


def read_labelled_ns(path: Path) -> IntArray:
    """Times at which a log has labels, increasing, (N,); none if it has no labels."""
    if not (path / ANNOTATIONS).is_file():
        return np.zeros(0, dtype=np.int64)
    table = read_feather(path / ANNOTATIONS, "labels", ["timestamp_ns"])
    return np.unique(read_times_ns(table, path / ANNOTATIONS))


def read_log_rig(path: Path) -> tuple[Rig, list[str]]:
    """The log's rig, with both LiDARs in any case, and notes."""
    if not (path / CALIBRATION).is_dir():
        return Rig("argoverse2", _at_ego(LIDARS), {}), [
            "there is no calibration: the LiDARs are taken to sit at the origin of the ego frame "
            "(the points are given in it), and images cannot be used"
        ]
    rig = read_rig(path / CALIBRATION, "argoverse2")
    notes = [note for note in rig.notes if note != UNDISTORTED]
    lacking = [lidar for lidar in LIDARS if lidar not in rig.lidars]
    if lacking:
        notes.append(
            f"{EXTRINSICS} has no row for {shortened(lacking)}: taken to sit at the origin of the "
            "ego frame"
        )
    lidars = {**_at_ego(LIDARS), **rig.lidars}
    return Rig(rig.name, lidars, rig.cameras, rig.source, rig.date, rig.notes), notes


def _at_ego(lidars: tuple[str, ...]) -> dict[str, LidarMount]:
    return {lidar: LidarMount(SE3.identity()) for lidar in lidars}


def _phases_ns(cameras: Mapping[str, ImageFiles], frames_ns: IntArray) -> dict[str, int]:
    """Usual image time minus sweep time of the images that are closest to the middle of a sweep.

    The cameras fire twice a revolution, whenever one of the two LiDARs passes. Of the two images the
    one nearer to the time at which cuboids hold is the frame's, so that they move the least between.
    """
    steps_ns = np.diff(frames_ns)
    reach_ns = int(np.median(steps_ns)) // 2 if len(steps_ns) else SWEEP_NS // 2
    middles_ns = frames_ns + BOX_TIME_NS
    phases_ns: dict[str, int] = {}
    for name, images in cameras.items():
        apart_ns = images.timestamps_ns[nearest(images.timestamps_ns, middles_ns)] - middles_ns
        close_ns = np.sort(apart_ns[np.abs(apart_ns) <= reach_ns])
        if len(close_ns):
            # One of them and no mean of two, which between two equally near images is no image.
            phases_ns[name] = BOX_TIME_NS + int(close_ns[len(close_ns) // 2])
    return phases_ns


def _sweep_notes(sweeps: TimedFiles, frames_ns: IntArray) -> list[str]:
    notes: list[str] = []
    missing = len(frames_ns) - len(sweeps)
    if missing:
        notes.append(
            f"{missing} of {len(frames_ns)} frames have labels but no sweep file "
            f"({SWEEPS.as_posix()}/<time>.feather): they have no points"
        )
    if sweeps.strange:
        notes.append(
            f"{SWEEPS.as_posix()}: not named by a time of their own, left out: "
            f"{shortened(sweeps.strange)}"
        )
    return notes


def _image_notes(images: Mapping[str, TimedFiles], rig: Rig) -> list[str]:
    notes: list[str] = []
    without = [name for name in rig.cameras if not len(images.get(name, _NO_FILES))]
    if without:
        which = "all" if len(without) == len(rig.cameras) else "some"
        notes.append(
            f"{which} cameras have no images ({CAMERAS.as_posix()}/<camera>/<time>.jpg): "
            f"{shortened(without, 9)}"
        )
    unknown = [name for name, found in images.items() if name not in rig.cameras and len(found)]
    if unknown:
        notes.append(f"images of cameras without calibration are left out: {shortened(unknown)}")
    for name, found in images.items():
        if found.strange:
            notes.append(
                f"camera {name}: not named by a time of their own, left out: "
                f"{shortened(found.strange)}"
            )
    return notes


def _pose_notes(trajectory: Trajectory, frames_ns: IntArray) -> list[str]:
    limit_ns = trajectory.extrapolation_limit_ns
    outside = (frames_ns < trajectory.start_ns - limit_ns) | (
        frames_ns > trajectory.end_ns + limit_ns
    )
    if not outside.any():
        return []
    return [f"{int(outside.sum())} of {len(frames_ns)} frames lie outside the times of the poses"]


def _fingerprint(path: Path, sweeps: TimedFiles, images: Mapping[str, TimedFiles]) -> str:
    """A hash of the small tables and of all names, which are times; labels are no part of it."""
    digest = hashlib.sha256()
    for table in (Path(POSES), *(Path(CALIBRATION) / name for name in (EXTRINSICS, INTRINSICS))):
        if (path / table).is_file():
            digest.update(f"{table.as_posix()}\n".encode())
            digest.update(read_bytes(path / table))
    for name, files in (("lidar", sweeps), *sorted(images.items())):
        digest.update(f"{name} {len(files)}\n".encode("utf-8", "surrogateescape"))
        digest.update(files.times_ns.tobytes())
    return digest.hexdigest()
