import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.errors import InputFileError
from av3d.logs.image import ImageFiles, decode_image, image_size, read_image

RNG = np.random.default_rng(0)
PICTURE = cv2.resize(RNG.integers(0, 255, (12, 16, 3), dtype=np.uint8), (64, 48))  # RGB


def encode(suffix: str, picture: np.ndarray = PICTURE, *options: int) -> bytes:
    ok, data = cv2.imencode(suffix, picture[..., ::-1], list(options))
    assert ok
    return data.tobytes()


JPEG, PNG = encode(".jpg"), encode(".png")
PROGRESSIVE = encode(".jpg", PICTURE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = encode(".jpg", PICTURE, cv2.IMWRITE_JPEG_RST_INTERVAL, 1)
each = pytest.mark.parametrize(
    "data", [JPEG, PROGRESSIVE, RESTARTS, PNG], ids=["jpeg", "progressive", "restarts", "png"]
)


def with_segment(marker: int, payload: bytes) -> bytes:
    """JPEG with one more segment at its front."""
    return (
        JPEG[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload + JPEG[2:]
    )


def png_of_size(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return PNG[:8] + chunk + PNG[33:]


def test_colours_come_as_red_green_blue():
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    for suffix in (".png", ".jpg"):
        image = decode_image(encode(suffix, red), "a")
        assert image.dtype == np.uint8
        assert image[4, 4, 0] > 250
        assert image[4, 4, 2] < 5
    np.testing.assert_array_equal(decode_image(PNG, "a"), PICTURE)


def test_grey_and_16_bit_images_become_colour():
    for picture in (PICTURE[..., 0], PICTURE.astype(np.uint16) * 256):
        ok, data = cv2.imencode(".png", picture)
        assert ok
        assert decode_image(data.tobytes(), "a").shape == (48, 64, 3)


@each
def test_a_whole_image_is_read(data):
    assert decode_image(data, "a").shape == (48, 64, 3)


@each
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_image_is_an_error(data, part):
    cut = data[: min(int(len(data) * part), len(data) - 2)]
    with pytest.raises(InputFileError, match=r"truncated|not a readable"):
        decode_image(cut, "a.jpg")


def test_a_truncated_image_says_how_much_there_is():
    with pytest.raises(InputFileError, match=r"truncated, it stops after 400 bytes, a\.jpg, copy"):
        decode_image(JPEG[:400], "a.jpg")


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_image():
    thumbnail = encode(".jpg", PICTURE[:8, :8])
    whole = with_segment(0xE1, b"Exif\0\0" + thumbnail)
    assert decode_image(whole, "a").shape == (48, 64, 3)
    just_behind = whole.index(thumbnail) + len(thumbnail) + 10
    assert b"\xff\xd9" in whole[:just_behind][-64:]
    for cut in (just_behind, just_behind + 40, len(whole) - 2):
        with pytest.raises(InputFileError, match="truncated"):
            decode_image(whole[:cut], "a")


def test_padding_behind_the_end_is_fine():
    for data in (JPEG, PNG):
        assert decode_image(data + b"\0" * 500, "a").shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\0" * 1000, b"GIF89a" + b"\0" * 50, b"\xff\xd8", b"\x89PNG\r\n\x1a\n",
     b"\xff\xd8\xff\xd9", b"\xff\xd8" + b"\xff" * 100, RNG.bytes(5000)],
)  # fmt: skip
def test_garbage_is_an_error(data):
    with pytest.raises(InputFileError, match=r"truncated|not a readable"):
        decode_image(data, "a")


def test_garbage_in_place_of_pixels_is_an_error_for_png():
    start = PNG.index(b"IDAT") + 4
    with pytest.raises(InputFileError):
        decode_image(PNG[:start] + b"\xaa" * 200 + PNG[start + 200 :], "a")


def test_an_empty_file_is_an_error(tmp_path):
    path = tmp_path / "a.jpg"
    path.touch()
    with pytest.raises(InputFileError, match="empty, 0 bytes"):
        read_image(path)


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (200_000_000, 1)])
def test_a_header_that_claims_a_huge_image_is_refused(size):
    with pytest.raises(InputFileError, match=rf"claims to be {size[0]}x{size[1]} px"):
        decode_image(png_of_size(*size), "a.png")


def test_a_huge_jpeg_is_refused_too():
    frame = JPEG.index(b"\xff\xc0") + 5
    huge = JPEG[:frame] + struct.pack(">HH", 65000, 65000) + JPEG[frame + 4 :]
    with pytest.raises(InputFileError, match="claims to be 65000x65000 px"):
        decode_image(huge, "a.jpg")


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputFileError, match=r"No such file.*gone\.jpg"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(InputFileError, match="Is a directory"):
        read_image(tmp_path)


def test_image_files_are_read_when_asked_for(tmp_path):
    path = tmp_path / "Übung 1.png"
    files = ImageFiles([5], [path])
    assert len(files) == 1
    assert files.path(0) == path
    path.write_bytes(PNG)
    np.testing.assert_array_equal(files.read(0), PICTURE)


def test_each_image_needs_a_time():
    with pytest.raises(InputFileError, match="2 image files for 1 timestamps"):
        ImageFiles([5], [Path("a.jpg"), Path("b.jpg")])


def test_the_size_of_an_image_is_told_without_decoding_it():
    assert image_size(JPEG, "here") == image_size(PNG, "here") == (64, 48)
