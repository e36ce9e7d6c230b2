"""The commands of `av3d release`: labels under a name for good, what changed between two of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.labels import check_spacing, print_report
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    ProjectOption,
    counted,
    in_bytes,
    local_time,
    open_for_edit,
    recorded_log,
)
from av3d.cli.release_diff import diff
from av3d.cli.release_verify import verify
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
    from av3d.store.releases.release import Release

app = typer.Typer(
    help="Labels under a name for good: made, proven, compared and given out.",
    no_args_is_help=True,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The release, such as v1.0.")]


@app.command("create")
def create(
    name: NameArgument,
    project: ProjectOption,
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    log: LogNameOption = None,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="ENTRY", min=1, help="As it was after this journal entry."),
    ] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the labels of a project a name, for good."""
    from av3d.store.releases.making import create_release

    with open_for_edit(project, author) as opened:
        made = create_release(opened, name, note=note, log_names=log, at=at)
        where = opened.where
    if as_json:
        print_json({"project": where, "entry": made.entry.id, **_facts(made.release)})
        return
    release = made.release
    say(f"release {release.id} of entry {release.position}: {_size(release)}")
    say(f"SHA-256 {release.sha256}")


@app.command("list")
def list_releases(project: ProjectOption, as_json: JsonOption = False) -> None:
    """List the releases of a project, the newest last."""
    from av3d.store.project import open_project
    from av3d.store.releases.making import releases

    with open_project(project) as opened:
        found = releases(opened)
        where = opened.where
    if as_json:
        print_json({"project": where, "releases": [_facts(release) for release in found]})
        return
    if not found:
        remark("no releases yet: make one with `av3d release create`")
        return
    rows = [
        [
            release.id,
            local_time(release.time_ns),
            release.author,
            str(release.position),
            str(len(release.logs)),
            f"{sum(log.tracks for log in release.logs):,}",
            f"{sum(log.keyframes for log in release.logs):,}",
            release.sha256[:12],
            " ".join(release.note.split()),
        ]
        for release in found
    ]
    headers = ["release", "made", "author", "entry", "logs", "tracks", "keys", "SHA-256", "note"]
    say(table(headers, rows, "lllrrrr"))


@app.command("show")
def show(name: NameArgument, project: ProjectOption, as_json: JsonOption = False) -> None:
    """State what is in a release."""
    from av3d.store.project import open_project
    from av3d.store.releases.making import find_release

    with open_project(project) as opened:
        release = find_release(opened, name)
    if as_json:
        print_json(_facts(release))
        return
    made = f"{local_time(release.time_ns)} by {release.author} with {release.tool}"
    say(f"release   {release.id}, number {release.number}, made {made}")
    if release.note:
        say(f"note      {' '.join(release.note.split())}")
    say(f"journal   entry {release.position}, digest {release.journal_digest}")
    say(f"ontology  {release.ontology.name}, version {release.ontology.version}")
    say(f"SHA-256   {release.sha256}")
    say(f"previous  {release.previous or 'none, it is the first'}")
    say(f"holds     {_size(release)}")
    for log in release.logs:
        seconds = (log.end_ns - log.start_ns) / 1e9
        labels = f"{counted(log.tracks, 'track')}, {counted(log.keyframes, 'keyframe')}"
        say(f"log       {log.name}: {labels}, {counted(log.events, 'event')} in {seconds:.1f} s")
    rows = [
        [
            category,
            f"{counts.tracks:,}",
            f"{sum(counts.keyframes.values()):,}",
            f"{counts.present_ns / 1e9:,.1f} s",
            " × ".join(f"{side_m:.2f}" for side_m in counts.mean_size_lwh_m),
            f"{counts.accepted:,}",
            ", ".join(f"{count:,} {name}" for name, count in sorted(counts.keyframes.items())),
        ]
        for category, counts in release.counts().items()
    ]
    if rows:
        headers = [
            "category",
            "tracks",
            "keys",
            "present",
            "mean l × w × h (m)",
            "accepted",
            "from",
        ]
        say()
        say(table(headers, rows, "lrrrrr"))


