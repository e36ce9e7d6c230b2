"""Tracks as rows of the database and back: whole, as trees, and changed by a difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from av3d.digests import canonical
from av3d.store import schema
from av3d.store.stored_json import stored_json
from av3d.tracks.delta import DeltaError, Tree, patched

_JSON_COLUMNS = ("attributes", "relations", "presence")
_PLAIN_COLUMNS = ("id", "category", "number", "static", "free_size", "note")

FEW = 100
"""So many tracks or keyframes are looked up one by one; of more, all of the log or track are read."""

_track, _keyframe = schema.track, schema.keyframe
_ONE_TRACK = select(_track).where(
    _track.c.log_id == bindparam("of_log"), _track.c.id == bindparam("of_id")
)
_UPDATE_TRACK = _track.update().where(_track.c.key == bindparam("of_key"))
_DELETE_TRACK = _track.delete().where(_track.c.key == bindparam("of_key"))
_DELETE_ALL_KEYFRAMES = _keyframe.delete().where(_keyframe.c.track_key == bindparam("of_key"))
_THIS_KEYFRAME = (_keyframe.c.track_key == bindparam("of_key")) & (
    _keyframe.c.timestamp_ns == bindparam("of_time")
)
_UPDATE_KEYFRAME = _keyframe.update().where(_THIS_KEYFRAME)
_DELETE_KEYFRAME = _keyframe.delete().where(_THIS_KEYFRAME)
_KEYFRAMES = select(_keyframe).where(_keyframe.c.track_key == bindparam("of_key"))
_ONE_KEYFRAME = select(_keyframe).where(_THIS_KEYFRAME)


def find_track(connection: Connection, log_id: int, track_id: str) -> Row[Any] | None:
    """The row of a track, without its keyframes."""
    return connection.execute(_ONE_TRACK, {"of_log": log_id, "of_id": track_id}).first()


def insert_tracks(connection: Connection, log_id: int, tracks: Sequence[tuple[Tree, str]]) -> None:
    """Insert tracks that are not there yet.

    Args:
        connection: a transaction that holds the project's write lock.
        log_id: their log.
        tracks: trees of tracks and their digests.
    """
    if not tracks:
        return
    # Nobody else writes now, so that keys can be given out here and rows go in by the thousand.
    first = (connection.scalar(select(func.max(_track.c.key))) or 0) + 1
    keyframes: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for key, (tree, digest) in enumerate(tracks, start=first):
        rows.append({"key": key, "log_id": log_id, "digest": digest, **_header_row(tree)})
        keyframes += (_keyframe_row(key, int(t), item) for t, item in tree["keyframes"].items())
    connection.execute(_track.insert(), rows)
    if keyframes:
        connection.execute(_keyframe.insert(), keyframes)


def delete_track(connection: Connection, key: int) -> None:
    """Delete a track and its keyframes."""
    connection.execute(_DELETE_ALL_KEYFRAMES, {"of_key": key})
    connection.execute(_DELETE_TRACK, {"of_key": key})


def patch_track(connection: Connection, row: Row[Any], delta: dict[str, Any], digest: str) -> None:
    """Change a track by a difference.

    Args:
        connection: a transaction that holds the project's write lock.
        row: of the track, as `find_track` gives it.
        delta: the difference, an object.
        digest: of the track afterwards.

    Raises:
        DeltaError: the track is not what the difference starts from.
    """
    header = {key: part for key, part in delta.items() if key != "keyframes"}
    values: dict[str, Any] = {"digest": digest}
    if header:
        before = _header_row(header_tree(row))
        after = _header_row(_patched_tree(header_tree(row), header))
        values |= {name: after[name] for name in after if after[name] != before[name]}
    connection.execute(_UPDATE_TRACK.values(values), {"of_key": row.key})
    parts = delta.get("keyframes")
    if not parts:
        return
    if not isinstance(parts, dict):
        raise DeltaError("a difference does not fit the keyframes")
    _patch_keyframes(connection, row.key, {int(time): part for time, part in parts.items()})


def _patch_keyframes(connection: Connection, key: int, parts: dict[int, Any]) -> None:
    query, asked = _KEYFRAMES, {"of_key": key}
    if len(parts) == 1:
        # Most edits. A list of times would be put into the text of the statement each time.
        (asked["of_time"],) = parts
        query = _ONE_KEYFRAME
    elif len(parts) <= FEW:
        query = query.where(_keyframe.c.timestamp_ns.in_(parts))
    stored = {row.timestamp_ns: row for row in connection.execute(query, asked)}
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for time_ns, part in parts.items():
        row = stored.get(time_ns)
        tree = patched(None if row is None else keyframe_tree(row), part)
        place = {"of_key": key, "of_time": time_ns}
        if tree is None:
            gone.append(place)
        elif row is None:
            new.append(_keyframe_row(key, time_ns, tree))
        else:
            values = _keyframe_row(key, time_ns, tree)
            values = {name: value for name, value in values.items() if value != row._mapping[name]}
            changed.setdefault(tuple(sorted(values)), []).append({**place, **values})
    if gone:
        connection.execute(_DELETE_KEYFRAME, gone)
    for names, rows in changed.items():
        if names:
            statement = _UPDATE_KEYFRAME.values({name: bindparam(name) for name in names})
            connection.execute(statement, rows)
    if new:
        connection.execute(_keyframe.insert(), new)


def _patched_tree(tree: Tree, delta: dict[str, Any]) -> Tree:
    result = patched(tree, delta)
    assert result is not None
    return result


def header_tree(row: Row[Any]) -> Tree:
    """What `Track.header_as_json` gives, from the row of a track."""
    tree: Tree = {
        "id": row.id,
        "category": row.category,
        "number": row.number,
        "static": row.static,
        "free_size": row.free_size,
        "attributes": stored_json(row.attributes, f"track {row.id}"),
        "relations": stored_json(row.relations, f"track {row.id}"),
        "note": row.note,
        "presence": stored_json(row.presence, f"track {row.id}"),
    }
    if row.interpolation is not None:
        tree["interpolation"] = stored_json(row.interpolation, f"track {row.id}")
    return tree


def keyframe_tree(row: Row[Any]) -> Tree:
    """What a keyframe is in the tree of its track, from its row."""
    where = f"a keyframe at {row.timestamp_ns} ns"
    tree: Tree = {
        "center_m": [row.x_m, row.y_m, row.z_m],
        "size_lwh_m": [row.length_m, row.width_m, row.height_m],
        "quaternion_wxyz": [row.qw, row.qx, row.qy, row.qz],
        "provenance": row.provenance,
        "attributes": stored_json(row.attributes, where),
    }
    if row.noise is not None:
        tree["noise"] = stored_json(row.noise, where)
    return tree


def _header_row(tree: Tree) -> dict[str, Any]:
    return {
        **{name: tree[name] for name in _PLAIN_COLUMNS},
        **{name: canonical(tree[name]) for name in _JSON_COLUMNS},
        "interpolation": _text_of(tree, "interpolation"),
    }


def _keyframe_row(track_key: int, time_ns: int, tree: Tree) -> dict[str, Any]:
    names = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz", "length_m", "width_m", "height_m")
    values = (*tree["center_m"], *tree["quaternion_wxyz"], *tree["size_lwh_m"])
    return {
        "track_key": track_key,
        "timestamp_ns": time_ns,
        "provenance": tree["provenance"],
        "attributes": canonical(tree["attributes"]),
        "noise": _text_of(tree, "noise"),
        **dict(zip(names, values, strict=True)),
    }


def _text_of(tree: Tree, key: str) -> str | None:
    """JSON of what may be left out of a tree."""
    return canonical(tree[key]) if key in tree else None


def read_trees(connection: Connection, log_id: int) -> dict[str, tuple[Tree, str]]:
    """Tree and stored digest of every track of a log, by ID."""
    rows = track_rows(connection, log_id)
    trees = {row.key: {**header_tree(row), "keyframes": {}} for row in rows}
    keyframes = select(_keyframe).join(_track).where(_track.c.log_id == log_id)
    order = keyframes.order_by(_keyframe.c.track_key, _keyframe.c.timestamp_ns)
    for row in connection.execute(order):
        trees[row.track_key]["keyframes"][str(row.timestamp_ns)] = keyframe_tree(row)
    return {row.id: (trees[row.key], row.digest) for row in rows}


def track_rows(
    connection: Connection, log_id: int, ids: Iterable[str] | None = None
) -> list[Row[Any]]:
    """Rows of the tracks of a log, or of those of the given IDs, by category, number and ID."""
    query = select(_track).where(_track.c.log_id == log_id)
    wanted = None if ids is None else set(ids)
    # A handful of ids is looked up; for an import of thousands the whole log is read at once.
    if wanted is not None and len(wanted) <= FEW:
        query = query.where(_track.c.id.in_(wanted))
    rows = [row for row in connection.execute(query) if wanted is None or row.id in wanted]
    # Every database has an order of texts of its own.
    return sorted(rows, key=lambda row: (str(row.category), row.number, str(row.id)))
