from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.folder.ply import read_ply
from av3d.datasets.folder.points import read_sweep
from av3d.errors import InputFileError

VERTEX = (
    "element vertex 2\nproperty float x\nproperty double y\nproperty float32 z\n"
    "property uchar scalar_Intensity\nproperty int ring\n"
)
FACE = "element face 1\nproperty list uchar int vertex_indices\n"
VALUES = ((1.5, 2.5, -3, 255, 7), (4, 5, 6, 0, -8))


def ply(form: str, body: bytes, *elements: str) -> bytes:
    text = "ply\nformat {} 1.0\ncomment made by hand\n{}end_header\n"
    return text.format(form, "".join(elements)).encode() + body


def packed(order: str) -> bytes:
    return b"".join(struct.pack(f"{order}fdfBi", *row) for row in VALUES)


FACES = {"<": struct.pack("<Biii", 3, 0, 1, 1), ">": struct.pack(">Biii", 3, 0, 1, 1)}

FILES = {
    "text": ply("ascii", b"1.5 2.5 -3 255 7\n4 5 6 0 -8\n3 0 1 1\n", VERTEX, FACE),
    "text after faces": ply("ascii", b"3 0 1 1\n1.5 2.5 -3 255 7\n4 5 6 0 -8\n", FACE, VERTEX),
    "little": ply("binary_little_endian", packed("<") + FACES["<"], VERTEX, FACE),
    "big": ply("binary_big_endian", packed(">") + FACES[">"], VERTEX, FACE),
    "after faces": ply("binary_big_endian", FACES[">"] + packed(">"), FACE, VERTEX),
    "carriage returns": ply("ascii", b"1.5 2.5 -3 255 7\n4 5 6 0 -8", VERTEX).replace(
        b"\n", b"\r\n"
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_vertices_are_read_from_every_form(tmp_path: Path, kind: str) -> None:
    (tmp_path / "1.ply").write_bytes(FILES[kind])
    sweep = read_sweep(tmp_path / "1.ply", "top", 1)
    assert sweep.points_m.tolist() == [[1.5, 2.5, -3], [4, 5, 6]]
    assert sweep.intensity.tolist() == [1, 0]
    assert sweep.extra["ring"].tolist() == [7, -8]
    assert sweep.extra["ring"].dtype.isnative


GOOD = FILES["little"]
BAD = [
    (b"", "sweep is empty"),
    (b"plywood", "not a PLY file"),
    (GOOD[:-20], "truncated: 35 bytes of points, 2 points have 42"),
    (FILES["text"][:-24], "truncated|row 2 has"),
    (GOOD.replace(b"vertex 2", b"vertex 99999999"), "claims 99,999,999 points"),
    (GOOD.replace(b"element vertex", b"element corner"), "no element vertex"),
    (GOOD.replace(b"double y", b"double k"), "no fields x, y, z"),
    (GOOD.replace(b"int ring", b"int y"), "two properties y"),
    (GOOD.replace(b"int ring", b"long ring"), "header line 'property long ring' is not known"),
    (GOOD.replace(b"property int ring", b"property list int int ring"), "vertices have lists"),
    (GOOD.replace(b"end_header", b"comment"), "does not end|is not known"),
    (GOOD.replace(b"format binary_little_endian 1.0\n", b""), "is not known|names no format"),
    (FILES["after faces"].replace(b"face 1", b"face 9999999"), "9,999,999 lists"),
    (FILES["after faces"].replace(b"face 1", b"face 99999"), "truncated before its points"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "1.ply").write_bytes(data)
    with pytest.raises(InputFileError, match=message) as caught:
        read_ply(tmp_path / "1.ply")
    assert "\n" not in str(caught.value)


@given(st.sampled_from(sorted(FILES)), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_gives_an_error_or_a_sweep(tmp_path_factory, kind, place, value) -> None:
    data = bytearray(FILES[kind])
    data[place % len(data)] = value
    path = tmp_path_factory.mktemp("f") / "1.ply"
    path.write_bytes(bytes(data))
    with contextlib.suppress(InputFileError):
        points = read_sweep(path, "top", 1).points_m
        assert np.isfinite(points).all()
