from __future__ import annotations

import json
from typing import Any

import pytest

from av3d.cli.main import run


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_task_is_a_part_of_the_log_and_goes_through_its_states(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    p = ("--project", project)
    task = facts(capsys, "project", "task", "add", *p, "--to", "0.5", "--title", "first half")
    assert (task["start_ns"], task["end_ns"]) == (
        1_700_000_000_000_000_000,
        1_700_000_000_500_000_000,
    )
    assert (task["state"], task["assignee"]) == ("new", "")
    facts(capsys, "project", "task", "add", *p, "--from", "1700000000500000000", "--title", "rest")
    set_it = ("project", "task", "set", "First half", *p, "--state", "review", "--assignee", "Ada")
    task = facts(capsys, *set_it)
    assert (task["state"], task["assignee"]) == ("review", "Ada")
    found = facts(capsys, "project", "task", "list", *p)["tasks"]
    assert [(task["title"], task["state"]) for task in found] == [
        ("first half", "review"), ("rest", "new"),
    ]  # fmt: skip
    assert facts(capsys, "project", "task", "list", *p, "--state", "review")["tasks"] == found[:1]
    assert facts(capsys, "project", "info", *p)["tasks"] == {
        "new": 1, "labelling": 0, "review": 1, "done": 0,
    }  # fmt: skip
    assert run(["project", "task", "list", *p]) == 0
    assert "street  0.00 s  0.50 s  review  Ada       first half" in capsys.readouterr().out
    assert run(["project", "task", "remove", found[0]["id"][:8], *p]) == 0
    capsys.readouterr()
    assert len(facts(capsys, "project", "task", "list", *p)["tasks"]) == 1
    last = facts(capsys, "history", *p, "--limit", "1")["entries"][0]
    assert last["command"] == "remove first half"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "--state", "lost"], "there is no state 'lost'"),
        (
            ["add", "--from", "2.5", "--to", "3"],
            "the task is not within log street, which has 1.10 s",
        ),
        (["add", "--from", "1", "--to", "0.5"], "the task ends 0.5 s before it starts"),
        (["add", "--from", "noon"], "not a time: 'noon', --from"),
        (["add", "--log", "road"], "no log 'road'"),
        (["set", "half", "--state", "done"], "there is no task 'half'"),
        (["add", "--title", "\x00"], "the title holds a zero character"),
    ],
)
def test_what_makes_no_task_is_refused(
    project: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["project", "task", *arguments, "--project", project]) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert said in line
    assert facts(capsys, "project", "task", "list", "--project", project)["tasks"] == []


def test_two_tasks_of_one_name_are_told_apart_by_id(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    p = ("--project", project)
    ids = [facts(capsys, "project", "task", "add", *p, "--title", "x")["id"] for _ in range(2)]
    assert run(["project", "task", "set", "x", *p, "--state", "done"]) == 2
    line = capsys.readouterr().err
    assert "2 tasks are called 'x'" in line
    assert ids[0][:8] in line
    assert facts(capsys, "project", "task", "set", ids[1], *p, "--state", "done")["id"] == ids[1]


def test_an_author_is_entered_and_changed(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    p = ("--project", project)
    facts(capsys, "project", "author", "set", "ada", *p, "--title", "Ada L.")
    author = facts(capsys, "project", "author", "set", "ada", *p, "--role", "reviewer")
    assert (author["title"], author["role"]) == ("Ada L.", "reviewer")
    assert facts(capsys, "project", "author", "list", *p)["authors"] == [author]
    assert run(["project", "author", "set", "ada", *p, "--role", "boss"]) == 2
    assert "use annotator, reviewer, lead" in capsys.readouterr().err
