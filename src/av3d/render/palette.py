"""The values of ui/tokens.toml that pictures need: colours, dashes, line widths.

The same values serve the window and pictures made without a display. Colours are "#RRGGBB"; sizes
are pixels at 100 %. The data area is dark in both themes, so there is one palette.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from types import MappingProxyType

from av3d.errors import Av3dError

Rgb = tuple[int, int, int]


class InvalidColourError(Av3dError):
    """A text that is not "#RRGGBB"."""


def hex_to_rgb(text: str) -> Rgb:
    """The red, green and blue bytes of "#RRGGBB"; InvalidColourError for anything else."""
    if len(text) != 7 or not text.startswith("#"):
        raise InvalidColourError(f"{text!r} is not a colour", "", 'write it as "#RRGGBB"')
    try:
        value = bytes.fromhex(text[1:])
    except ValueError as error:
        raise InvalidColourError(
            f"{text!r} is not a colour", "", 'write it as "#RRGGBB"'
        ) from error
    return value[0], value[1], value[2]


CANVAS = "#0E1114"
BAR = "#15181C"
RAISED = "#262B33"
CONTROL = "#323944"
TEXT = "#E8ECF1"
TEXT_2 = "#AEB7C2"
TEXT_3 = "#8993A0"
ACCENT = "#FFC53D"
ON_ACCENT = "#15181C"
GOOD = "#4CC38A"
WARN = "#E0A020"
BAD = "#FF6B6B"


@dataclass(frozen=True)
class CategoryStyle:
    """How a category looks.

    Attributes:
        colour: of edges, arrows and tag words.
        icon: name in Material Design Icons 7.
        glyph: the character of that icon in the font.
        tag_text: colour of the words of a tag on BAR; differs where `colour` is too dark to read.
    """

    colour: str
    icon: str
    glyph: str
    tag_text: str

    @property
    def rgb(self) -> Rgb:
        return hex_to_rgb(self.colour)


def _style(colour: str, icon: str, codepoint: int, tag_text: str = "") -> CategoryStyle:
    return CategoryStyle(colour, icon, chr(codepoint), tag_text or colour)


CATEGORY_STYLES = MappingProxyType(
    {
        "car": _style("#4DB2F5", "car", 0xF010B),
        "truck": _style("#BCB16F", "truck", 0xF053D),
        "bus": _style("#379B43", "bus", 0xF00E7),
        "trailer": _style("#9B76AD", "truck-trailer", 0xF0727),
        "construction": _style("#FF4A12", "excavator", 0xF1025),
        "motorcycle": _style("#2F74FF", "motorbike", 0xF037C, TEXT),
        "bicycle": _style("#BCD6FF", "bike", 0xF00A3),
        "pedestrian": _style("#5AF0A5", "walk", 0xF0583),
        "cone": _style("#43C8BC", "traffic-cone", 0xF137C),
        "other": _style("#7F8790", "shape-outline", 0xF0832),
    }
)
"""The ten categories that av3d knows without an ontology."""

_FURTHER_ICONS = (
    ("hexagon-outline", 0xF02D9),
    ("triangle-outline", 0xF0537),
    ("square-outline", 0xF0763),
    ("star-outline", 0xF04D2),
    ("octagon-outline", 0xF03C4),
)


def category_style(key: str) -> CategoryStyle:
    """The style of a category; an unknown one takes one of the ten colours with another icon.

    Which one depends only on the key, so a team's own category looks the same on every machine.
    """
    known = CATEGORY_STYLES.get(key)
    if known is not None:
        return known
    number = zlib.crc32(key.encode())
    base = tuple(CATEGORY_STYLES.values())[number % len(CATEGORY_STYLES)]
    icon, codepoint = _FURTHER_ICONS[number // len(CATEGORY_STYLES) % len(_FURTHER_ICONS)]
    return CategoryStyle(base.colour, icon, chr(codepoint), base.tag_text)


@dataclass(frozen=True)
class ProvenanceStyle:
    """How a provenance looks: key colour and shape, line pattern (on, off, ... px; () is solid)."""

    colour: str
    shape: str
    dash: tuple[float, ...]


PROVENANCE_STYLES = MappingProxyType(
    {
        "manual": ProvenanceStyle("#F2F4F7", "diamond", ()),
        "interpolated": ProvenanceStyle("#9FB0C3", "none", (7, 4)),
        "fitted": ProvenanceStyle("#A6D93B", "square", ()),
        "imported": ProvenanceStyle("#C9A2FF", "triangle_down", (10, 3, 2, 3)),
        "model": ProvenanceStyle("#FF9F5A", "hexagon", (2, 3)),
    }
)

POINT_RAMP = ("#26344A", "#3A5470", "#587686", "#86948A", "#B2B08C", "#D6D0A0")
POINT_SELECTED = "#FFE296"

EDGE_PX = 1.5
EDGE_HOVER_PX = 2.0
EDGE_SELECTED_PX = 2.4
EDGE_HIDDEN_PX = 0.8
HIDDEN_ALPHA = 0.45
HIDDEN_DASH = (2.0, 3.0)
FRONT_FILL = 0.16
FRONT_FILL_SELECTED = 0.26
FACE_FILL_SELECTED = 0.05
CASING_PX = 2.5
PROPOSAL_DASH = (6.0, 5.0)
"""Edges of what nobody has accepted yet, selected or not, in crowded views too."""
GHOST = "#F2F4F7"
GHOST_ALPHA = 0.70
GHOST_DASH = (5.0, 4.0)
CROWDED = 40
"""With more boxes than this in a view, line patterns of provenance are off by default."""
