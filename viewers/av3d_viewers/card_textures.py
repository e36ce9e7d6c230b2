"""Textures whose pictures go straight to OpenGL, and only when they change.

Dear PyGui's own dynamic textures are copied to the card with every frame, changed or not, as floats of
16 bytes a pixel; a frame at 1920x1080 took 11 ms longer for that. A static texture it never touches
again. So each of these is a static one of a single pixel, in which OpenGL puts a picture of any size:
Dear PyGui only hands the name of the texture on.

Dear PyGui does not tell that name. The first pixel of each is of a colour of its own, by which its name
is found. Seen in Dear PyGui 2.3.1.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

import dearpygui.dearpygui as dpg
import numpy as np

from av3d.present.panes.pane import PaneImage
from av3d.types import Uint8Array
from av3d_viewers import opengl

TEXTURE_2D, RGBA, RGBA8 = 0x0DE1, 0x1908, 0x8058
UNSIGNED_BYTE = 0x1401
WIDTH, HEIGHT = 0x1000, 0x1001
WRAP_S, WRAP_T, CLAMP_TO_EDGE = 0x2802, 0x2803, 0x812F
UNPACK_ROW_LENGTH, PIXEL_UNPACK_BUFFER = 0x0CF2, 0x88EC

BATCH = 24
"""So many textures are made at a time: more than the panes of a usual layout show."""
MARK = 90
"""Opacity of the first pixels, of 255: an ordinary picture of one pixel is not taken for one of them."""
FRAMES_TO_MAKE = 2
"""A texture has its name from the second frame on."""


@dataclass
class CardSlot:
    """A texture that shows the picture of one slot.

    Attributes:
        texture: Dear PyGui's id.
        name: OpenGL's.
        used: width and height of the picture, which fills the texture.
        version: of the picture.
    """

    texture: int
    name: int
    used: tuple[int, int] = (1, 1)
    version: int = -1
    uv_max: tuple[float, float] = (1.0, 1.0)


class CardTextures:
    """Uploads pictures whose version has changed; make it after the window was shown.

    Attributes:
        fresh, late, frames_to_show: see `av3d_viewers.pictures.Pictures`.
    """

    def __init__(self) -> None:
        self._gl = opengl.library()
        self._slots: dict[str, CardSlot] = {}
        self._free: list[CardSlot] = []
        self._nameless: dict[int, int] = {}
        """Dear PyGui's ids by the number that is the colour of the first pixel."""
        self._numbers = 0
        self._names = opengl.Names(self._gl.glIsTexture) if self._gl is not None else ()
        self.fresh: set[str] = set()
        self.late: set[str] = set()
        self.frames_to_show = 1
        if self._gl is not None:
            with dpg.texture_registry() as registry:
                self._registry = registry
            self._make()

    def work(self) -> bool:
        """Whether Dear PyGui draws with this OpenGL; ask after the first frame."""
        if self._gl is None:
            return False
        self._find_names()
        return not self._nameless

    def __getitem__(self, slot: str) -> CardSlot | None:
        return self._slots.get(slot)

    def forget(self) -> None:
        """Take all pictures away: those of another log count from 0, too."""
        for slot in self._slots.values():
            slot.version = -1
            self._put(slot, np.zeros((1, 1, 4), np.uint8))
            self._free.append(slot)
        self._slots.clear()

    def upload(self, images: Mapping[str, PaneImage]) -> set[str]:
        """Show these pictures; returns the slots that got another texture or another size."""
        self.fresh, self.late, self.frames_to_show = set(), set(), 1
        moved: set[str] = set()
        if self._nameless:
            self._find_names()
        for name, image in images.items():
            slot = self._slots.get(name)
            if slot is not None and slot.version == image.version:
                continue
            if slot is None:
                if not self._free:
                    self.late.add(name)
                    continue
                slot = self._slots[name] = self._free.pop()
                moved.add(name)
            height, width = image.pixels.shape[:2]
            if slot.used != (width, height):
                moved.add(name)
            self._put(slot, image.pixels)
            slot.version = image.version
            self.fresh.add(name)
        if self.late:
            self.frames_to_show = FRAMES_TO_MAKE
            if not self._nameless:
                self._make()
        return moved

    def _put(self, slot: CardSlot, pixels: Uint8Array) -> None:
        """Copy a picture into a texture: RGBA (H, W, 4)."""
        gl = self._gl
        assert gl is not None
        values = np.ascontiguousarray(pixels)
        height, width = values.shape[:2]
        gl.glBindBuffer(PIXEL_UNPACK_BUFFER, 0)
        gl.glPixelStorei(UNPACK_ROW_LENGTH, 0)
        gl.glBindTexture(TEXTURE_2D, slot.name)
        if slot.used == (width, height):
            gl.glTexSubImage2D(
                TEXTURE_2D, 0, 0, 0, width, height, RGBA, UNSIGNED_BYTE, values.ctypes.data
            )  # fmt: skip
        else:
            gl.glTexImage2D(
                TEXTURE_2D, 0, RGBA8, width, height, 0, RGBA, UNSIGNED_BYTE, values.ctypes.data
            )  # fmt: skip
            slot.used = width, height
        gl.glBindTexture(TEXTURE_2D, 0)

    def _make(self) -> None:
        """Ask Dear PyGui for textures; the next frame makes them."""
        for _ in range(BATCH):
            self._numbers += 1
            colour = [self._numbers >> shift & 255 for shift in (16, 8, 0)]
            texture = dpg.add_static_texture(
                1, 1, [value / 255 for value in (*colour, MARK)], parent=self._registry
            )
            self._nameless[self._numbers] = texture

    def _find_names(self) -> None:
        """Find out which textures of OpenGL those are that have been made."""
        gl = self._gl
        assert gl is not None
        known = {slot.name for slot in (*self._slots.values(), *self._free)}
        pixel, size = (ctypes.c_ubyte * 4)(), ctypes.c_int()
        for name in self._names:
            if not self._nameless:
                break
            if name in known:
                continue
            gl.glBindTexture(TEXTURE_2D, name)
            sides = []
            for side in (WIDTH, HEIGHT):
                gl.glGetTexLevelParameteriv(TEXTURE_2D, 0, side, ctypes.byref(size))
                sides.append(size.value)
            if sides != [1, 1]:
                continue
            gl.glGetTexImage(TEXTURE_2D, 0, RGBA, UNSIGNED_BYTE, ctypes.addressof(pixel))
            number = pixel[0] << 16 | pixel[1] << 8 | pixel[2]
            if pixel[3] != MARK or number not in self._nameless:
                continue
            # What is drawn reaches half a pixel over the border: not round to the other side.
            gl.glTexParameteri(TEXTURE_2D, WRAP_S, CLAMP_TO_EDGE)
            gl.glTexParameteri(TEXTURE_2D, WRAP_T, CLAMP_TO_EDGE)
            self._free.append(CardSlot(self._nameless.pop(number), name))
        gl.glBindTexture(TEXTURE_2D, 0)
