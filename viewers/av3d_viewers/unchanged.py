"""Panes that did not change stay on the screen as they are.

Without a graphics card a frame costs what it draws. Mesa's software drivers copy the finished picture to
the window and keep it, so that only those panes need drawing that changed. Other drivers swap two
pictures or more, of which each has other panes missing: there everything is drawn, and costs nothing.

What another window has covered comes back with the next picture of everything: before the window rests.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Mapping

import dearpygui.dearpygui as dpg

from av3d_viewers import opengl
from av3d_viewers.surface import Surface

SOFTWARE = ("llvmpipe", "softpipe")
GL_RENDERER, GL_SCISSOR_TEST = 0x1F01, 0x0C11
STAYS = 1
"""A pane is drawn for so many frames after something in it changed."""
PICTURE_STAYS = 4
"""The same after it got a picture that is late: it takes up to three to show."""


class Unchanged:
    """Hides panes that did not change while a frame is drawn; make it after the window."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._arranged: object = None
        self._hidden: dict[str, Surface] = {}
        """Panes that are hidden now; they stay so from frame to frame until they are due."""
        self._whole = False
        """Whether all panes have been drawn together since one of them changed."""
        self.left_out = 0
        """How many panes the last frame did not draw."""
        gl = opengl.library()
        renderer = gl.glGetString(GL_RENDERER) or b"" if gl is not None else b""
        software = renderer.decode(errors="replace").startswith(SOFTWARE)
        self._gl: ctypes.CDLL | None = gl if software else None

    def begin(
        self,
        surfaces: Mapping[str, Surface],
        changed: Collection[str],
        pictured: Collection[str],
        arranged: object,
        *,
        last: bool,
    ) -> None:
        """Leave out of the next frame what is on the screen already.

        Args:
            surfaces: the panes that have a place, by name.
            changed: those of which something changed.
            pictured: those with a picture that the next frame does not show yet.
            arranged: places of all panes, theme, what lies above them: with another one all are drawn.
            last: the window rests after this frame.
        """
        whole = arranged != self._arranged or (last and not self._whole)
        self._arranged = arranged
        for name in surfaces:
            left = self._left.get(name, 0) - 1
            if name in pictured:
                left = PICTURE_STAYS
            elif whole or name in changed:
                left = max(left, STAYS)
            self._left[name] = left
        self._whole = whole or (self._whole and not changed and not pictured)
        if self._gl is None:
            return
        before = self._hidden
        self._hidden = {
            name: each for name, each in surfaces.items() if not whole and self._left[name] <= 0
        }
        self.left_out = len(self._hidden)
        for name, surface in before.items():
            if name in surfaces and name not in self._hidden:
                dpg.configure_item(surface.container, show=True)
        for name, surface in self._hidden.items():
            if name not in before:
                dpg.configure_item(surface.container, show=False)
        if whole:
            return
        # Clearing the picture keeps to the scissors; drawing sets its own.
        self._gl.glEnable(GL_SCISSOR_TEST)
        self._gl.glScissor(0, 0, 0, 0)

    def end(self) -> None:
        """The frame was drawn."""
        if self._gl is None:
            return
        self._gl.glDisable(GL_SCISSOR_TEST)

    def show_all(self) -> None:
        """Frames are drawn without asking here, for a picture of the window."""
        for surface in self._hidden.values():
            dpg.configure_item(surface.container, show=True)
        self._hidden, self._arranged = {}, None
