"""Colours and sizes of the window, dark and light; the values of ui/tokens.toml."""

from __future__ import annotations

from dataclasses import dataclass, fields

from av3d.render import palette

Colour = tuple[int, int, int, int]
"""Red, green, blue, alpha, 0 to 255."""


def colour(text: str, alpha: float = 1.0) -> Colour:
    """The colour "#RRGGBB" with an opacity of 0 to 1."""
    return (*palette.hex_to_rgb(text), round(alpha * 255))


def faded(value: Colour, alpha: float) -> Colour:
    """The same colour with its opacity multiplied by `alpha`."""
    return (*value[:3], round(value[3] * alpha))


@dataclass(frozen=True)
class Theme:
    """One set of colours. `canvas` is dark in both themes: the log is the brightest thing."""

    name: str
    canvas: Colour
    bar: Colour
    field: Colour
    panel: Colour
    raised: Colour
    control: Colour
    border: Colour
    hover: Colour
    selected: Colour
    line: Colour
    text: Colour
    text_2: Colour
    text_3: Colour
    accent: Colour
    accent_text: Colour
    on_accent: Colour
    good: Colour
    on_good: Colour
    warn: Colour
    bad: Colour
    on_bad: Colour


def _theme(name: str, **values: str) -> Theme:
    colours = {field.name: colour(values[field.name]) for field in fields(Theme)[1:]}
    return Theme(name, **colours)


DARK = _theme(
    "dark",
    canvas=palette.CANVAS, bar=palette.BAR, field="#15181C", panel="#1C2026",
    raised=palette.RAISED, control=palette.CONTROL, border="#6B7686", hover="#2B313A",
    selected="#3A3420", line="#323944", text=palette.TEXT, text_2=palette.TEXT_2,
    text_3=palette.TEXT_3, accent=palette.ACCENT, accent_text="#FFC53D",
    on_accent=palette.ON_ACCENT, good=palette.GOOD, warn=palette.WARN, bad=palette.BAD,
    on_good="#15181C", on_bad="#15181C",
)  # fmt: skip

LIGHT = _theme(
    "light",
    canvas=palette.CANVAS, bar="#DDE2E8", field="#FFFFFF", panel="#F4F6F8",
    raised="#E9ECF0", control="#DDE2E8", border="#6E7987", hover="#E9ECF0",
    selected="#FFF1CC", line="#C9D0D8", text="#1A1E24", text_2="#46505C",
    text_3="#566070", accent=palette.ACCENT, accent_text="#8A5A00",
    on_accent=palette.ON_ACCENT, good="#17693F", warn="#8A5A00", bad="#B3261E",
    on_good="#FFFFFF", on_bad="#FFFFFF",
)  # fmt: skip

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}

PROVENANCE_ON_LIGHT = {
    "manual": "#1A1E24",
    "interpolated": "#4F6073",
    "fitted": "#4B7A00",
    "imported": "#6E3FC0",
    "model": "#A84A00",
}


def provenance_colour(theme: Theme, provenance: str) -> Colour:
    """Colour of a provenance's key shape and line on the chrome of a theme."""
    if theme is LIGHT:
        return colour(PROVENANCE_ON_LIGHT[provenance])
    return colour(palette.PROVENANCE_STYLES[provenance].colour)


ROW = 26
HEADER = 28
CONTROL = 24
PADDING = 8
RADIUS = 3
LANE = 29
TOP_BAR = 36
STATUS_BAR = 24
