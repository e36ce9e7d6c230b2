"""Proof that a project is whole: replaying its journal gives exactly what its tables hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from av3d.errors import Av3dError
from av3d.store import journal, replay, schema
from av3d.store.decoding import decoded
from av3d.store.entities import read_rows, tree_of
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.releases.checking import ReleaseCheck
from av3d.store.rows import read_trees
from av3d.store.transactions import log_names
from av3d.tracks.delta import Tree, tree_digest
from av3d.tracks.history import History, Kind
from av3d.tracks.track import Track

Progress = Callable[[int, int], None]
"""Called with how many entries are checked and how many there are."""

MOST_FINDINGS = 100
"""After so many nothing more is learned from more."""

_NONSENSE = (Av3dError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What comes of values that no av3d would write."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        where: the entry, track … concerned.
        what: one sentence.
    """

    where: str
    what: str


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        where: the project.
        entries, changes: how many of the journal were replayed.
        logs, tracks, keyframes, others: how many stored entities were compared.
        findings: what is wrong; none in a sound project.
    """

    where: str
    entries: int
    changes: int
    logs: int
    tracks: int
    keyframes: int
    others: int
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check(connection: Connection, where: str, progress: Progress | None = None) -> Report:
    """Check a project.

    The chain of the journal's digests, that every change starts from what the one before it left,
    that undo and redo took the transaction that was next, that releases follow each other and have the
    labels that they were made of, that the last state of every entity is what
    the tables hold, with the digest that they hold, that it makes sense, and that no row belongs to
    nothing.

    Args:
        connection: a reading transaction, so that all is of one moment.
        where: the project, for messages.
        progress: told about every page of entries.
    """
    checking = _Check(connection, where)
    checking.database()
    checking.journal(progress)
    checking.tables()
    return checking.report()


class _Check:
    def __init__(self, connection: Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._findings: list[Finding] = []
        self._names = log_names(connection)
        self._replayed: replay.State = {}
        self._digests: dict[replay.Key, str] = {}
        self._lost: set[replay.Key] = set()
        self._histories: dict[str, History] = {}
        self._entries = self._changes = self._tracks = self._keyframes = self._others = 0

    def report(self) -> Report:
        return Report(
            self._where,
            self._entries,
            self._changes,
            len(self._names),
            self._tracks,
            self._keyframes,
            self._others,
            tuple(self._findings),
        )

    def _found(self, where: str, what: str) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(where, what))

    def database(self) -> None:
        """The database's own view of its pages, and rows that belong to nothing."""
        if self._connection.dialect.name == "sqlite":
            for row in self._connection.execute(text("PRAGMA integrity_check(10)")):
                if row[0] != "ok":
                    self._found("database file", row[0])
        track, keyframe, change = schema.track, schema.keyframe, schema.change
        log_ids = select(schema.log.c.id)
        for column, owners, what in (
            (keyframe.c.track_key, select(track.c.key), "keyframes of a track that is not there"),
            (track.c.log_id, log_ids, "tracks of a log that is not there"),
            (change.c.entry, select(schema.journal.c.id), "changes of an entry that is not there"),
        ):
            orphans = select(column).where(column.not_in(owners)).distinct().limit(10)
            for orphan in self._connection.scalars(orphans):
                self._found(f"{column.table.name}s of {column.name} {orphan}", f"there are {what}")

    def journal(self, progress: Progress | None) -> None:
        """Replay all entries."""
        total = journal.last_entry(self._connection)[0]
        releases = ReleaseCheck(self._connection, self._found)
        previous, last = journal.FIRST_DIGEST, 0
        for row, rows in journal.read_rows(self._connection):
            name = f"journal entry {row.id}"
            if row.id != last + 1:
                many = f"entries {last + 1} to {row.id - 1} are"
                one = f"entry {last + 1} is"
                self._found(name, f"{one if row.id == last + 2 else many} missing before it")
            try:
                entry = journal.entry_of(row, rows, self._names)
                sound = entry.computed_digest(previous) == entry.digest
            except _NONSENSE as error:
                self._found(name, _said(error))
                # What its changes would do, nobody knows.
                self._lost |= {self._key(row.log_id, row.kind, row.entity_id) for row in rows}
            else:
                if not sound:
                    self._found(name, "it is not what was written, or one before it is missing")
                self._follow(entry, name)
                for change in entry.changes:
                    self._replay(change, entry.id, name)
                    releases.change(change, entry.id)
                releases.after(entry.id, entry.digest, self._replayed)
            previous, last = row.digest, row.id
            self._entries += 1
            if progress is not None and self._entries % journal.PAGE == 0:
                progress(self._entries, total)
        if progress is not None:
            progress(total, total)

    def _key(self, log_id: int, kind: str, entity_id: str) -> replay.Key:
        return journal.log_name(self._names, log_id), kind, entity_id

    def _follow(self, entry: JournalEntry, name: str) -> None:
        """Check that undo and redo took the transaction that was next in their session."""
        history = self._histories.setdefault(entry.session, History())
        if entry.kind in (Kind.UNDO, Kind.REDO):
            undo = entry.kind is Kind.UNDO
            verb, expected = (
                ("takes back", history.undoable) if undo else ("repeats", history.redoable)
            )
            if entry.target != expected:
                turn = "nothing was" if expected is None else f"entry {expected} was"
                self._found(name, f"it {verb} entry {entry.target}, but {turn} next")
        history.push(entry.step)

    def _replay(self, change: EntityChange, entry: int, name: str) -> None:
        self._changes += 1
        key = (change.log, change.kind, change.id)
        if key in self._lost:
            return
        if self._digests.get(key) != change.before:
            self._found(name, f"{change.kind} {change.id} is not what it starts from")
        try:
            replay.apply(self._replayed, key, change.delta, entry)
        except _NONSENSE as error:
            self._found(name, _said(error))
            # What follows for this entity would be wrong for the same reason.
            self._lost.add(key)
        if change.after is None:
            self._digests.pop(key, None)
        else:
            self._digests[key] = change.after

    def tables(self) -> None:
        """Compare what is stored with what the journal gives."""
        stored: dict[replay.Key, tuple[Tree, str]] = {}
        for row in read_rows(self._connection):
            self._others += 1
            key = self._key(row.log_id, row.kind, row.id)
            try:
                stored[key] = (tree_of(row), row.digest)
            except StoreError as error:
                self._found(_named(key), error.what)
                self._lost.add(key)
        for log_id, log in self._names.items():
            try:
                trees = read_trees(self._connection, log_id)
            except _NONSENSE as error:
                self._found(f"tracks of log {log}", f"{_said(error)}; none of them was compared")
                self._lost |= {
                    key for key in self._replayed if key[0] == log and key[1] == Track.kind
                }
                continue
            for track_id, value in trees.items():
                stored[log, Track.kind, track_id] = value
                self._tracks += 1
                self._keyframes += len(value[0]["keyframes"])
        for key in sorted(stored.keys() | self._replayed.keys(), key=str):
            if key not in self._lost:
                try:
                    self._compare(key, stored.get(key), self._replayed.get(key))
                except _NONSENSE as error:
                    self._found(_named(key), _said(error))

    def _compare(
        self, key: replay.Key, stored: tuple[Tree, str] | None, replayed: Tree | None
    ) -> None:
        if stored is None or replayed is None:
            lacks, has = ("tables", "journal") if stored is None else ("journal", "tables")
            self._found(_named(key), f"it is in the {has} but not in the {lacks}")
            return
        tree, digest = stored
        computed = tree_digest(tree)
        if computed != tree_digest(replayed):
            self._found(_named(key), "what is stored is not what the journal gives")
        elif not computed == digest == self._digests.get(key):
            self._found(_named(key), "its digest is not that of its value")
        value = decoded(key[1], tree, self._where)
        if value.id != key[2]:
            self._found(_named(key), f"its value is that of {value.kind} {value.id}")


def _named(key: replay.Key) -> str:
    log, kind, entity_id = key
    return f"{kind} {entity_id}" + (f" of log {log}" if log else "")


def _said(error: Exception) -> str:
    return error.what if isinstance(error, Av3dError) else f"it makes no sense: {str(error)[:100]}"
