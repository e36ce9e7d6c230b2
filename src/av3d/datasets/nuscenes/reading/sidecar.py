"""The file av3d.json beside the tables of an export: names, IDs and times that nuScenes cannot hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av3d.errors import InputFileError
from av3d.reading import read_text

SIDECAR = "av3d.json"
VERSION = 1


@dataclass(frozen=True)
class TrackEntry:
    """What an instance was in av3d."""

    id: str
    category: str
    number: int


@dataclass(frozen=True)
class LogEntry:
    """What a scene was in av3d.

    Attributes:
        log: name of the log.
        scene, scene_token: which scene it is.
        sample_times_ns: exact times of samples, by token.
        tracks: by instance token.
        motion_compensated: whether ego motion is removed from the points.
        frames: first and last frame of the log that the scene has; None: it has all.
    """

    log: str
    scene: str
    scene_token: str
    sample_times_ns: Mapping[str, int]
    tracks: Mapping[str, TrackEntry]
    motion_compensated: bool
    frames: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """What the scene is called as a log."""
        return self.log if self.frames is None else "{} frames {}-{}".format(self.log, *self.frames)


def read_sidecar(root: Path) -> list[LogEntry]:
    """The entries of an export's logs; none where the tables are not an export of av3d.

    Raises:
        InputFileError: the file is damaged.
    """
    path = root / SIDECAR
    if not path.is_file():
        return []
    fix = "restore the file; without it tracks get the instance tokens as IDs"
    try:
        content = json.loads(read_text(path, "export's description"))
        if content["format"] != "nuscenes" or content["version"] != VERSION:
            raise InputFileError("written by another version of av3d", path, fix)
        return [_entry(entry) for entry in content["logs"]]
    except KeyError as error:
        raise InputFileError(f"the key {error.args[0]!r} is missing", path, fix) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputFileError(f"not what av3d writes ({error})", path, fix) from error


def _entry(entry: Mapping[str, Any]) -> LogEntry:
    return LogEntry(
        _text(entry["log"]),
        _text(entry["scene"]),
        _text(entry["scene_token"]),
        {_text(row["token"]): _whole(row["timestamp_ns"]) for row in entry["samples"]},
        {
            _text(row["instance_token"]): TrackEntry(
                _text(row["track_id"]), _text(row["category"]), _whole(row["number"])
            )
            for row in entry["tracks"]
            if row["instance_token"]
        },
        # Earlier exports do not say it; what nuScenes itself does is assumed.
        entry.get("motion_compensated", True) is True,
        _stretch(entry["frames"]) if "frames" in entry else None,
    )


def _stretch(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"{str(value)[:60]!r} is no first and last frame")
    return _whole(value[0]), _whole(value[1])


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise TypeError(f"{str(value)[:60]!r} is no name")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not abs(value) < 2**62:
        raise TypeError(f"{str(value)[:60]!r} is no whole number")
    return value
