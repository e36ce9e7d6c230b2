"""The commands `project review`, `approve`, `send-back` and `withdraw`: decisions and their trail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AuthorOption,
    LogNameOption,
    OneLogOption,
    ProjectOption,
    counted,
    local_time,
    log_names,
    open_for_edit,
    shown,
    the_log,
    track_id,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.project import Project
    from av3d.store.review_summary import ReviewSummary
    from av3d.store.review_trail import Act
    from av3d.tracks.change import Change
    from av3d.tracks.document import Document

TracksArgument = Annotated[
    list[str], typer.Argument(metavar="TRACK...", help='Tracks, "Car 4" or their IDs.')
]
NoteOption = Annotated[str, typer.Option("--note", help="What is said of it.")]
NAMES_SHOWN = 8
"""Tracks that a line names; more are counted, and --json has all."""
PLAN_LINES = 12
"""Categories of a plan that are listed."""


def review(
    project: ProjectOption,
    log: LogNameOption = None,
    track: Annotated[
        str | None,
        typer.Option(
            "--track", metavar="TRACK", help="Only what concerns a track, also a deleted one."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say who approved or sent back what and when, what was changed since, and what was seen.

    A decision counts for the very values that were looked at: what was changed since is not reviewed.
    """
    from av3d.store.project import open_project
    from av3d.store.review_summary import review_summary

    with open_project(project) as opened:
        summaries = [review_summary(opened, name) for name in log_names(opened, log)]
        if track is not None:
            summaries = _only(opened, summaries, track)
        names = _names(opened, summaries)
        where = opened.where
    if as_json:
        print_json({"project": where, "logs": [one.as_dict() for one in summaries]})
        return
    for row, summary in enumerate(summaries):
        if row:
            say()
        _print(summary, names)


