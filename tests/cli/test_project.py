from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.cli.main import run


@pytest.fixture
def project(street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    where = str(tmp_path / "p.av3d")
    assert run(["import", str(street), "--project", where, "--author", "Ada"]) == 0
    capsys.readouterr()
    return where


def facts(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that is refused."""
    assert run(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_new_makes_an_empty_project_once(
    project_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = facts(capsys, "project", "new", project_url, "--ontology", "kitti")
    assert found["ontology"]["name"] == "kitti"
    assert (found["logs"], found["journal"]["entries"]) == ([], 1)
    assert "there is a project already" in refusal(capsys, "project", "new", project_url)


def test_new_with_an_ontology_that_is_not_there_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refusal(capsys, "project", "new", str(tmp_path / "p.av3d"), "--ontology", "kity")
    assert "use 'kitti'" in line
    assert list(tmp_path.iterdir()) == []


def test_info_counts_what_is_there(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, "project", "info", "--project", project)
    (log,) = found["logs"]
    assert (log["name"], log["found"], log["tracks"], log["keyframes"]) == ("street", True, 2, 13)
    assert found["schema_version"] == 3
    assert found["bytes"] > 10_000
    (author,) = found["authors"]
    assert (author["name"], author["entries"]) == ("Ada", 3)
    assert found["journal"]["last"]["command"] == "import folder"
    assert run(["project", "info", "--project", project]) == 0
    assert "street  folder       2    13       0      0" in capsys.readouterr().out


def test_info_on_a_server(
    street: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(street), "--project", postgres_url]) == 0
    capsys.readouterr()
    found = facts(capsys, "project", "info", "--project", postgres_url)
    assert found["logs"][0]["keyframes"] == 13
    assert found["bytes"] > 1_000_000
    assert "@" not in found["project"] or "***" in found["project"]


def test_a_log_that_was_moved_is_found_again(
    project: str, street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = street.rename(tmp_path / "elsewhere")
    assert facts(capsys, "project", "info", "--project", project)["logs"][0]["found"] is False
    arguments = ["project", "relocate", str(moved), "--log", "street", "--project", project]
    assert run(arguments) == 0
    capsys.readouterr()
    found = facts(capsys, "project", "info", "--project", project)
    assert found["logs"][0]["path"] == str(moved)
    assert found["journal"]["last"]["command"] == "log street was moved"


def test_another_recording_is_not_taken_for_a_log_that_was_moved(
    project: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = str(repository / "sample_logs/crossing")
    arguments = ("project", "relocate", other, "--log", "street", "--project", project)
    assert "this is another recording than street" in refusal(capsys, *arguments)


def test_fsck_of_a_sound_and_of_a_damaged_project(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = facts(capsys, "project", "fsck", "--project", project)
    assert (found["clean"], found["entries"], found["keyframes"]) == (True, 3, 13)
    with sqlite3.connect(project) as connection:
        connection.execute("UPDATE keyframe SET x_m = 15.0 WHERE x_m = 14.0")
    connection.close()
    found = facts(capsys, "project", "fsck", "--project", project, code=1)
    assert [finding["where"] for finding in found["findings"]] == ["track parked of log street"]
    assert run(["project", "fsck", "--project", project]) == 1
    assert "has 1 fault" in capsys.readouterr().out


def test_dump_and_load_give_the_same_project(
    project: str, tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    assert run(["project", "dump", "--project", project, "--out", str(first)]) == 0
    assert run(["project", "load", str(first), "--project", postgres_url]) == 0
    assert run(["project", "dump", "--project", postgres_url, "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    capsys.readouterr()
    dump = ("project", "dump", "--project", project, "--out", str(first))
    assert "--overwrite" in refusal(capsys, *dump)
    assert run([*dump, "--overwrite"]) == 0
    capsys.readouterr()
    load = ("project", "load", str(first), "--project", project)
    assert "there is a project already" in refusal(capsys, *load)


def test_labels_edited_as_text_come_back_as_one_entry(
    project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "labels.jsonl"
    dump = ["project", "dump", "--project", project, "--out", str(out), "--without-journal"]
    assert run(dump) == 0
    out.write_text(out.read_text("utf-8").replace('"note":""', '"note":"mine"'), "utf-8")
    capsys.readouterr()
    assert run(["project", "load", str(out), "--project", project]) == 0
    said = capsys.readouterr().out
    assert "  Car 1: note mine\n  Car 2: note mine\n" in said
    assert said.endswith("entry 4: load labels.jsonl\n")
    assert run(["project", "undo", "--project", project]) == 0
    with av3d.open_project(project) as opened:
        assert [track.note for track in opened.tracks("street")] == ["", ""]


def test_load_of_labels_edited_in_a_whole_text_hints_at_without_journal(
    project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, new = tmp_path / "p.jsonl", str(tmp_path / "new.av3d")
    assert run(["project", "dump", "--project", project, "--out", str(out)]) == 0
    capsys.readouterr()
    out.write_text(out.read_text("utf-8").replace('"note":""', '"note":"mine"', 1), "utf-8")
    line = refusal(capsys, "project", "load", str(out), "--project", new)
    assert "track moving of log street is not what the journal" in line
    assert "--without-journal" in line
    assert not Path(new).exists()
    assert run(["project", "load", str(out), "--project", new, "--without-journal"]) == 0


def test_a_backup_has_what_was_committed_while_the_project_is_open(
    project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = str(tmp_path / "copy.av3d")
    with av3d.open_project(project) as opened:
        opened.commit({}, command="at work")
        arguments = ("project", "backup", "--project", project, "--out", copy)
        assert facts(capsys, *arguments)["entries"] == 4
        opened.commit({}, command="goes on")
    assert facts(capsys, "project", "fsck", "--project", copy)["clean"]
    assert "there is a file already" in refusal(capsys, *arguments)


def test_a_server_has_no_file_to_copy(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "new", postgres_url]) == 0
    capsys.readouterr()
    arguments = ("project", "backup", "--project", postgres_url, "--out", str(tmp_path / "x"))
    assert "av3d project dump" in refusal(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []
