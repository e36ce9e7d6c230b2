"""Tracks and events from JSON values, without loss: from a project, a journal or a text file."""

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
from av3d.ontology.motion import Motion
from av3d.tracks.checking import MAX_TIME_NS, TrackError
from av3d.tracks.event import Event
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.types import Scalar


def track_from_json(value: object, position: int, where: str | Path) -> Track:
    """The track of JSON values as `Track.as_json` makes them; what has a default may be left out.

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
    number = entry.value.get("number", 0)
    if type(number) is not int or not 0 <= number < 2**31:
        raise entry.wrong("number", "a whole number from 0")
    category, attributes = entry.text("category"), entry.attributes()
    presence, relations = _presence(entry), _relations(entry)
    static, free_size = entry.flag("static") or False, entry.flag("free_size")
    note = entry.text("note", "", empty=True)
    interpolation = _interpolation(entry)
    try:
        return Track(
            track_id,
            category,
            tuple(keyframes),
            presence,
            number,
            attributes,
            static,
            free_size,
            relations,
            note,
            interpolation,
        )
    except Av3dError as error:
        raise TrackError(f"{entry.name}: {error.what}", entry.where, "correct it") from error


def event_from_json(value: object, position: int, where: str | Path) -> Event:
    """The event of JSON values as `Event.as_json` makes them; arguments as for `track_from_json`.

    Raises:
        TrackError: a value is missing or of the wrong type or makes no sense; says which.
    """
    entry = _Object(value, f"event {position}", where)
    entry = _Object(entry.value, f"event {entry.text('id')}", where)
    times: list[Any] = [entry.value.get(key) for key in ("start_ns", "end_ns")]
    ids = entry.items("track_ids", [])
    if not all(_is_time(time) for time in times):
        raise entry.wrong("start_ns or end_ns", "whole nanoseconds")
    if not all(isinstance(item, str) for item in ids):
        raise entry.wrong("track_ids", "a list of texts")
    label, attributes = entry.text("label"), entry.attributes()
    note = entry.text("note", "", empty=True)
    try:
        return Event(entry.text("id"), label, times[0], times[1], attributes, note, tuple(ids))
    except Av3dError as error:
        raise TrackError(f"{entry.name}: {error.what}", where, "correct it") from error


def interpolation_from_json(value: object, name: str, where: str | Path) -> Interpolation:
    """The interpolation of JSON values as `Interpolation.as_json` makes them.

    Args:
        value: decoded JSON.
        name: of the track, for messages.
        where: the file, for messages.

    Raises:
        TrackError: a value is of the wrong type or makes no sense.
    """
    return _interpolation(_Object({"interpolation": value}, name, where))


def _interpolation(entry: _Object) -> Interpolation:
    value = entry.value.get("interpolation", {})
    models, kinds = [model.value for model in Model], [motion.value for motion in Motion]
    if (
        not isinstance(value, dict)
        or value.get("model", Model.AUTOMATIC) not in models
        or value.get("moves") not in (None, *kinds)
        or not isinstance(value.get("pinned", False), bool)
    ):
        raise entry.wrong(
            "interpolation",
            f"an object of model ({' '.join(models)}), moves ({' '.join(kinds)}), pinned and hand",
        )
    moves = value.get("moves")
    own = _Object(value, f"{entry.name}, interpolation", entry.where)
    sigmas = own.numbers("hand", 4) if "hand" in value else None
    try:
        return Interpolation(
            Model(value.get("model", Model.AUTOMATIC)),
            None if moves is None else Motion(moves),
            value.get("pinned", False),
            None if sigmas is None else Noise(*sigmas),
        )
    except Av3dError as error:
        raise TrackError(f"{own.name}: {error.what}", entry.where, "correct it") from error


def _presence(entry: _Object) -> tuple[Span, ...]:
    spans: list[Span] = []
    for span in entry.items("presence", []):
        if (
            not isinstance(span, list)
            or len(span) not in (2, 4)
            or not all(_is_time(time) for time in span[:2])
            or span[1] < span[0]
            or not all(isinstance(edge, str) and edge in set(Edge) for edge in span[2:])
        ):
            raise entry.wrong(
                "presence", "a list of [start_ns, end_ns] or [start_ns, end_ns, starts, ends]"
            )
        spans.append(Span(span[0], span[1], *(Edge(edge) for edge in span[2:])))
    return tuple(spans)


def _relations(entry: _Object) -> tuple[Relation, ...]:
    relations: list[Relation] = []
    for relation in entry.items("relations", []):
        if (
            not isinstance(relation, list)
            or len(relation) != 2
            or not all(isinstance(text, str) and text and text.isprintable() for text in relation)
        ):
            raise entry.wrong("relations", "a list of [kind, track]")
        relations.append(Relation(*relation))
    return tuple(relations)


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
    sigmas = entry.numbers("noise", 4) if "noise" in entry.value else None
    try:
        pose = SE3.from_quaternion(quaternion_wxyz, np.array(center_m))
        noise = None if sigmas is None else Noise(*sigmas)
        return Keyframe(time, Cuboid(pose, np.array(size_lwh_m)), provenance, attributes, noise)
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

    def text(self, key: str, default: str = "", *, empty: bool = False) -> str:
        value = self.value.get(key, default)
        if not isinstance(value, str) or not (value or empty):
            raise self.wrong(key, "text" if empty else "text that is not empty")
        return value

    def flag(self, key: str) -> bool | None:
        value = self.value.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, "true or false")
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
