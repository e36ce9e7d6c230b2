"""What lies over the panes: menu, tooltip, messages, help, palette. All made from the command table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.present.commands import MENUS, Command
from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Layer, Pane, draw_button, draw_key, wrapped
from av3d.present.session import Session
from av3d.present.theme import RADIUS, ROW, colour
from av3d.render.palette import category_style

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


class Overlay(Pane):
    """A pane over the others that shows only at times."""

    modal = False
    """Whether a press outside closes it and does nothing else."""

    workspace: Workspace

    @property
    def visible(self) -> bool:
        return False

    def place(self, width: int, height: int) -> Rect:
        """Where it is in a window of this size."""
        raise NotImplementedError

    def close(self) -> None:
        """Take it away."""

    def key(self, key: str) -> bool:
        """A key was pressed while it shows; True if it has done something with it."""
        return False

    def _frame(self, drawing: Drawing) -> None:
        theme = self.session.theme
        rect = Rect(0.5, 0.5, self.width - 1, self.height - 1)
        drawing.box(rect, theme.panel, outline=theme.border, radius=RADIUS)


class MenuOverlay(Overlay):
    """The commands of the open menu with their keys."""

    name = "menu"
    modal = True

    @property
    def visible(self) -> bool:
        return self.workspace.top_bar.open_menu is not None

    def close(self) -> None:
        self.workspace.top_bar.open_menu = None

    @property
    def commands(self) -> tuple[Command, ...]:
        menu = self.workspace.top_bar.open_menu
        workspace = self.workspace
        return workspace.table.of_menu(menu, workspace.desk.base) if menu else ()

    def place(self, width: int, height: int) -> Rect:
        top_bar = self.workspace.top_bar
        widest = max((self.measure(c.title, BODY) for c in self.commands), default=100)
        keys = max((self.measure(c.key, NUMBER_TINY) for c in self.commands), default=0)
        rows = len(self.commands) * ROW + sum(9 for c in self.commands if c.separated)
        menu_width = round(32 + widest + 32 + keys + 16)
        x = min(top_bar.menu_x(top_bar.open_menu or ""), width - menu_width)
        return Rect(round(x), round(top_bar.rect.bottom), menu_width, rows + 8)

    def layers(self) -> Sequence[Layer]:
        states = tuple(
            (command.enabled(self.workspace), command.checked and command.checked(self.workspace))
            for command in self.commands
        )
        key = (self.workspace.top_bar.open_menu, states, self._hot)
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        y = 4.0
        for command in self.commands:
            if command.separated:
                drawing.line((8, y + 4.5), (self.width - 8, y + 4.5), theme.control)
                y += 9
            rect = Rect(4, y, self.width - 8, ROW)
            enabled = command.enabled(self.workspace)
            if enabled and self._hot is not None and self._hot.argument == command.name:
                drawing.box(rect, theme.control, radius=RADIUS)
            text = theme.text if enabled else theme.text_3
            middle = rect.centre[1]
            if command.checked is not None and command.checked(self.workspace):
                drawing.text(10, middle, ICONS["check"], ICON, theme.accent_text)
            drawing.text(32, middle, command.title, BODY, text)
            drawing.text(self.width - 14, middle, command.key, NUMBER_TINY, theme.text_2, anchor=1)
            if enabled:
                drawing.zone(rect, "menu.run", command.name)
            y += ROW


class HelpOverlay(Overlay):
    """All keys, by menu, in columns."""

    name = "help"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False

    def _groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Menu and its commands that have keys, then the mouse."""
        groups = [
            (
                menu,
                [
                    (", ".join(c.keys), c.title)
                    for c in self.workspace.table.of_menu(menu, self.workspace.desk.base)
                    if c.keys
                ],
            )
            for menu in MENUS
        ]
        mouse = [
            ("Click", "Select the track under the pointer"),
            ("Right drag", "Move the view or the image"),
            ("Wheel", "Zoom at the pointer"),
            ("Left drag", "Turn the 3D view"),
            ("Double click", "In the list: centre on the track"),
            ("Wheel on timeline", "Zoom the time, Shift moves it"),
        ]
        return [group for group in groups if group[1]] + [("Mouse", mouse)]

    def _columns(self) -> list[list[tuple[str, list[tuple[str, str]]]]]:
        """The groups in two columns of about the same height."""
        groups = self._groups()
        total = sum(len(entries) + 2 for _, entries in groups)
        columns: list[list[tuple[str, list[tuple[str, str]]]]] = [[], []]
        used = 0
        for group in groups:
            columns[1 if used + len(group[1]) / 2 > total / 2 or columns[1] else 0].append(group)
            used += len(group[1]) + 2
        return columns

    def place(self, width: int, height: int) -> Rect:
        rows = max(
            sum(24 * (len(entries) + 1) + 14 for _, entries in column) for column in self._columns()
        )
        wanted = min(60 + rows, height - 60)
        wide = min(820, width - 40)
        return Rect((width - wide) // 2, max((height - wanted) // 2, 0), wide, wanted)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (), self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        drawing.text(20, 26, "Keys", BODY_STRONG, theme.text)
        drawing.text(64, 26, "Esc or F1 closes this page.", SMALL, theme.text_3)
        column_width = self.width / 2
        for number, column in enumerate(self._columns()):
            x, y = 20 + number * (column_width - 12), 60.0
            for title, entries in column:
                drawing.text(x, y, title, SMALL_STRONG, theme.text_2)
                y += 24
                for keys, what in entries:
                    self._caps(drawing, x, y, keys, title == "Mouse")
                    drawing.text(x + 150, y, what, SMALL, theme.text, max_width=column_width - 180)
                    y += 24
                y += 14

    def _caps(self, drawing: Drawing, x: float, y: float, keys: str, gesture: bool) -> None:
        """Key caps; a gesture of the mouse is words."""
        if gesture:
            drawing.text(x, y, keys, SMALL, self.session.theme.text_2, max_width=142)
            return
        for key in keys.split(", "):
            x += draw_key(drawing, self.session, x, y, key) + 4


@dataclass(frozen=True)
class Toast:
    """A message at the bottom right.

    Attributes:
        number: names it.
        kind: "error" stays until closed, "info" leaves after 5 s.
        title, text: words.
        until_s: reading of the clock when it leaves, None for never.
        action: label, command and argument of its button; None for none.
    """

    number: int
    kind: str
    title: str
    text: str
    until_s: float | None
    action: tuple[str, str, str] | None = None


class ToastOverlay(Overlay):
    """Messages, the newest at the bottom."""

    name = "toasts"
    WIDTH = 380

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.toasts: list[Toast] = []
        self._count = 0

    @property
    def visible(self) -> bool:
        return bool(self.toasts)

    def show(
        self,
        kind: str,
        title: str,
        text: str = "",
        *,
        details: str = "",
        action: tuple[str, str, str] | None = None,
    ) -> None:
        """Add a message; one that is there already is not repeated.

        Args:
            kind: "error" or "info".
            title: what happened.
            text: what it means and what to do.
            details: what its button copies; "" for no such button.
            action: label, command and argument of a button instead of that.
        """
        if any((toast.title, toast.text) == (title, text) for toast in self.toasts):
            return
        self.session.note_told(kind, title, text, details)
        self._count += 1
        until = None if kind == "error" else self.session.clock() + 5.0
        if action is None and details:
            action = ("Copy details", "text.copy", details)
        self.toasts = [*self.toasts[-3:], Toast(self._count, kind, title, text, until, action)]

    def take_over(self, toasts: Sequence[Toast]) -> None:
        """Show messages of another workspace, too."""
        self.toasts = [*toasts, *self.toasts]
        self._count = max((toast.number for toast in self.toasts), default=0)

    def dismiss(self, number: int) -> None:
        """Close one."""
        self.toasts = [toast for toast in self.toasts if toast.number != number]

    def expire(self) -> None:
        """Drop those whose time has come."""
        now = self.session.clock()
        self.toasts = [t for t in self.toasts if t.until_s is None or t.until_s > now]

    def _lines(self, toast: Toast) -> list[str]:
        return wrapped(toast.text, SMALL, self.WIDTH - 76, self.measure)

    def _height(self, toast: Toast) -> int:
        button = 32 if toast.action is not None else 0
        return 38 + 18 * len(self._lines(toast)) + (6 if toast.text else 0) + button

    def place(self, width: int, height: int) -> Rect:
        total = sum(self._height(toast) + 8 for toast in self.toasts)
        return Rect(width - self.WIDTH - 12, height - 24 - total - 8, self.WIDTH, total)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (tuple(self.toasts), self._hot), self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        y = 0.0
        for toast in self.toasts:
            rect = Rect(0.5, y + 0.5, self.width - 1, self._height(toast) - 1)
            edge = theme.bad if toast.kind == "error" else theme.accent
            drawing.box(rect, theme.raised, outline=theme.control, radius=RADIUS)
            drawing.box(Rect(0, y, 3, rect.height + 1), edge)
            icon = ICONS["alert" if toast.kind == "error" else "info"]
            drawing.text(14, y + 19, icon, ICON, edge)
            drawing.text(
                40, y + 19, toast.title, SMALL_STRONG, theme.text, max_width=self.WIDTH - 80
            )
            for number, line in enumerate(self._lines(toast)):
                drawing.text(40, y + 41 + 18 * number, line, SMALL, theme.text_2)
            if toast.action is not None:
                label, command, argument = toast.action
                hot = self._hot is not None and self._hot.argument == argument
                draw_button(
                    drawing, self.session, 40 + self.measure(label, SMALL) + 16, rect.bottom - 20,
                    command, label=label, argument=argument, hot=hot,
                )  # fmt: skip
            close = Rect(self.width - 32, y + 7, 24, 24)
            drawing.text(
                close.centre[0], close.centre[1], ICONS["close"], ICON, theme.text_2, anchor=0.5
            )
            drawing.zone(close, "toast.close", str(toast.number), "Close")
            y += rect.height + 9


class TipOverlay(Overlay):
    """What the thing under the pointer does, after it has rested there a moment."""

    name = "tip"
    DELAY_S = 0.5

    @property
    def text(self) -> str:
        """The words, "" when there is nothing to say yet."""
        since = self.workspace.mouse.resting_since
        pane = self.workspace.hovered_pane
        if pane is None or pane.hot is None or since is None:
            return ""
        return pane.hot.tip if self.session.clock() - since >= self.DELAY_S else ""

    @property
    def visible(self) -> bool:
        return bool(self.text)

    def place(self, width: int, height: int) -> Rect:
        x, y = self.workspace.mouse.place
        wide = round(self.measure(self.text, TINY) + 16)
        top = y + 22 if y + 50 < height else y - 30
        return Rect(min(round(x) + 8, width - wide - 4), round(top), wide, 24)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", self.text, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0.5, 0.5, self.width - 1, self.height - 1), theme.raised,
                    outline=theme.border, radius=RADIUS)  # fmt: skip
        drawing.text(8, self.height / 2, self.text, TINY, theme.text)


