"""Labels from anywhere, made ready to be compared: of a project, a file, or the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.importing import ImportOptions, tracks_for_project
from av3d.datasets.registry import dataset, dataset_of_labels
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.qa.agreement.comparison import Comparison
from av3d.qa.agreement.consensus import Take, consensus
from av3d.qa.agreement.differences import Differences
from av3d.qa.agreement.pairs import Criterion
from av3d.qa.agreement.side import Side, joined, times_of
from av3d.qa.finding import Finding
from av3d.tracks.change import Change
from av3d.tracks.event import Event
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
    title = "the log" if path is None else path.name
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
    log: Log,
    a: OtherLabels,
    b: OtherLabels,
    *,
    keyframes_only: bool = False,
    span_ns: tuple[int | None, int | None] = (None, None),
) -> tuple[Side, Side]:
    """Both labels at the times at which they are compared.

    Args:
        log: the log.
        a: the labels that are looked at.
        b: those that they are measured by.
        keyframes_only: only at times at which B has keyframes; default: at all frames of the log, and
            at keyframes of both beside them.
        span_ns: first and last time, None for no limit.

    Raises:
        Av3dError: there is no such time.
    """
    asked: list[Sequence[Track]] = [b.tracks] if keyframes_only else [a.tracks, b.tracks]
    times_ns = times_of(log, asked, frames=not keyframes_only)
    first, last = span_ns
    kept = np.ones(len(times_ns), dtype=bool)
    kept &= True if first is None else times_ns >= first
    kept &= True if last is None else times_ns <= last
    times_ns = times_ns[kept]
    if not len(times_ns):
        raise Av3dError(
            f"there is nothing to compare in log {log.name}", "--from, --to, --at",
            "choose other times",
        )  # fmt: skip
    made_a, made_b = (
        Side.of(one.title, one.tracks, log, times_ns, has_identity=one.has_identity)
        for one in (a, b)
    )
    return made_a, made_b


@dataclass(frozen=True, eq=False)
class LogComparison:
    """Two sets of labels of one log beside each other.

    Attributes:
        log: the log.
        comparison: the numbers.
        differences: object by object.
        events: of A.
    """

    log: Log
    comparison: Comparison
    differences: Differences
    events: tuple[Event, ...] = ()


def compared(
    log: Log,
    a: OtherLabels,
    b: OtherLabels,
    ontology: Ontology,
    criterion: Criterion,
    bands_m: Sequence[float],
    *,
    keyframes_only: bool = False,
    span_ns: tuple[int | None, int | None] = (None, None),
    events: Sequence[Event] = (),
) -> LogComparison:
    """Compare labels of a log; see `sides_of` and `Comparison`."""
    made_a, made_b = sides_of(log, a, b, keyframes_only=keyframes_only, span_ns=span_ns)
    comparison = Comparison(made_a, made_b, ontology, criterion, bands_m)
    return LogComparison(log, comparison, Differences(made_a, made_b, ontology), tuple(events))


def over_all(logs: Sequence[LogComparison]) -> Comparison:
    """The numbers of several logs together."""
    first = logs[0].comparison
    if len(logs) == 1:
        return first
    a, b = (joined([getattr(one.comparison, side) for one in logs]) for side in ("a", "b"))
    return Comparison(a, b, first.ontology, first.criterion, first.bands_m)


def facts(logs: Sequence[LogComparison]) -> dict[str, Any]:
    """All numbers, and the differences, the riskiest first, as JSON values."""
    whole = over_all(logs)
    rows = [
        {"log": one.log.name, **finding.as_dict()} for one in logs for finding in findings_of(one)
    ]
    rows.sort(key=lambda row: -int(row["risk"]))
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row["check"]] = kinds.get(row["check"], 0) + 1
    return {
        "a": whole.a.title,
        "b": whole.b.title,
        "logs": [one.log.name for one in logs],
        **whole.as_dict(),
        "differences": len(rows),
        "differences_by_kind": kinds,
        "difference_list": rows,
    }


def findings_of(one: LogComparison) -> tuple[Finding, ...]:
    """The differences of a log; none where cuboids are no tracks, which there would be too many of."""
    return one.differences.findings if one.comparison.has_identity else ()


def write_consensus(
    logs: Sequence[LogComparison], out: Path, *, take: Take, author: str | None, time_ns: int
) -> dict[str, int]:
    """Write a project of what two sets of labels agree in; see `av3d.qa.agreement.consensus`.

    Args:
        logs: what was compared.
        out: a new project file.
        take: what becomes of tracks that agree.
        author: who does it; default: the login name.
        time_ns: now, since 1970.

    Returns:
        How many tracks were settled, are disputed, and are in one of both only.

    Raises:
        Av3dError: a side has no identity, the file is there already, or the disk refuses.
    """
    from av3d.store.exchange import new_place
    from av3d.store.project import default_author, open_project

    who, totals = author or default_author(), [0, 0, 0, 0]
    if not all(one.comparison.has_identity for one in logs):
        raise Av3dError(
            "detections without identity have no consensus",
            out,
            "add --link to make tracks of them",
        )
    ontology = logs[0].comparison.ontology
    with (
        new_place(str(out)) as place,
        open_project(place, create=True, author=who, ontology=ontology) as project,
    ):
        for one in logs:
            made = consensus(
                one.differences, author=who, time_ns=time_ns, take=take, events=one.events
            )
            project.add_log(one.log)
            entities: list[Track | Event] = [
                *made.document.tracks.values(),
                *made.document.events.values(),
            ]
            a, b = one.comparison.a.title, one.comparison.b.title
            project.apply(
                one.log.name,
                [Change(None, entity) for entity in entities],
                command=f"consensus of {a} and {b}",
            )
            counts = made.agreed, made.disputed, made.only_a, made.only_b
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
    names = ("agreed", "disputed", "only_a", "only_b")
    return dict(zip(names, totals, strict=True))
