"""Compiled loops: points into a key buffer with an exact depth test, keys into colours.

Importing this module compiles the kernels (some seconds the first time, then from numba's cache), so
it is imported inside the functions that use it. The kernels release the GIL.

A key is a 64-bit number per pixel: the upper half orders points by closeness, the lower half is the
index of the point. The smallest key wins, so the result does not depend on the order of drawing, and
of two points at the same depth the earlier one shows. EMPTY_KEY means no point.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

from av3d.calibration.camera import NEAR_M

EMPTY_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(signature: str) -> Callable[[Function], Function]:
    """Compile ahead with numba's cache; where no cache folder is writable, use a temporary one."""

    def compile_now(function: Function) -> Function:
        options = {"cache": True, "nogil": True, "error_model": "numpy"}
        try:
            made = numba.njit(signature, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            numba.config.CACHE_DIR = str(Path(tempfile.gettempdir()) / "av3d-numba")
            made = numba.njit(signature, **options)(function)
        result: Function = made
        return result

    return compile_now


@_compiled("void(float32[:,::1], float64[:,::1], boolean, int64, uint64[:,::1], float32[::1])")
def splat_keys(  # noqa: PLR0917 - numba calls by position
    points_m: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    perspective: bool,
    size_px: int,
    keys: npt.NDArray[np.uint64],
    scratch: npt.NDArray[np.float32],
) -> None:
    """Put each point's key into the size x size pixels around it where it is the closest so far.

    Args:
        points_m: (N, 3), N < 2**32.
        matrix: `splat_matrix` of the view, (3, 4).
        perspective: whether to divide by depth.
        size_px: side of the square of a point.
        keys: (H, W), in and out.
        scratch: one float32, to read its bits.
    """
    height, width = keys.shape
    bits = scratch.view(np.uint32)
    half = (size_px - 1) / 2.0 - 0.5
    m00, m01, m02, m03 = matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[0, 3]
    m10, m11, m12, m13 = matrix[1, 0], matrix[1, 1], matrix[1, 2], matrix[1, 3]
    m20, m21, m22, m23 = matrix[2, 0], matrix[2, 1], matrix[2, 2], matrix[2, 3]
    for index in range(points_m.shape[0]):
        x, y, z = points_m[index, 0], points_m[index, 1], points_m[index, 2]
        depth = m20 * x + m21 * y + m22 * z + m23
        u = m00 * x + m01 * y + m02 * z + m03
        v = m10 * x + m11 * y + m12 * z + m13
        if perspective:
            if depth < NEAR_M:
                continue
            u /= depth
            v /= depth
        u = np.floor(u - half)
        v = np.floor(v - half)
        # Written so that NaN fails; only then is the conversion to int defined.
        if not (-size_px < u < width and -size_px < v < height):
            continue
        scratch[0] = depth
        order = bits[0]
        # Bits of a float, reordered so that they compare like the number itself.
        if order & np.uint32(0x80000000):
            order = ~order
        else:
            order |= np.uint32(0x80000000)
        key = (np.uint64(order) << np.uint64(32)) | np.uint64(index)
        left, top = int(u), int(v)
        for row in range(max(top, 0), min(top + size_px, height)):
            for column in range(max(left, 0), min(left + size_px, width)):
                keys[row, column] = min(keys[row, column], key)


@_compiled("void(uint64[:,::1], uint8[:,::1], float32[::1], float32[:,:,::1])")
def resolve_float(
    keys: npt.NDArray[np.uint64],
    colours: npt.NDArray[np.uint8],
    background: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """Colours (N, 3) of the winning points into RGBA 0..1, (H, W, 4); background (4,) elsewhere."""
    height, width = keys.shape
    scale = np.float32(1.0 / 255.0)
    for row in range(height):
        for column in range(width):
            key = keys[row, column]
            if key == EMPTY_KEY:
                for channel in range(4):
                    out[row, column, channel] = background[channel]
            else:
                index = key & np.uint64(0xFFFFFFFF)
                for channel in range(3):
                    out[row, column, channel] = colours[index, channel] * scale
                out[row, column, 3] = 1.0


@_compiled("void(uint64[:,::1], uint8[:,::1], uint8[:,:,::1])")
def resolve_bytes(
    keys: npt.NDArray[np.uint64],
    colours: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
) -> None:
    """Colours (N, 3) of the winning points into the first three channels of `out`, (H, W, 3 or 4)."""
    height, width = keys.shape
    for row in range(height):
        for column in range(width):
            key = keys[row, column]
            if key != EMPTY_KEY:
                index = key & np.uint64(0xFFFFFFFF)
                for channel in range(3):
                    out[row, column, channel] = colours[index, channel]
