"""The list of choices that is open, over the panes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present.drawing import BODY, ICON, NUMBER_TINY, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Button, Layer
from av3d.present.session import Session
from av3d.present.theme import RADIUS, ROW, colour

SEPARATOR = 9


class ChoicesOverlay(Overlay):
    """What `session.choices` offers; a click or Enter chooses, Esc and a click elsewhere do not."""

    name = "choices"
    modal = True

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._opened = 0
        self._at = -1
        self._first = 0

    @property
    def visible(self) -> bool:
        return bool(self.session.choices.items)

    def close(self) -> None:
        self.session.choices.close()

    def _begin(self) -> None:
        """A list was opened: begin at what holds now."""
        choices = self.session.choices
        if choices.opened != self._opened:
            self._opened, self._first, self._hot = choices.opened, 0, None
            self._at = next((n for n, item in enumerate(choices.items) if item.on), -1)

    def place(self, width: int, height: int) -> Rect:
        self._begin()
        choices = self.session.choices
        panes = (*self.workspace.panes, *self.workspace.overlays)
        pane = next((pane.rect for pane in panes if pane.name == choices.pane), Rect(0, 0, 0, 0))
        icons = any(item.icon for item in choices.items)
        widest = max((self.measure(item.title, BODY) for item in choices.items), default=80)
        keys = max((self.measure(item.key, NUMBER_TINY) for item in choices.items), default=0)
        wide = max(
            round(32 + widest + (24 if icons else 0) + keys + 24), round(choices.anchor.width)
        )
        rows = len(choices.items) * ROW + SEPARATOR * sum(item.separated for item in choices.items)
        tall = min(rows + 8, height - 8)
        x = min(max(pane.x + choices.anchor.x, 4), width - wide - 4)
        y = pane.y + choices.anchor.bottom + 2
        if y + tall > height - 4:
            above = pane.y + choices.anchor.y - 2 - tall
            y = above if above >= 4 else height - 4 - tall
        return Rect(round(x), round(y), wide, round(tall))

    def layers(self) -> Sequence[Layer]:
        key = (self.session.choices.opened, self._at, self._hot, self._first)
        return (Layer("all", key, self._draw),)

    @property
    def _room(self) -> int:
        """Lines that fit; all but in a very low window."""
        return max(int((self.height - 8) // ROW), 1)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        self._frame(drawing)
        items = self.session.choices.items
        icons = any(item.icon for item in items)
        y = 4.0
        for number, item in list(enumerate(items))[self._first :]:
            if y + ROW > self.height:
                break
            if item.separated:
                drawing.line((8, y + 4.5), (self.width - 8, y + 4.5), theme.control)
                y += SEPARATOR
            rect = Rect(4, y, self.width - 8, ROW)
            hot = self._hot is not None and self._hot.argument == str(number)
            if item.enabled and (hot or number == self._at):
                drawing.box(rect, theme.control, radius=RADIUS)
            middle, x = rect.centre[1], 30.0
            if item.on:
                drawing.text(9, middle, ICONS["check"], ICON, theme.accent_text)
            if icons:
                paint = colour(item.colour) if item.colour else theme.text_2
                drawing.text(x, middle, item.icon, ICON, paint)
                x += 24
            drawing.text(x, middle, item.title, BODY, theme.text if item.enabled else theme.text_3)
            drawing.text(self.width - 14, middle, item.key, NUMBER_TINY, theme.text_2, anchor=1)
            drawing.zone(rect, "", str(number))
            y += ROW

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and button is Button.LEFT:
            self.session.choices.choose(int(zone.argument))
        return False

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        last = max(len(self.session.choices.items) - self._room, 0)
        self._first = min(max(self._first - round(notches), 0), last)

    def key(self, key: str) -> bool:
        self._begin()
        choices = self.session.choices
        if key == "Esc":
            self.close()
        elif key in ("Up", "Down"):
            self._at = (self._at + (1 if key == "Down" else -1)) % len(choices.items)
            if not self._first <= self._at < self._first + self._room:
                self._first = min(self._at, max(len(choices.items) - self._room, 0))
        elif key == "Enter" and 0 <= self._at < len(choices.items):
            choices.choose(self._at)
        else:
            by_key = [n for n, item in enumerate(choices.items) if item.key and item.key == key]
            if by_key:
                choices.choose(by_key[0])
        return True
