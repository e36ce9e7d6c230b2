"""Labels from and to files: what the File menu imports and exports, as works of the queue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from av3d.datasets.dataset import ExportOptions
from av3d.datasets.exporting import LEFT_OUT, LogLabels, Source, export_labels
from av3d.datasets.selection import ANY, APPROVED, Selection
from av3d.present import words
from av3d.present.tasks import Report, Work
from av3d.tracks.change import Change

if TYPE_CHECKING:
    from av3d.datasets.dataset import ExportReport
    from av3d.datasets.importing import ForProject
    from av3d.present.labels import Labels
    from av3d.present.session import Session
    from av3d.tracks.document import Document


class Say(Protocol):
    """Tells the user how it ended."""

    def __call__(self, title: str, text: str, details: str = "") -> None:
        """Title, text, and what can be copied."""


@dataclass
class ExportChoice:
    """What of the labels is exported, as the card for it says; it keeps that for the next time.

    Attributes:
        categories: keys of the ontology; empty: all.
        span_only: whether only the frames of the marked span are written.
        approved: whether only what a reviewer approved is.
        proposals: whether proposals of a detector are, too.
        min_points: points in a cuboid, at least.
        max_distance_m: of a cuboid from the ego; 0: any.
        overwrite: whether an earlier export may be replaced.
    """

    categories: frozenset[str] = frozenset()
    span_only: bool = False
    approved: bool = False
    proposals: bool = False
    min_points: int = 0
    max_distance_m: float = 0.0
    overwrite: bool = False

    def selection(self, session: Session) -> Selection:
        """The selection that it stands for now."""
        frames: tuple[tuple[int, int], ...] = ()
        if self.span_only and session.span is not None:
            inside = session.span.frames(session.log.frames)
            frames = ((inside.start, inside.stop - 1),) if inside else ()
        return Selection(
            categories=tuple(sorted(self.categories)),
            frames=frames,
            min_points=self.min_points,
            max_distance_m=self.max_distance_m or math.inf,
            review=APPROVED if self.approved else ANY,
            proposals=self.proposals,
        )


def labels_of(session: Session) -> LogLabels:
    """All labels of a session, not those that a gesture or a dialog only previews."""
    labels = session.labels
    events = tuple(labels.document.events.values())
    return LogLabels(session.log, labels.tracks, events)


def export_formats() -> tuple[tuple[str, str], ...]:
    """Name and title of the formats that labels can be written in."""
    from av3d.datasets.registry import datasets

    return tuple((one.name, one.title) for one in datasets() if one.writes_labels)


def import_formats() -> tuple[tuple[str, str], ...]:
    """Name and title of the formats that labels can be read from."""
    from av3d.datasets.registry import datasets

    return tuple((one.name, one.title) for one in datasets() if one.reads_labels)


def export_work(
    session: Session, format: str, out: Path, say: Say, choice: ExportChoice | None = None
) -> Work[ExportReport]:
    """Write the labels of a session's log in a format to a new folder.

    Args:
        session: its log, tracks and ontology, as they are now.
        format: name of the format.
        out: the folder; it must not be there, or be empty, or be an export that may be replaced.
        say: told what was written and what the format cannot hold.
        choice: what is exported; None: everything but proposals.
    """
    session.edits.settle()
    choice = choice or ExportChoice()
    given, selection = labels_of(session), choice.selection(session)
    ontology, source = session.labels.ontology, _source(session.labels)
    options = ExportOptions(overwrite=choice.overwrite)

    def run(report: Report) -> ExportReport:
        from av3d.datasets.registry import dataset

        target = dataset(format, writes_labels=True)
        return export_labels(
            target, [given], out, options, ontology, selection=selection, source=source,
            progress=report,
        )  # fmt: skip

    return Work(
        f"Exporting labels as {format}", run, failed="Labels not exported",
        then=lambda made: say("Labels exported", _told(made), _details(made)),
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
    left_out = [loss for loss in report.losses if loss.detail == LEFT_OUT]
    lost = [loss for loss in report.losses if loss.detail != LEFT_OUT]
    for title, losses in (("Left out", left_out), ("Not in this format", lost)):
        if losses:
            named = [f"{loss.what} ({words.count(loss.count)} {loss.of})" for loss in losses[:3]]
            more = f" and {len(losses) - 3} more" if len(losses) > 3 else ""
            text += f" {title}: {', '.join(named)}{more}."
    return text


def _details(report: ExportReport) -> str:
    """The whole report, for copying."""
    lines = [
        f"{report.format}: {report.cuboids:,} cuboids of {report.tracks:,} tracks in "
        f"{report.frames:,} frames, {report.files:,} files in {report.out}"
    ]
    for loss in report.losses:
        named = f" ({', '.join(loss.tracks)})" if loss.tracks else ""
        lines.append(f"lost: {loss.what}, {loss.count:,} {loss.of}: {loss.detail}{named}")
    return "\n".join([*lines, *(f"note: {note}" for note in report.notes)])


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

        if session.edits.do(f"Import labels of {path.name}", operation, by_hand=False):
            text = f"{words.plural(len(tracks), 'track')} from {path}."
            if ready.linked:
                detections = words.plural(ready.counts["detections"], "detection")
                text = f"{detections} linked to {text}"
            if ready.proposals:
                text += f" {words.count(ready.proposals)} of them are proposals."
            say("Labels imported", text)

    return Work(f"Importing labels of {path.name}", run, then=take, failed="Labels not imported")
