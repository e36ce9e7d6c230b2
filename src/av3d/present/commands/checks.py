"""Commands of the checks while labelling: from finding to finding, and what is done with all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.asking import ask
from av3d.present.commands.command import Command
from av3d.present.operations import review
from av3d.qa.finding import Finding

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _has_findings(workspace: Workspace) -> bool:
    return bool(workspace.flags.open)


def _can_repair(workspace: Workspace) -> bool:
    return workspace.session.labels.editable and workspace.flags.repairable is not None


def _go(workspace: Workspace, finding: Finding | None) -> None:
    if finding is None:
        return
    session = workspace.session
    session.select(finding.track_id)
    session.go_to_time(finding.timestamp_ns)
    workspace.main.show_place(finding.place_m)


def _show(workspace: Workspace, finding_id: str) -> None:
    _go(workspace, workspace.flags.find(finding_id))


def _repair(workspace: Workspace, finding_id: str) -> None:
    flags = workspace.flags
    finding = flags.find(finding_id) if finding_id else flags.repairable
    if finding is not None and workspace.session.labels.editable:
        workspace.review.repair(finding)


def _again(workspace: Workspace, _argument: str) -> None:
    workspace.inspecting.ask()


def _toggle(workspace: Workspace, _argument: str) -> None:
    inspecting = workspace.inspecting
    inspecting.on = not inspecting.on


def _only(workspace: Workspace, _argument: str) -> None:
    listed = workspace.tracks.list
    listed.only_findings = not listed.only_findings


def _toggle_remarks(workspace: Workspace, _argument: str) -> None:
    workspace.main.shows_remarks = not workspace.main.shows_remarks


def _plan(workspace: Workspace, argument: str) -> None:
    ask(lambda session: review.plan(session, workspace.review))(workspace, argument)


COMMANDS: tuple[Command, ...] = (
    Command("checks.again", "Check all tracks again", "QA", _again, ("F7",),
            tip="Look at everything anew, with points and images"),
    Command("checks.background", "Check while labelling", "QA", _toggle, ("Shift+F7",),
            checked=lambda w: w.inspecting.on,
            tip="Each edit is checked beside the window, half a second after it"),
    Command("finding.next", "Next finding", "QA", lambda w, _: _go(w, w.flags.step(1)), ("F3",),
            _has_findings, workspace="annotate", separated=True,
            tip="Select the track that a check has found something in, the riskiest first"),
    Command("finding.previous", "Previous finding", "QA", lambda w, _: _go(w, w.flags.step(-1)),
            ("Shift+F3",), _has_findings, workspace="annotate"),
    Command("finding.repair", "Repair the finding here", "QA", _repair, ("Ctrl+Shift+R",),
            _can_repair, workspace="annotate",
            tip="Let the check put right what it has found of the selected track"),
    Command("finding.only", "List only tracks with findings", "QA", _only, ("Ctrl+F3",),
            checked=lambda w: w.tracks.list.only_findings, workspace="annotate"),
    Command("finding.go", "Go to a finding", "", _show),
    Command("view.remarks", "Marks of findings and issues", "View", _toggle_remarks, ("Shift+R",),
            checked=lambda w: w.main.shows_remarks, workspace="review",
            tip="Numbers beside cuboids in the bird's-eye view"),
    Command("issue.new", "Open an issue", "QA", ask(review.new_issue), ("Ctrl+Shift+N",),
            workspace="annotate", separated=True,
            tip="Say something about the selected track in this frame"),
    Command("review.plan", "Review plan", "QA", _plan, ("Ctrl+Shift+L",),
            separated=True, tip="Which tracks are to be looked at: a sample, categories, risk"),
    Command("review.drop_plan", "Remove the review plan", "QA", ask(review.drop_plan),
            ("Alt+Shift+L",), lambda w: w.review.record.plan is not None),
)  # fmt: skip
