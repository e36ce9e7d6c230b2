"""The SQLite file of a project: connecting to it, and noticing when it is taken away while open."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import uuid
import weakref
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import platformdirs

from av3d.store.errors import StoreError, explain, sqlite_name
from av3d.store.network import network_kind
from av3d.store.new_database import new_database

_NO_INDEX = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR_SHM")

Identity = tuple[int, int]
"""Device and inode of a file."""


@dataclass(frozen=True)
class Recovery:
    """What was done about a file that is no longer where it was.

    Attributes:
        error: what to tell the user.
        in_place: everything committed so far is at the project's own path again.
    """

    error: StoreError
    in_place: bool


class FileConnection(sqlite3.Connection):
    """A connection that knows what it is connected to."""

    opening: int = 0
    """Which opening of the file it belongs to; see SqliteFile.is_current."""
    frozen: StoreError | None = None
    """Why it reads without locks and cannot write, if so; it then is good for one use."""


class SqliteFile:
    """Connections to one file, and a watch over it.

    SQLite goes on writing into a file that was deleted or renamed, as any program on a Unix system
    does; what it writes is lost with the last connection. `intact` says whether the path still
    leads to the file that was opened, and `recover` brings the content back.

    One connection, the keeper, is never handed out: while it is open nothing is lost with the file's
    name, and SQLite does not fold up the write-ahead log between edits.
    """

    def __init__(self, path: Path, lock_timeout_s: float) -> None:
        # SQLite puts its companions beside the file itself, not beside a link to it.
        self.path = Path(os.path.realpath(path))
        self._lock_timeout_s = lock_timeout_s
        self._lock = threading.RLock()
        self._opening = 0
        self._keeper: FileConnection | None = None
        self._pin: weakref.finalize[Any, Any] | None = None
        self._pinned = -1
        self._identity: Identity | None = None
        self._companions: dict[Path, Identity] = {}
        self._rescued: Path | None = None

    def connect(self) -> FileConnection:
        """A connection for the pool; a frozen one where the disk does not let it write.

        Raises:
            StoreError: the file is not the one that was opened.
            sqlite3.Error: SQLite cannot open it.
        """
        with self._lock:
            if self._keeper is None:
                frozen = self._open_keeper()
                if frozen is not None:
                    return frozen
            elif not self.intact():
                raise self._recover().error
            return self._open()

    def is_current(self, connection: FileConnection) -> bool:
        """Whether a connection leads to the file as it was opened last."""
        return connection.opening == self._opening

    def intact(self) -> bool:
        """Whether the path and its companions are the files that are open. A few microseconds.

        Raises:
            StoreError: the folder does not answer, or may not be looked at.
        """
        identity, companions = self._identity, self._companions
        if identity is None:
            return True  # nothing is open: connecting looks at what is there
        if self._found(self.path) != identity:
            return False
        return all(self._found(path) == companion for path, companion in companions.items())

    def recover(self) -> Recovery:
        """Bring back what is no longer at its path, as far as that is possible.

        No transaction may be open in this thread.
        """
        with self._lock:
            return self._recover()

    def close(self) -> None:
        """Close the keeper; what is opened later is looked at anew."""
        with self._lock:
            if self._keeper is not None:
                self._keeper.close()
            self._keeper = None
            self._identity = None
            self._companions = {}
            self._opening += 1
            if self._pin is not None:
                self._pin()
            self._pin, self._pinned = None, -1

    # -- connecting ---------------------------------------------------------------------------

    def _open(self) -> FileConnection:
        connection = self._connect("mode=rw")
        try:
            _read_something(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_frozen(self, error: sqlite3.Error) -> FileConnection:
        connection = self._connect("mode=ro&immutable=1")
        connection.frozen = explain(error, "write", str(self.path), self._lock_timeout_s)
        try:
            _read_something(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, options: str) -> FileConnection:
        # "rw" never makes a file: a project that is gone must not come back empty.
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(self.path))}?{options}",
            uri=True,
            timeout=self._lock_timeout_s,
            # The driver's own transactions begin too late; Database begins them explicitly.
            isolation_level=None,
            # The pool hands a connection to one thread at a time.
            check_same_thread=False,
            factory=FileConnection,
        )
        connection.opening = self._opening
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            # A commit is on the disk before the window shows the edit as saved.
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_keeper(self) -> FileConnection | None:
        """Open the file and watch it, or return a frozen connection where that is not possible."""
        before = self._found(self.path)
        if not os.access(self.path, os.W_OK, effective_ids=True) and not self._has_log(0):
            # SQLite would leave companions that are as read-only as the file, for ever.
            return self._open_frozen(_no_right())
        try:
            keeper = self._open()
        except sqlite3.OperationalError as error:
            if network_kind(self.path):
                self._leave_log()
                keeper = self._open()
            # In a folder that cannot be written, SQLite cannot make its index of the write-ahead
            # log. Where there is no such log, the file alone is the whole project.
            elif sqlite_name(error).startswith(_NO_INDEX) and not self._has_log(1):
                return self._open_frozen(error)
            else:
                raise
        if self._found(self.path) != before or before is None:
            keeper.close()
            raise StoreError("the project file is being replaced", self.path, "try again")
        self._keeper, self._identity = keeper, before
        # Keeps the inode from being used again; unlike a normal descriptor, closing it does not drop
        # the locks that SQLite has on the file (fcntl(2), "record locks").
        self._pinned = os.open(self.path, os.O_PATH | os.O_CLOEXEC)
        self._pin = weakref.finalize(self, os.close, self._pinned)
        self._note_companions()
        return None

    def _has_log(self, least_bytes: int) -> bool:
        try:
            return Path(f"{self.path}-wal").stat().st_size >= least_bytes
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def _leave_log(self) -> None:
        """Fold up the write-ahead log on a network folder that cannot share its index.

        Source: https://www.sqlite.org/wal.html, "Use of WAL Without Shared-Memory".
        """
        with closing(self._connect("mode=rw")) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE")

    def _note_companions(self) -> None:
        paths = [Path(f"{self.path}{ending}") for ending in ("-wal", "-shm")]
        found = {path: self._found(path) for path in paths}
        self._companions = {path: one for path, one in found.items() if one is not None}

    @staticmethod
    def _found(path: Path) -> Identity | None:
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(
                f"the project cannot be reached: {error.strerror}", path, "check the folder"
            ) from error
        return status.st_dev, status.st_ino

    def prepare(self) -> None:
        """Choose how commits are made safe: a write-ahead log, or, on a network folder, where
        processes on several machines cannot share one, a rollback journal.

        No connection but the keeper may be open.
        """
        with self._lock:
            if self._keeper is None:
                return
            wanted = "delete" if network_kind(self.path) else "wal"
            if self._keeper.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
                # Refused while another process has it open, or where the disk is read-only; then it
                # stays as it is.
                with suppress(sqlite3.OperationalError):
                    self._keeper.execute(f"PRAGMA journal_mode = {wanted}")
                _read_something(self._keeper)
                self._note_companions()

    # -- bringing back --------------------------------------------------------------------------

    def _recover(self) -> Recovery:
        if self.intact():  # another thread has brought it back
            return Recovery(_repeat("the project's files were changed", self.path), True)
        found = self._found(self.path)
        if found == self._identity:
            return self._without_companions()
        if found is not None:
            return self._replaced()
        return self._gone()

    def _without_companions(self) -> Recovery:
        """The write-ahead log was deleted; what is in it is moved into the file itself."""
        assert self._keeper is not None
        try:
            left = self._keeper.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            left = 1
        if left:
            kept = self._rescue(beside=True)
            return Recovery(
                StoreError(
                    "the files beside the project were deleted while it was open",
                    self.path,
                    f"everything is in the copy {kept}; close all programs that use the project",
                ),
                False,
            )
        self.close()
        return Recovery(
            _repeat("the files beside the project were deleted while it was open", self.path), True
        )

    def _replaced(self) -> Recovery:
        for companion, identity in self._companions.items():
            # Our log beside another file would be taken for a part of that file.
            if self._found(companion) == identity:
                with suppress(OSError):
                    companion.unlink()
        if self._holds_ours(self.path):
            # Another process has put the same project back.
            self.close()
            return Recovery(_repeat("the project file was put back", self.path), True)
        kept = self._rescue(beside=True)
        return Recovery(
            StoreError(
                "the project file was replaced by another while it was open",
                self.path,
                f"what was open is kept in {kept}; open the project again",
            ),
            False,
        )

    def _gone(self) -> Recovery:
        moved = self._new_place()
        if self.path.parent.is_dir():
            done = "deleted" if moved is None else f"moved to {moved}"
            try:
                self._copy_to(self.path)
            except FileExistsError:
                return self._recover()  # another process has put it back
            except (OSError, sqlite3.Error):
                kept = self._rescue(beside=False)
            else:
                # The copy is the project now. What is open of the old file is closed without
                # touching the new one: SQLite looks whether its file has moved.
                self.close()
                error = _repeat(f"the project file was {done} while it was open", self.path)
                return Recovery(error, True)
        elif moved is not None and self._moved_whole(moved):
            return Recovery(
                StoreError(
                    f"the project was moved to {moved} while it was open",
                    self.path,
                    "open it there; nothing is lost",
                ),
                False,
            )
        else:
            done = "deleted with its folder" if moved is None else f"moved to {moved}"
            kept = self._rescue(beside=False)
        return Recovery(
            StoreError(
                f"the project file was {done} while it was open",
                self.path,
                f"everything is in the copy {kept}",
            ),
            False,
        )

    def _new_place(self) -> Path | None:
        """Where the file was moved to, or None if it was deleted."""
        with suppress(OSError):
            place = Path(f"/proc/self/fd/{self._pinned}").readlink()
            if self._found(place) == self._identity:
                return place
        return None

    def _moved_whole(self, moved: Path) -> bool:
        return all(
            self._found(Path(f"{moved}{path.name.removeprefix(self.path.name)}")) == identity
            for path, identity in self._companions.items()
        )

    def _holds_ours(self, other: Path) -> bool:
        """Whether another file has the last transaction of this one."""
        assert self._keeper is not None
        uri = f"file:{quote(os.fsencode(other))}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                # A journal that is empty has nothing to lose but the list of logs.
                for table in ("journal", "log"):
                    query = f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1"
                    if ours := self._keeper.execute(query).fetchone():
                        same = f"SELECT * FROM {table} WHERE id = ?"
                        return bool(ours == connection.execute(same, ours[:1]).fetchone())
                return connection.execute(query).fetchone() is None
        except sqlite3.Error:
            return False

    def _rescue(self, *, beside: bool) -> Path | str:
        """Keep a copy once, and say where."""
        if self._rescued is not None and self._rescued.exists():
            return self._rescued
        folders = [Path(platformdirs.user_data_dir("av3d")) / "rescued"]
        if beside:
            folders.insert(0, self.path.parent)
        reason = ""
        for folder in folders:
            target = folder / f"{self.path.stem}.rescued-{uuid.uuid4().hex[:8]}{self.path.suffix}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._copy_to(target)
            except (OSError, sqlite3.Error) as error:
                reason = str(error)
                continue
            self._rescued = target
            return target
        raise StoreError(
            f"the project file is gone, and no copy can be made: {reason}",
            self.path,
            "make room on the disk and keep av3d open; it tries again with the next edit",
        )

    def _copy_to(self, target: Path) -> None:
        """Write all that is committed into a new file; one that is there is left alone."""
        assert self._keeper is not None
        with new_database(target, stat.S_IMODE(os.fstat(self._pinned).st_mode)) as connection:
            self._keeper.backup(connection)
            if not network_kind(target.parent):
                connection.execute("PRAGMA journal_mode = WAL")


def _read_something(connection: sqlite3.Connection) -> None:
    # Opens the write-ahead log and takes the lock that keeps it in place.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _no_right() -> sqlite3.Error:
    """What SQLite says when it writes to a file that may only be read."""
    error = sqlite3.OperationalError("no right to write")
    error.sqlite_errorname = "SQLITE_READONLY"
    return error


def _repeat(what: str, path: Path) -> StoreError:
    return StoreError(what, path, "all that was saved is in its place again; repeat the last edit")
