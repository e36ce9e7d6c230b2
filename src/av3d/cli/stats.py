"""The command `stats`: how much there is of each category, as tables, JSON, CSV and plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AnyProjectOption,
    LabelledLogArgument,
    LabelsFormatOption,
    LabelsOfLogOption,
    LogNameOption,
    counted,
    log_names,
)
from av3d.cli.selecting import (
    CategoryOption,
    FramesOption,
    FromOption,
    MaxDistanceOption,
    MinPointsOption,
    MinScoreOption,
    ProposalsOption,
    ProvenanceOption,
    ReviewOption,
    ToOption,
    check_categories,
    selection_of,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.ontology.ontology import Ontology
    from av3d.present.label_statistics import CountedLabels
    from av3d.tracks.statistics import CategoryStatistics, LabelStatistics, Spread


def stats(
    log_path: LabelledLogArgument = None,
    project: AnyProjectOption = None,
    log: LogNameOption = None,
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="NAME", help="Of a release, not of the labels of now."),
    ] = None,
    labels: LabelsOfLogOption = None,
    format: LabelsFormatOption = None,
    points: Annotated[
        bool,
        typer.Option("--points", help="Also count the points in each cuboid: reads all clouds."),
    ] = False,
    without_recordings: Annotated[
        bool,
        typer.Option(
            "--without-recordings", help="Look at the labels alone, also where a log is at hand."
        ),
    ] = False,
    category: CategoryOption = None,
    frames: FramesOption = None,
    start: FromOption = None,
    end: ToOption = None,
    min_points: MinPointsOption = 0,
    max_distance_m: MaxDistanceOption = None,
    review: ReviewOption = "any",
    provenance: ProvenanceOption = None,
    proposals: ProposalsOption = False,
    min_score: MinScoreOption = None,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="Also write plots and CSV tables: new folder."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace earlier plots in the folder.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Count tracks, cuboids and keyframes of each category, and how large, far and fast they are."""
    if (project is None) == (log_path is None):
        raise Av3dError(
            "statistics are of a project or of the labels of a log",
            "LOG, --project",
            "give one of them",
        )
    selection = selection_of(
        category, frames, min_points, max_distance_m, review, provenance, proposals, min_score,
        start, end,
    )  # fmt: skip
    if project is not None:
        for value, option in ((labels, "--labels"), (format, "--format")):
            if value is not None:
                raise Av3dError("a project has its own labels", option, "give LOG, or leave it out")
        given, where, ontology = _of_project(project, log, release, recorded=not without_recordings)
        check_categories(selection, ontology)
    else:
        for asked, option in ((log, "--log"), (release, "--release")):
            if asked is not None:
                raise Av3dError(
                    "labels of a log are of no project", option, "give --project, or leave it out"
                )
        assert log_path is not None
        given, where = [_of_labels(log_path, labels, format, not without_recordings)], str(log_path)
    from av3d.present.label_plots import check_replaceable, write_plots
    from av3d.present.label_statistics import label_statistics

    if plots is not None:
        check_replaceable(plots, overwrite=overwrite)
    with progress() as show:
        found = label_statistics(given, selection, with_points=points, progress=show)
        if plots is not None:
            write_plots(found, plots, overwrite=overwrite)
    if as_json:
        logs = [
            {
                "name": one.name,
                "compared_at": "keyframes and every 0.1 s" if one.log is None else "frames",
            }
            for one in given
        ]
        chosen = selection.as_json()
        print_json({"of": where, "logs": logs, "selection": chosen, **found.as_json()})
        return
    _print(found, where, given)
    if plots is not None:
        remark(f"plots and tables: {plots}")


def _of_project(
    place: str, logs: list[str] | None, release: str | None, *, recorded: bool
) -> tuple[list[CountedLabels], str, Ontology]:
    from av3d.datasets.registry import is_there, open_log
    from av3d.present.label_statistics import CountedLabels
    from av3d.store.project import open_project
    from av3d.store.releases.labels import labels_of
    from av3d.store.releases.making import find_release
    from av3d.store.snapshot import snapshot

    given = []
    with open_project(place) as opened:
        where = opened.where
        if release is None:
            taken = snapshot(opened, log_names(opened, logs))
            documents, ontology = taken.documents, taken.ontology
        else:
            released = labels_of(opened, find_release(opened, release), logs)
            documents, ontology = released.documents, released.ontology
            where = f"{where}, release {release}"
        for name, document in documents.items():
            entry = opened.log(name)
            log = None
            if recorded and is_there(entry.path):
                log = open_log(entry.path, entry.kind)
            elif recorded:
                remark(f"note: {name} is counted without its recording, which is not at hand")
            given.append(
                CountedLabels(
                    name,
                    entry.start_ns,
                    entry.end_ns,
                    log,
                    tuple(document.tracks.values()),
                    tuple(document.events.values()),
                )
            )
    return given, where, ontology


