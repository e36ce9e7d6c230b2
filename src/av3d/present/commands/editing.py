"""Commands that change labels: undo, redo, and the edits of the selected cuboids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.geometry.cuboid import FACES
from av3d.present.commands.asking import ask
from av3d.present.commands.command import Command, has_selection
from av3d.present.creating import BOX_TOOL
from av3d.present.filling import fill_selection
from av3d.present.making import tool_hint
from av3d.present.nudging import Nudge
from av3d.present.operations import names

if TYPE_CHECKING:
    from av3d.present.editing import Editing
    from av3d.present.workspace import Workspace


def _is_here(workspace: Workspace) -> bool:
    return workspace.editing.can_edit


def _edit(action: Callable[[Editing], None]) -> Callable[[Workspace, str], None]:
    return lambda workspace, _argument: action(workspace.editing)


def _nudge(nudge: Nudge) -> Callable[[Workspace, str], None]:
    return lambda workspace, _argument: workspace.editing.nudge(nudge)


def _paced(key: str) -> tuple[str, ...]:
    """A key for a step, Shift for a coarse one, Alt for a fine one."""
    return key, f"Shift+{key}", f"Alt+{key}"


def _undo(workspace: Workspace, _argument: str) -> None:
    workspace.session.undo()


def _redo(workspace: Workspace, _argument: str) -> None:
    workspace.session.redo()


def _toggle_tool(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    session.tool = "" if session.tool == BOX_TOOL else BOX_TOOL
    session.hint = tool_hint(session) if session.tool else ""


def _toggle_tilt(workspace: Workspace, _argument: str) -> None:
    workspace.session.tilt = not workspace.session.tilt


def _paste_new(workspace: Workspace, _argument: str) -> None:
    place_m = workspace.main.pointer_m
    workspace.editing.paste_new(None if place_m is None else place_m.tolist())


def _category_with(key: str) -> Callable[[Workspace, str], None]:
    """The category of a number key: the one that asks for it, else the one at that place of the list."""

    def action(workspace: Workspace, _argument: str) -> None:
        chosen = _category_of_key(workspace, key)
        if chosen is not None:
            workspace.editing.set_category(chosen)

    return action


def _category_of_key(workspace: Workspace, key: str) -> str | None:
    categories = workspace.session.labels.ontology.categories
    for category in categories:
        if category.hotkey == key:
            return category.key
    place = int(key) - 1
    if place < len(categories) and not categories[place].hotkey:
        return categories[place].key
    return None


def _shrink(face: str) -> Callable[[Workspace, str], None]:
    return lambda workspace, _argument: workspace.editing.shrink((face,))


_STEPS = (
    (Nudge.FORWARD, "Move forward", "W"),
    (Nudge.BACK, "Move back", "S"),
    (Nudge.LEFT, "Move left", "A"),
    (Nudge.RIGHT, "Move right", "D"),
    (Nudge.UP, "Move up", "R"),
    (Nudge.DOWN, "Move down", "F"),
    (Nudge.TURN_LEFT, "Turn left", "Q"),
    (Nudge.TURN_RIGHT, "Turn right", "E"),
)

_TOWARDS = {"front": "W", "back": "S", "left": "A", "right": "D", "top": "R", "bottom": "F"}
"""The keys that move towards a face."""

COMMANDS: tuple[Command, ...] = (
    Command("edit.undo", "Undo", "Edit", _undo, ("Ctrl+Z",),
            lambda w: w.session.labels.undoable is not None or w.session.edits.waiting),
    Command("edit.redo", "Redo", "Edit", _redo,
            ("Ctrl+Shift+Z", "Ctrl+Y"), lambda w: w.session.labels.redoable is not None),
    Command("edit.box", "New cuboid", "Edit", _toggle_tool, ("B",),
            lambda w: w.session.labels.editable, lambda w: w.session.tool == BOX_TOOL, separated=True,
            tip="Then click on the object, or drag a rectangle around it. Ctrl+drag does the same at "
            "once and fits, Shift+drag takes the rectangle as it is"),
    Command("edit.copy", "Copy cuboid", "Edit", _edit(lambda e: e.copy()), ("Ctrl+C",), _is_here),
    Command("edit.paste", "Paste cuboid in this frame", "Edit", _edit(lambda e: e.paste()),
            ("Ctrl+V",), lambda w: w.editing.copied is not None,
            tip="As a keyframe of the track that it was copied from, at the same place in the world"),
    Command("edit.paste_new", "Paste cuboid as a new track", "Edit", _paste_new, ("Ctrl+Shift+V",),
            lambda w: w.editing.copied is not None,
            tip="Where the pointer is in the main view, on the ground"),
    Command("edit.keyframe", "Keyframe here", "Edit", _edit(lambda e: e.set_keyframe()), ("K",),
            has_selection, separated=True,
            tip="You vouch for the cuboid in this frame; a track that is not here yet comes to be here"),
    Command("edit.copy_next", "Copy to next frame", "Edit", _edit(lambda e: e.copy_to(1)),
            ("Alt+Right",), _is_here,
            tip="A keyframe there: where it stands in the world, or where its motion takes it"),
    Command("edit.copy_previous", "Copy to previous frame", "Edit", _edit(lambda e: e.copy_to(-1)),
            ("Alt+Left",), _is_here),
    Command("edit.fit_next", "Copy to next frame and fit", "Edit",
            _edit(lambda e: e.copy_to(1, fit=True)), ("Alt+Shift+Right",), _is_here),
    Command("edit.fit_previous", "Copy to previous frame and fit", "Edit",
            _edit(lambda e: e.copy_to(-1, fit=True)), ("Alt+Shift+Left",), _is_here),
    Command("edit.fill", "Fit between keyframes", "Edit", lambda w, _: fill_selection(w.session),
            ("Ctrl+Shift+T",), has_selection,
            tip="Measures the selected tracks in every sweep between their keyframes"),
    Command("edit.delete_keyframe", "Delete keyframe", "Edit", _edit(lambda e: e.delete_keyframe()),
            ("Del",), has_selection, separated=True),
    Command("edit.delete_track", "Delete track", "Edit", ask(names.delete), ("Shift+Del",),
            has_selection, tip="Asks first where more than 10 keyframes by hand would go"),
    *(Command(f"edit.{nudge.value.replace(' ', '_')}", title, "Cuboid", _nudge(nudge), _paced(key),
              _is_here, separated=key in "RQ",
              tip="Along its own axes by 5 cm; Shift: 25 cm, Alt: 1 cm" if key not in "QE"
              else "By 1 °; Shift: 5 °, Alt: 0.2 °")
      for nudge, title, key in _STEPS),
    Command("edit.flip", "Flip the heading of the track", "Cuboid", _edit(lambda e: e.flip()),
            ("G",), has_selection, tip="The back becomes the front in all frames"),
    Command("edit.flip_here", "Flip the heading in this frame", "Cuboid",
            _edit(lambda e: e.flip_here()), ("Shift+G",), _is_here),
    Command("edit.quarter", "Turn the track by 90 °", "Cuboid", _edit(lambda e: e.quarter()),
            ("C",), has_selection,
            tip="The left side becomes the front in all frames; length and width are swapped"),
    Command("edit.tilt", "Knobs for pitch and roll", "Cuboid", _toggle_tilt, ("Y",),
            checked=lambda w: w.session.tilt,
            tip="While on, putting on the ground leans the cuboid with the slope as well"),
    Command("edit.fit", "Fit to points", "Cuboid", _edit(lambda e: e.fit()), ("T",), _is_here,
            separated=True,
            tip="Place and heading; the size as well while the track has no other keyframe"),
    Command("edit.fit_size", "Fit to points with size", "Cuboid",
            _edit(lambda e: e.fit(size=True)), ("Shift+T",), _is_here),
    Command("edit.ground", "Put on the ground", "Cuboid", _edit(lambda e: e.to_ground()), ("H",),
            _is_here),
    Command("edit.shrink", "Shrink all faces to points", "Cuboid", _edit(lambda e: e.shrink()),
            ("U",), _is_here, tip="All but the bottom, which is the ground's"),
    *(Command(f"edit.shrink_{face}", f"Shrink the {face} to points", "Cuboid", _shrink(face),
              (f"Alt+Shift+{_TOWARDS[face]}",), _is_here)
      for face in FACES),
    Command("track.static", "Static", "Track", _edit(lambda e: e.toggle_static()), ("M",),
            has_selection,
            lambda w: bool(w.session.selected_track and w.session.selected_track.static),
            tip="It stands still for the whole log: one cuboid for all frames"),
    *(Command(f"category.{number}", f"Category {number}", "Track", _category_with(str(number)),
              (str(number),), separated=number == 1,
              enabled=lambda w, key=str(number): _category_of_key(w, key) is not None,  # type: ignore[misc]
              tip="Of the selected tracks; with nothing selected, of new cuboids")
      for number in range(1, 10)),
)  # fmt: skip
