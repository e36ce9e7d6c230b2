"""What every pane is: a rectangle of layers that react to the pointer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from av3d.present.dock import Side
from av3d.present.drawing import (
    ICON,
    ICON_HUGE,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
    Style,
    Zone,
)
from av3d.present.icons import ICONS
from av3d.present.session import Session
from av3d.present.theme import CONTROL, RADIUS, Colour
from av3d.types import Uint8Array


class Button(Enum):
    """A button of the mouse."""

    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


@dataclass(frozen=True)
class Layer:
    """One layer of a pane: drawn anew when its key changes.

    Attributes:
        name: unique in the pane.
        key: everything the drawing depends on.
        draw: fills a drawing.
    """

    name: str
    key: Hashable
    draw: Callable[[Drawing], None]


@dataclass(frozen=True, eq=False)
class PaneImage:
    """A picture of a pane: uint8 RGBA (H, W, 4), and a number that grows with it."""

    version: int
    pixels: Uint8Array


class Pace(Enum):
    """How soon a pane follows a cuboid that is dragged in another one."""

    ALWAYS = "with each picture"
    TURNS = "in turns with the others that show the cuboid"
    WORDS = "in turns with all other lists and words"


class Pane:
    """A part of the window. Coordinates of all methods are pixels of the pane.

    Args:
        session: what is being looked at.
        measure: width of texts.
        run: runs a command of the table by name, with an argument.
    """

    name = ""
    title = ""
    """What a pane is called that can be put anywhere; "" for one that has its place."""
    icon = ""
    """Its key of ICONS."""
    own_head = False
    """Whether it draws its title itself, so that alone at its place it needs no bar above it."""
    workspace = ""
    """"annotate" or "review" for a pane that belongs to one of them only."""
    home: tuple[str, Side] = ("inspector", "centre")
    """Where it opens: beside which pane, or "centre" for a tab of its place."""

    pace = Pace.WORDS
    """How soon it follows a cuboid that is dragged in another pane."""
    turns = 1
    """How many of its turns it takes until all of it has followed."""

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        self.session = session
        self.measure = measure
        self.run = run
        self.rect = Rect(0, 0, 1, 1)
        self.drawings: dict[str, Drawing] = {}
        self._layer_keys: dict[str, Hashable] = {}
        self._hot: Zone | None = None

    @property
    def width(self) -> int:
        return max(int(self.rect.width), 1)

    @property
    def height(self) -> int:
        return max(int(self.rect.height), 1)

    @property
    def hot(self) -> Zone | None:
        """The zone under the pointer."""
        return self._hot

    def layers(self) -> Sequence[Layer]:
        """The layers from back to front."""
        raise NotImplementedError

    def images(self) -> Mapping[str, PaneImage]:
        """The pictures that the drawings refer to, by slot."""
        return {}

    def update(self) -> None:
        """Take over what has become ready, before the layers are asked for."""

    def refresh(self) -> dict[str, Drawing]:
        """Draw the layers whose keys have changed; returns those, by name."""
        self.update()
        changed: dict[str, Drawing] = {}
        for layer in self.layers():
            session = self.session
            key: Hashable = (self.width, self.height, session.theme.name, session.scale, layer.key)
            if self._layer_keys.get(layer.name) != key:
                drawing = Drawing(self.measure)
                layer.draw(drawing)
                self.drawings[layer.name] = changed[layer.name] = drawing
                self._layer_keys[layer.name] = key
        return changed

    def forget(self) -> None:
        """Draw everything anew the next time: something changed that no key of a layer has."""
        self._layer_keys.clear()

    def zone_at(self, x: float, y: float) -> Zone | None:
        """The topmost zone at a place."""
        for layer in reversed(self.layers()):
            drawing = self.drawings.get(layer.name)
            for zone in reversed(drawing.zones if drawing else ()):
                if zone.rect.contains(x, y):
                    return zone
        return None

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        """A button went down; True keeps the pointer until it is released."""
        zone = self.zone_at(x, y)
        if zone is not None and zone.command and button is Button.LEFT:
            self.run(zone.command, zone.argument)
        return False

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        """The pointer moved while this pane keeps it."""

    def release(self, x: float, y: float) -> None:
        """The button that made this pane keep the pointer went up."""

    def cancel(self) -> None:
        """Esc was pressed while this pane keeps the pointer: take the gesture back."""

    def move(self, x: float, y: float) -> None:
        """The pointer moved over the pane without a button."""
        self._hot = self.zone_at(x, y)

    def leave(self) -> None:
        """The pointer is elsewhere now."""
        self._hot = None

    def meant(self, command: str) -> str:
        """What a key means while the pointer is over the pane: the name of a command for another's."""
        return command

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        """The wheel turned over the pane; positive is away from the user."""


