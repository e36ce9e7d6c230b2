"""Commands about labels: `import` and `export`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, progress, remark, say
from av3d.cli.logs import JsonOption, LogArgument
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    ProjectOption,
    log_names,
    open_for_edit,
    recorded_log,
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
    from av3d.datasets.dataset import ExportReport
    from av3d.datasets.importing import ImportOptions

MIN_SPACING_S, MAX_SPACING_S = 1e-6, 1e6


def import_labels(
    log: LogArgument,
    project: ProjectOption,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="File or folder with the labels, if not in the log."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", help="Kind of the labels (and of the log, if they lie in it)."),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option("--log-format", help="Kind of the log, if it is not recognised."),
    ] = None,
    keyframe_every_s: Annotated[
        float | None,
        typer.Option(
            "--keyframe-every-s",
            metavar="S",
            help="Keep keyframes this far apart, each track's first and last, and those with "
            "which an attribute changes; the rest is interpolated.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace tracks that are in the project already.")
    ] = False,
    min_score: Annotated[
        float | None,
        typer.Option("--min-score", metavar="S", help="Leave out what a detector scores lower."),
    ] = None,
    link: Annotated[
        bool,
        typer.Option(
            "--link/--no-link",
            help="Link detections without identity to tracks, or make a track of each.",
        ),
    ] = True,
    propose_below: Annotated[
        float | None,
        typer.Option(
            "--propose-below",
            metavar="S",
            help="Tracks with a lower score become proposals. Default: linked ones that are more "
            "probably false than real (docs/linking.md).",
        ),
    ] = None,
    ontology: Annotated[
        str | None,
        typer.Option(
            "--ontology",
            metavar="NAME|FILE",
            help="Of a project that is made. Default: av3d’s own.",
        ),
    ] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the labels of a log into a project, as tracks. Makes the project if there is none."""
    from av3d.datasets.importing import tracks_for_project
    from av3d.datasets.registry import dataset_of_labels, open_log
    from av3d.ontology.presets import load_ontology
    from av3d.tracks.change import Change
    from av3d.tracks.thinning import thin_keyframes

    if keyframe_every_s is not None:
        check_spacing(keyframe_every_s)
    options = _import_options(min_score, propose_below, link=link)
    wanted = None if ontology is None else load_ontology(ontology)
    # Labels that lie in the log are of its own kind.
    opened = open_log(log, log_format or (format if labels is None else None))
    source = dataset_of_labels(opened, labels, format)
    found = source.read_labels(opened, labels)
    with open_for_edit(project, author, create=True, ontology=wanted) as opened_project:
        known_ontology = opened_project.ontology()
        if wanted is not None and wanted.digest != known_ontology.digest:
            raise Av3dError(
                f"the project has ontology {known_ontology.name}, version {known_ontology.version}",
                opened_project.where,
                "leave --ontology out, or change it with `av3d project ontology set`",
            )
        before = {log.name for log in opened_project.logs()}
        known_tracks = opened_project.tracks(opened.name) if opened.name in before else ()
        stored = {track.id: track for track in known_tracks}
        ready = tracks_for_project(
            found, source, opened, known_ontology, options, tuple(stored.values())
        )
        tracks = ready.tracks
        read_count = sum(len(track.keyframes) for track in tracks)
        if keyframe_every_s is not None:
            every_ns = round(keyframe_every_s * 1e9)
            tracks = tuple(thin_keyframes(track, every_ns) for track in tracks)
        opened_project.add_log(opened)
        known = [track for track in tracks if track.id in stored]
        if known and not replace:
            raise Av3dError(
                f"{len(known)} of these {len(tracks)} tracks are in the project already",
                opened_project.where,
                "add --replace to overwrite them, or use another project",
            )
        changes = [Change(stored.get(track.id), track) for track in tracks]
        opened_project.apply(opened.name, changes, command=f"import {source.name}")
        where = opened_project.where
    kept_count = sum(len(track.keyframes) for track in tracks)
    notes = ready.notes
    if as_json:
        print_json(
            {
                "project": where,
                "log": opened.name,
                "tracks": len(tracks),
                "cuboids_read": read_count,
                "keyframes_kept": kept_count,
                "proposals": ready.proposals,
                "linked": ready.linked,
                "counts": dict(ready.counts),
                "notes": list(notes),
            }
        )
        return
    say(f"{len(tracks)} tracks with {kept_count:,} keyframes of log {opened.name} in {where}")
    if kept_count != read_count:
        say(f"{read_count - kept_count:,} of {read_count:,} cuboids left to interpolation")
    if ready.proposals:
        remark(
            f"{ready.proposals} of them are proposals; `av3d project proposals` lists, accepts and "
            "rejects them"
        )
    for note in notes:
        remark(f"note: {note}")


