"""A SQLite file that is complete when it appears under its name."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

COMPANIONS = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database that is in use."""


@contextmanager
def new_database(target: Path, mode: int = 0o666) -> Iterator[sqlite3.Connection]:
    """A connection to a database beside `target` that becomes `target` when the block ends well.

    Args:
        target: where it shall be.
        mode: permissions, from which the process's mask is taken.

    Raises:
        FileExistsError: there is a file at the end; it is left as it is.
        OSError, sqlite3.Error: the disk refuses; nothing is left.
    """
    aside = target.with_name(f".{target.stem[:40]}.{uuid.uuid4().hex[:8]}.part")
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
            yield connection
        _sync(aside)
        publish(aside, target)
    finally:
        for ending in ("", *COMPANIONS):
            with suppress(OSError):
                Path(f"{aside}{ending}").unlink(missing_ok=True)


def publish(aside: Path, target: Path) -> None:
    """Give a complete database, which nobody has open, its name.

    Raises:
        FileExistsError: there is a file of that name; it is left as it is.
        OSError: the disk refuses.
    """
    if target.exists():
        raise FileExistsError(target)
    for ending in COMPANIONS:
        # Left by a file that is gone, they would be taken for a part of the new one.
        Path(f"{target}{ending}").unlink(missing_ok=True)
    try:
        os.link(aside, target)  # other than renaming, never replaces what is there
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        aside.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
