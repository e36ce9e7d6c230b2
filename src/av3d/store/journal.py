"""The journal: what was done to a project, by whom and when, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from av3d.digests import canonical, digest_of_text
from av3d.store import schema
from av3d.store.errors import StoreError
from av3d.store.stored_json import stored_json
from av3d.tracks.change import Change
from av3d.tracks.delta import change_delta
from av3d.tracks.history import Kind, Step

FIRST_DIGEST = ""
"""What the chain of digests starts from."""

PAGE = 5_000
"""Entries read at a time."""


@dataclass(frozen=True)
class EntityChange:
    """What a transaction does to one entity, small enough to be kept for ever.

    Attributes:
        log: name of the entity's log, "" if it belongs to the whole project.
        kind: "track", "event", "task" …
        id: of the entity.
        before, after: digests of its value; None where it is made or deleted.
        delta: the difference, see `av3d.tracks.delta`.
    """

    log: str
    kind: str
    id: str
    before: str | None
    after: str | None
    delta: Any

    @staticmethod
    def of(log: str, change: Change) -> EntityChange:
        """What the journal keeps of a change."""
        before, after = change.before, change.after
        return EntityChange(
            log,
            change.kind,
            change.id,
            before.digest if before else None,
            after.digest if after else None,
            change_delta(change),
        )

    def as_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "log": self.log,
            "kind": self.kind,
            "id": self.id,
            "before": self.before,
            "after": self.after,
            "delta": self.delta,
        }

    def reversed(self) -> EntityChange:
        """What takes this back."""
        return replace(
            self, before=self.after, after=self.before, delta=_reversed_delta(self.delta)
        )


@dataclass(frozen=True)
class JournalEntry:
    """One transaction.

    Attributes:
        id: 1 for the first; there are no gaps.
        time_ns: when it was committed, since 1970 (UTC).
        author: who did it.
        session: of which session of work; undo goes back within one.
        kind: what it is to undo.
        target: of an undo or redo: the entry that it takes back or makes again.
        command: what was done, in words.
        digest: of this entry and all before it.
        changes: what it changed.
    """

    id: int
    time_ns: int
    author: str
    session: str
    kind: Kind
    target: int | None
    command: str
    digest: str
    changes: tuple[EntityChange, ...]

    @property
    def logs(self) -> tuple[str, ...]:
        """Names of the logs that it changed."""
        return tuple(dict.fromkeys(change.log for change in self.changes if change.log))

    @property
    def step(self) -> Step:
        """What undo needs to know of it."""
        return Step(self.id, self.kind, self.target)

    def header_as_json(self) -> dict[str, Any]:
        """The entry as JSON values, without its changes."""
        return {
            "id": self.id,
            "time_ns": self.time_ns,
            "author": self.author,
            "session": self.session,
            "kind": self.kind.value,
            "target": self.target,
            "command": self.command,
            "digest": self.digest,
        }

    def computed_digest(self, previous: str) -> str:
        """What `digest` should be after an entry with the digest `previous`."""
        facts = [
            self.id,
            self.time_ns,
            self.author,
            self.session,
            self.kind.value,
            self.target,
            self.command,
            [[c.log, c.kind, c.id, c.before, c.after, c.delta] for c in self.changes],
        ]
        return digest_of_text(previous, canonical(facts))


_LAST = select(schema.journal.c.id, schema.journal.c.digest).order_by(schema.journal.c.id.desc())
_STEPS = (
    select(schema.journal.c.id, schema.journal.c.kind, schema.journal.c.target)
    .where(
        schema.journal.c.session == bindparam("of_session"),
        schema.journal.c.id > bindparam("after"),
    )
    .order_by(schema.journal.c.id)
)


def last_entry(connection: Connection) -> tuple[int, str]:
    """Number and digest of the last entry; 0 and FIRST_DIGEST when there is none."""
    row = connection.execute(_LAST.limit(1)).first()
    return (row.id, row.digest) if row else (0, FIRST_DIGEST)


def append(connection: Connection, entry: JournalEntry, log_ids: dict[str, int]) -> None:
    """Write an entry; the transaction must hold the project's write lock."""
    append_all(connection, [entry], log_ids)


def append_all(
    connection: Connection, entries: Sequence[JournalEntry], log_ids: dict[str, int]
) -> None:
    """Write entries that follow each other; see `append`."""
    connection.execute(schema.journal.insert(), [entry.header_as_json() for entry in entries])
    rows = [row for entry in entries for row in _change_rows(entry, log_ids)]
    if rows:
        connection.execute(schema.change.insert(), rows)


def _change_rows(entry: JournalEntry, log_ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "entry": entry.id,
            "position": position,
            "log_id": log_ids[change.log] if change.log else schema.PROJECT,
            "kind": change.kind,
            "entity_id": change.id,
            "before": change.before,
            "after": change.after,
            "delta": canonical(change.delta),
        }
        for position, change in enumerate(entry.changes)
    ]


def steps(connection: Connection, session: str, after: int = 0) -> list[Step]:
    """The transactions of a session after an entry, in order."""
    found = connection.execute(_STEPS, {"of_session": session, "after": after})
    return [Step(row.id, _kind(row.id, row.kind), row.target) for row in found]


