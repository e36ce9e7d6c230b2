from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2.index import Topic
from av3d.datasets.mcap_ros2.messages import (
    COMPRESSED_IMAGE,
    IMAGE,
    decode,
    definition,
)
from av3d.datasets.mcap_ros2.pictures import decode_raw, why_not_a_picture
from av3d.errors import InputFileError
from av3d.types import Uint8Array

ENCODE = serialize_dynamic(IMAGE, definition(IMAGE))[IMAGE]
# Red on the left, blue on the right; 12x8 so that colours have room between Bayer pixels.
PICTURE = np.zeros((8, 12, 3), np.uint8)
PICTURE[:, :6, 0] = 250
PICTURE[:, 6:, 2] = 200


def read(message: dict[str, Any]) -> Uint8Array:
    return decode_raw(decode(IMAGE, ENCODE(message)), "here")


def mosaic(pattern: str) -> Uint8Array:
    """What a sensor with this Bayer pattern sees of PICTURE."""
    channel = {"r": 0, "g": 1, "b": 2}
    seen = np.zeros(PICTURE.shape[:2], np.uint8)
    for at, colour in enumerate(pattern):
        rows, columns = slice(at // 2, None, 2), slice(at % 2, None, 2)
        seen[rows, columns] = PICTURE[rows, columns, channel[colour]]
    return seen


@pytest.mark.parametrize(
    ("encoding", "pixels"),
    [
        ("rgb8", PICTURE),
        ("bgr8", PICTURE[..., ::-1].copy()),
        ("rgba8", np.dstack([PICTURE, np.full((8, 12), 255, np.uint8)])),
        ("bgra8", np.dstack([PICTURE[..., ::-1], np.full((8, 12), 255, np.uint8)])),
        ("rgb16", PICTURE.astype(np.uint16) * 256),
    ],
)
def test_colours_come_out_as_they_are(
    write: SimpleNamespace, encoding: str, pixels: npt.NDArray[Any]
) -> None:
    assert np.array_equal(read(write.raw_image(0, "c", encoding, pixels)), PICTURE)


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_patterns_come_out_in_their_colours(write: SimpleNamespace, pattern: str) -> None:
    image = read(write.raw_image(0, "c", f"bayer_{pattern}8", mosaic(pattern)))
    assert image[4, 2].tolist() == [250, 0, 0]
    assert image[4, 9].tolist() == [0, 0, 200]


@pytest.mark.parametrize(("encoding", "order"), [("yuv422", "uyvy"), ("yuv422_yuy2", "yuyv")])
def test_yuv_comes_out_in_its_colours(write: SimpleNamespace, encoding: str, order: str) -> None:
    yuv = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2YUV)
    packed = np.zeros((8, 12, 2), np.uint8)
    luma, chroma = (1, 0) if order == "uyvy" else (0, 1)
    packed[..., luma] = yuv[..., 0]
    packed[:, ::2, chroma] = yuv[:, ::2, 1]
    packed[:, 1::2, chroma] = yuv[:, ::2, 2]
    image = read(write.raw_image(0, "c", encoding, packed)).astype(int)
    # BT.601 with and without headroom differ by a few steps.
    assert np.abs(image[4, 2] - (250, 0, 0)).max() < 45
    assert np.abs(image[4, 9] - (0, 0, 200)).max() < 45


def test_grey_images_become_rgb(write: SimpleNamespace) -> None:
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(read(write.raw_image(0, "c", "mono8", grey))[..., 1], grey)
    deep = grey.astype(np.uint16) * 256 + 7
    assert np.array_equal(read(write.raw_image(0, "c", "mono16", deep))[..., 2], grey)
    big = write.raw_image(0, "c", "mono16", deep.astype(">u2"), is_bigendian=1)
    assert np.array_equal(read(big)[..., 0], grey)


def test_rows_may_be_padded(write: SimpleNamespace) -> None:
    padded = np.zeros((8, 40), np.uint8)
    padded[:, :36] = PICTURE.reshape(8, 36)
    message = write.raw_image(0, "c", "rgb8", padded, width=12, step=40)
    assert np.array_equal(read(message), PICTURE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 13}, "too few for 13x8 px of rgb8"),
        ({"height": 9}, "too few for 12x9 px"),
        ({"width": 2**31, "height": 2**31}, "limit 100 million"),
        ({"height": 0}, "claims to be 12x0 px"),
    ],
)
def test_sizes_that_contradict_each_other_are_an_error(
    write: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputFileError, match=words):
        read(write.raw_image(0, "c", "rgb8", PICTURE, **changes))


def test_an_encoding_that_is_not_known_lists_those_that_are(write: SimpleNamespace) -> None:
    with pytest.raises(
        InputFileError, match="encoding 'secret' is not known, here, use one of: 8uc1"
    ):
        read(write.raw_image(0, "c", "secret", PICTURE))


@pytest.mark.parametrize(
    ("format_", "why"),
    [
        ("jpeg", ""),
        ("png", ""),
        ("", ""),
        ("rgb8; jpeg compressed bgr8", ""),
        ("16UC1; png compressed ", "depth"),
        ("16UC1; compressedDepth png", "depth"),
        ("h264", "format 'h264' is not JPEG or PNG"),
    ],
)
def test_what_is_no_jpeg_or_png_is_no_picture(
    write: SimpleNamespace, format_: str, why: str
) -> None:
    encode = serialize_dynamic(COMPRESSED_IMAGE, definition(COMPRESSED_IMAGE))[COMPRESSED_IMAGE]
    head = encode({"header": write.header(1, "c"), "format": format_, "data": b"..."})
    rows = np.zeros((1, 6), np.int64)
    assert why_not_a_picture(Topic("/c", COMPRESSED_IMAGE, "c", head, rows, 1)) == why


@pytest.mark.parametrize(
    ("encoding", "why"),
    [("rgb8", ""), ("32FC1", "depth"), ("nv99", "encoding 'nv99' is not known")],
)
def test_depth_images_are_no_pictures(write: SimpleNamespace, encoding: str, why: str) -> None:
    head = ENCODE(write.raw_image(1, "camera", encoding, PICTURE))[:100]
    rows = np.zeros((1, 6), np.int64)
    assert why_not_a_picture(Topic("/c", IMAGE, "c", head, rows, 1)) == why
