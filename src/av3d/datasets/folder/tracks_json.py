"""Tracks as a JSON file: one keyframe a line, sorted, so that two versions compare line by line.

The format is described in docs/formats/tracks-json.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.errors import Av3dError, InputFileError
from av3d.files import new_file
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.reading import read_text
from av3d.tracks.track import Keyframe, Provenance, Span, Track
from av3d.types import Scalar

FORMAT = "av3d-tracks"
VERSION = 1

QUATERNION_DECIMALS = 12
"""Enough for 1e-12 rad, few enough that reading and writing again gives the same text."""

MAX_TIME_NS = 2**62


@dataclass(frozen=True, eq=False)
class TracksFile:
    """The contents of a tracks file.

    Attributes:
        log: name of the log that the tracks belong to, or "".
        tracks: sorted by category, number and ID.
    """

    log: str
    tracks: tuple[Track, ...]


def read_tracks(path: Path) -> TracksFile:
    """Read a tracks file.

    Raises:
        InputFileError: the file cannot be read, or is not JSON.
        DatasetError: it is JSON but not a tracks file; says which track and which value.
    """
    text = read_text(path, "tracks file")
    if not text.strip():
        raise InputFileError("tracks file is empty", path, "copy the file again")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"is not JSON: {error.msg} in line {error.lineno}", path, "copy the file again"
        ) from error
    except (ValueError, RecursionError) as error:
        # A number with thousands of digits, or brackets in brackets.
        raise InputFileError(f"is not JSON: {error}", path, "copy the file again") from error
    return tracks_of_json(data, path)


def write_tracks(tracks: Iterable[Track], path: Path, log: str = "") -> None:
    """Write a tracks file; an existing one is replaced only when the new one is complete."""
    text = tracks_text(tracks, log)
    with new_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def tracks_text(tracks: Iterable[Track], log: str = "") -> str:
    """The text of a tracks file. Equal tracks give equal text, whatever their order."""
    ordered = sorted(tracks, key=lambda track: (track.category, track.number, track.id))
    blocks = [_track_text(track) for track in ordered]
    body = "[\n" + ",\n".join(blocks) + "\n]" if blocks else "[]"
    head = f'"format": "{FORMAT}",\n"version": {VERSION},\n"log": {_json(log)}'
    return f'{{\n{head},\n"tracks": {body}\n}}\n'


def _track_text(track: Track) -> str:
    lines = [
        f' {{"id": {_json(track.id)}, "category": {_json(track.category)}, '
        f'"number": {track.number},',
        f'  "attributes": {_json(_attributes_json(track.attributes, track))},',
        f'  "presence": {_json([[span.start_ns, span.end_ns] for span in track.presence])},',
        '  "keyframes": [',
    ]
    keyframes = [f"   {_json(_keyframe_json(keyframe, track))}" for keyframe in track.keyframes]
    return "\n".join(lines) + "\n" + ",\n".join(keyframes) + "\n  ]}"


def _keyframe_json(keyframe: Keyframe, track: Track) -> dict[str, Any]:
    cuboid = keyframe.cuboid
    quaternion = np.round(cuboid.frame_SE3_cuboid.quaternion_wxyz, QUATERNION_DECIMALS) + 0.0
    out: dict[str, Any] = {
        "timestamp_ns": keyframe.timestamp_ns,
        "center_m": cuboid.center_m.tolist(),
        "size_lwh_m": cuboid.size_lwh_m.tolist(),
        "quaternion_wxyz": quaternion.tolist(),
        "provenance": str(keyframe.provenance),
    }
    if keyframe.attributes:
        out["attributes"] = _attributes_json(keyframe.attributes, track)
    return out


def _attributes_json(attributes: Mapping[str, Scalar], track: Track) -> dict[str, Scalar]:
    for name, value in attributes.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise DatasetError(
                f"attribute {name} is {value}, which JSON cannot hold",
                f"track {track.name}",
                "give the attribute a finite value",
            )
    return dict(sorted(attributes.items()))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def tracks_of_json(data: object, where: str | Path) -> TracksFile:
    """Tracks from the parsed JSON; DatasetError says which track and which value is wrong."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DatasetError(
            "is not a tracks file", where, f'expected {{"format": "{FORMAT}", "version": 1, ...}}'
        )
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise DatasetError(f"version is {version!r}", where, f"expected {VERSION}")
    if version > VERSION:
        raise DatasetError(
            f"version {version} is newer than this av3d reads ({VERSION})", where, "update av3d"
        )
    entries = data.get("tracks")
    if not isinstance(entries, list):
        raise DatasetError("tracks is not a list", where, "see docs/formats/tracks-json.md")
    log = data.get("log", "")
    tracks: list[Track] = []
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        track = _track(_Object(entry, f"track {position}", where))
        if track.id in seen:
            raise DatasetError(f"two tracks have the ID {track.id!r}", where, "give each its own")
        seen.add(track.id)
        tracks.append(track)
    tracks.sort(key=lambda track: (track.category, track.number, track.id))
    return TracksFile(log if isinstance(log, str) else "", tuple(tracks))


