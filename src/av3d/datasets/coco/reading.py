"""Reading back the cuboids of COCO files that av3d wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.coco.layout import ANNOTATIONS, MARK, VERSION
from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.image_export import FLAT, INSTEAD
from av3d.datasets.imported_tracks import CuboidRows, TrackFacts, tracks_of
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.se3 import FARTHEST_M, SE3
from av3d.logs.log import Log
from av3d.reading import decoded, read_bytes
from av3d.tracks.checking import checked_attributes
from av3d.tracks.relation import Relation
from av3d.types import FloatArray, Scalar

NORM_TOLERANCE = 1e-3
"""How far the norm of a quaternion may be from 1."""


@dataclass(frozen=True)
class _List:
    """A list of the file with checked access; errors name the list, the row and the value."""

    key: str
    rows: list[dict[str, Any]]
    path: Path

    def wrong(self, row: int, name: str, expected: str) -> DatasetError:
        return DatasetError(
            f"{self.key}[{row}]: {name} is {_short(self.rows[row].get(name))}, expected {expected}",
            self.path,
            "export the file again",
        )

    def whole(self, row: int, name: str) -> int:
        value = self.rows[row].get(name)
        if type(value) is not int or abs(value) >= 2**62:
            raise self.wrong(row, name, "a whole number")
        return value

    def text(self, row: int, name: str) -> str:
        value = self.rows[row].get(name)
        if not isinstance(value, str):
            raise self.wrong(row, name, "a text")
        return value

    def numbers(self, row: int, name: str, count: int) -> list[float]:
        value = self.rows[row].get(name)
        if (
            not isinstance(value, list)
            or len(value) != count
            or not all(type(one) in (int, float) and abs(one) < FARTHEST_M for one in value)
        ):
            raise self.wrong(row, name, f"{count} numbers")
        return [float(one) for one in value]

    def attributes(self, row: int) -> dict[str, Scalar]:
        value = self.rows[row].get("attributes", {})
        try:
            if isinstance(value, dict):
                return dict(checked_attributes(value))
        except Av3dError as error:
            raise self.wrong(row, "attributes", f"values ({error.what})") from error
        raise self.wrong(row, "attributes", "an object")


def read_coco(log: Log, labels: Path | None) -> ImportedLabels:
    """The cuboids of one log in a COCO file of av3d, as tracks.

    Args:
        log: the log that they belong to.
        labels: the file, or the folder of an export.

    Raises:
        InputFileError: it cannot be read, or is not JSON.
        DatasetError: it has 2D boxes only, holds other logs, or a value is wrong; says which.
    """
    if labels is None:
        raise DatasetError("a log has no COCO file of its own", log.path, "say where with --labels")
    path = labels / ANNOTATIONS if labels.is_dir() else labels
    data = _parsed(path)
    version = _version(data, path)
    if version > VERSION:
        raise DatasetError(f"version {version} of {MARK}, known is {VERSION}", path, "update av3d")
    assert isinstance(data, dict)  # what has no version was refused
    log_id, notes = _log_id(_list(data, "logs", path), log)
    facts, ids = _facts(_list(data, "tracks", path), log_id)
    times_ns = _times(_list(data, "frames", path), log_id, log)
    rows = _rows(_list(data, "cuboids", path), log_id, ids, times_ns, facts)
    # A track ends before frames of the log that were not written: nothing is known of it there.
    tracks = tracks_of(rows, facts, log.frames.timestamps_ns, path)
    empty = len(facts) - len(tracks)
    if empty:
        notes.append(f"{empty} tracks without a cuboid in the file are left out")
    return ImportedLabels(
        tracks, tuple(notes), {"cuboids": len(rows.track_ids), "tracks_without_cuboids": empty}
    )


def _parsed(path: Path) -> object:
    data = read_bytes(path, "COCO file")
    if not data.strip():
        raise InputFileError("COCO file is empty", path, "copy the file again")
    try:
        return json.loads(decoded(data, path, "COCO file"))
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"is not JSON: {error.msg} in line {error.lineno}", path, "copy the file again"
        ) from error
    except (ValueError, RecursionError) as error:
        # A number with thousands of digits, or brackets in brackets.
        raise InputFileError(f"is not JSON: {error}", path, "copy the file again") from error


def _version(data: object, path: Path) -> int:
    """The version of av3d's own part.

    Raises:
        DatasetError: there is none.
    """
    info = data.get("info") if isinstance(data, dict) else None
    version = info.get(MARK) if isinstance(info, dict) else None
    if type(version) is int and version >= 1:
        return version
    boxes = data.get("annotations") if isinstance(data, dict) else data
    if not isinstance(boxes, list):
        raise DatasetError("is no COCO file", path, "give a file with images and annotations")
    raise DatasetError(
        f"{len(boxes):,} boxes of COCO and no cuboids; {FLAT}", path,
        f"{INSTEAD}; COCO files have them where av3d wrote them",
    )  # fmt: skip


def _list(data: Mapping[str, Any], key: str, path: Path) -> _List:
    rows = data.get(key)
    if not isinstance(rows, list):
        raise DatasetError(f"{key} is not a list", path, "export the file again")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DatasetError(f"{key}[{number}] is not an object", path, "export the file again")
    return _List(key, rows, path)


def _log_id(logs: _List, log: Log) -> tuple[int, list[str]]:
    """The number of a log in the file: by its name; if there is only one, that one."""
    names = [logs.text(row, "name") for row in range(len(logs.rows))]
    if log.name in names:
        row = names.index(log.name)
        notes = []
    elif len(names) == 1:
        row = 0
        notes = [f"the file calls the log {names[0]!r}"]
    else:
        raise DatasetError(
            f"no log {log.name!r} in the file but {len(names)} others: {' '.join(names[:5])}",
            logs.path,
            "choose one of them",
        )
    fingerprint = logs.rows[row].get("fingerprint")
    if fingerprint and log.fingerprint and fingerprint != log.fingerprint:
        notes.append("the log has changed since the file was written")
    return logs.whole(row, "id"), notes


def _facts(tracks: _List, log_id: int) -> tuple[dict[str, TrackFacts], dict[int, tuple[str, str]]]:
    """What the file says of the tracks of a log by ID; ID and category by the file's number."""
    facts: dict[str, TrackFacts] = {}
    ids: dict[int, tuple[str, str]] = {}
    for row in range(len(tracks.rows)):
        if tracks.whole(row, "log_id") != log_id:
            continue
        track_id, number = tracks.text(row, "track_id"), tracks.whole(row, "number")
        if track_id in facts or tracks.whole(row, "id") in ids:
            raise tracks.wrong(row, "track_id", "one that no other track has")
        static = tracks.rows[row].get("static", False)
        if not isinstance(static, bool):
            raise tracks.wrong(row, "static", "true or false")
        facts[track_id] = TrackFacts(
            number=number,
            attributes=tracks.attributes(row),
            exact=True,
            static=static,
            note=tracks.text(row, "note"),
            relations=_relations(tracks, row),
        )
        ids[tracks.whole(row, "id")] = track_id, tracks.text(row, "category")
    return facts, ids


