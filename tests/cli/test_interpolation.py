from __future__ import annotations

import json
from typing import Any

import pytest

from av3d.cli.main import run


@pytest.fixture
def command(project: str) -> list[str]:
    return ["project", "interpolation", "--project", project]


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run([*arguments]) == 0
    return capsys.readouterr().out


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(out(capsys, *arguments, "--json"))


def test_it_is_shown_where_nobody_has_said_anything(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert out(capsys, *command, "car 1") == "Car 1 of log street: automatic\n"
    assert facts(capsys, *command, "car 1", "--log", "street") == {
        "log": "street",
        "tracks": {"moving": {"model": "automatic", "moves": None, "pinned": False, "hand": None}},
    }


def test_what_no_option_names_stays(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "smooth, pinned" in out(capsys, *command, "car 1", "--model", "smooth", "--pin")
    told = out(capsys, *command, "car 1", "--moves", "wheeled")
    assert told == "Car 1 of log street: smooth, moves wheeled, pinned\n"
    told = out(capsys, *command, "car 1", "--no-pin", "--moves", "category")
    assert told == "Car 1 of log street: smooth\n"


def test_several_tracks_are_one_entry_of_the_journal_that_can_be_undone(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = out(capsys, *command, "car 1", "Car 2", "--model", "linear", "--pin")
    assert told == "Car 1 of log street: linear, pinned\nCar 2 of log street: linear, pinned\n"
    history = out(capsys, "history", "--project", project)
    assert "interpolation linear, pinned" in history
    listed = out(capsys, "tracks", "--project", project).splitlines()
    assert listed[1].endswith("interpolation")
    assert [line.endswith("linear, pinned") for line in listed[2:]] == [True, True]
    out(capsys, "project", "undo", "--project", project)
    assert "interpolation" not in out(capsys, "tracks", "--project", project)
    assert "Car 1 of log street: automatic" in out(capsys, *command, "car 1")


def test_only_tracks_that_are_not_automatic_have_it_in_the_list(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out(capsys, *command, "car 2", "--model", "static")
    listed = out(capsys, "tracks", "--project", project).splitlines()
    assert [line.rsplit(maxsplit=1)[-1] for line in listed[1:]] == [
        "interpolation",
        "moving",
        "static",
    ]


def test_what_is_said_already_is_no_entry(
    project: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out(capsys, *command, "car 1", "--model", "linear")
    before = facts(capsys, "history", "--project", project)
    out(capsys, *command, "car 1", "--model", "linear")
    assert facts(capsys, "history", "--project", project) == before


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["car 9"], "error: there is no track 'car 9', TRACK, see `av3d tracks`"),
        (["car 1", "--model", "cubic"], "error: there is no model 'cubic', --model, use automatic"),
        (["car 1", "--moves", "fast"], "error: there is no kind of motion 'fast', --moves, use "),
        (["car 1", "--log", "road"], "road"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    command: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert run([*command, *arguments]) == 2
    err = capsys.readouterr().err
    assert line in err
    assert err.count("\n") == 1