def _track(entry: _Object) -> Track:
    track_id = entry.text("id")
    entry = _Object(entry.value, f"track {track_id}", entry.where)
    keyframes = [
        _keyframe(_Object(value, f"{entry.name}, keyframe {position}", entry.where))
        for position, value in enumerate(entry.items("keyframes"))
    ]
    spans: list[Span] = []
    for span in entry.items("presence", []):
        if (
            not isinstance(span, list)
            or len(span) != 2
            or not all(_is_time(time) for time in span)
            or span[1] < span[0]
        ):
            raise entry.wrong("presence", "a list of [start_ns, end_ns], start before end")
        spans.append(Span(span[0], span[1]))
    number = entry.value.get("number", 0)
    if type(number) is not int or not 0 <= number < 2**31:
        raise entry.wrong("number", "a whole number from 0")
    try:
        return Track(
            track_id,
            entry.text("category"),
            tuple(keyframes),
            tuple(spans),
            number,
            entry.attributes(),
        )
    except Av3dError as error:
        raise DatasetError(f"{entry.name}: {error.what}", entry.where, "correct it") from error


def _keyframe(entry: _Object) -> Keyframe:
    time = entry.value.get("timestamp_ns")
    if not isinstance(time, int) or not _is_time(time):
        raise entry.wrong("timestamp_ns", "whole nanoseconds")
    try:
        provenance = Provenance(entry.text("provenance", "manual"))
    except ValueError as error:
        names = " ".join(p for p in Provenance if p is not Provenance.INTERPOLATED)
        raise entry.wrong("provenance", f"one of {names}") from error
    try:
        pose = SE3.from_quaternion(
            entry.numbers("quaternion_wxyz", 4), np.array(entry.numbers("center_m", 3))
        )
        cuboid = Cuboid(pose, np.array(entry.numbers("size_lwh_m", 3)))
        return Keyframe(time, cuboid, provenance, entry.attributes())
    except DatasetError:
        raise
    except Av3dError as error:
        raise DatasetError(f"{entry.name}: {error.what}", entry.where, "correct it") from error


def _is_time(value: object) -> bool:
    return type(value) is int and abs(value) < MAX_TIME_NS


class _Object:
    """Typed access to a JSON object, with errors that name file, track and key."""

    def __init__(self, value: Any, name: str, where: str | Path) -> None:
        if not isinstance(value, dict):
            raise DatasetError(f"{name} is not an object", where, "see docs/formats/tracks-json.md")
        self.value: dict[str, Any] = value
        self.name = name
        self.where = where

    def wrong(self, key: str, expected: str) -> DatasetError:
        found = json.dumps(self.value.get(key))
        short = found if len(found) < 60 else found[:57] + "..."
        return DatasetError(f"{self.name}: {key} is {short}", self.where, f"expected {expected}")

    def text(self, key: str, default: str = "") -> str:
        value = self.value.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "text that is not empty")
        return value

    def items(self, key: str, default: Sequence[Any] | None = None) -> Sequence[Any]:
        value = self.value.get(key, default)
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def numbers(self, key: str, count: int) -> list[float]:
        value = self.value.get(key)
        if (
            not isinstance(value, list)
            or len(value) != count
            or not all(type(item) in (int, float) and abs(item) < 1e12 for item in value)
        ):
            raise self.wrong(key, f"a list of {count} finite numbers")
        return [float(item) for item in value]

    def attributes(self) -> dict[str, Scalar]:
        value = self.value.get("attributes", {})
        if not isinstance(value, dict) or not all(
            isinstance(item, str | bool | int) or (isinstance(item, float) and math.isfinite(item))
            for item in value.values()
        ):
            raise self.wrong("attributes", "an object of texts, numbers, true and false")
        return value
