"""The file that av3d adds to a drive that it writes: what KITTI's own files have no place for.

`av3d/tracklets.json` in the drive keeps which tracklets are one track, its identity, category and
attributes, the place in the source's world frame, and sizes that change. Deleting it leaves plain KITTI.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from av3d.datasets.kitti.sidecar import FOLDER, SidecarTrack
from av3d.errors import InputFileError
from av3d.reading import read_text

NAME = "tracklets.json"
FORMAT = "av3d-kitti-raw"
VERSION = 1


@dataclass(frozen=True)
class RawSidecar:
    """What one sidecar file holds.

    Attributes:
        log, kind: name and kind of the log that was exported.
        tracks: of each tracklet, in the order of the file; several may be one track.
        sizes: length, width, height of poses that are not those of their tracklet, by the positions of
            the tracklet and of the pose in it.
        world_origin_m: where the first oxts position lies in the source's world frame; None if it is
            KITTI's own, or there are no poses.
        labels_sha256: hash of the file of tracklets that it was written with.
    """

    log: str
    kind: str
    tracks: Sequence[SidecarTrack]
    sizes: Mapping[tuple[int, int], tuple[float, float, float]] = field(default_factory=dict)
    world_origin_m: tuple[float, float, float] | None = None
    labels_sha256: str = ""

    def lines(self) -> Iterator[str]:
        """The sidecar as JSON, one line per tracklet and size."""
        head = {
            "format": FORMAT,
            "version": VERSION,
            "log": self.log,
            "kind": self.kind,
            "world_origin_m": self.world_origin_m,
            "labels_sha256": self.labels_sha256,
        }
        yield "{\n" + "".join(f"{_json(key)}: {_json(value)},\n" for key, value in head.items())
        yield '"tracklets": ['
        for row, track in enumerate(self.tracks):
            entry = {
                "id": track.id,
                "category": track.category,
                "number": track.number,
                "type": track.kitti_type,
                "attributes": dict(track.attributes),
            }
            yield f"{',' if row else ''}\n{_json(entry)}"
        yield '],\n"sizes": ['
        for row, (key, size) in enumerate(self.sizes.items()):
            yield f"{',' if row else ''}\n{_json([*key, *size])}"
        yield "]\n}\n"


def raw_sidecar_path(drive: Path) -> Path:
    """Where the sidecar of a drive is."""
    return drive / FOLDER / NAME


def read_raw_sidecar(drive: Path) -> RawSidecar | None:
    """Read the sidecar of a drive; None if there is none.

    Raises:
        InputFileError: the file is not a sidecar or of a newer version.
    """
    path = raw_sidecar_path(drive)
    if not path.is_file():
        return None
    fix = "restore the file, or delete it to read the drive as plain KITTI"
    try:
        document = json.loads(read_text(path))
        if document["format"] != FORMAT or document["version"] != VERSION:
            raise InputFileError(f"not an {FORMAT} file of version {VERSION}", path, fix)
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


def _sidecar(document: Mapping[str, Any]) -> RawSidecar:
    origin = document["world_origin_m"]
    return RawSidecar(
        log=str(document["log"]),
        kind=str(document["kind"]),
        tracks=[
            SidecarTrack(
                str(track["id"]),
                str(track["category"]),
                int(track["number"]),
                str(track["type"]),
                dict(track["attributes"]),
            )
            for track in document["tracklets"]
        ],
        sizes={
            (int(tracklet), int(pose)): _three(size, least=0.0)
            for tracklet, pose, *size in document["sizes"]
        },
        world_origin_m=None if origin is None else _three(origin),
        labels_sha256=str(document["labels_sha256"]),
    )


def _three(values: Any, least: float = -math.inf) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    if not all(math.isfinite(value) and value > least for value in (x, y, z)):
        raise ValueError(f"not three numbers: {values!r:.60}")
    return x, y, z


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