@dataclass(frozen=True)
class Found:
    """A line of the palette: runs a command with an argument."""

    icon: str
    icon_colour: str
    title: str
    note: str
    command: str
    argument: str


class PaletteOverlay(Overlay):
    """Search for tracks, frames and commands."""

    name = "palette"
    modal = True
    ROWS = 12

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self.query = ""
        self.chosen = 0

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False
        self.session.fields.close("palette")

    def begin(self) -> None:
        """Open with an empty query."""
        self.open, self.query, self.chosen = True, "", 0
        self.session.fields.open(
            Field(
                "palette", self.name, self.field(), hint="Search tracks, frames, commands",
                on_change=self.set_query, on_enter=lambda _: self._entered(),
                on_leave=lambda _: self.close(), on_escape=self.close, on_key=self._key,
            )
        )  # fmt: skip

    def _entered(self) -> None:
        self.run_chosen()
        self.close()

    def _key(self, key: str) -> bool:
        if key not in ("Down", "Up"):
            return False
        self.step(1 if key == "Down" else -1)
        return True

    def set_query(self, text: str) -> None:
        if text != self.query:
            self.query, self.chosen = text, 0

    def step(self, step: int) -> None:
        """Choose the next (+1) or previous (-1) line."""
        count = len(self.results())
        self.chosen = (self.chosen + step) % count if count else 0

    def results(self) -> list[Found]:
        """What matches all words of the query, best first."""
        parts = self.query.lower().split()
        found: list[Found] = []
        digits = "".join(parts[-1:])
        if digits.isdigit() and (len(parts) == 1 or parts[0] == "frame"):
            frame = int(digits)
            if frame < self.session.frames:
                found.append(Found(ICONS["timeline"], "", f"Frame {frame}", "", "frame.go", digits))
        for track in self.session.tracks:
            if parts and all(part in f"{track.name} {track.id}".lower() for part in parts):
                style = category_style(track.category)
                here = track.is_present(self.session.timestamp_ns)
                note = "" if here else "not in this frame"
                found.append(
                    Found(style.glyph, style.colour, track.name, note, "palette.track", track.id)
                )
            if len(found) >= self.ROWS - 4:
                break
        for command in self.workspace.table.commands:
            title = command.title.lower()
            if command.menu and all(part in title for part in parts):
                if command.name == "palette.open" or not self.workspace.can(command):
                    continue
                found.append(Found("", "", command.title, command.key, command.name, ""))
        return found[: self.ROWS]

    def field(self) -> Rect:
        """Where the window puts the text field."""
        return Rect(40, 8, self.width - 48, 28)

    def run_chosen(self) -> None:
        """Do the chosen line."""
        results = self.results()
        if results:
            self.workspace.run_found(results[min(self.chosen, len(results) - 1)])

    def place(self, width: int, height: int) -> Rect:
        wide = min(560, width - 40)
        rows = max(len(self.results()), 1)
        return Rect((width - wide) // 2, 72, wide, 48 + rows * ROW + 8)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (self.query, self.chosen, self._hot, self.session.frame), self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        drawing.text(14, 22, ICONS["search"], ICON, theme.text_2)
        drawing.line((0, 44.5), (self.width, 44.5), theme.control)
        results = self.results()
        if not results:
            text = f"Nothing matches '{self.query}'. Try a track's number, a frame or a command."
            drawing.text(14, 48 + ROW / 2, text, SMALL, theme.text_2, max_width=self.width - 28)
        for number, item in enumerate(results):
            rect = Rect(4, 48 + number * ROW, self.width - 8, ROW)
            hot = self._hot is not None and self._hot.argument == str(number)
            if number == self.chosen or hot:
                fill = theme.selected if number == self.chosen else theme.hover
                drawing.box(rect, fill, radius=RADIUS)
            middle = rect.centre[1]
            if item.icon:
                paint = colour(item.icon_colour) if item.icon_colour else theme.text_2
                drawing.text(14, middle, item.icon, ICON, paint)
            drawing.text(40, middle, item.title, BODY, theme.text)
            note_style = SMALL if item.command == "palette.track" else NUMBER_TINY
            drawing.text(self.width - 16, middle, item.note, note_style, theme.text_2, anchor=1)
            drawing.zone(rect, "palette.run", str(number))
