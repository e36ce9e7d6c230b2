"""Panes of controls: fields, buttons, switches and sliders in a column that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from av3d.present.drawing import (
    ICON,
    NUMBER,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    Drawing,
    Measure,
    Rect,
    Zone,
)
from av3d.present.fields import Field
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Button, Layer, Pane, draw_key, lighter, wrapped
from av3d.present.session import Session
from av3d.present.theme import CONTROL, RADIUS, Colour

SCRUB_FROM_PX = 3
"""A press that moves by less is a click."""
SCROLLED_S = 0.5
"""For so long after scrolling the wheel goes on scrolling, whatever comes under the pointer."""
BAR_PX = 6


class Scrub(Protocol):
    """A value that follows a horizontal drag."""

    def to(self, dx_px: float, x: float) -> None:
        """The pointer is `dx_px` from where the drag began, and at `x` of the pane."""

    def keep(self) -> None:
        """The button was released: what shows is kept, as one step of undo."""

    def drop(self) -> None:
        """Esc: back to the value before."""


@dataclass(frozen=True, eq=False)
class Control:
    """What a place of a pane does.

    Attributes:
        press: on a click.
        scrub: makes the gesture of a drag that begins here.
        wheel: on a notch of the wheel, +1 or -1.
    """

    press: Callable[[], None] | None = None
    scrub: Callable[[], Scrub] | None = None
    wheel: Callable[[int], None] | None = None


class ControlsPane(Pane):
    """A pane with a head that stays and a column of controls below it that scrolls."""

    head_height = 0.0
    foot_height = 0.0

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self._body_controls: dict[str, Control] = {}
        self._head_controls: dict[str, Control] = {}
        self._adding = self._body_controls
        self.content_height = 0.0
        self._scroll = 0.0
        self._scrolled_s = -1e9
        self._held: Control | None = None
        self._scrub: Scrub | None = None
        self._pressed_x = 0.0
        self._pointer = (-1.0, -1.0)
        self._grip: tuple[float, float] | None = None
        self._late: list[Callable[[Drawing], object]] = []

    def body_key(self) -> Hashable:
        """Everything the column depends on beside its scrolling."""
        raise NotImplementedError

    def head_key(self) -> Hashable:
        """Everything the head depends on."""
        raise NotImplementedError

    def draw_head(self, drawing: Drawing) -> None:
        """Draw what stays; it covers what scrolls below it."""
        raise NotImplementedError

    def draw_body(self, drawing: Drawing, y: float) -> float:
        """Draw the column from `y` down; returns where it ends."""
        raise NotImplementedError

    def layers(self) -> Sequence[Layer]:
        hot = None if self._hot is None else (self._hot.command, self._hot.argument)
        body = (self.body_key(), self._scroll, hot)
        return (
            Layer("body", body, self._body),
            Layer("head", (self.head_key(), hot), self._head),
        )

    def _head(self, drawing: Drawing) -> None:
        self._adding = self._head_controls
        self._adding.clear()
        self.draw_head(drawing)

    def _body(self, drawing: Drawing) -> None:
        drawing.box(Rect(0, 0, self.width, self.height), self.session.theme.panel)
        self._adding = self._body_controls
        self._adding.clear()
        top = self.head_height - self._scroll
        self._late.clear()
        self.content_height = self.draw_body(drawing, top) - top
        for draw in self._late:
            draw(drawing)
        if self.furthest > 0:
            drawing.box(self._bar(), self.session.theme.control, radius=3)

    @property
    def room(self) -> float:
        """Height of the place for the column."""
        return max(self.height - self.head_height - self.foot_height, 1.0)

    @property
    def furthest(self) -> float:
        """How far the column can be scrolled."""
        return max(self.content_height - self.room, 0.0)

    def _bar(self) -> Rect:
        length = max(self.room**2 / max(self.content_height, 1.0), 24.0)
        y = self.head_height + (self.room - length) * self._scroll / max(self.furthest, 1.0)
        return Rect(self.width - BAR_PX, y, BAR_PX - 1, length)

    def scroll_to(self, value: float) -> None:
        """Scroll the column, within its limits."""
        self._scroll = float(round(min(max(value, 0.0), self.furthest)))

    def refresh_soon(self) -> None:
        """Lay the column out now, and draw it again with the next picture."""
        self._body(Drawing(self.measure))
        self._layer_keys.pop("body", None)

    def move(self, x: float, y: float) -> None:
        self._pointer = (x, y)
        super().move(x, y)

    def update(self) -> None:
        if self._hot is not None:
            # What was under a pointer that rests may have gone, with its tip.
            self._hot = self.zone_at(*self._pointer)
        if self._scroll > self.furthest:
            self._scroll = float(round(self.furthest))

    def late(self, draw: Callable[[Drawing], object]) -> None:
        """Draw something over all that the column still gets."""
        self._late.append(draw)

    def wrapped(self, text: str, width: float) -> list[str]:
        """A text in lines no wider than `width`."""
        return [
            line for part in text.splitlines() for line in wrapped(part, SMALL, width, self.measure)
        ]

    def add(self, drawing: Drawing, rect: Rect, name: str, control: Control, tip: str) -> None:
        """Make a place of the column a control."""
        self._adding[name] = control
        drawing.zone(rect, "", name, tip)

    def is_hot(self, name: str) -> bool:
        """Whether the pointer is over a control."""
        return self._hot is not None and self._hot.argument == name

    def zone_at(self, x: float, y: float) -> Zone | None:
        # What has been scrolled below the head is not there.
        drawing = self.drawings.get("body" if self._in_body(y) else "head")
        zones = drawing.zones if drawing is not None else []
        return next((zone for zone in reversed(zones) if zone.rect.contains(x, y)), None)

    def _in_body(self, y: float) -> bool:
        return self.head_height <= y < self.height - self.foot_height

    def _control_at(self, x: float, y: float) -> Control | None:
        zone = self.zone_at(x, y)
        if zone is None or zone.command:
            return None
        controls = self._body_controls if self._in_body(y) else self._head_controls
        return controls.get(zone.argument)

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        if button is not Button.LEFT:
            return super().press(x, y, button, clicks)
        if self.furthest > 0 and x >= self.width - BAR_PX and y >= self.head_height:
            self._grip = (y, self._scroll)
            return True
        control = self._control_at(x, y)
        if control is None:
            return super().press(x, y, button, clicks)
        if control.scrub is None:
            if control.press is not None:
                control.press()
            return False
        self._held, self._scrub, self._pressed_x = control, None, x
        if control.press is None:
            # A slider goes where it is pressed.
            self._scrub = control.scrub()
            self._scrub.to(0.0, x)
        return True

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        if self._grip is not None:
            length = self._bar().height
            way = (y - self._grip[0]) * self.furthest / max(self.room - length, 1.0)
            self.scroll_to(self._grip[1] + way)
            return
        if self._held is None or self._held.scrub is None:
            return
        if self._scrub is None and abs(x - self._pressed_x) >= SCRUB_FROM_PX:
            self._scrub = self._held.scrub()
        if self._scrub is not None:
            self._scrub.to(x - self._pressed_x, x)

    def release(self, x: float, y: float) -> None:
        held, scrub = self._held, self._scrub
        self._held = self._scrub = self._grip = None
        if scrub is not None:
            scrub.keep()
        elif held is not None and held.press is not None:
            held.press()

    def cancel(self) -> None:
        if self._scrub is not None:
            self._scrub.drop()
        self._held = self._scrub = self._grip = None

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        control = self._control_at(x, y)
        scrolling = self.session.clock() - self._scrolled_s < SCROLLED_S
        if control is not None and control.wheel is not None and not scrolling:
            control.wheel(1 if notches > 0 else -1)
            return
        if self.furthest > 0:
            self._scrolled_s = self.session.clock()
            self.scroll_to(self._scroll - notches * 60)

    # Controls

    def entry(
        self,
        drawing: Drawing,
        rect: Rect,
        name: str,
        text: str,
        entered: Callable[[str], None],
        *,
        tip: str,
        number: bool = False,
    ) -> None:
        """A short text that a click lets the user type anew."""
        session, theme = self.session, self.session.theme
        active = session.fields.active
        typing = active is not None and active.name == name and active.pane == self.name
        drawing.box(rect, theme.field, theme.accent if typing else theme.border, RADIUS)
        style = NUMBER if number else SMALL
        drawing.text(rect.x + 7, rect.centre[1], text, style, theme.text, max_width=rect.width - 12)
        inner = Rect(rect.x + 2, rect.y + 2, rect.width - 4, rect.height - 4)

        def begin() -> None:
            session.fields.open(
                Field(
                    name, self.name, inner, text, on_enter=entered, select_all=True, number=number
                )
            )

        self.add(drawing, rect, name, Control(begin if session.labels.editable else None), tip)

    def pair(
        self,
        drawing: Drawing,
        name: str,
        value: str,
        y: float,
        *,
        number: bool = True,
        full_name: str = "",
    ) -> float:
        """A name and its value; resting on them tells what had no room. Returns where they end."""
        theme = self.session.theme
        style = NUMBER if number else SMALL
        label = drawing.text(10, y + 10, name, SMALL, theme.text_2, max_width=self.width * 0.45)
        shown = drawing.text(
            self.width - 10, y + 10, value, style, theme.text, anchor=1,
            max_width=self.width - label - 36,
        )  # fmt: skip
        cut = shown < drawing.measure(value, style) or label < drawing.measure(name, SMALL)
        tip = ": ".join([full_name or name, value]) if cut else full_name
        if tip:
            drawing.zone(Rect(0, y - 1, self.width, 22), "", name, tip)
        return y + 22

    def button(
        self,
        drawing: Drawing,
        rect: Rect,
        name: str,
        press: Callable[[], None],
        label: str,
        *,
        icon: str = "",
        key: str = "",
        tip: str = "",
        on: bool = False,
        enabled: bool = True,
        plain: bool = False,
    ) -> None:
        """A button over the whole rectangle; `on` is the one of several that holds."""
        theme = self.session.theme
        hot = enabled and self.is_hot(name)
        fill: Colour | None = theme.accent if on else theme.control
        if plain and not on:
            fill = theme.control if hot else None
        elif hot and not on:
            fill = lighter(theme.control)
        ink = theme.on_accent if on else theme.text if enabled else theme.text_3
        drawing.box(rect, fill, radius=RADIUS)
        style = SMALL_STRONG if on else SMALL
        key_width = max(drawing.measure(key, NUMBER_TINY) + 9, 18) + 6 if key else 0.0
        icon_width = 16 + (6 if label else 0) if icon else 0.0
        room = rect.width - 4 - key_width - icon_width
        shown = label if drawing.measure(label, style) <= room else ""
        if label and not shown and not icon:
            shown = label
        if not shown and icon:
            icon_width = 16.0
        wide = icon_width + (drawing.measure(shown, style) if shown else 0.0) + key_width
        x, middle = rect.x + max((rect.width - wide) / 2, 3), rect.centre[1]
        if icon:
            drawing.text(x, middle, ICONS[icon], ICON, ink)
            x += icon_width
        if shown:
            x += drawing.text(x, middle, shown, style, ink, max_width=max(rect.right - x - 3, 0))
        if key:
            draw_key(drawing, self.session, x + 6, middle, key, on=on)
        told = tip or (label if shown != label else "")
        control = Control(press if enabled else None)
        self.add(drawing, rect, name, control, told)

    def switch(
        self,
        drawing: Drawing,
        x: float,
        y: float,
        name: str,
        press: Callable[[], None],
        label: str,
        state: bool | None,
        *,
        tip: str = "",
        enabled: bool = True,
        max_width: float | None = None,
    ) -> float:
        """A check box with words, its middle at `y`; None: some are on. Returns its width."""
        theme = self.session.theme
        icon = "mixed" if state is None else "checked" if state else "unchecked"
        paint = theme.accent_text if state or state is None else theme.text_2
        drawing.text(x, y, ICONS[icon], ICON, paint if enabled else theme.text_3)
        ink = theme.text if enabled else theme.text_3
        room = None if max_width is None else max_width - 22
        wide = 22 + drawing.text(x + 22, y, label, SMALL, ink, max_width=room)
        cut = room is not None and drawing.measure(label, SMALL) > room
        rect = Rect(x - 3, y - CONTROL / 2, wide + 8, CONTROL)
        if enabled and self.is_hot(name):
            drawing.box(rect, None, outline=theme.control, radius=RADIUS)
        told = f"{label}. {tip}".rstrip(". ") if cut else tip
        self.add(drawing, rect, name, Control(press if enabled else None), told)
        return wide

    def chooser(
        self,
        drawing: Drawing,
        rect: Rect,
        name: str,
        press: Callable[[], None],
        label: str,
        *,
        tip: str,
        enabled: bool = True,
    ) -> None:
        """A button that opens a list of choices and shows the one that holds."""
        theme = self.session.theme
        hot = enabled and self.is_hot(name)
        drawing.box(rect, lighter(theme.control) if hot else theme.control, radius=RADIUS)
        ink = theme.text if enabled else theme.text_3
        middle = rect.centre[1]
        drawing.text(rect.x + 8, middle, label, SMALL, ink, max_width=rect.width - 30)
        if enabled:
            drawing.text(rect.right - 19, middle, ICONS["chevron_down"], ICON, ink)
        cut = drawing.measure(label, SMALL) > rect.width - 30
        told = f"{label}. {tip}" if cut else tip
        self.add(drawing, rect, name, Control(press if enabled else None), told)

    def segments(
        self,
        drawing: Drawing,
        rect: Rect,
        name: str,
        options: Sequence[tuple[str, str]],
        chosen: str | None,
        choose: Callable[[str], None],
        *,
        tip: str,
        enabled: bool = True,
    ) -> bool:
        """Buttons side by side, (key, title) each; False, and nothing is drawn, where they do not fit."""
        widths = [round(drawing.measure(title, SMALL_STRONG) + 18) for _, title in options]
        if sum(widths) + 4 * (len(options) - 1) > rect.width:
            return False
        x = rect.x
        for (key, title), width in zip(options, widths, strict=True):
            on = key == chosen
            self.button(
                drawing, Rect(x, rect.y, width, rect.height), f"{name}={key}",
                lambda key=key: choose(key), title,  # type: ignore[misc]
                on=on, tip=tip, enabled=enabled,
            )  # fmt: skip
            x += width + 4
        return True

    def section(
        self,
        drawing: Drawing,
        y: float,
        title: str,
        note: str = "",
        *,
        shut: bool | None = None,
        toggle: Callable[[], None] | None = None,
        note_colour: Colour | None = None,
    ) -> float:
        """A line and a title; with `toggle` it can be folded. Returns where its contents begin."""
        theme = self.session.theme
        drawing.line((0, y + 0.5), (self.width, y + 0.5), theme.control)
        x = 10.0
        if toggle is not None:
            icon = ICONS["chevron_right" if shut else "chevron_down"]
            drawing.text(6, y + 15, icon, ICON, theme.text_2)
            tip = f"{'Show' if shut else 'Hide'} {title.lower()}"
            rect = Rect(0, y + 1, self.width, 28)
            self.add(drawing, rect, f"section.{title}", Control(toggle), tip)
            x = 26.0
        wide = drawing.text(x, y + 15, title, SMALL_STRONG, theme.text_2)
        if note:
            drawing.text(
                self.width - 10, y + 15, note, SMALL, note_colour or theme.text_3, anchor=1,
                max_width=self.width - x - wide - 26,
            )  # fmt: skip
        return y + 29
