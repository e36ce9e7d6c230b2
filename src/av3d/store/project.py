"""A project: the tracks of one or many logs, and the journal of how they came about."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Row, select

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.remote import is_remote
from av3d.store import schema
from av3d.store.database import Database, StoreError
from av3d.store.rows import delete_tracks, dump_json, insert_tracks, read_tracks
from av3d.tracks.change import Change
from av3d.tracks.track import Track


class ConflictError(StoreError):
    """A change starts from a value that is no longer the stored one."""


@dataclass(frozen=True)
class ProjectLog:
    """A log as a project refers to it; the log's data stays where it is.

    Attributes:
        name: unique within the project.
        kind: dataset that reads it.
        path: where it is now, found through the project's own place if it was moved with it.
        fingerprint: of the log when it was added.
        start_ns, end_ns: times of its first and last reference sweep.
    """

    name: str
    kind: str
    path: Path
    fingerprint: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class JournalEntry:
    """One transaction of the journal: who did what, when, to how many tracks."""

    id: int
    log_name: str
    time_ns: int
    author: str
    command: str
    changes: int


class Project:
    """Tracks of logs in a database. Every `apply` is committed to disk before it returns.

    Open it with `open_project`; close it, or use it as a context manager. One that the block made
    and left without a journal entry is removed when the block raises.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

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
            return not self.journal()
        except StoreError:
            return False

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @property
    def where(self) -> str:
        """File path or URL, without a password."""
        return self._database.where

    def logs(self) -> tuple[ProjectLog, ...]:
        """The logs of the project in the order in which they were added."""
        with self._database.reading() as connection:
            rows = connection.execute(select(schema.log).order_by(schema.log.c.id)).all()
        return tuple(self._project_log(row) for row in rows)

    def log(self, name: str) -> ProjectLog:
        """One log; StoreError lists the names there are."""
        for entry in self.logs():
            if entry.name == name:
                return entry
        raise self._no_such_log(name)

    def add_log(self, log: Log) -> ProjectLog:
        """Refer to a log. One that is there already, with the same name and kind, is kept.

        Raises:
            StoreError: another log of that name is in the project.
        """
        source = log.source
        relative = ""
        if self._database.path is not None and not is_remote(source):
            try:
                relative = os.path.relpath(source, self._database.path.parent)
            except ValueError:  # another drive on Windows
                relative = ""
        with self._database.writing() as connection:
            found = connection.execute(
                select(schema.log).where(schema.log.c.name == log.name)
            ).first()
            if found is not None:
                same = (found.kind, found.start_ns, found.end_ns) == (
                    log.kind,
                    log.start_ns,
                    log.end_ns,
                )
                if not same:
                    raise StoreError(
                        f"another log named {log.name!r} is in the project: {found.path}",
                        self.where,
                        "use another project file for this log",
                    )
                if found.path != source:
                    connection.execute(
                        schema.log.update()
                        .where(schema.log.c.id == found.id)
                        .values(path=source, relative_path=relative)
                    )
            else:
                connection.execute(
                    schema.log.insert().values(
                        name=log.name,
                        kind=log.kind,
                        path=source,
                        relative_path=relative,
                        fingerprint=log.fingerprint,
                        start_ns=log.start_ns,
                        end_ns=log.end_ns,
                    )
                )
        return self.log(log.name)

    def tracks(self, log_name: str) -> tuple[Track, ...]:
        """All tracks of a log, sorted by category and number."""
        with self._database.reading() as connection:
            log_id = self._log_id(connection, log_name)
            return self._read_tracks(connection, log_id)

    def apply(
        self,
        log_name: str,
        changes: Iterable[Change],
        *,
        command: str,
        author: str | None = None,
    ) -> int:
        """Make changes as one transaction and write it to the journal.

        Args:
            log_name: the log whose tracks change.
            changes: at most one per track; `before` must be what is stored.
            command: what the user did, for the journal.
            author: who did it; default: the login name.

        Returns:
            Number of the journal entry.

        Raises:
            ConflictError: a `before` is not what is stored; nothing was changed.
            StoreError: the database refuses; nothing was changed.
        """
        changes = tuple(changes)
        with self._database.writing() as connection:
            log_id = self._log_id(connection, log_name)
            self._check_before(connection, log_id, changes)
            delete_tracks(connection, log_id, [c.id for c in changes if c.before])
            insert_tracks(
                connection, log_id, [c.after for c in changes if isinstance(c.after, Track)]
            )
            entry = connection.execute(
                schema.journal.insert().values(
                    log_id=log_id,
                    time_ns=time.time_ns(),
                    author=author or default_author(),
                    command=command,
                    changes=dump_json([_change_to_json(change) for change in changes]),
                )
            ).inserted_primary_key
        assert entry is not None
        return int(entry[0])

    def journal(self, log_name: str | None = None) -> tuple[JournalEntry, ...]:
        """Entries of the journal, oldest first, of one log or of all."""
        query = (
            select(schema.journal, schema.log.c.name)
            .join(schema.log, schema.log.c.id == schema.journal.c.log_id)
            .order_by(schema.journal.c.id)
        )
        if log_name is not None:
            query = query.where(schema.log.c.name == log_name)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            JournalEntry(
                row.id,
                row.name,
                row.time_ns,
                row.author,
                row.command,
                len(json.loads(row.changes)),
            )
            for row in rows
        )

    def _check_before(self, connection: Connection, log_id: int, changes: Sequence[Change]) -> None:
        ids = [change.id for change in changes]
        if len(set(ids)) != len(ids):
            raise StoreError("one transaction changes a track twice", self.where)
        stored = {track.id: track for track in self._read_tracks(connection, log_id, ids)}
        for change in changes:
            found = stored.get(change.id)
            expected = change.before
            if (found is None) != (expected is None) or (
                found is not None and expected is not None and found.digest != expected.digest
            ):
                state = "is already there" if expected is None else "was changed by somebody else"
                raise ConflictError(
                    f"track {change.id} {state}",
                    self.where,
                    "load the tracks again; nothing was changed",
                )

    def _read_tracks(
        self, connection: Connection, log_id: int, ids: Sequence[str] | None = None
    ) -> tuple[Track, ...]:
        try:
            return read_tracks(connection, log_id, ids)
        except (Av3dError, ValueError, TypeError, AttributeError, OverflowError) as error:
            # Another program, or a damaged disk, has left values that av3d would never write.
            what = error.what if isinstance(error, Av3dError) else str(error)
            raise StoreError(
                f"the project holds a track that makes no sense: {what}",
                self.where,
                "restore the file from a backup",
            ) from error

    def _log_id(self, connection: Connection, name: str) -> int:
        found = connection.scalar(select(schema.log.c.id).where(schema.log.c.name == name))
        if found is None:
            raise self._no_such_log(name)
        return int(found)

    def _no_such_log(self, name: str) -> StoreError:
        names = ", ".join(entry.name for entry in self.logs()) or "none"
        return StoreError(f"no log {name!r}", self.where, f"logs in this project: {names}")

    def _project_log(self, row: Row[Any]) -> ProjectLog:
        path = Path(row.path)
        if not path.exists() and row.relative_path and self._database.path is not None:
            moved = (self._database.path.parent / row.relative_path).resolve()
            # The last part may name a scene inside of a log's files, which is nothing on the disk.
            only_moved = moved.parent.is_dir() and not path.parent.is_dir()
            path = moved if moved.exists() or only_moved else path
        return ProjectLog(row.name, row.kind, path, row.fingerprint, row.start_ns, row.end_ns)


def open_project(location: str | Path, *, create: bool = False) -> Project:
    """Open a project.

    Args:
        location: a file path, or an SQLAlchemy URL.
        create: make it if it is not there.

    Raises:
        StoreError: not there, not a project, written by a newer av3d, or not accessible.
    """
    return Project(Database(location, create=create))


def default_author() -> str:
    """The login name, or "unknown" where the system has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _change_to_json(change: Change) -> dict[str, Any]:
    return {
        "before": None if change.before is None else change.before.as_json(),
        "after": None if change.after is None else change.after.as_json(),
    }
