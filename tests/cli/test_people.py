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
    assert run(["project", "task", "set", "x", *p, "--state", "review"]) == 2
    line = capsys.readouterr().err
    assert "2 tasks are called 'x'" in line
    assert ids[0][:8] in line
    assert facts(capsys, "project", "task", "set", ids[1], *p, "--state", "review")["id"] == ids[1]


def test_a_task_is_handed_in_sent_back_and_done(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    p = ("--project", project)

    def refused(*arguments: str) -> str:
        assert run(["project", *arguments, *p]) == 2
        return capsys.readouterr().err

    facts(capsys, "project", "author", "set", "ada", *p, "--role", "reviewer")
    facts(capsys, "project", "task", "add", *p, "--title", "all")
    assert "no reviewer" in refused("plan", "set", "x", "--percent", "50", "--author", "anna")
    plan = ("project", "plan", "set", "every second", *p, "--percent", "50", "--author", "ada")
    facts(capsys, *plan)
    assert "no reviewer" in refused("plan", "remove", "every second", "--author", "anna")
    assert facts(capsys, "project", "task", "submit", "all", *p)["state"] == "review"
    assert "is no reviewer of this project" in refused("task", "done", "all", "--author", "anna")
    assert "is no reviewer" in refused("task", "send-back", "all", "--author", "anna")
    back = ("project", "task", "send-back", "all", *p, "--author", "ada", "--note", "see issues")
    assert facts(capsys, *back)["state"] == "labelling"
    assert "was not handed in for review" in refused("task", "done", "all", "--author", "ada")
    facts(capsys, "project", "task", "set", "all", *p, "--state", "review")
    error = refused("task", "done", "all", "--author", "ada")
    assert "1 track of review plan 'every second' not seen as they are now" in error
    (task,) = facts(capsys, "project", "tasks", *p)["tasks"]
    assert (task["state"], task["tracks"], task["approved"]) == ("review", 2, 0)
    ((seen,),) = task["unseen"].values()
    facts(capsys, "project", "approve", seen, *p, "--author", "ada")
    assert facts(capsys, "project", "task", "done", "all", *p, "--author", "ada")["state"] == "done"
    facts(capsys, "project", "interpolation", "Car 1", *p, "--model", "linear")
    (task,) = facts(capsys, "project", "tasks", *p)["tasks"]
    assert (task["approved"], task["changed_since"]) == (1, 1)
    assert run(["project", "tasks", *p]) == 0
    assert "all   done" in capsys.readouterr().out


def test_handing_in_names_what_was_said_and_not_answered(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    p = ("--project", project)
    facts(capsys, "project", "task", "add", *p, "--title", "all")
    assert run(["project", "task", "submit", "all", *p]) == 0
    assert capsys.readouterr().err == ""
    facts(capsys, "project", "issues", "open", "Is this a car?", *p, "--track", "Car 2")
    facts(capsys, "project", "send-back", "Car 1", *p)
    facts(capsys, "project", "task", "send-back", "all", *p)
    for handing_in in (("submit", "all"), ("set", "all", "--state", "review")):
        assert run(["project", "task", *handing_in, *p, "--json"]) == 0
        told = capsys.readouterr()
        assert '"state": "review"' in told.out
        assert told.err.splitlines() == [
            "1 issue open: Issue 1; see `av3d project issues list --state open`",
            "1 track sent back and not changed since: Car 1; see `av3d project review`",
        ]
        facts(capsys, "project", "task", "send-back", "all", *p)


def test_who_forces_a_task_says_why(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    p = ("--project", project)
    facts(capsys, "project", "task", "add", *p, "--title", "all")
    facts(capsys, "project", "issues", "open", "Is this a car?", *p, "--track", "Car 2")
    task = facts(capsys, "project", "task", "done", "all", *p, "--force", "a demonstration")
    assert task["state"] == "done"
    assert task["note"] == "done though 1 issue open: Issue 1: a demonstration"
    assert run(["project", "task", "add", *p, "--state", "done"]) == 2
    assert "not made as one that is done" in capsys.readouterr().err


def test_an_author_is_entered_and_changed(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    p = ("--project", project)
    facts(capsys, "project", "author", "set", "ada", *p, "--title", "Ada L.")
    author = facts(capsys, "project", "author", "set", "ada", *p, "--role", "reviewer")
    assert (author["title"], author["role"]) == ("Ada L.", "reviewer")
    assert facts(capsys, "project", "author", "list", *p)["authors"] == [author]
    assert run(["project", "author", "set", "ada", *p, "--role", "boss"]) == 2
    assert "use annotator, reviewer, lead" in capsys.readouterr().err


def test_where_there_is_a_lead_only_leads_give_roles(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    who = ("project", "author", "set", "--project", project)
    facts(capsys, *who, "lea", "--role", "lead", "--author", "anna")
    assert run([*who, "anna", "--role", "reviewer", "--author", "anna"]) == 2
    assert "anna is no lead of this project, --role, ask lea" in capsys.readouterr().err
    facts(capsys, *who, "anna", "--title", "Anna M.", "--author", "anna")
    anna = facts(capsys, *who, "anna", "--role", "reviewer", "--author", "lea")
    assert (anna["title"], anna["role"]) == ("Anna M.", "reviewer")
