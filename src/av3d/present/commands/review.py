"""Commands of the workspace Review: going through concerns, and deciding on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.command import Command
from av3d.present.review import ACCEPTED, FIXING

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _has_concern(workspace: Workspace) -> bool:
    return workspace.review.concern is not None


def _accept(workspace: Workspace, _argument: str) -> None:
    workspace.review.decide(ACCEPTED)


def _fix(workspace: Workspace, _argument: str) -> None:
    """Note that somebody is at it, and open Annotate there."""
    concern = workspace.review.concern
    if concern is None:
        return
    workspace.review.decide(FIXING)
    workspace.desk.go("annotate")
    workspace.session.select(concern.track_id)
    workspace.session.go_to_time(concern.timestamp_ns)
    workspace.main.centre_on_selection()


def _show_measure(workspace: Workspace, name: str) -> None:
    workspace.review.check = name


COMMANDS: tuple[Command, ...] = (
    Command("review.accept", "Accept", "Track", _accept, ("A",), _has_concern, separated=True,
            workspace="review", tip="It is right as it is"),
    Command("review.fix", "Fix in Annotate", "Track", _fix, ("F",), _has_concern,
            workspace="review", tip="Open Annotate at the frame of the concern"),
    Command("review.send_back", "Send back", "Track", lambda w, _: w.note.begin(), ("X",),
            _has_concern, workspace="review", tip="Somebody else shall mend it"),
    Command("review.next", "Next concern", "Track", lambda w, _: w.review.step(1), ("J",),
            lambda w: bool(w.review.open), workspace="review"),
    Command("review.previous", "Previous concern", "Track", lambda w, _: w.review.step(-1), ("K",),
            lambda w: bool(w.review.open), workspace="review"),
    Command("review.skip", "Skip, decide later", "Track", lambda w, _: w.review.step(1), ("Tab",),
            lambda w: bool(w.review.open), workspace="review"),
    Command("review.show", "Look at a concern", "", lambda w, a: w.review.show(a),
            workspace="review"),
    Command("review.measure", "Show a measure over time", "", _show_measure, workspace="review"),
)  # fmt: skip
