"""Commands on the proposals of a detector: going through them, accepting and rejecting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.asking import ask
from av3d.present.commands.command import Command
from av3d.present.operations import proposals

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _are_any(workspace: Workspace) -> bool:
    return bool(workspace.tracks.list.proposals.tracks)


def _can_decide(workspace: Workspace) -> bool:
    """Whether a proposal is selected and a decision would be kept."""
    session = workspace.session
    ids = {track.id for track in workspace.tracks.list.proposals.tracks}
    return session.labels.editable and not ids.isdisjoint(session.selection)


def _can_decide_all(workspace: Workspace) -> bool:
    return workspace.session.labels.editable and _are_any(workspace)


def _step(by: int) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        found = proposals.step(workspace.session, workspace.tracks.list.decision_order, by)
        if found is not None:
            proposals.show(workspace.session, found)
            workspace.main.centre_on_selection()

    return action


def _decide(*, accept: bool) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        before = session.selected
        done = proposals.decide(session, workspace.tracks.list.decision_order, accept=accept)
        if done and session.selected not in (None, before):
            workspace.main.centre_on_selection()

    return action


def _only(workspace: Workspace, _argument: str) -> None:
    listed = workspace.tracks.list
    listed.only_proposals = not listed.only_proposals
    if listed.only_proposals:
        listed.sort, listed.backwards = "score", False
    elif listed.sort == "score":
        listed.sort, listed.backwards = "name", False


def _are_only(workspace: Workspace) -> bool:
    return workspace.tracks.list.only_proposals


COMMANDS: tuple[Command, ...] = (
    Command("proposal.next", "Proposals: next", "Track", _step(1), ("Alt+Down",), _are_any,
            separated=True, tip="Goes to the frame where it is seen best"),
    Command("proposal.previous", "Proposals: previous", "Track", _step(-1), ("Alt+Up",), _are_any),
    Command("proposal.accept", "Proposals: accept", "Track", _decide(accept=True), ("Alt+Enter",),
            _can_decide, tip="Somebody vouches for the selected proposals; the next one shows"),
    Command("proposal.reject", "Proposals: reject", "Track", _decide(accept=False), ("Alt+Del",),
            _can_decide, tip="Deletes the selected proposals; the next one shows"),
    Command("proposal.accept_above", "Proposals: accept all from a score on", "Track",
            ask(proposals.accept_above), ("Alt+Shift+Enter",), _can_decide_all,
            tip="Says how many, and shows them, before it is done"),
    Command("proposal.reject_below", "Proposals: reject all below a score", "Track",
            ask(proposals.reject_below), ("Alt+Shift+Del",), _can_decide_all,
            tip="Says how many, and shows what is left, before it is done"),
    Command("proposal.only", "Proposals: list only these", "Track", _only, ("Alt+P",), _are_any,
            checked=_are_only, tip="Those of all frames, with their scores"),
)  # fmt: skip
