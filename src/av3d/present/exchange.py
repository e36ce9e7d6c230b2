"""Labels from and to files: what the File menu imports and exports, as works of the queue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.datasets.dataset import ExportOptions
from av3d.datasets.exporting import LogLabels, Source, export_labels
from av3d.datasets.selection import Selection
from av3d.present import words
from av3d.present.tasks import Report, Work
from av3d.tracks.change import Change

if TYPE_CHECKING:
    from av3d.datasets.dataset import ExportReport
    from av3d.datasets.importing import ForProject
    from av3d.present.labels import Labels
    from av3d.present.session import Session
    from av3d.tracks.document import Document

Say = Callable[[str, str], None]
"""Tells the user how it ended: title and text."""


def export_formats() -> tuple[tuple[str, str], ...]:
    """Name and title of the formats that labels can be written in."""
    from av3d.datasets.registry import datasets

    return tuple((one.name, one.title) for one in datasets() if one.writes_labels)


def import_formats() -> tuple[tuple[str, str], ...]:
    """Name and title of the formats that labels can be read from."""
    from av3d.datasets.registry import datasets

    return tuple((one.name, one.title) for one in datasets() if one.reads_labels)


def export_work(session: Session, format: str, out: Path, say: Say) -> Work[ExportReport]:
    """Write the labels of a session's log in a format to a new folder.

    Args:
        session: its log, tracks and ontology, as they are now.
        format: name of the format.
        out: the folder; it must not be there, or be empty.
        say: told what was written and what the format cannot hold.
    """
    session.edits.settle()
    # Not what a gesture or a dialog only previews.
    log, labels = session.log, session.labels
    given = LogLabels(log, labels.tracks, tuple(labels.document.events.values()))
    ontology, source = labels.ontology, _source(labels)

    def run(report: Report) -> ExportReport:
        from av3d.datasets.registry import dataset

        target = dataset(format, writes_labels=True)
        return export_labels(
            target, [given], out, ExportOptions(), ontology, selection=Selection(),
            source=source, progress=report,
        )  # fmt: skip

    return Work(
        f"Exporting labels as {format}", run, failed="Labels not exported",
        then=lambda made: say("Labels exported", _told(made)),
    )  # fmt: skip


def _source(labels: Labels) -> Source:
    """Which entry of which journal the labels are, for the manifest."""
    if labels.editor is None:
        return Source()
    project = labels.editor.project
    last = next(iter(project.entries(labels.editor.position, labels.editor.position)), None)
    if last is None:
        return Source(project.where)
    return Source(project.where, last.id, last.digest, last.time_ns)


def _told(report: ExportReport) -> str:
    tracks, cuboids = words.plural(report.tracks, "track"), words.plural(report.cuboids, "cuboid")
    frames = words.plural(report.frames, "frame")
    text = f"{tracks} with {cuboids} in {frames}: {report.out}."
    if report.losses:
        lost = [f"{loss.what} ({words.count(loss.count)} {loss.of})" for loss in report.losses[:3]]
        text += f" Not in this format: {', '.join(lost)}."
    return text


def import_work(session: Session, format: str, path: Path, say: Say) -> Work[ForProject]:
    """Read labels of a session's log from a file or folder, as one edit that can be taken back.

    Tracks of the same ID are replaced; all others stay. Detections are linked to tracks, as `av3d
    import` does it without further options.

    Args:
        session: takes the tracks.
        format: name of the format, "" for the one that knows the file.
        path: of the file or folder.
        say: told what was read.
    """
    log, ontology, stored = session.log, session.labels.ontology, session.labels.tracks

    def run(report: Report) -> ForProject:
        from av3d.datasets.importing import ImportOptions, tracks_for_project
        from av3d.datasets.registry import dataset_of_labels

        report("", 0, 0)
        source = dataset_of_labels(log, path, format or None)
        found = source.read_labels(log, path)
        ready = tracks_for_project(found, source, log, ontology, ImportOptions(), stored)
        report("", 0, 0)
        return ready

    def take(ready: ForProject) -> None:
        tracks = ready.tracks
        if not tracks:
            say("Nothing imported", f"There are no labels of this log in {path}.")
            return

        def operation(document: Document) -> list[Change]:
            return [Change(document.tracks.get(track.id), track) for track in tracks]

        if session.edits.do(f"Import labels of {path.name}", operation):
            text = f"{words.plural(len(tracks), 'track')} from {path}."
            if ready.linked:
                detections = words.plural(ready.counts["detections"], "detection")
                text = f"{detections} linked to {text}"
            if ready.proposals:
                text += f" {words.count(ready.proposals)} of them are proposals."
            say("Labels imported", text)

    return Work(f"Importing labels of {path.name}", run, then=take, failed="Labels not imported")
