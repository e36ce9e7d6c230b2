"""The page from what a window has open: its labels as they are, and the journal of its project."""

from __future__ import annotations

from pathlib import Path

from av3d.present.label_statistics import CountedLabels
from av3d.present.quality.checking import judged
from av3d.present.quality.history import Progress, read_journal
from av3d.present.quality.page import write_page
from av3d.present.quality.report import Report
from av3d.qa.inspection import Inspection
from av3d.store.project import Project
from av3d.tracks.document import Document


def save_report(
    target: Path,
    inspection: Inspection,
    document: Document,
    project: Project | None,
    log_name: str,
    *,
    progress: Progress = lambda _text, _done, _total: None,
) -> None:
    """Write the page of one log; a file that is there is replaced. Takes seconds: beside the window.

    Args:
        target: the HTML file.
        inspection: of the log, up to date with the document; nobody else uses it meanwhile.
        document: tracks and events as they are now.
        project: that they are kept in, or None.
        log_name: what the project calls the log.
        progress: is told how far it is; what it raises stops the work.

    Raises:
        OutputError: the disk refuses; nothing was changed then.
        StoreError: the journal is damaged.
    """
    log = inspection.log
    labels = CountedLabels(
        log_name, log.start_ns, log.end_ns, log, tuple(document.tracks.values()),
        tuple(document.events.values()),
    )  # fmt: skip
    facts = None if project is None else read_journal(project, [log_name], progress=progress)
    of = log_name if project is None else Path(project.where).name
    report = Report(
        of, inspection.ontology, inspection.checks, (judged(labels, inspection),), (), facts
    )
    write_page(report, target, overwrite=True, progress=progress)