def latest_steps(connection: Connection, session: str) -> Iterator[Step]:
    """The transactions of a session, the latest first, read in pages that grow."""
    table = schema.journal.c
    query = select(table.id, table.kind, table.target).where(table.session == session)
    query = query.order_by(table.id.desc())
    before, size = None, 20
    while True:
        page = query if before is None else query.where(table.id < before)
        rows = connection.execute(page.limit(size)).all()
        for row in rows:
            yield Step(row.id, _kind(row.id, row.kind), row.target)
        if len(rows) < size:
            return
        before, size = rows[-1].id, min(4 * size, PAGE)


def read_entries(
    connection: Connection, log_names: dict[int, str], first: int = 1, last: int | None = None
) -> Iterator[JournalEntry]:
    """Entries `first` to `last` (the newest if None) in order, a page at a time.

    Raises:
        StoreError: what is stored makes no entry.
    """
    for row, changes in read_rows(connection, first, last):
        yield entry_of(row, changes, log_names)


def read_rows(
    connection: Connection, first: int = 1, last: int | None = None
) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    """The rows of entries and of their changes, as `read_entries`; see `entry_of`."""
    end = last_entry(connection)[0] if last is None else last
    for start in range(max(first, 1), end + 1, PAGE):
        stop = min(start + PAGE - 1, end)
        entries = connection.execute(
            select(schema.journal)
            .where(schema.journal.c.id.between(start, stop))
            .order_by(schema.journal.c.id)
        ).all()
        changes = connection.execute(
            select(schema.change)
            .where(schema.change.c.entry.between(start, stop))
            .order_by(schema.change.c.entry, schema.change.c.position)
        ).all()
        yield from _with_changes(entries, changes)


def read_entries_of(
    connection: Connection, log_names: dict[int, str], ids: Sequence[int]
) -> list[JournalEntry]:
    """The entries of these numbers, in order; StoreError when they make no sense."""
    entries = connection.execute(
        select(schema.journal).where(schema.journal.c.id.in_(ids)).order_by(schema.journal.c.id)
    ).all()
    changes = connection.execute(
        select(schema.change)
        .where(schema.change.c.entry.in_(ids))
        .order_by(schema.change.c.entry, schema.change.c.position)
    ).all()
    return [entry_of(row, own, log_names) for row, own in _with_changes(entries, changes)]


def entries_about(
    connection: Connection, kind: str, entity_id: str, log_id: int | None, limit: int
) -> list[int]:
    """Numbers of the newest `limit` entries that changed an entity, oldest first."""
    table = schema.change
    query = select(table.c.entry).where(table.c.kind == kind, table.c.entity_id == entity_id)
    if log_id is not None:
        query = query.where(table.c.log_id == log_id)
    found = connection.scalars(query.order_by(table.c.entry.desc()).limit(limit)).all()
    return sorted(set(found))


def changed_since(connection: Connection, entry: int, log_id: int) -> set[tuple[str, str]]:
    """Kinds and IDs of the entities of a log (or of the project) that changed after an entry."""
    table = schema.change
    # Not with DISTINCT, for which SQLite walks through an index of the whole journal.
    rows = connection.execute(
        select(table.c.kind, table.c.entity_id).where(
            table.c.entry > entry, table.c.log_id == log_id
        )
    )
    return {(row.kind, row.entity_id) for row in rows}


def entry_of(row: Row[Any], changes: Iterable[Row[Any]], log_names: dict[int, str]) -> JournalEntry:
    """The entry of its row and those of its changes.

    Raises:
        StoreError: they make no sense.
    """
    return JournalEntry(
        row.id,
        row.time_ns,
        row.author,
        row.session,
        _kind(row.id, row.kind),
        row.target,
        row.command,
        row.digest,
        tuple(
            EntityChange(
                log_name(log_names, change.log_id),
                change.kind,
                change.entity_id,
                change.before,
                change.after,
                delta_of(change),
            )
            for change in changes
        ),
    )


def log_name(log_names: dict[int, str], log_id: int) -> str:
    """Name of the log with a key, "" for the project; one that is not there is called by its key."""
    return "" if log_id == schema.PROJECT else log_names.get(log_id, f"#{log_id}")


def delta_of(change: Row[Any]) -> Any:
    """The difference that the row of a change holds; StoreError when it is none."""
    return stored_json(change.delta, f"entry {change.entry} of the journal")


def _kind(entry: int, name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise StoreError(
            f"entry {entry} of the journal is of no kind: {name!r}",
            "",
            "restore the project from a backup",
        ) from error


def _with_changes(
    entries: Iterable[Row[Any]], changes: Iterable[Row[Any]]
) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    by_entry: dict[int, list[Row[Any]]] = {}
    for change in changes:
        by_entry.setdefault(change.entry, []).append(change)
    for row in entries:
        yield row, by_entry.get(row.id, [])


def _reversed_delta(delta: Any) -> Any:
    if isinstance(delta, list):
        return delta[::-1]
    return {key: _reversed_delta(part) for key, part in delta.items()}
