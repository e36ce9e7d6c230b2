"""The command `project size`: the one size of a track, how sure it is, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    OneLogOption,
    ProjectOption,
    counted,
    open_for_edit,
    recorded_log,
    shown,
    the_log,
    track_id,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.assist.size import TrackSize
    from av3d.ontology.ontology import Ontology
    from av3d.tracks.track import Track


def size(
    track: Annotated[
        list[str], typer.Argument(metavar="TRACK...", help="Tracks by name or ID, like “car 21”.")
    ],
    project: ProjectOption,
    log: OneLogOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Give all keyframes of each track its size.")
    ] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate the one size of rigid objects from keyframes and points; shown only, without --apply."""
    from av3d.assist.size import track_size
    from av3d.store.project import open_project

    with open_for_edit(project, author) if apply else open_project(project) as opened:
        name = the_log(opened, log)
        document, ontology = opened.document(name), opened.ontology()
        ids = dict.fromkeys(track_id(document, text, "TRACK") for text in track)
        swaying = _not_rigid([document.tracks[known] for known in ids], ontology)
        if apply and swaying:
            raise Av3dError(
                "people and animals have no one size that all keyframes could take",
                shown(swaying, most=3),
                "leave them out, or set their cuboids by hand",
            )
        recorded = recorded_log(opened.log(name))
        found: list[TrackSize] = []
        with progress() as show:
            for done, known in enumerate(ids):
                one = document.tracks[known]
                show(one.name, done, len(ids))
                category = ontology.category(one.category)
                others = [other for other in document.tracks.values() if other.id != known]
                found.append(track_size(recorded, one, category=category, others=others))
        changes = [change for estimate in found for change in estimate.changes]
        if apply and changes:
            names = shown([estimate.track.name for estimate in found], most=3)
            opened.apply(name, changes, command=f"size of {names} from keyframes and points")
    if swaying:
        remark(
            f"note: {shown(swaying, most=3)}: people and animals have no one size; this is a mean"
        )
    if as_json:
        facts = {estimate.track.id: _facts(estimate) for estimate in found}
        print_json({"log": name, "applied": apply, "tracks": facts})
        return
    for estimate in found:
        _print(estimate, applied=apply)


def _not_rigid(tracks: list[Track], ontology: Ontology) -> list[str]:
    """Names of the tracks whose category says that they walk."""
    from av3d.assist.size import is_rigid

    return [track.name for track in tracks if not is_rigid(ontology.category(track.category))]


def _facts(estimate: TrackSize) -> dict[str, Any]:
    from av3d.assist.size import SIDES

    return {
        "name": estimate.track.name,
        "size_lwh_m": estimate.size_lwh_m.tolist(),
        "frames": estimate.frames,
        "frames_with_points": estimate.with_points,
        "sides": {
            name: {
                "size_m": side.size_m,
                "sigma_m": side.sigma_m,
                "at_least_m": side.at_least_m,
                "frames_with_both_ends": side.both_ends,
            }
            for name, side in zip(SIDES, estimate.sides, strict=True)
        },
    }


def _print(estimate: TrackSize, *, applied: bool) -> None:
    from av3d.assist.size import SIDES

    changed = counted(len(estimate.track.keyframes), "keyframe")
    end = f", now that of its {changed}" if applied and estimate.changes else ""
    say(
        f"{estimate.track.name}: "
        + " × ".join(f"{m:.2f}" for m in estimate.size_lwh_m)
        + f" m{end}"
    )
    rows = [
        [
            name,
            f"{side.size_m:.2f} m",
            f"± {100 * side.sigma_m:.0f} cm",
            "-" if side.at_least_m is None else f"{side.at_least_m:.2f} m",
            f"both ends seen in {side.both_ends} of {counted(estimate.frames, 'frame')}",
        ]
        for name, side in zip(SIDES, estimate.sides, strict=True)
    ]
    say(table(["side", "size", "sure to", "points", "rests on"], rows, "lrrr"))
