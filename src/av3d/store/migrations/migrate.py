"""Bringing an older project to the version of this program, all in one transaction, after a backup."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, text

from av3d.errors import Av3dError
from av3d.store import fsck, schema
from av3d.store.errors import NOTHING_CHANGED, StoreError
from av3d.store.migrations.backup import copy_file, copy_tables
from av3d.store.migrations.steps import STEPS
from av3d.store.sqlite_file import SqliteFile

logger = logging.getLogger(__name__)

_RESTORE = "restore a backup of it; it was not changed"

_VERSION = text("SELECT value FROM meta WHERE key = 'schema_version'")
_SET_VERSION = text("UPDATE meta SET value = :version WHERE key = 'schema_version'")


@dataclass(frozen=True)
class Migration:
    """What was done to a project when it was opened.

    Attributes:
        before, after: its version.
        backup: where the copy of before is: a path, or on a server what the names of its tables
            begin with.
    """

    before: int
    after: int
    backup: str


def migrate(
    writing: Callable[[], AbstractContextManager[Connection]],
    file: SqliteFile | None,
    where: str,
    found: int,
) -> Migration | None:
    """Bring a project to the version of this program.

    A process that is killed meanwhile leaves the project as it was. Of several processes that open it
    one does the work, and the others wait for it.

    Args:
        writing: a transaction that holds the project's write lock, see `Database.writing`.
        file: of the project; None on a server.
        where: the project, for messages.
        found: its version, as it was found without the lock.

    Returns:
        What was done; None if another process has done it.

    Raises:
        StoreError: it cannot be brought there; it is as it was.
    """
    missing = [version for version in range(found, schema.SCHEMA_VERSION) if version not in STEPS]
    if missing:
        raise StoreError(
            f"the project has schema version {found}, which no av3d can have written",
            where,
            _RESTORE,
        )
    try:
        with writing() as connection:
            version = int(connection.scalar(_VERSION) or 0)
            if version >= schema.SCHEMA_VERSION:
                return None
            backup = _back_up(connection, file, version)
            for number in range(version, schema.SCHEMA_VERSION):
                STEPS[number].run(connection)
            connection.execute(_SET_VERSION, {"version": str(schema.SCHEMA_VERSION)})
            report = fsck.check(connection, where)
            if not report.clean:
                first = report.findings[0]
                raise StoreError(f"{first.where}: {first.what}")
    except StoreError as error:
        raise _refusal(error, where, found) from error
    except (
        Av3dError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
    ) as error:
        what = error.what if isinstance(error, Av3dError) else f"it makes no sense: {error}"
        raise _refusal(StoreError(what), where, found) from error
    if file is not None:
        _give_back_room(file)
    migration = Migration(version, schema.SCHEMA_VERSION, backup)
    logger.warning(
        "the project %s was brought from version %d to version %d; the copy from before is %s",
        where, migration.before, migration.after, backup,
    )  # fmt: skip
    return migration


def _back_up(connection: Connection, file: SqliteFile | None, version: int) -> str:
    if file is None:
        return copy_tables(connection, STEPS[version].tables, version)
    with closing(file.connect()) as source:
        return str(copy_file(source, file.path, version))


def _refusal(error: StoreError, where: str, found: int) -> StoreError:
    what = error.what
    for start in ("cannot open the project: ", "cannot write the project: "):
        what = what.removeprefix(start)
    fix = error.fix if error.fix and error.fix != NOTHING_CHANGED else _RESTORE
    return StoreError(
        f"the project has schema version {found} and cannot be brought to version "
        f"{schema.SCHEMA_VERSION}: {what}",
        where,
        fix,
    )


def _give_back_room(file: SqliteFile) -> None:
    """Make the file small again where most of it was the journal of before."""
    # Not worth an error: the project is whole, and the room is used by what comes.
    with suppress(sqlite3.Error, StoreError), closing(file.connect()) as connection:
        pages, free = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count")
        )
        if free > pages / 2:
            connection.execute("VACUUM")
