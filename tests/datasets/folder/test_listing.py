from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from av3d.datasets.folder.listing import ALL_SIZES, timed_files
from av3d.errors import InputFileError


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def listed(folder: Path) -> tuple[list[int], list[str], str]:
    digest = hashlib.sha256()
    times_ns, paths = timed_files(folder, (".bin", ".npz"), digest)
    assert all(path.parent == folder for path in paths)
    return times_ns.tolist(), [path.name for path in paths], digest.hexdigest()


def test_files_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    for name in ("10.bin", "9.npz", "0011.BIN", ".5.bin", "notes.txt", "7.txt", "bin"):
        (tmp_path / name).touch()
    times, names, _ = listed(tmp_path)
    assert times == [9, 10, 11]
    assert names == ["9.npz", "10.bin", "0011.BIN"]


@pytest.mark.parametrize(
    "name", ["front.bin", "-1.bin", "1.5.bin", "٣.bin", f"{2**62}.bin", "0" * 41 + ".bin"]
)
def test_a_name_that_is_no_time_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputFileError, match=r"the file name is not a time, .*any unit will do"):
        listed(tmp_path)


@pytest.mark.parametrize("prefix", ["frame_", "scan-", "Lidar_Top-", "t", "点_"])
def test_a_prefix_that_all_files_share_is_passed_over(tmp_path: Path, prefix: str) -> None:
    touched(tmp_path, f"{prefix}1532402927812.bin", f"{prefix}1532402927612.bin")
    times_ns, paths = timed_files(tmp_path, (".bin",), hashlib.sha256(), None)
    assert times_ns.tolist() == [1532402927612_000_000, 1532402927812_000_000]
    assert [path.name for path in paths] == [
        f"{prefix}1532402927612.bin",
        f"{prefix}1532402927812.bin",
    ]


def test_a_prefix_may_stand_before_times_of_any_form_and_beside_other_files(tmp_path: Path) -> None:
    touched(tmp_path, "notes.txt", ".hidden", "scan_99.bin", "scan_100.npz")
    assert listed(tmp_path)[:2] == ([99, 100], ["scan_99.bin", "scan_100.npz"])


@pytest.mark.parametrize("fraction", [".250000000", "_250000000"])
def test_seconds_with_a_fraction_may_follow_a_prefix(tmp_path: Path, fraction: str) -> None:
    touched(tmp_path, f"img_1700000000{fraction}.bin")
    times_ns, _ = timed_files(tmp_path, (".bin",), hashlib.sha256(), None)
    assert times_ns.tolist() == [1700000000_250_000_000]


@pytest.mark.parametrize(
    "name", ["cam0_000123.bin", "cam0.000123.bin", "cam0_1532402927612.bin", "scan_front.bin"]
)
def test_the_number_of_a_camera_is_not_taken_for_seconds(tmp_path: Path, name: str) -> None:
    touched(tmp_path, name)
    with pytest.raises(InputFileError, match="the file name is not a time, "):
        timed_files(tmp_path, (".bin",), hashlib.sha256(), None)


@pytest.mark.parametrize("other", ["right_20.bin", "20.bin", "left20.bin"])
def test_prefixes_that_differ_are_refused(tmp_path: Path, other: str) -> None:
    touched(tmp_path, "left_10.bin", other)
    with pytest.raises(InputFileError, match=r"before the time there is '.*in another"):
        listed(tmp_path)


def test_two_files_of_one_time_are_refused(tmp_path: Path) -> None:
    for name in ("5.bin", "05.bin"):
        (tmp_path / name).touch()
    with pytest.raises(InputFileError, match=r"two files have the time 5 ns.*remove it or"):
        listed(tmp_path)


def test_the_fingerprint_of_a_short_log_follows_every_size(tmp_path: Path) -> None:
    for time in range(30):
        (tmp_path / f"{time}.bin").touch()
    before = listed(tmp_path)[2]
    (tmp_path / "17.bin").write_bytes(b"x")
    assert listed(tmp_path)[2] != before


def test_the_fingerprint_of_a_long_log_follows_every_name_and_the_first_and_last_sizes(
    tmp_path: Path,
) -> None:
    count = ALL_SIZES + 100
    for time in range(count):
        (tmp_path / f"{time}.bin").touch()
    seen = {listed(tmp_path)[2], listed(tmp_path)[2]}
    assert len(seen) == 1
    for name in ("0.bin", f"{count - 1}.bin"):
        (tmp_path / name).write_bytes(b"x")
        seen.add(listed(tmp_path)[2])
    (tmp_path / "700.bin").rename(tmp_path / "700.npz")
    seen.add(listed(tmp_path)[2])
    assert len(seen) == 4