def draw_button(
    drawing: Drawing,
    session: Session,
    right: float,
    y: float,
    command: str,
    *,
    label: str = "",
    icon: str = "",
    on: bool = False,
    argument: str = "",
    key: str = "",
    tip: str = "",
    hot: bool = False,
    style: Style = SMALL,
    plain: bool = False,
    height: float = CONTROL,
) -> float:
    """A button whose right edge is at `right` and whose middle is at `y`; returns its left edge."""
    theme = session.theme
    pad, gap = 8.0, 6.0
    width = 2 * pad if label else 8.0
    width += drawing.measure(label, style) if label else 0
    width += 16.0 if icon else 0
    width += gap if icon and label else 0
    key_width = drawing.measure(key, NUMBER_TINY) + 10 if key else 0.0
    width += key_width + gap if key else 0
    width = round(width)
    rect = Rect(right - width, y - height / 2, width, height)
    fill: Colour | None = theme.accent if on else theme.control
    if plain and not on:
        fill = theme.control if hot else None
    elif hot and not on:
        fill = lighter(theme.control)
    colour = theme.on_accent if on else theme.text
    drawing.box(rect, fill, radius=RADIUS)
    x = rect.x + (pad if label else 4)
    if icon:
        drawing.text(x, y, ICONS[icon], ICON, colour if on or not plain else theme.text_2)
        x += 16 + gap
    if label:
        x += drawing.text(x, y, label, SMALL_STRONG if on else style, colour) + gap
    if key:
        draw_key(drawing, session, x, y, key, on=on)
    drawing.zone(rect, command, argument, tip)
    return rect.x


def lighter(value: Colour) -> Colour:
    """A shade lighter, for a button under the pointer."""
    red, green, blue, alpha = value
    return min(red + 14, 255), min(green + 14, 255), min(blue + 14, 255), alpha


def draw_key(
    drawing: Drawing,
    session: Session,
    x: float,
    y: float,
    key: str,
    *,
    on: bool = False,
    ink: Colour | None = None,
) -> float:
    """A key cap with its left edge at `x`; returns its width.

    Args:
        drawing: where to.
        session: gives the theme.
        x: left edge.
        y: middle.
        key: what it says.
        on: on a button with a fill of its own.
        ink: colour of the words of that button; default: those on accent.
    """
    theme = session.theme
    ink = ink or theme.on_accent
    width = max(drawing.measure(key, NUMBER_TINY) + 9, 18)
    rect = Rect(x, y - 9, width, 18)
    drawing.box(
        rect, None if on else theme.field, outline=ink if on else theme.border, radius=RADIUS
    )
    drawing.text(x + width / 2, y, key, NUMBER_TINY, ink if on else theme.text, anchor=0.5)
    return float(width)


def draw_message(
    drawing: Drawing,
    session: Session,
    rect: Rect,
    icon: str,
    text: str,
    *,
    colour: Colour | None = None,
) -> None:
    """An empty state: an icon and words, wrapped, in the middle of a rectangle."""
    theme = session.theme
    lines = wrapped(text, TINY if rect.width < 200 else SMALL, rect.width - 32, drawing.measure)
    style = TINY if rect.width < 200 else SMALL
    x, y = rect.centre
    top = y - (len(lines) * 20) / 2
    if rect.height > 90:
        drawing.text(x, top - 4, ICONS[icon], ICON_HUGE, colour or theme.text_3, anchor=0.5)
        top += 24
    for number, line in enumerate(lines):
        drawing.text(x, top + 20 * number, line, style, colour or theme.text_2, anchor=0.5)


def wrapped(text: str, style: Style, width: float, measure: Measure) -> list[str]:
    """Break a text into lines no wider than `width`, between words."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and measure(longer, style) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines
