from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.datasets import registry
from av3d.datasets.dataset import Dataset
from av3d.errors import Av3dError, InputFileError, OutputError
from av3d.reading import local_file, read_bytes
from av3d.remote import content, local_path, source_text
from av3d.store.project import open_project

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
ADDRESS = "memory://bucket/drives/crossing"


def test_a_remote_log_opens_and_reads_as_one_that_is_here(sample_bucket) -> None:
    log, here = av3d.open_log(ADDRESS), av3d.open_log(SAMPLE)
    assert (log.name, log.kind, len(log.frames)) == ("crossing", "folder", 5)
    np.testing.assert_array_equal(log.sweep(3).points_m, here.sweep(3).points_m)
    np.testing.assert_array_equal(log.image("left", 2), here.image("left", 2))
    assert log.source == ADDRESS


def test_opening_fetches_the_texts_and_reading_what_is_read(sample_bucket) -> None:
    log = av3d.open_log(ADDRESS)
    names = {name.removeprefix("drives/crossing/") for name in sample_bucket.fetched}
    assert names == {"log.toml", "rig.toml", "trajectory.csv"}
    sample_bucket.fetched.clear()
    log.image("front", 4)
    log.image("front", 4)
    assert [Path(name).suffix for name in sample_bucket.fetched] == [".jpg"]


def test_what_was_fetched_is_not_fetched_again_at_the_next_opening(sample_bucket) -> None:
    av3d.open_log(ADDRESS).prepare(1)
    sample_bucket.fetched.clear()
    av3d.open_log(ADDRESS).prepare(1)
    assert sample_bucket.fetched == []


def test_all_files_have_their_sizes_and_no_content_takes_no_room(bucket) -> None:
    bucket.put("log/a/points.bin", bytes(10_000_000))
    place = local_path("memory://bucket/log") / "a" / "points.bin"
    assert place.stat().st_size == 10_000_000
    assert place.stat().st_blocks * 512 < 100_000
    assert read_bytes(place) == bytes(10_000_000)
    assert bucket.fetched == ["log/a/points.bin"]


def test_a_file_that_changed_is_fetched_anew_and_one_that_went_is_gone(bucket) -> None:
    bucket.put("log/a.txt", b"old")
    bucket.put("log/b.txt", b"stays")
    bucket.put("log/c.txt", b"goes")
    place = local_path("memory://bucket/log")
    assert [read_bytes(place / name) for name in ("a.txt", "b.txt")] == [b"old", b"stays"]
    bucket.put("log/a.txt", b"newer")
    bucket.remove("log/c.txt")
    place = local_path("memory://bucket/log")
    assert sorted(path.name for path in place.iterdir()) == ["a.txt", "b.txt"]
    bucket.fetched.clear()
    assert [read_bytes(place / name) for name in ("a.txt", "b.txt")] == [b"newer", b"stays"]
    assert bucket.fetched == ["log/a.txt"]


def test_a_file_that_changes_size_while_the_log_is_open_is_told(bucket) -> None:
    bucket.put("log/a.txt", b"old")
    place = local_path("memory://bucket/log")
    bucket.put("log/a.txt", b"longer")
    with pytest.raises(Av3dError, match=r"has 6 bytes and had 3 .*memory://bucket/log/a\.txt"):
        read_bytes(place / "a.txt")
    assert (place / "a.txt").stat().st_size == 3
    assert sorted(path.name for path in place.iterdir()) == ["a.txt"]


def test_a_file_that_is_removed_while_the_log_is_open_is_one_line(bucket) -> None:
    bucket.put("log/a.txt", b"old")
    bucket.put("log/b.txt", b"old")
    place = local_path("memory://bucket/log")
    bucket.remove("log/a.txt")
    with pytest.raises(Av3dError, match=r"no such file or folder, memory://bucket/log/a\.txt"):
        read_bytes(place / "a.txt")
    with pytest.raises(InputFileError, match="cannot read file: No such file"):
        read_bytes(place / "never.txt")


def test_the_oldest_content_is_given_up_when_the_cache_is_full(bucket, monkeypatch) -> None:
    monkeypatch.setenv("AV3D_REMOTE_CACHE_GB", "0.00003")
    monkeypatch.setattr(content, "IN_USE_S", 0.0)
    for number in range(5):
        bucket.put(f"log/{number}.bin", bytes([number]) * 10_000)
    place = local_path("memory://bucket/log")
    for name in ("0.bin", "1.bin", "0.bin", "2.bin", "3.bin"):
        assert read_bytes(place / name)[0] == int(name[0])
    held = [
        path.name for path in sorted(place.iterdir()) if not content.is_placeholder(path.stat())
    ]
    assert "1.bin" not in held
    assert "3.bin" in held
    assert len(held) <= 3
    assert read_bytes(place / "1.bin") == b"\x01" * 10_000


def test_a_file_that_a_library_has_open_by_its_path_is_not_given_up(bucket, monkeypatch) -> None:
    monkeypatch.setenv("AV3D_REMOTE_CACHE_GB", "0.00002")
    monkeypatch.setattr(content, "IN_USE_S", 0.0)
    for number in range(5):
        bucket.put(f"log/{number}.bin", bytes([number]) * 10_000)
    place = local_path("memory://bucket/log")
    kept = local_file(place / "0.bin")
    for number in range(1, 5):
        read_bytes(place / f"{number}.bin")
    assert kept.read_bytes() == bytes(10_000)


def test_a_single_file_is_a_log_too(bucket) -> None:
    bucket.put("bags/drive.mcap", b"MCAP")
    place = local_path("memory://bucket/bags/drive.mcap")
    assert place.name == "drive.mcap"
    assert read_bytes(place) == b"MCAP"
    assert source_text(place) == "memory://bucket/bags/drive.mcap"


