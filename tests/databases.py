"""Short words for tests of a project's database, whose table of settings is the simplest one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from av3d.store import schema
from av3d.store.database import Database


def put(database: Database, key: str, value: str = "1") -> None:
    with database.writing() as connection:
        connection.execute(schema.meta.insert(), [{"key": key, "value": value}])


def keys(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(select(schema.meta.c.key))) - {"schema_version"}


def stored(path: Path) -> set[str]:
    """What another process finds in the file now."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "assert connection.execute('PRAGMA integrity_check').fetchone() == ('ok',);"
        "print(*[row[0] for row in connection.execute('SELECT key FROM meta')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) - {"schema_version"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill_up(path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while os.write(descriptor, bytes(4096)):
            pass
    os.close(descriptor)
