"""Tracks as a JSON file: one keyframe a line, sorted, so that two versions compare line by line.

The format is described in docs/formats/tracks-json.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.errors import Av3dError, InputFileError
from av3d.files import new_file
from av3d.reading import open_file, read_text
from av3d.tracks.codec import track_from_json
from av3d.tracks.interpolation import AUTOMATIC
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

FORMAT = "av3d-tracks"
VERSION = 3
"""The newest that is read. 2 added static, free_size, relations, note and the reasons of presence; 3
interpolation and noise. All may be left out."""

PLAIN_VERSION = 2
"""Written where no track has anything of version 3, so that readers of version 2 can go on with it."""

HEAD_BYTES = 4096
"""Of a file that is asked whether it is a tracks file."""

QUATERNION_DECIMALS = 12
"""Enough for 1e-12 rad, few enough that reading and writing again gives the same text."""


@dataclass(frozen=True, eq=False)
class TracksFile:
    """The contents of a tracks file.

    Attributes:
        log: name of the log that the tracks belong to, or "".
        tracks: sorted by category, number and ID.
    """

    log: str
    tracks: tuple[Track, ...]


def is_tracks_file(path: Path) -> bool:
    """Whether a file says at its beginning that it is a tracks file. Never raises."""
    try:
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        with open_file(path, "tracks file") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError, Av3dError):
        return False
    return head.lstrip().startswith(b"{") and f'"{FORMAT}"'.encode() in head


def read_tracks(path: Path) -> TracksFile:
    """Read a tracks file.

    Raises:
        InputFileError: the file cannot be read, or is not JSON.
        DatasetError: it is JSON but not a tracks file.
        TrackError: a track is wrong; says which and which value.
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
    version = VERSION if any(map(_is_new, ordered)) else PLAIN_VERSION
    head = f'"format": "{FORMAT}",\n"version": {version},\n"log": {_json(log)}'
    return f'{{\n{head},\n"tracks": {body}\n}}\n'


def _is_new(track: Track) -> bool:
    """Whether a track says what a reader of version 2 would lose."""
    known = any(keyframe.noise is not None for keyframe in track.keyframes)
    return known or track.interpolation != AUTOMATIC


def _track_text(track: Track) -> str:
    header = track.header_as_json()
    head = {key: header[key] for key in ("id", "category", "number")}
    # What has its default is left out: most tracks have neither relations nor a note.
    rest = {key: header[key] for key in ("static", "relations", "note") if header[key]}
    if track.free_size != (len({k.cuboid.size_lwh_m.tobytes() for k in track.keyframes}) > 1):
        rest["free_size"] = track.free_size
    if "interpolation" in header:
        rest["interpolation"] = header["interpolation"]
    lines = [
        f" {_json(head)[:-1]},",
        *(f'  "{key}": {_json(rest[key])},' for key in sorted(rest)),
        f'  "attributes": {_json(header["attributes"])},',
        f'  "presence": {_json(header["presence"])},',
        '  "keyframes": [',
    ]
    keyframes = [f"   {_json(_keyframe_json(keyframe))}" for keyframe in track.keyframes]
    return "\n".join(lines) + "\n" + ",\n".join(keyframes) + "\n  ]}"


def _keyframe_json(keyframe: Keyframe) -> dict[str, Any]:
    out = keyframe.as_json()
    quaternion = np.round(keyframe.cuboid.frame_SE3_cuboid.quaternion_wxyz, QUATERNION_DECIMALS)
    out["quaternion_wxyz"] = (quaternion + 0.0).tolist()
    if not out["attributes"]:
        del out["attributes"]
    return out


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def tracks_of_json(data: object, where: str | Path) -> TracksFile:
    """Tracks from the parsed JSON; the error says which track and which value is wrong."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DatasetError(
            "is not a tracks file",
            where,
            f'expected {{"format": "{FORMAT}", "version": {VERSION}, ...}}',
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
        track = track_from_json(entry, position, where)
        if track.id in seen:
            raise DatasetError(f"two tracks have the ID {track.id!r}", where, "give each its own")
        seen.add(track.id)
        tracks.append(track)
    tracks.sort(key=lambda track: (track.category, track.number, track.id))
    return TracksFile(log if isinstance(log, str) else "", tuple(tracks))
