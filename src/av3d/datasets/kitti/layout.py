"""Where things are in a KITTI folder, and which sequence or frame a path means.

Tracking:                               Object:
    training/calib/0001.txt                 training/calib/000001.txt
    training/velodyne/0001/000000.bin       training/velodyne/000001.bin
    training/image_02/0001/000000.png       training/image_2/000001.png
    training/label_02/0001.txt              training/label_2/000001.txt
    training/oxts/0001.txt

A path may be the root (above training or testing), the split folder, one of the folders in it, or
any file or folder of one sequence or frame, which then names it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from av3d.datasets.dataset import DatasetError
from av3d.datasets.kitti.labels import MAX_FRAME

SPLITS = ("training", "testing")
TRACKING_FOLDERS = ("velodyne", "image_02", "image_03", "label_02", "calib", "oxts")
OBJECT_FOLDERS = ("velodyne", "image_2", "image_3", "label_2", "calib")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Place:
    """A split folder and the sequence (or frame) that a path names, or None."""

    split: Path
    name: str | None


def tracking_place(path: Path) -> Place | None:
    """The place of a path in a folder of the tracking benchmark; None if it is not in one."""
    return _place(path, TRACKING_FOLDERS, is_tracking_split)


def object_place(path: Path) -> Place | None:
    """The place of a path in a folder of the object benchmark; None if it is not in one."""
    return _place(path, OBJECT_FOLDERS, is_object_split)


def is_tracking_split(folder: Path) -> bool:
    """Whether a folder looks like training/ of the tracking benchmark, by names only."""
    if not (folder / "calib").is_dir():
        return False
    if (folder / "label_02").is_dir() or (folder / "image_02").is_dir():
        return True
    velodyne = folder / "velodyne"
    return velodyne.is_dir() and any(child.is_dir() for child in velodyne.iterdir())


def is_object_split(folder: Path) -> bool:
    """Whether a folder looks like training/ of the object benchmark, by names only."""
    if not (folder / "calib").is_dir() or is_tracking_split(folder):
        return False
    if (folder / "label_2").is_dir() or (folder / "image_2").is_dir():
        return True
    velodyne = folder / "velodyne"
    return velodyne.is_dir() and any(child.suffix == ".bin" for child in velodyne.iterdir())


def sequence_names(split: Path) -> tuple[str, ...]:
    """Names of the sequences of a tracking split that have anything besides a calibration."""
    names: set[str] = set()
    for folder in ("velodyne", "image_02", "image_03"):
        if (split / folder).is_dir():
            names.update(child.name for child in (split / folder).iterdir() if child.is_dir())
    for folder in ("label_02", "oxts"):
        names.update(stems(split / folder, (".txt",)))
    return tuple(sorted(names))


def sequences_with_points(split: Path) -> tuple[str, ...]:
    """Names of the sequences of a tracking split that have at least one point cloud."""
    return tuple(
        name for name in sequence_names(split) if numbered(split / "velodyne" / name, (".bin",))
    )


def frame_names(split: Path) -> tuple[str, ...]:
    """Names of the frames of an object split that have a point cloud."""
    return tuple(sorted(stems(split / "velodyne", (".bin",))))


def stems(folder: Path, suffixes: Iterable[str]) -> set[str]:
    """Names without suffix of the files of a folder; empty if there is no such folder."""
    wanted = tuple(suffixes)
    if not folder.is_dir():
        return set()
    return {
        child.stem
        for child in folder.iterdir()
        if child.suffix.lower() in wanted and not child.name.startswith(".")
    }


def numbered(folder: Path, suffixes: tuple[str, ...]) -> dict[int, Path]:
    """Files of a folder whose name is a frame number, by number, in order.

    Raises:
        DatasetError: two files have the same number, or one is too large to be a frame.
    """
    found: dict[int, Path] = {}
    if folder.is_dir():
        for child in sorted(folder.iterdir()):
            if child.suffix.lower() in suffixes and child.stem.isdecimal():
                if int(child.stem) > MAX_FRAME:
                    raise DatasetError(
                        f"the file name is not a frame number up to {MAX_FRAME}",
                        child,
                        "number the files from 000000",
                    )
                doubled = found.setdefault(int(child.stem), child)
                if doubled != child:
                    raise DatasetError(
                        f"frame {int(child.stem)} is there twice: {doubled.name} and {child.name}",
                        folder,
                        "remove one of them",
                    )
    return dict(sorted(found.items()))


def image_of(folder: Path, name: str) -> Path | None:
    """The image file of a frame, PNG first; None if there is none."""
    for suffix in IMAGE_SUFFIXES:
        if (folder / f"{name}{suffix}").is_file():
            return folder / f"{name}{suffix}"
    return None


def _place(path: Path, folders: tuple[str, ...], is_split: Callable[[Path], bool]) -> Place | None:
    # Relative paths such as "0001" have no parents to look at; resolve() would follow links out of the
    # folder, and people link velodyne/ to another disk.
    path = Path(os.path.abspath(path))  # noqa: PTH100
    for split in (path / SPLITS[0], path / SPLITS[1], path):
        if is_split(split):
            return Place(split, None)
    # training/velodyne/0001/000000.bin is at most three levels below the split folder.
    steps = [path, *path.parents][:4]
    for step, split in itertools.pairwise(steps):
        if step.name in folders and is_split(split):
            inside = path.relative_to(step).parts
            return Place(split, Path(inside[0]).stem if inside else None)
    return None
