"""Opening a project's database: one code path for a SQLite file and for a PostgreSQL server."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from av3d.store import schema
from av3d.store.errors import NOTHING_CHANGED, RESTORE, StoreError, explain, sqlite_name
from av3d.store.network import network_kind
from av3d.store.new_database import COMPANIONS, new_database
from av3d.store.postgres import hidden_words, make_engine, parse_url, shown
from av3d.store.sqlite_file import FileConnection, SqliteFile

if TYPE_CHECKING:
    from av3d.store.migrations.migrate import Migration

__all__ = ["LOCK_TIMEOUT_S", "Database", "StoreError"]

LOCK_TIMEOUT_S = 10.0
"""How long a writer waits for another process before it gives up."""

_LOST = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB")
"""Errors after which connecting anew may help once their cause is gone."""


class Database:
    """A checked connection to a project's tables. May be used by several threads at a time.

    Args:
        location: a file path, or a URL: sqlite:///path or postgresql://user:password@host/database.
        create: make the project if there is none; otherwise a missing one is an error.
        lock_timeout_s: how long to wait for another process that is writing; None: LOCK_TIMEOUT_S.

    Raises:
        StoreError: not there, not a project, of a newer version, or not accessible.
    """

    def __init__(
        self, location: str | Path, *, create: bool, lock_timeout_s: float | None = None
    ) -> None:
        self.path: Path | None = None
        self.created = False
        """Whether this object made the file."""
        self.migration: Migration | None = None
        """What was done to a project of an older version."""
        self.lock_timeout_s = LOCK_TIMEOUT_S if lock_timeout_s is None else lock_timeout_s
        self._file: SqliteFile | None = None
        self._hidden: tuple[str, ...] = ()
        self._opened = False
        url = None if isinstance(location, Path) else parse_url(location)
        if url is not None and url.get_backend_name() != "sqlite":
            self.where = shown(url)
            self._hidden = hidden_words(url)
            self._engine = make_engine(url, self.lock_timeout_s)
        else:
            name = location if url is None else url.database or ":memory:"
            if name == ":memory:":
                raise StoreError("a database in memory is gone at the end", name, "name a file")
            try:
                self.path = Path(name).expanduser().absolute()
            except RuntimeError as error:
                raise StoreError(str(error), name, "write the whole path") from error
            self.where = str(self.path)
            self.created = self._check_file(self.path, create)
            self._file = SqliteFile(self.path, self.lock_timeout_s)
            self._engine = create_engine(
                "sqlite+pysqlite://", creator=self._file.connect, poolclass=QueuePool
            )
            event.listen(self._engine, "checkout", self._check_current)
        try:
            self._prepare(create)
            self._opened = True
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Close all connections.

        Raises:
            StoreError: the file is no longer in its place and could not be put back there; the line
                says where its content is.
        """
        try:
            self._check_kept()
        finally:
            self._disconnect()

    def discard(self) -> None:
        """Close, and remove the file if this object made it."""
        self._disconnect()
        if self.created and self.path is not None:
            for ending in ("", *COMPANIONS):
                with suppress(OSError):
                    Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _disconnect(self) -> None:
        self._engine.dispose()
        if self._file is not None:
            self._file.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries that all see the same moment; database errors become StoreError.

        Raises:
            StoreError: the database cannot be read, or the project's file is no longer in its place.
        """
        with self._translated("read"):
            self._check_in_place()
            with self._engine.connect() as connection:
                if self._file is None:
                    connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                else:
                    connection.exec_driver_sql("BEGIN")
                try:
                    yield connection
                finally:
                    if self._file is not None and _driver_connection(connection).frozen:
                        connection.invalidate()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed to disk when the block ends, taken back when it raises.

        Only one process at a time is in such a block, so what it reads is still true when it writes.

        Raises:
            StoreError: the database cannot be written, is locked by another for longer than
                `lock_timeout_s`, or the project's file is no longer in its place.
        """
        with self._translated("write"):
            with self._transaction() as connection:
                if self._file is None:
                    connection.execute(
                        select(schema.meta.c.key)
                        .where(schema.meta.c.key == "schema_version")
                        .with_for_update()
                    )
                yield connection
            self._check_kept()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self._check_in_place()
        with self._engine.connect() as connection:
            if self._file is not None:
                if (why := _driver_connection(connection).frozen) is not None:
                    connection.invalidate()
                    raise why
                # Take the write lock now, so that what the block reads is still true when it writes.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            # Leaving without a commit takes everything back.
            yield connection
            if self._file is not None and not (
                self._file.intact() and self._file.is_current(_driver_connection(connection))
            ):
                connection.rollback()
                self._check_in_place()
                raise StoreError(
                    "the project's files were changed by another program",
                    self.where,
                    "repeat the last edit",
                )
            connection.commit()

    def _check_in_place(self) -> None:
        if self._file is not None and not self._file.intact():
            raise self._file.recover().error

    def _check_current(self, connection: FileConnection, *_: object) -> None:
        """Keep the pool from handing out connections to a file that was put back since."""
        if self._file is not None and not self._file.is_current(connection):
            raise InvalidatePoolError

    def _check_kept(self) -> None:
        """Refuse to acknowledge what was committed into a file that nobody finds again."""
        if self._file is not None and not self._file.intact():
            recovery = self._file.recover()
            if not recovery.in_place:
                raise recovery.error

    def _check_file(self, path: Path, create: bool) -> bool:
        """Look at what is there before SQLite does, and make the file if that is wanted.

        Returns:
            Whether it was made. It is complete when it appears under its name.
        """
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            mode = None
        except OSError as error:
            raise StoreError(
                f"cannot open the project: {error.strerror}", path, "check the path and its folder"
            ) from error
        if mode is not None:
            if stat.S_ISDIR(mode):
                raise StoreError("the project is a folder, not a file", path, "name a file in it")
            if not stat.S_ISREG(mode):
                raise StoreError("the project is not a file", path, "choose a file")
            return False
        if not create:
            raise StoreError("there is no such project", path, "make one with `av3d import`")
        if not path.parent.is_dir():
            raise StoreError(
                "the folder of the project does not exist", path.parent, "make it first"
            )
        with self._translated("write"):
            try:
                with new_database(Path(os.path.realpath(path))) as made:
                    engine = create_engine(
                        "sqlite+pysqlite://", creator=lambda: made, poolclass=StaticPool
                    )
                    with engine.connect() as connection:
                        connection.exec_driver_sql("BEGIN")
                        _make_tables(connection)
                        connection.commit()
                    if not network_kind(path.parent):
                        made.execute("PRAGMA journal_mode = WAL")
            except FileExistsError:
                return False  # another process was faster
            except OSError as error:
                raise StoreError(
                    f"cannot make the project: {error.strerror or error}",
                    path,
                    "check the permissions of the folder and the space on its disk",
                ) from error
        return True

    def _prepare(self, create: bool) -> None:
        with self.reading() as connection:
            tables = set(inspect(connection).get_table_names())
        if "meta" not in tables:
            if tables:
                raise StoreError(
                    "the database is not an av3d project", self.where, "choose another one"
                )
            if not create:
                raise StoreError(
                    "the database is empty", self.where, "make a project in it with `av3d import`"
                )
            self._fill()
        found = self._stored_version()
        if found < schema.SCHEMA_VERSION:
            from av3d.store.migrations.migrate import migrate

            self.migration = migrate(self.writing, self._file, self.where, found)
            found = self._stored_version()
        if found > schema.SCHEMA_VERSION:
            raise StoreError(
                f"the project has schema version {found}, this av3d knows up to "
                f"{schema.SCHEMA_VERSION}",
                self.where,
                "update av3d; the project was not changed",
            )
        if self._file is not None:
            self._engine.dispose()
            with self._translated("open"):
                self._file.prepare()

    def _stored_version(self) -> int:
        with self.reading() as connection:
            found = connection.scalar(
                select(schema.meta.c.value).where(schema.meta.c.key == "schema_version")
            )
        if not (isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10):
            raise StoreError("the project has no schema version", self.where, "restore a backup")
        return int(found)

    def _fill(self) -> None:
        """Make the tables in an empty database."""
        try:
            with self._translated("write"), self._transaction() as connection:
                _make_tables(connection)
        except StoreError:
            # Of two processes that do this at the same time, one comes too late.
            with self.reading() as connection:
                if "meta" not in inspect(connection).get_table_names():
                    raise

    @contextmanager
    def _translated(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            verb = verb if self._opened else "open"
            explained = explain(error, verb, self.where, self.lock_timeout_s, self._hidden)
            if self._file is not None and sqlite_name(error).startswith(_LOST):
                # While the file is not in its place, what is open is all there is of it.
                with suppress(StoreError):
                    if self._file.intact():
                        self._disconnect()
            raise explained from error
        except SQLAlchemyError as error:
            raise StoreError(
                f"cannot {verb} the project: {error}", self.where, NOTHING_CHANGED
            ) from error
        except UnicodeDecodeError as error:
            # SQLite quotes the damaged text in its message, and Python cannot read that.
            raise StoreError(
                f"cannot {verb} the project: the file is damaged (text that is no UTF-8)",
                self.where,
                RESTORE,
            ) from error


def _driver_connection(connection: Connection) -> FileConnection:
    found = connection.connection.driver_connection
    assert isinstance(found, FileConnection)
    return found


def _make_tables(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    connection.execute(
        schema.meta.insert(), [{"key": "schema_version", "value": str(schema.SCHEMA_VERSION)}]
    )
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {schema.APPLICATION_ID}")
