"""The journal as lines of text and back: an entry on a line, then each of its changes on one."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from av3d.digests import canonical
from av3d.errors import Av3dError
from av3d.store import journal, replay, schema, transactions
from av3d.store.decoding import NONSENSE
from av3d.store.exchange_labels import Labelled
from av3d.store.exchange_lines import Line, Lines, line_of
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.releases.release import Release
from av3d.store.replay import Key
from av3d.store.rows import insert_tracks
from av3d.tracks.checking import MAX_TIME_NS, check_text
from av3d.tracks.delta import Tree, tree_digest
from av3d.tracks.history import Kind

ENTRY, CHANGE = "entry", "change"

BATCH = 1_000
"""Entries, tracks or other entities that are written at a time."""

_NOT_UNDOABLE = -1
_DIGEST = re.compile("[0-9a-f]{32}")
_BY_HAND = "load it with --without-journal, which takes the labels as one new entry"
_KINDS = frozenset({"track", "event", "log", "task", "author", "ontology", "release"})


def journal_lines(connection: Connection) -> Iterator[str]:
    """The lines of all entries, oldest first, a page at a time."""
    for entry in journal.read_entries(connection, transactions.log_names(connection)):
        yield line_of(ENTRY, entry.header_as_json())
        for change in entry.changes:
            yield line_of(CHANGE, change.as_json())


def restore_journal(connection: Connection, lines: Lines, labels: Iterable[Labelled]) -> None:
    """Fill an empty project with the journal, and with the labels that it gives.

    Args:
        connection: a transaction that holds the write lock of a project without entries.
        lines: gives the labels, then the journal, to the end.
        labels: what it gives first, see `read_labels`.

    Raises:
        StoreError: an entry makes no sense or is not what was written, or the labels are not what
            the journal gives; says on which line.
    """
    expected = {item.key: (item.digest, item.line) for item in labels}
    restoring = _Restoring(connection)
    for line in lines.all(ENTRY):
        restoring.add(line, lines.all(CHANGE))
    restoring.write_entries()
    restoring.compare(expected, lines.finish())
    restoring.write_labels()


class _Restoring:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._state: replay.State = {}
        self._digests: dict[Key, str] = {}
        self._log_ids: dict[str, int] = {}
        self._sessions: dict[str, int] = {}
        self._undoable = array("q", [_NOT_UNDOABLE])
        """By entry the number of its session; a million of them must not take much memory."""
        self._batch: list[JournalEntry] = []
        self._last, self._digest = 0, journal.FIRST_DIGEST

    def add(self, line: Line, change_lines: Iterable[Line]) -> None:
        changes = tuple(_change(change_line) for change_line in change_lines)
        entry = _entry(line, changes)
        if entry.id != self._last + 1:
            raise line.wrong(
                f"entry {entry.id} follows entry {self._last}", "bring back the lines between them"
            )
        try:
            fits = entry.computed_digest(self._digest) == entry.digest
        except (ValueError, RecursionError):  # a number that is not finite, or too deep
            fits = False
        if not fits:
            raise line.wrong(
                f"entry {entry.id} is not what was written, or one before it is missing", _BY_HAND
            )
        session = self._sessions.setdefault(entry.session, len(self._sessions))
        target = entry.target
        if target is not None and not (
            0 < target <= self._last and self._undoable[target] == session
        ):
            raise line.wrong(f"it takes back or repeats entry {target}, which is none")
        self._undoable.append(session if entry.kind is Kind.DO else _NOT_UNDOABLE)
        if len({(change.log, change.kind, change.id) for change in changes}) < len(changes):
            raise line.wrong(f"entry {entry.id} changes an entity twice")
        for change in changes:
            if change.kind == Release.kind and (change.before or change.after is None):
                raise line.wrong(
                    f"entry {entry.id} changes a release, which no entry can", _BY_HAND
                )
            self._apply(line, entry.id, change)
        self._last, self._digest = entry.id, entry.digest
        self._batch.append(entry)
        if len(self._batch) == BATCH:
            self.write_entries()

    def _apply(self, line: Line, entry: int, change: EntityChange) -> None:
        if change.kind == transactions.LOG and change.id not in self._log_ids:
            log_id = len(self._log_ids) + schema.PROJECT + 1
            self._log_ids[change.id] = log_id
            self._connection.execute(schema.log.insert(), {"id": log_id, "name": change.id})
        if change.log and change.log not in self._log_ids:
            raise line.wrong(f"there is no log {change.log[:60]!r} before this entry")
        key = (change.log, change.kind, change.id)
        if self._digests.get(key) != change.before:
            raise line.wrong(
                f"{change.kind} {change.id[:60]} is not what entry {entry} starts from"
            )
        try:
            replay.apply(self._state, key, change.delta, entry)
        except (Av3dError, RecursionError) as error:
            what = error.what if isinstance(error, Av3dError) else "it is too deep"
            raise line.wrong(what, _BY_HAND) from error
        if (change.after is None) != (key not in self._state):
            raise line.wrong(f"entry {entry} has no digest for what it leaves")
        if change.after is None:
            self._digests.pop(key, None)
        else:
            self._digests[key] = change.after

    def write_entries(self) -> None:
        if self._batch:
            journal.append_all(self._connection, self._batch, self._log_ids)
            self._batch.clear()

    def compare(self, expected: dict[Key, tuple[str, Line]], after: Line) -> None:
        """Refuse labels that are not what the journal gives."""
        for key, (digest, line) in expected.items():
            if key not in self._state:
                what = f"the journal at the end of the file does not give {_name(key)}"
                raise line.wrong(what, _BY_HAND)
            if not _digest_of(self._state[key]) == digest == self._digests[key]:
                what = f"{_name(key)} is not what the journal at the end of the file gives"
                raise line.wrong(what, _BY_HAND)
        for key in self._state:
            if key not in expected:
                what = f"the journal gives {_name(key)}, which no line above has"
                raise after.wrong(what, _BY_HAND)

    def write_labels(self) -> None:
        tracks: dict[str, list[tuple[Tree, str]]] = {}
        rows: list[dict[str, Any]] = []
        for (log, kind, entity_id), tree in self._state.items():
            digest = self._digests[log, kind, entity_id]
            if kind == "track":
                tracks.setdefault(log, []).append((tree, digest))
            else:
                log_id = self._log_ids[log] if log else schema.PROJECT
                row = {"log_id": log_id, "kind": kind, "id": entity_id}
                rows.append({**row, "value": canonical(tree), "digest": digest})
        for log, group in tracks.items():
            for start in range(0, len(group), BATCH // 10):
                part = group[start : start + BATCH // 10]
                insert_tracks(self._connection, self._log_ids[log], part)
        if rows:
            self._connection.execute(schema.entity.insert(), rows)


def _name(key: Key) -> str:
    log, kind, entity_id = key
    if kind == entity_id:
        return f"the {kind}"
    return f"{kind} {entity_id[:60]}" + (f" of log {log[:60]}" if log else "")


def _digest_of(tree: Tree) -> str:
    """The digest of a tree that may make no sense, then ""."""
    try:
        return tree_digest(tree)
    except (*NONSENSE, RecursionError):
        return ""


def _entry(line: Line, changes: tuple[EntityChange, ...]) -> JournalEntry:
    names = ("id", "time_ns", "author", "session", "kind", "target", "command", "digest")
    number, time_ns, author, session, kind, target, command, digest = line.fields(*names)
    for name, text in (("author", author), ("session", session), ("command", command)):
        _check(line, isinstance(text, str), f"{name} is no text")
        _check_text(line, name, text)
    _check(line, type(number) is int, "id is no whole number")
    _check(line, type(time_ns) is int and abs(time_ns) < MAX_TIME_NS, "time_ns is no time")
    _check(line, target is None or type(target) is int, "target is no entry")
    _check(line, _is_digest(digest), "digest has not 32 hexadecimal digits")
    _check(line, isinstance(kind, str) and kind in set(Kind), "kind is none of an entry")
    again = kind in (Kind.UNDO, Kind.REDO)
    _check(line, again == (target is not None), "only undo and redo have a target")
    return JournalEntry(
        number, time_ns, author, session, Kind(kind), target, command, digest, changes
    )


def _change(line: Line) -> EntityChange:
    names = ("log", "kind", "id", "before", "after", "delta")
    log, kind, entity_id, before, after, delta = line.fields(*names)
    for name, text in (("log", log), ("id", entity_id)):
        _check(line, isinstance(text, str), f"{name} is no text")
        _check_text(line, name, text)
    _check(line, isinstance(kind, str) and kind in _KINDS, "kind is none of an entity")
    _check(line, bool(entity_id), "id is empty")
    _check(line, bool(log) == (kind in ("track", "event")), "log does not fit the kind")
    for digest in (before, after):
        _check(line, digest is None or _is_digest(digest), "a digest has not 32 hexadecimal digits")
    _check(line, isinstance(delta, list | dict), "delta is no difference")
    return EntityChange(log, kind, entity_id, before, after, delta)


def _check(line: Line, right: bool, what: str) -> None:
    if not right:
        raise line.wrong(what)


def _check_text(line: Line, name: str, text: str) -> None:
    try:
        check_text(text, name, "")
    except Av3dError as error:
        raise line.wrong(error.what) from error


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
