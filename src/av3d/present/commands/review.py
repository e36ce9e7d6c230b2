"""Commands of the workspace Review: going through findings, deciding on them, talking about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command
from av3d.present.review import ORDERS, SHOWN
from av3d.present.review_sources import Source
from av3d.qa.finding import Severity
from av3d.tracks.decision import Verdict
from av3d.tracks.issue import IssueState

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _has_finding(workspace: Workspace) -> bool:
    return workspace.review.finding is not None


def _has_rows(workspace: Workspace) -> bool:
    return bool(workspace.review.rows)


def _has_issue(workspace: Workspace) -> bool:
    return workspace.issues.shown is not None


def _is_open(workspace: Workspace) -> bool:
    issue = workspace.issues.shown
    return issue is not None and issue.is_open


def _is_closed(workspace: Workspace) -> bool:
    return _has_issue(workspace) and not _is_open(workspace)


def _accept(workspace: Workspace, _argument: str) -> None:
    workspace.review.decide(Verdict.ACCEPTED)


def _fix(workspace: Workspace, _argument: str) -> None:
    """Note that somebody is at it, and open Annotate there."""
    finding = workspace.review.finding
    if finding is None:
        return
    workspace.review.decide(Verdict.FIXING)
    workspace.desk.go("annotate")
    workspace.session.select(finding.track_id)
    workspace.session.go_to_time(finding.timestamp_ns)
    workspace.main.show_place(finding.place_m)


def _can_repair(workspace: Workspace) -> bool:
    finding = workspace.review.finding
    return finding is not None and workspace.review.repairable(finding)


def _repair(workspace: Workspace, _argument: str) -> None:
    workspace.review.repair()


def _differs(workspace: Workspace) -> bool:
    review = workspace.review
    return review.sources.source is Source.DIFFERENCES and review.finding is not None


def _theirs(workspace: Workspace, _argument: str) -> None:
    workspace.review.take()


def _average(workspace: Workspace, _argument: str) -> None:
    workspace.review.take(average=True)


def _set(state: IssueState) -> Callable[[Workspace, str], None]:
    """The action that says how far the issue is that shows."""

    def action(workspace: Workspace, _argument: str) -> None:
        workspace.issues.set_state(state)

    return action


def _show_measure(workspace: Workspace, name: str) -> None:
    workspace.review.check = name


def _source(workspace: Workspace, name: str) -> None:
    """Go through what is named, or through the next that there is."""
    sources = workspace.review.sources
    able = [source for source in Source if sources.has(source)]
    at = able.index(sources.source) if sources.source in able else -1
    workspace.review.show_source(Source(name) if name else able[(at + 1) % len(able)])


def _order(workspace: Workspace, name: str) -> None:
    orders = list(ORDERS)
    at = orders.index(workspace.review.order)
    workspace.review.order = name or orders[(at + 1) % len(orders)]


def _filter(workspace: Workspace, name: str) -> None:
    """Show what is named, let a severity through or not; without a name, the next of SHOWN."""
    review = workspace.review
    if name in set(Severity):
        left = review.severities ^ {Severity(name)}
        review.severities = left or frozenset(Severity)
        return
    shown = list(SHOWN)
    review.shown = name or shown[(shown.index(review.shown) + 1) % len(shown)]


def _has_track(workspace: Workspace) -> bool:
    return workspace.session.selected is not None


def _approve(workspace: Workspace, _argument: str) -> None:
    """Approve the selected track as a whole, as it is now."""
    workspace.review.decide_track(Verdict.APPROVED)


def _list_issues(workspace: Workspace, _argument: str) -> None:
    workspace.issues.listing = not workspace.issues.listing


def _filter_issues(workspace: Workspace, _argument: str) -> None:
    workspace.issues.only_open = not workspace.issues.only_open


def _new_issue(workspace: Workspace, _argument: str) -> None:
    workspace.issues.begin_new()
    workspace.note.begin_reply()


COMMANDS: tuple[Command, ...] = (
    Command("review.accept", "Accept", "QA", _accept, ("A",), _has_finding, separated=True,
            workspace="review", tip="It is right as it is"),
    Command("review.fix", "Fix in Annotate", "QA", _fix, ("F",), _has_finding,
            workspace="review", tip="Open Annotate at the frame of the finding"),
    Command("review.repair", "Repair", "QA", _repair, ("R",), _can_repair,
            workspace="review", tip="Let the check put its finding right"),
    Command("review.send_back", "Send back", "QA", lambda w, _: w.note.begin(), ("X",),
            _has_finding, workspace="review", tip="Somebody else shall mend it"),
    Command("review.theirs", "Take theirs", "QA", _theirs, ("T",), _differs, workspace="review",
            tip="The other labels replace these where they differ"),
    Command("review.average", "Take the average", "QA", _average, ("G",), _differs,
            workspace="review", tip="The mean of both labels replaces these"),
    Command("review.approve", "Approve the whole track", "QA", _approve, ("Shift+A",),
            _has_track, workspace="review", tip="The track is right as it is, in all frames"),
    Command("review.send_track_back", "Send the whole track back", "QA",
            lambda w, _: w.note.begin(track=True), ("Shift+X",), _has_track, workspace="review",
            tip="Somebody else shall look at all of it"),
    Command("review.next", "Next finding", "QA", lambda w, _: w.review.step(1), ("J",),
            _has_rows, workspace="review"),
    Command("review.previous", "Previous finding", "QA", lambda w, _: w.review.step(-1), ("K",),
            _has_rows, workspace="review"),
    Command("review.skip", "Skip, decide later", "QA", lambda w, _: w.review.step(1), ("Tab",),
            _has_rows, workspace="review"),
    Command("review.source", "Next list of the queue", "QA", _source, ("S",), workspace="review",
            tip="Findings, tracks of the review plan, differences to other labels"),
    Command("review.order", "Next order of the queue", "QA", _order, ("Shift+S",),
            workspace="review", tip="By risk, time, track or check"),
    Command("review.filter", "Open, decided, or both", "QA", _filter, ("Shift+D",),
            workspace="review", tip="Which findings the queue shows"),
    Command("review.show", "Look at a finding", "", lambda w, a: w.review.show(a),
            workspace="review"),
    Command("review.measure", "Show a measure over time", "", _show_measure, workspace="review"),
    Command("issue.write", "Write to the issue", "QA", lambda w, _: w.note.begin_reply(), ("C",),
            workspace="review", separated=True, tip="Answer it, or open one about what is shown"),
    Command("issue.another", "Another issue here", "QA", _new_issue, ("D",), workspace="review",
            tip="Open one more about the same finding or track"),
    Command("issue.resolve", "Resolve the issue", "QA",
            _set(IssueState.RESOLVED), ("E",), _is_open,
            workspace="review", tip="Nothing is to be done any more"),
    Command("issue.wont_fix", "Won't fix the issue", "QA",
            _set(IssueState.WONT_FIX), ("Shift+E",), _is_open,
            workspace="review", tip="It stays as it is"),
    Command("issue.reopen", "Open the issue again", "QA",
            _set(IssueState.OPEN), ("Q",), _is_closed,
            workspace="review", tip="Something is still to be done"),
    Command("issue.list", "List of all issues", "QA", _list_issues, ("Shift+C",),
            workspace="review", checked=lambda w: w.issues.listing),
    Command("issue.filter", "List resolved issues, too", "", _filter_issues, workspace="review"),
    Command("issue.send", "Send what is written", "", lambda w, _: w.note.send(),
            workspace="review"),
    Command("issue.show", "Go to an issue", "", lambda w, a: w.issues.show(a),
            workspace="review"),
)  # fmt: skip
