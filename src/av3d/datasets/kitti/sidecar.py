"""The file that av3d adds to a KITTI export: what KITTI's own files have no place for.

`training/av3d/<name>.json` lies beside label_02 or label_2, where toolkits do not look. It keeps
the identity of the tracks, real times, the pose in the source's world frame and the tilt of the
boxes, so that labels come back as they were. Deleting it leaves plain KITTI.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from av3d.errors import InputFileError
from av3d.reading import read_bytes, read_text
from av3d.types import Scalar

FOLDER = "av3d"
FORMAT = "av3d-kitti"
VERSION = 1


@dataclass(frozen=True)
class SidecarTrack:
    """What a track is called outside KITTI.

    Attributes:
        id: identity of the track.
        category: its category; holds as long as the label still has the type `kitti_type`.
        number: number that people call it by.
        kitti_type: type that was written.
        attributes: attributes of the whole track.
    """

    id: str
    category: str
    number: int
    kitti_type: str
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Sidecar:
    """What one sidecar file holds.

    Attributes:
        log, kind: name and kind of the log that was exported.
        frame_times_ns: time of each frame number.
        image_times_ns: exposure time per frame number, by image folder.
        world_origin_m: where the first oxts position lies in the source's world frame (tracking).
        world_pose: translation and quaternion w, x, y, z of the ego pose (object); None if the
            source has no poses.
        tracks: by KITTI's track id (tracking) or by line number (object).
        upright_in_world: boxes not listed in `tilts` stand upright in the world frame; otherwise
            they stand upright in the camera frame, as KITTI's text says.
        tilts: roll and pitch in the world frame, by frame number and track id or line number.
        labels_sha256: hash of the label file that the sidecar was written with.
    """

    log: str
    kind: str
    frame_times_ns: Mapping[int, int]
    image_times_ns: Mapping[str, Mapping[int, int]]
    tracks: Mapping[int, SidecarTrack]
    world_origin_m: tuple[float, float, float] | None = None
    world_pose: tuple[float, ...] | None = None
    upright_in_world: bool = False
    tilts: Mapping[tuple[int, int], tuple[float, float]] = field(default_factory=dict)
    labels_sha256: str = ""

    def tilt(self, frame: int, number: int) -> tuple[float, float] | None:
        """Roll and pitch of a box in the world frame; None: upright in the camera frame."""
        upright = (0.0, 0.0) if self.upright_in_world else None
        return self.tilts.get((frame, number), upright)

    def write(
        self, path: Path, tilts: Iterable[tuple[tuple[int, int], tuple[float, float]]]
    ) -> None:
        """Write the sidecar as JSON, one line per entry so that it can be compared.

        Args:
            path: the file.
            tilts: in place of those of the value, one at a time since there may be many.
        """
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "log": self.log,
            "kind": self.kind,
            "frame_times_ns": {str(k): v for k, v in self.frame_times_ns.items()},
            "image_times_ns": {
                folder: {str(k): v for k, v in times.items()}
                for folder, times in self.image_times_ns.items()
            },
            "tracks": {
                str(number): {
                    "id": track.id,
                    "category": track.category,
                    "number": track.number,
                    "type": track.kitti_type,
                    "attributes": dict(track.attributes),
                }
                for number, track in self.tracks.items()
            },
            "world_origin_m": self.world_origin_m,
            "world_pose": self.world_pose,
            "upright_in_world": self.upright_in_world,
            "labels_sha256": self.labels_sha256,
        }
        encoder = json.JSONEncoder(ensure_ascii=False, indent=0)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write("{\n")
            for key, value in document.items():
                file.write(f'"{key}": ')
                file.writelines(encoder.iterencode(value))
                file.write(",\n")
            file.write('"tilts": [')
            for row, (key_of_box, tilt) in enumerate(tilts):
                file.write(f"{',' if row else ''}\n{json.dumps([*key_of_box, *tilt])}")
            file.write("]\n}\n")


def sidecar_path(split: Path, name: str) -> Path:
    """Where the sidecar of a sequence or frame is."""
    return split / FOLDER / f"{name}.json"


def is_earlier_export(root: Path) -> bool:
    """Whether a folder has nothing but training/, with the files that av3d adds to it."""
    try:
        if [entry.name for entry in root.iterdir()] != ["training"]:
            return False
        found = sorted((root / "training" / FOLDER).glob("*.json"))
        return bool(found) and all(read_sidecar(path) is not None for path in found)
    except (OSError, InputFileError):
        return False


def sha256_of(path: Path) -> str:
    """Hash of a file's content; "" if it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    except InputFileError:
        return ""


def read_sidecar(path: Path) -> Sidecar | None:
    """Read a sidecar; None if there is no such file.

    Raises:
        InputFileError: the file is not a sidecar or of a newer version; without it the folder
            still opens as plain KITTI, and the message says so.
    """
    if not path.is_file():
        return None
    fix = "restore the file, or delete it to read the folder as plain KITTI"
    try:
        document = json.loads(read_text(path))
        if document["format"] != FORMAT:
            raise InputFileError(f"not an {FORMAT} file", path, fix)
        if document["version"] > VERSION:
            raise InputFileError(
                f"written by a newer av3d (version {document['version']}, this one reads "
                f"{VERSION})",
                path,
                "update av3d, or delete the file to read the folder as plain KITTI",
            )
        return _sidecar(document)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise InputFileError(f"not a readable {FORMAT} file: {error}", path, fix) from error


def _sidecar(document: Mapping[str, Any]) -> Sidecar:
    origin, pose = document["world_origin_m"], document["world_pose"]
    return Sidecar(
        log=str(document["log"]),
        kind=str(document["kind"]),
        frame_times_ns=_times(document["frame_times_ns"]),
        image_times_ns={
            str(folder): _times(times) for folder, times in document["image_times_ns"].items()
        },
        tracks={
            int(number): SidecarTrack(
                str(track["id"]),
                str(track["category"]),
                int(track["number"]),
                str(track["type"]),
                dict(track["attributes"]),
            )
            for number, track in document["tracks"].items()
        },
        world_origin_m=None if origin is None else _three(origin),
        world_pose=None if pose is None else _finite(pose, 7),
        upright_in_world=bool(document["upright_in_world"]),
        tilts={
            (int(frame), int(number)): (float(roll), float(pitch))
            for frame, number, roll, pitch in document["tilts"]
        },
        labels_sha256=str(document["labels_sha256"]),
    )


def _times(values: Mapping[str, Any]) -> dict[int, int]:
    times = {int(number): int(time_ns) for number, time_ns in values.items()}
    if any(abs(time_ns) >= 2**62 for time_ns in times.values()):
        raise ValueError("a time is not a number of nanoseconds")
    return times


def _finite(values: Any, count: int) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if len(numbers) != count or not all(math.isfinite(value) for value in numbers):
        raise ValueError(f"expected {count} finite numbers, got {values!r:.60}")
    return numbers


def _three(values: Any) -> tuple[float, float, float]:
    x, y, z = _finite(values, 3)
    return x, y, z