def export(
    project: ProjectOption,
    format: Annotated[
        str, typer.Option("--format", help="A name, such as nuscenes; `av3d formats` lists them.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the export.")],
    log: LogNameOption = None,
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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export, and nothing else.")
    ] = False,
    decimals: Annotated[
        int | None,
        typer.Option("--decimals", min=0, max=17, help="Digits after the point in text formats."),
    ] = None,
    keyframe_every_s: Annotated[
        float,
        typer.Option("--keyframe-every-s", metavar="S", help="Spacing of nuScenes samples."),
    ] = 0.5,
    link_media: Annotated[
        bool, typer.Option("--link-media", help="Link images instead of copying where possible.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the tracks of a project in a dataset's format, and say what it cannot hold."""
    from av3d.datasets.dataset import ExportOptions
    from av3d.datasets.exporting import LogLabels, Source, export_labels
    from av3d.datasets.registry import dataset
    from av3d.store.project import open_project
    from av3d.store.snapshot import snapshot

    target = dataset(format, writes_labels=True)
    check_spacing(keyframe_every_s)
    selection = selection_of(
        category, frames, min_points, max_distance_m, review, provenance, proposals, min_score,
        start, end,
    )  # fmt: skip
    with open_project(project) as opened:
        taken = snapshot(opened, log_names(opened, log))
        given = [
            LogLabels(
                recorded_log(opened.log(name)),
                tuple(document.tracks.values()),
                tuple(document.events.values()),
            )
            for name, document in taken.documents.items()
        ]
        source = Source(opened.where, taken.position, taken.digest, taken.time_ns)
    check_categories(selection, taken.ontology)
    options = ExportOptions(
        overwrite=overwrite,
        decimals=decimals,
        keyframe_every_s=keyframe_every_s,
        link_media=link_media,
    )
    with progress() as show:
        report = export_labels(
            target, given, out, options, taken.ontology, selection=selection, source=source,
            progress=show,
        )  # fmt: skip
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report)


def _import_options(
    min_score: float | None, propose_below: float | None, *, link: bool
) -> ImportOptions:
    from av3d.datasets.importing import ImportOptions

    for value, option in ((min_score, "--min-score"), (propose_below, "--propose-below")):
        if value is not None and not math.isfinite(value):
            raise Av3dError(f"not a score: {value}", option, "give a number")
    return ImportOptions(min_score, link, propose_below)


def check_spacing(seconds: float) -> None:
    """Refuse a spacing of keyframes that makes no sense."""
    if not MIN_SPACING_S <= seconds <= MAX_SPACING_S:
        raise Av3dError(
            f"not a spacing: {seconds} s",
            "--keyframe-every-s",
            f"use {MIN_SPACING_S} to {MAX_SPACING_S:.0f} seconds",
        )


def print_report(report: ExportReport) -> None:
    """State what an export wrote and lost."""
    say(
        f"{report.format}: {report.cuboids:,} cuboids of {report.tracks} tracks in "
        f"{report.frames} frames, {report.files:,} files in {report.out}"
    )
    for loss in report.losses:
        say(f"lost: {loss.what}, {loss.count:,} {loss.of}: {loss.detail}")
    if not report.losses:
        say("lost: nothing")
    for note in report.notes:
        remark(f"note: {note}")
