"""Opening a drive of the raw data as a log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.kitti.oxts import read_record, world_SE3_imu_of
from av3d.datasets.kitti.raw.calibration import read_raw_rig
from av3d.datasets.kitti.raw.layout import (
    CALIBRATIONS,
    CAMERAS,
    CLOUD_SUFFIXES,
    IMAGE_SUFFIXES,
    OXTS,
    VELODYNE,
    Drive,
    find_drive,
    numbered,
)
from av3d.datasets.kitti.raw.sidecar import RawSidecar, read_raw_sidecar
from av3d.datasets.kitti.raw.sweeps import RawSweeps
from av3d.datasets.kitti.raw.timestamps import read_timestamps
from av3d.datasets.kitti.velodyne import LIDAR
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.paths import Paths
from av3d.logs.trajectory import Trajectory
from av3d.reading import read_text
from av3d.types import IntArray

FRAME_NS = 100_000_000
"""Spacing of the measurements of a stream without timestamps."""


class RawLog(Log):
    """A drive that remembers KITTI's frame numbers, which tracklets count in.

    Args:
        drive: where its files are.
        times_by_number: time of each frame number, whether its sweep is there or not.
        world_origin_m: where the first record of poses lies in the world frame; None: at its origin.
    """

    def __init__(
        self,
        *,
        drive: Drive,
        times_by_number: Mapping[int, int],
        world_origin_m: tuple[float, float, float] | None = None,
        **log: Any,
    ) -> None:
        super().__init__(**log)
        self.world_origin_m = world_origin_m
        self.drive = drive
        self.times_by_number = dict(times_by_number)


def open_raw(path: Path) -> RawLog:
    """Open one drive.

    Raises:
        DatasetError: the path does not say which drive, or the drive has no sweeps.
        InputFileError: calibration, times or poses are broken.
    """
    drive = find_drive(path)
    folder = drive.folder.absolute()
    notes: list[str] = []
    sidecar = read_raw_sidecar(folder)
    if sidecar is not None:
        notes.append(f"Written by av3d from log {sidecar.log}: tracks come from its av3d file.")
    sweeps, times_by_number = _sweeps(folder, drive, notes)
    rig = read_raw_rig(drive.calibration, rectified=drive.is_rectified, name=folder.name)
    notes.extend(rig.notes)
    cameras: dict[str, ImageFiles] = {}
    for name in CAMERAS:
        stream = _images(folder / name, notes)
        if stream is None:
            continue
        if name not in rig.cameras:
            notes.append(f"The calibration has no camera {name}; its images are left out.")
        else:
            cameras[name] = stream
    if not cameras:
        notes.append("There are no images.")
    clocks = dict.fromkeys(
        cameras, "the recording computer's clock, when the camera was triggered"
    ) | {LIDAR: "the same clock, when the laser faces forward, in the middle of its turn"}
    return RawLog(
        drive=drive,
        times_by_number=times_by_number,
        world_origin_m=None if sidecar is None else sidecar.world_origin_m,
        name=folder.name,
        kind="kitti-raw",
        path=folder,
        rig=rig,
        trajectory=_trajectory(folder / OXTS, sidecar, notes),
        lidars={LIDAR: sweeps},
        cameras=cameras,
        # The cameras are triggered as the laser faces forward.
        camera_phases_ns=dict.fromkeys(cameras, 0),
        fingerprint=_fingerprint(drive, sweeps, cameras),
        notes=notes,
        clocks=clocks,
    )


def _sweeps(folder: Path, drive: Drive, notes: list[str]) -> tuple[RawSweeps, Mapping[int, int]]:
    stream = folder / VELODYNE
    names = numbered(stream / "data", CLOUD_SUFFIXES)
    if not names:
        raise DatasetError("the drive has no sweeps", stream / "data", "download velodyne_points")
    times, rows = _times(stream, list(names), "sweeps", notes)
    numbers = np.array(list(names))[rows]
    ends = [_at_numbers(stream / f"timestamps_{end}.txt", numbers) for end in ("start", "end")]
    last = int(numbers[-1])
    lacking = last + 1 - int(numbers[0]) - len(numbers)
    if lacking:
        notes.append(f"{lacking} sweeps of {last + 1} are missing.")
    if drive.is_rectified:
        notes.append("Clouds of synchronised drives have the vehicle's motion taken out already.")
    sweeps = RawSweeps(
        times,
        ends[0],
        ends[1],
        stream / "data",
        [names[int(number)] for number in numbers],
        motion_compensated=drive.is_rectified,
    )
    times_by_number = dict(zip(numbers.tolist(), times.tolist(), strict=True))
    listed = stream / "timestamps.txt"
    if listed.is_file():
        times_by_number = dict(enumerate(read_timestamps(listed).tolist())) | times_by_number
    return sweeps, times_by_number


def _images(stream: Path, notes: list[str]) -> ImageFiles | None:
    names = numbered(stream / "data", IMAGE_SUFFIXES)
    if not names:
        return None
    times, rows = _times(stream, list(names), f"images of {stream.name}", notes)
    kept = list(names.values())
    return ImageFiles(times, Paths(stream / "data", [kept[row] for row in rows.tolist()]))


def _times(
    stream: Path, numbers: list[int], what: str, notes: list[str]
) -> tuple[IntArray, IntArray]:
    """Times of files and the rows of `numbers` that they belong to, in time order.

    File n has the time of line n. Files without a line, and such whose clock did not move on, are
    left out and counted.
    """
    path = stream / "timestamps.txt"
    wanted: IntArray = np.array(numbers, dtype=np.int64)
    if not path.is_file():
        notes.append(f"There is no {stream.name}/{path.name}: its {what} are taken at 10 Hz.")
        return wanted * FRAME_NS, np.arange(len(wanted))
    lines = read_timestamps(path)
    rows = np.flatnonzero(wanted < len(lines))
    if len(rows) == 0:
        raise DatasetError(f"it has no time for any of the {what}", path, "copy the file again")
    times = lines[wanted[rows]]
    order = np.argsort(times, kind="stable")
    times, rows = times[order], rows[order]
    new = np.append(True, np.diff(times) > 0)
    dropped = len(wanted) - int(new.sum())
    if dropped:
        notes.append(f"{dropped} {what} have no time of their own in {path.name} and are left out.")
    return times[new], rows[new]


def _at_numbers(path: Path, numbers: IntArray) -> IntArray | None:
    """The lines of a timestamps file for these frame numbers; None if it lacks some."""
    if not path.is_file():
        return None
    lines = read_timestamps(path)
    return lines[numbers] if int(numbers.max()) < len(lines) else None


def _trajectory(stream: Path, sidecar: RawSidecar | None, notes: list[str]) -> Trajectory:
    names = numbered(stream / "data", (".txt",))
    if not names:
        notes.append("There are no oxts records: the vehicle is taken to stand still.")
        return Trajectory.identity()
    times, rows = _times(stream, list(names), "oxts records", notes)
    kept = list(names.values())
    records = []
    for row in rows.tolist():
        path = stream / "data" / kept[row]
        records.append(read_record(read_text(path, "the oxts record").strip(), str(path)))
    poses = world_SE3_imu_of(np.array(records))
    if sidecar is not None and sidecar.world_origin_m is not None:
        poses = SE3(poses.rotation, poses.translation_m + np.array(sidecar.world_origin_m))
    return Trajectory(times, poses, source=str(stream))


def _fingerprint(drive: Drive, sweeps: RawSweeps, cameras: Mapping[str, ImageFiles]) -> str:
    """Hash of the calibration and of the times of all streams."""
    digest = hashlib.sha256()
    for name in CALIBRATIONS:
        path = drive.calibration / name
        if path.is_file():
            digest.update(read_text(path, "the calibration").encode())
    for times in (sweeps.timestamps_ns, *(images.timestamps_ns for images in cameras.values())):
        digest.update(times.tobytes())
    return digest.hexdigest()[:32]
