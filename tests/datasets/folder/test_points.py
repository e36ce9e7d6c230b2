from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from av3d.datasets.folder.arrays import write_npz
from av3d.datasets.folder.lidar_settings import LidarSettings
from av3d.datasets.folder.points import read_sweep
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep

POINTS = np.array([[1, 2, 3], [-4, 5, 0.5]], np.float32)


def test_npz_keeps_everything(tmp_path: Path) -> None:
    sweep = Sweep(
        "top", 7, POINTS, np.array([0.25, 1], np.float32), np.array([-5, 2**35]),
        {"ring": np.array([3, 4], np.uint8)},
    )  # fmt: skip
    write_npz(sweep, tmp_path / "7.npz")
    back = read_sweep(tmp_path / "7.npz", "top", 7)
    assert back.points_m.tolist() == POINTS.tolist()
    assert back.intensity.tolist() == [0.25, 1]
    assert back.time_offset_ns.tolist() == [-5, 2**35]
    assert back.extra["ring"].tolist() == [3, 4]


@given(
    arrays(np.float32, st.tuples(st.integers(0, 20), st.just(3)),
           elements=st.floats(-150, 150, width=32))
)  # fmt: skip
def test_rounded_points_are_within_half_a_unit(tmp_path_factory, points) -> None:
    path = tmp_path_factory.mktemp("p") / "1.npz"
    write_npz(Sweep("top", 1, points), path, unit_m=0.005)
    back = read_sweep(path, "top", 1).points_m
    assert back.shape == points.shape
    assert np.abs(back - points).max(initial=0) <= 0.0025 + 1e-4


def test_equal_sweeps_give_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        write_npz(Sweep("top", 1, POINTS), tmp_path / f"{name}.npz", 0.005)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_file_of_numpy_savez_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "1.npz", points_m=POINTS.astype(np.float64), intensity=np.uint8([0, 255]))
    back = read_sweep(tmp_path / "1.npz", "top", 1)
    assert back.points_m.dtype == np.float32
    assert back.intensity.tolist() == [0, 1]


def test_a_bin_file_has_four_columns_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "1.bin"
    np.array([[1, 2, 3, 127.5]], "<f4").tofile(path)
    sweep = read_sweep(path, "top", 1, LidarSettings(intensity_scale=255))
    assert sweep.points_m.tolist() == [[1, 2, 3]]
    assert sweep.intensity.tolist() == [0.5]
    np.array([[1, 2, 3, 0.5, 0.02]], "<f4").tofile(path)
    sweep = read_sweep(path, "top", 1, LidarSettings(columns=5))
    assert abs(int(sweep.time_offset_ns[0]) - 20_000_000) < 10


def test_suffixes_may_be_in_capitals(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", points_m=POINTS)
    (tmp_path / "a.npz").rename(tmp_path / "1.NPZ")
    assert len(read_sweep(tmp_path / "1.NPZ", "top", 1)) == 2


def test_a_npy_file_may_have_three_columns(tmp_path: Path) -> None:
    np.save(tmp_path / "1.npy", POINTS)
    sweep = read_sweep(tmp_path / "1.npy", "top", 1)
    assert sweep.points_m.tolist() == POINTS.tolist()
    assert sweep.intensity is None


def saved(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(array: object, *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


def lying_header(shape: str) -> bytes:
    """An NPY file that claims a shape without the data for it."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def zip_of(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


BAD_FILES = [
    ("1.npz", b"", "sweep is empty"),
    ("1.npz", b"PK\x03\x04nonsense", "not a readable .npz"),
    ("1.npz", saved(points_m=POINTS)[:-40], "not a readable .npz"),
    ("1.npz", saved(cloud=POINTS), "has no array points_m, only cloud"),
    ("1.npz", saved(points_m=POINTS[:, :2]), r"points have shape \(2, 2\)"),
    ("1.npz", saved(points_m=POINTS, intensity=np.zeros(3)), r"intensity has shape \(3,\)"),
    ("1.npz", saved(points_m=POINTS * np.nan), "2 of 2 points have coordinates"),
    ("1.npz", saved(points_m=POINTS, intensity=np.array([0, np.inf])), "an intensity is not"),
    ("1.npz", saved(points=np.zeros((2, 3), int), unit_m=np.array(-1.0)), "unit_m"),
    ("1.npz", saved(points_m=POINTS, time_offset_ns=np.zeros(2)), "time_offset_ns holds float64"),
    ("1.npz", saved(points_m=np.array([["a", "b", "c"]])), "not numbers"),
    ("1.npz", zip_of("points_m.npy", lying_header("(9000000, 3)")), "truncated"),
    ("1.npz", zip_of("points_m.npy", lying_header("(900000000000, 3)")), "is not a sweep"),
    ("1.npy", lying_header("(1000000, 3)"), "truncated"),
    ("1.npy", lying_header("(99999999999999, 3)"), "is not a sweep"),
    ("1.npy", lying_header("(-5, 3)"), "is not a sweep"),
    ("1.npy", npy(np.array([{"a": 1}], object), pickled=True), "Python objects"),
    ("1.npy", npy(np.zeros((2, 9))), r"shape \(2, 9\)"),
    ("1.npy", npy(np.zeros((2, 3), int)), "holds int64"),
    ("1.npy", npy(np.zeros((2, 5)) + 100), "more than a minute from the sweep"),
    ("1.npy", b"\x93NUMPY\x07\x00rubbish", "NPY version"),
    ("1.npy", b"not numpy at all", "not a readable NPY"),
    ("1.npy", lying_header("(3, 3"), "not a readable NPY"),
    ("1.bin", b"12345", "not a whole number of points"),
    ("1.bin", np.array([[np.nan, 0, 0, 0]], "<f4").tobytes(), "not finite"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), BAD_FILES)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, name, data, message) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputFileError, match=message) as caught:
        read_sweep(path, "top", 1)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot read sweep: No such file"):
        read_sweep(tmp_path / "1.npz", "top", 1)


@given(st.binary(max_size=400))
def test_any_bytes_give_an_error_or_a_sweep(tmp_path_factory, data: bytes) -> None:
    for suffix in (".npz", ".npy"):
        path = tmp_path_factory.mktemp("b") / f"1{suffix}"
        path.write_bytes(data)
        with pytest.raises(InputFileError):
            read_sweep(path, "top", 1)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_flipped_byte_gives_an_error_or_a_sweep(tmp_path_factory, place, value) -> None:
    data = bytearray(saved(points_m=POINTS, intensity=np.zeros(2)))
    data[place % len(data)] = value
    path = tmp_path_factory.mktemp("f") / "1.npz"
    path.write_bytes(bytes(data))
    # Either the flip is harmless or it is noticed; nothing else may be raised.
    with contextlib.suppress(InputFileError):
        assert read_sweep(path, "top", 1).points_m.shape == (2, 3)
