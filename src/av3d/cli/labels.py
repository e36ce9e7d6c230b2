"""Commands about labels: `import`, `tracks` and `export`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption, LogArgument
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.datasets.dataset import ExportReport
    from av3d.store.project import Project
    from av3d.tracks.track import Track

MIN_SPACING_S, MAX_SPACING_S = 1e-6, 1e6

ProjectOption = Annotated[
    str, typer.Option("--project", help="Project file, or database URL (postgresql://host/labels).")
]
LogNameOption = Annotated[
    list[str] | None,
    typer.Option("--log", metavar="NAME", help="Only this log of the project; may be repeated."),
]


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
            help="Keep keyframes this far apart, and each track's first and last; "
            "the rest is interpolated.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace tracks that are in the project already.")
    ] = False,
    author: Annotated[
        str | None, typer.Option("--author", help="Name for the journal. Default: login name.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the labels of a log into a project, as tracks. Makes the project if there is none."""
    from av3d.datasets.registry import dataset, open_log
    from av3d.store.project import open_project
    from av3d.tracks.change import Change
    from av3d.tracks.thinning import thin_keyframes

    if keyframe_every_s is not None:
        _check_spacing(keyframe_every_s)
    # Labels that lie in the log are of its own kind.
    opened = open_log(log, log_format or (format if labels is None else None))
    found = dataset(format or opened.kind).read_labels(opened, labels)
    read_count = sum(len(track.keyframes) for track in found.tracks)
    tracks = found.tracks
    if keyframe_every_s is not None:
        tracks = tuple(thin_keyframes(track, round(keyframe_every_s * 1e9)) for track in tracks)
    with open_project(project, create=True) as opened_project:
        opened_project.add_log(opened)
        stored = {track.id: track for track in opened_project.tracks(opened.name)}
        known = [track for track in tracks if track.id in stored]
        if known and not replace:
            raise Av3dError(
                f"{len(known)} of these {len(tracks)} tracks are in the project already",
                opened_project.where,
                "add --replace to overwrite them, or use another project",
            )
        changes = [Change(stored.get(track.id), track) for track in tracks]
        opened_project.apply(
            opened.name, changes, command=f"import {format or opened.kind}", author=author
        )
        where = opened_project.where
    kept_count = sum(len(track.keyframes) for track in tracks)
    notes = [*found.notes, *_unknown_categories(tracks)]
    if as_json:
        print_json(
            {
                "project": where,
                "log": opened.name,
                "tracks": len(tracks),
                "cuboids_read": read_count,
                "keyframes_kept": kept_count,
                "counts": dict(found.counts),
                "notes": notes,
            }
        )
        return
    say(f"{len(tracks)} tracks with {kept_count:,} keyframes of log {opened.name} in {where}")
    if kept_count != read_count:
        say(f"{read_count - kept_count:,} of {read_count:,} cuboids left to interpolation")
    for note in notes:
        remark(f"note: {note}")


def tracks(project: ProjectOption, log: LogNameOption = None, as_json: JsonOption = False) -> None:
    """List the tracks of a project."""
    from av3d.store.project import open_project

    with open_project(project) as opened:
        names = _log_names(opened, log)
        found = {name: opened.tracks(name) for name in names}
        starts_ns = {entry.name: entry.start_ns for entry in opened.logs()}
    if as_json:
        print_json({"logs": {name: [t.as_json() for t in found[name]] for name in names}})
        return
    for name in names:
        say(f"{name}: {len(found[name])} tracks")
        if found[name]:
            rows = [_track_row(track, starts_ns[name]) for track in found[name]]
            headers = ["track", "keys", "from", "to", "present", "moves", "id"]
            say(table(headers, rows, "lrrrrr"))


def export(
    project: ProjectOption,
    format: Annotated[
        str, typer.Option("--format", help="kitti-object, kitti-tracking, nuscenes or folder.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the export.")],
    log: LogNameOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is in the folder.")
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
    from av3d.datasets.dataset import ExportOptions, LabelledLog
    from av3d.datasets.registry import dataset, is_there, open_log
    from av3d.store.project import open_project

    target = dataset(format, writes_labels=True)
    _check_spacing(keyframe_every_s)
    with open_project(project) as opened:
        items = []
        for name in _log_names(opened, log):
            entry = opened.log(name)
            if not is_there(entry.path):
                raise Av3dError(
                    f"the log {name} is not where it was",
                    entry.path,
                    "move it back, or import it with --replace from its new place",
                )
            _check_out(out, entry.path)
            items.append(LabelledLog(open_log(entry.path, entry.kind), opened.tracks(name)))
    options = ExportOptions(
        overwrite=overwrite,
        decimals=decimals,
        keyframe_every_s=keyframe_every_s,
        link_media=link_media,
    )
    with progress() as show:
        report = target.write_labels(items, out, options, show)
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report)


def _check_spacing(seconds: float) -> None:
    if not MIN_SPACING_S <= seconds <= MAX_SPACING_S:
        raise Av3dError(
            f"not a spacing: {seconds} s",
            "--keyframe-every-s",
            f"use {MIN_SPACING_S} to {MAX_SPACING_S:.0f} seconds",
        )


def _check_out(out: Path, log_path: Path) -> None:
    """Refuse a folder that is the log or holds it: replacing it would delete the recording."""
    target, source = out.resolve(), log_path.resolve()
    if target == source or target in source.parents:
        raise Av3dError("the output folder holds the log itself", out, "choose another folder")


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


def _unknown_categories(tracks: Sequence[Track]) -> list[str]:
    """One note per category that av3d has no colour, size and export class for: maybe a typo."""
    from av3d.tracks.categories import BY_KEY

    counts = Counter(track.category for track in tracks if track.category not in BY_KEY)
    known = " ".join(BY_KEY)
    return [
        f"category {name!r} ({count} of the tracks) is not one that av3d knows ({known}); it is kept"
        for name, count in sorted(counts.items())
    ]


def _log_names(project: Project, wanted: list[str] | None) -> list[str]:
    names = [entry.name for entry in project.logs()]
    if not names:
        raise Av3dError("the project has no logs", project.where, "add one with `av3d import`")
    for name in wanted or []:
        project.log(name)
    return [name for name in names if not wanted or name in wanted]


def _track_row(track: Track, log_start_ns: int) -> list[str]:
    present_s = sum(span.end_ns - span.start_ns for span in track.presence) / 1e9
    moved_m = track.keyframes[-1].cuboid.center_m - track.keyframes[0].cuboid.center_m
    return [
        track.name,
        str(len(track.keyframes)),
        f"{(track.start_ns - log_start_ns) / 1e9:.2f} s",
        f"{(track.end_ns - log_start_ns) / 1e9:.2f} s",
        f"{present_s:.1f} s",
        f"{math.hypot(*moved_m):.1f} m",
        track.id,
    ]
