"""A copy of a project as it is before a migration: a file beside it, or tables beside its tables."""

from __future__ import annotations

import filecmp
import hashlib
import os
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from av3d.store.errors import StoreError
from av3d.store.new_database import COMPANIONS

_LONGEST_NAME = 255
"""Bytes that file systems allow."""


def copy_file(source: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy all that is committed to a project's file; no other process may write meanwhile.

    A copy of an earlier attempt that is the same is taken instead, so that a process that is killed
    again and again does not fill the disk.

    Args:
        source: a connection to the project, not in a transaction.
        path: the project's file.
        version: of the project.

    Returns:
        Where the copy is: complete, on the disk, in place of nothing.

    Raises:
        StoreError: the folder refuses.
        sqlite3.Error: the disk refuses.
    """
    # One name for all attempts: what a killed one has left is written over.
    mark = hashlib.blake2b(os.fsencode(path.name), digest_size=4).hexdigest()
    aside = path.with_name(f".{_cut(path.stem, 100)}.{mark}.v{version}-backup.part")
    try:
        _remove(aside)
        mode = stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
            # Nobody reads it before it is whole: it needs no safety of its own until it is synced.
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy)
            # One file, that any program can read, in a read-only folder too.
            copy.execute("PRAGMA journal_mode = DELETE")
        _sync(aside)
        pattern = f"{_cut(path.stem, 200)}.v{version}-backup-"
        for earlier in sorted(path.parent.iterdir(), reverse=True):
            if earlier.name.startswith(pattern) and _is_equal(earlier, aside):
                return earlier
        time = f"{datetime.now():%Y%m%d-%H%M%S}"
        target = _publish(aside, path.with_name(f"{pattern}{time}{path.suffix[-20:]}"))
        _sync(path.parent)
        return target
    except OSError as error:
        raise StoreError(
            f"cannot make a backup copy: {error.strerror or error}",
            path.parent,
            "make room and let yourself write there, or copy the project to another folder; "
            "nothing was changed",
        ) from error
    finally:
        with suppress(OSError):
            _remove(aside)


def copy_tables(connection: Connection, tables: Sequence[str], version: int) -> str:
    """Copy tables of a PostgreSQL database, with their keys and indexes, within a transaction.

    Returns:
        What all names of the copies begin with; the rest is the name of the table.
    """
    prefix = f"v{version}_backup_{datetime.now():%Y%m%d_%H%M%S}_"
    quoted = connection.dialect.identifier_preparer.quote
    there = set(inspect(connection).get_table_names())
    for name in tables:
        if name not in there:
            raise StoreError(f"there is no table {name}", "", "restore a backup")
        copy = quoted(prefix + name)
        # Without defaults: they would hold on to the number generators of the table.
        connection.execute(
            text(
                f"CREATE TABLE {copy} (LIKE {quoted(name)} "
                "INCLUDING ALL EXCLUDING DEFAULTS EXCLUDING IDENTITY)"
            )
        )
        connection.execute(text(f"INSERT INTO {copy} SELECT * FROM {quoted(name)}"))
    return prefix


def _cut(name: str, most: int) -> str:
    return os.fsencode(name)[: min(most, _LONGEST_NAME)].decode(errors="ignore")


def _is_equal(earlier: Path, aside: Path) -> bool:
    try:
        return filecmp.cmp(earlier, aside, shallow=False)
    except OSError:
        return False


def _publish(aside: Path, target: Path) -> Path:
    """Give the copy its name, or, where that is taken, another one; returns it."""
    stem, number = target.stem, 1
    while True:
        try:
            os.link(aside, target)  # other than renaming, never replaces what is there
            return target
        except FileExistsError:
            pass
        except OSError:
            # A file system without hard links.
            if not target.exists():
                aside.rename(target)
                return target
        number += 1
        target = target.with_name(f"{stem}-{number}{target.suffix}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for ending in ("", *COMPANIONS):
        Path(f"{path}{ending}").unlink(missing_ok=True)
