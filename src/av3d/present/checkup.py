"""The doctor at work in the window: checks the log as a work of the queue, keeps the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from av3d.doctor.examination import Report, examine
from av3d.logs.log import Log
from av3d.present.doctor_results import Results, free_folder, write_results
from av3d.present.tasks import Work, WorkQueue


@dataclass(frozen=True)
class Progress:
    """How far it is: what the status bar says, and how much is done, 0..1 (None: not known)."""

    text: str
    fraction: float | None


class Checkup:
    """One check of a log after the other.

    What fails is told by the queue of works.

    Args:
        log: what to check.
        works: where it runs.

    Attributes:
        report: of the last check that came to its end, or None.
        results: pictures and proposals, once they were written, or None.
    """

    def __init__(self, log: Log, works: WorkQueue) -> None:
        self._log = log
        self._works = works
        self._work: Work[Report] | Work[Results] | None = None
        self._news = False
        self.report: Report | None = None
        self.results: Results | None = None

    @property
    def progress(self) -> Progress | None:
        """How far it is; None if nothing runs."""
        if self._work is None or self._work.finished:
            return None
        return Progress(self._work.words(), self._work.fraction)

    @property
    def running(self) -> bool:
        return self.progress is not None

    def start(self) -> None:
        """Begin, unless it runs already."""
        if self.running:
            return
        self._work = self._works.add(
            Work(
                "Checking this log",
                lambda report: examine(self._log, progress=report),
                then=self._checked,
                failed="Check not finished",
            )
        )

    def _checked(self, report: Report) -> None:
        self.report, self.results, self._news = report, None, True

    def save(self, beside: Path) -> None:
        """Write pictures and proposals of the last check to a new folder beside others."""
        report = self.report
        if report is None or self.running:
            return
        target = free_folder(report.name, beside)
        self._work = self._works.add(
            Work(
                "Drawing the evidence",
                lambda progress: write_results(report, target, progress=progress),
                then=self._saved,
                failed="Pictures not saved",
            )
        )

    def _saved(self, results: Results) -> None:
        self.results, self._news = results, True

    def cancel(self) -> None:
        """Stop after the check that is being made; the report from before stays."""
        if self._work is not None:
            self._work.cancel()

    def take(self) -> bool:
        """Whether something has come out since the last call."""
        news, self._news = self._news, False
        return news
