"""Writing results so that a reader never sees half of one: aside first, then moved into place."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from av3d.errors import OutputError

PIECE_KEPT_S = 86_400.0
"""A file that was begun so long ago and never finished is nobody's any more."""

_ASIDE: set[Path] = set()
"""Folders that this process is filling."""


@contextmanager
def new_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `target` that becomes `target` when the block ends well.

    When the block raises, the folder is removed and `target` is as it was. A killed process leaves
    `target` as it was, too, and beside it a hidden folder that ends in `.part`, which goes when the
    next one is made. Inside the block, `new_folder` of the folder that is yielded is that folder.

    Args:
        target: where the folder shall be; folders above it are made. A link is followed.
        replace: allow a target with content; it is removed only after the new one is in place.

    Raises:
        OutputError: the target is a file, it has content and replace is False, or the disk refuses.
    """
    target = real_path(target)
    if target in _ASIDE:
        # Who made it moves it into place; a second folder beside it would be nobody's after a kill.
        _check_folder(target, replace)
        yield target
        return
    aside, lock = _aside(target), -1
    made: list[Path] = []
    try:
        _check_folder(target, replace)
        made = _make_parents(target)
        _remove_pieces(target)
        aside, lock = _make_piece(target)
        _ASIDE.add(aside)
        yield aside
        # The target may have been filled while the block ran.
        _check_folder(target, replace)
        if target.is_dir() and any(target.iterdir()):
            _replace_folder(aside, target)
        else:
            aside.rename(target)
        made = []
    except OSError as error:
        raise _output_error(error, target, aside) from error
    finally:
        _ASIDE.discard(aside)
        shutil.rmtree(aside, ignore_errors=True)
        if lock >= 0:
            os.close(lock)
        _remove_empty(made)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target`; the file written there replaces `target` when the block ends well.

    When the block raises, nothing is left of it and `target` is as it was.

    Raises:
        OutputError: the target is a folder, or the disk refuses.
    """
    target = real_path(target)
    aside = _aside(target)
    made: list[Path] = []
    try:
        if target.is_dir():
            raise OutputError("the output is a folder, not a file", target, "add a file name")
        made = _make_parents(target)
        _remove_pieces(target)
        yield aside
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(target)
        made = []
    except OSError as error:
        raise _output_error(error, target, aside) from error
    finally:
        # SQLite and others may have put a companion or a folder there instead of a file.
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        _remove_empty(made)


def locked(path: Path) -> int:
    """Mark a piece of work in progress: the lock goes with the process, whatever ends it.

    Returns:
        A descriptor; closing it ends the lock. -1 where the file system has no locks.

    Raises:
        BlockingIOError, FileNotFoundError: another process has just taken it for abandoned; use
            another name.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:
        os.close(descriptor)
        return -1
    # Between making and locking it, it was nobody's.
    if not path.exists():
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    return descriptor


@contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Whether a piece was `locked` by a process that is no more; nobody takes it during the block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _make_piece(target: Path) -> tuple[Path, int]:
    """A new folder beside the target, and its lock."""
    while True:
        aside = _aside(target)
        aside.mkdir()
        with suppress(BlockingIOError, FileNotFoundError):
            return aside, locked(aside)


def _remove_pieces(target: Path) -> None:
    """Remove what processes that were killed have left of earlier attempts to write `target`."""
    start, end = _piece_name(target)
    pattern = re.compile(rf"{re.escape(start)}[0-9a-f]{{8}}{re.escape(end)}(\.old)?")
    with suppress(OSError):
        for path in target.parent.iterdir():
            if not pattern.fullmatch(path.name) or (path.suffix == ".old" and not target.exists()):
                continue
            with suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    with abandoned(path) as is_mine:
                        if is_mine:
                            shutil.rmtree(path, ignore_errors=True)
                # Files are written by all kinds of libraries, in whose hands no lock would last.
                elif time.time() - path.lstat().st_mtime > PIECE_KEPT_S:
                    path.unlink()


def real_path(path: Path) -> Path:
    """Where a path leads, as far as its links can be followed.

    Unlike Path.resolve, which fails at links that lead in a circle: whoever opens the file says so.
    """
    return Path(os.path.realpath(path))


def _aside(target: Path) -> Path:
    start, end = _piece_name(target)
    return target.parent / f"{start}{uuid.uuid4().hex[:8]}{end}"


def _piece_name(target: Path) -> tuple[str, str]:
    """What a piece's name begins and ends with."""
    # Cut, so that a long name stays under the 255 bytes that file systems allow; the suffix stays
    # because libraries choose a format by it.
    name = target.name.removesuffix(target.suffix)[:40]
    return f".{name}.", f".part{target.suffix[-20:]}"


def _check_folder(target: Path, replace: bool) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError("the output is a file, not a folder", target, "choose another folder")
    if not replace and target.is_dir() and any(target.iterdir()):
        raise OutputError(
            "the output folder is not empty", target, "choose a new folder or add --overwrite"
        )


def _make_parents(target: Path) -> list[Path]:
    """Make the folders above; returns those that were missing, outermost first."""
    missing: list[Path] = []
    for parent in target.parents:
        if parent.exists():
            break
        missing.insert(0, parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):  # somebody else has put something there: it stays
            folder.rmdir()


def _replace_folder(aside: Path, target: Path) -> None:
    if _exchange(aside, target):
        return  # `aside` now is the old folder, and is removed by the caller
    old = target.parent / f"{aside.name}.old"
    target.rename(old)
    try:
        aside.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two folders in one step, so that a kill cannot fall between; False where that is not possible.

    Source: renameat2(2), RENAME_EXCHANGE, Linux 3.15 and later; not every file system has it.
    """
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_working_folder, exchange = -100, 2
    result = renameat2(
        at_working_folder, os.fsencode(first), at_working_folder, os.fsencode(second), exchange
    )
    return bool(result == 0)


def _output_error(error: OSError, target: Path, aside: Path) -> OutputError:
    where: str | Path = target
    fix = "free some space or choose another place; nothing was changed"
    # Copying names the source of a copy even when it is the target's disk that is full.
    disk_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error.filename, str | bytes | os.PathLike) and not disk_full:
        named = os.fsdecode(error.filename)
        # A file that the block reads or links is where the trouble is; the path aside is not, the
        # user never sees it.
        if not named.startswith(str(aside)):
            where, fix = named, "check this file; nothing was changed"
    return OutputError(f"cannot write: {error.strerror or error}", where, fix)
