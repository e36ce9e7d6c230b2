"""The part of an image that a pane shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from av3d.render import palette
from av3d.types import Uint8Array


@dataclass(frozen=True)
class PictureSpec:
    """Which part of an image a pane shows: canvas pixel = scale · image pixel + offset."""

    width_px: int
    height_px: int
    scale: float
    offset_px: tuple[float, float]

    def enlarged(self, factor: float) -> PictureSpec:
        """The same part on a canvas with more pixels."""
        if factor == 1.0:
            return self
        x, y = self.offset_px
        # The edges of both canvases lie on each other; their first pixels' centres do not.
        return PictureSpec(
            max(round(self.width_px * factor), 1),
            max(round(self.height_px * factor), 1),
            self.scale * factor,
            (x * factor + (factor - 1) / 2, y * factor + (factor - 1) / 2),
        )


def fit_picture(image: Uint8Array, spec: PictureSpec) -> Uint8Array:
    """The part of an RGB image that a pane shows, (H, W, 4) uint8, exact to a fraction of a pixel."""
    scale = spec.scale
    source = image
    shrink = 1
    # Halving by area first keeps thin lines from flickering when the picture is made smaller.
    while scale * shrink * 2 <= 1.0 and min(source.shape[:2]) >= 4:
        shrink *= 2
    if shrink > 1:
        size = (max(image.shape[1] // shrink, 1), max(image.shape[0] // shrink, 1))
        source = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    step_x, step_y = image.shape[1] / source.shape[1], image.shape[0] / source.shape[0]
    # A pixel centre c of the small picture lies at (c + .5) · step - .5 of the image.
    matrix = np.array(
        [
            [scale * step_x, 0.0, scale * (step_x - 1) / 2 + spec.offset_px[0]],
            [0.0, scale * step_y, scale * (step_y - 1) / 2 + spec.offset_px[1]],
        ]
    )
    red, green, blue = palette.hex_to_rgb(palette.CANVAS)
    canvas = cv2.warpAffine(
        source,
        matrix,
        (spec.width_px, spec.height_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(red, green, blue),
    )
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
