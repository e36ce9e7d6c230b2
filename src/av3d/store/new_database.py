"""A SQLite file that is complete when it appears under its name."""

from __future__ import annotations

import os
import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from av3d.files import abandoned, locked

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
    _remove_pieces(target)
    aside, lock = _make_piece(target, mode)
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
            yield connection
        _sync(aside)
        publish(aside, target)
    finally:
        _remove(aside)
        if lock >= 0:
            os.close(lock)  # after SQLite's own, whose locks would end with it


def _make_piece(target: Path, mode: int) -> tuple[Path, int]:
    """A new file beside the target, and its lock."""
    while True:
        aside = target.with_name(f".{target.stem[:40]}.{uuid.uuid4().hex[:8]}.part")
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        with suppress(BlockingIOError, FileNotFoundError):
            return aside, locked(aside)


def _remove_pieces(target: Path) -> None:
    """Remove what processes that were killed have left of earlier attempts."""
    pattern = re.compile(rf"\.{re.escape(target.stem[:40])}\.[0-9a-f]{{8}}\.part")
    with suppress(OSError):
        for path in target.parent.iterdir():
            if pattern.fullmatch(path.name) and path.is_file():
                with abandoned(path) as is_mine:
                    if is_mine:
                        _remove(path)


def _remove(path: Path) -> None:
    for ending in ("", *COMPANIONS):
        with suppress(OSError):
            Path(f"{path}{ending}").unlink(missing_ok=True)


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
