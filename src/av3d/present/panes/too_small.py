"""What a window shows that is too small for its panes."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.present.drawing import BODY, BODY_STRONG, Drawing, Rect
from av3d.present.layout import SMALLEST
from av3d.present.panes.pane import Layer, Pane, wrapped

LINE_PX = 22


class TooSmallPane(Pane):
    """One sentence instead of panes that would cover each other."""

    name = "too_small"

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", None, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        width, height = SMALLEST
        room = max(self.width - 32.0, 1.0)
        lines = [
            (line, style, colour)
            for text, style, colour in (
                ("Window too small to edit safely", BODY_STRONG, theme.text),
                (f"Make it at least {width} × {height} pixels.", BODY, theme.text_2),
            )
            for line in wrapped(text, style, room, self.measure)
        ]
        y = self.height / 2 - LINE_PX * (len(lines) - 1) / 2
        for line, style, colour in lines:
            drawing.text(self.width / 2, y, line, style, colour, anchor=0.5, max_width=room)
            y += LINE_PX
