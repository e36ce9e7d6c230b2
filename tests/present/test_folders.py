"""Completing a path: folders and logs that begin like it."""

from __future__ import annotations

import pytest

from av3d.present.folders import list_folder


@pytest.fixture
def disk(tmp_path):
    for name in ("run 10", "run 2", "Runs", "other", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "run 2" / "log.toml").write_text('name = "two"\n')
    return tmp_path


def names(listing):
    return [entry.name for entry in listing.entries]


def test_a_folder_lists_its_logs_first_then_its_folders(disk):
    listing = list_folder(f"{disk}/")
    assert names(listing) == ["run 2/", "other/", "run 10/", "Runs/"]
    assert [entry.kinds for entry in listing.entries[:2]] == [("folder",), ()]
    assert listing.entries[0].path == f"{disk}/run 2/"


def test_a_begun_name_lists_what_begins_like_it_in_any_case(disk):
    assert names(list_folder(f"{disk}/RU")) == ["run 2/", "run 10/", "Runs/"]


def test_a_relative_path_is_one_of_the_working_folder(disk, monkeypatch):
    monkeypatch.chdir(disk)
    assert names(list_folder("oth")) == ["other/"]
    assert names(list_folder("")) == ["run 2/", "other/", "run 10/", "Runs/"]


def test_hidden_folders_show_when_their_dot_is_typed(disk):
    assert names(list_folder(f"{disk}/.h")) == [".hidden/"]


def test_a_path_that_is_a_log_comes_first_itself(disk):
    (disk / "run 2" / "sweeps").mkdir()
    assert names(list_folder(f"{disk}/run 2/")) == ["run 2/", "sweeps/"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("/nowhere/at/all/", "There is no folder /nowhere/at/all."),
        ("{disk}/zzz", "Nothing in {disk} begins with 'zzz'."),
        ("{disk}/other/", "No folders or logs here."),
        ("{disk}/notes.txt/", "{disk}/notes.txt is a file."),
        ("s3://bucket/log", "An address. Press Enter to open it."),
    ],
)
def test_where_nothing_is_listed_a_sentence_says_why(disk, text, problem):
    listing = list_folder(text.format(disk=disk))
    assert (listing.entries, listing.problem) == ((), problem.format(disk=disk))


def test_only_so_many_entries_are_looked_at(disk, monkeypatch):
    monkeypatch.setattr("av3d.present.folders.MOST", 2)
    listing = list_folder(f"{disk}/ru")
    assert (len(listing.entries), listing.more) == (2, 1)
