"""What a pane looks like as plain values: shapes to draw and zones to click.

A pane fills a Drawing; the window copies its shapes to the screen and knows nothing else. So what is
drawn where, which words stand there and what a click on them does is tested without a display.
Coordinates are pixels of the pane, origin at its top left corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from av3d.present.theme import Colour
from av3d.render.drawing import dash_pieces
from av3d.types import FloatArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """An axis-aligned rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom

    def overlaps(self, other: Rect) -> bool:
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def inset(self, amount: float) -> Rect:
        return Rect(
            self.x + amount, self.y + amount, self.width - 2 * amount, self.height - 2 * amount
        )


class Font(Enum):
    """The faces of the window."""

    TEXT = "text"
    STRONG = "strong"
    NUMBER = "number"
    NUMBER_STRONG = "number_strong"
    ICON = "icon"


@dataclass(frozen=True, slots=True)
class Style:
    """A face at a size in pixels (em, as in CSS)."""

    font: Font
    size: int


BODY = Style(Font.TEXT, 14)
BODY_STRONG = Style(Font.STRONG, 14)
SMALL = Style(Font.TEXT, 13)
SMALL_STRONG = Style(Font.STRONG, 13)
TINY = Style(Font.TEXT, 12)
TINY_STRONG = Style(Font.STRONG, 12)
NUMBER = Style(Font.NUMBER, 13)
NUMBER_STRONG = Style(Font.NUMBER_STRONG, 13)
NUMBER_TINY = Style(Font.NUMBER, 12)
ICON = Style(Font.ICON, 16)
ICON_HUGE = Style(Font.ICON, 24)
ICON_LARGE = Style(Font.ICON, 20)
ICON_TINY = Style(Font.ICON, 13)

Measure = Callable[[str, Style], float]
"""Width of a text in pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with rounded corners."""

    rect: Rect
    fill: Colour | None = None
    outline: Colour | None = None
    width: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Polyline:
    """Connected straight lines."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 1.0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled convex polygon, with an outline if it has a colour."""

    points: tuple[Point, ...]
    fill: Colour
    outline: Colour | None = None
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle or disc."""

    centre: Point
    radius: float
    fill: Colour | None = None
    outline: Colour | None = None
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; x is its left edge, y the middle of its capitals."""

    x: float
    y: float
    text: str
    style: Style
    colour: Colour


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the window holds as a texture, stretched over a rectangle."""

    slot: str
    rect: Rect
    brightness: float = 1.0


Shape = Box | Polyline | Polygon | Circle | Text | Picture


@dataclass(frozen=True, slots=True)
class Zone:
    """A place that reacts: a click runs the command with the argument.

    Attributes:
        rect: where.
        command: name in the command table; "" for a place that only has a tip.
        argument: passed to the command, such as a track ID or a camera.
        tip: what to show when the pointer rests here.
    """

    rect: Rect
    command: str
    argument: str = ""
    tip: str = ""


@dataclass
class Drawing:
    """Shapes from back to front and the zones among them."""

    measure: Measure
    shapes: list[Shape] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)

    def add(self, shape: Shape) -> None:
        self.shapes.append(shape)

    def box(
        self,
        rect: Rect,
        fill: Colour | None = None,
        outline: Colour | None = None,
        radius: float = 0.0,
        width: float = 1.0,
    ) -> None:
        self.shapes.append(Box(rect, fill, outline, width, radius))

    def line(self, start: Point, end: Point, colour: Colour, width: float = 1.0) -> None:
        self.shapes.append(Polyline((start, end), colour, width))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        style: Style,
        colour: Colour,
        *,
        anchor: float = 0.0,
        max_width: float | None = None,
    ) -> float:
        """Write a line of text and return its width.

        Args:
            x: where the anchor of the text is.
            y: middle of the capitals.
            text: the words.
            style: face and size.
            colour: of the letters.
            anchor: 0 puts the left edge at x, .5 the middle, 1 the right edge.
            max_width: a longer text ends in an ellipsis.
        """
        if max_width is not None:
            text = shortened(text, style, max_width, self.measure)
        width = self.measure(text, style)
        self.shapes.append(Text(x - anchor * width, y, text, style, colour))
        return width

    def zone(self, rect: Rect, command: str, argument: str = "", tip: str = "") -> None:
        self.zones.append(Zone(rect, command, argument, tip))

    def dashed(
        self, points: Sequence[Point], dash: Sequence[float], colour: Colour, width: float
    ) -> None:
        """A polyline in a pattern of on and off lengths in pixels; () is solid."""
        if not dash:
            self.shapes.append(Polyline(tuple(points), colour, width))
            return
        for start, end in dash_pieces(np.asarray(points, dtype=np.float64), dash).tolist():
            self.shapes.append(Polyline((tuple(start), tuple(end)), colour, width))


def shortened(text: str, style: Style, max_width: float, measure: Measure) -> str:
    """The text, or its beginning and an ellipsis if it is wider than `max_width` pixels."""
    if measure(text, style) <= max_width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + "…", style) <= max_width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def as_points(array: FloatArray) -> tuple[Point, ...]:
    """An (N, 2) array as points."""
    return tuple(map(tuple, array.tolist()))


def diamond(centre: Point, radius: float) -> tuple[Point, ...]:
    """Corners of a square that stands on one of them."""
    x, y = centre
    return (x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)


_HEXAGON = tuple(
    (math.cos(angle), math.sin(angle))
    for angle in (math.pi / 6 + n * math.pi / 3 for n in range(6))
)


def key_shape(kind: str, centre: Point, radius: float) -> tuple[Point, ...]:
    """Outline of the shape of a keyframe: diamond, square, triangle_down or hexagon."""
    x, y = centre
    if kind == "square":
        r = radius * 0.82
        return (x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)
    if kind == "triangle_down":
        r = radius
        return (x - r, y - 0.8 * r), (x + r, y - 0.8 * r), (x, y + r)
    if kind == "hexagon":
        return tuple((x + radius * cos, y + radius * sin) for cos, sin in _HEXAGON)
    return diamond(centre, radius)
