"""Words and icons as coverage masks, with the fonts of the window where they are installed."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from av3d.types import Uint8Array

if TYPE_CHECKING:
    from PIL import ImageFont

SIZES_PX = {"tag": 13, "label": 13, "number": 12, "icon": 16, "message": 16}
"""Pixels per role; `tokens.toml` [font]."""

_FILES = {
    "tag": ("Inter-SemiBold.otf", "Inter-SemiBold.ttf", "DejaVuSans-Bold.ttf"),
    "label": ("Inter-Medium.otf", "Inter-Medium.ttf", "DejaVuSans.ttf"),
    "message": ("Inter-Medium.otf", "Inter-Medium.ttf", "DejaVuSans.ttf"),
    "number": ("JetBrainsMono-Medium.ttf", "JetBrainsMono-Regular.ttf", "DejaVuSansMono.ttf"),
}


@lru_cache(maxsize=512)
def text_mask(text: str, role: str = "label") -> Uint8Array:
    """Coverage 0..255 of one line of text, (H, W); H depends on the role only."""
    from PIL import Image, ImageDraw

    font = _font(role)
    ascent, descent = font.getmetrics()
    width = max(int(np.ceil(font.getlength(text))), 1)
    image = Image.new("L", (width, ascent + descent))
    ImageDraw.Draw(image).text((0, 0), text, fill=255, font=font)
    mask = np.asarray(image, dtype=np.uint8)
    mask.flags.writeable = False
    return mask


def text_size_px(text: str, role: str = "label") -> tuple[int, int]:
    """Width and height of one line of text."""
    height, width = text_mask(text, role).shape
    return width, height


@lru_cache(maxsize=64)
def icon_mask(glyph: str) -> Uint8Array | None:
    """Coverage of an icon cut to its square, (16, 16); None where the icon font is not installed."""
    from PIL import Image, ImageDraw, ImageFont

    path = _icon_font()
    if path is None or not glyph:
        return None
    size = SIZES_PX["icon"]
    image = Image.new("L", (size, size))
    ImageDraw.Draw(image).text(
        (size / 2, size / 2), glyph, fill=255, font=ImageFont.truetype(path, size), anchor="mm"
    )
    mask = np.asarray(image, dtype=np.uint8)
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=8)
def _font(role: str) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    for name in _FILES[role]:
        try:
            return ImageFont.truetype(name, SIZES_PX[role])
        except OSError:  # not installed here
            continue
    # Pillow brings a scalable font of its own.
    own = ImageFont.load_default(SIZES_PX[role])
    assert isinstance(own, ImageFont.FreeTypeFont)
    return own


@lru_cache(maxsize=1)
def _icon_font() -> Path | None:
    spec = find_spec("fonticon_mdi7")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "fonts" / "materialdesignicons-webfont.ttf"
    return path if path.is_file() else None
