"""Compiled loops: points into a key buffer with an exact depth test, keys into colours.

Importing this module compiles the kernels (some seconds the first time, then from numba's cache), so
it is imported inside the functions that use it. The kernels release the GIL.

A key is a 64-bit number per pixel: the upper half orders points by closeness, the lower half is the
index of the point. The smallest key wins, so the result does not depend on the order of drawing, and
of two points at the same depth the earlier one shows. EMPTY_KEY means no point.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.calibration.camera import NEAR_M
from av3d.compiling import compiled

EMPTY_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled("void(float32[:,::1], float64[:,::1], boolean, int64, uint64[:,::1], float32[::1])")
def splat_keys(
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


@compiled("void(uint64[:,::1], uint8[:,::1], uint8[::1], uint8[:,:,::1])")
def resolve(
    keys: npt.NDArray[np.uint64],
    colours: npt.NDArray[np.uint8],
    background: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
) -> None:
    """Colours (N, 3) of the winning points into a picture (H, W, C); background (C,) elsewhere.

    A fourth channel is that of the background everywhere. Channels one by one: a loop over them takes
    three times as long.
    """
    height, width = keys.shape
    red, green, blue = background[0], background[1], background[2]
    opaque = out.shape[2] == 4
    for row in range(height):
        for column in range(width):
            key = keys[row, column]
            if key == EMPTY_KEY:
                out[row, column, 0] = red
                out[row, column, 1] = green
                out[row, column, 2] = blue
            else:
                index = key & np.uint64(0xFFFFFFFF)
                out[row, column, 0] = colours[index, 0]
                out[row, column, 1] = colours[index, 1]
                out[row, column, 2] = colours[index, 2]
            if opaque:
                out[row, column, 3] = background[3]


@compiled("int64(float32[:,::1], int64[::1], float64[:,::1], float64)")
def cover_segments(
    mask: npt.NDArray[np.float32],
    touched: npt.NDArray[np.int64],
    segments: npt.NDArray[np.float64],
    width_px: float,
) -> int:
    """Coverage of pixels by line segments with round ends.

    Coverage is the width of the line that falls within half a pixel of the pixel's centre, taken
    along the shortest way to the segment. Segments of one call do not add up where they meet.

    Args:
        mask: (H, W), zero on entry; coverage 0..1 on return.
        touched: (H * W,), gets the flat indices of the pixels with coverage.
        segments: (N, 4) as x0, y0, x1, y1.
        width_px: width of the line.

    Returns:
        How many entries of `touched` are filled.
    """
    height, width = mask.shape
    count = 0
    half = width_px / 2.0
    reach = half + 0.5
    most = min(width_px, 1.0)
    for index in range(segments.shape[0]):
        x0, y0 = segments[index, 0], segments[index, 1]
        x1, y1 = segments[index, 2], segments[index, 3]
        dx, dy = x1 - x0, y1 - y0
        length2 = dx * dx + dy * dy
        low, high = min(y0, y1) - reach, max(y0, y1) + reach
        # Also false for NaN.
        if not (low <= height and high >= -1.0):
            continue
        for row in range(max(int(np.ceil(low)), 0), min(int(np.floor(high)), height - 1) + 1):
            # Only the part of the segment within reach of this row can cover its pixels.
            first, last = 0.0, 1.0
            if abs(dy) > 1e-12:
                a, b = (row - reach - y0) / dy, (row + reach - y0) / dy
                first, last = max(min(a, b), 0.0), min(max(a, b), 1.0)
            xa, xb = x0 + first * dx, x0 + last * dx
            left, right = min(xa, xb) - reach, max(xa, xb) + reach
            if not (left <= width and right >= -1.0):
                continue
            for column in range(
                max(int(np.ceil(left)), 0), min(int(np.floor(right)), width - 1) + 1
            ):
                along = 0.0
                if length2 > 0.0:
                    along = ((column - x0) * dx + (row - y0) * dy) / length2
                    along = min(max(along, 0.0), 1.0)
                ex, ey = column - x0 - along * dx, row - y0 - along * dy
                covered = np.float32(min(reach - np.sqrt(ex * ex + ey * ey), most))
                if covered > mask[row, column]:
                    if mask[row, column] == 0.0:
                        touched[count] = row * width + column
                        count += 1
                    mask[row, column] = covered
    return count


@compiled("void(uint8[:,:,::1], float32[:,::1], int64[::1], int64, float64[::1], float64)")
def blend_touched(
    image: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.float32],
    touched: npt.NDArray[np.int64],
    count: int,
    colour: npt.NDArray[np.float64],
    alpha: float,
) -> None:
    """Blend a colour (3,) into (H, W, 3 or 4) by coverage and alpha, and set the mask to zero again."""
    width = mask.shape[1]
    for index in range(count):
        row, column = touched[index] // width, touched[index] % width
        weight = mask[row, column] * alpha
        mask[row, column] = 0.0
        for channel in range(3):
            old = image[row, column, channel]
            image[row, column, channel] = np.uint8(old + (colour[channel] - old) * weight + 0.5)
