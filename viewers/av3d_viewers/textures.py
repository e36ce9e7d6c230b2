"""Textures for pictures that change, where OpenGL cannot be called (`av3d_viewers.card_textures`).

Dynamic ones of Dear PyGui, reused, because making one takes three frames.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dearpygui.dearpygui as dpg
import numpy as np
import numpy.typing as npt

from av3d.present.panes.pane import PaneImage
from av3d.types import Uint8Array
from av3d_viewers.pixel_buffers import PixelBuffers

GRAIN = 128
"""Sides of textures are multiples of this, so that a dragged splitter does not need a new one each."""
WASTE = 1.5
"""A texture that is there serves up to so many times the area of the picture: what is copied to the card
is the whole texture."""
SPARE_BYTES = 40_000_000
"""Textures that show nothing may take so much; beyond it they are used however large they are, and those
that wait longest are deleted. Panes that are dragged to ever new sizes would keep one for each else."""
RESTS_FRAMES = 8
"""A texture is deleted when it has shown nothing for so many frames: none draws it any more."""

FRAMES_TO_UPDATE = 2
"""Dear PyGui copies a picture to the card with the frame after the one that hands it over."""
FRAMES_TO_MAKE = 3
"""The first such copy of a new texture is empty: it shows nothing until the third frame."""


@dataclass
class Slot:
    """A texture that shows the picture of one slot.

    Attributes:
        texture: Dear PyGui's id.
        size: width and height of the texture.
        used: width and height of the picture in its top left corner.
        version: of the picture.
        buffer: name of its pixel buffer, see `av3d_viewers.pixel_buffers`; 0: not known.
        rests: frames for which it has shown nothing.
    """

    texture: int
    size: tuple[int, int]
    used: tuple[int, int]
    version: int
    buffer: int = 0
    rests: int = 0

    @property
    def nbytes(self) -> int:
        """Of its values, float32 RGBA; Dear PyGui, its buffer and the card hold them once each."""
        return 16 * self.size[0] * self.size[1]

    @property
    def uv_max(self) -> tuple[float, float]:
        """Where the picture ends in the texture, 0..1."""
        return self.used[0] / self.size[0], self.used[1] / self.size[1]


class Textures:
    """Uploads pictures whose version has changed.

    Attributes:
        fresh, late, frames_to_show: see `av3d_viewers.pictures.Pictures`.
    """

    def __init__(self) -> None:
        with dpg.texture_registry() as registry:
            self._registry = registry
        self._slots: dict[str, Slot] = {}
        self._coming: dict[str, tuple[int, Slot]] = {}
        """Textures that do not hold the picture of their slot yet, and frames to draw until they do."""
        self._free: list[Slot] = []
        self._buffers = PixelBuffers()
        self._scratch = np.zeros(0, dtype=np.float32)
        """Where pictures are made ready: Dear PyGui copies the values of a texture."""
        self.fresh: set[str] = set()
        self.late: set[str] = set()
        self.frames_to_show = 1

    def __getitem__(self, slot: str) -> Slot | None:
        return self._slots.get(slot)

    def forget(self) -> None:
        """Let all textures be used for other pictures: those of another log count from 0, too."""
        for slot in (*self._slots.values(), *(slot for _, slot in self._coming.values())):
            slot.version = -1
            self._free.append(slot)
        self._slots.clear()
        self._coming.clear()

    def upload(self, images: Mapping[str, PaneImage]) -> set[str]:
        """Show these pictures; returns the slots that got another texture or another size."""
        self.fresh, self.late, self.frames_to_show = set(), set(), 1
        moved = self._arrived()
        self._delete_spare()
        for name, image in images.items():
            slot = self._coming[name][1] if name in self._coming else self._slots.get(name)
            if slot is not None and slot.version == image.version:
                continue
            height, width = image.pixels.shape[:2]
            size = (-(-width // GRAIN) * GRAIN, -(-height // GRAIN) * GRAIN)
            if slot is None or best_size([slot.size], size, WASTE) is None:
                if name in self._coming:
                    self._free.append(self._coming.pop(name)[1])
                slot, frames = self._take(size)
                # Until then it shows what it showed before: a texture that served another pane
                # still holds that one's picture.
                self._coming[name] = (frames, slot)
            if slot.used != (width, height):
                slot.used = (width, height)
                if name not in self._coming:
                    moved.add(name)
            slot.version = image.version
            dpg.set_value(slot.texture, self._values(image.pixels, slot.size).reshape(-1))
            self.fresh.add(name)
            self.frames_to_show = max(self.frames_to_show, FRAMES_TO_UPDATE)
        self.late = self.fresh | self._coming.keys()
        return moved

    def _values(self, pixels: Uint8Array, size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """A picture in the top left corner of a texture, float32 (H, W, 4), for the moment."""
        height, width = pixels.shape[:2]
        values = self._blank(size)
        np.multiply(pixels, np.float32(1 / 255), out=values[:height, :width], dtype=np.float32)
        # What is drawn reaches half a pixel over the border, where another picture may have been.
        values[height : height + 1, :width] = values[height - 1, :width]
        values[: height + 1, width : width + 1] = values[: height + 1, width - 1 : width]
        return values

    def _blank(self, size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Room for the values of a texture; what is in it does not matter."""
        width, height = size
        if self._scratch.size < 4 * width * height:
            self._scratch = np.zeros(4 * width * height, dtype=np.float32)
        return self._scratch[: 4 * width * height].reshape(height, width, 4)

    def _arrived(self) -> set[str]:
        """A frame was drawn: use the textures that hold their pictures now; returns their slots."""
        arrived: set[str] = set()
        for name, (frames, slot) in list(self._coming.items()):
            if frames > 1:
                self._coming[name] = (frames - 1, slot)
                self.frames_to_show = max(self.frames_to_show, frames)
                continue
            del self._coming[name]
            self._find_buffer(slot)
            before = self._slots.get(name)
            if before is not None:
                self._free.append(before)
            self._slots[name] = slot
            arrived.add(name)
        return arrived

    def _find_buffer(self, slot: Slot) -> None:
        """Note which buffer a texture has that was drawn for the first time, if that is certain."""
        if slot.buffer:
            return
        slots = [*self._slots.values(), *self._free, *(each for _, each in self._coming.values())]
        alike = [each for each in slots if each.nbytes == slot.nbytes and each is not slot]
        unknown = [each for each in alike if not each.buffer]
        names = self._buffers.of_size(slot.nbytes) - {each.buffer for each in alike}
        if not unknown and len(names) == 1:
            slot.buffer = names.pop()

    def _delete_spare(self) -> None:
        """Delete textures that wait longest, as far as too many wait."""
        spare = sum(slot.nbytes for slot in self._free)
        kept: list[Slot] = []
        for slot in self._free:
            slot.rests += 1
            if spare > SPARE_BYTES and slot.buffer and slot.rests > RESTS_FRAMES:
                spare -= slot.nbytes
                dpg.delete_item(slot.texture)
                self._buffers.delete(slot.buffer)
            else:
                kept.append(slot)
        self._free = kept

    def _take(self, size: tuple[int, int]) -> tuple[Slot, int]:
        """A texture for a picture, and how many frames to draw until it shows that."""
        spare = sum(slot.nbytes for slot in self._free)
        waste = WASTE if spare < SPARE_BYTES else math.inf
        row = best_size([slot.size for slot in self._free], size, waste)
        if row is not None:
            slot = self._free.pop(row)
            slot.rests = 0
            return slot, FRAMES_TO_UPDATE - 1
        self.frames_to_show = FRAMES_TO_MAKE
        width, height = size
        texture = dpg.add_dynamic_texture(
            width, height, self._blank(size).reshape(-1), parent=self._registry
        )
        return Slot(texture, size, (0, 0), -1), FRAMES_TO_MAKE - 1


def best_size(
    sizes: Sequence[tuple[int, int]], wanted: tuple[int, int], waste: float
) -> int | None:
    """Which of some textures serves best for a picture; None where none does.

    Args:
        sizes: width and height of the textures.
        wanted: width and height that the picture needs.
        waste: how many times the area needed it may have.
    """
    width, height = wanted
    fitting = [
        (w * h, row)
        for row, (w, h) in enumerate(sizes)
        if w >= width and h >= height and w * h <= waste * width * height
    ]
    return min(fitting)[1] if fitting else None
