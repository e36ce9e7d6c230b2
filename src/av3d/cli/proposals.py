"""The commands `project proposals`: tracks of a detector that nobody vouches for yet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    DryRunOption,
    LogNameOption,
    ProjectOption,
    counted,
    log_names,
    open_for_edit,
    track_id,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av3d.tracks.document import Document

app = typer.Typer(help="Tracks of a detector: list, accept or reject them.", no_args_is_help=True)

ScoreAboveOption = Annotated[
    float | None,
    typer.Option("--score-above", metavar="S", help="Only those with this score or a higher one."),
]
ScoreBelowOption = Annotated[
    float | None, typer.Option("--score-below", metavar="S", help="Only those with a lower score.")
]
TrackOption = Annotated[
    list[str] | None,
    typer.Option("--track", metavar="TRACK", help="Only this one, “Car 21”; may be repeated."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every proposal.")]


@app.command("list")
def list_proposals(
    project: ProjectOption,
    log: LogNameOption = None,
    score_above: ScoreAboveOption = None,
    score_below: ScoreBelowOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the proposals of a project, the surest first."""
    from av3d.store.project import open_project
    from av3d.tracks.proposal import score_of

    _check_scores(score_above, score_below)
    with open_project(project) as opened:
        documents = {name: opened.document(name) for name in log_names(opened, log)}
        starts = {name: opened.log(name).start_ns for name in documents}
        where = opened.where
    found = {
        name: sorted(
            (document.tracks[one] for one in _chosen(document, None, score_above, score_below)),
            key=lambda track: (-(score_of(track) or 0.0), track.category, track.number),
        )
        for name, document in documents.items()
    }
    if as_json:
        print_json(
            {
                "project": where,
                "logs": {
                    name: [
                        {
                            "id": track.id,
                            "name": track.name,
                            "score": score_of(track),
                            "keyframes": len(track.times_ns),
                            "start_ns": track.start_ns,
                            "end_ns": track.end_ns,
                        }
                        for track in tracks
                    ]
                    for name, tracks in found.items()
                },
            }
        )
        return
    rows = []
    for name, tracks in found.items():
        for track in tracks:
            score = score_of(track)
            shown = "" if score is None else f"{score:.3g}"
            start_s, end_s = ((t - starts[name]) / 1e9 for t in (track.start_ns, track.end_ns))
            times = [f"{start_s:.2f} s", f"{end_s:.2f} s"]
            rows.append([track.name, name, shown, str(len(track.times_ns)), *times, track.id])
    if rows:
        say(table(["track", "log", "score", "keys", "from", "to", "id"], rows, "llrrrr"))
    else:
        remark("no proposals")


@app.command("accept")
def accept(
    project: ProjectOption,
    log: LogNameOption = None,
    score_above: ScoreAboveOption = None,
    score_below: ScoreBelowOption = None,
    track: TrackOption = None,
    every: AllOption = False,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept proposals: they count like other tracks. `av3d project undo` takes it back."""
    _decide("accept", project, log, score_above, score_below, track, author,
            every=every, dry_run=dry_run, as_json=as_json)  # fmt: skip


@app.command("reject")
def reject(
    project: ProjectOption,
    log: LogNameOption = None,
    score_above: ScoreAboveOption = None,
    score_below: ScoreBelowOption = None,
    track: TrackOption = None,
    every: AllOption = False,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reject proposals: they are deleted. `av3d project undo` brings them back."""
    _decide("reject", project, log, score_above, score_below, track, author,
            every=every, dry_run=dry_run, as_json=as_json)  # fmt: skip


def _decide(
    what: str,
    project: str,
    logs: list[str] | None,
    score_above: float | None,
    score_below: float | None,
    tracks: list[str] | None,
    author: str | None,
    *,
    every: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    from av3d.tracks.operations.proposals import accept_proposals, reject_proposals

    _check_scores(score_above, score_below)
    chosen = score_above is not None or score_below is not None or bool(tracks)
    if chosen == every:
        raise Av3dError(
            "say which proposals" if not chosen else "all of them, or only some",
            "--score-above, --score-below, --track, --all",
            "give a score or tracks, or --all",
        )
    operation = accept_proposals if what == "accept" else reject_proposals
    with open_for_edit(project, author) as opened:
        documents = {name: opened.document(name) for name in log_names(opened, logs)}
        found = _of_logs(documents, tracks, score_above, score_below)
        changes = {name: operation(documents[name], ids) for name, ids in found.items() if ids}
        names = {
            name: [documents[name].tracks[one].name for one in ids] for name, ids in found.items()
        }
        if changes and not dry_run:
            opened.commit(changes, command=f"{what} proposals")
        where = opened.where
    if as_json:
        print_json({"project": where, "dry_run": dry_run, f"{what}ed": names})
        return
    count = sum(map(len, names.values()))
    verb = f"would be {what}ed" if dry_run else f"{what}ed"
    say(f"{counted(count, 'proposal')} {verb} in {where}")


def _of_logs(
    documents: Mapping[str, Document],
    tracks: list[str] | None,
    score_above: float | None,
    score_below: float | None,
) -> dict[str, tuple[str, ...]]:
    """IDs of the proposals that are meant, by log."""
    if not tracks:
        return {
            name: _chosen(document, None, score_above, score_below)
            for name, document in documents.items()
        }
    if len(documents) > 1:
        raise Av3dError(f"the project has {len(documents)} logs", "--track", "say which with --log")
    [(name, document)] = documents.items()
    return {name: _chosen(document, tracks, score_above, score_below)}


def _chosen(
    document: Document,
    tracks: list[str] | None,
    score_above: float | None,
    score_below: float | None,
) -> tuple[str, ...]:
    from av3d.tracks.operations.proposals import proposals_of

    fitting = proposals_of(document, score_from=score_above, score_below=score_below)
    if tracks is None:
        return fitting
    named = dict.fromkeys(track_id(document, name, "--track") for name in tracks)
    known = proposals_of(document)
    for one in named:
        if one not in known:
            raise Av3dError(
                f"{document.tracks[one].name} is no proposal", "--track",
                "see `av3d project proposals list`",
            )  # fmt: skip
    return tuple(one for one in named if one in fitting)


def _check_scores(*scores: float | None) -> None:
    for score in scores:
        if score is not None and not math.isfinite(score):
            raise Av3dError(
                f"not a score: {score}", "--score-above, --score-below", "give a number"
            )
