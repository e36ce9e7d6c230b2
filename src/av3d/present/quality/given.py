"""The labels that are to be checked: those of a project, or those of a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from av3d.errors import Av3dError
from av3d.ontology.ontology import Ontology
from av3d.present.label_statistics import CountedLabels
from av3d.store.project import Project


@dataclass(frozen=True, eq=False)
class GivenLabels:
    """Labels with the ontology that they are looked at by.

    Attributes:
        of: the project or log, as people name it.
        ontology: of the project, or the one that a new project would have.
        labels: by log, all with their recording.
        missing: names of logs whose recording is not at hand, and why.
        notes: what was assumed in reading, in words for the user.
    """

    of: str
    ontology: Ontology
    labels: tuple[CountedLabels, ...]
    missing: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def labels_of_project(project: Project, log_names: Sequence[str]) -> GivenLabels:
    """The labels of logs of a project as they are now.

    Args:
        project: an open project.
        log_names: which logs.

    Raises:
        Av3dError: none of the recordings is at hand, or one cannot be read.
    """
    from av3d.datasets.registry import is_there, open_log
    from av3d.store.snapshot import snapshot

    taken = snapshot(project, list(log_names))
    given, missing = [], []
    for name, document in taken.documents.items():
        entry = project.log(name)
        if not is_there(entry.path):
            missing.append((name, f"its recording is not at {entry.path}"))
            continue
        given.append(
            CountedLabels(
                name,
                entry.start_ns,
                entry.end_ns,
                open_log(entry.path, entry.kind),
                tuple(document.tracks.values()),
                tuple(document.events.values()),
            )
        )
    return GivenLabels(project.where, taken.ontology, tuple(given), tuple(missing))


def labels_of_log(path: Path, labels: Path | None, format: str | None) -> GivenLabels:
    """The labels of a log: those that lie in it, or those of a file or folder.

    Args:
        path: of the log.
        labels: file or folder with labels of it; None: those in the log.
        format: kind of the labels, and of the log where they lie in it; None: it is recognised.

    Raises:
        Av3dError: the log or the labels cannot be read, or there is no track in them.
    """
    from av3d.datasets.registry import dataset_of_labels, open_log
    from av3d.datasets.relabelling import for_project
    from av3d.ontology.presets import default

    log = open_log(path, format if labels is None else None)
    kind = dataset_of_labels(log, labels, format)
    found = kind.read_labels(log, labels)
    if not found.tracks:
        raise Av3dError(
            "there are no tracks in these labels", labels or path,
            "import detections with `av3d import`, which links them to tracks",
        )  # fmt: skip
    ontology = default()
    tracks, notes = for_project(found.tracks, kind, ontology)
    given = CountedLabels(log.name, log.start_ns, log.end_ns, log, tracks)
    return GivenLabels(str(path), ontology, (given,), (), (*found.notes, *notes))
