from __future__ import annotations

from pathlib import Path

import pytest

from av3d.remote import is_remote
from av3d.remote.address import last_name, plain_path, remote_address, source_text


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("s3://bucket/log", "s3://bucket/log"),
        ("s3:/bucket/log", "s3://bucket/log"),
        (Path("https://host/a/b/"), "https://host/a/b"),
        ("S3://bucket/Log/", "s3://bucket/Log"),
        ("memory://x", "memory://x"),
    ],
)
def test_addresses_survive_being_paths(given, address) -> None:
    assert remote_address(given) == address
    assert is_remote(given)


@pytest.mark.parametrize(
    "given", ["log", "/data/s3", "C:/data", "a:b", "./s3://x", "file:///x", ""]
)
def test_paths_on_this_machine_are_no_addresses(given) -> None:
    assert remote_address(given) is None


def test_what_exists_here_is_here(tmp_path, monkeypatch) -> None:
    (tmp_path / "s3:" / "bucket").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert remote_address("s3:/bucket") is None


def test_file_addresses_and_home_folders_are_paths() -> None:
    assert plain_path("file:///data/my%20log") == Path("/data/my log")
    assert plain_path("~/log") == Path.home() / "log"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://bucket/drives/002", "002"),
        ("s3://bucket", "bucket"),
        ("https://host/a%20b.mcap?token=1", "a b.mcap"),
        ("https://host/%2e%2e", "log"),
        ("https://host/a%2Fb", "a_b"),
    ],
)
def test_a_mirror_has_the_logs_own_name(address, name) -> None:
    assert last_name(address) == name


def test_the_source_of_a_local_log_is_its_absolute_path(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_text(Path("log")) == str(tmp_path / "log")