def _relations(tracks: _List, row: int) -> tuple[Relation, ...]:
    pairs = tracks.rows[row].get("relations", [])
    if not isinstance(pairs, list):
        raise tracks.wrong(row, "relations", "a list of [kind, track]")
    found: list[Relation] = []
    for pair in pairs:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(text, str) and text and text.isprintable() for text in pair)
        ):
            raise tracks.wrong(row, "relations", "a list of [kind, track]")
        found.append(Relation(*pair))
    return tuple(found)


def _times(frames: _List, log_id: int, log: Log) -> dict[int, int]:
    """The times of the frames of a log that were written, by their number."""
    known = set(log.frames.timestamps_ns.tolist())
    found: dict[int, int] = {}
    for row in range(len(frames.rows)):
        if frames.whole(row, "log_id") != log_id:
            continue
        frame, time_ns = frames.whole(row, "frame"), frames.whole(row, "timestamp_ns")
        if time_ns not in known:
            raise DatasetError(
                f"frames[{row}]: log {log.name} has no frame at {time_ns} ns",
                frames.path,
                "choose the log that the labels belong to",
            )
        if frame in found:
            raise frames.wrong(row, "frame", "one that no other has")
        found[frame] = time_ns
    return found


def _rows(
    cuboids: _List,
    log_id: int,
    ids: Mapping[int, tuple[str, str]],
    times_ns: Mapping[int, int],
    facts: Mapping[str, TrackFacts],
) -> CuboidRows:
    rows = [row for row in range(len(cuboids.rows)) if cuboids.whole(row, "log_id") == log_id]
    own: list[tuple[str, str]] = []
    stamps_ns: list[int] = []
    attributes: list[Mapping[str, Scalar]] = []
    numbers = np.empty((len(rows), 10))
    for place, row in enumerate(rows):
        number, frame = cuboids.whole(row, "track_id"), cuboids.whole(row, "frame")
        if number not in ids:
            raise cuboids.wrong(row, "track_id", "a track of the log")
        if frame not in times_ns:
            raise cuboids.wrong(row, "frame", "a frame of the log")
        own.append(ids[number])
        stamps_ns.append(times_ns[frame])
        attributes.append({**(facts[ids[number][0]].attributes or {}), **cuboids.attributes(row)})
        quaternion_wxyz = cuboids.numbers(row, "quaternion_wxyz", 4)
        if abs(math.hypot(*quaternion_wxyz) - 1) > NORM_TOLERANCE:
            raise cuboids.wrong(row, "quaternion_wxyz", "a quaternion of length 1")
        numbers[place] = [
            *cuboids.numbers(row, "center_m", 3),
            *cuboids.numbers(row, "size_lwh_m", 3),
            *quaternion_wxyz,
        ]
    place_of: Callable[[int], str] = lambda place: f"cuboids[{rows[place]}]"  # noqa: E731
    return CuboidRows(
        times_ns=np.array(stamps_ns, dtype=np.int64),
        track_ids=[track_id for track_id, _ in own],
        categories=[category for _, category in own],
        world_SE3_cuboid=_poses(numbers),
        sizes_lwh_m=numbers[:, 3:6],
        attributes=attributes,
        place_of=place_of,
    )


def _poses(numbers: FloatArray) -> SE3:
    if not len(numbers):
        return SE3.identity((0,))
    return SE3.from_quaternion(numbers[:, 6:], numbers[:, :3])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
