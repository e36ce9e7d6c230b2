"""`av3d.toml` beside a bag: what a person says where the rules would choose otherwise."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from av3d.datasets.dataset import DatasetError
from av3d.reading import read_toml

SIDECAR = "av3d.toml"
TF = "tf"
"""Written as the odometry topic, it means the transforms."""

_KEYS = {
    "": ("name", "rig", "ego_frame", "world_frame", "reference_lidar", "topics", "names",
         "motion_compensated"),
    "topics.": ("lidar", "camera", "odometry", "camera_info"),
}  # fmt: skip


@dataclass(frozen=True)
class Sidecar:
    """What `av3d.toml` says; None or empty where the rules decide.

    Attributes:
        path: the file; where it would be if there is none.
        name: name of the log.
        rig: a rig.toml whose sensors replace transforms and calibrations of the bag.
        ego_frame, world_frame: frames.
        reference_lidar: name of the LiDAR whose sweeps make the frames.
        lidars, cameras: topics, in the wanted order.
        odometry: topic of the ego poses, or TF.
        camera_info: calibration topic by image topic.
        names: names of sensors by topic.
        motion_compensated: topics of clouds from which ego motion is removed already.
    """

    path: Path
    name: str | None = None
    rig: Path | None = None
    ego_frame: str | None = None
    world_frame: str | None = None
    reference_lidar: str | None = None
    lidars: tuple[str, ...] | None = None
    cameras: tuple[str, ...] | None = None
    odometry: str | None = None
    camera_info: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    motion_compensated: tuple[str, ...] = ()


def read_sidecar(bag: Path) -> Sidecar:
    """Read the file that belongs to a bag, if there is one.

    Args:
        bag: an .mcap file, with which go NAME.av3d.toml and av3d.toml beside it, or the folder of a
            bag, with av3d.toml in it.

    Raises:
        InputFileError: it cannot be read, or is not TOML.
        DatasetError: a key or a value that it cannot have.
    """
    path = bag / SIDECAR
    if not bag.is_dir():
        own = bag.with_name(f"{bag.stem}.{SIDECAR}")
        path = own if own.is_file() else bag.with_name(SIDECAR)
    if not path.is_file():
        return Sidecar(path)
    top = _Table(path, "", read_toml(path))
    topics = _Table(path, "topics.", top.table("topics"))
    rig = top.text("rig")
    return Sidecar(
        path,
        top.text("name"),
        None if rig is None else path.parent / rig,
        top.text("ego_frame"),
        top.text("world_frame"),
        top.text("reference_lidar"),
        topics.texts("lidar"),
        topics.texts("camera"),
        topics.text("odometry"),
        _Table(path, "topics.camera_info.", topics.table("camera_info")).all_texts(),
        _Table(path, "names.", top.table("names")).all_texts(),
        top.texts("motion_compensated") or (),
    )


@dataclass(frozen=True)
class _Table:
    """Typed access to a TOML table, with errors that name file and key."""

    path: Path
    prefix: str
    data: Mapping[str, Any]

    def __post_init__(self) -> None:
        known = _KEYS.get(self.prefix)
        for key in self.data:
            if known is not None and key not in known:
                raise DatasetError(
                    f"there is no setting {self.prefix}{reprlib.repr(key)}",
                    self.path,
                    f"use {' '.join(known)}",
                )

    def _wrong(self, key: str, expected: str) -> DatasetError:
        return DatasetError(
            f"{self.prefix}{key} is {reprlib.repr(self.data.get(key))}",
            self.path,
            f"write {expected}",
        )

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 300:
            raise self._wrong(key, "text in quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, 'a list of texts such as ["/lidar/top/points"]')
        if len(set(value)) != len(value):
            raise self._wrong(key, "each topic once")
        return tuple(value)

    def table(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, f"a table [{self.prefix}{key}]")
        return value

    def all_texts(self) -> dict[str, str]:
        return {key: self.text(key) or "" for key in self.data}
