from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from av3d.datasets.mcap_ros2.files import Bag, bag_parts
from av3d.datasets.mcap_ros2.log import read_index
from av3d.datasets.mcap_ros2.messages import CLOUD
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError

METADATA = "rosbag2_bagfile_information:\n  relative_file_paths:\n    - {}\n"


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def test_parts_without_metadata_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "drive_10.mcap", "drive_2.mcap", "drive_0.mcap", "notes.txt")
    assert [part.name for part in bag_parts(tmp_path)] == [
        "drive_0.mcap", "drive_2.mcap", "drive_10.mcap",
    ]  # fmt: skip


def test_metadata_says_the_order(tmp_path: Path) -> None:
    touch(tmp_path, "a.mcap", "b.mcap")
    (tmp_path / "metadata.yaml").write_text(METADATA.format("b.mcap\n    - a.mcap"))
    assert [part.name for part in bag_parts(tmp_path)] == ["b.mcap", "a.mcap"]


def test_renamed_parts_are_found_in_spite_of_the_metadata(tmp_path: Path) -> None:
    touch(tmp_path, "renamed_0.mcap")
    (tmp_path / "metadata.yaml").write_text(METADATA.format("old_0.mcap"))
    assert [part.name for part in bag_parts(tmp_path)] == ["renamed_0.mcap"]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (METADATA.format("../../etc/passwd"), "which is not in the bag's folder"),
        (METADATA.format("/etc/passwd"), "which is not in the bag's folder"),
        (METADATA.format("drive_0.db3"), "which is not MCAP.*ros2 bag convert"),
        (METADATA.format("7"), "relative_file_paths is not a list of names"),
        (METADATA.format("a.mcap") + "  compression_mode: MESSAGE\n", "rosbag2 has compressed"),
        ("a: &a [1]\nb: *a\n", "has YAML aliases"),
        ("just text", "has no rosbag2_bagfile_information"),
        ("{{{", "is not YAML"),
        ("[" * 5000, "is not YAML|has no rosbag2|levels deep"),
    ],
)
def test_metadata_that_makes_no_sense_is_an_error(
    tmp_path: Path, metadata: str, words: str
) -> None:
    touch(tmp_path, "a.mcap")
    (tmp_path / "metadata.yaml").write_text(metadata)
    with pytest.raises(Av3dError, match=words):
        bag_parts(tmp_path)


def test_a_folder_of_several_bags_is_an_error_that_names_them(tmp_path: Path) -> None:
    touch(tmp_path, "monday.mcap", "tuesday.mcap")
    with pytest.raises(Av3dError, match=r"several bags: monday.mcap tuesday.mcap.*give one"):
        bag_parts(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "the bag is empty, 0 bytes"), (b"#!/bin/sh\nexit\n", "not an MCAP file")],
)
def test_what_is_no_bag_is_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "dräive 1.mcap"
    path.write_bytes(content)
    with pytest.raises(Av3dError, match=words):
        open_log(path)


def test_a_bag_that_is_gone_is_an_error_that_names_it(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    path = write.small_bag(tmp_path / "drive.mcap")
    (topic,) = (t for t in read_index([path]).topics.values() if t.type == CLOUD)
    bag = Bag([path])
    path.unlink()
    with pytest.raises(Av3dError, match=r"drive.mcap, restore"):
        bag.read(topic.rows[3], topic.name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 300_000, "nested more than 100 levels"),
        ("- " * 300_000, "nested more than 100 levels"),
        ("a: &a [x]\nb: [*a, *a]\n", "YAML aliases"),
        (
            "rosbag2_bagfile_information:\n  relative_file_paths: [" + "a.mcap, " * 20_000 + "]",
            "'a.mcap' more than once",
        ),
    ],
)
def test_metadata_that_would_crash_or_take_hours_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    touch(tmp_path, "a.mcap")
    (tmp_path / "metadata.yaml").write_text(text)
    with pytest.raises(Av3dError, match=words):
        bag_parts(tmp_path)
