"""Commands of the side views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_selection

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _toggle_clip(workspace: Workspace, _argument: str) -> None:
    workspace.sides.clip = not workspace.sides.clip


def _show(workspace: Workspace, argument: str) -> None:
    workspace.sides.tab = argument


COMMANDS: tuple[Command, ...] = (
    Command("sides.clip", "Clip side views to the box", "View", _toggle_clip, ("Alt+X",),
            checked=lambda w: w.sides.clip, separated=True,
            tip="Hide points in front of the cuboid and behind it"),
    Command("sides.fit", "Fit side views to the box", "View", lambda w, _: w.sides.fit(),
            ("Alt+Z",), has_selection,
            tip="After zooming or moving them; a double click in a side view does the same"),
    Command("sides.show", "Show a side view", "", _show),
)  # fmt: skip