def test_a_part_of_a_log_that_is_nothing_by_itself_is_found_in_the_log(bucket) -> None:
    bucket.put("nusc/v1.0-mini/scene.json", b"[]")
    place = local_path("memory://bucket/nusc")
    assert local_path("memory://bucket/nusc/scene-0061") == place / "scene-0061"
    assert local_path("memory://bucket/nusc/v1.0-mini") == place / "v1.0-mini"
    assert source_text(place / "v1.0-mini") == "memory://bucket/nusc/v1.0-mini"
    with pytest.raises(Av3dError, match="there are no files"):
        local_path("memory://bucket/other/scene-0061")


def test_an_address_that_came_through_a_path_is_understood(sample_bucket) -> None:
    assert len(av3d.open_log(Path(ADDRESS)).frames) == 5
    assert registry.recognise(Path(ADDRESS)).name == "folder"


def test_a_project_keeps_the_address(sample_bucket, tmp_path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        entry = project.add_log(av3d.open_log(ADDRESS))
        again = project.add_log(av3d.open_log(entry.path))
    assert (entry.path, again.path) == (Path(ADDRESS), Path(ADDRESS))


def test_another_teams_reader_finds_everything_fetched(bucket, monkeypatch) -> None:
    seen: list[bytes] = []

    class TheirDataset(Dataset):
        name = "theirs"
        reads_logs = True

        def open(self, path: Path):
            seen.extend(file.read_bytes() for file in sorted(path.rglob("*.txt")))

    bucket.put("log/a.txt", b"abc")
    bucket.put("log/deep/b.txt", b"def")
    monkeypatch.setattr(registry, "dataset", lambda name: TheirDataset())
    registry.open_log("memory://bucket/log", "theirs")
    assert seen == [b"abc", b"def"]


@pytest.mark.parametrize("name", ["../../evil.txt", "a/./b.txt", "a//b.txt"])
def test_a_name_that_leads_elsewhere_is_refused(bucket, monkeypatch, fresh_cache, name) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    info = {f"/bucket/log/{name}": {"type": "file", "size": 3}}
    monkeypatch.setattr(MemoryFileSystem, "find", lambda self, root, **more: info)
    with pytest.raises(Av3dError, match="a file has the name"):
        local_path("memory://bucket/log")
    assert not list(fresh_cache.rglob("*.txt"))


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (PermissionError("403"), "access is denied, memory://bucket/log, check your credentials"),
        (RuntimeError("Unable to locate credentials"), "access is denied"),
        (TimeoutError(), "no answer within 9 s"),
        (ConnectionError("no route"), r"cannot be reached \(ConnectionError: no route\)"),
        (FileNotFoundError("x"), "there is no such file or folder"),
        (type("NoSuchBucket", (Exception,), {})("gone"), "there is no such file or folder"),
    ],
)
def test_what_a_service_raises_is_one_line(bucket, monkeypatch, raised, message) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    def find(self, root, **more):
        raise raised

    monkeypatch.setattr(MemoryFileSystem, "find", find)
    with pytest.raises(Av3dError, match=message) as caught:
        local_path("memory://bucket/log")
    assert "\n" not in str(caught.value)


def test_without_a_network_what_was_fetched_is_still_there(bucket, monkeypatch, caplog) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    def unreachable(self, *arguments, **more):
        raise ConnectionError("no route")

    bucket.put("log/a.txt", b"abc")
    bucket.put("log/b.txt", b"def")
    read_bytes(local_path("memory://bucket/log") / "a.txt")
    monkeypatch.setattr(MemoryFileSystem, "find", unreachable)
    monkeypatch.setattr(MemoryFileSystem, "get_file", unreachable)
    place = local_path("memory://bucket/log")
    assert read_bytes(place / "a.txt") == b"abc"
    assert "memory://bucket/log cannot be reached" in caplog.text
    with pytest.raises(Av3dError, match="cannot be reached"):
        read_bytes(place / "b.txt")


def test_a_damaged_cache_is_made_anew(bucket, fresh_cache) -> None:
    bucket.put("log/a.txt", b"abc")
    read_bytes(local_path("memory://bucket/log") / "a.txt")
    for index in fresh_cache.rglob("index.json"):
        index.write_text('{"files": [1, 2')
    assert read_bytes(local_path("memory://bucket/log") / "a.txt") == b"abc"


def test_settings_that_are_wrong_are_told(bucket, monkeypatch, tmp_path) -> None:
    bucket.put("log/a.txt", b"abc")
    monkeypatch.setenv("AV3D_REMOTE_CACHE_GB", "plenty")
    with pytest.raises(Av3dError, match="AV3D_REMOTE_CACHE_GB is 'plenty'"):
        local_path("memory://bucket/log")
    monkeypatch.delenv("AV3D_REMOTE_CACHE_GB")
    (tmp_path / "taken").touch()
    monkeypatch.setenv("AV3D_REMOTE_CACHE", str(tmp_path / "taken"))
    with pytest.raises(OutputError, match="name another folder in AV3D_REMOTE_CACHE"):
        local_path("memory://bucket/log")


def test_readers_on_several_threads_fetch_a_file_once(bucket) -> None:
    from concurrent.futures import ThreadPoolExecutor

    bucket.put("log/a.bin", os.urandom(100_000))
    place = local_path("memory://bucket/log") / "a.bin"
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read_bytes, [place] * 16))) == 1
    assert bucket.fetched == ["log/a.bin"]
