from __future__ import annotations

import json
from typing import Any

import pytest

from av3d.cli.main import run


@pytest.fixture
def do(project: str, capsys: pytest.CaptureFixture[str]):
    """Runs a command on the issues of the project; gives its code, output and errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        code = run(["project", "issues", *arguments, "--project", project])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def facts(do, *arguments: str) -> Any:
    code, out, error = do(*arguments, "--json")
    assert (code, error) == (0, "")
    return json.loads(out)


def test_an_issue_is_opened_answered_and_resolved(do) -> None:
    issue = facts(
        do, "open", "The box ends before the trunk.", "--track", "Car 2", "--at", "0.5",
        "--assignee", "eve", "--author", "ada",
    )  # fmt: skip
    assert (issue["number"], issue["tracks"], issue["assignee"]) == (1, ["parked"], "eve")
    assert issue["timestamp_ns"] == 1_700_000_000_500_000_000
    answered = facts(do, "reply", "1", "It does not.", "--state", "resolved", "--author", "eve")
    assert answered["state"] == "resolved"
    assert [one["author"] for one in answered["messages"]] == ["ada", "eve"]
    facts(do, "reply", "#1", "--state", "open", "--assignee", "", "--author", "ada")
    (found,) = facts(do, "list", "--state", "open")["logs"]["street"]
    assert (found["state"], found["assignee"], len(found["messages"])) == ("open", "", 3)
    assert facts(do, "list", "--state", "resolved")["logs"]["street"] == []
    assert facts(do, "list", "--track", "Car 1")["logs"]["street"] == []
    _, out, _ = do("show", "issue 1")
    lines = out.splitlines()
    assert lines[0] == "Issue 1: The box ends before the trunk."
    assert lines[1] == "open; log street at 0.50 s, on Car 2"
    assert lines[3].endswith("eve [resolved]: It does not.")
    assert lines[4].endswith("ada [open, for nobody]")


def test_issues_are_listed_with_what_they_are_on(do) -> None:
    facts(do, "open", "Look at the whole drive.", "--title", "All of it", "--author", "ada")
    facts(do, "open", "Here it turns.", "--track", "Car 1", "--author", "ada")
    _, out, _ = do("list")
    rows = [line.split() for line in out.splitlines()]
    assert rows[1] == ["1", "street", "0.00", "s", "open", "ada", "1", "All", "of", "it"]
    assert rows[2][:8] == ["2", "street", "0.00", "s", "open", "ada", "Car", "1"]
    assert do("remove", "2")[:2] == (0, "removed: Issue 2 of log street, Here it turns.\n")
    assert len(facts(do, "list")["logs"]["street"]) == 1


def test_issues_are_no_events_of_the_road_and_nothing_is_wrong_with_them(
    do, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    issue = facts(do, "open", "Too short.", "--track", "Car 2")
    assert run(["project", "event", "list", "--project", project, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["logs"] == {"street": []}
    assert run(["project", "ontology", "check", "--project", project]) == 0
    assert run(["project", "event", "remove", issue["id"], "--project", project]) == 2
    assert "belongs to the record of a review" in capsys.readouterr().err
    assert run(["project", "event", "add", "issue", "--project", project]) == 2
    assert "'issue' is a word of reviews" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["open", " "], "nothing is said"),
        (["open", "x", "--track", "Car 9"], "there is no track 'Car 9'"),
        (["open", "x", "--at", "99"], "99 is not within log street, which has 1.10 s"),
        (["reply", "7", "x"], "log street has no issue '7'"),
        (["list", "--state", "lost"], "there is no state 'lost'"),
        (["list", "--track", "Car 9"], "there is no track 'Car 9'"),
        (["show", "1", "--log", "road"], "no log 'road'"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(do, arguments: list[str], said: str) -> None:
    code, out, error = do(*arguments)
    assert (code, out) == (2, "")
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
