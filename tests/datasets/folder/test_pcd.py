from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.folder.pcd import read_pcd
from av3d.datasets.folder.points import read_sweep
from av3d.errors import InputFileError

STAMP_NS = 1_700_000_000_000_000_000

LAYOUT = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("ring", "<u2"), ("t", "<u4")]
)
POINTS = np.array(
    [(1, 2, 3, 10, 0, 0), (-4, 5, 0.5, 255, 1, 50_000_000), (7, 8, 9, 0, 2, 99_000_000)], LAYOUT
)


def header(table: np.ndarray, data: str, *, height: int = 1) -> bytes:
    kinds = {"f": "F", "i": "I", "u": "U"}
    fields = [table.dtype[name] for name in table.dtype.names]
    return (
        "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\n"
        f"FIELDS {' '.join(table.dtype.names)}\n"
        f"SIZE {' '.join(str(kind.itemsize) for kind in fields)}\n"
        f"TYPE {' '.join(kinds[kind.kind] for kind in fields)}\n"
        f"COUNT {' '.join('1' for _ in fields)}\n"
        f"WIDTH {len(table) // height}\nHEIGHT {height}\nVIEWPOINT 0 0 0 1 0 0 0\n"
        f"POINTS {len(table)}\nDATA {data}\n"
    ).encode()


def as_text(table: np.ndarray) -> bytes:
    rows = [" ".join(repr(value) for value in row.tolist()) for row in table]
    return header(table, "ascii") + "\n".join(rows).encode() + b"\n"


def as_binary(table: np.ndarray) -> bytes:
    return header(table, "binary") + table.tobytes()


def test_a_binary_file_keeps_all_fields(tmp_path: Path) -> None:
    (tmp_path / "1.pcd").write_bytes(as_binary(POINTS))
    sweep = read_sweep(tmp_path / "1.pcd", "top", STAMP_NS)
    assert sweep.points_m.tolist() == [[1, 2, 3], [-4, 5, 0.5], [7, 8, 9]]
    np.testing.assert_allclose(sweep.intensity, [10 / 255, 1, 0])
    assert sweep.extra["ring"].tolist() == [0, 1, 2]
    assert sweep.time_offset_ns.tolist() == [0, 50_000_000, 99_000_000]


def test_text_says_the_same_as_binary(tmp_path: Path) -> None:
    (tmp_path / "t.pcd").write_bytes(as_text(POINTS))
    (tmp_path / "b.pcd").write_bytes(as_binary(POINTS))
    text, binary = read_pcd(tmp_path / "t.pcd"), read_pcd(tmp_path / "b.pcd")
    assert text.points_m.tolist() == binary.points_m.tolist()
    for name in ("intensity", "ring", "t"):
        assert text.values[name].tolist() == binary.values[name].tolist()
        assert text.values[name].dtype == binary.values[name].dtype


def test_text_keeps_every_nanosecond_since_1970(tmp_path: Path) -> None:
    layout = np.dtype([("x", "<f8"), ("y", "<f8"), ("z", "<f8"), ("timestamp", "<u8")])
    table = np.array([(1, 0, 0, STAMP_NS + 123_456_789), (2, 0, 0, STAMP_NS + 7)], layout)
    (tmp_path / "1.pcd").write_bytes(as_text(table))
    sweep = read_sweep(tmp_path / "1.pcd", "top", STAMP_NS)
    assert sweep.time_offset_ns.tolist() == [123_456_789, 7]


