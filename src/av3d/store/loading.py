"""Tracks out of their rows: the keyframes of a whole log go into arrays, not into values one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, select

from av3d.store import schema
from av3d.store.rows import FEW, track_rows
from av3d.tracks.checking import TrackError, checked_attributes
from av3d.tracks.codec import interpolation_from_json
from av3d.tracks.columns import StoredKeyframes
from av3d.tracks.interpolation import AUTOMATIC
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.types import IntArray, Scalar

CHUNK = 2000
"""Rows that are taken apart at a time, while the processor still has them at hand."""

_keyframe = schema.keyframe.c
_COLUMNS = (
    _keyframe.track_key,
    _keyframe.timestamp_ns,
    _keyframe.provenance,
    _keyframe.attributes,
    _keyframe.noise,
    *(_keyframe.x_m, _keyframe.y_m, _keyframe.z_m),
    *(_keyframe.qw, _keyframe.qx, _keyframe.qy, _keyframe.qz),
    *(_keyframe.length_m, _keyframe.width_m, _keyframe.height_m),
)


def read_tracks(
    connection: Connection, log_id: int, ids: Iterable[str] | None = None
) -> tuple[Track, ...]:
    """The tracks of a log, or those of the given IDs, sorted by category and number.

    Raises:
        Av3dError, ValueError, TypeError, LookupError: what is stored makes no track.
    """
    rows = track_rows(connection, log_id, ids)
    query = select(*_COLUMNS).order_by(_keyframe.track_key, _keyframe.timestamp_ns)
    if len(rows) <= FEW:
        query = query.where(_keyframe.track_key.in_([row.key for row in rows]))
    else:
        keys = select(schema.track.c.key).where(schema.track.c.log_id == log_id)
        query = query.where(_keyframe.track_key.in_(keys))
    track_keys, keyframes = _read_keyframes(connection, query)
    starts = np.searchsorted(track_keys, [row.key for row in rows]).tolist()
    ends = np.searchsorted(track_keys, [row.key for row in rows], side="right").tolist()
    return tuple(
        _track(row, keyframes[start:end])
        for row, start, end in zip(rows, starts, ends, strict=True)
    )


def _read_keyframes(connection: Connection, query: Select[Any]) -> tuple[IntArray, StoredKeyframes]:
    """The track of each keyframe, ascending, and the keyframes."""
    whole, numbers = [np.empty((2, 0), dtype=np.int64)], [np.empty((10, 0))]
    provenances: list[str] = []
    attributes: list[Mapping[str, Scalar]] = []
    known: dict[str, Mapping[str, Scalar]] = {}
    noises: list[Noise | None] = []
    for chunk in connection.execute(query).partitions(CHUNK):
        columns: list[Sequence[Any]] = list(zip(*chunk, strict=True))
        if not {type(value) for column in columns[:2] for value in column} <= {int}:
            raise TrackError("a keyframe has a time that is no whole number")
        whole.append(np.array(columns[:2], dtype=np.int64))
        provenances += columns[2]
        for text in set(columns[3]).difference(known):
            known[text] = checked_attributes(_attributes(text))
        attributes += [known[text] for text in columns[3]]
        unknown = columns[4].count(None) == len(chunk)  # as good as always
        noises += columns[4] if unknown else map(_noise, columns[4])
        numbers.append(np.array(columns[5:], dtype=np.float64))
    track_keys, times_ns = np.concatenate(whole, axis=1)
    values = np.concatenate(numbers, axis=1).T
    return track_keys, StoredKeyframes.of(
        times_ns,
        values[:, :3],
        values[:, 3:7],
        np.ascontiguousarray(values[:, 7:]),
        provenances,
        attributes,
        noises,
    )


def _noise(text: str | None) -> Noise | None:
    return None if text is None else Noise(*json.loads(text))


def _track(row: Row[Any], keyframes: StoredKeyframes) -> Track:
    return Track.of_stored(
        row.id,
        row.category,
        keyframes,
        tuple(Span(span[0], span[1], *map(Edge, span[2:])) for span in json.loads(row.presence)),
        row.number,
        _attributes(row.attributes),
        row.static,
        row.free_size,
        tuple(Relation(*relation) for relation in json.loads(row.relations)),
        row.note,
        AUTOMATIC
        if row.interpolation is None
        else interpolation_from_json(json.loads(row.interpolation), f"track {row.id}", ""),
    )


def _attributes(text: str) -> Mapping[str, Scalar]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("attributes are not a mapping")
    return value
