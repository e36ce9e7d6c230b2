"""Panes that did not change stay on the screen as they are, while the pointer holds something.

Without a graphics card a frame costs what it draws. Mesa's software drivers copy the finished picture to
the window and keep it, so that only those panes need drawing that changed. Other drivers swap two
pictures or more, of which each has other panes missing: there everything is drawn, and costs nothing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
from collections.abc import Collection, Mapping

import dearpygui.dearpygui as dpg

from av3d_viewers.surface import Surface

logger = logging.getLogger(__name__)

SOFTWARE = ("llvmpipe", "softpipe")
GL_RENDERER, GL_SCISSOR_TEST = 0x1F01, 0x0C11
STAYS = 2
"""A pane is drawn for so many frames after something in it changed."""
PICTURE_STAYS = 4
"""The same after one of its pictures changed: they take up to three to show."""


class Unchanged:
    """Hides panes that did not change while a frame is drawn; make it after the window."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._arranged: object = None
        self._hidden: list[Surface] = []
        self.left_out = 0
        """How many panes the last frame did not draw."""
        self._gl: ctypes.CDLL | None = None
        name = ctypes.util.find_library("GL")
        try:
            gl = ctypes.CDLL(name) if name else None
            if gl is None:
                return
            gl.glGetString.restype, gl.glGetString.argtypes = ctypes.c_char_p, [ctypes.c_uint]
            gl.glScissor.argtypes = [ctypes.c_int] * 4
            renderer = (gl.glGetString(GL_RENDERER) or b"").decode(errors="replace")
        except (OSError, AttributeError) as error:
            logger.info("all panes are drawn in each frame: %s", error)
            return
        if renderer.startswith(SOFTWARE):
            self._gl = gl

    def begin(
        self,
        surfaces: Mapping[str, Surface],
        changed: Collection[str],
        pictured: Collection[str],
        arranged: object,
        *,
        allowed: bool,
    ) -> None:
        """Leave out of the next frame what is on the screen already.

        Args:
            surfaces: the panes that have a place, by name.
            changed: those of which something changed.
            pictured: those of which a picture changed.
            arranged: places of all panes, theme, what lies above them: with another one, or where this
                was not allowed in the frame before, all are drawn.
            allowed: whether anything may be left out at all.
        """
        whole = not allowed or arranged != self._arranged
        self._arranged = arranged if allowed else None
        for name in surfaces:
            left = self._left.get(name, 0) - 1
            if whole or name in pictured:
                left = PICTURE_STAYS
            elif name in changed:
                left = max(left, STAYS)
            self._left[name] = left
        self.left_out = 0
        if self._gl is None or whole:
            return
        self._hidden = [each for name, each in surfaces.items() if self._left[name] <= 0]
        self.left_out = len(self._hidden)
        for surface in self._hidden:
            dpg.configure_item(surface.container, show=False)
        # Clearing the picture keeps to the scissors; drawing sets its own.
        self._gl.glEnable(GL_SCISSOR_TEST)
        self._gl.glScissor(0, 0, 0, 0)

    def end(self) -> None:
        """The frame was drawn."""
        if self._gl is None:
            return
        self._gl.glDisable(GL_SCISSOR_TEST)
        for surface in self._hidden:
            dpg.configure_item(surface.container, show=True)
        self._hidden = []
