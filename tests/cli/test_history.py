from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.cli.main import run
from av3d.store.project import Project
from av3d.tracks.change import Change
from av3d.tracks.operations.life import delete


@pytest.fixture
def project(street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Imported by Ada (entries 1 to 3), then Car 1 is deleted by Bob (entry 4)."""
    where = str(tmp_path / "p.av3d")
    assert run(["import", str(street), "--project", where, "--author", "Ada"]) == 0
    with av3d.open_project(where, author="Bob", session="window") as opened:
        changes = delete(opened.document("street"), ["moving"])
        opened.apply("street", changes, command="delete Car 1")
    capsys.readouterr()
    return where


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def names(project: str) -> list[str]:
    with av3d.open_project(project) as opened:
        return [track.name for track in opened.tracks("street")]


def test_history_lists_entries_with_the_newest_last(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["history", "--project", project]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["entry", "1", "2", "3", "4"]
    assert "Ada     import folder" in lines[3]
    assert lines[3].endswith("Car 1 made, 11 keyframes; Car 2 made, 2 keyframes")
    assert lines[4].endswith("Bob     delete Car 1                    Car 1 deleted, 11 keyframes")


def test_history_of_a_track_that_was_deleted(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("car 1", "moving"):
        found = facts(capsys, "history", "--project", project, "--track", name)
        assert [entry["id"] for entry in found["entries"]] == [3, 4]
    assert run(["history", "--project", project, "--track", "Car 1"]) == 0
    assert "note: Car 1 (moving) was deleted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        ([], [1, 2, 3, 4]),
        (["--track", "Car 2"], [3]),
        (["--author", "Bob"], [4]),
        (["--log", "street"], [3, 4]),
        (["--log", "street", "--track", "parked"], [3]),
        (["--limit", "2"], [3, 4]),
        (["--limit", "0"], [1, 2, 3, 4]),
        (["--until", "2001-01-01"], []),
        (["--since", "2001-01-01", "--until", "2999-12-31"], [1, 2, 3, 4]),
        (["--entry", "2"], [2]),
    ],
)
def test_entries_are_found_by_track_log_author_and_date(
    project: str, capsys: pytest.CaptureFixture[str], options: list[str], entries: list[int]
) -> None:
    found = facts(capsys, "history", "--project", project, *options)
    assert [entry["id"] for entry in found["entries"]] == entries


def test_json_has_changes_with_their_differences(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (entry,) = facts(capsys, "history", "--project", project, "--entry", "4")["entries"]
    assert (entry["author"], entry["session"], entry["kind"]) == ("Bob", "window", "do")
    (change,) = entry["changes"]
    before, after = change["delta"]
    assert (change["id"], change["after"], after) == ("moving", None, None)
    assert len(before["keyframes"]) == 11


def test_one_entry_is_told_with_all_that_it_changed(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["history", "--project", project, "--entry", "3"]) == 0
    out = capsys.readouterr().out
    assert "command  import folder\n  Car 1: new, with 11 keyframes 0.00–1.10 s" in out
    assert "Car 2: new" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--track", "Car 9"], "there is and was no track 'Car 9'"),
        (["--log", "road"], "no log 'road'"),
        (["--since", "yesterday"], "not a date: 'yesterday', --since"),
        (["--entry", "5"], "there is no entry 5"),
        (["--entry", "1", "--author", "Bob"], "entry 1 is not among those that are asked for"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    project: str, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["history", "--project", project, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {said}")
    assert captured.err.count("\n") == 1


def test_tracks_at_an_entry(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, "tracks", "--project", project, "--at", "3")["logs"]["street"]
    assert [track["id"] for track in found] == ["moving", "parked"]
    found = facts(capsys, "tracks", "--project", project, "--at", "4")["logs"]["street"]
    assert [track["id"] for track in found] == ["parked"]
    assert run(["tracks", "--project", project, "--at", "5"]) == 2


def test_restore_previews_and_then_writes_an_entry(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["project", "restore", "--project", project, "--to", "3"]
    assert run([*arguments, "--dry-run"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "  Car 1 made, 11 keyframes\n"
    assert "nothing was changed" in captured.err
    assert names(project) == ["Car 2"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.endswith("entry 5: restore entry 3\n")
    assert names(project) == ["Car 1", "Car 2"]
    assert run(arguments) == 0
    assert capsys.readouterr().out == "the project is as it was after entry 3\n"


def test_of_what_was_done_a_few_changes_are_listed_and_the_journal_has_all(
    project: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("av3d.cli.history.SHOWN_WHEN_DONE", 0)
    arguments = ["project", "restore", "--project", project, "--to", "3"]
    assert run([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().out == "  Car 1 made, 11 keyframes\n"
    assert run(arguments) == 0
    assert "  and 1 more; see `av3d history --entry 5`\n" in capsys.readouterr().out


def test_undo_takes_back_the_last_command_of_an_author_and_no_edit_of_a_window(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "restore", "--project", project, "--to", "3", "--author", "Ada"]) == 0
    assert run(["project", "undo", "--project", project, "--author", "Ada"]) == 0
    assert names(project) == ["Car 2"]
    assert run(["project", "redo", "--project", project, "--author", "Ada"]) == 0
    assert names(project) == ["Car 1", "Car 2"]
    capsys.readouterr()
    assert run(["project", "undo", "--project", project, "--author", "Bob"]) == 2
    assert capsys.readouterr().err.startswith("error: there is no command of Bob to undo")


def test_undo_says_what_it_would_take_back(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "restore", "--project", project, "--to", "3", "--author", "Ada"]) == 0
    capsys.readouterr()
    arguments = ["project", "undo", "--project", project, "--author", "Ada", "--dry-run"]
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert "Car 1 deleted" in out
    assert err.startswith("nothing was changed; it would undo entry ")
    assert run([*arguments, "--json"]) == 0
    assert [change["after"] for change in json.loads(capsys.readouterr().out)["changes"]] == [None]
    assert names(project) == ["Car 1", "Car 2"]


def test_a_conflict_shows_who_was_faster(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Undoing the import would take away tracks, one of which somebody else has deleted since.
    assert run(["project", "undo", "--project", project, "--author", "Ada"]) == 2
    assert "Car 1 was deleted by Bob" in capsys.readouterr().err
    assert names(project) == ["Car 2"]


def test_both_versions_of_a_conflict_stand_below_its_line(
    project: str,
    street: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apply = Project.apply

    def slow(self: Project, log: str, changes: Any, **rest: Any) -> int:
        """Between reading and writing, somebody else is faster."""
        monkeypatch.setattr(Project, "apply", apply)
        with av3d.open_project(project, author="Bob") as other:
            (track,) = other.tracks("street")
            other.apply("street", [Change(track, replace(track, note="theirs"))], command="note")
        return apply(self, log, changes, **rest)

    monkeypatch.setattr(Project, "apply", slow)
    labels = street / "labels.json"
    labels.write_text(labels.read_text("utf-8").replace('"number": 2', '"number": 5'), "utf-8")
    assert run(["import", str(street), "--project", project, "--replace"]) == 2
    first, *details = capsys.readouterr().err.splitlines()
    assert first.startswith("error: Car 2 was changed by Bob")
    assert details[0].startswith("  Car 2, yours: becomes Car 5")
    assert details[1].startswith("  Car 2, of Bob: note")
