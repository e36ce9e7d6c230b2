"""Names of files and folders of a log folder, and what its `log.toml` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from av3d.datasets.dataset import DatasetError
from av3d.datasets.folder.lidar_settings import (
    AUTO,
    LidarSettings,
    lidar_values,
    read_lidar_settings,
)
from av3d.datasets.folder.toml_values import TomlValues, read_toml
from av3d.datasets.point_values import UNITS_NS

FORMAT = "av3d-folder"
VERSION = 1

MAX_NAME = 100
"""Characters of a log's name: exports name files by it, and file systems allow 255 bytes."""

LOG_FILE = "log.toml"
RIG_FILE = "rig.toml"
TRAJECTORY_FILE = "trajectory.csv"
LABELS_FILE = "labels.json"
TRUTH_FILE = "truth/tracks.json"
LIDAR_FOLDER = "lidar"
CAMERA_FOLDER = "camera"

SWEEP_SUFFIXES = (".npz", ".npy", ".bin", ".pcd", ".ply", ".feather")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class LogSettings:
    """The contents of `log.toml`.

    Attributes:
        name: name of the log; default: that of the folder.
        reference_lidar: the LiDAR whose sweeps make the frames; None: the first of the rig.
        tolerance_ms: how far an image may be from its sweep; None: the synchroniser's choice.
        clock: one sentence on what the timestamps mean.
        notes: sentences for the user.
        lidars: settings by LiDAR name, where they differ from the defaults.
        time_unit_of_names: unit of the times in file names, a key of UNITS_NS; None: told from the
            names of each sensor.
        trajectory_of: the LiDAR or camera whose poses the trajectory holds; None: the ego frame's.
    """

    name: str
    reference_lidar: str | None = None
    tolerance_ms: float | None = None
    clock: str = ""
    notes: tuple[str, ...] = ()
    lidars: Mapping[str, LidarSettings] = field(default_factory=dict)
    time_unit_of_names: str | None = None
    trajectory_of: str | None = None


def read_settings(path: Path) -> LogSettings:
    """Read `log.toml`.

    Raises:
        InputFileError: the file cannot be read, or is not TOML.
        DatasetError: another format or a newer version, or a value of the wrong kind.
    """
    data = read_toml(path)
    if data.get("format") != FORMAT:
        raise DatasetError(
            f"format is {data.get('format')!r}, not {FORMAT!r}", path, f'write format = "{FORMAT}"'
        )
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise DatasetError(f"version is {version!r}", path, f"write version = {VERSION}")
    if version > VERSION:
        raise DatasetError(
            f"version {version} of the format is newer than this av3d reads ({VERSION})",
            path,
            "update av3d",
        )
    values = TomlValues(path, data)
    lidars = {
        name: read_lidar_settings(TomlValues(path, table, f"lidar.{name}."))
        for name, table in values.tables("lidar").items()
    }
    name = values.text("name") or path.parent.name
    if not name.isprintable() or len(name) > MAX_NAME:
        raise values.wrong("name", f"a name of at most {MAX_NAME} printable characters")
    unit = values.choice("time_unit_of_names", [*UNITS_NS, AUTO])
    return LogSettings(
        name=name,
        reference_lidar=values.text("reference_lidar") or None,
        tolerance_ms=values.positive("tolerance_ms"),
        clock=values.text("clock"),
        notes=values.texts("notes"),
        lidars=lidars,
        time_unit_of_names=None if unit == AUTO else unit,
        trajectory_of=values.text("trajectory_of") or None,
    )


def write_settings(settings: LogSettings, path: Path) -> None:
    """Write `log.toml`; `read_settings` gives the same settings back."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": settings.name}
    if settings.reference_lidar:
        data["reference_lidar"] = settings.reference_lidar
    if settings.tolerance_ms is not None:
        data["tolerance_ms"] = settings.tolerance_ms
    if settings.clock:
        data["clock"] = settings.clock
    if settings.time_unit_of_names is not None:
        data["time_unit_of_names"] = settings.time_unit_of_names
    if settings.trajectory_of is not None:
        data["trajectory_of"] = settings.trajectory_of
    if settings.notes:
        data["notes"] = list(settings.notes)
    lidars = {name: lidar_values(lidar) for name, lidar in settings.lidars.items()}
    if lidars:
        data["lidar"] = lidars
    path.write_text(tomli_w.dumps(data), encoding="utf-8")
