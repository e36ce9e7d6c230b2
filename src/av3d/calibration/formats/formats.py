"""The formats of calibration files that are not part of a dataset, found by what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av3d.calibration.formats import autoware, kalibr, opencalib, opencv, ros
from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame
from av3d.calibration.formats.values import parse
from av3d.calibration.rig import BODY_SE3_OPTICAL, RigError
from av3d.calibration.rig_toml import read_rig
from av3d.reading import read_text


@dataclass(frozen=True)
class Format:
    """One kind of calibration file.

    Attributes:
        name: short name, for --format.
        title: name as people write it.
        recognise: whether a table is of this kind; looks at keys only.
        read: the pieces of a table; the third argument names its camera, or is None.
    """

    name: str
    title: str
    recognise: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], Path, str | None], Pieces]


FORMATS = (
    Format("kalibr", "Kalibr camchain YAML", kalibr.recognise, kalibr.read),
    Format("opencalib", "OpenCalib JSON", opencalib.recognise, opencalib.read),
    Format("ros", "ROS camera_info YAML", ros.recognise, ros.read),
    Format("autoware", "Autoware sensor kit calibration YAML", autoware.recognise, autoware.read),
    Format("opencv", "OpenCV YAML", opencv.recognise, opencv.read),
)
"""In the order in which they are tried: OpenCV's keys are the least peculiar."""


CALIBRATION_SUFFIXES = (".yaml", ".yml", ".json")
MOST_FILES = 200
"""A folder with more of them holds something else beside a calibration."""


def files_in(folder: Path) -> list[Path]:
    """The calibration files directly in a folder, by name; files of other kinds are passed over.

    Raises:
        InputFileError: a file cannot be read or parsed.
        RigError: there is no calibration, or too many files to look at.
    """
    candidates = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in CALIBRATION_SUFFIXES
    )
    if len(candidates) > MOST_FILES:
        raise RigError(
            f"{len(candidates):,} YAML and JSON files are in this folder", folder, "give the files"
        )
    found = [path for path in candidates if _format_of(_table(path)) is not None]
    if not found:
        raise RigError("no calibration that av3d knows is in this folder", folder, "give a file")
    return found


def read_pieces(path: Path, name: str | None = None, format: str | None = None) -> Pieces:
    """What one calibration file says.

    Args:
        path: the file; a rig.toml counts, too.
        name: name for its camera; None: as the file says.
        format: name of the format; None: what the file looks like.

    Raises:
        InputFileError: the file cannot be read.
        RigError: no format knows it, or a value is not what it should be.
    """
    if path.suffix.lower() == ".toml":
        return _of_rig(path)
    data = _table(path)
    kind = _format_of(data, format)
    if kind is None:
        titles = ", ".join(candidate.title for candidate in FORMATS)
        raise RigError("not a calibration that av3d knows", path, f"give one of: {titles}")
    return kind.read(data, path, name)


def _table(path: Path) -> dict[str, Any]:
    return parse(read_text(path, "calibration"), path)


def _format_of(data: Mapping[str, Any], name: str | None = None) -> Format | None:
    """The format of this name, or the first that a table looks like."""
    return next(
        (
            candidate
            for candidate in FORMATS
            if candidate.name == name or (name is None and candidate.recognise(data))
        ),
        None,
    )


def _of_rig(path: Path) -> Pieces:
    """A rig.toml in pieces, so that others may add to it."""
    rig = read_rig(path)
    return Pieces(
        {name: mount.camera for name, mount in rig.cameras.items()},
        {
            **{name: SensorFrame("camera", name, is_optical=False) for name in rig.cameras},
            **{name: SensorFrame("lidar", name) for name in rig.lidars},
        },
        (
            *(
                Place("ego", name, mount.ego_SE3_camera @ BODY_SE3_OPTICAL.inverse(), path)
                for name, mount in rig.cameras.items()
            ),
            *(Place("ego", name, mount.ego_SE3_lidar, path) for name, mount in rig.lidars.items()),
        ),
        timing={
            name: (mount.clock_offset_ns, mount.readout_ns) for name, mount in rig.cameras.items()
        },
        notes=rig.notes,
    )
