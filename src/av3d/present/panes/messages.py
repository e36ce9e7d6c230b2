"""All messages of the session, with details to copy."""

from __future__ import annotations

from collections.abc import Hashable

from av3d.present.dock import Side
from av3d.present.drawing import ICON, NUMBER, SMALL, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.controls import ControlsPane
from av3d.present.panes.journal_rows import time_of_day
from av3d.present.panes.pane import draw_message
from av3d.present.session import Told

LINE = 18


class MessagesPane(ControlsPane):
    """What the user was told, newest first; errors stand out."""

    name = "messages"
    title = "Messages"
    icon = "messages"
    home: tuple[str, Side] = ("inspector", "centre")

    def body_key(self) -> Hashable:
        return tuple(self.session.told)

    def head_key(self) -> Hashable:
        return None

    def draw_head(self, drawing: Drawing) -> None:
        """Nothing: its title is on the bar above it."""

    def draw_body(self, drawing: Drawing, y: float) -> float:
        told = self.session.told
        if not told:
            rect = Rect(0, 0, self.width, self.height)
            draw_message(drawing, self.session, rect, "messages",
                         "No messages. What went wrong or is done is kept here.")  # fmt: skip
            return y
        for number, item in enumerate(reversed(told)):
            y = self._item(drawing, y, len(told) - number, item)
        return y

    def _item(self, drawing: Drawing, y: float, number: int, item: Told) -> float:
        theme = self.session.theme
        error = item.kind == "error"
        lines = self.wrapped(item.text, self.width - 44)
        height = 28 + LINE * len(lines) + (8 if lines else 0)
        if y + height < self.head_height or y > self.height:
            return y + height
        paint = theme.bad if error else theme.text_2
        if error:
            drawing.box(Rect(0, y, 3, height), theme.bad)
        drawing.text(10, y + 15, ICONS["alert" if error else "info"], ICON, paint)
        when = time_of_day(item.time_ns, self.session.wall_ns())
        right = self.width - 40.0
        right -= drawing.text(right, y + 15, when, NUMBER, theme.text_2, anchor=1)
        drawing.text(34, y + 15, item.title, SMALL_STRONG, theme.bad if error else theme.text,
                     max_width=right - 42)  # fmt: skip
        for row, line in enumerate(lines):
            drawing.text(34, y + 37 + LINE * row, line, SMALL, theme.text_2,
                         max_width=self.width - 44)  # fmt: skip
        text = item.details or f"{item.title}: {item.text}".rstrip(": ")
        self.button(
            drawing, Rect(self.width - 34, y + 3, 24, 24), f"copy.{number}",
            lambda: self.run("text.copy", text), "", icon="copy", plain=True,
            tip="Copy the details" if item.details else "Copy this message",
        )  # fmt: skip
        drawing.zone(Rect(0, y, self.width - 40, 28), "", f"told.{number}", item.title)
        drawing.line((0, y + height - 0.5), (self.width, y + height - 0.5), theme.control)
        return y + height
