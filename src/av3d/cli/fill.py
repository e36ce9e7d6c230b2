"""The command `project fill`: tracks between their keyframes, by what the LiDAR saw of them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    DryRunOption,
    OneLogOption,
    ProjectOption,
    counted,
    open_for_edit,
    recorded_log,
    shown,
    span_ns,
    the_log,
    track_id,
)

if TYPE_CHECKING:
    from av3d.assist.fill import Fill, FilledSweep
    from av3d.logs.log import Log
    from av3d.ontology.motion import Motion
    from av3d.ontology.ontology import Ontology
    from av3d.store.references import ProjectLog
    from av3d.tracks.track import Track


def fill(
    project: ProjectOption,
    track: Annotated[
        list[str],
        typer.Option("--track", metavar="TRACK", help="By name or ID; may be repeated."),
    ],
    log: OneLogOption = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Default: the first keyframe."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Default: the last keyframe."),
    ] = None,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill tracks from the points of every sweep; the keyframes that people set stay as they are."""
    from av3d.assist.fill import fill_track
    from av3d.store.project import open_project

    with open_project(project) if dry_run else open_for_edit(project, author) as opened:
        entry = opened.log(the_log(opened, log))
        recorded = recorded_log(entry)
        document, ontology = opened.document(entry.name), opened.ontology()
        ids = dict.fromkeys(track_id(document, name, "--track") for name in track)
        fills: list[Fill] = []
        with progress() as show:
            for done, known in enumerate(ids):
                one = document.tracks[known]
                show(one.name, done, len(ids))
                span = _span(entry, recorded, one, start, end)
                others = [other for other in document.tracks.values() if other.id != known]
                motion = _motion(one, ontology)
                fills.append(fill_track(recorded, one, *span, others=others, motion=motion))
        # Keyframes that no sweep has measured would only look like evidence.
        changes = [change for filled in fills if filled.measured for change in filled.changes]
        if changes and not dry_run:
            names = shown([filled.before.name for filled in fills], most=3)
            opened.apply(entry.name, changes, command=f"fill {names} from points")
    if as_json:
        facts = {filled.before.id: _facts(filled) for filled in fills}
        print_json({"log": entry.name, "dry_run": dry_run, "tracks": facts})
        return
    for filled in fills:
        _print(filled, entry.start_ns, dry_run)


def _span(
    entry: ProjectLog, log: Log, track: Track, start: str | None, end: str | None
) -> tuple[int, int]:
    """The part to fill; without options from the first to the last keyframe."""
    asked = span_ns(entry, start, end, "part to fill")
    first, last = max(log.start_ns, track.times_ns[0]), min(log.end_ns, track.times_ns[-1])
    return (asked[0] if start is not None else first, asked[1] if end is not None else last)


def _motion(track: Track, ontology: Ontology) -> Motion:
    from av3d.ontology.motion import Motion

    if track.interpolation.moves is not None:
        return track.interpolation.moves
    category = ontology.category(track.category)
    return Motion.FREE if category is None else category.motion


def _facts(filled: Fill) -> dict[str, Any]:
    return {
        "start_ns": filled.start_ns,
        "end_ns": filled.end_ns,
        "keyframes": len(filled.keyframes),
        "measured": filled.measured,
        "sweeps": [
            {
                "timestamp_ns": sweep.timestamp_ns,
                "outcome": sweep.outcome.value,
                "why": sweep.why,
                "points": sweep.points,
                "noise": None if keyframe.noise is None else keyframe.noise.as_list(),
            }
            for sweep, keyframe in zip(filled.sweeps, filled.keyframes, strict=True)
        ],
    }


def _print(filled: Fill, start_ns: int, dry_run: bool) -> None:
    name = filled.before.name
    if not filled.keyframes:
        if filled.start_ns == filled.end_ns:
            say(f"{name}: nothing to fill between one keyframe; say how far with --from and --to")
        else:
            say(f"{name}: nothing to fill, every sweep there has a keyframe")
        return
    if filled.measured:
        verb = "would get" if dry_run else "got"
        count = counted(len(filled.keyframes), "fitted keyframe")
        say(f"{name} {verb} {count}, {filled.measured} of them measured in points")
    else:
        say(f"{name} stays as it is: no sweep shows where it is")
    for said, run in groupby(filled.sweeps, _words):
        if said:
            times_s = [(sweep.timestamp_ns - start_ns) / 1e9 for sweep in run]
            when = f"{times_s[0]:.2f} s"
            if len(times_s) > 1:
                when = f"{times_s[0]:.2f} to {times_s[-1]:.2f} s, {counted(len(times_s), 'sweep')}"
            say(f"  {when}  {said}")


def _words(sweep: FilledSweep) -> str:
    """Why a sweep was not measured; "" if it was."""
    return f"{sweep.outcome}: {sweep.why}" if sweep.why else ""
