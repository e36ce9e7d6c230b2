"""What the window shows while no log is open: how to open one, and the logs that were open before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from av3d.present.drawing import (
    BODY_STRONG,
    ICON,
    ICON_HUGE,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.icons import ICONS
from av3d.present.layout import Layout
from av3d.present.panes.pane import Layer, Pane, draw_button, wrapped
from av3d.present.session import Session
from av3d.present.settings import RecentLog
from av3d.present.theme import RADIUS, STATUS_BAR, TOP_BAR

WIDTH = 560
ROW_PX = 44
LINE_PX = 20
BUTTON_PX = 36


def without_log(layout: Layout) -> Layout:
    """The layout of a window without a log: the bars, and between them what to do."""
    bars = {name: rect for name, rect in layout.panes.items() if name.endswith("_bar")}
    middle = Rect(0, TOP_BAR, layout.width, layout.height - TOP_BAR - STATUS_BAR)
    return Layout(
        layout.width, layout.height, layout.step, layout.too_small, bars | {"start": middle}, {}
    )


class StartPane(Pane):
    """The empty state of the window, in place of all panes but the bars.

    Attributes:
        open_key: the key that opens a log, "" if it has none.
        recent: logs that were open, the last one first.
        opening: what is being opened, "" if nothing is.
    """

    name = "start"

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open_key = ""
        self.recent: tuple[RecentLog, ...] = ()
        self.opening = ""

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (self.recent, self.opening, self.open_key, self._hot), self._draw),)

    def _shown(self) -> tuple[RecentLog, ...]:
        """As many as there is room for."""
        room = self.height - self._head_px() - 80
        return self.recent[: max(int(room // ROW_PX), 0)]

    def _head_px(self) -> float:
        return 220.0 if self.height > 620 else 150.0

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        width = min(WIDTH, self.width - 48)
        left = round((self.width - width) / 2)
        shown = self._shown()
        tall = 150 + (36 + ROW_PX * len(shown) if shown else 0)
        y = max((self.height - tall) / 2 - 40, 48.0)
        drawing.text(left + width / 2, y, ICONS["folder"], ICON_HUGE, theme.text_3, anchor=0.5)
        y += 40
        if self.opening:
            self._lines(drawing, f"Opening {self.opening}", "", left, y, width)
            return
        y = self._lines(
            drawing, "No log open", "Open a log, or drop a folder here.", left, y, width
        )
        y += 44
        self._buttons(drawing, left + width / 2, y)
        y += BUTTON_PX + 24
        if shown:
            drawing.text(left, y, "Recent logs", SMALL_STRONG, theme.text_2)
            drawing.line((left, y + 15.5), (left + width, y + 15.5), theme.control)
            y += 20
        for log in shown:
            self._row(drawing, log, Rect(left, y, width, ROW_PX))
            y += ROW_PX

    def _lines(
        self, drawing: Drawing, title: str, text: str, left: float, y: float, width: float
    ) -> float:
        theme = self.session.theme
        middle = left + width / 2
        drawing.text(middle, y, title, BODY_STRONG, theme.text, anchor=0.5, max_width=width)
        for line in wrapped(text, SMALL, width, self.measure):
            y += LINE_PX + 4
            drawing.text(middle, y, line, SMALL, theme.text_2, anchor=0.5)
        return y

    def _buttons(self, drawing: Drawing, middle: float, y: float) -> None:
        hot = self._hot.command if self._hot is not None else ""
        # From the right: a button is told where it ends.
        sample = self.measure("Sample log", SMALL) + 16
        key = self.open_key
        open_wide = self.measure("Open", SMALL_STRONG) + 38 + (self.measure(key, TINY) + 22)
        right = middle + (sample + 8 + open_wide) / 2
        edge = draw_button(
            drawing, self.session, right, y, "log.sample", label="Sample log",
            hot=hot == "log.sample", height=BUTTON_PX, tip="Open the log that comes with av3d",
        )  # fmt: skip
        draw_button(
            drawing, self.session, edge - 8, y, "log.open", label="Open", icon="folder", key=key,
            on=True, height=BUTTON_PX, tip="Open a log by its path",
        )  # fmt: skip

    def _row(self, drawing: Drawing, log: RecentLog, rect: Rect) -> None:
        theme = self.session.theme
        if self._hot is not None and self._hot.argument == log.path:
            drawing.box(rect, theme.hover, radius=RADIUS)
        folder, _, name = log.path.rstrip("/").rpartition("/")
        drawing.text(rect.x + 10, rect.centre[1], ICONS["database"], ICON, theme.text_2)
        room = rect.width - 36 - 40
        note = f"frame {log.frame:,}"
        if log.project:
            note = f"{PurePosixPath(log.project).name}, {note}"
        wide = drawing.text(
            rect.right - 40, rect.y + 14, note, TINY, theme.text_3, anchor=1, max_width=room / 2
        )
        drawing.text(
            rect.x + 36, rect.y + 14, name, SMALL_STRONG, theme.text,
            max_width=room - wide - 12,
        )  # fmt: skip
        drawing.text(rect.x + 36, rect.y + 31, folder, TINY, theme.text_3, max_width=room)
        drawing.zone(
            Rect(rect.x, rect.y, rect.width - 32, rect.height), "log.recent", log.path, log.path
        )
        cross = Rect(rect.right - 30, rect.centre[1] - 12, 24, 24)
        drawing.text(*cross.centre, ICONS["close"], ICON, theme.text_3, anchor=0.5)
        drawing.zone(cross, "log.forget", log.path, "Take it from this list; nothing is deleted")
