from __future__ import annotations

import hashlib
import json
import os

import pytest

from av3d.datasets.dataset import DatasetError
from av3d.datasets.manifest import (
    MANIFEST,
    Source,
    count_files,
    differences,
    names_in,
    read_manifest,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    """Three files, one of them empty and one in a folder, and their manifest."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "Straße 1.txt").write_text("one")
    (tmp_path / "a.bin").write_bytes(bytes(3_000_000))
    (tmp_path / "empty").touch()
    write_manifest(tmp_path, {"format": "test", "source": Source("p.av3d", 7, "ab", 9).as_json()})
    return tmp_path


def test_each_file_stands_in_it_with_size_and_digest(folder):
    content = read_manifest(folder)
    assert list(content) == ["manifest", "format", "source", "files"]
    assert content["source"]["journal_position"] == 7
    assert content["files"] == {
        "a.bin": {"bytes": 3_000_000, "sha256": hashlib.sha256(bytes(3_000_000)).hexdigest()},
        "empty": {"bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()},
        "b/Straße 1.txt": {"bytes": 3, "sha256": hashlib.sha256(b"one").hexdigest()},
    }
    assert count_files(folder) == (3, 3_000_003)


def test_it_is_the_same_whenever_it_is_written(folder):
    before = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).unlink()
    content = {"format": "test", "source": Source("p.av3d", 7, "ab", 9).as_json()}
    write_manifest(folder, content)
    assert (folder / MANIFEST).read_bytes() == before


def test_an_export_of_no_files_has_one(tmp_path):
    write_manifest(tmp_path, {"format": "test"})
    assert read_manifest(tmp_path)["files"] == {}


def test_large_files_tell_how_far_they_are(folder):
    told = []
    differences(folder, lambda text, done, total: told.append((text, done, total)))
    assert told == [("hashing, MB", done, 3) for done in (1, 2, 3, 3)]


def test_a_name_that_is_no_text_is_kept(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    (tmp_path / name).touch()
    write_manifest(tmp_path, {"where": name})
    assert list(names_in(tmp_path)) == [name]
    assert read_manifest(tmp_path)["where"] == name
    assert differences(tmp_path) == ()


def test_what_is_no_longer_as_it_was_is_said(folder):
    assert differences(folder) == ()
    (folder / "empty").unlink()
    (folder / "b" / "Straße 1.txt").write_text("two")
    (folder / "mine.txt").touch()
    assert differences(folder) == (
        "empty is missing",
        "mine.txt is not in the manifest",
        "b/Straße 1.txt has changed",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "no manifest of av3d"),
        ('{"manifest": 1, "files": []}', "no manifest of av3d"),
        ('{"manifest": 2, "files": {}}', "version 2.*newer av3d"),
        ('{"manifest": [[1]], "files": {}}', "version"),
    ],
)
def test_a_manifest_that_is_none_is_one_line(tmp_path, text, message):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(DatasetError, match=message) as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_no_text_or_no_file_is_one_line(tmp_path):
    with pytest.raises(DatasetError, match="no export of av3d"):
        read_manifest(tmp_path)
    with pytest.raises(DatasetError, match="no export of av3d"):
        read_manifest(tmp_path / "none")
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(DatasetError, match="cannot be read"):
        read_manifest(tmp_path)


def test_entries_that_are_nonsense_are_differences(folder):
    content = json.loads((folder / MANIFEST).read_text())
    content["files"]["empty"] = [[]]
    (folder / MANIFEST).write_text(json.dumps(content))
    assert differences(folder) == ("empty has changed",)
