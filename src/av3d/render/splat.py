"""Points to pictures with an exact depth test, and picking of what was drawn.

From above the highest point of a pixel shows, in perspective the nearest one; of two at the same
depth the one that comes first in the array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.render.palette import CANVAS, hex_to_rgb
from av3d.render.views import PerspectiveView, View
from av3d.types import Float32Array, Uint8Array

MAX_POINT_PX = 16
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_INDEX = np.uint64(0xFFFFFFFF)


class SplatError(Av3dError):
    """Arrays of a wrong shape or type; the kernels would read outside of them."""


@dataclass(frozen=True, eq=False)
class PointBuffer:
    """Which point is in front in each pixel of a canvas. Keep one per view and use it again.

    Attributes:
        keys: (H, W) uint64, see `av3d.render.kernels`.
    """

    keys: npt.NDArray[np.uint64]

    @staticmethod
    def of_size(width_px: int, height_px: int) -> PointBuffer:
        """An empty buffer."""
        return PointBuffer(np.full((height_px, width_px), _EMPTY, dtype=np.uint64))

    def clear(self) -> None:
        """Forget all points."""
        self.keys.fill(_EMPTY)

    def indices(self) -> npt.NDArray[np.int64]:
        """Index of the point in front per pixel, -1 for none, (H, W)."""
        drawn = self.keys != _EMPTY
        return np.where(drawn, (self.keys & _INDEX).astype(np.int64), -1)

    def point_near(self, pixel: tuple[float, float], radius_px: int = 6) -> int | None:
        """Index of the drawn point closest to a pixel, None if there is none within the radius."""
        column, row = round(pixel[0]), round(pixel[1])
        top, left = max(row - radius_px, 0), max(column - radius_px, 0)
        window = self.keys[top : max(row + radius_px + 1, 0), left : max(column + radius_px + 1, 0)]
        rows, columns = np.nonzero(window != _EMPTY)
        if len(rows) == 0:
            return None
        distance2 = (rows + top - pixel[1]) ** 2 + (columns + left - pixel[0]) ** 2
        best = int(np.argmin(distance2))
        if distance2[best] > radius_px**2:
            return None
        return int(window[rows[best], columns[best]] & _INDEX)


def splat(
    points_m: Float32Array,
    colours: Uint8Array,
    view: View,
    point_px: int = 2,
    out: Uint8Array | None = None,
    *,
    background: str = CANVAS,
    buffer: PointBuffer | None = None,
) -> Uint8Array:
    """Draw points as squares of `point_px` pixels.

    Args:
        points_m: (N, 3) float32 in the frame of the view; points with NaN are not drawn.
        colours: (N, 3) uint8 RGB.
        view: where points land; its size is the size of the picture.
        point_px: side of a point, 1 to MAX_POINT_PX.
        out: the picture, C-contiguous, every pixel of which is written: RGB (H, W, 3) or RGBA
            (H, W, 4), uint8; None: a new one of RGB.
        background: colour of pixels without a point.
        buffer: memory for the depth test, kept by the caller between calls; afterwards it answers
            which point is where.

    Returns:
        `out`.

    Raises:
        SplatError: an array of a wrong shape, type or layout.
    """
    from av3d.render import kernels

    points = np.ascontiguousarray(points_m, dtype=np.float32)
    size = (view.height_px, view.width_px)
    if points.ndim != 2 or points.shape[1] != 3:
        raise SplatError(f"points have shape {points.shape}, expected (N, 3)")
    if colours.shape != points.shape or colours.dtype != np.uint8:
        raise SplatError(
            f"colours are {colours.dtype} {colours.shape}, expected uint8 {points.shape}"
        )
    if not 1 <= point_px <= MAX_POINT_PX:
        raise SplatError(f"a point of {point_px} px", "", f"use 1 to {MAX_POINT_PX} px")
    if out is None:
        out = np.empty((*size, 3), dtype=np.uint8)
    _check_picture(out, size)
    buffer = buffer or PointBuffer.of_size(view.width_px, view.height_px)
    if buffer.keys.shape != size:
        raise SplatError(f"the buffer is {buffer.keys.shape}, the view {size}")
    buffer.clear()
    kernels.splat_keys(
        points,
        np.ascontiguousarray(view.splat_matrix),
        isinstance(view, PerspectiveView),
        point_px,
        buffer.keys,
        np.empty(1, dtype=np.float32),
    )
    fill = np.array([*hex_to_rgb(background), 255][: out.shape[2]], dtype=np.uint8)
    kernels.resolve(buffer.keys, np.ascontiguousarray(colours), fill, out)
    return out


def warm_up() -> None:
    """Compile the kernels now (on a worker thread at the first start) instead of at the first use."""
    from av3d.render import kernels  # noqa: F401


def _check_picture(out: npt.NDArray[np.generic], size: tuple[int, int]) -> None:
    shapes = [(*size, channels) for channels in (3, 4)]
    if out.dtype != np.uint8 or out.shape not in shapes or not out.flags.c_contiguous:
        raise SplatError(
            f"the picture is {out.dtype} {out.shape}, expected contiguous uint8 {shapes[0]} "
            f"or {shapes[1]}"
        )
