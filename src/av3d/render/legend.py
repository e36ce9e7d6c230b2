"""What the colours of points mean, as values that a pane or a picture can draw."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.render.palette import Rgb
from av3d.types import IntArray

MOST_ENTRIES = 12
"""Names in a legend; a log may have forty classes, of which few cover most points."""
_GOLDEN = 0.61803398875


@dataclass(frozen=True)
class LegendEntry:
    """A colour that stands for a thing with a name.

    Attributes:
        name: what people read.
        colour: of its points.
        glyph: its icon, a character of Material Design Icons; "" for a square.
    """

    name: str
    colour: Rgb
    glyph: str = ""


@dataclass(frozen=True)
class Legend:
    """What the colours of points mean: a ramp between two values, or names.

    Attributes:
        title: what is shown, "Height above ground".
        unit: of the values, "m"; "" for names.
        low, high: values at the ends of the ramp.
        ramp: colours from low to high, () for names.
        entries: names and their colours, the most frequent first.
        note: what else there is to know, "" for nothing.
    """

    title: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    ramp: tuple[Rgb, ...] = ()
    entries: tuple[LegendEntry, ...] = ()
    note: str = ""


def class_colour(number: int) -> Rgb:
    """The colour of class `number`: hues a golden section apart, so that neighbours differ.

    Hues come close again after 13, 21 or 34 classes; brightness and saturation take turns so that they
    differ there, also for eyes that tell hues badly. All are clear on the canvas.
    """
    value = (0.95, 0.62, 0.8)[number % 3]
    saturation = (0.45, 0.75, 0.6)[number // 3 % 3]
    red, green, blue = colorsys.hsv_to_rgb((number * _GOLDEN) % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def class_entries(
    classes: IntArray, names: Mapping[int, str], colours: Sequence[Rgb] | None = None
) -> tuple[tuple[LegendEntry, ...], str]:
    """Names of the classes (N,) that occur, the most frequent first, and a note on those left out.

    Args:
        classes: one per point, (N,), not negative.
        names: of classes; one without a name is "class 7".
        colours: by class; None: `class_colour`.
    """
    if len(classes) == 0:
        return (), ""
    counts = np.bincount(classes)
    found = [int(number) for number in np.argsort(-counts, kind="stable") if counts[number]]
    entries = tuple(
        LegendEntry(
            names.get(number, f"class {number}"),
            colours[number] if colours is not None else class_colour(number),
        )
        for number in found[:MOST_ENTRIES]
    )
    left_out = len(found) - len(entries)
    return entries, f"and {left_out} more" if left_out else ""
