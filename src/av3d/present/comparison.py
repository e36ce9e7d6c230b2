"""Labels from anywhere, made ready to be compared: of a project, a file, or the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from av3d.datasets.importing import ImportOptions, tracks_for_project
from av3d.datasets.registry import dataset, dataset_of_labels
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.agreement.side import Side, times_of
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class OtherLabels:
    """Labels of a log.

    Attributes:
        title: what people call them: the name of a project or file.
        tracks: in the categories of the ontology that they were asked for.
        has_identity: False for detections: each is a track by itself.
        notes: what was assumed or left out.
    """

    title: str
    tracks: tuple[Track, ...]
    has_identity: bool = True
    notes: tuple[str, ...] = ()


def labels_from_file(
    log: Log,
    path: Path | None,
    format: str | None,
    ontology: Ontology,
    *,
    link: bool = False,
    min_score: float | None = None,
) -> OtherLabels:
    """Labels of a log from a file or folder, as `av3d import` takes them.

    Args:
        log: the log.
        path: where they are; None: in the log itself.
        format: name of the format; None: the one that knows the file.
        ontology: whose categories they get.
        link: detections without identity are linked to tracks; else each stays by itself.
        min_score: what a detector scores lower is left out.

    Raises:
        Av3dError: they cannot be read, or there are none of this log.
    """
    source = dataset(log.kind) if path is None else dataset_of_labels(log, path, format)
    where = log.path if path is None else path
    if not source.reads_labels:
        raise Av3dError(f"{source.name} has no labels", where, "give labels by a file or project")
    found = source.read_labels(log, path)
    ready = tracks_for_project(
        found, source, log, ontology, ImportOptions(min_score=min_score, link=link)
    )
    if not ready.tracks:
        raise Av3dError(f"there are no labels of log {log.name}", where, "check file and log")
    title = "the log's own labels" if path is None else path.name
    return OtherLabels(title, ready.tracks, found.detections is None or link, ready.notes)


def labels_from_project(location: str, log: Log) -> OtherLabels:
    """Labels of a log as they are in a project now.

    Raises:
        Av3dError: it cannot be opened, or has no log of that name.
    """
    from av3d.store.project import open_project

    with open_project(location) as project:
        tracks = project.tracks(project.log(log.name).name)
    return OtherLabels(Path(location).name, tuple(tracks))


def is_project_file(path: Path) -> bool:
    """Whether a file is a database, as projects are."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def counted(labels: OtherLabels, *, proposals: bool = False) -> OtherLabels:
    """The labels that count: proposals of a detector are none until somebody accepts them."""
    if proposals:
        return labels
    kept = tuple(track for track in labels.tracks if not is_proposal(track))
    return OtherLabels(labels.title, kept, labels.has_identity, labels.notes)


def sides_of(
    log: Log, a: OtherLabels, b: OtherLabels, *, keyframes_only: bool = False
) -> tuple[Side, Side]:
    """Both labels at the times at which they are compared.

    Args:
        log: the log.
        a: the labels that are looked at.
        b: those that they are measured by.
        keyframes_only: only at times at which B has keyframes; default: at all frames of the log, and
            at keyframes of both beside them.
    """
    asked: list[Sequence[Track]] = [b.tracks] if keyframes_only else [a.tracks, b.tracks]
    times_ns = times_of(log, asked, frames=not keyframes_only)
    made_a, made_b = (
        Side.of(one.title, one.tracks, log, times_ns, has_identity=one.has_identity)
        for one in (a, b)
    )
    return made_a, made_b
