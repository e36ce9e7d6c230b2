"""What is left of a session that ended unexpectedly: a report, and a word at the next start.

While a window is open, a mark lies in the log folder and is locked by its process; it says which log and
project are open and how far the journal is. A window that is closed takes its mark away. So a mark that
nobody locks is from a session that crashed, was killed, or went with the machine.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import json
import logging
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from av3d_viewers.logging_setup import NOT_ON_STDERR, ApplicationLog, last_lines_of, log_folder

logger = logging.getLogger(__name__)

KEPT_REPORTS = 20
WINDOWS = 99
"""Windows that are open at once; each has a mark and a log file of its own."""
PACKAGES = ("av3d", "numpy", "dearpygui", "numba", "opencv-python", "sqlalchemy")


@dataclass(frozen=True)
class Situation:
    """What a report says about the work that was going on.

    Attributes:
        log: name of the log, "" if none was open.
        project: path or URL of the project, "" if there was none.
        entry: number of the last entry of its journal; None without a project.
    """

    log: str = ""
    project: str = ""
    entry: int | None = None

    def kept(self) -> str:
        """What is left of the work, as a sentence."""
        if self.entry is None:
            return "No edits were made."
        return f"All edits up to entry {self.entry:,} are kept."


@dataclass(frozen=True)
class Ended:
    """A session that ended unexpectedly.

    Attributes:
        situation: as of its end.
        report: where the report is; None if it could not be written.
    """

    situation: Situation
    report: Path | None

    @property
    def title(self) -> str:
        return "The last session ended unexpectedly"

    @property
    def text(self) -> str:
        where = f" Report: {self.report}" if self.report else ""
        return f"{self.situation.kept()}{where}"


@dataclass(frozen=True)
class _Mark:
    """What a mark says.

    Attributes:
        situation: of the session.
        log_file, fault_file: names in the log folder.
        report: name of the report that the session has written itself, "" if it had no time to.
        started: when it began, in words.
    """

    situation: Situation = Situation()
    log_file: str = ""
    fault_file: str = ""
    report: str = ""
    started: str = ""

    @classmethod
    def read(cls, content: bytes) -> _Mark:
        """A mark of its file; an empty one where that is broken."""
        try:
            table = json.loads(content.decode().partition("\n")[0])
            situation = Situation(**table.pop("situation"))
            return cls(situation, **table)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


class Watch:
    """Watches over one session: its log file, its mark, and the report if it ends unexpectedly.

    Args:
        folder: of log files and reports; None: `log_folder`. Where it cannot be made, nothing is
            written, and the session goes on.

    Attributes:
        ended: sessions that ended unexpectedly since the last start.
        log_path: the log file; None if there is none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or log_folder()
        self._mark = _Mark(started=_now())
        self._descriptor = -1
        self._mark_path: Path | None = None
        self._faults: TextIO | None = None
        self._reported: BaseException | None = None
        self._in_background: list[Path] = []
        self._hooks = (sys.excepthook, threading.excepthook)
        self.ended: tuple[Ended, ...] = ()
        self.log_path: Path | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.ended = tuple(_ended_sessions(self._folder))
            self._begin()
        except OSError as error:
            logger.warning("no log file and no crash reports: %s", error)
        self._log = ApplicationLog(self.log_path)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        for ended in self.ended:
            logger.warning("%s. %s", ended.title, ended.text)

    def _begin(self) -> None:
        for number in range(1, WINDOWS + 1):
            path = self._folder / f"running-{number}.json"
            descriptor = _locked(path, create=True)
            if descriptor < 0:
                continue
            suffix = "" if number == 1 else f"-{number}"
            self._descriptor, self._mark_path = descriptor, path
            self.log_path = self._folder / f"av3d{suffix}.log"
            self._mark = replace(
                self._mark, log_file=self.log_path.name, fault_file=f"fault{suffix}.txt"
            )
            self._write_mark()
            self._faults = (self._folder / self._mark.fault_file).open("w", encoding="utf-8")
            faulthandler.enable(self._faults)
            return

    @property
    def situation(self) -> Situation:
        return self._mark.situation

    def at(self, situation: Situation) -> None:
        """Note what is being worked on; costs nothing when that is as before."""
        if situation != self._mark.situation:
            self._mark = replace(self._mark, situation=situation)
            self._write_mark()

    def _write_mark(self) -> None:
        if self._descriptor < 0:
            return
        content = (json.dumps(asdict(self._mark)) + "\n").encode()
        # In place, because a lock belongs to the file and not to its name. What a longer mark left
        # behind the line end does not count.
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, content, 0)

    def report(self, error: BaseException) -> Path | None:
        """Write a report about an exception that ends the session; once for each."""
        if error is self._reported:
            return self._folder / self._mark.report if self._mark.report else None
        self._reported = error
        logger.critical("the session ends", exc_info=error, extra=NOT_ON_STDERR)
        path = self._write_report(error)
        if path is not None:
            self._mark = replace(self._mark, report=path.name)
            self._write_mark()
        return path

    def _write_report(self, error: BaseException) -> Path | None:
        trace = "".join(traceback.format_exception(error))
        return _write(self._folder, _report_text(self._mark, trace, self._log.lines))

    def take_background_reports(self) -> tuple[Path, ...]:
        """Reports about threads that died since the last call; the session went on."""
        taken, self._in_background = tuple(self._in_background), []
        return taken

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt | SystemExit):
            self.report(error)
        self._hooks[0](kind, error, trace)

    def _on_thread_exception(self, arguments: Any) -> None:
        error = arguments.exc_value
        if error is None or issubclass(arguments.exc_type, SystemExit):
            return
        name = arguments.thread.name if arguments.thread else "a thread"
        logger.error("%s died", name, exc_info=error)
        path = self._write_report(error)
        if path is not None:
            self._in_background.append(path)

    def close(self, *, well: bool = True) -> None:
        """End the watch.

        Args:
            well: whether the session ended as its user wanted; else the next start tells of it.
        """
        sys.excepthook, threading.excepthook = self._hooks
        self._log.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
        if self._mark_path is not None:
            if well:
                with contextlib.suppress(OSError):
                    (self._folder / self._mark.fault_file).unlink(missing_ok=True)
                    self._mark_path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor, self._mark_path = -1, None


