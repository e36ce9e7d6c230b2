from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from av3d.datasets.mcap_ros2 import kept
from av3d.datasets.mcap_ros2.index import Indexer
from av3d.datasets.mcap_ros2.log import read_index
from av3d.datasets.registry import open_log


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were looked through."""
    seen: list[Path] = []
    original = Indexer.add_file

    def add_file(self: Indexer, path: Path, part: int) -> None:
        seen.append(path)
        original(self, path, part)

    monkeypatch.setattr(Indexer, "add_file", add_file)
    return seen


def test_a_bag_is_looked_through_once(
    tmp_path: Path, write: SimpleNamespace, counted: list[Path]
) -> None:
    path = write.small_bag(tmp_path / "drive.mcap")
    first, second = open_log(path), open_log(path)
    assert counted == [path]
    assert first.fingerprint == second.fingerprint
    assert first.notes == second.notes
    assert np.array_equal(first.trajectory.timestamps_ns, second.trajectory.timestamps_ns)
    assert second.image("front", 0).shape == (6, 8, 3)


def test_a_bag_that_has_changed_is_looked_through_again(
    tmp_path: Path, write: SimpleNamespace, counted: list[Path]
) -> None:
    path = write.small_bag(tmp_path / "drive.mcap")
    open_log(path)
    os.utime(path, ns=(1, 1))
    open_log(path)
    assert counted == [path, path]


def test_a_damaged_index_is_made_anew(
    tmp_path: Path, write: SimpleNamespace, counted: list[Path], own_cache: Path
) -> None:
    path = write.small_bag(tmp_path / "drive.mcap")
    open_log(path)
    (saved,) = own_cache.rglob("*.npz")
    for content in (b"", b"garbage", saved.read_bytes()[:500]):
        saved.write_bytes(content)
        assert len(open_log(path).frames) == 5
    assert counted == [path] * 4


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, write: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(open_log(write.small_bag(tmp_path / "drive.mcap")).frames) == 5


def test_an_index_comes_back_as_it_was(tmp_path: Path, write: SimpleNamespace) -> None:
    path = write.small_bag(tmp_path / "dräive.mcap")
    made, loaded = read_index([path]), kept.load([path])
    assert loaded is not None
    assert (loaded.others, loaded.notes) == (made.others, made.notes)
    for name, topic in made.topics.items():
        found = loaded.topics[name]
        assert (found.type, found.frame, found.head, found.count) == (
            topic.type, topic.frame, topic.head, topic.count,
        )  # fmt: skip
        assert np.array_equal(found.rows, topic.rows)
    for pose, found_pose in zip(made.poses, loaded.poses, strict=True):
        assert (pose.topic, pose.parent, pose.child) == (
            found_pose.topic, found_pose.parent, found_pose.child,
        )  # fmt: skip
        assert np.array_equal(pose.values, found_pose.values)
