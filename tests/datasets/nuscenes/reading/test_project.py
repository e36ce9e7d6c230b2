"""A path that ends in the name of a scene, from the command line and in projects."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.cli.main import run
from av3d.datasets.registry import is_there


def test_info_states_a_scene_and_refuses_several(
    database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", str(database.root / "scene-0103"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["kind"], facts["frames"]) == ("scene-0103", "nuscenes", 41)
    assert facts["path"] == str(database.root / "scene-0103")
    assert run(["info", str(database.root)]) == 2
    error = capsys.readouterr().err
    assert "holds 2 scenes: scene-0061 scene-0103" in error
    assert error.count("\n") == 1


def test_a_path_that_is_nothing_is_still_no_such_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", str(tmp_path / "scene-0061")]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err
    assert not is_there(tmp_path / "scene-0061")


def test_a_project_finds_its_scene_again_also_after_both_were_moved(
    copy: Callable[..., Any], tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    shutil.move(copy().root, here / "nuscenes")
    project = here / "p.av3d"
    assert run(["import", str(here / "nuscenes" / "scene-0061"), "--project", str(project)]) == 0
    arguments = ["export", "--format", "folder", "--project"]
    assert run([*arguments, str(project), "--out", str(tmp_path / "first")]) == 0
    there = here.rename(tmp_path / "there")
    project = there / "p.av3d"
    assert run([*arguments, str(project), "--out", str(tmp_path / "second")]) == 0
    with av3d.open_project(project) as opened:
        assert len(opened.tracks("scene-0061")) == 2


def test_an_export_does_not_replace_the_database_that_it_is_made_of(
    copy: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = copy()
    project = tmp_path / "p.av3d"
    assert run(["import", str(database.root / "scene-0061"), "--project", str(project)]) == 0
    arguments = ["export", "--project", str(project), "--format", "nuscenes", "--overwrite"]
    for out in (database.root, database.root.parent):
        assert run([*arguments, "--out", str(out)]) == 2
        assert "choose another folder" in capsys.readouterr().err
    assert (database.version / "scene.json").is_file()
