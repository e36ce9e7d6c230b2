"""Looking things up in the journal: entries by what they changed, who and when; tracks of any time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from av3d.store import journal, schema, transactions
from av3d.store.journal import JournalEntry
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
    return there or [track for track in _deleted(connection) if _is_meant(track, name, log)]


def track_names(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """What people call tracks, or last called them, by log and ID."""
    wanted = set(keys)
    names = {(track.log, track.id): track.name for track in _stored(connection)}
    gone = {track_id for log, track_id in wanted if (log, track_id) not in names}
    for start in range(0, len(gone), PAGE):
        for track in _deleted(connection, sorted(gone)[start : start + PAGE]):
            names.setdefault((track.log, track.id), track.name)
    return {key: names[key] for key in wanted if key in names}


def _is_meant(track: KnownTrack, name: str, log: str | None) -> bool:
    fits = name.lower() in (track.name.lower(), track.id.lower())
    return fits and log in (None, track.log)


def _stored(connection: Connection) -> Iterator[KnownTrack]:
    logs, table = transactions.log_names(connection), schema.track
    for row in connection.execute(
        select(table.c.log_id, table.c.id, table.c.category, table.c.number)
    ):
        yield KnownTrack(logs[row.log_id], row.id, name_of(row.category, row.number), False)


def _deleted(connection: Connection, ids: Sequence[str] | None = None) -> Iterator[KnownTrack]:
    """Tracks as they were when they were deleted, the last ones first."""
    logs, table = transactions.log_names(connection), schema.change
    query = select(table.c.log_id, table.c.entity_id, table.c.delta).where(
        table.c.kind == Track.kind, table.c.after.is_(None)
    )
    if ids is not None:
        query = query.where(table.c.entity_id.in_(ids))
    told: set[tuple[str, str]] = set()
    for row in connection.execute(query.order_by(table.c.entry.desc())):
        key = (logs[row.log_id], row.entity_id)
        if key not in told:
            told.add(key)
            before: dict[str, Any] = json.loads(row.delta)[0]
            yield KnownTrack(*key, name_of(before["category"], before["number"]), True)
