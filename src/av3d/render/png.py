"""Pictures to PNG files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from av3d.errors import OutputError
from av3d.files import new_file
from av3d.types import Uint8Array


def write_png(path: Path, image: Uint8Array) -> None:
    """Write an RGB or RGBA picture; the file appears when it is complete.

    Args:
        path: the file; any characters are allowed. An existing file is replaced.
        image: (H, W, 3) or (H, W, 4) uint8.

    Raises:
        OutputError: the array is no picture, or the disk refuses; nothing was changed then.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or not image.size:
        raise OutputError(
            f"an array {image.dtype} {image.shape} is not a picture", path, "give RGB or RGBA bytes"
        )
    order = cv2.COLOR_RGB2BGR if image.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    # cv2.imwrite cannot open every path that Python can; bytes always work.
    _, data = cv2.imencode(".png", cv2.cvtColor(image, order), [cv2.IMWRITE_PNG_COMPRESSION, 4])
    with new_file(path) as aside:
        aside.write_bytes(data.tobytes())