@app.command("export")
def export(
    name: NameArgument,
    project: ProjectOption,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="PATH", help="New folder; without --format, the release’s own file."
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="A name as in docs/formats, such as nuscenes. Default: a file that holds the "
            "release and needs no project.",
        ),
    ] = None,
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
        bool, typer.Option("--overwrite", help="Replace an earlier export.")
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
    """Write a release in a dataset's format, or as a file of its own."""
    from av3d.datasets.dataset import ExportOptions
    from av3d.datasets.exporting import LogLabels, Source, export_labels
    from av3d.datasets.registry import dataset
    from av3d.store.project import open_project
    from av3d.store.releases.labels import labels_of
    from av3d.store.releases.making import find_release

    selection = selection_of(
        category, frames, min_points, max_distance_m, review, provenance, proposals, min_score,
        start, end,
    )  # fmt: skip
    if format is None:
        if not selection.is_all or proposals or log:
            raise Av3dError(
                "the release’s own file holds all of it", "--out", "choose a --format, or leave it"
            )
        _export_file(name, project, out, overwrite=overwrite, as_json=as_json)
        return
    target = dataset(format, writes_labels=True)
    check_spacing(keyframe_every_s)
    with open_project(project) as opened:
        release = find_release(opened, name)
        labels = labels_of(opened, release, log)
        given = [
            LogLabels(
                recorded_log(opened.log(log_name)),
                tuple(document.tracks.values()),
                tuple(document.events.values()),
            )
            for log_name, document in labels.documents.items()
        ]
        source = Source(
            opened.where,
            release.position,
            release.journal_digest,
            release.time_ns,
            release.id,
            release.sha256,
        )
    check_categories(selection, labels.ontology)
    options = ExportOptions(
        overwrite=overwrite,
        decimals=decimals,
        keyframe_every_s=keyframe_every_s,
        link_media=link_media,
    )
    with progress() as shown:
        report = export_labels(
            target, given, out, options, labels.ontology, selection=selection, source=source,
            progress=shown,
        )  # fmt: skip
    if as_json:
        print_json({"release": release.id, "sha256": release.sha256, **report.as_dict()})
    else:
        say(f"release {release.id}, SHA-256 {release.sha256}")
        print_report(report)


app.command("verify")(verify)
app.command("diff")(diff)


def _export_file(name: str, project: str, out: Path, *, overwrite: bool, as_json: bool) -> None:
    from av3d.store.project import open_project
    from av3d.store.releases.file import is_release_file, write_release_file
    from av3d.store.releases.making import find_release

    if out.exists() and not (overwrite and is_release_file(out)):
        why = "is no release’s file" if overwrite else "is there already"
        raise Av3dError(
            f"the file {why}", out, "choose another name" + ("" if overwrite else " or --overwrite")
        )
    with open_project(project) as opened:
        release = find_release(opened, name)
        write_release_file(opened, release, out)
    size = out.stat().st_size
    if as_json:
        facts = {"release": release.id, "sha256": release.sha256}
        print_json({**facts, "out": str(out.absolute()), "bytes": size})
    else:
        say(f"release {release.id} in {out}, {in_bytes(size)}")
        say(f"SHA-256 {release.sha256}")


def _facts(release: Release) -> dict[str, Any]:
    counts = {category: one.as_json() for category, one in release.counts().items()}
    return {**release.as_json(), "sha256": release.sha256, "categories": counts}


def _size(release: Release) -> str:
    tracks = counted(sum(log.tracks for log in release.logs), "track")
    keyframes = counted(sum(log.keyframes for log in release.logs), "keyframe")
    return f"{tracks} with {keyframes} in {counted(len(release.logs), 'log')}"