@pytest.mark.parametrize("gap", [b"  ", b"\t"])
def test_text_may_have_other_white_space(tmp_path: Path, gap: bytes) -> None:
    head, _, rows = as_text(POINTS).partition(b"ascii\n")
    text = head + b"ascii\r\n" + rows.replace(b" ", gap).replace(b"\n", b" \r\n")
    (tmp_path / "1.pcd").write_bytes(text)
    assert read_pcd(tmp_path / "1.pcd").values["ring"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("nan", [b"nan", b"-nan", b"NaN"])
def test_text_may_hold_nan_in_any_spelling(tmp_path: Path, nan: bytes) -> None:
    text = as_text(POINTS).replace(b"1.0 2.0 3.0", b" ".join([nan] * 3))
    (tmp_path / "1.pcd").write_bytes(text)
    assert read_pcd(tmp_path / "1.pcd").points_m.tolist() == [[-4, 5, 0.5], [7, 8, 9]]


def test_points_without_a_return_of_organised_clouds_are_left_out(tmp_path: Path) -> None:
    table = np.concatenate([POINTS, POINTS])
    table["x"][1] = np.nan
    for axis in "xyz":
        table[axis][4] = 0
    (tmp_path / "1.pcd").write_bytes(header(table, "binary", height=2) + table.tobytes())
    found = read_pcd(tmp_path / "1.pcd")
    assert (found.rows, len(found.points_m)) == (6, 4)
    assert found.values["ring"].tolist() == [0, 2, 0, 2]


def test_a_file_written_by_open3d_compressed_is_read(tmp_path: Path) -> None:
    import open3d as o3d

    rng = np.random.default_rng(5)
    points = np.round(rng.normal(0, 30, (5_000, 3)), 1).astype(np.float32)
    ring = (np.arange(5_000) % 64).astype(np.uint16)
    cloud = o3d.t.geometry.PointCloud()
    cloud.point["positions"] = o3d.core.Tensor(points)
    cloud.point["ring"] = o3d.core.Tensor(ring[:, None])
    cloud.point["intensity"] = o3d.core.Tensor(np.arange(5_000, dtype=np.float32)[:, None])
    path = tmp_path / "1.pcd"
    assert o3d.t.io.write_point_cloud(str(path), cloud, compressed=True)
    assert b"binary_compressed" in path.read_bytes()
    found = read_pcd(path)
    assert np.array_equal(found.points_m, points)
    assert np.array_equal(found.values["ring"], ring)
    # Runs that repeat themselves were packed.
    assert path.stat().st_size < 5_000 * 18


def test_padding_and_fields_of_many_values_are_passed_over(tmp_path: Path) -> None:
    layout = np.dtype([("z", "<f4"), ("_", "u1", 4), ("y", "<f4"), ("fpfh", "<f4", 3), ("x", "<f4"),
                       ("rgb", "<u4")])  # fmt: skip
    table = np.zeros(2, layout)
    table["x"], table["y"], table["z"], table["rgb"] = [1, 2], [3, 4], [5, 6], 0x00FF8040
    head = (
        b"FIELDS z _ y fpfh x rgb\nSIZE 4 1 4 4 4 4\nTYPE F U F F F F\nCOUNT 1 4 1 3 1 1\n"
        b"WIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA binary\n"
    )
    (tmp_path / "1.pcd").write_bytes(head + table.tobytes())
    found = read_pcd(tmp_path / "1.pcd")
    assert found.points_m.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert list(found.values) == ["rgb"]
    assert found.values["rgb"].tolist() == [0x00FF8040] * 2


GOOD = as_binary(POINTS)
BAD = [
    (b"", "sweep is empty"),
    (b"nonsense", "not a PCD file"),
    (b"ply\n" * 40_000, "not a PCD file"),
    (GOOD[:-1], "truncated: 65 bytes of points, 3 points have 66"),
    (as_text(POINTS)[:-30], "truncated: 2 rows, the header says 3|row 2 has"),
    (as_text(POINTS).replace(b"-4.0", b"four"), "row 1: 'four' is no float32"),
    (GOOD.replace(b"FIELDS x", b"FIELDS k"), r"no fields x, y, z \(its fields: k y z"),
    (GOOD.replace(b"FIELDS x y", b"FIELDS x x"), "two fields x"),
    (GOOD.replace(b"TYPE F", b"TYPE Q"), "field x has type Q of 4 bytes"),
    (GOOD.replace(b"SIZE 4", b"SIZE 3"), "field x has type F of 3 bytes"),
    (GOOD.replace(b"SIZE 4 ", b"SIZE "), "SIZE is '4 4 4 2 4', not 6 whole numbers"),
    (GOOD.replace(b"POINTS 3", b"POINTS 4"), "POINTS is 4, but WIDTH times HEIGHT 3"),
    (GOOD.replace(b"POINTS 3", b"POINTS -3"), "POINTS is '-3'"),
    (GOOD.replace(b"3\n", b"99999999999\n"), "sweep claims 99,999,999,999 points"),
    (GOOD.replace(b"COUNT 1", b"COUNT 999999"), "a point has"),
    (GOOD.replace(b"binary", b"secret"), "DATA is 'secret'"),
    (GOOD.replace(b"binary", b"binary_compressed"), "truncated|unpacks to"),
    (GOOD.replace(b"DATA binary", b""), "not a PCD file|has no DATA"),
    (header(POINTS, "binary_compressed") + b"\x05\0\0\0\x42\0\0\0\xff\xff\xff\xff\xff", "damaged"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "1.pcd").write_bytes(data)
    with pytest.raises(InputFileError, match=message) as caught:
        read_pcd(tmp_path / "1.pcd")
    assert "\n" not in str(caught.value)
    assert "1.pcd" in str(caught.value)


@given(st.sampled_from(["text", "binary"]), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_gives_an_error_or_a_sweep(tmp_path_factory, kind, place, value) -> None:
    data = bytearray(as_text(POINTS) if kind == "text" else GOOD)
    data[place % len(data)] = value
    path = tmp_path_factory.mktemp("f") / "1.pcd"
    path.write_bytes(bytes(data))
    with contextlib.suppress(InputFileError):
        assert read_sweep(path, "top", STAMP_NS).points_m.shape[1] == 3
