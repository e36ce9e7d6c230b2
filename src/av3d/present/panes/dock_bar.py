"""What docked panes have above them, and what shows while one is dragged to another place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from av3d.present.drawing import ICON, SMALL, SMALL_STRONG, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.pane import Button, Layer, Pane
from av3d.present.session import Session
from av3d.present.theme import RADIUS, faded

if TYPE_CHECKING:
    from av3d.present.desk import Desk

CLOSE_PX = 24


class DockBar(Pane):
    """The bar of a place: a tab for each of its panes, and a button that closes the one that shows."""

    desk: Desk

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        pane: str,
    ) -> None:
        super().__init__(session, measure, run)
        self.pane = pane
        self.name = f"{pane}_bar"

    @property
    def panes(self) -> tuple[str, ...]:
        """Names of the panes that share the place."""
        for place in self.desk.layout.places:
            if self.pane in place.tabs.panes:
                return place.tabs.panes
        return (self.pane,)

    def layers(self) -> Sequence[Layer]:
        return (Layer("all", (self.panes, self._hot), self._draw),)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if button is Button.MIDDLE and zone is not None and zone.command == "pane.show":
            self.run("pane.close", zone.argument)
            return False
        return super().press(x, y, button, clicks)

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        middle, right = self.height / 2, float(self.width - CLOSE_PX)
        panes = self.panes
        room = right / len(panes)
        x = 0.0
        for name in panes:
            pane = self.desk.dockable[name]
            active = name == self.pane
            style = SMALL_STRONG if active else SMALL
            colour = theme.text if active else theme.text_2
            width = round(min(32 + drawing.measure(pane.title, style) + 10, room))
            rect = Rect(x, 0, width, self.height)
            hot = self._hot is not None and self._hot.argument == name
            if len(panes) > 1:
                fill = theme.panel if active else theme.hover if hot else None
                if fill is not None:
                    drawing.box(rect, fill)
                if active:
                    drawing.box(Rect(x, self.height - 2, width, 2), theme.accent)
            drawing.text(x + 8, middle, ICONS[pane.icon], ICON, colour)
            drawing.text(x + 32, middle, pane.title, style, colour, max_width=width - 36)
            tip = pane.title if len(panes) > 1 else f"{pane.title}: drag it to another place"
            drawing.zone(rect, "pane.show", name, tip)
            x += width
        close = Rect(self.width - CLOSE_PX, (self.height - 20) / 2, 20, 20)
        if self._hot is not None and self._hot.command == "pane.close":
            drawing.box(close, theme.control, radius=RADIUS)
        drawing.text(close.centre[0], middle, ICONS["close"], ICON, theme.text_2, anchor=0.5)
        title = self.desk.dockable[self.pane].title
        drawing.zone(close, "pane.close", self.pane, f"Close {title}; View, Panes opens it again")


class DropOverlay(Overlay):
    """The room that a pane would have that is being dragged."""

    name = "drop"
    desk: Desk

    @property
    def visible(self) -> bool:
        return self.desk.grip is not None and self.desk.grip.drop is not None

    def close(self) -> None:
        self.desk.drop_grip()

    def place(self, width: int, height: int) -> Rect:
        grip = self.desk.grip
        if grip is None or grip.drop is None:
            return Rect(0, 0, 1, 1)
        rect = grip.drop.rect
        return Rect(round(rect.x), round(rect.y), round(rect.width), round(rect.height))

    def layers(self) -> Sequence[Layer]:
        grip = self.desk.grip
        return (Layer("all", (grip.pane, grip.drop) if grip is not None else None, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        grip, theme = self.desk.grip, self.session.theme
        if grip is None or grip.drop is None:
            return
        inner = Rect(1, 1, self.width - 2, self.height - 2)
        drawing.box(inner, faded(theme.accent, 0.25), outline=theme.accent, width=2)
        pane = self.desk.dockable[grip.pane]
        text = f"{pane.title} as a tab" if grip.drop.side == "centre" else pane.title
        width = min(drawing.measure(text, SMALL_STRONG) + 44, self.width)
        x, y = inner.centre
        drawing.box(Rect(x - width / 2, y - 14, width, 28), theme.accent, radius=RADIUS)
        drawing.text(x - width / 2 + 8, y, ICONS[pane.icon], ICON, theme.on_accent)
        drawing.text(
            x - width / 2 + 32, y, text, SMALL_STRONG, theme.on_accent, max_width=width - 36
        )
