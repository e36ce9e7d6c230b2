"""Where a log is: the data root, the folder with the tables, and which of the scenes in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from av3d.datasets.dataset import DatasetError
from av3d.errors import InputFileError

NEEDED = ("scene.json", "sample_data.json", "calibrated_sensor.json")
"""A folder with these tables is a version folder, whatever it is called."""


@dataclass(frozen=True)
class Place:
    """A place that a path names.

    Attributes:
        root: the data root, which file names in the tables start from.
        version: the folder with the tables.
        scene: name of a scene; None if the path names none.
    """

    root: Path
    version: Path
    scene: str | None = None


def is_tables(path: Path) -> bool:
    """Whether a path is a place, by names only."""
    folder, _ = _folder_and_scene(path)
    return is_version(folder) or bool(versions_in(folder))


def find_place(path: Path) -> Place:
    """The place of a data root, a version folder, or either with the name of a scene behind it.

    A scene is no folder: `nuscenes/scene-0061` and `nuscenes/v1.0-mini/scene-0061` name one although
    there are none of these names.

    Raises:
        DatasetError: there are no tables, or the data root holds several versions.
    """
    folder, scene = _folder_and_scene(path)
    if is_version(folder):
        return Place(folder.absolute().parent, folder, scene)
    versions = versions_in(folder)
    if not versions:
        raise DatasetError(
            "no nuScenes tables here", path,
            "give the data root, or the folder with scene.json, sample_data.json and the others",
        )  # fmt: skip
    if len(versions) > 1:
        names = " and ".join(version.name for version in versions)
        raise DatasetError(
            f"holds {names}", folder, f"give the path of one: {versions[0] / (scene or '')}"
        )
    return Place(folder, versions[0], scene)


def _folder_and_scene(path: Path) -> tuple[Path, str | None]:
    return (path, None) if path.exists() else (path.parent, path.name)


def versions_in(root: Path) -> list[Path]:
    """The version folders in a folder, by name."""
    if not root.is_dir():
        return []
    return sorted(found.parent for found in root.glob("*/scene.json") if is_version(found.parent))


def is_version(folder: Path) -> bool:
    """Whether a folder holds the tables."""
    return all((folder / name).is_file() for name in NEEDED)


def data_path(root: Path, filename: str, where: str) -> Path:
    """The path of a file that a table names, below the data root.

    Raises:
        InputFileError: the name leads out of the data root, or is none.
    """
    parts = PurePosixPath(filename).parts
    escapes = filename.startswith("/") or ".." in parts or "\\" in filename
    if not parts or escapes or not filename.isprintable():
        raise InputFileError(
            f"the file name {filename[:80]!r} does not lie below the data root", where,
            "correct the table",
        )  # fmt: skip
    return root / filename
