"""A private PostgreSQL server for tests and measurements, on loopback, gone with the process.

    with Server() as server:
        with server.database() as url:
            ...

The programs come from Debian's package `postgresql`; nothing of the system's own server is used. The
data folder lies in the temporary folder. A watchdog process ends the server and removes the folder
when the process that started it dies in any way, `kill -9` included.
"""

from __future__ import annotations

import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

USER, PASSWORD = "av3d", "se:cr@t/5%"
"""Of the server's superuser; the password has what must be quoted in a URL."""
QUOTED_PASSWORD = "se%3Acr%40t%2F5%25"

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""Ends all other connections to the database; what a killed process left goes with them."""
TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
LEFT = """
SELECT oid FROM pg_class WHERE oid >= 16384
UNION ALL SELECT oid FROM pg_type WHERE oid >= 16384
UNION ALL SELECT oid FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT oid FROM pg_namespace WHERE oid >= 16384
UNION ALL SELECT setdatabase FROM pg_db_role_setting
"""
"""What somebody made, beside tables: PostgreSQL counts its own objects up to 16383."""


class NoServerError(Exception):
    """PostgreSQL's programs are not installed, or do not start."""


def find_programs() -> Path:
    """The folder of `initdb` and `postgres`, of the newest version installed."""
    versions = Path("/usr/lib/postgresql")
    folders = [path / "bin" for path in versions.iterdir()] if versions.is_dir() else []
    folders.sort(key=lambda folder: float(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServerError(
        "PostgreSQL is not installed: tests on it are left out; `scripts/setup test` installs it"
    )


class Server:
    """One server; a context manager."""

    def __init__(self) -> None:
        self.programs = find_programs()
        # PostgreSQL refuses to run as root.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            try:
                account = pwd.getpwnam("postgres")
            except KeyError:
                account = pwd.getpwnam("nobody")
            self._user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.folder = Path(tempfile.mkdtemp(prefix="av3d-pg-"))
        self.port = 0
        self._empty: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", __file__, str(self.folder), str(os.getpid())],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError:
            self.folder.rmdir()
            raise
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def url(self, database: str = "postgres") -> str:
        """Where a database is, as a project's URL."""
        return f"postgresql://{USER}:{QUOTED_PASSWORD}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database; it is emptied afterwards and serves the next who asks."""
        if self._empty:
            name = self._empty.pop()
        else:
            name = f"test_{secrets.token_hex(6)}"
            self.run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            # Another one takes the server many times as long: to copy, and to connect to first.
            if self._emptied(name):
                self._empty.append(name)
            else:
                self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        """Drop all tables of a database; whether it is as a new one then."""
        with self._connected(name) as connection:
            while connection.execute(OTHERS).fetchall():
                time.sleep(0.01)
            tables = ", ".join(table for (table,) in connection.execute(TABLES))
            if tables:
                connection.execute(f"DROP TABLE {tables} CASCADE".encode())
            return not connection.execute(LEFT).fetchall()

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute one statement as the superuser."""
        with self._connected(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _connected(self, database: str) -> psycopg.Connection:
        import psycopg

        return psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Start the server, on the same port as before."""
        for _ in range(5):
            port = self.port or _free_port()
            if self._started(port):
                self.port = port
                return
        raise NoServerError(f"PostgreSQL does not start: {self._log()[-2000:]}")

    def stop(self) -> None:
        """End the server at once, as a power cut would end all connections; the data stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        """End the server and remove its folder."""
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog.wait(30)
        if self._process is not None:
            self._process.wait(30)
            self._process = None

    def _prepare(self) -> None:
        data, password = self.folder / "data", self.folder / "password"
        password.write_text(PASSWORD)
        if self._user:
            for path in (self.folder, password):
                os.chown(path, self._user["user"], self._user["group"])
        done = subprocess.run(
            [
                *(self.programs / "initdb", "--pgdata", data),
                *("--username", USER, "--pwfile", password),
                *("--auth-local=trust", "--auth-host=scram-sha-256"),
                *("--locale=C", "--encoding=UTF8", "--no-sync"),
            ],
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self._environment(),
            **self._user,
        )
        if done.returncode:
            raise NoServerError(f"initdb fails: {done.stderr.decode(errors='replace')[-2000:]}")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            # Only a crash of the whole machine could tell the difference.
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "32MB",
            "max_connections": "60",
            "jit": "off",
            "autovacuum": "off",
        }
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _started(self, port: int) -> bool:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-p", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
                **self._user,
            )
        status = self.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            # Its eighth line is the state; "ready" is padded with blanks.
            with suppress(OSError, IndexError):
                if status.read_text().splitlines()[7].strip() == "ready":
                    return True
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        self._process = None
        return False

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @staticmethod
    def _environment() -> dict[str, str]:
        # Neither a home folder nor the user's PG… variables.
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _watch(folder: Path, parent: int) -> None:
    """Wait until standard input ends, which is when the parent closes it or dies; then clean up."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    # Another child of the parent may hold the pipe open, so its death is looked at as well.
    while not select.select([sys.stdin], [], [], 1.0)[0] and os.getppid() == parent:
        pass
    process = 0
    with suppress(OSError, ValueError, IndexError):
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
    deadline = time.monotonic() + 10
    while process and time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            break
        # Where the parent lives, it has to reap the server; a zombie has nothing open any more.
        with suppress(OSError, IndexError):
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                break
        time.sleep(0.02)
    for _ in range(3):  # a server that was just starting may still write
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.3)


if __name__ == "__main__":
    _watch(Path(sys.argv[1]), int(sys.argv[2]))