def approve(
    track: TracksArgument,
    project: ProjectOption,
    log: OneLogOption = None,
    note: NoteOption = "",
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve tracks as they are now; for reviewers. An edit ends it, and undoing the edit renews it."""
    _decide(project, log, track, "approved", note, author, as_json)


def send_back(
    track: TracksArgument,
    project: ProjectOption,
    log: OneLogOption = None,
    note: NoteOption = "",
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send tracks back as they are now. With a note an issue is opened on each."""
    _decide(project, log, track, "sent_back", note, author, as_json)


def withdraw(
    track: TracksArgument,
    project: ProjectOption,
    log: OneLogOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back what the author has decided on tracks, as if it had not been said."""
    from av3d.tracks.operations.decisions import track_decision_id
    from av3d.tracks.operations.decisions import withdraw as withdrawn

    with open_for_edit(project, author) as opened:
        name = the_log(opened, log)
        document = opened.document(name)
        ids = _ids(document, track)
        changes: list[Change] = []
        for one in ids:
            decision = track_decision_id(one, opened.author)
            if decision not in document.events:
                raise Av3dError(
                    f"{opened.author} has not decided on {document.tracks[one].name}",
                    opened.where, "see `av3d project review`",
                )  # fmt: skip
            changes += withdrawn(document, decision)
        told = shown([document.tracks[one].name for one in ids], 3)
        entry = opened.apply(name, changes, command=f"withdraw decision on {told}")
    if as_json:
        print_json({"log": name, "entry": entry, "withdrawn": ids})
    else:
        say(f"withdrawn: {told} of log {name}")


def _decide(
    project: str,
    log: str | None,
    track: list[str],
    verdict: str,
    note: str,
    author: str | None,
    as_json: bool,
) -> None:
    from av3d.store.task_flow import reviewer_tier, tier_of
    from av3d.tracks.decision import Verdict
    from av3d.tracks.operations.decisions import decide_track
    from av3d.tracks.operations.issues import open_issue

    meant, now_ns = Verdict(verdict), time.time_ns()
    with open_for_edit(project, author) as opened:
        name = the_log(opened, log)
        document = opened.document(name)
        ids = _ids(document, track)
        told = shown([document.tracks[one].name for one in ids], 3)
        authors, who = opened.authors(), opened.author
        if meant is Verdict.APPROVED:
            tier = reviewer_tier(authors, who, f"approve {told}")
        else:
            tier = tier_of(authors, who)
        changes: list[Change] = []
        after = document
        for one in ids:
            made = decide_track(after, one, meant, author=who, tier=tier, time_ns=now_ns, note=note)
            if meant is Verdict.SENT_BACK and note:
                made += open_issue(
                    after, text=note, author=who, time_ns=now_ns, track_ids=[one],
                    timestamp_ns=document.tracks[one].start_ns,
                )  # fmt: skip
            after = after.apply(made)
            changes += made
        word = "approve" if meant is Verdict.APPROVED else "send back"
        entry = opened.apply(name, changes, command=f"{word} {told}")
    if as_json:
        print_json({"log": name, "entry": entry, "verdict": verdict, "tier": tier, "tracks": ids})
    else:
        say(f"{meant.value.replace('_', ' ')}: {told} of log {name}, entry {entry}")


def _ids(document: Document, names: list[str]) -> list[str]:
    return list(dict.fromkeys(track_id(document, name, "TRACK") for name in names))


def _only(project: Project, summaries: list[ReviewSummary], name: str) -> list[ReviewSummary]:
    """What of the summaries concerns the track that people call so, or called so."""
    from dataclasses import replace

    from av3d.store.journal_search import find_tracks

    logs = {one.log for one in summaries}
    with project.reading() as connection:
        found = [one for one in find_tracks(connection, name) if one.log in logs]
    if not found:
        raise Av3dError(
            f"there is and was no track {name[:60]!r}", project.where, "see `av3d tracks`"
        )
    ids = {log: {one.id for one in found if one.log == log} for log in logs}

    def about(act: Act, wanted: set[str]) -> bool:
        one = act.decision
        return bool(wanted & {one.track_id, *one.track_ids, *one.digests})

    return [
        replace(
            one,
            tracks=tuple(t for t in one.tracks if t.track.id in ids[one.log]),
            acts=tuple(
                replace(
                    act, changed_by=tuple(e for e in act.changed_by if e.track_id in ids[one.log])
                )
                for act in one.acts
                if about(act, ids[one.log])
            ),
            issues=tuple(i for i in one.issues if ids[one.log].intersection(i.track_ids)),
            plans=(),
            task_moves=(),
        )
        for one in summaries
        if ids[one.log]
    ]


def _names(project: Project, summaries: list[ReviewSummary]) -> dict[tuple[str, str], str]:
    """What people call tracks and tasks, or last called them, by kind and ID."""
    from av3d.store.journal_search import entity_names

    keys = []
    for summary in summaries:
        for act in summary.acts:
            one = act.decision
            for track in {one.track_id, *one.track_ids} - {""}:
                keys.append((summary.log, "track", track))
            if one.task_id:
                keys.append(("", "task", one.task_id))
    with project.reading() as connection:
        return {
            (kind, name): told for (_, kind, name), told in entity_names(connection, keys).items()
        }


def _print(summary: ReviewSummary, names: dict[tuple[str, str], str]) -> None:
    from av3d.store.review_summary import TrackState

    counts = {state: count for state, count in summary.counts().items() if count}
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    say(f"{summary.log}: {counted(len(summary.tracks), 'track')}" + (f", {told}" if told else ""))
    for state in (TrackState.SENT_BACK, TrackState.CHANGED):
        these = [one.track.name for one in summary.tracks if one.state is state]
        if these:
            say(f"  {state.value}: {shown(these, NAMES_SHOWN)}")
    if summary.issues:
        found = [issue.state.words for issue in summary.issues]
        parts = [f"{found.count(word)} {word}" for word in dict.fromkeys(found)]
        say(f"  issues: {', '.join(parts)}")
    for plan in summary.plans:
        say(
            f"  plan {plan.plan.name}, {plan.plan.words}: {plan.all.seen:,} of {plan.all.chosen:,} "
            f"seen ({100 * plan.all.fraction:.0f} %), of {counted(plan.all.total, 'track')} in all"
        )
        asked = [(name, seen) for name, seen in plan.by_category.items() if seen.chosen]
        parts = [f"{name} {seen.seen} of {seen.chosen}" for name, seen in asked[:PLAN_LINES]]
        if len(asked) > 1:
            say(f"    {', '.join(parts)}")
    categories = summary.by_category()
    if len(categories) > 1:
        states = [state for state in TrackState if counts.get(state)]
        rows = [[name, *(f"{one[s]:,}" for s in states)] for name, one in categories.items()]
        say(table(["category", *(s.value for s in states)], rows, "l" + "r" * len(states)))
    people = summary.by_author()
    if people:
        rows = [
            [author, *(f"{one[key]:,}" for key in ("approved", "accepted", "sent_back", "fixing")),
             f"{one['counting']:,}"]
            for author, one in people.items()
        ]  # fmt: skip
        headers = ["author", "approved", "accepted", "sent back", "fixing", "still count"]
        say(table(headers, rows, "lrrrrr"))
    lines = [(act.entry, _line(act, names)) for act in summary.acts]
    lines += [
        (
            move.entry,
            [
                str(move.entry), local_time(move.time_ns), move.author,
                move.after or "removed", f"task {move.task}", "",
            ],
        )
        for move in summary.task_moves
        if move.before
    ]  # fmt: skip
    if lines:
        rows = [line for _, line in sorted(lines, key=lambda pair: pair[0])]
        say(table(["entry", "time", "author", "decided", "on", "now"], rows, "r"))
    else:
        remark("nothing was decided yet")


def _line(act: Act, names: dict[tuple[str, str], str]) -> list[str]:
    """A row of the trail."""
    one = act.decision
    if one.task_id:
        on = f"task {names.get(('task', one.task_id), one.task_id)}, {counted(len(one.digests), 'track')}"
    else:
        ids = [one.track_id, *(i for i in one.track_ids if i != one.track_id)]
        on = shown([names.get(("track", i), i) for i in ids if i], 3)
        if one.check:
            on = f"{one.check.replace('_', ' ')} of {on}" if on else one.check.replace("_", " ")
    if one.note:
        on = f"{on}: {' '.join(one.note.split())}"
    undone = f" ({act.kind.value})" if act.kind.value in ("undo", "redo") else ""
    return [
        str(act.entry), local_time(act.time_ns), act.author, f"{act.did}{undone}", on, _now(act),
    ]  # fmt: skip


def _now(act: Act) -> str:
    """What is left of a decision, in words."""
    if not act.changed_by:
        return act.standing.value
    first, last = act.changed_by[0], act.changed_by[-1]
    edits = f"entry {first.entry} by {first.author}: {first.command}"
    if last.entry != first.entry:
        edits += f" … entry {last.entry} by {last.author}"
    if act.decision.digests:
        changed = len({edit.track_id for edit in act.changed_by})
        return f"{act.standing.value}, but for {counted(changed, 'track')} changed since, {edits}"
    return f"changed since, {edits}"
