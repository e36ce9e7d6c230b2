"""Images of a bag: JPEG and PNG, and raw pixels in the encodings that cameras send.

Names of encodings: sensor_msgs/image_encodings of ROS 2. Bayer patterns are named by the first two pixels
of the first two rows, OpenCV's constants by those of the second row and column.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.files import Bag
from av3d.datasets.mcap_ros2.index import Topic
from av3d.datasets.mcap_ros2.records import DamagedError
from av3d.errors import InputFileError
from av3d.logs.image import MAX_PIXELS, ImageStream, decode_image
from av3d.types import IntArray, Uint8Array

_LAYOUTS: dict[str, tuple[int, type[np.generic], int | None]] = {
    "rgb8": (3, np.uint8, None),
    "bgr8": (3, np.uint8, cv2.COLOR_BGR2RGB),
    "8uc3": (3, np.uint8, cv2.COLOR_BGR2RGB),
    "rgba8": (4, np.uint8, cv2.COLOR_RGBA2RGB),
    "bgra8": (4, np.uint8, cv2.COLOR_BGRA2RGB),
    "8uc4": (4, np.uint8, cv2.COLOR_BGRA2RGB),
    "mono8": (1, np.uint8, cv2.COLOR_GRAY2RGB),
    "8uc1": (1, np.uint8, cv2.COLOR_GRAY2RGB),
    "mono16": (1, np.uint16, cv2.COLOR_GRAY2RGB),
    "rgb16": (3, np.uint16, None),
    "bgr16": (3, np.uint16, cv2.COLOR_BGR2RGB),
    "rgba16": (4, np.uint16, cv2.COLOR_RGBA2RGB),
    "bgra16": (4, np.uint16, cv2.COLOR_BGRA2RGB),
    "yuv422": (2, np.uint8, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": (2, np.uint8, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": (2, np.uint8, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": (2, np.uint8, cv2.COLOR_YUV2RGB_YUY2),
}
for _name, _code in (
    ("rggb", cv2.COLOR_BayerBG2RGB),
    ("bggr", cv2.COLOR_BayerRG2RGB),
    ("gbrg", cv2.COLOR_BayerGR2RGB),
    ("grbg", cv2.COLOR_BayerGB2RGB),
):
    _LAYOUTS[f"bayer_{_name}8"] = (1, np.uint8, _code)
    _LAYOUTS[f"bayer_{_name}16"] = (1, np.uint16, _code)
"""Channels, type and OpenCV's conversion to RGB by encoding, in small letters."""

_PACKED = ("jpeg", "jpg", "png")


class BagImages(ImageStream):
    """The images of one topic.

    Args:
        bag: the files.
        topic: the topic.
        timestamps_ns: increasing times, (N,).
        rows: where the messages are, (N, 6).
    """

    def __init__(self, bag: Bag, topic: Topic, timestamps_ns: IntArray, rows: IntArray) -> None:
        super().__init__(timestamps_ns)
        self._bag, self._topic, self._rows = bag, topic, rows

    def read(self, index: int) -> Uint8Array:
        row = self._rows[index]
        where = f"{self._bag.parts[int(row[2])]} {self._topic.name} at {int(row[0])} ns"
        data = self._bag.read(row, self._topic.name)
        try:
            message = ros.decode(self._topic.type, data)
        except DamagedError as error:
            raise InputFileError(
                f"image is damaged: {error}", where, "copy the bag again"
            ) from error
        if self._topic.type == ros.COMPRESSED_IMAGE:
            return decode_image(message.data, where)
        return decode_raw(message, where)

    def path(self, index: int) -> Path | None:
        return None


def why_not_a_picture(topic: Topic) -> str:
    """Why the images of a topic are not shown, as far as its first message tells; "" if they are."""
    try:
        _, _, at = ros.read_header(topic.head)
        if topic.type == ros.COMPRESSED_IMAGE:
            kind = ros.text_at(topic.head, at)[0].lower()
            if "compresseddepth" in kind or "16uc1" in kind or "32fc1" in kind:
                return "depth"
            packed = kind.rpartition(";")[2] or kind
            # Drivers that leave the format empty send JPEG; decoding finds out.
            known = not kind or any(word in packed for word in _PACKED)
            return "" if known else f"format {kind[:40]!r} is not JPEG or PNG"
        encoding = read_encoding(topic.head, at)
    except DamagedError:
        return "the first message is damaged"
    if encoding in ("16uc1", "32fc1"):
        return "depth"
    return "" if encoding in _LAYOUTS else f"encoding {encoding[:40]!r} is not known"


def read_encoding(head: bytes, at: int) -> str:
    """The encoding of a raw image, in small letters, from the place behind its header."""
    at += -at % 4
    return ros.text_at(head, at + 8)[0].lower()


def decode_raw(message: Any, where: str) -> Uint8Array:
    """Raw pixels of a sensor_msgs/Image as RGB, (H, W, 3) uint8.

    Raises:
        InputFileError: an encoding that is not known, or a size that the data does not have.
    """
    encoding = message.encoding.lower()
    if encoding not in _LAYOUTS:
        raise InputFileError(
            f"image encoding {message.encoding[:40]!r} is not known", where,
            f"use one of: {' '.join(sorted(_LAYOUTS))}",
        )  # fmt: skip
    channels, kind, conversion = _LAYOUTS[encoding]
    height, width, step = message.height, message.width, message.step
    bytes_per_row = width * channels * np.dtype(kind).itemsize
    step = step or bytes_per_row
    if not 0 < height * width <= MAX_PIXELS:
        raise InputFileError(
            f"image claims to be {width}x{height} px, limit {MAX_PIXELS // 1_000_000} million",
            where,
            "record it again",
        )
    if step < bytes_per_row or len(message.data) < step * (height - 1) + bytes_per_row:
        raise InputFileError(
            f"image has {len(message.data):,} bytes in rows of {step:,}, too few for {width}x{height} "
            f"px of {encoding}",
            where,
            "record it again",
        )
    rows = np.lib.stride_tricks.as_strided(
        np.frombuffer(message.data, dtype=np.uint8), (height, bytes_per_row), (step, 1)
    )
    stored = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    pixels: npt.NDArray[Any] = np.ascontiguousarray(rows).view(stored)
    pixels = pixels.reshape(height, width, channels)
    if kind is np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    return _to_rgb(pixels, conversion, encoding, where)


def _to_rgb(
    pixels: npt.NDArray[Any], conversion: int | None, encoding: str, where: str
) -> Uint8Array:
    if conversion is None:
        return np.asarray(pixels, dtype=np.uint8)
    convert: Callable[..., Any] = cv2.cvtColor
    try:
        image = convert(pixels[..., 0] if pixels.shape[2] == 1 else pixels, conversion)
    except cv2.error as error:
        raise InputFileError(
            f"{pixels.shape[1]}x{pixels.shape[0]} px are no image of {encoding}", where,
            "record it again",
        ) from error  # fmt: skip
    return np.asarray(image, dtype=np.uint8)
