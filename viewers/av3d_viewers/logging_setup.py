"""The log file of the application, and its last lines for crash reports."""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FOLDER_VARIABLE = "AV3D_LOG_DIR"
"""Environment variable that names another folder, for tests."""
FILES = 3
FILE_BYTES = 1_000_000
LAST_LINES = 50
PACKAGES = ("av3d", "av3d_viewers")
NOT_ON_STDERR = {"av3d_told": True}
"""`extra` of a record about which stderr says something anyway."""
FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def log_folder() -> Path:
    """Where log files and crash reports are: AV3D_LOG_DIR, else the platform's folder."""
    named = os.environ.get(LOG_FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_log_dir("av3d"))


class _LastLines(logging.Handler):
    """Keeps the last lines of the log in memory, where a full disk cannot keep them from a report."""

    def __init__(self, most: int = LAST_LINES) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=most)
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.extend(self.format(record).splitlines())

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)


class _LogFile(RotatingFileHandler):
    """Says nothing about a disk that is full: it would say so with every line, to nobody."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class ApplicationLog:
    """The log of this process: a file of at most FILES x FILE_BYTES, and warnings on stderr.

    Args:
        path: the file; its folder must be there. None, or a file that cannot be opened: no file.
    """

    def __init__(self, path: Path | None) -> None:
        root = logging.getLogger()
        self._last = _LastLines()
        self._handlers: list[logging.Handler] = [self._last]
        if path is not None:
            try:
                file = _LogFile(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
            except OSError as error:
                logging.getLogger(__name__).warning("no log file: %s", error)
            else:
                file.setFormatter(logging.Formatter(FORMAT))
                self._handlers.append(file)
        if not root.handlers:
            # With a handler of ours, Python's own for warnings would be silent.
            console = logging.StreamHandler(sys.stderr)
            console.setLevel(logging.WARNING)
            console.addFilter(lambda record: not getattr(record, "av3d_told", False))
            self._handlers.append(console)
        for handler in self._handlers:
            root.addHandler(handler)
        for package in PACKAGES:
            logging.getLogger(package).setLevel(logging.INFO)

    @property
    def lines(self) -> tuple[str, ...]:
        """The last LAST_LINES lines."""
        return self._last.lines

    def close(self) -> None:
        """Stop writing."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()


def last_lines_of(path: Path, most: int = LAST_LINES) -> tuple[str, ...]:
    """The last lines of a log file; none if it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - 64_000, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(lines[-most:])
