"""Drawings to pixels: anti-aliased strokes of any width, fills, words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import cv2
import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.render.drawing import Fill, Stroke
from av3d.render.palette import hex_to_rgb
from av3d.render.text import icon_mask, text_mask
from av3d.types import BoolArray, FloatArray, Uint8Array

_SHIFT = 4  # cv2 takes coordinates in 1/16 px


class PaintError(Av3dError):
    """A picture of a wrong shape or type."""


class Painter:
    """Draws into a picture, in place.

    Args:
        image: RGB or RGBA, (H, W, 3) or (H, W, 4) uint8, contiguous and writable. Alpha is kept.

    Raises:
        PaintError: the array is something else.
    """

    def __init__(self, image: Uint8Array) -> None:
        if (
            image.dtype != np.uint8
            or image.ndim != 3
            or image.shape[2] not in (3, 4)
            or not image.flags.c_contiguous
            or not image.flags.writeable
        ):
            raise PaintError(
                f"cannot draw into {image.dtype} {image.shape}",
                "",
                "use a contiguous, writable uint8 array (H, W, 3) or (H, W, 4)",
            )
        self.image = image
        self.height_px, self.width_px = image.shape[:2]
        self._mask = np.zeros((self.height_px, self.width_px), dtype=np.float32)
        self._touched = np.empty(self.height_px * self.width_px, dtype=np.int64)

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Draw strokes in order; neighbours of one style do not add up where they meet."""
        for (colour, width_px, alpha), group in groupby(
            strokes, key=lambda stroke: (stroke.colour, stroke.width_px, stroke.alpha)
        ):
            pieces = np.concatenate([stroke.pieces_px() for stroke in group])
            self._segments(pieces, colour, width_px, alpha)

    def line(
        self, points_px: npt.ArrayLike, colour: str, width_px: float, alpha: float = 1.0
    ) -> None:
        """Draw one solid polyline, (N, 2)."""
        self.strokes([Stroke(np.asarray(points_px, dtype=np.float64), colour, width_px, alpha)])

    def circle(
        self, center_px: tuple[float, float], radius_px: float, colour: str, width_px: float
    ) -> None:
        """Draw a circle with chords that stay within .1 px of it."""
        sides = int(np.clip(np.pi * np.sqrt(radius_px / 0.2), 12, 720))
        angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius_px + center_px
        self.strokes([Stroke(points, colour, width_px, closed=True)])

    def fill(self, fill: Fill) -> None:
        """Fill a polygon."""
        points = fill.points_px
        if len(points) < 3 or not np.isfinite(points).all():
            return
        limit = 1 << 14
        points = np.clip(points, -limit, limit)
        low = np.maximum(np.floor(points.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(
            np.ceil(points.max(axis=0)).astype(int) + 2, (self.width_px, self.height_px)
        )
        if (high <= low).any():
            return
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), dtype=np.uint8)
        fixed = np.rint((points - low) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, lineType=cv2.LINE_AA, shift=_SHIFT)
        self._blend(mask, int(low[0]), int(low[1]), fill.colour, fill.alpha)

    def rectangle(
        self, box_px: tuple[int, int, int, int], colour: str, alpha: float = 1.0, radius_px: int = 0
    ) -> None:
        """Fill left, top, right, bottom (right and bottom outside), with rounded corners."""
        left, top, right, bottom = box_px
        if right <= left or bottom <= top:
            return
        mask = np.full((bottom - top, right - left), 255, dtype=np.uint8)
        if radius_px:
            corner = _corner(radius_px)
            mask[:radius_px, :radius_px] = corner
            mask[:radius_px, -radius_px:] = corner[:, ::-1]
            mask[-radius_px:, :radius_px] = corner[::-1]
            mask[-radius_px:, -radius_px:] = corner[::-1, ::-1]
        self._blend(mask, left, top, colour, alpha)

    def text(
        self, words: str, left_px: float, top_px: float, colour: str, role: str = "label"
    ) -> None:
        """Write one line with its top left corner at a place."""
        self._blend(text_mask(words, role), round(left_px), round(top_px), colour, 1.0)

    def icon(self, glyph: str, left_px: int, top_px: int, colour: str) -> None:
        """Draw an icon, 16 x 16 px; nothing where the icon font is missing."""
        mask = icon_mask(glyph)
        if mask is not None:
            self._blend(mask, left_px, top_px, colour, 1.0)

    def points(self, pixels: FloatArray, colours: Uint8Array, size_px: int = 2) -> None:
        """Draw points (N, 2) as squares with colours (N, 3), later ones on top; NaN are left out."""
        start = np.floor(pixels - (size_px - 1) / 2 + 0.5)
        inside: BoolArray = (
            (start >= 0) & (start <= (self.width_px - size_px, self.height_px - size_px))
        ).all(axis=1)
        column, row = start[inside].astype(np.int64).T
        for down in range(size_px):
            for right in range(size_px):
                self.image[row + down, column + right, :3] = colours[inside]

    def _segments(self, pieces: FloatArray, colour: str, width_px: float, alpha: float) -> None:
        from av3d.render import kernels

        segments = np.ascontiguousarray(pieces.reshape(-1, 4), dtype=np.float64)
        count = kernels.cover_segments(self._mask, self._touched, segments, float(width_px))
        rgb = np.array(hex_to_rgb(colour), dtype=np.float64)
        kernels.blend_touched(self.image, self._mask, self._touched, count, rgb, float(alpha))

    def _blend(self, mask: Uint8Array, left: int, top: int, colour: str, alpha: float) -> None:
        """Blend a colour by a mask whose top left corner is at a pixel, which may be off the picture."""
        height, width = mask.shape
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + width, self.width_px), min(top + height, self.height_px)
        if x1 <= x0 or y1 <= y0:
            return
        weight = mask[y0 - top : y1 - top, x0 - left : x1 - left, None] * np.float32(alpha / 255)
        part = self.image[y0:y1, x0:x1, :3]
        blended = part + (np.array(hex_to_rgb(colour), dtype=np.float32) - part) * weight
        part[...] = (blended + 0.5).astype(np.uint8)


def _corner(radius_px: int) -> Uint8Array:
    """Coverage of the top left corner of a rounded rectangle, (radius, radius)."""
    steps = np.arange(radius_px) + 0.5
    distance = np.hypot(*np.meshgrid(radius_px - steps, radius_px - steps))
    return np.asarray(np.clip(radius_px + 0.5 - distance, 0, 1) * 255, dtype=np.uint8)
