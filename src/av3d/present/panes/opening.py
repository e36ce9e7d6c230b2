"""Opening a log by its path: a field that completes, and a list of the folders and logs there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from av3d.present.drawing import BODY, ICON, SMALL, TINY, Drawing, Measure, Rect
from av3d.present.fields import Field
from av3d.present.folders import Entry, Listing, list_folder
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button
from av3d.present.session import Session
from av3d.present.theme import RADIUS, ROW

WIDTH = 680
ROWS = 14
HEAD_PX = 48
FOOT_PX = 40
FIELD_NAME = "log.open"

Start = Callable[[Callable[[], None]], None]
"""Runs a function, now or on a thread."""


def _on_a_thread(run: Callable[[], None]) -> None:
    threading.Thread(target=run, name="av3d-listing", daemon=True).start()


class OpenOverlay(Overlay):
    """The dialog that opens a log.

    What is typed is answered by a thread, since a disk may be slow; the newest answer shows.

    Attributes:
        text: what is typed.
        chosen: number of the line that Enter takes; -1: the text itself.
        start: where folders are read; tests do it at once.
    """

    name = "opening"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.start: Start = _on_a_thread
        self.text = ""
        self.chosen = -1
        self._open = False
        self._first = 0
        self._listing = Listing("")
        self._asked: str | None = None
        self._reading = False
        self._answer: Listing | None = None

    @property
    def visible(self) -> bool:
        return self._open

    @property
    def waiting(self) -> bool:
        """Whether a folder is being read."""
        return self._open and self._reading

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines of the list."""
        return self._listing.entries

    @property
    def listed(self) -> bool:
        """Whether the list answers what is typed."""
        return self._listing.text == self.text and not self._reading

    def begin(self, text: str) -> None:
        """Show it with a path to begin with."""
        self._open = True
        self._set(text, select_all=True)

    def close(self) -> None:
        self._open = False
        self.session.fields.close(FIELD_NAME)

    def _set(self, text: str, *, select_all: bool = False) -> None:
        """Put a text into the field, with the cursor at its end or all of it selected."""
        self.session.fields.close(FIELD_NAME)
        self.session.fields.open(
            Field(
                FIELD_NAME, self.name, Rect(40, 10, self._wide - 56, 28), text=text,
                hint="Path of a log, for example /data/pandaset/001",
                on_change=self._typed, on_enter=lambda _: self._entered(),
                on_leave=lambda _: self.close(), on_escape=self.close, on_key=self._key,
                select_all=select_all,
            )
        )  # fmt: skip
        self._typed(text)

    def _typed(self, text: str) -> None:
        self.text, self.chosen, self._first = text, -1, 0
        self._ask()

    def _ask(self) -> None:
        if self._reading:
            return
        self._asked, self._reading = self.text, True
        asked = self.text

        def read() -> None:
            try:
                self._answer = list_folder(asked)
            except Exception as error:  # a plug-in's look at a folder may raise anything
                self._answer = Listing(asked, problem=f"{type(error).__name__}: {error}")

        self.start(read)

    def update(self) -> None:
        answer = self._answer
        if answer is None:
            return
        self._answer, self._reading = None, False
        self._listing = answer
        if answer.text != self.text:
            self._ask()
        elif self.chosen < 0 and self._should_choose():
            self.chosen = 0

    def _should_choose(self) -> bool:
        """Whether Enter means the first line: what is typed is that, or only that begins like it."""
        return bool(self.entries) and (self.entries[0].path == self.text or len(self.entries) == 1)

    def _key(self, key: str) -> bool:
        if key in ("Down", "Up", "PageDown", "PageUp"):
            self.step({"Down": 1, "Up": -1, "PageDown": ROWS, "PageUp": -ROWS}[key])
            return True
        if key == "Tab":
            self.complete()
            return True
        return False

    def step(self, step: int) -> None:
        """Choose a line further down (positive) or up."""
        if not self.entries:
            return
        last = len(self.entries) - 1
        if abs(step) == 1:
            self.chosen = (max(self.chosen, -1 if step > 0 else 0) + step) % (last + 1)
        else:
            self.chosen = min(max(self.chosen + step, 0), last)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self._first = min(max(self._first, self.chosen - ROWS + 1), max(self.chosen, 0))

    def complete(self) -> None:
        """Type as much further as is certain: the chosen line, or what all lines begin with."""
        if not self.entries or not self.listed:
            return
        if self.chosen >= 0 or len(self.entries) == 1:
            self._set(self.entries[max(self.chosen, 0)].path)
            return
        paths = [entry.path for entry in self.entries]
        common = _common(paths)
        if len(common) > len(self.text):
            self._set(common)

    def _entered(self) -> None:
        """Open the chosen log, or look into the chosen folder."""
        if 0 <= self.chosen < len(self.entries) and self.listed:
            self.take(self.chosen)
        elif self.text.strip():
            self._open_path(self.text.strip())
        else:
            self._set(self.text)

    def take(self, number: int) -> None:
        """Open the log of a line, or look into its folder."""
        if not 0 <= number < len(self.entries):
            return
        entry = self.entries[number]
        if entry.is_log:
            self._open_path(entry.path)
        else:
            self._set(entry.path)

    def _open_path(self, path: str) -> None:
        self.close()
        self.run("log.show", path)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        last = max(len(self.entries) - ROWS, 0)
        self._first = min(max(self._first - round(3 * notches), 0), last)

    @property
    def _wide(self) -> int:
        return min(WIDTH, self.workspace.layout.width - 40)

    def place(self, width: int, height: int) -> Rect:
        tall = HEAD_PX + ROWS * ROW + 16 + FOOT_PX
        return Rect((width - self._wide) // 2, 72, self._wide, min(tall, height - 100))

    def layers(self) -> Sequence[Layer]:
        key = (self._listing, self.chosen, self._first, self._reading, self._hot)
        return (Layer("all", key, self._draw),)

    def _rows(self) -> int:
        return min(ROWS, int((self.height - HEAD_PX - FOOT_PX - 16) // ROW))

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        drawing.text(14, HEAD_PX / 2, ICONS["folder"], ICON, theme.text_2)
        drawing.box(
            Rect(36.5, 9.5, self.width - 48, 29), theme.field, outline=theme.accent, radius=RADIUS
        )
        drawing.line((0, HEAD_PX - 0.5), (self.width, HEAD_PX - 0.5), theme.control)
        rows = self._rows()
        for number, entry in enumerate(self.entries[self._first : self._first + rows]):
            rect = Rect(4, HEAD_PX + 6 + number * ROW, self.width - 8, ROW)
            self._row(drawing, self._first + number, entry, rect)
        if not self.entries:
            text = "Looking" if self._reading else self._listing.problem
            drawing.text(
                40, HEAD_PX + 6 + ROW / 2, text, SMALL, theme.text_2, max_width=self.width - 56
            )
        self._foot(drawing, rows)

    def _row(self, drawing: Drawing, number: int, entry: Entry, rect: Rect) -> None:
        theme = self.session.theme
        hot = self._hot is not None and self._hot.argument == str(number)
        if number == self.chosen or hot:
            fill = theme.selected if number == self.chosen else theme.hover
            drawing.box(rect, fill, radius=RADIUS)
        if number == self.chosen:
            drawing.box(Rect(rect.x, rect.y, 3, rect.height), theme.accent)
        middle = rect.centre[1]
        icon, paint = ("database", theme.text) if entry.is_log else ("folder", theme.text_2)
        drawing.text(14, middle, ICONS[icon], ICON, paint)
        note = f"{' or '.join(entry.kinds)} log" if entry.is_log else ""
        wide = drawing.text(
            rect.right - 12, middle, note, TINY, theme.text_2, anchor=1, max_width=rect.width / 3
        )
        room = rect.right - 24 - wide - 40
        paint = theme.text if entry.is_log else theme.text_2
        drawing.text(40, middle, entry.name, BODY, paint, max_width=room)
        tip = entry.path if self.measure(entry.name, BODY) > room else ""
        drawing.zone(rect, "open.row", str(number), tip)

    def _foot(self, drawing: Drawing, rows: int) -> None:
        theme = self.session.theme
        top = self.height - FOOT_PX
        drawing.line((0, top + 0.5), (self.width, top + 0.5), theme.control)
        middle = top + FOOT_PX / 2
        hot = self._hot is not None and self._hot.command == "open.enter"
        left = draw_button(
            drawing, self.session, self.width - 10, middle, "open.enter", label="Open",
            key="Enter", on=True, hot=hot, tip="Open the chosen log, or look into the chosen folder",
        )  # fmt: skip
        below = len(self.entries) - rows - self._first
        more = f"{below + self._listing.more:,} more. " if below > 0 or self._listing.more else ""
        drawing.text(
            14, middle, f"{more}Tab completes, ↑ ↓ choose, Enter opens, Esc closes", TINY,
            theme.text_2, max_width=left - 24,
        )  # fmt: skip

    def press_enter(self) -> None:
        """What the button does."""
        self._entered()


def _common(texts: Sequence[str]) -> str:
    """The longest beginning of all texts."""
    first, last = min(texts), max(texts)
    for number, letter in enumerate(first):
        if number >= len(last) or last[number] != letter:
            return first[:number]
    return first
