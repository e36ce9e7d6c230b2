"""The tooltip: what the thing under the pointer does, and its key."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.present.drawing import TINY, Drawing, Rect
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, wrapped
from av3d.present.theme import RADIUS
from av3d.present.tips import tip_of

WIDEST = 320
LINE_PX = 17
PADDING = 8


class TipOverlay(Overlay):
    """Shows after the pointer has rested a moment; no wider than 320 px."""

    name = "tip"
    DELAY_S = 0.5

    @property
    def text(self) -> str:
        """The words, "" when there is nothing to say yet."""
        since = self.workspace.mouse.resting_since
        pane = self.workspace.hovered_pane
        if pane is None or pane.hot is None or since is None:
            return ""
        if self.session.clock() - since < self.DELAY_S:
            return ""
        return tip_of(pane.hot, self.workspace.table)

    @property
    def visible(self) -> bool:
        return bool(self.text)

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for line in wrapped(self.text, TINY, WIDEST - 2 * PADDING, self.measure):
            # A path has no spaces to break at.
            rest = line
            while self.measure(rest, TINY) > WIDEST - 2 * PADDING:
                most = self._fitting(rest)
                lines.append(rest[:most])
                rest = rest[most:]
            lines.append(rest)
        return lines

    def _fitting(self, line: str) -> int:
        """How many letters of a word fit into a line, at least one."""
        most = len(line)
        while most > 1 and self.measure(line[:most], TINY) > WIDEST - 2 * PADDING:
            most -= 1
        return most

    def place(self, width: int, height: int) -> Rect:
        x, y = self.workspace.mouse.place
        lines = self._lines()
        wide = round(max(self.measure(line, TINY) for line in lines)) + 2 * PADDING
        tall = LINE_PX * len(lines) + 8
        top = y + 22 if y + 26 + tall < height else y - tall - 6
        left = max(min(round(x) + 8, width - wide - 4), 4)
        return Rect(left, max(round(top), 0), wide, tall)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", self.text, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0.5, 0.5, self.width - 1, self.height - 1), theme.raised,
                    outline=theme.border, radius=RADIUS)  # fmt: skip
        for number, line in enumerate(self._lines()):
            y = 4 + LINE_PX * (number + 0.5)
            drawing.text(PADDING, y, line, TINY, theme.text)
