from pathlib import Path

import pytest

from av3d.render import palette
from av3d.tracks.categories import CATEGORIES


def test_hex_to_rgb_gives_bytes():
    assert palette.hex_to_rgb("#4DB2F5") == (0x4D, 0xB2, 0xF5)


@pytest.mark.parametrize("text", ["4DB2F5", "#4DB2F", "#GGGGGG", "", "#4DB2F5FF"])
def test_hex_to_rgb_names_what_is_no_colour(text):
    with pytest.raises(palette.InvalidColourError, match="is not a colour"):
        palette.hex_to_rgb(text)


def test_every_category_has_a_style_of_its_own():
    styles = [palette.CATEGORY_STYLES[category.key] for category in CATEGORIES]
    assert len({style.colour for style in styles}) == len({style.icon for style in styles}) == 10


def test_an_unknown_category_repeats_a_colour_with_another_icon():
    style = palette.category_style("tram")
    known = palette.CATEGORY_STYLES.values()
    assert style == palette.category_style("tram")
    assert style.colour in {other.colour for other in known}
    assert style.icon not in {other.icon for other in known}


def test_tag_words_are_readable_on_the_bar():
    for key in [*palette.CATEGORY_STYLES, "tram", "tractor", "dog", "cat", "horse"]:
        assert contrast(palette.category_style(key).tag_text, palette.BAR) >= 4.5, key


def test_the_icons_are_in_the_icon_font():
    from importlib.util import find_spec

    from PIL import ImageFont

    folder = Path(find_spec("fonticon_mdi7").origin).parent
    font = ImageFont.truetype(folder / "fonts" / "materialdesignicons-webfont.ttf", 16)
    missing = font.getmask(chr(0x10FFFE)).getbbox()
    keys = [*palette.CATEGORY_STYLES, *(f"unknown {number}" for number in range(50))]
    for glyph in {palette.category_style(key).glyph for key in keys}:
        assert font.getmask(glyph).getbbox() not in (None, missing)


def test_icon_names_and_glyphs_belong_together():
    from fonticon_mdi7 import MDI7

    for key in [*palette.CATEGORY_STYLES, *(f"unknown {number}" for number in range(50))]:
        style = palette.category_style(key)
        assert getattr(MDI7, style.icon.replace("-", "_")).endswith(style.glyph)


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour):
        parts = [value / 255 for value in palette.hex_to_rgb(colour)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)