def _ended_sessions(folder: Path) -> Iterable[Ended]:
    """Sessions whose process is gone; writes the reports that they did not, and removes their marks."""
    for path in sorted(folder.glob("running-*.json")):
        descriptor = _locked(path)
        if descriptor < 0:
            continue
        try:
            mark = _Mark.read(os.pread(descriptor, 100_000, 0))
            fault = folder / mark.fault_file if mark.fault_file else None
            if mark.report:
                report: Path | None = folder / mark.report
            else:
                words = fault.read_text("utf-8", "replace") if fault and fault.is_file() else ""
                report = _write(folder, _report_text(
                    mark, words or "The process was gone: killed, or the machine stopped.\n",
                    last_lines_of(folder / mark.log_file) if mark.log_file else (),
                ))  # fmt: skip
            if fault is not None:
                fault.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            yield Ended(mark.situation, report)
        finally:
            os.close(descriptor)


def _locked(path: Path, *, create: bool = False) -> int:
    """Open and lock a mark; -1 if another process has it, or has just taken it away."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink > 0:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return -1


def _report_text(mark: _Mark, trace: str, lines: Iterable[str]) -> str:
    situation = mark.situation
    entry = "none" if situation.entry is None else f"{situation.entry:,}"
    return "\n".join(
        [
            "av3d crash report",
            "",
            f"written           {_now()}",
            f"session began     {mark.started or 'unknown'}",
            *(f"{name:<18}{_version(name)}" for name in PACKAGES),
            f"Python            {platform.python_version()}",
            f"system            {platform.platform()}",
            f"log               {situation.log or 'none'}",
            f"project           {situation.project or 'none'}",
            f"journal position  {entry}. {situation.kept()}",
            "",
            "What happened",
            "",
            trace.rstrip(),
            "",
            "Last lines of the log file",
            "",
            *lines,
            "",
        ]
    )


def _write(folder: Path, text: str) -> Path | None:
    """Write a report under a name that is free, and remove the oldest ones."""
    stem = time.strftime("crash-%Y%m%d-%H%M%S")
    for number in range(1, 100):
        path = folder / (f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            logger.warning("no crash report: %s", error)
            return None
        with contextlib.suppress(OSError):
            reports = sorted(folder.glob("crash-*.txt"), key=lambda old: old.stat().st_mtime)
            for old in reports[:-KEPT_REPORTS]:
                old.unlink(missing_ok=True)
        return path
    return None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")
