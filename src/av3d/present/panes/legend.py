"""The legend of the points' colours, in the corner of the main view."""

from __future__ import annotations

from av3d.present import words
from av3d.present.drawing import (
    ICON_TINY,
    NUMBER_TINY,
    TINY,
    TINY_STRONG,
    Drawing,
    Measure,
    Rect,
)
from av3d.present.panes.ground import MARGIN
from av3d.present.theme import colour
from av3d.render import palette
from av3d.render.legend import Legend

ROW = 17
RAMP_WIDTH, RAMP_HEIGHT = 10, 84
PAD = 7


def legend_place(legend: Legend, measure: Measure, size: tuple[int, int]) -> Rect | None:
    """Where the legend goes in a pane of this size; None without one, or where it would fill the pane."""
    if not legend.title:
        return None
    texts = [(legend.title, TINY_STRONG), (legend.note, TINY)]
    indent = 0
    if legend.ramp:
        texts += [(text, NUMBER_TINY) for text in _values(legend)]
        indent = RAMP_WIDTH + 6
    elif legend.entries:
        texts += [(entry.name, TINY) for entry in legend.entries]
        indent = 18
    wide = max(measure(text, style) for text, style in texts) + indent
    high = ROW + (ROW if legend.note else 0)
    high += RAMP_HEIGHT + 8 if legend.ramp else ROW * len(legend.entries)
    place = Rect(MARGIN, MARGIN, round(wide + 2 * PAD), high + 2 * PAD - 4)
    return place if place.width < size[0] / 2 and place.bottom < size[1] * 0.8 else None


def draw_legend(drawing: Drawing, legend: Legend, place: Rect) -> None:
    """Draw the legend where `legend_place` puts it."""
    drawing.box(place, colour(palette.CANVAS, 0.88), radius=3)
    text, quiet = colour(palette.TEXT), colour(palette.TEXT_2)
    x, y = place.x + PAD, place.y + PAD + 5
    drawing.text(x, y, legend.title, TINY_STRONG, text)
    y += ROW
    if legend.ramp:
        top = y - 2
        _draw_ramp(drawing, legend, Rect(x, top, RAMP_WIDTH, RAMP_HEIGHT))
        for number, value in enumerate(_values(legend)):
            drawing.text(
                x + RAMP_WIDTH + 6, top + 5 + number * (RAMP_HEIGHT - 10) / 2, value, NUMBER_TINY,
                quiet,
            )  # fmt: skip
        y = top + RAMP_HEIGHT + 10
    for entry in legend.entries:
        paint = (*entry.colour, 255)
        if entry.glyph:
            drawing.text(x, y, entry.glyph, ICON_TINY, paint)
        else:
            drawing.box(Rect(x + 1, y - 5, 10, 10), paint, radius=2)
        drawing.text(x + 18, y, entry.name, TINY, quiet)
        y += ROW
    if legend.note:
        drawing.text(x, y, legend.note, TINY, quiet)


def _values(legend: Legend) -> list[str]:
    """The highest, middle and lowest value with their unit."""
    span = abs(legend.high - legend.low)
    decimals = 0 if span >= 20 else 1
    middle = (legend.low + legend.high) / 2
    return [
        f"{words.number(value, decimals)} {legend.unit}"
        for value in (legend.high, middle, legend.low)
    ]


def _draw_ramp(drawing: Drawing, legend: Legend, place: Rect) -> None:
    """The ramp as bands, the highest value on top."""
    bands = 4 * (len(legend.ramp) - 1)
    high = place.height / bands
    for band in range(bands):
        at = (1 - (band + 0.5) / bands) * (len(legend.ramp) - 1)
        low = min(int(at), len(legend.ramp) - 2)
        part = at - low
        red, green, blue = (
            round(a + (b - a) * part)
            for a, b in zip(legend.ramp[low], legend.ramp[low + 1], strict=True)
        )
        drawing.box(
            Rect(place.x, place.y + band * high, place.width, high + 0.5), (red, green, blue, 255)
        )
