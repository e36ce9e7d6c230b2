"""Commands about workspaces, panes and their layouts, the scale and the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.choices import Choice
from av3d.present.commands.command import Command
from av3d.present.drawing import Rect
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.settings import SCALES

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _under_menu(workspace: Workspace, menu: str) -> Rect:
    """Where a list opens that a menu has led to."""
    return Rect(workspace.top_bar.menu_x(menu), 0, 120, workspace.top_bar.height)


def _choose_panes(workspace: Workspace, _argument: str) -> None:
    desk = workspace.desk

    def toggle(name: str) -> Callable[[], None]:
        return lambda: desk.toggle(name)

    items = tuple(
        Choice(pane.title, toggle(name), ICONS[pane.icon], on=desk.is_open(name))
        for name, pane in desk.dockable.items()
        if desk.belongs(name)
    )
    workspace.session.choices.open("top_bar", _under_menu(workspace, "View"), items)


def _choose_layout(workspace: Workspace, _argument: str) -> None:
    desk = workspace.desk

    def show(name: str) -> Callable[[], None]:
        return lambda: desk.show(name)

    items = [
        Choice(name, show(name), ICONS["layout"], on=name == desk.name)
        for name in desk.arrangements
    ]
    items.append(
        Choice("Save layout as", lambda: workspace.run("layout.save"), ICONS["plus"],
               separated=True)
    )  # fmt: skip
    items.append(
        Choice(
            f"Remove {desk.name}" if desk.name in desk.own else "Remove this layout",
            lambda: desk.remove(desk.name), ICONS["close"], enabled=desk.name in desk.own,
        )
    )  # fmt: skip
    items.append(Choice("Usual layout of panes", desk.reset, ICONS["undo"]))
    workspace.session.choices.open("top_bar", _under_menu(workspace, "View"), tuple(items))


def _save_layout(workspace: Workspace, argument: str) -> None:
    """Keep the layout under the given name, or ask for one in the place of the search."""
    if argument:
        workspace.desk.save_as(argument)
        return
    rect = workspace.top_bar.search_rect
    name = workspace.desk.name if workspace.desk.name in workspace.desk.own else ""
    workspace.session.fields.open(
        Field(
            "layout.name", "top_bar", Rect(rect.x + 4, rect.y, rect.width - 8, rect.height),
            text=name, hint="Name of this layout, then Enter",
            on_enter=lambda text: workspace.run("layout.save", text) if text.strip() else None,
            on_leave=lambda _text: None, select_all=True,
        )
    )  # fmt: skip


def _scaled(scale: float) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.session.wanted_scale = scale

    return action


def _is_scaled(scale: float) -> Callable[[Workspace], bool]:
    return lambda workspace: workspace.session.wanted_scale == scale


def _next_scale(step: int) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        index = SCALES.index(session.wanted_scale) + step
        session.wanted_scale = SCALES[min(max(index, 0), len(SCALES) - 1)]

    return action


def _choose_scale(workspace: Workspace, _argument: str) -> None:
    items = tuple(
        Choice(
            f"{round(scale * 100)} %", lambda scale=scale: _scaled(scale)(workspace, ""),  # type: ignore[misc]
            on=_is_scaled(scale)(workspace),
        )
        for scale in SCALES
    )  # fmt: skip
    workspace.session.choices.open("top_bar", _under_menu(workspace, "View"), items)


COMMANDS: tuple[Command, ...] = (
    Command("workspace.annotate", "Annotate", "View", lambda w, _: w.desk.go("annotate"),
            ("Alt+1",), checked=lambda w: w.desk.base == "annotate", separated=True,
            tip="Make and change labels"),
    Command("workspace.review", "Review", "View", lambda w, _: w.desk.go("review"), ("Alt+2",),
            checked=lambda w: w.desk.base == "review", tip="Look at tracks and decide on them"),
    Command("layout.full", "Pane fills the window", "View", lambda w, _: w.desk.toggle_full(),
            ("F11",), checked=lambda w: w.desk.full is not None),
    Command("layout.second", "Second view of the points", "View",
            lambda w, _: w.desk.toggle("second"), ("Ctrl+3",),
            checked=lambda w: w.desk.is_open("second"),
            tip="3D and bird's-eye view side by side"),
    Command("layout.panes", "Panes", "View", _choose_panes, tip="Open and close panes"),
    Command("layout.list", "Layouts", "View", _choose_layout,
            tip="Choose, keep and remove layouts of panes"),
    Command("layout.save", "Save layout as", "", _save_layout),
    Command("layout.show", "Show a layout", "", lambda w, a: w.desk.show(a)),
    Command("layout.reset", "Usual layout of panes", "View", lambda w, _: w.desk.reset()),
    Command("layout.tab", "Points or camera", "", lambda w, _: w.desk.toggle_tab()),
    Command("pane.show", "Show a pane", "", lambda w, a: w.desk.bring_to_front(a)),
    Command("pane.close", "Close a pane", "", lambda w, a: w.desk.close(a)),
    Command("pane.toggle", "Open or close a pane", "", lambda w, a: w.desk.toggle(a)),
    Command("view.scale", "Scale", "View", _choose_scale, needs_log=False, separated=True,
            tip="Size of text and controls: 100, 125, 150 or 200 %"),
    Command("view.larger", "Larger text and controls", "", _next_scale(1), ("Ctrl++", "Ctrl+="),
            needs_log=False),
    Command("view.smaller", "Smaller text and controls", "", _next_scale(-1), ("Ctrl+-",),
            needs_log=False),
    Command("view.theme", "Light theme", "View", lambda w, _: w.session.toggle_theme(), (),
            checked=lambda w: w.session.theme.name == "light", needs_log=False),
)  # fmt: skip
