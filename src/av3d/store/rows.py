"""Tracks as rows of the database and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store import schema
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import Scalar


def dump_json(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def delete_tracks(connection: Connection, log_id: int, ids: Sequence[str]) -> None:
    """Delete tracks and their keyframes."""
    for track_id in ids:
        key = connection.scalar(
            select(schema.track.c.key).where(
                schema.track.c.log_id == log_id, schema.track.c.id == track_id
            )
        )
        connection.execute(schema.keyframe.delete().where(schema.keyframe.c.track_key == key))
        connection.execute(schema.track.delete().where(schema.track.c.key == key))


def insert_tracks(connection: Connection, log_id: int, tracks: Sequence[Track]) -> None:
    """Insert tracks and their keyframes."""
    rows: list[dict[str, Any]] = []
    for track in tracks:
        inserted = connection.execute(
            schema.track.insert().values(
                log_id=log_id,
                id=track.id,
                category=track.category,
                number=track.number,
                attributes=dump_json(dict(track.attributes)),
                presence=dump_json([[span.start_ns, span.end_ns] for span in track.presence]),
            )
        ).inserted_primary_key
        assert inserted is not None
        rows += [_keyframe_row(int(inserted[0]), keyframe) for keyframe in track.keyframes]
    if rows:
        connection.execute(schema.keyframe.insert(), rows)


def _keyframe_row(track_key: int, keyframe: Keyframe) -> dict[str, Any]:
    pose, size = keyframe.cuboid.frame_SE3_cuboid, keyframe.cuboid.size_lwh_m
    names = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz", "length_m", "width_m", "height_m")
    values = (*pose.translation_m.tolist(), *pose.quaternion_wxyz.tolist(), *size.tolist())
    return {
        "track_key": track_key,
        "timestamp_ns": keyframe.timestamp_ns,
        "provenance": keyframe.provenance.value,
        "attributes": dump_json(dict(keyframe.attributes)),
        **dict(zip(names, values, strict=True)),
    }


def read_tracks(
    connection: Connection, log_id: int, ids: Sequence[str] | None = None
) -> tuple[Track, ...]:
    """The tracks of a log, or those of the given IDs, sorted by category and number."""
    table = schema.track
    query = select(table).where(table.c.log_id == log_id)
    keyframes = select(schema.keyframe).join(table).where(table.c.log_id == log_id)
    # A handful of ids is looked up; for an import of thousands the whole log is read at once.
    if ids is not None and len(ids) <= 100:
        query = query.where(table.c.id.in_(ids))
        keyframes = keyframes.where(table.c.id.in_(ids))
    rows = connection.execute(query.order_by(table.c.category, table.c.number, table.c.id)).all()
    by_track: dict[int, list[Keyframe]] = {row.key: [] for row in rows}
    found = connection.execute(
        keyframes.order_by(schema.keyframe.c.track_key, schema.keyframe.c.timestamp_ns)
    ).all()
    if found:
        poses = SE3.from_quaternion(
            np.array([[row.qw, row.qx, row.qy, row.qz] for row in found]),
            np.array([[row.x_m, row.y_m, row.z_m] for row in found]),
        )
        for index, row in enumerate(found):
            by_track[row.track_key].append(
                Keyframe(
                    row.timestamp_ns,
                    Cuboid(poses[index], np.array([row.length_m, row.width_m, row.height_m])),
                    Provenance(row.provenance),
                    _attributes(row.attributes),
                )
            )
    return tuple(
        Track(
            id=row.id,
            category=row.category,
            keyframes=tuple(by_track[row.key]),
            presence=tuple(Span(start, end) for start, end in json.loads(row.presence)),
            number=row.number,
            attributes=_attributes(row.attributes),
        )
        for row in rows
    )


def _attributes(text: str) -> dict[str, Scalar]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("attributes are not a mapping")
    return value
