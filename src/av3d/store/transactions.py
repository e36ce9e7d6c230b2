"""Writing: every transaction changes entities and the journal together, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from av3d.store import journal, schema
from av3d.store.entities import find_entity, read_entities, write_entity
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.releases.release import Release
from av3d.store.rows import delete_track, find_track, insert_tracks, patch_track
from av3d.store.stored_json import stored_json
from av3d.tracks.checking import TrackError, check_text
from av3d.tracks.delta import DeltaError
from av3d.tracks.document import missing_reference
from av3d.tracks.event import Event
from av3d.tracks.history import Kind
from av3d.tracks.track import Track

LOG = "log"
"""Kind of the entity that says what a project knows of a log."""


class StaleError(Exception):
    """Changes start from values that are not the stored ones; nothing was written yet.

    Attributes:
        changes: those concerned.
    """

    def __init__(self, changes: Sequence[EntityChange]) -> None:
        super().__init__(f"{len(changes)} stale changes")
        self.changes = tuple(changes)


def log_ids(connection: Connection) -> dict[str, int]:
    """Keys of the logs by name."""
    return {row.name: row.id for row in connection.execute(select(schema.log))}


def log_names(connection: Connection) -> dict[int, str]:
    """Names of the logs by key."""
    return {row.id: row.name for row in connection.execute(select(schema.log))}


def write(
    connection: Connection,
    changes: Iterable[EntityChange],
    *,
    author: str,
    session: str,
    command: str,
    kind: Kind = Kind.DO,
    target: int | None = None,
) -> JournalEntry:
    """Make changes and write them to the journal.

    Args:
        connection: a transaction that holds the project's write lock.
        changes: at most one for each entity.
        author: who did it.
        session: of which session of work.
        command: what was done, in words.
        kind: what it is to undo.
        target: of an undo or redo: the entry concerned.

    Raises:
        StaleError: a change starts from another value than the stored one; nothing was written.
        StoreError: a log is not there, an entity is changed twice, a text cannot be stored, or the
            stored values are damaged.
        EditError: a track or event would refer to a track that is not there.
    """
    changes = tuple(changes)
    for what, given in (("author", author), ("session", session), ("command", command)):
        _check_text(given, what)
    keys = {(change.log, change.kind, change.id) for change in changes}
    if len(keys) != len(changes):
        raise StoreError("one transaction changes an entity twice")
    _check_releases(changes)
    ids = log_ids(connection)
    _add_logs(connection, changes, ids)
    last, previous = journal.last_entry(connection)
    try:
        _write_rows(connection, changes, ids)
    except DeltaError as error:
        raise StoreError(
            f"the stored labels are not what the journal says: {error.what}",
            "",
            "run `av3d project fsck` on the project",
        ) from error
    _check_references(connection, changes, ids)
    entry = JournalEntry(
        last + 1,
        time.time_ns(),
        author,
        session,
        kind,
        target,
        command,
        "",
        changes,
    )
    entry = replace(entry, digest=entry.computed_digest(previous))
    journal.append(connection, entry, ids)
    return entry


def _check_releases(changes: Sequence[EntityChange]) -> None:
    """Refuse to change a release: what was given out under its name stays what it was."""
    for change in changes:
        if change.kind == Release.kind and (change.before is not None or change.after is None):
            raise StoreError(
                f"release {change.id} cannot be changed or taken away", "", "make a new release"
            )


def _check_text(text: str, what: str) -> None:
    try:
        check_text(text, f"the {what}", "")
    except TrackError as error:
        raise StoreError(error.what, "", "write it in Unicode characters") from error


def _write_rows(
    connection: Connection, changes: Sequence[EntityChange], ids: dict[str, int]
) -> None:
    stale: list[EntityChange] = []
    new_tracks: dict[str, list[EntityChange]] = {}
    # First look at all, then write: what is refused must not be half done.
    found = []
    for change in changes:
        log_id = _log_id(change, ids)
        row = (
            find_track(connection, log_id, change.id)
            if change.kind == Track.kind
            else find_entity(connection, log_id, change.kind, change.id)
        )
        if (row.digest if row else None) != change.before:
            stale.append(change)
        found.append((change, log_id, row))
    if stale:
        raise StaleError(stale)
    for change, log_id, row in found:
        if change.kind != Track.kind:
            write_entity(
                connection, log_id, change.kind, change.id, row, change.delta, change.after
            )
        elif row is None:
            new_tracks.setdefault(change.log, []).append(change)
        elif change.after is None:
            delete_track(connection, row.key)
        else:
            patch_track(connection, row, change.delta, change.after)
    for log, group in new_tracks.items():
        insert_tracks(connection, ids[log], [(c.delta[1], c.after or "") for c in group])


def _add_logs(connection: Connection, changes: Sequence[EntityChange], ids: dict[str, int]) -> None:
    """Give logs that the changes bring a key; a key stays when its log is taken out again."""
    for change in changes:
        if change.kind == LOG and change.id not in ids:
            ids[change.id] = max(ids.values(), default=schema.PROJECT) + 1
            connection.execute(schema.log.insert(), {"id": ids[change.id], "name": change.id})


def _log_id(change: EntityChange, ids: dict[str, int]) -> int:
    of_log = change.kind in (Track.kind, Event.kind)
    if of_log != bool(change.log):
        # Where nobody looks for it, it would be as good as lost.
        owner = "a log" if of_log else "the whole project"
        raise StoreError(f"{change.kind} {change.id} must be of {owner}")
    if not change.log:
        return schema.PROJECT
    if change.log not in ids:
        raise StoreError(f"no log {change.log!r} in the project", "", "add the log first")
    return ids[change.log]


def _check_references(
    connection: Connection, changes: Sequence[EntityChange], ids: dict[str, int]
) -> None:
    """Check that relations and events of the logs concerned name tracks that are there.

    Only of logs where a reference may have appeared or a track has gone.
    """
    logs = {
        change.log
        for change in changes
        if (change.kind == Track.kind and (change.after is None or _touches(change, "relations")))
        or (change.kind == Event.kind and change.after is not None)
    }
    table = schema.track
    for name in logs:
        related = connection.execute(
            select(table.c.id, table.c.relations).where(
                table.c.log_id == ids[name], table.c.relations != "[]"
            )
        ).all()
        referring = [
            (
                Track.kind,
                row.id,
                [item[1] for item in stored_json(row.relations, f"track {row.id}")],
            )
            for row in related
        ] + [
            (Event.kind, event["id"], event["track_ids"])
            for event in read_entities(connection, Event.kind, ids[name])
        ]
        wanted = {target for _, _, targets in referring for target in targets}
        if not wanted:
            continue
        there = set(connection.scalars(select(table.c.id).where(table.c.log_id == ids[name])))
        for kind, entity_id, targets in referring:
            for target in targets:
                if target not in there:
                    raise missing_reference(kind, entity_id, target)


def _touches(change: EntityChange, field: str) -> bool:
    delta = change.delta
    if isinstance(delta, dict):
        return field in delta
    return bool(delta[1] and delta[1].get(field))
