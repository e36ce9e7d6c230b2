from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.cli.main import run


def facts(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def exported(project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The project's ontology as a file to be changed."""
    out = tmp_path / "own.toml"
    assert run(["project", "ontology", "export", "--project", project, "--out", str(out)]) == 0
    capsys.readouterr()
    return out


def test_list_and_show(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = [item["name"] for item in facts(capsys, "project", "ontology", "list")["ontologies"]]
    assert {"av3d", "nuscenes", "kitti", "av2", "waymo", "pandaset"} <= set(names)
    assert facts(capsys, "project", "ontology", "show", "--project", project)["name"] == "av3d"
    assert len(facts(capsys, "project", "ontology", "show", "nuscenes")["categories"]) == 23
    assert run(["project", "ontology", "show", "kitti"]) == 0
    assert "Person_sitting" in capsys.readouterr().out
    assert run(["project", "ontology", "show"]) == 2
    assert "give the one or the other" in capsys.readouterr().err


def test_a_renamed_category_takes_its_labels_along(
    project: str, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = exported.read_text("utf-8").replace('"car"', '"automobile"')
    text = text.replace('key = "automobile"', 'key = "automobile"\nformerly = ["car"]')
    exported.write_text(text, "utf-8")
    arguments = ["project", "ontology", "set", str(exported), "--project", project]
    plan = facts(capsys, *arguments, "--dry-run")
    assert (plan["entry"], plan["blockers"]) == (None, [])
    assert [change["id"] for change in plan["changes"]["street"]] == ["moving", "parked"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.endswith(
        "entry 4: ontology av3d, version 1, 2 labels migrated\n"
    )
    with av3d.open_project(project) as opened:
        assert [track.name for track in opened.tracks("street")] == ["Automobile 1", "Automobile 2"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.endswith("nothing differs\n")
    assert run(["project", "undo", "--project", project]) == 0
    with av3d.open_project(project) as opened:
        assert opened.ontology().category("car") is not None
        assert [track.name for track in opened.tracks("street")] == ["Car 1", "Car 2"]


def test_what_is_in_the_way_is_listed_and_nothing_changes(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "ontology", "set", "kitti", "--project", project]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith(
        "in the way: category 'car' would be gone: 2 tracks (Car 1, Car 2)"
    )
    assert captured.err.startswith("error: 1 thing in the way of ontology kitti, ")
    assert captured.err.count("\n") == 1
    with av3d.open_project(project) as opened:
        assert (opened.ontology().name, opened.position) == ("av3d", 3)


def test_check_lists_labels_that_break_rules(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert facts(capsys, "project", "ontology", "check", "--project", project)["problems"] == []
    with av3d.open_project(project) as opened:
        from av3d.tracks.operations.life import change_category

        changes = change_category(opened.document("street"), "moving", "spaceship")
        opened.apply("street", changes, command="change category")
    arguments = ["project", "ontology", "check", "--project", project]
    (problem,) = facts(capsys, *arguments, code=1)["problems"]
    assert (problem["log"], problem["id"], problem["rule"]) == (
        "street",
        "moving",
        "unknown_category",
    )
    assert run(arguments) == 1
    assert "Spaceship 1 at 0.00 s: " in capsys.readouterr().out


def test_import_makes_a_project_with_an_ontology_and_its_categories(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "n.av3d")
    arguments = ["import", str(street), "--project", where, "--ontology"]
    assert run([*arguments, "nuscenes"]) == 0
    with av3d.open_project(where) as opened:
        assert [track.category for track in opened.tracks("street")] == ["vehicle.car"] * 2
    assert run([*arguments, "kitti", "--replace"]) == 2
    assert "the project has ontology nuscenes, version 1" in capsys.readouterr().err


def test_export_leaves_out_what_the_ontology_leaves_out_and_counts_it(
    project: str, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = exported.read_text("utf-8").replace('kitti = "Car"', 'kitti = ""', 1)
    exported.write_text(text, "utf-8")
    assert run(["project", "ontology", "set", str(exported), "--project", project]) == 0
    capsys.readouterr()
    arguments = ("export", "--project", project, "--format", "kitti-tracking")
    report = facts(capsys, *arguments, "--out", str(tmp_path / "out"))
    assert report["tracks"] == 0
    loss = report["losses"][0]
    assert (loss["what"], loss["count"], loss["of"]) == ("category car", 2, "tracks")
    assert loss["tracks"] == ["Car 1", "Car 2"]
