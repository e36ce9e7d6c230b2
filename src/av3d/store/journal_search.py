"""Looking things up in the journal: entries by what they changed, who and when; tracks of any time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from av3d.store import journal, schema, transactions
from av3d.store.journal import JournalEntry
from av3d.store.replay import Key
from av3d.tracks.delta import Tree
from av3d.tracks.event import Event
from av3d.tracks.track import Track, name_of

PAGE = 1_000
"""Entries read at a time; a query may name 32,766 of them."""


@dataclass(frozen=True)
class Wanted:
    """Which entries are looked for; None: any.

    Attributes:
        log: name of a log that they change.
        track_ids: IDs of tracks of which they change one.
        author: who made them.
        since_ns, until_ns: first and last time.
    """

    log: str | None = None
    track_ids: tuple[str, ...] | None = None
    author: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True)
class KnownTrack:
    """A track that is in the project or was.

    Attributes:
        log, id: which.
        name: as people call it, or last called it.
        deleted: whether it is gone.
    """

    log: str
    id: str
    name: str
    deleted: bool


def find_entries(connection: Connection, wanted: Wanted) -> list[int]:
    """The numbers of all entries that are wanted, oldest first."""
    table, change = schema.journal, schema.change
    query = select(table.c.id)
    if wanted.author is not None:
        query = query.where(table.c.author == wanted.author)
    if wanted.since_ns is not None:
        query = query.where(table.c.time_ns >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(table.c.time_ns <= wanted.until_ns)
    touching: Select[tuple[int]] | None = None
    if wanted.track_ids is not None:
        touching = select(change.c.entry).where(
            change.c.kind == Track.kind, change.c.entity_id.in_(wanted.track_ids)
        )
    if wanted.log is not None:
        log_id = transactions.log_ids(connection)[wanted.log]
        touching = (select(change.c.entry) if touching is None else touching).where(
            change.c.log_id == log_id
        )
    if touching is not None:
        query = query.where(table.c.id.in_(touching))
    return list(connection.scalars(query.order_by(table.c.id)))


def read_found(connection: Connection, numbers: Sequence[int]) -> Iterator[JournalEntry]:
    """The entries of these numbers, a page at a time."""
    names = transactions.log_names(connection)
    for start in range(0, len(numbers), PAGE):
        yield from journal.read_entries_of(connection, names, numbers[start : start + PAGE])


def find_tracks(connection: Connection, name: str, log: str | None = None) -> list[KnownTrack]:
    """The tracks that a person may mean by "Car 4" or an ID, in any case.

    Those that are there go before those that were deleted.

    Args:
        connection: to the project.
        name: what people call the track, or its ID.
        log: only of this log.
    """
    there = [track for track in _stored(connection) if _is_meant(track, name, log)]
    if there:
        return there
    gone: dict[tuple[str, str], KnownTrack] = {}
    for of_log, track_id, tree in _deleted(connection, Track.kind):
        last_name = name_of(tree["category"], tree["number"])
        gone.setdefault((of_log, track_id), KnownTrack(of_log, track_id, last_name, True))
    return [track for track in gone.values() if _is_meant(track, name, log)]


def entity_names(connection: Connection, keys: Iterable[Key]) -> dict[Key, str]:
    """What people call entities, or last called them, by log, kind and ID."""
    names: dict[Key, str] = {}
    missing: dict[str, list[str]] = {}
    wanted = set(keys)
    for track in _stored(connection) if any(key[1] == Track.kind for key in wanted) else ():
        names[track.log, Track.kind, track.id] = track.name
    for kind in {kind for _, kind, _ in wanted} - {Track.kind}:
        for log, entity_id, tree in _entities(connection, kind):
            names[log, kind, entity_id] = _name(kind, tree)
    for _, kind, entity_id in sorted(wanted - names.keys()):
        missing.setdefault(kind, []).append(entity_id)
    for kind, ids in missing.items():
        for start in range(0, len(ids), PAGE):
            for log, entity_id, tree in _deleted(connection, kind, ids[start : start + PAGE]):
                names.setdefault((log, kind, entity_id), _name(kind, tree))
    return {key: names[key] for key in wanted & names.keys()}


def _name(kind: str, tree: Tree) -> str:
    if kind == Track.kind:
        return name_of(tree["category"], tree["number"])
    if kind == Event.kind:
        return str(tree["label"]).replace("_", " ").capitalize()
    if kind == "ontology":
        return f"ontology {tree['name']}"
    return str(tree.get("title") or f"{kind} {tree['id']}")


def _is_meant(track: KnownTrack, name: str, log: str | None) -> bool:
    fits = name.lower() in (track.name.lower(), track.id.lower())
    return fits and log in (None, track.log)


def _stored(connection: Connection) -> Iterator[KnownTrack]:
    logs, table = transactions.log_names(connection), schema.track
    for row in connection.execute(
        select(table.c.log_id, table.c.id, table.c.category, table.c.number)
    ):
        yield KnownTrack(logs[row.log_id], row.id, name_of(row.category, row.number), False)


def _entities(connection: Connection, kind: str) -> Iterator[tuple[str, str, Tree]]:
    logs, table = transactions.log_names(connection), schema.entity
    query = select(table.c.log_id, table.c.id, table.c.value).where(table.c.kind == kind)
    for row in connection.execute(query):
        log = logs[row.log_id] if row.log_id != schema.PROJECT else ""
        yield log, row.id, json.loads(row.value)


def _deleted(
    connection: Connection, kind: str, ids: Sequence[str] | None = None
) -> Iterator[tuple[str, str, Tree]]:
    """Log, ID and tree of entities as they were when they were deleted, the last ones first."""
    logs, table = transactions.log_names(connection), schema.change
    query = select(table.c.log_id, table.c.entity_id, table.c.delta).where(
        table.c.kind == kind, table.c.after.is_(None)
    )
    if ids is not None:
        query = query.where(table.c.entity_id.in_(ids))
    for row in connection.execute(query.order_by(table.c.entry.desc())):
        log = logs[row.log_id] if row.log_id != schema.PROJECT else ""
        yield log, row.entity_id, json.loads(row.delta)[0]
