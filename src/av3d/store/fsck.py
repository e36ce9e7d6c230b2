"""Proof that a project is whole: replaying its journal gives exactly what its tables hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from av3d.errors import Av3dError
from av3d.store import journal, replay, schema
from av3d.store.decoding import decoded
from av3d.store.entities import read_all
from av3d.store.journal import EntityChange
from av3d.store.rows import read_trees
from av3d.store.transactions import log_names
from av3d.tracks.delta import Tree, tree_digest
from av3d.tracks.history import Kind

Progress = Callable[[int, int], None]
"""Called with how many entries are checked and how many there are."""

MOST_FINDINGS = 100
"""After so many nothing more is learned from more."""


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
    that undo and redo name transactions, that the last state of every entity is what the tables hold,
    with the digest that they hold, and that it makes sense.

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
        """The database's own view of its pages and references."""
        if self._connection.dialect.name == "sqlite":
            for row in self._connection.execute(text("PRAGMA integrity_check(10)")):
                if row[0] != "ok":
                    self._found("database file", row[0])
        orphans = self._connection.scalar(
            select(schema.keyframe.c.track_key)
            .where(schema.keyframe.c.track_key.not_in(select(schema.track.c.key)))
            .limit(1)
        )
        if orphans is not None:
            self._found(f"track key {orphans}", "there are keyframes of a track that is not there")

    def journal(self, progress: Progress | None) -> None:
        """Replay all entries."""
        total = journal.last_entry(self._connection)[0]
        previous = journal.FIRST_DIGEST
        kinds: dict[int, tuple[Kind, str]] = {}
        for expected, entry in enumerate(
            journal.read_entries(self._connection, self._names), start=1
        ):
            name = f"journal entry {entry.id}"
            if entry.id != self._entries + 1 and expected == self._entries + 1:
                self._found(name, f"entry {expected} is missing before it")
            if entry.computed_digest(previous) != entry.digest:
                self._found(name, "it is not what was written, or one before it is missing")
            previous = entry.digest
            if entry.kind in (Kind.UNDO, Kind.REDO):
                target = kinds.get(entry.target or 0)
                if target != (Kind.DO, entry.session):
                    self._found(
                        name, f"it takes back or repeats entry {entry.target}, which is none"
                    )
            kinds[entry.id] = (entry.kind, entry.session)
            for change in entry.changes:
                self._replay(change, entry.id, name)
            self._entries += 1
            if progress is not None and self._entries % journal.PAGE == 0:
                progress(self._entries, total)
        if progress is not None:
            progress(total, total)

    def _replay(self, change: EntityChange, entry: int, name: str) -> None:
        self._changes += 1
        key = (change.log, change.kind, change.id)
        if key in self._lost:
            return
        if self._digests.get(key) != change.before:
            self._found(name, f"{change.kind} {change.id} is not what it starts from")
        try:
            replay.apply(self._replayed, key, change.delta, entry)
        except Av3dError as error:
            self._found(name, error.what)
            # What follows for this entity would be wrong for the same reason.
            self._lost.add(key)
        if change.after is None:
            self._digests.pop(key, None)
        else:
            self._digests[key] = change.after

    def tables(self) -> None:
        """Compare what is stored with what the journal gives."""
        stored: dict[replay.Key, tuple[Tree, str]] = {}
        for (log_id, kind, entity_id), value in read_all(self._connection).items():
            stored[self._names.get(log_id, "") if log_id else "", kind, entity_id] = value
            self._others += 1
        for log_id, log in self._names.items():
            for track_id, value in read_trees(self._connection, log_id).items():
                stored[log, "track", track_id] = value
                self._tracks += 1
                self._keyframes += len(value[0]["keyframes"])
        for key in sorted(stored.keys() | self._replayed.keys()):
            self._compare(key, stored.get(key), self._replayed.get(key))

    def _compare(
        self, key: replay.Key, stored: tuple[Tree, str] | None, replayed: Tree | None
    ) -> None:
        log, kind, entity_id = key
        name = f"{kind} {entity_id}" + (f" of log {log}" if log else "")
        if key in self._lost:
            return
        if stored is None or replayed is None:
            lacks, has = ("tables", "journal") if stored is None else ("journal", "tables")
            self._found(name, f"it is in the {has} but not in the {lacks}")
            return
        tree, digest = stored
        computed = tree_digest(tree)
        if computed != tree_digest(replayed):
            self._found(name, "what is stored is not what the journal gives")
        elif not computed == digest == self._digests.get(key):
            self._found(name, "its digest is not that of its value")
        try:
            decoded(kind, tree, self._where)
        except Av3dError as error:
            self._found(name, error.what)
