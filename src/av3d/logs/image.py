"""Camera images and the streams they come from."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.logs.rhythm import whole_times
from av3d.reading import read_bytes
from av3d.types import IntArray, Uint8Array

MAX_PIXELS = 100_000_000
"""Largest image that is decoded (300 MB); a header may claim anything."""

_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""A marker of a JPEG file, after any fill bytes."""


class ImageStream(ABC):
    """The images of one camera in time order; each is read when it is asked for.

    Args:
        timestamps_ns: strictly increasing exposure times, (N,).
    """

    def __init__(self, timestamps_ns: npt.ArrayLike) -> None:
        self.timestamps_ns: IntArray = whole_times(timestamps_ns)

    def __len__(self) -> int:
        return len(self.timestamps_ns)

    @abstractmethod
    def read(self, index: int) -> Uint8Array:
        """Decode one image to RGB, (H, W, 3) uint8; InputFileError says what is wrong with it."""

    def path(self, index: int) -> Path | None:
        """The image file, if the image has one of its own."""
        return None


class ImageFiles(ImageStream):
    """Images that are JPEG or PNG files."""

    def __init__(self, timestamps_ns: npt.ArrayLike, paths: Sequence[Path]) -> None:
        super().__init__(timestamps_ns)
        if len(paths) != len(self.timestamps_ns):
            raise InputFileError(
                f"{len(paths)} image files for {len(self.timestamps_ns)} timestamps",
                paths[0].parent if paths else "",
                "give each image one timestamp",
            )
        self._paths = paths

    def read(self, index: int) -> Uint8Array:
        return read_image(self._paths[index])

    def path(self, index: int) -> Path | None:
        return self._paths[index]


def read_image(path: Path) -> Uint8Array:
    """Read a JPEG or PNG file as RGB, (H, W, 3) uint8.

    Raises:
        InputFileError: the file is missing, empty, truncated or not an image.
    """
    return decode_image(read_bytes(path, "image"), path)


def image_size(data: bytes, where: str | Path) -> tuple[int, int]:
    """Width and height that a JPEG or PNG file says it has, without decoding it.

    Raises:
        InputFileError: the data are empty, truncated, not an image, or more than MAX_PIXELS.
    """
    if not data:
        raise InputFileError("image is empty, 0 bytes", where, "copy the file again, or remove it")
    if data[:2] == b"\xff\xd8":
        size, complete = _walk_jpeg(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        size, complete = _walk_png(data)
    else:
        raise _not_readable(data, where)
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise InputFileError(
            f"image claims to be {size[0]}x{size[1]} px, more than {MAX_PIXELS // 1_000_000} million",
            where,
            "copy the file again, make it smaller or remove it",
        )
    if not complete:
        raise InputFileError(
            f"image is truncated, it stops after {len(data):,} bytes",
            where,
            "copy the file again, or remove it",
        )
    if size is None:
        raise _not_readable(data, where)
    return size


def decode_image(data: bytes, where: str | Path) -> Uint8Array:
    """Decode the bytes of a JPEG or PNG file to RGB, (H, W, 3) uint8.

    Raises:
        InputFileError: the data are empty, truncated, not an image, or more than MAX_PIXELS.
    """
    # Decoders fill the missing part of a truncated file with grey and only warn on stderr; and they
    # believe any size that the header claims. So the file's structure is walked through first.
    image_size(data, where)
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise _not_readable(data, where) from error
    if image is None:
        raise _not_readable(data, where)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _not_readable(data: bytes, where: str | Path) -> InputFileError:
    return InputFileError(
        f"not a readable JPEG or PNG image ({len(data):,} bytes)",
        where,
        "copy the file again, or remove it",
    )


def _walk_jpeg(data: bytes) -> tuple[tuple[int, int] | None, bool]:
    """Width and height, and whether the file goes on to its end marker.

    ITU-T T.81, annex B: segments carry their length (a thumbnail inside one has an end marker of
    its own, which does not count). In the compressed data that follow the first scan's header, an
    end marker is nothing else: there, a byte of ones is followed by a stuffed zero or a restart.
    """
    size = None
    at = 2
    while (found := _JPEG_MARKER.search(data, at)) is not None:
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            return size, True
        if marker in (0x01, 0xD8):
            continue
        if at + 2 > len(data):
            break
        length = int.from_bytes(data[at : at + 2], "big")
        # Start of frame; C4, C8 and CC are other segments of that range.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 7 <= len(data):
            height, width = (int.from_bytes(data[at + k : at + k + 2], "big") for k in (3, 5))
            size = width, height
        at += max(length, 2)
        if marker == 0xDA:  # start of scan
            return size, data.rfind(b"\xff\xd9", at) >= 0
    return size, False


def _walk_png(data: bytes) -> tuple[tuple[int, int] | None, bool]:
    """Width and height, and whether the chunks go on to IEND; PNG specification, section 5."""
    size = None
    at = 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"IHDR":
            width, height = (int.from_bytes(data[at + k : at + k + 4], "big") for k in (8, 12))
            size = width, height
        if kind == b"IEND":
            return size, True
        at += 12 + length
    return size, False
