"""The menu that is open: its commands with their keys, in as many columns as they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from av3d.present.commands import Command
from av3d.present.drawing import BODY, ICON, NUMBER_TINY, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_key
from av3d.present.reasons import why_not
from av3d.present.session import Session
from av3d.present.theme import RADIUS, ROW

SEPARATOR = 9
EDGE = 4
LEAST_ROWS = 6


@dataclass(frozen=True)
class Row:
    """A command and where it is in the menu, before it is scrolled."""

    command: Command
    rect: Rect
    line_y: float | None


class MenuOverlay(Overlay):
    """The commands of the open menu.

    The pointer and the arrow keys choose; a letter goes to the next command that begins with it; Left
    and Right go to the next menu. One that cannot be done is grey, and its tip says why.
    """

    name = "menu"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.chosen = ""
        """Name of the command that Enter runs."""
        self._menu = ""
        self._scroll = 0.0
        self._rows: tuple[Row, ...] = ()
        self._tall = 0.0

    @property
    def visible(self) -> bool:
        return self.workspace.top_bar.open_menu is not None

    def close(self) -> None:
        self.workspace.top_bar.open_menu = None
        self._menu = self.chosen = ""

    def begin(self) -> None:
        """Open the first menu, for the keyboard."""
        top_bar = self.workspace.top_bar
        if top_bar.menus:
            top_bar.open_menu = top_bar.menus[-1]
            self._next_menu(1)

    @property
    def commands(self) -> tuple[Command, ...]:
        menu = self.workspace.top_bar.open_menu
        workspace = self.workspace
        return workspace.table.of_menu(menu, workspace.desk.base) if menu else ()

    def place(self, width: int, height: int) -> Rect:
        top_bar = self.workspace.top_bar
        menu = top_bar.open_menu or ""
        if menu != self._menu:
            self._menu, self._scroll = menu, 0.0
            if self.chosen not in [command.name for command in self.commands]:
                self.chosen = ""
        room = max(height - round(top_bar.rect.bottom) - EDGE, LEAST_ROWS * ROW)
        columns = self._columns(room - 2 * EDGE)
        widths = [self._width_of(column) for column in columns]
        while len(columns) > 1 and sum(widths) + 2 * EDGE > width - 8:
            # Too narrow for so many columns: fewer, and the wheel scrolls.
            columns = [*columns[:-2], columns[-2] + columns[-1]]
            widths = [self._width_of(column) for column in columns]
        rows: list[Row] = []
        x, self._tall = float(EDGE), 0.0
        for column, wide in zip(columns, widths, strict=True):
            y = float(EDGE)
            for command in column:
                line = y + SEPARATOR / 2 if command.separated and y > EDGE else None
                y += SEPARATOR if line is not None else 0
                rows.append(Row(command, Rect(x, y, wide, ROW), line))
                y += ROW
            self._tall = max(self._tall, y + EDGE)
            x += wide
        self._rows = tuple(rows)
        total = round(x + EDGE)
        left = max(min(top_bar.menu_x(menu), width - total - 4), 0)
        tall = min(self._tall, room)
        self._scroll = min(self._scroll, max(self._tall - tall, 0.0))
        return Rect(round(left), round(top_bar.rect.bottom), total, round(tall))

    def _columns(self, room: float) -> list[tuple[Command, ...]]:
        """The commands in columns no higher than `room`, broken where there is a line if possible."""
        groups: list[list[Command]] = []
        for command in self.commands:
            if command.separated or not groups:
                groups.append([])
            groups[-1].append(command)
        columns: list[list[Command]] = [[]]
        used = 0.0
        for group in groups:
            tall = len(group) * ROW + SEPARATOR
            if columns[-1] and used + tall > room:
                columns.append([])
                used = 0.0
            for command in group:
                if used + ROW > room:
                    columns.append([])
                    used = 0.0
                columns[-1].append(command)
                used += ROW
            used += SEPARATOR
        return [tuple(column) for column in columns]

    def _width_of(self, column: Sequence[Command]) -> int:
        titles = max((self.measure(c.title, BODY) for c in column), default=100)
        keys = max((self._cap_width(c.key) for c in column), default=0)
        return round(32 + titles + 28 + keys + 8)

    def _cap_width(self, key: str) -> float:
        return max(self.measure(key, NUMBER_TINY) + 9, 18) if key else 0.0

    def layers(self) -> Sequence[Layer]:
        states = tuple(
            (
                row.command.name,
                row.rect,
                why_not(self.workspace, row.command),
                self._is_on(row.command),
            )
            for row in self._rows
        )
        return (Layer("all", (states, self.chosen, self._scroll), self._draw),)

    def _is_on(self, command: Command) -> bool:
        return command.checked is not None and command.checked(self.workspace)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        for row in self._rows:
            command = row.command
            rect = Rect(row.rect.x, row.rect.y - self._scroll, row.rect.width, row.rect.height)
            if rect.y < 0 or rect.bottom > self.height:
                continue
            if row.line_y is not None and row.line_y - self._scroll > 0:
                y = row.line_y - self._scroll
                drawing.line((rect.x + 4, y), (rect.right - 4, y), theme.control)
            reason = why_not(self.workspace, command)
            if command.name == self.chosen:
                drawing.box(rect, theme.control, radius=RADIUS)
            middle = rect.centre[1]
            if self._is_on(command):
                drawing.text(rect.x + 6, middle, ICONS["check"], ICON, theme.accent_text)
            ink = theme.text_3 if reason else theme.text
            drawing.text(rect.x + 28, middle, command.title, BODY, ink)
            if command.key:
                left = rect.right - 8 - self._cap_width(command.key)
                draw_key(drawing, self.session, left, middle, command.key)
            tip = ". ".join(part for part in (command.tip, reason) if part)
            drawing.zone(rect, "" if reason else "menu.run", command.name, tip)
        if self._tall > self.height:
            self._draw_bar(drawing)

    def _draw_bar(self, drawing: Drawing) -> None:
        """How far it is scrolled."""
        theme = self.session.theme
        share = self.height / self._tall
        y = self._scroll * share
        drawing.box(
            Rect(self.width - 5, y + 2, 3, self.height * share - 4), theme.border, radius=1.5
        )

    def move(self, x: float, y: float) -> None:
        super().move(x, y)
        if self._hot is not None:
            self.chosen = self._hot.argument

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        furthest = max(self._tall - self.height, 0.0)
        self._scroll = min(max(self._scroll - 2 * ROW * notches, 0.0), furthest)

    def key(self, key: str) -> bool:
        names = [row.command.name for row in self._rows]
        at = names.index(self.chosen) if self.chosen in names else -1
        match key:
            case "Esc":
                self.close()
            case "Down" | "Up":
                step = 1 if key == "Down" else -1
                self._choose(names[(at + step) % len(names)] if at >= 0 or step > 0 else names[-1])
            case "Home" | "End":
                self._choose(names[0] if key == "Home" else names[-1])
            case "Left" | "Right":
                self._next_menu(1 if key == "Right" else -1)
            case "Enter" | "Space":
                if at >= 0 and not why_not(self.workspace, self._rows[at].command):
                    self.run("menu.run", self.chosen)
            case _ if len(key) == 1:
                order = [*self._rows[at + 1 :], *self._rows[: at + 1]]
                found = [row for row in order if row.command.title.upper().startswith(key)]
                if found:
                    self._choose(found[0].command.name)
            case _:
                # A key of a command does what it says there: the menu was only looked at.
                command = self.workspace.table.by_key(key, self.workspace.desk.base)
                if command is not None:
                    self.close()
                    return False
        return True

    def _choose(self, name: str) -> None:
        """Choose a command and scroll it into sight."""
        self.chosen = name
        rect = next(row.rect for row in self._rows if row.command.name == name)
        low, high = rect.bottom + EDGE - self.height, rect.y - EDGE
        self._scroll = max(min(max(self._scroll, low), high), 0.0)

    def _next_menu(self, step: int) -> None:
        top_bar = self.workspace.top_bar
        menus = top_bar.menus
        at = menus.index(top_bar.open_menu) if top_bar.open_menu in menus else 0
        top_bar.open_menu = menus[(at + step) % len(menus)]
        self.place(self.workspace.layout.width, self.workspace.layout.height)
        self.chosen = self._rows[0].command.name if self._rows else ""
