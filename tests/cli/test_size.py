from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from av3d.cli.main import run
from av3d.store.project import open_project
from av3d.tracks.change import Change


@pytest.fixture
def command(project: str) -> list[str]:
    return ["project", "size", "--project", project]


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run([*arguments]) == 0
    return capsys.readouterr().out


def test_it_shows_the_sides_and_what_they_rest_on_and_changes_nothing(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = out(capsys, *command, "car 1").splitlines()
    assert told[0].startswith("Car 1: 4.")
    assert told[1].split() == ["side", "size", "sure", "to", "points", "rests", "on"]
    assert [line.split()[0] for line in told[2:]] == ["length", "width", "height"]
    assert told[2].endswith("of 11 frames")
    with open_project(project) as opened:
        moving = {track.id: track for track in opened.tracks("street")}["moving"]
        assert moving.keyframes[0].cuboid.size_lwh_m.tolist() == [4.5, 1.9, 1.6]


def test_apply_gives_all_keyframes_the_size_in_one_entry(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(out(capsys, *command, "car 1", "Car 2", "--apply", "--json"))
    assert (told["log"], told["applied"]) == ("street", True)
    with open_project(project) as opened:
        for track in opened.tracks("street"):
            (size_lwh_m,) = {tuple(k.cuboid.size_lwh_m.tolist()) for k in track.keyframes}
            assert list(size_lwh_m) == told["tracks"][track.id]["size_lwh_m"]
    side = told["tracks"]["moving"]["sides"]["length"]
    assert side["sigma_m"] > 0
    assert side["frames_with_both_ends"] <= told["tracks"]["moving"]["frames"] == 11
    assert "size of Car 1, Car 2 from keyframes and points" in out(
        capsys, "history", "--project", project
    )
    out(capsys, "project", "undo", "--project", project)
    with open_project(project) as opened:
        assert opened.tracks("street")[0].keyframes[0].cuboid.length_m == 4.5


def test_a_track_or_log_that_is_not_there_is_one_line(
    street: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "car 7"]) == 2
    assert "there is no track 'car 7', TRACK" in capsys.readouterr().err
    street.rename(street.with_name("elsewhere"))
    assert run([*command, "car 1"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the log street is not where it was" in line


def test_people_have_no_one_size(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with open_project(project) as opened:
        parked = opened.document("street").tracks["parked"]
        person = replace(parked, category="pedestrian", number=1)
        opened.apply("street", [Change(parked, person)], command="it is a person")
    assert run([*command, "Pedestrian 1", "--json"]) == 0
    told, remarks = capsys.readouterr()
    assert remarks == "note: Pedestrian 1: people and animals have no one size; this is a mean\n"
    sides = json.loads(told)["tracks"]["parked"]["sides"]
    assert min(sides["length"]["sigma_m"], sides["width"]["sigma_m"]) >= 0.4
    assert sides["height"]["sigma_m"] < 0.3
    assert run([*command, "Car 1", "Pedestrian 1", "--apply"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: people and animals have no one size")
    assert "Pedestrian 1" in line
    assert "Car 1" not in line
    with open_project(project) as opened:
        assert opened.document("street").tracks["moving"].keyframes[0].cuboid.length_m == 4.5
