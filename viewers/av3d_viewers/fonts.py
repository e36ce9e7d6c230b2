"""The fonts of the window, found on the system, and how wide their texts are."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import dearpygui.dearpygui as dpg

from av3d.present.drawing import Font, Style

logger = logging.getLogger(__name__)

FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local" / "share" / "fonts",
    Path.home() / ".fonts",
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)

FILES: dict[Font, tuple[str, ...]] = {
    Font.TEXT: ("Inter-Regular.otf", "Inter-Regular.ttf", "Inter.ttc", "DejaVuSans.ttf"),
    Font.STRONG: ("Inter-SemiBold.otf", "Inter-SemiBold.ttf", "DejaVuSans-Bold.ttf"),
    Font.NUMBER: ("JetBrainsMono-Regular.ttf", "JetBrainsMono-Regular.otf", "DejaVuSansMono.ttf"),
    Font.NUMBER_STRONG: (
        "JetBrainsMono-SemiBold.ttf",
        "JetBrainsMono-Bold.ttf",
        "DejaVuSansMono-Bold.ttf",
    ),
}
"""File names by preference; the last ones are on nearly every Linux machine."""

LINE_PER_EM = {
    Font.TEXT: 1.21,
    Font.STRONG: 1.21,
    Font.NUMBER: 1.32,
    Font.NUMBER_STRONG: 1.32,
    Font.ICON: 1.0,
}
"""Dear ImGui's font size is ascent plus descent; sizes of the design are ems, as in CSS."""


class Fonts:
    """Fonts by style and scale. Made once, after the context and before the first frame.

    Attributes:
        scale: pixels of the screen per logical pixel; letters are drawn at their real size.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._paths = {font: find_font(font) for font in Font}
        self._ids: dict[tuple[Style, float], int] = {}
        self._widths: dict[tuple[str, Style, float], float] = {}
        with dpg.font_registry() as registry:
            self._registry = registry

    def line_px(self, style: Style) -> int:
        """Height of a line of a style, in pixels of the screen."""
        return round(style.size * LINE_PER_EM[style.font] * self.scale)

    def id_of(self, style: Style) -> int:
        """Dear PyGui's font of a style, 0 where the system has no file for it."""
        key = style, self.scale
        if key not in self._ids:
            path = self._paths[style.font]
            self._ids[key] = (
                dpg.add_font(str(path), self.line_px(style), parent=self._registry) if path else 0
            )
        return self._ids[key]

    def measure(self, text: str, style: Style) -> float:
        """Width of a text in logical pixels; right from the second frame with its fonts on."""
        key = text, style, self.scale
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) > 20_000:
                self._widths.clear()
            found = dpg.get_text_size(text, font=self.id_of(style))
            if found is None:
                return len(text) * style.size * 0.55
            width = float(found[0]) / self.scale
            self._widths[key] = width
        return width


def find_font(font: Font) -> Path | None:
    """The file of a font, or None; what is missing is logged, the window works without."""
    if font is Font.ICON:
        spec = importlib.util.find_spec("fonticon_mdi7")
        folders = list(spec.submodule_search_locations or ()) if spec is not None else []
        for folder in folders:
            path = Path(folder) / "fonts" / "materialdesignicons-webfont.ttf"
            if path.exists():
                return path
        logger.warning("no icon font: install the package fonticon-materialdesignicons7")
        return None
    names = FILES[font]
    found: dict[str, Path] = {}
    for root in FONT_FOLDERS:
        if root.is_dir():
            for path in root.rglob("*.[ot]t[fc]"):
                if path.name in names:
                    found.setdefault(path.name, path)
    for name in names:
        if name in found:
            return found[name]
    logger.warning(
        "no font %s: install the Debian packages fonts-inter and fonts-jetbrains-mono", font
    )
    return None
