"""The icon of a category on the chrome of the window."""

from __future__ import annotations

from av3d.present.drawing import ICON, Drawing, Style
from av3d.present.theme import LIGHT, Theme, colour
from av3d.render.palette import category_style

OUTLINE = "#46505C"
"""On light chrome some category colours are too pale to be seen without an edge."""
OFFSETS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def draw_category(
    drawing: Drawing,
    theme: Theme,
    x: float,
    y: float,
    category: str,
    *,
    alpha: float = 1.0,
    style: Style = ICON,
) -> None:
    """Draw the icon with its left edge at `x` and its middle at `y`."""
    look = category_style(category)
    if theme is LIGHT:
        for dx, dy in OFFSETS:
            drawing.text(x + dx, y + dy, look.glyph, style, colour(OUTLINE, alpha))
    drawing.text(x, y, look.glyph, style, colour(look.colour, alpha))
