"""Where things are in a drive of the raw data, and which drive a path means.

    2011_09_26/                                  the day
        calib_cam_to_cam.txt  calib_velo_to_cam.txt  calib_imu_to_velo.txt
        2011_09_26_drive_0001_sync/              the drive
            image_00/timestamps.txt  image_00/data/0000000000.png   … image_03
            velodyne_points/timestamps.txt  timestamps_start.txt  timestamps_end.txt  data/
            oxts/timestamps.txt  dataformat.txt  data/0000000000.txt
            tracklet_labels.xml

A path may be the drive, any of its folders or files, or a day with one drive.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from av3d.datasets.dataset import DatasetError

VELODYNE = "velodyne_points"
OXTS = "oxts"
CAMERAS = ("image_00", "image_01", "image_02", "image_03")
TRACKLETS = "tracklet_labels.xml"
CALIBRATIONS = ("calib_cam_to_cam.txt", "calib_velo_to_cam.txt", "calib_imu_to_velo.txt")

CLOUD_SUFFIXES = (".bin", ".txt")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Drive:
    """One drive.

    Attributes:
        folder: the folder with velodyne_points and image_0X.
        calibration: the folder with calib_cam_to_cam.txt: the day, or the drive itself.
        is_rectified: whether its images are: they are not in drives named "…_extract".
    """

    folder: Path
    calibration: Path
    is_rectified: bool


def tracklet_files(folder: Path) -> list[Path]:
    """Files of tracklets in a folder: of a drive, else of the drives of a day, else of its days."""
    day = "[0-9][0-9][0-9][0-9]_[0-9]*"
    for pattern in ("", "*_drive_*/", f"{day}/*_drive_*/", f"rig_*/{day}/*_drive_*/"):
        found = sorted(folder.glob(pattern + TRACKLETS))
        if found:
            return found
    return []


def is_drive(folder: Path) -> bool:
    """Whether a folder looks like a drive, by names only."""
    streams = (VELODYNE, *CAMERAS)
    return any((folder / stream / "data").is_dir() for stream in streams) and any(
        (folder / stream / "timestamps.txt").is_file() for stream in (*streams, OXTS)
    )


def drives_of(day: Path) -> list[Path]:
    """The drives in the folder of a day, by name."""
    if not day.is_dir():
        return []
    return sorted(child for child in day.iterdir() if child.is_dir() and is_drive(child))


def recognise(path: Path) -> bool:
    """Whether a path is a drive, in a drive, or a day with drives."""
    return _drive_of(path) is not None or bool(drives_of(path))


def find_drive(path: Path) -> Drive:
    """The drive that a path means.

    Raises:
        DatasetError: it means none, or a day with several.
    """
    folder = _drive_of(path)
    if folder is None:
        drives = drives_of(path)
        if len(drives) > 1:
            names = " ".join(drive.name for drive in drives[:6]) + (" …" if len(drives) > 6 else "")
            raise DatasetError(
                f"the folder holds {len(drives)} drives", path, f"open one of: {names}"
            )
        if not drives:
            raise DatasetError(
                "not a drive of the KITTI raw data",
                path,
                "give a folder with velodyne_points/data and timestamps.txt",
            )
        folder = drives[0]
    day = folder if (folder / CALIBRATIONS[0]).is_file() else folder.parent
    return Drive(folder, day, is_rectified=not folder.name.endswith("_extract"))


def _drive_of(path: Path) -> Path | None:
    """The path itself or the folder above it that is a drive; a file lies at most three levels deep."""
    for candidate in (path, *list(path.absolute().parents)[:3]):
        if candidate.is_dir() and is_drive(candidate):
            return candidate
    return None


def numbered(folder: Path, suffixes: tuple[str, ...]) -> dict[int, str]:
    """Names of files that are numbers, by number, ascending."""
    if not folder.is_dir():
        return {}
    found: dict[int, str] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - no Path for each of many
            if suffix.lower() in suffixes and stem.isascii() and stem.isdigit() and len(stem) <= 10:
                found[int(stem)] = entry.name
    return dict(sorted(found.items()))
