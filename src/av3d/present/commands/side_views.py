"""Commands of the side views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_selection

if TYPE_CHECKING:
    from av3d.present.cells import Cells
    from av3d.present.workspace import Workspace


def _toggle_clip(workspace: Workspace, _argument: str) -> None:
    workspace.sides.clip = not workspace.sides.clip


def _show(workspace: Workspace, argument: str) -> None:
    workspace.sides.tab = argument


def _rows(workspace: Workspace, _argument: str) -> None:
    frames = workspace.frames
    now = frames.rows or len(frames.sides)
    frames.rows = now % 3 + 1


def _has_cells(workspace: Workspace) -> bool:
    """Whether the pane of frames shows, and something is chosen there."""
    return _shows_frames(workspace) and bool(workspace.frames.cells.targets)


def _shows_frames(workspace: Workspace) -> bool:
    return "frames" in workspace.layout.panes and workspace.session.selected is not None


def _edit(action: Callable[[Cells], None]) -> Callable[[Workspace, str], None]:
    return lambda workspace, _argument: action(workspace.frames.cells)


COMMANDS: tuple[Command, ...] = (
    Command("sides.clip", "Clip side views to the box", "View", _toggle_clip, ("Alt+X",),
            checked=lambda w: w.sides.clip, separated=True,
            tip="Hide points in front of the cuboid and behind it"),
    Command("sides.fit", "Fit side views to the box", "View", lambda w, _: w.sides.fit(),
            ("Alt+Z",), has_selection,
            tip="After zooming or moving them; a double click in a side view does the same"),
    Command("sides.show", "Show a side view", "", _show),
    Command("frames.open", "Edit many frames at once", "Cuboid",
            lambda w, _: w.desk.switch("frames"), ("F4",), separated=True,
            checked=lambda w: "frames" in w.layout.panes,
            tip="Side views of the selected track in up to 20 frames: the pane Frames"),
    Command("object.open", "All pictures of the object", "View",
            lambda w, _: w.desk.switch("object"), ("F6",), lambda w: bool(w.session.log.cameras),
            checked=lambda w: "object" in w.layout.panes,
            tip="The selected track in all of its frames, from the camera that sees it best"),
    Command("frames.all", "Choose all shown frames", "Cuboid", _edit(lambda c: c.choose_all()), (),
            _shows_frames, tip="In the pane Frames; again: none"),
    Command("frames.fit", "Fit the chosen frames", "Cuboid", _edit(lambda c: c.fit()), (),
            _has_cells, tip="T while the pointer is over the pane Frames"),
    Command("frames.keep", "Keyframes in the chosen frames", "Cuboid", _edit(lambda c: c.keep()),
            (), _has_cells, tip="K while the pointer is over the pane Frames"),
    Command("frames.flip", "Flip the heading in the chosen frames", "Cuboid",
            _edit(lambda c: c.flip()), (), _has_cells),
    Command("frames.same_size", "Same size in the chosen frames", "Cuboid",
            _edit(lambda c: c.same_size()), (), _has_cells,
            tip="That of the first of them with a keyframe set by hand"),
    Command("frames.delete", "Delete keyframes of the chosen frames", "Cuboid",
            _edit(lambda c: c.delete()), (), _has_cells,
            tip="Del while the pointer is over the pane Frames"),
    Command("frames.rows", "Sides in the pane Frames", "", _rows),
)  # fmt: skip