def _of_labels(
    log_path: Path, labels: Path | None, format: str | None, recorded: bool
) -> CountedLabels:
    from av3d.datasets.registry import dataset_of_labels, open_log
    from av3d.present.label_statistics import CountedLabels

    # Labels that lie in the log are of its own kind.
    log = open_log(log_path, format if labels is None else None)
    found = dataset_of_labels(log, labels, format).read_labels(log, labels)
    for note in found.notes:
        remark(f"note: {note}")
    if not found.tracks:
        raise Av3dError(
            "there are no tracks in these labels", labels or log_path,
            "import detections with `av3d import`, which links them to tracks",
        )  # fmt: skip
    return CountedLabels(
        log.name, log.start_ns, log.end_ns, log if recorded else None, found.tracks
    )


def _print(found: LabelStatistics, where: str, given: Sequence[CountedLabels]) -> None:
    total = found.total()
    minutes = found.duration_s / 60
    driven = "" if found.driven_m is None else f", {found.driven_m / 1000:.2f} km driven"
    at = "frames" if all(one.log is not None for one in given) else "times"
    say(where)
    say(f"{counted(len(given), 'log')}, {found.frames:,} {at}, {minutes:.2f} min{driven}")
    if found.keyframes_elsewhere:
        elsewhere = counted(found.keyframes_elsewhere, "keyframe")
        remark(f"note: {elsewhere} at none of these frames, not counted")
    if not found.categories:
        remark("no labels are chosen")
        return
    say()
    order = sorted(found.categories.items(), key=lambda item: (-item[1].cuboid_count, item[0]))
    headers = ["category", "tracks", "cuboids", "keys", "per 100", "l × w × h (m)", "range (m)",
               "speed (m/s)", "stands"]  # fmt: skip
    rows = [_counts(name, one) for name, one in order]
    if len(rows) > 1:
        rows.append([*_counts("all", total)[:5], "", "", "", _share(total.standing, total)])
    say(table(headers, rows, "lrrrrrrrr"))
    say()
    headers = ["size (m)", "", "mean", "sd", "min", "max"]
    say(table(headers, [row for name, one in order for row in _sizes(name, one)], "llrrrr"))
    say()
    say(_origins(order))
    seen = [
        f"{name}: {attribute} {', '.join(f'{value} {n:,}' for value, n in sorted(counts.items()))}"
        for name, one in order
        for attribute, counts in sorted(one.seen.items())
    ]
    for line in seen:
        say(line)
    pointed = [(name, one) for name, one in order if one.points.count]
    if pointed:
        say()
        say(_points(pointed))


def _counts(name: str, one: CategoryStatistics) -> list[str]:
    per_100 = one.keyframes_per_100
    sides = " × ".join(f"{spread.mean:.2f}" for spread in one.sizes_m if spread.count)
    return [
        name,
        f"{one.tracks:,}",
        f"{one.cuboid_count:,}",
        f"{one.keyframe_count:,}",
        "" if per_100 is None else f"{per_100:.1f}",
        sides,
        _span(one.range_m, ".0f"),
        _span(one.speed_m_s, ".1f"),
        _share(one.standing, one),
    ]


def _span(spread: Spread, digits: str) -> str:
    """Mean, and smallest to largest."""
    if not spread.count:
        return ""
    return f"{spread.mean:{digits}} ({spread.low:{digits}}–{spread.high:{digits}})"


def _share(count: int, of: CategoryStatistics) -> str:
    return f"{count / of.cuboid_count:.0%}" if of.cuboid_count else ""


def _sizes(name: str, one: CategoryStatistics) -> Iterable[list[str]]:
    from av3d.tracks.statistics import SIDES

    for row, (side, spread) in enumerate(zip(SIDES, one.sizes_m, strict=True)):
        if spread.count:
            numbers = (spread.mean, spread.deviation, spread.low, spread.high)
            yield [name if row == 0 else "", side, *(f"{number:.2f}" for number in numbers)]


def _origins(order: Sequence[tuple[str, CategoryStatistics]]) -> str:
    """Where cuboids come from, and what reviewers say of tracks."""
    from av3d.tracks.keyframe import Provenance

    used = [one for one in Provenance if any(numbers.cuboids[one] for _, numbers in order)]
    rows = [
        [
            name,
            *(_share(one.cuboids[provenance], one) for provenance in used),
            f"{one.accepted:,}",
            f"{one.refused:,}",
            f"{one.tracks - one.accepted - one.refused:,}",
        ]
        for name, one in order
    ]
    headers = ["cuboids are", *(one.value for one in used), "accepted", "refused", "undecided"]
    return table(headers, rows, "l" + "r" * (len(used) + 3))


def _points(order: Sequence[tuple[str, CategoryStatistics]]) -> str:
    rows = [
        [
            name,
            f"{one.points.mean:,.0f}",
            f"{one.points.high:,.0f}",
            *(f"{share:.0%}" for share in _shares_below(one.points, (1, 5, 50))),
        ]
        for name, one in order
    ]
    return table(["points", "mean", "max", "none", "below 5", "below 50"], rows, "lrrrrr")


def _shares_below(spread: Spread, limits: Sequence[int]) -> list[float]:
    edges: list[Any] = spread.edges.tolist()
    return [int(spread.bins[: edges.index(limit)].sum()) / spread.count for limit in limits]
