"""A project: the labels of one or many logs, and the journal of how they came about."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.store import journal, replay, transactions
from av3d.store.conflict import Conflict, ConflictError
from av3d.store.database import Database
from av3d.store.decoding import decoded
from av3d.store.entities import find_entity, read_entities
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.references import LogReference, ProjectLog
from av3d.store.schema import PROJECT
from av3d.store.view import ProjectView
from av3d.tracks.change import Change, Entity
from av3d.tracks.delta import DeltaError, as_tree, patched
from av3d.tracks.history import Kind, next_target
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.store.editor import Editor

RESTORED_KINDS = ("track", "event", "task", "author", "ontology")
"""What going back to an entry brings back. Logs stay: their labels before they were added are none."""


class Project(ProjectView):
    """Labels of logs in a database. Every change is committed to disk before its call returns.

    Open it with `open_project`; close it, or use it as a context manager. One that the block made
    and wrote nothing to is removed when the block raises. May be used by several threads.

    Args:
        database: the opened database.
        author: who works; default: the login name.
        session: name of the session of work that undo goes back in; default: a new one.
    """

    def __init__(
        self, database: Database, *, author: str | None = None, session: str | None = None
    ) -> None:
        super().__init__(database, session or new_session())
        self.author = author or default_author()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A new project that nothing was written to, because what came after failed, is no project.
        if error is not None and self._database.created and self._is_empty():
            self._database.discard()
        self.close()

    def _is_empty(self) -> bool:
        try:
            return self.position <= 1  # its ontology
        except StoreError:
            return False

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def add_log(self, log: Log) -> ProjectLog:
        """Refer to a log. One that is there already, with the same name and kind, is kept.

        Raises:
            StoreError: another log of that name is in the project.
        """
        new = LogReference.of(log, self._database.path)
        old = self._reference(new)
        try:
            self._write_reference(old, new)
        except ConflictError:
            # Somebody else was adding it at the same moment.
            self._write_reference(self._reference(new), new)
        return self.log(log.name)

    def _reference(self, new: LogReference) -> LogReference | None:
        with self.reading() as connection:
            there = {old.id: old for old in self._entities(connection, LogReference, PROJECT)}
        old = there.get(new.id)
        if old is not None and not old.is_same_log(new):
            raise StoreError(
                f"another log named {new.id!r} is in the project: {old.path}",
                self.where,
                "use another project file for this log",
            )
        return old

    def _write_reference(self, old: LogReference | None, new: LogReference) -> None:
        if old is None or old.path != new.path:
            command = f"add log {new.id}" if old is None else f"log {new.id} was moved"
            self.commit({"": [Change(old, new)]}, command=command, kind=Kind.FIXED)

    def relocate(self, log_name: str, log: Log) -> ProjectLog:
        """Refer to a log where it is now, whatever it is called there.

        Args:
            log_name: its name in the project.
            log: the same recording, opened in its new place.

        Raises:
            StoreError: the project has no such log, or this is another recording.
        """
        with self._database.reading() as connection:
            there = {old.id: old for old in self._entities(connection, LogReference, PROJECT)}
        old = there.get(log_name)
        if old is None:
            raise self._no_such_log(log_name)
        new = replace(LogReference.of(log, self._database.path), id=log_name)
        if not old.is_same_log(new):
            raise StoreError(
                f"this is another recording than {log_name}: its sweeps are from {new.start_ns} to "
                f"{new.end_ns} ns, those of {log_name} from {old.start_ns} to {old.end_ns}",
                log.source,
                "give the place of the same recording",
            )
        if old != new:
            command = f"log {log_name} was moved"
            self.commit({"": [Change(old, new)]}, command=command, kind=Kind.FIXED)
        return self.log(log_name)

    def apply(
        self,
        log_name: str,
        changes: Iterable[Change],
        *,
        command: str,
        author: str | None = None,
    ) -> int:
        """Make changes to tracks and events of a log as one transaction.

        Args:
            log_name: the log whose labels change.
            changes: at most one per track or event; `before` must be what is stored.
            command: what the user did, for the journal.
            author: who did it; default: the project's author.

        Returns:
            Number of the journal entry.

        Raises:
            ConflictError: a `before` is not what is stored; nothing was changed.
            StoreError: the database refuses; nothing was changed.
        """
        return self.commit({log_name: changes}, command=command, author=author).id

    def commit(
        self,
        changes: Mapping[str, Iterable[Change]],
        *,
        command: str,
        author: str | None = None,
        session: str | None = None,
        kind: Kind = Kind.DO,
    ) -> JournalEntry:
        """Make changes to any number of logs and to the project itself as one transaction.

        Changes that change nothing are left out; the journal has the entry all the same.

        Args:
            changes: by name of the log, "" for the project: tasks, authors, ontology.
            command: what the user did, for the journal.
            author: default: the project's own.
            session: default: the project's own.
            kind: Kind.FIXED for what undo passes over.

        Raises:
            ConflictError: a `before` is not what is stored; nothing was changed.
            StoreError: the database refuses; nothing was changed.
            EditError: a track or event would refer to a track that is not there.
        """
        pairs = [
            (log, change)
            for log, group in changes.items()
            for change in group
            if not change.is_empty
        ]
        edits = [EntityChange.of(log, change) for log, change in pairs]
        with self.writing() as connection:
            try:
                return transactions.write(
                    connection,
                    edits,
                    author=author or self.author,
                    session=session or self.session,
                    command=command,
                    kind=kind,
                )
            except transactions.StaleError as error:
                asked = {id(edit): change for edit, (_, change) in zip(edits, pairs, strict=True)}
                conflicts = [
                    self._conflict(connection, stale, asked[id(stale)]) for stale in error.changes
                ]
                raise ConflictError(conflicts, self.where) from error

    def undo(self, *, session: str | None = None) -> JournalEntry | None:
        """Take back the last transaction of a session that is not taken back yet.

        Args:
            session: default: the project's own.

        Returns:
            The new entry of the journal; None when there is nothing to undo.

        Raises:
            ConflictError: what the transaction made was changed by somebody else since; nothing was
                changed now.
            EditError: what it would take away is referred to by what somebody else made since.
            StoreError: the database refuses; nothing was changed.
        """
        return self._again(session or self.session, Kind.UNDO)

    def redo(self, *, session: str | None = None) -> JournalEntry | None:
        """Make the last transaction again that undo took back; see `undo`."""
        return self._again(session or self.session, Kind.REDO)

    def again(
        self, kind: Kind, *, session: str | None = None
    ) -> tuple[JournalEntry, tuple[EntityChange, ...]] | None:
        """The entry that `undo` or `redo` would take next, and what it would change now."""
        with self.reading() as connection:
            return self._next(connection, session or self.session, kind)

    def _again(self, session: str, kind: Kind) -> JournalEntry | None:
        with self.writing() as connection:
            found = self._next(connection, session, kind)
            if found is None:
                return None
            done, changes = found
            try:
                return transactions.write(
                    connection,
                    changes,
                    author=self.author,
                    session=session,
                    command=f"{kind.value} {done.command}",
                    kind=kind,
                    target=done.id,
                )
            except transactions.StaleError as error:
                conflicts = [self._conflict(connection, stale) for stale in error.changes]
                raise ConflictError(conflicts, self.where) from error

    @staticmethod
    def _next(
        connection: Connection, session: str, kind: Kind
    ) -> tuple[JournalEntry, tuple[EntityChange, ...]] | None:
        target = next_target(kind, journal.latest_steps(connection, session))
        if target is None:
            return None
        (done,) = journal.read_entries_of(connection, transactions.log_names(connection), [target])
        if kind is Kind.REDO:
            return done, done.changes
        return done, tuple(change.reversed() for change in done.changes[::-1])

    def restore(self, entry: int, *, log_name: str | None = None) -> JournalEntry | None:
        """Bring back what was stored after an entry of the journal, as a transaction of its own.

        Args:
            entry: number of the entry; 0: before the first.
            log_name: only this log; None: all logs, tasks, authors and the ontology.

        Returns:
            The new entry; None when nothing differs.
        """
        with self.writing() as connection:
            changes = self._restoring(connection, entry, log_name)
            if not changes:
                return None
            of_log = f" of {log_name}" if log_name else ""
            return transactions.write(
                connection,
                changes,
                author=self.author,
                session=self.session,
                command=f"restore entry {entry}{of_log}",
            )

    def restoring(self, entry: int, *, log_name: str | None = None) -> list[EntityChange]:
        """What `restore` would change now; arguments as there."""
        with self.reading() as connection:
            return self._restoring(connection, entry, log_name)

    def _restoring(
        self, connection: Connection, entry: int, log_name: str | None
    ) -> list[EntityChange]:
        if log_name is not None:
            self._log_id(connection, log_name)
        now = replay.stored_state(connection, log_name)
        then = replay.state_after(connection, entry, log_name)
        # A project that had no ontology then is not to lose the one that it has.
        had_ontology = ("", Ontology.kind, Ontology.id) in then
        kinds = [kind for kind in RESTORED_KINDS if kind != Ontology.kind or had_ontology]
        return replay.changes_between(now, then, kinds)

    def edit(self, log_name: str, *, session: str | None = None) -> Editor:
        """Start work on a log; see `av3d.store.editor.Editor`."""
        from av3d.store.editor import Editor

        return Editor(self, log_name, session=session)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the project's write lock; for the modules of this package."""
        with self._database.writing() as connection, self._named():
            yield connection

    def _conflict(
        self, connection: Connection, stale: EntityChange, change: Change | None = None
    ) -> Conflict:
        log_id = transactions.log_ids(connection)[stale.log] if stale.log else PROJECT
        theirs: Entity | None = None
        if stale.kind == Track.kind:
            theirs = next(iter(self._tracks(connection, log_id, [stale.id])), None)
        else:
            row = find_entity(connection, log_id, stale.kind, stale.id)
            if row is not None:
                (tree,) = read_entities(connection, stale.kind, log_id, [stale.id])
                theirs = decoded(stale.kind, tree, self.where)
        ids = journal.entries_about(connection, stale.kind, stale.id, log_id, 1)
        entries = journal.read_entries_of(connection, transactions.log_names(connection), ids)
        if change is None:
            change = self._wanted(connection, stale, log_id, theirs)
        base, mine = (change.before, change.after) if change else (None, None)
        made = stale.before is None
        entry = entries[-1] if entries else None
        known = read_entities(connection, LogReference.kind, PROJECT, [stale.log])
        start_ns = next((reference["start_ns"] for reference in known), None)
        return Conflict(stale.kind, stale.id, base, mine, theirs, entry, made, start_ns)

    def _wanted(
        self, connection: Connection, stale: EntityChange, log_id: int, stored: Entity | None
    ) -> Change | None:
        """What undo or redo was about to do to an entity; None when the journal does not tell."""
        try:
            tree = None if stored is None else as_tree(stored.as_json())
            if stale.before is not None:
                tree = replay.earlier(connection, log_id, stale.kind, stale.id, tree, stale.before)
            else:
                tree = None
            trees = [tree, patched(tree, stale.delta)]
        except DeltaError:
            return None
        values = [None if tree is None else decoded(stale.kind, tree, self.where) for tree in trees]
        return Change(*values) if any(values) else None


