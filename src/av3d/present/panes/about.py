"""About av3d: version, licence, where it keeps its files, versions of libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present.drawing import BODY_STRONG, SMALL, SMALL_STRONG, Drawing, Measure, Rect
from av3d.present.log_facts import Section, as_text, program_sections
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Layer, draw_button
from av3d.present.session import Session

WIDTH = 560
LINE_PX = 22
HEAD_PX = 52
FOOT_PX = 48


class AboutOverlay(Overlay):
    """Facts of the program, to read and to copy."""

    name = "about"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.open = False
        self._sections: tuple[Section, ...] = ()

    @property
    def visible(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False

    def begin(self) -> None:
        """Show it."""
        self._sections = program_sections(self.workspace.places())
        self.open = True

    def copy(self) -> None:
        """Copy all of it as text."""
        self.run("text.copy", as_text(self._sections))

    def key(self, key: str) -> bool:
        if key in ("Esc", "Enter"):
            self.close()
        return True

    def place(self, width: int, height: int) -> Rect:
        wide = min(WIDTH, width - 40)
        rows = sum(len(section.pairs) + 1 for section in self._sections)
        tall = min(HEAD_PX + LINE_PX * rows + 8 * len(self._sections) + FOOT_PX, height - 20)
        return Rect((width - wide) // 2, (height - tall) // 2, wide, tall)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (self._sections, self._hot), self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        drawing.text(20, 26, "About av3d", BODY_STRONG, theme.text)
        drawing.line((0, HEAD_PX - 10.5), (self.width, HEAD_PX - 10.5), theme.control)
        y = float(HEAD_PX)
        bottom = self.height - FOOT_PX
        for section in self._sections:
            if y + LINE_PX > bottom:
                break
            drawing.text(20, y + 8, section.title, SMALL_STRONG, theme.text_2)
            y += LINE_PX
            for name, value in section.pairs:
                if y + LINE_PX > bottom:
                    break
                drawing.text(20, y + 8, name, SMALL, theme.text_2)
                room = self.width - 190
                drawing.text(170, y + 8, value, SMALL, theme.text, max_width=room)
                drawing.zone(Rect(16, y - 3, self.width - 32, LINE_PX), "text.copy", value,
                             f"{value}. Click to copy" if self.measure(value, SMALL) > room
                             else "Click to copy")  # fmt: skip
                y += LINE_PX
            y += 8
        middle = self.height - FOOT_PX / 2
        x = draw_button(
            drawing, self.session, self.width - 16, middle, "about.close", label="Close",
            hot=self._is_hot("about.close"), tip="Close this page (Esc)",
        )  # fmt: skip
        draw_button(
            drawing, self.session, x - 8, middle, "about.copy", label="Copy all of it", icon="copy",
            hot=self._is_hot("about.copy"), tip="As text, for an e-mail or a report",
        )  # fmt: skip

    def _is_hot(self, command: str) -> bool:
        return self._hot is not None and self._hot.command == command
