"""Camera images and the streams they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.types import IntArray, Uint8Array


class ImageStream(ABC):
    """The images of one camera in time order; each is read when it is asked for.

    Args:
        timestamps_ns: strictly increasing exposure times, (N,).
    """

    def __init__(self, timestamps_ns: npt.ArrayLike) -> None:
        self.timestamps_ns: IntArray = np.asarray(timestamps_ns, dtype=np.int64)

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

    def __init__(self, timestamps_ns: npt.ArrayLike, paths: list[Path]) -> None:
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputFileError(
            f"cannot read image: {error.strerror or error}", path, "restore the file"
        ) from error
    return decode_image(data, path)


def decode_image(data: bytes, where: str | Path) -> Uint8Array:
    """Decode the bytes of a JPEG or PNG file to RGB, (H, W, 3) uint8."""
    if not data:
        raise InputFileError("image is empty, 0 bytes", where, "copy the file again")
    # Decoders fill the missing part of a truncated file with grey and only warn on stderr.
    if (data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-64:]) or (
        data[:4] == b"\x89PNG" and b"IEND" not in data[-64:]
    ):
        raise InputFileError(
            f"image is truncated, it stops after {len(data):,} bytes", where, "copy the file again"
        )
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise InputFileError(
            f"not a readable JPEG or PNG image ({len(data):,} bytes)", where, "copy the file again"
        )
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