def open_project(
    location: str | Path,
    *,
    create: bool = False,
    author: str | None = None,
    session: str | None = None,
    ontology: Ontology | None = None,
) -> Project:
    """Open a project.

    Args:
        location: a file path, or a URL: postgresql://user@host/database.
        create: make it if it is not there.
        author: who works; default: the login name.
        session: session of work that undo goes back in; default: a new one.
        ontology: of a project that is made; default: av3d's own.

    Raises:
        StoreError: not there, not a project, written by a newer av3d, or not accessible.
    """
    database = Database(location, create=create)
    project = Project(database, author=author, session=session)
    try:
        # Also of one whose maker was stopped before it could write more than the tables.
        if project.position == 0:
            if ontology is None:
                from av3d.ontology.presets import default

                ontology = default()
            command = f"new project with ontology {ontology.name}"
            # Somebody else may make the same project at this moment.
            with suppress(ConflictError):
                project.commit({"": [Change(None, ontology)]}, command=command, kind=Kind.FIXED)
    except BaseException:
        database.discard()
        raise
    return project


def default_author() -> str:
    """The login name, or "unknown" where the system has none."""
    try:
        return getpass.getuser().encode(errors="replace").decode() or "unknown"
    except (KeyError, OSError):
        return "unknown"


def new_session() -> str:
    """A fresh name for a session of work."""
    return uuid.uuid4().hex[:16]
