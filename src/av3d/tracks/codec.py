"""Tracks as JSON values and back, without loss: for the journal of a project and for text files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.track import Keyframe, Provenance, Span, Track, TrackError
from av3d.types import Scalar

MAX_TIME_NS = 2**62


def track_to_json(track: Track) -> dict[str, Any]:
    """A track as JSON values; attributes are sorted by name, keyframes and spans by time."""
    return {
        "id": track.id,
        "category": track.category,
        "number": track.number,
        "attributes": dict(sorted(track.attributes.items())),
        "presence": [[span.start_ns, span.end_ns] for span in track.presence],
        "keyframes": [keyframe_to_json(keyframe) for keyframe in track.keyframes],
    }


def keyframe_to_json(keyframe: Keyframe) -> dict[str, Any]:
    """A keyframe as JSON values."""
    pose = keyframe.cuboid.frame_SE3_cuboid
    return {
        "timestamp_ns": keyframe.timestamp_ns,
        "center_m": pose.translation_m.tolist(),
        "size_lwh_m": keyframe.cuboid.size_lwh_m.tolist(),
        "quaternion_wxyz": pose.quaternion_wxyz.tolist(),
        "provenance": keyframe.provenance.value,
        "attributes": dict(sorted(keyframe.attributes.items())),
    }


def track_from_json(value: object, position: int, where: str | Path) -> Track:
    """The track of JSON values as `track_to_json` makes them.

    Args:
        value: decoded JSON.
        position: of the track in its list, to name it while its ID is not known.
        where: the file, for messages.

    Raises:
        TrackError: a value is missing or of the wrong type or makes no sense; says which.
    """
    return _track(_Object(value, f"track {position}", where))


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
        raise TrackError(f"{entry.name}: {error.what}", entry.where, "correct it") from error


def _keyframe(entry: _Object) -> Keyframe:
    time = entry.value.get("timestamp_ns")
    if not isinstance(time, int) or not _is_time(time):
        raise entry.wrong("timestamp_ns", "whole nanoseconds")
    try:
        provenance = Provenance(entry.text("provenance", "manual"))
    except ValueError as error:
        names = " ".join(p for p in Provenance if p is not Provenance.INTERPOLATED)
        raise entry.wrong("provenance", f"one of {names}") from error
    quaternion_wxyz = entry.numbers("quaternion_wxyz", 4)
    center_m, size_lwh_m = entry.numbers("center_m", 3), entry.numbers("size_lwh_m", 3)
    attributes = entry.attributes()
    try:
        pose = SE3.from_quaternion(quaternion_wxyz, np.array(center_m))
        return Keyframe(time, Cuboid(pose, np.array(size_lwh_m)), provenance, attributes)
    except Av3dError as error:
        raise TrackError(f"{entry.name}: {error.what}", entry.where, "correct it") from error


def _is_time(value: object) -> bool:
    return type(value) is int and abs(value) < MAX_TIME_NS


class _Object:
    """Typed access to a JSON object, with errors that name file, track and key."""

    def __init__(self, value: Any, name: str, where: str | Path) -> None:
        if not isinstance(value, dict):
            raise TrackError(f"{name} is not an object", where, "see docs/formats/tracks-json.md")
        self.value: dict[str, Any] = value
        self.name = name
        self.where = where

    def wrong(self, key: str, expected: str) -> TrackError:
        found = json.dumps(self.value.get(key))
        short = found if len(found) < 60 else found[:57] + "..."
        return TrackError(f"{self.name}: {key} is {short}", self.where, f"expected {expected}")

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
