"""`av3d release`: a benchmark team publishes, fixes, publishes again and says what changed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from av3d.cli.main import run
from av3d.store.project import open_project
from av3d.tracks.change import Change
from store.projects import car, new_project

LOG = "crossing"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """v1.0 with the labels of the sample log; v1.1 with two tracks fewer and a car as a truck."""
    path = tmp_path_factory.mktemp("published") / "p.av3d"
    project = ["--project", str(path)]
    assert run(["import", str(repository / "sample_logs" / LOG), *project]) == 0
    assert run(["release", "create", "v1.0", *project, "--note", "first", "--author", "mira"]) == 0
    with open_project(path) as opened:
        first, second, third, *_ = opened.tracks(LOG)
        changes = [
            Change(first, None),
            Change(second, None),
            Change(third, replace(third, category="truck")),
        ]
        opened.apply(LOG, changes, command="fix")
    assert run(["release", "create", "v1.1", *project]) == 0
    return path


@pytest.fixture
def project(published: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copy(published, tmp_path / "p.av3d"))


def facts(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> Any:
    capsys.readouterr()
    assert run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def error(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    capsys.readouterr()
    assert run([*map(str, arguments)]) == 2
    return capsys.readouterr().err.strip()


def test_list_and_show_state_the_releases(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = facts(capsys, "release", "list", "--project", published)["releases"]
    assert [one["id"] for one in found] == ["v1.0", "v1.1"]
    shown = facts(capsys, "release", "show", "v1.0", "--project", published)
    assert shown == found[0]
    assert (shown["author"], shown["note"], shown["previous"]) == ("mira", "first", "")
    assert found[1]["previous"] == shown["sha256"]
    assert sum(counts["tracks"] for counts in shown["categories"].values()) == 32
    assert run(["release", "show", "v1.0", "--project", str(published)]) == 0
    text = capsys.readouterr().out
    assert shown["sha256"] in text
    assert max(map(len, text.splitlines())) <= 100


def test_verify_proves_all_releases(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, "release", "verify", "--project", published)
    assert found["sound"]
    assert [one["what"] for one in found["verified"]] == [
        f"project {published}", "release v1.0", "release v1.1",
    ]  # fmt: skip


def test_verify_finds_a_label_that_was_tampered_with(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(project, isolation_level=None)) as file:
        file.execute("UPDATE change SET delta = replace(delta, 'truck', 'trunk') WHERE entry = 5")
        file.execute(
            "UPDATE change SET delta = replace(delta, '\"car\"', '\"bus\"') WHERE entry = 3"
        )
    capsys.readouterr()
    assert run(["release", "verify", "v1.0", "--project", str(project)]) == 1
    out = capsys.readouterr().out
    assert "release v1.0: the labels of log crossing are not those that were released" in out


def test_a_release_is_given_out_as_a_file_that_proves_itself(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "v1.0.jsonl"
    made = facts(capsys, "release", "export", "v1.0", "--project", published, "--out", file)
    verify = ["release", "verify", file]
    assert facts(capsys, *verify)["verified"][0]["sha256"] == made["sha256"]
    assert facts(capsys, *verify, "--project", published, "--sha256", made["sha256"])["sound"]
    wrong = facts(capsys, *verify, "--sha256", "0" * 64, code=1)
    assert "not the one that was given" in wrong["verified"][0]["faults"][0]
    text = file.read_text("utf-8").replace('"category":"car"', '"category":"bus"')
    file.write_text(text, "utf-8")
    [verdict] = facts(capsys, *verify, code=1)["verified"]
    assert "the labels of log crossing are not those that were released" in verdict["faults"]
    file.write_bytes(file.read_bytes()[:-50])
    [verdict] = facts(capsys, *verify, code=1)["verified"]
    assert "cut off" in verdict["faults"][0]


def test_a_file_of_another_project_is_another_release(
    published: Path, tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.av3d"
    assert run(["import", str(repository / "sample_logs" / LOG), "--project", str(other)]) == 0
    assert run(["release", "create", "v1.0", "--project", str(other)]) == 0
    file = tmp_path / "v1.0.jsonl"
    facts(capsys, "release", "export", "v1.0", "--project", other, "--out", file)
    found = facts(capsys, "release", "verify", file, "--project", published, code=1)
    assert found["verified"][0]["faults"] == ["it is another release v1.0 than the project's"]


def test_a_release_is_exported_as_it_was_and_the_export_can_be_verified(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "openlabel"
    arguments = ["--project", published, "--format", "openlabel", "--out", out]
    report = facts(capsys, "release", "export", "v1.0", *arguments)
    assert report["release"] == "v1.0"
    source = json.loads((out / "av3d-manifest.json").read_text("utf-8"))["source"]
    assert (source["release"], source["release_sha256"]) == ("v1.0", report["sha256"])
    assert source["journal_position"] == 3
    assert facts(capsys, "release", "verify", out, "--project", published)["sound"]
    [label] = [path for path in out.rglob("*") if path.is_file() and "manifest" not in path.name]
    label.write_bytes(label.read_bytes() + b"\n")
    [verdict] = facts(capsys, "release", "verify", out, code=1)["verified"]
    assert verdict["faults"] == [f"{label.relative_to(out)} has changed"]


def test_diff_says_what_changed(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, "release", "diff", "v1.0", "v1.1", "--project", published)
    [log] = found["logs"]
    counts = log["removed"], log["added"], log["changed"], log["kinds"]["category"], log["same"]
    assert counts == (2, 0, 1, 1, 29)
    assert log["compared_at"] == "frames"
    assert (found["before"]["release"], found["after"]["release"]) == ("v1.0", "v1.1")
    same = facts(capsys, "release", "diff", "v1.1", "--project", published)
    assert same["same"]
    assert same["after"]["title"] == "now"


def test_every_way_to_name_a_side_gives_the_same(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "v1.0.jsonl"
    facts(capsys, "release", "export", "v1.0", "--project", published, "--out", file)
    expected = facts(capsys, "release", "diff", "v1.0", "v1.1", "--project", published)["logs"]
    for sides in (
        ("3", "5", "--project", published),
        ("v1.0", "now", "--project", published),
        (file, published),
        (f"{published}@v1.0", published),
        (f"{published}@3", f"{published}@v1.1", "--log", LOG),
    ):
        assert facts(capsys, "release", "diff", *sides)["logs"] == expected


def test_diff_writes_a_page(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = tmp_path / "d.html"
    diff = ["release", "diff", "v1.0", "v1.1", "--project", str(published), "--html", str(html)]
    assert run(diff) == 0
    assert "2 removed" in capsys.readouterr().out
    assert html.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "is there already" in error(capsys, *diff)
    assert run([*diff, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "v9"], "no release 'v9', {p}, releases here: v1.0, v1.1"),
        (["create", "v1.0"], "there is a release v1.0 already, of entry 3"),
        (["create", "12"], "'12' is no name of a release"),
        (["create", "v2", "--at", "99"], "there is no entry 99 in the journal, {p}, use 1 to 6"),
        (["create", "v2", "--log", "x"], "no log 'x', {p}, logs there: crossing"),
        (["verify", "v9"], "no release 'v9'"),
        (["diff", "v9"], "no release 'v9'"),
        (["diff", "v1.0", "99"], "there is no entry 99 in the journal"),
        (["diff", "v1.0", "v1.1", "--log", "x"], "neither side has a log 'x'"),
        (["export", "v1.0", "--out", "{p}"], "the file is there already"),
        (["export", "v1.0", "--out", "{p}", "--overwrite"], "the file is no release’s file"),
        (
            ["export", "v1.0", "--out", "{p}x", "--min-points", "3"],
            "the release’s own file holds all",
        ),
        (["export", "v1.0", "--out", "{p}x", "--format", "nope"], "nope"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], line: str, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [one.format(p=published) for one in arguments]
    said = error(capsys, "release", *given, "--project", published)
    assert said.startswith("error: ")
    assert line.format(p=published) in said
    assert "\n" not in said


def test_what_is_no_release_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert "neither a release’s file" in error(capsys, "release", "verify", tmp_path / "notes.txt")
    assert "no av3d-manifest.json" in error(capsys, "release", "verify", tmp_path)
    assert "there is no file or folder" in error(capsys, "release", "verify", "v1.0")
    assert "there is nothing to verify" in error(capsys, "release", "verify")
    assert "there is no project" in error(capsys, "release", "diff", "v1.0", "v1.1")


def test_a_project_on_a_server_has_releases_too(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_project(postgres_url) as opened:
        opened.apply("drive", [Change(None, car("a"))], command="label")
    assert run(["release", "create", "v1", "--project", postgres_url]) == 0
    with open_project(postgres_url) as opened:
        opened.apply("drive", [Change(opened.tracks("drive")[0], car("a", 3.0, 4.0))], command="m")
    found = facts(capsys, "release", "verify", "--project", postgres_url)
    assert [one["sound"] for one in found["verified"]] == [True, True]
    expected = facts(capsys, "release", "diff", "v1", "--project", postgres_url)["logs"]
    assert [log["kinds"]["moved"] for log in expected] == [1]
    assert expected[0]["tracks"][0]["motion"]["max_distance_m"] == pytest.approx(3.0)
    file = tmp_path / "v1.jsonl"
    facts(capsys, "release", "export", "v1", "--project", postgres_url, "--out", file)
    for before in (f"{postgres_url}@v1", file):
        assert facts(capsys, "release", "diff", before, postgres_url)["logs"] == expected
