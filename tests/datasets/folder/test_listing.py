from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from av3d.datasets.folder.listing import ALL_SIZES, timed_files
from av3d.errors import InputFileError


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
    with pytest.raises(InputFileError, match="the file name is not a time in nanoseconds"):
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
