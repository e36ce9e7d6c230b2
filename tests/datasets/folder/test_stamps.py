"""Times in names, tables and text, in whatever unit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from av3d.datasets.folder.listing import timed_files
from av3d.datasets.folder.stamps import times_of_text
from av3d.errors import InputFileError

HERE = Path("here")
START_NS = 1_700_000_000_000_000_000


def listed(folder: Path, unit: str | None = None) -> dict[str, int]:
    times_ns, paths = timed_files(folder, (".pcd",), hashlib.sha256(), unit)
    return dict(zip(paths.names, times_ns.tolist(), strict=True))


def with_files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("names", "first_ns", "step_ns"),
    [
        (["1700000000000000000", "1700000000100000000"], START_NS, 100_000_000),
        (["1700000000000000", "1700000000100000"], START_NS, 100_000_000),
        (["1700000000000", "1700000000100"], START_NS, 100_000_000),
        (["1700000000", "1700000001"], START_NS, 1_000_000_000),
        (["1700000000.123456", "1700000000.223456"], START_NS + 123_456_000, 100_000_000),
        (["1700000000.5", "1700000000.25"], START_NS + 250_000_000, 250_000_000),
        (["1700000000_000000007", "1700000000_100000007"], START_NS + 7, 100_000_000),
        (["1700000000123.25", "1700000000223.25"], START_NS + 123_250_000, 100_000_000),
        (["0.100000", "12.200000"], 100_000_000, 12_100_000_000),
        (["0000000000000", "0000100000000"], 0, 100_000_000),
        (["100000000", "200000000"], 100_000_000, 100_000_000),
        (["1700000000000"], START_NS, 0),
    ],
)
def test_names_tell_their_unit(tmp_path: Path, names, first_ns: int, step_ns: int) -> None:
    times = sorted(listed(with_files(tmp_path, *(f"{name}.pcd" for name in names))).values())
    assert times[0] == first_ns
    assert times[-1] - times[0] == step_ns


def test_a_setting_decides_about_the_unit(tmp_path: Path) -> None:
    with_files(tmp_path, "0000.pcd", "0100.pcd")
    assert sorted(listed(tmp_path, "ms").values()) == [0, 100_000_000]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["000000", "000001", "000002"], "0 to 2 are no times in nanoseconds, only 1 apart"),
        (["0", "100", "200"], "write time_unit_of_names"),
        (["1700000000000000", "1700000100000000"], "may be times in us or ns"),
        (["1700000000.5000", "1700000000.123456789"], "nanoseconds without leading zeros"),
        (["frame_front"], "not a time, .*add timestamps.csv"),
        (["frame_0", "frame_1", "frame_2"], "0 to 2 are no times in nanoseconds, only 1 apart"),
        (["9" * 19], "not a time, "),
        (["9" * 39, "1"], "not a time, |no times"),
    ],
)
def test_names_that_do_not_tell_are_one_clear_line(tmp_path: Path, names, message: str) -> None:
    with pytest.raises(InputFileError, match=message) as caught:
        listed(with_files(tmp_path, *(f"{name}.pcd" for name in names)))
    assert "\n" not in str(caught.value)


TABLES = {
    "names and seconds": "b.pcd 1700000000.2\na.pcd 1700000000.1\n",
    "a header with a unit": "file,time_ms\na.pcd,1700000000100\nb.pcd,1700000000200\n",
    "times first, as EuRoC": (
        "#timestamp [ns],filename\n1700000000100000000,a.pcd\n1700000000200000000,b.pcd"
    ),
    "without suffix": "a;1700000000100\nb;1700000000200",
    "paths of another machine": "../x/a.pcd 1700000000.1\nC:\\data\\b.pcd 1700000000.2",
    "only times, as KITTI": "2023-11-14 22:13:20.100000000\n2023-11-14 22:13:20.200000000\n",
    "dates with names": "a.pcd 2023-11-14 22:13:20.1\nb.pcd 2023-11-14T22:13:20.2",
    "exponents of numpy": "1.700000000100000000e+09\n1.700000000200000000e+09",
    "a lost file": "a.pcd 1700000000.1\nlost.pcd 1700000000.15\nb.pcd 1700000000.2",
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_tells_the_times_of_files(tmp_path: Path, kind: str) -> None:
    with_files(tmp_path, "a.pcd", "b.pcd", ".hidden.pcd", "notes.md")
    (tmp_path / "timestamps.txt").write_text(TABLES[kind])
    assert listed(tmp_path) == {"a.pcd": START_NS + 100_000_000, "b.pcd": START_NS + 200_000_000}


def test_only_times_go_with_the_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    with_files(tmp_path, "frame_10.pcd", "frame_9.pcd")
    (tmp_path / "timestamps.csv").write_text("0.5\n0.6\n")
    assert listed(tmp_path) == {"frame_9.pcd": 500_000_000, "frame_10.pcd": 600_000_000}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "table of times is empty"),
        ("file,time", "has not both"),
        ("a.pcd 1700000000.1", "the file b.pcd has no line"),
        ("a 1700000000.1\na.pcd 1700000000.1", "two lines have the file a.pcd"),
        ("1700000000.1", "1 times for 2 files"),
        ("a.pcd noon7\nb.pcd 12", "'noon7' is not a time"),
        ("a.pcd 1.5\nb.pcd nan", "'nan' is not a time"),
        ("a.pcd 1e99\nb.pcd 2e99", "is no time of this age|are no times"),
        ("2023-13-41 22:13:20\n2023-11-14 22:13:20", "is not a date"),
        ("0000-00-00 00:00:00\n1", "is not a date"),
        ("a.pcd 5\nb.pcd 6", "are no times in nanoseconds"),
    ],
)
def test_a_table_that_is_wrong_is_one_clear_line(tmp_path: Path, table: str, message: str) -> None:
    with_files(tmp_path, "a.pcd", "b.pcd")
    (tmp_path / "timestamps.csv").write_text(table)
    with pytest.raises(InputFileError, match=message) as caught:
        listed(tmp_path)
    assert "timestamps.csv" in str(caught.value)


def test_two_tables_are_refused(tmp_path: Path) -> None:
    with_files(tmp_path, "timestamps.csv", "timestamps.txt")
    with pytest.raises(InputFileError, match="two tables of times"):
        listed(tmp_path)


def test_the_fingerprint_follows_the_table(tmp_path: Path) -> None:
    with_files(tmp_path, "a.pcd")
    prints = set()
    for time in ("1.5", "1.6"):
        (tmp_path / "timestamps.csv").write_text(time)
        digest = hashlib.sha256()
        timed_files(tmp_path, (".pcd",), digest, None)
        prints.add(digest.hexdigest())
    assert len(prints) == 2


def test_numbers_keep_every_nanosecond() -> None:
    assert times_of_text(["1700000000.123456789"], None, HERE).tolist() == [START_NS + 123_456_789]
    assert times_of_text(["1700000000123456789"], None, HERE).tolist() == [START_NS + 123_456_789]
