"""The page of keys: every command with its keys, searched, and changed in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from av3d.errors import Av3dError
from av3d.present.commands import MENUS, Command
from av3d.present.commands.mouse import GESTURES
from av3d.present.drawing import (
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
from av3d.present.finding import fit
from av3d.present.icons import ICONS
from av3d.present.keymap import KeymapError, key_named
from av3d.present.palette import SYNONYMS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button, draw_key
from av3d.present.session import Session
from av3d.present.theme import PADDING, RADIUS, ROW
from av3d.present.words import sentences, short_path

WIDTH = 900
HEAD_PX = 52
FOOT_PX = 40
FIELD_NAME = "keys.search"
OTHERS = "Without a menu"


@dataclass(frozen=True)
class Line:
    """A line of a column: a heading, a command or a gesture of the mouse.

    Attributes:
        title: what it says.
        command: the command of the line, or None.
        gesture: what the mouse does, "" for other lines.
    """

    title: str
    command: Command | None = None
    gesture: str = ""


class HelpOverlay(Overlay):
    """All keys by menu, then the mouse, in two columns that scroll.

    A click on a line waits for the new key. A key that another command has is told with its name before
    anything changes.
    """

    name = "help"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self.query = ""
        self.waiting = ""
        """Name of the command that waits for a key."""
        self.conflict: tuple[str, tuple[str, ...]] | None = None
        """The key that was pressed for it, and titles of the commands that have it."""
        self.problem = ""
        self._scroll = 0.0
        self._tall = 0.0

    @property
    def visible(self) -> bool:
        return self.open

    def begin(self) -> None:
        """Show all keys, with the cursor in the search."""
        self.open, self._scroll = True, 0.0
        self._forget()
        self._search("")

    def close(self) -> None:
        self.open, self.query = False, ""
        self._forget()
        self.session.fields.close(FIELD_NAME)

    def _forget(self) -> None:
        self.waiting, self.conflict, self.problem = "", None, ""

    def begin_search(self) -> None:
        """Put the cursor into the search."""
        self._forget()
        self._search(self.query)

    def _search(self, text: str) -> None:
        wide = self._wide(self.workspace.layout.width)
        self.query = text
        self.session.fields.open(
            Field(
                FIELD_NAME, self.name, self._field(wide), text=text,
                hint="Find a command by its words, or by a key such as Ctrl+K",
                on_change=self._typed, on_enter=self._search,
                on_leave=lambda _text: None, on_escape=self._escape, on_key=self._key_of_search,
            )
        )  # fmt: skip

    def _key_of_search(self, key: str) -> bool:
        if key == "F1" or key in self.workspace.table.by_name("help.keys").keys:
            self.close()
            return True
        if key in ("PageDown", "PageUp", "Down", "Up"):
            step = {"PageDown": 10, "PageUp": -10, "Down": 1, "Up": -1}[key]
            self._scroll_by(step * ROW)
            return True
        return False

    def _escape(self) -> None:
        """Esc in the search: clear it, or close the page."""
        if self.query:
            self.query = ""
            self._search("")
        else:
            self.close()

    def _typed(self, text: str) -> None:
        self.query, self._scroll = text, 0.0

    @staticmethod
    def _field(wide: float) -> Rect:
        return Rect(120, 12, max(wide - 270, 80), 28)

    # What it shows

    def groups(self) -> list[tuple[str, list[Line]]]:
        """Headings and what is below them, as far as it fits the search."""
        table = self.workspace.table
        found: list[tuple[str, list[Line]]] = []
        for menu in (*MENUS, OTHERS):
            rows = (
                table.of_menu(menu)
                if menu in MENUS
                else tuple(c for c in table.commands if not c.menu and c.keys)
            )
            lines = [
                Line(self._title(command), command)
                for command in rows
                if self._fits(command.title, (menu, command.tip, *SYNONYMS.get(command.name, ())))
                or self.query.strip().lower() in [key.lower() for key in command.keys]
            ]
            found.append((menu, lines))
        places = dict.fromkeys(gesture.place for gesture in GESTURES)
        for place in places:
            lines = [
                Line(one.title, None, one.gesture)
                for one in GESTURES
                if one.place == place and self._fits(f"{one.gesture} {one.title}", ("mouse", place))
            ]
            found.append((f"Mouse: {place.lower()}", lines))
        return [group for group in found if group[1]]

    def _fits(self, title: str, others: Sequence[str]) -> bool:
        return fit(self.query, title, others) > 0

    @staticmethod
    def _title(command: Command) -> str:
        where = f" ({command.workspace.capitalize()})" if command.workspace == "review" else ""
        return f"{command.title}{where}"

    def _columns(self) -> list[list[Line]]:
        """All lines in columns of about the same height; headings have no command."""
        groups = self.groups()
        count = 2 if self.width >= 640 else 1
        total = sum(len(lines) + 2 for _, lines in groups)
        columns: list[list[Line]] = [[]]
        for title, lines in groups:
            for number, line in enumerate(lines):
                full = len(columns[-1]) >= total / count
                if full and len(columns) < count:
                    columns.append([])
                if number == 0 or not columns[-1]:
                    if columns[-1]:
                        columns[-1].append(Line(""))
                    columns[-1].append(Line(title))
                columns[-1].append(line)
        return columns

    # Where it is

    @staticmethod
    def _wide(width: float) -> int:
        return min(WIDTH, round(width) - 40)

    def place(self, width: int, height: int) -> Rect:
        wide = self._wide(width)
        tall = max(height - 120, min(height, 300))
        return Rect((width - wide) // 2, (height - tall) // 2, wide, tall)

    @property
    def _furthest(self) -> float:
        return max(self._tall - (self.height - HEAD_PX - FOOT_PX), 0.0)

    def _scroll_by(self, pixels: float) -> None:
        self._scroll = min(max(self._scroll + pixels, 0.0), self._furthest)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        self._scroll_by(-notches * 3 * ROW)

    def layers(self) -> Sequence[Layer]:
        key = (
            self.query, self.waiting, self.conflict, self.problem, self._scroll, self._hot,
            self.workspace.table,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        columns = self._columns()
        self._tall = ROW * max((len(column) for column in columns), default=0) + 2 * PADDING
        self._scroll = min(self._scroll, self._furthest)
        wide = (self.width - 24) / max(len(columns), 1)
        for number, column in enumerate(columns):
            for row, line in enumerate(column):
                y = HEAD_PX + PADDING + row * ROW - self._scroll
                if y >= HEAD_PX and y + ROW <= self.height - FOOT_PX:
                    self._line(drawing, line, Rect(16 + number * wide, y, wide - 12, ROW))
        if not any(columns):
            text = f"No command matches '{self.query}'. Clear the search."
            drawing.text(20, HEAD_PX + 26, text, SMALL, theme.text_2, max_width=self.width - 40)
        if self._furthest > 0:
            room = self.height - HEAD_PX - FOOT_PX
            bar = max(room * room / self._tall, 16)
            y = HEAD_PX + (room - bar) * self._scroll / self._furthest
            drawing.box(Rect(self.width - 7, y, 3, bar), theme.border, radius=1.5)
        self._head(drawing)
        self._foot(drawing)

    def _head(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.text(20, 26, "Keys", BODY_STRONG, theme.text)
        rect = self._field(self.width)
        drawing.text(rect.x - 22, 26, ICONS["search"], ICON, theme.text_2)
        drawing.box(Rect(rect.x - 1, rect.y - 1, rect.width + 2, rect.height + 2), None,
                    outline=theme.control, radius=RADIUS)  # fmt: skip
        field = self.session.fields.active
        if field is None or field.name != FIELD_NAME:
            text = self.query or "Find a command"
            drawing.text(rect.x + 6, 26, text, SMALL, theme.text_2, max_width=rect.width - 12)
            drawing.zone(rect, "keys.search", tip="Find a command by its words or its key")
        x = draw_button(
            drawing, self.session, self.width - 12, 26, "keys.close", icon="close", plain=True,
            hot=self._is_hot("keys.close"), tip="Close this page (Esc)",
        )  # fmt: skip
        if self.workspace.keymap.any_changed:
            draw_button(
                drawing, self.session, x - 8, 26, "keys.reset_all", label="Reset all",
                hot=self._is_hot("keys.reset_all"), tip="Give every command its usual keys again",
            )  # fmt: skip
        drawing.line((0, HEAD_PX - 0.5), (self.width, HEAD_PX - 0.5), theme.control)

    def _foot(self, drawing: Drawing) -> None:
        theme = self.session.theme
        y = self.height - FOOT_PX
        drawing.line((0, y + 0.5), (self.width, y + 0.5), theme.control)
        middle = y + FOOT_PX / 2
        path = self.workspace.keymap_path
        where = f" They are kept in {short_path(path)}." if path else ""
        text = self.problem or f"Click a command to give it another key.{where}"
        paint = theme.bad if self.problem else theme.text_2
        drawing.text(20, middle, text, SMALL, paint, max_width=self.width - 40)
        drawing.zone(Rect(20, y + 8, self.width - 40, 24), "", "keys.file", text)

    def _line(self, drawing: Drawing, line: Line, rect: Rect) -> None:
        theme = self.session.theme
        middle = rect.centre[1]
        if line.command is None and not line.gesture:
            drawing.text(rect.x + 6, middle, line.title, SMALL_STRONG, theme.text_2)
            return
        if line.gesture:
            # Two thirds for what it does: gestures are short.
            room = rect.width * 0.4
            drawing.text(rect.x + 6, middle, line.title, SMALL, theme.text,
                         max_width=rect.width - room - 20)  # fmt: skip
            drawing.text(rect.right - 8, middle, line.gesture, TINY, theme.text_2, anchor=1,
                         max_width=room)  # fmt: skip
            drawing.zone(rect, "", f"mouse.{line.title}", f"{line.gesture}: {line.title}")
            return
        command = line.command
        assert command is not None
        if command.name == self.waiting:
            self._waiting_line(drawing, command, rect)
            return
        if self._hot is not None and self._hot.argument == command.name:
            drawing.box(rect, theme.hover, radius=RADIUS)
        right = rect.right - 6
        drawing.zone(rect, "keys.change", command.name,
                     ". ".join(part for part in (line.title, command.tip, "Click to change its key")
                               if part))  # fmt: skip
        if self.workspace.keymap.changed(command.name):
            right = draw_button(
                drawing, self.session, right, middle, "keys.reset", icon="undo", plain=True,
                argument=command.name, tip="Give it its usual key again", height=20,
                hot=self._hot is not None
                and (self._hot.command, self._hot.argument) == ("keys.reset", command.name),
            ) - 4  # fmt: skip
        for key in reversed(command.keys):
            right -= max(self.measure(key, NUMBER_TINY) + 9, 18)
            draw_key(drawing, self.session, right, middle, key)
            right -= 4
        drawing.text(rect.x + 6, middle, line.title, SMALL, theme.text,
                     max_width=right - rect.x - 14)  # fmt: skip

    def _waiting_line(self, drawing: Drawing, command: Command, rect: Rect) -> None:
        """The line that waits for a key, or tells who has it."""
        theme = self.session.theme
        drawing.box(rect, theme.selected, outline=theme.accent, radius=RADIUS)
        middle = rect.centre[1]
        cancel = draw_button(
            drawing, self.session, rect.right - 4, middle, "keys.cancel", label="Cancel", height=20,
            hot=self._is_hot("keys.cancel"), tip="Leave the key as it is",
        )  # fmt: skip
        if self.conflict is None:
            left = cancel
            if command.keys:
                left = draw_button(
                    drawing, self.session, cancel - 6, middle, "keys.remove", label="No key",
                    height=20, hot=self._is_hot("keys.remove"), tip="Take its keys away",
                )  # fmt: skip
            text = f"{command.title}: press the new key"
        else:
            key, owners = self.conflict
            left = draw_button(
                drawing, self.session, cancel - 6, middle, "keys.use", label="Use here", height=20,
                on=True, tip=f"Give {key} to {command.title} and take it from {', '.join(owners)}",
            )  # fmt: skip
            text = f"{key} is the key of {', '.join(owners)}"
        drawing.text(rect.x + 6, middle, text, SMALL, theme.text, max_width=left - rect.x - 14)

    def _is_hot(self, command: str) -> bool:
        return self._hot is not None and self._hot.command == command

    # Changing keys

    def change(self, name: str) -> None:
        """Wait for the new key of a command."""
        self.session.fields.close(FIELD_NAME)
        self._forget()
        self.waiting = name

    def key(self, key: str) -> bool:
        if not self.waiting:
            self._key_of_search(key)
            if key == "Esc":
                self.close()
            # What lies below the page must not change unseen.
            return True
        if key == "Esc":
            self._forget()
        elif self.conflict is None:
            self._take(key)
        elif key == "Enter":
            self.use_here()
        return True

    def _take(self, key: str, *, take: bool = False) -> None:
        """Give the command that waits this key, unless another one has it."""
        try:
            others = self.workspace.keymap.rebind(self.waiting, key, take=take)
        except KeymapError as error:
            self.problem = sentences(error)
            return
        if others and not take:
            self.conflict = key_named(key), tuple(self._title(other) for other in others)
            return
        self._kept()

    def use_here(self) -> None:
        """Take the key from the commands that have it."""
        if self.conflict is not None:
            self._take(self.conflict[0], take=True)

    def cancel_change(self) -> None:
        """Leave the key as it is."""
        self._forget()

    def remove(self) -> None:
        """Take all keys from the command that waits."""
        try:
            self.workspace.keymap.rebind(self.waiting)
        except KeymapError as error:
            self.problem = sentences(error)
            return
        self._kept()

    def reset(self, name: str = "") -> None:
        """Give a command, or all of them, their usual keys."""
        self.workspace.keymap.reset(name or None)
        self._kept()

    def _kept(self) -> None:
        """Use the keys from now on, and write them down."""
        self._forget()
        try:
            self.workspace.use_keys()
        except Av3dError as error:
            self.problem = sentences(error)
