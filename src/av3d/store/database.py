"""Opening a project's database: one code path for a SQLite file and for any other SQL URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from av3d.errors import Av3dError
from av3d.store import schema

LOCK_TIMEOUT_S = 10.0
"""How long a writer waits for another process before it gives up."""


class StoreError(Av3dError):
    """A project that cannot be opened, read or written."""


class Database:
    """A checked connection to a project's tables.

    Args:
        location: a file path, or an SQLAlchemy URL such as postgresql://host/labels.
        create: make the project if there is none; otherwise a missing one is an error.

    Raises:
        StoreError: not there, not a project, of a newer version, or not accessible.
    """

    def __init__(self, location: str | Path, *, create: bool) -> None:
        self.path: Path | None = None
        self.created = False
        """Whether this object made the file."""
        url = _parse_url(str(location))
        self.where = url.render_as_string(hide_password=True) if url else str(location)
        if (
            url is not None
            and url.get_backend_name() == "sqlite"
            and (url.database or ":memory:") == (":memory:")
        ):
            raise StoreError("a database in memory is gone at the end", self.where, "name a file")
        if url is None or (url.get_backend_name() == "sqlite" and url.database):
            self.path = Path(url.database or "" if url else location).expanduser().absolute()
            self.where = str(self.path)
            self._check_file(self.path, create)
            self.created = not self.path.exists()
            url = URL.create("sqlite+pysqlite", database=str(self.path))
        self._engine = self._make_engine(url)
        try:
            self._prepare(create)
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def discard(self) -> None:
        """Close, and remove the file if this object made it."""
        self.close()
        if self.created and self.path is not None:
            for suffix in ("", "-wal", "-shm", "-journal"):
                with suppress(OSError):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; database errors become StoreError."""
        with self._translated("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed to disk when the block ends, taken back when it raises."""
        with self._translated("write"), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # Take the write lock now, so that what the block reads is still true when it writes.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            # Leaving without a commit takes everything back.
            yield connection
            connection.commit()

    def _make_engine(self, url: URL) -> Engine:
        try:
            if self.path is None:
                return create_engine(url)
            engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S})
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise StoreError(f"not a usable database URL: {error}", self.where) from error
        event.listen(engine, "connect", _configure_sqlite)
        return engine

    @staticmethod
    def _check_file(path: Path, create: bool) -> None:
        if path.is_dir():
            raise StoreError("the project is a folder, not a file", path, "name a file in it")
        if not path.exists():
            if not create:
                raise StoreError("there is no such project", path, "make one with `av3d import`")
            if not path.parent.is_dir():
                raise StoreError(
                    "the folder of the project does not exist", path.parent, "make it first"
                )
            return
        if path.stat().st_size:
            with path.open("rb") as file:
                if file.read(16) != b"SQLite format 3\x00":
                    raise StoreError("the file is not an av3d project", path, "choose another file")

    def _prepare(self, create: bool) -> None:
        with self.reading() as connection:
            tables = set(inspect(connection).get_table_names())
        if "meta" not in tables:
            if tables or not create:
                raise StoreError(
                    "the database is not an av3d project", self.where, "choose another file"
                )
            with self.writing() as connection:
                schema.metadata.create_all(connection)
                connection.execute(
                    schema.meta.insert(),
                    [{"key": "schema_version", "value": str(schema.SCHEMA_VERSION)}],
                )
        with self.reading() as connection:
            found = connection.scalar(
                select(schema.meta.c.value).where(schema.meta.c.key == "schema_version")
            )
        if found is None or not (found.isascii() and found.isdigit()):
            raise StoreError("the project has no schema version", self.where, "restore a backup")
        if int(found) > schema.SCHEMA_VERSION:
            raise StoreError(
                f"the project has schema version {found}, this av3d knows up to "
                f"{schema.SCHEMA_VERSION}",
                self.where,
                "update av3d; the project was not changed",
            )

    @contextmanager
    def _translated(self, verb: str) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            reason = str(error.orig).strip() or type(error.orig).__name__
            raise StoreError(
                f"cannot {verb} the project: {reason}", self.where, _advice(reason)
            ) from error
        except SQLAlchemyError as error:
            raise StoreError(f"cannot {verb} the project: {error}", self.where) from error


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling begins too late; Database.writing begins explicitly.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    # A commit is on the disk before the window shows the edit as saved.
    cursor.execute("PRAGMA synchronous = FULL")
    if cursor.execute("PRAGMA application_id").fetchone()[0] == 0:
        cursor.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    cursor.close()


def _advice(reason: str) -> str:
    lowered = reason.lower()
    if "locked" in lowered:
        return "another process is writing; try again"
    if "full" in lowered:
        return "free some space; nothing was changed"
    if "disk i/o" in lowered:
        # Even reading needs room for SQLite's index of the write-ahead log.
        return "free some space or check the disk; nothing was changed"
    if "readonly" in lowered or "read-only" in lowered or "unable to open" in lowered:
        return "check the permissions of the file and its folder"
    if "malformed" in lowered or "not a database" in lowered:
        return "restore the file from a backup"
    return "nothing was changed"


def _parse_url(text: str) -> URL | None:
    """The URL, or None for a file path."""
    if "://" not in text:
        return None
    try:
        return make_url(text)
    except ArgumentError as error:
        raise StoreError(
            "not a usable database URL", "", "use sqlite:/// or postgresql://"
        ) from error
