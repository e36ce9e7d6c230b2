"""What goes wrong with a project's database, said as one line that a user can act on."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from av3d.errors import Av3dError


class StoreError(Av3dError):
    """A project that cannot be opened, read or written."""


TRY_AGAIN = "another process is writing; try again"
NOTHING_CHANGED = "nothing was changed"
RESTORE = "restore the file from a backup"

_SQLITE: tuple[tuple[str, str, str], ...] = (
    ("SQLITE_PROTOCOL", "the folder cannot lock files", "copy the project to a local disk"),
    ("SQLITE_FULL", "the disk is full", "free some space; nothing was changed"),
    # Even reading needs room for SQLite's index of the write-ahead log.
    ("SQLITE_IOERR", "the disk fails", "free some space or check the disk; nothing was changed"),
    ("SQLITE_READONLY", "it is read-only", "check the permissions of the file and its folder"),
    ("SQLITE_PERM", "it is read-only", "check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "no access", "check the permissions of the file and its folder"),
    ("SQLITE_CORRUPT", "the file is damaged", RESTORE),
    ("SQLITE_NOTADB", "the file is not an av3d project", "choose another file"),
)
"""Beginning of SQLite's name of the error, what it means, what to do.
Source: https://www.sqlite.org/rescode.html."""

_POSTGRES_STATES: tuple[tuple[str, str, str], ...] = (
    ("42501", "the user has not the rights", "ask for them: GRANT on the tables of the project"),
    ("25006", "the server is read-only", "use the primary server"),
    ("53100", "the server's disk is full", "free some space there; nothing was changed"),
    ("53300", "the server has too many connections", "try again"),
    ("40", "another process is writing", "try again; nothing was changed"),
    ("57014", "the server cancelled it", "try again; nothing was changed"),
)
"""Beginning of the SQLSTATE, what it means, what to do.
Source: https://www.postgresql.org/docs/15/errcodes-appendix.html."""

_POSTGRES_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"password authentication failed|no password supplied", "the server refuses the password",
     "check user and password; in a URL write %40 for @, %2F for / and %3A for :"),
    (r'database "[^"]*" does not exist', "there is no such database", "make it with `createdb`"),
    (r'role "[^"]*" does not exist', "the server does not know the user", "check the user name"),
    (r"pg_hba\.conf|permission denied for database", "the server does not let this user in",
     "ask for access to the database"),
    (r"invalid port number", "there is no such port", "check the port"),
    (r"refused|No such file", "no server answers", "check host and port, and that it runs"),
    (r"timeout|timed out", "the server does not answer in time", "check host, port and network"),
    (r"resolve|translate host name|Name or service", "there is no such host", "check the host name"),
    (r"too many (clients|connections)|remaining connection slots",
     "the server has too many connections", "try again"),
    (r"starting up|shutting down|recovery mode", "the server is starting or stopping", "try again"),
)  # fmt: skip
"""How libpq and the server say why there is no connection; they give no SQLSTATE for that."""


def explain(
    error: DBAPIError | sqlite3.Error,
    verb: str,
    where: str,
    lock_timeout_s: float,
    hidden: tuple[str, ...] = (),
) -> StoreError:
    """The line for an error of the database driver.

    Args:
        error: of SQLite, or of any driver as SQLAlchemy wraps it.
        verb: "read", "write" …: what was tried.
        where: file path, or URL without its password.
        lock_timeout_s: how long it waited for a lock, where it did.
        hidden: words that must not be shown (passwords).
    """
    reason = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(reason, sqlite3.Error):
        what, fix = _of_sqlite(reason, where, lock_timeout_s)
    else:
        broken = isinstance(error, DBAPIError) and error.connection_invalidated
        what, fix = _of_server(reason, broken, verb, lock_timeout_s)
    for word in filter(None, hidden):
        what = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "***", what)
    return StoreError(f"cannot {verb} the project: {what}", where, fix)


def sqlite_name(error: BaseException | None) -> str:
    """SQLite's own name of an error, such as SQLITE_BUSY; "" where there is none."""
    reason = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(reason, "sqlite_errorname", "") or "")


def _of_sqlite(error: sqlite3.Error, where: str, lock_timeout_s: float) -> tuple[str, str]:
    name, said = sqlite_name(error), str(error).strip() or type(error).__name__
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"it has been locked by another process for {lock_timeout_s:g} s", TRY_AGAIN
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _disk_is_full(where):
        name = "SQLITE_FULL"
    for start, what, fix in _SQLITE:
        if name.startswith(start):
            return f"{what} ({said})", fix
    if name in ("", "SQLITE_ERROR") and isinstance(error, sqlite3.OperationalError):
        # av3d's own statements are right, so it is the tables or the texts in them that are not.
        return f"the file is damaged ({said})", RESTORE
    return said, NOTHING_CHANGED


def _disk_is_full(where: str) -> bool:
    try:
        # SQLite's shared index takes 32 KiB at once.
        return shutil.disk_usage(Path(where).parent).free < 64 * 1024
    except OSError:
        return False


def _of_server(
    reason: BaseException | None, broken: bool, verb: str, lock_timeout_s: float
) -> tuple[str, str]:
    said = _first_sentence(str(reason)) or type(reason).__name__
    state = str(getattr(reason, "sqlstate", "") or "")
    if state == "55P03":
        return f"it has been locked by another process for {lock_timeout_s:g} s", TRY_AGAIN
    for start, what, fix in _POSTGRES_STATES:
        if state.startswith(start):
            return f"{what} ({said})", fix
    if broken or state.startswith(("08", "57P")):
        # A server that dies during a commit does not tell whether it was before or after it.
        known = "load the tracks again" if verb == "write" else NOTHING_CHANGED
        return f"the connection to the server broke ({said})", f"try again; {known}"
    for pattern, what, fix in _POSTGRES_WORDS:
        # libpq names all addresses that it tried, one a line.
        if not state and re.search(pattern, str(reason)):
            return f"{what} ({said})", fix
    return said, NOTHING_CHANGED


def _first_sentence(text: str) -> str:
    """The reason in a message of libpq, which repeats where it tried to connect in each line."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    found = re.search(r"(?:failed|FATAL|ERROR):\s+(?!.*(?:failed|FATAL|ERROR):)(.*)", line)
    return found.group(1) if found else line
