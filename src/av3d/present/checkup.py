"""The doctor at work in the window: checks the log on a thread, says how far it is, keeps the report."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from av3d.doctor.examination import Report, examine
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.present.doctor_results import Results, free_folder, write_results

Runner = Callable[[Callable[[], None]], None]
"""Runs some work, now or on a thread."""


@dataclass(frozen=True)
class Progress:
    """How far it is: what is being looked at, how many checks are done and how many there are."""

    text: str
    done: int
    total: int


class _CancelledError(Exception):
    """The user does not want to wait for the rest."""


def on_a_thread(work: Callable[[], None]) -> None:
    """A Runner that does not make the window wait.

    The program ends only when the thread has: torn down within a decoder, it would abort. Whoever
    closes the window cancels the check first.
    """
    threading.Thread(target=work, name="av3d-checkup").start()


class Checkup:
    """One check of a log after the other.

    Attributes:
        report: of the last check that came to its end, or None.
        error: why the last check did not come to its end, or None.
        results: pictures and proposals, once they were written, or None.

    Args:
        log: what to check.
        runner: where the work runs.
    """

    def __init__(self, log: Log, runner: Runner = on_a_thread) -> None:
        self._log = log
        self._runner = runner
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._outcome: Report | Results | Exception | None = None
        self._cancelled = threading.Event()
        self.report: Report | None = None
        self.error: Exception | None = None
        self.results: Results | None = None

    @property
    def progress(self) -> Progress | None:
        """How far it is; None if nothing runs."""
        with self._lock:
            return self._progress

    @property
    def running(self) -> bool:
        return self.progress is not None

    def start(self) -> None:
        """Begin, unless it runs already."""
        self._begin("Checking this log", lambda: examine(self._log, progress=self._show))

    def save(self, beside: Path) -> None:
        """Write pictures and proposals of the last check to a new folder beside others."""
        report = self.report
        if report is None:
            return
        target = free_folder(report.name, beside)
        self._begin(
            "Drawing the evidence", lambda: write_results(report, target, progress=self._show)
        )

    def _begin(self, text: str, work: Callable[[], Report | Results]) -> None:
        with self._lock:
            if self._progress is not None:
                return
            self._progress = Progress(text, 0, 1)
        self._cancelled.clear()
        self.error = None
        self._runner(lambda: self._work(work))

    def cancel(self) -> None:
        """Stop after the check that is being made; the report from before stays."""
        self._cancelled.set()

    def take(self) -> bool:
        """Take over what has come out; whether something has, once."""
        with self._lock:
            outcome, self._outcome = self._outcome, None
            if outcome is None:
                return False
            self._progress = None
        if isinstance(outcome, Report):
            self.report, self.results = outcome, None
        elif isinstance(outcome, Results):
            self.results = outcome
        elif not isinstance(outcome, _CancelledError):
            self.error = outcome
        return True

    def _work(self, work: Callable[[], Report | Results]) -> None:
        outcome: Report | Results | Exception
        try:
            outcome = work()
        except (Av3dError, _CancelledError) as error:
            outcome = error
        except Exception as error:  # a plug-in's reader may raise anything; the window says it
            outcome = Av3dError(f"{type(error).__name__}: {error}", self._log.name)
        with self._lock:
            self._outcome = outcome

    def _show(self, text: str, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise _CancelledError
        with self._lock:
            self._progress = Progress(text, done, total)
