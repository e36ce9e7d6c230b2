"""Decisions on the command line and their trail: what was approved, and changed after that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from av3d.cli.main import run


@pytest.fixture
def do(project: str, capsys: pytest.CaptureFixture[str]):
    """Runs a command of `av3d project` on the project; gives its code, output and errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        code = run(["project", *arguments, "--project", project])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture
def facts(do):
    """Runs a command that must succeed; gives its JSON."""

    def command(*arguments: str) -> Any:
        code, out, error = do(*arguments, "--json")
        assert (code, error) == (0, "")
        return json.loads(out)

    return command


def state_of(found: Any, name: str) -> str:
    (log,) = found["logs"]
    return next(track["state"] for track in log["tracks"] if track["name"] == name)


def test_a_change_after_approval_shows_it_as_unreviewed_and_the_trail_says_who_did_what(
    do, facts
) -> None:
    for name, role in (("ada", "reviewer"), ("anna", "annotator")):
        facts("author", "set", name, "--role", role, "--author", "lea")
    code, _, error = do("approve", "Car 1", "--author", "anna")
    assert code == 2
    assert error.startswith("error: anna is no reviewer of this project, approve Car 1, let a")
    approved = facts("approve", "Car 1", "--note", "fits well", "--author", "ada")["entry"]
    assert state_of(facts("review"), "Car 1") == "approved"

    facts("interpolation", "Car 1", "--model", "linear", "--author", "anna")
    found = facts("review")
    assert state_of(found, "Car 1") == "changed since"
    (act,) = found["logs"][0]["trail"]
    assert (act["entry"], act["author"], act["verdict"], act["note"], act["standing"]) == (
        approved, "ada", "approved", "fits well", "changed",
    )  # fmt: skip
    (edit,) = act["changed_by"]
    assert (edit["entry"], edit["author"], edit["command"]) == (
        approved + 1, "anna", "interpolation linear",
    )  # fmt: skip
    assert act["time_ns"] < edit["time_ns"]
    _, out, _ = do("review", "--log", "street")
    assert out.startswith(
        "street: 2 tracks, 1 changed since, 1 not reviewed\n  changed since: Car 1\n"
    )
    assert "ada     approved  Car 1: fits well  changed since, entry" in out
    assert f"entry {approved + 1} by anna: interpolation linear" in out

    facts("undo", "--author", "anna")
    assert state_of(facts("review"), "Car 1") == "approved"
    assert do("fsck")[0] == 0


def test_only_what_is_approved_as_it_is_is_exported(
    do, facts, project: str, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    def exported() -> int:
        out = str(tmp_path / "out")
        arguments = ["--format", "csv", "--out", out, "--overwrite", "--review", "approved"]
        assert run(["export", "--project", project, *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["tracks"]

    facts("approve", "Car 1", "Car 2")
    assert exported() == 2
    facts("interpolation", "Car 1", "--model", "linear")
    assert exported() == 1
    facts("send-back", "Car 2", "--note", "too wide")
    assert exported() == 0


def test_what_is_sent_back_with_a_note_is_an_issue_too(do, facts) -> None:
    facts("send-back", "Car 2", "--note", "too wide by 20 cm", "--author", "ada")
    (log,) = facts("review")["logs"]
    assert log["counts"]["sent back"] == 1
    (issue,) = log["issues"]
    assert (issue["title"], issue["subject"]) == ("too wide by 20 cm", "Car 2")
    facts("undo", "--author", "ada")
    (log,) = facts("review")["logs"]
    assert (log["counts"]["sent back"], log["issues"]) == (0, [])


def test_a_decision_is_withdrawn_by_who_made_it(do, facts) -> None:
    facts("approve", "Car 1", "--author", "ada")
    code, _, error = do("withdraw", "Car 1", "--author", "mira")
    assert code == 2
    assert "mira has not decided on Car 1" in error
    facts("withdraw", "Car 1", "--author", "ada")
    (log,) = facts("review")["logs"]
    assert log["counts"]["not reviewed"] == 2
    assert [(act["withdrawn"], act["standing"]) for act in log["trail"]] == [
        (False, "withdrawn"), (True, "withdrawn"),
    ]  # fmt: skip


def test_the_trail_of_one_track(do, facts) -> None:
    facts("approve", "Car 1", "--author", "ada")
    facts("send-back", "Car 2", "--author", "ada")
    (log,) = facts("review", "--track", "car 2")["logs"]
    assert [track["name"] for track in log["tracks"]] == ["Car 2"]
    assert [act["verdict"] for act in log["trail"]] == ["sent_back"]
    code, _, error = do("review", "--track", "Car 9")
    assert (code, "there is and was no track 'Car 9'" in error) == (2, True)


def test_nothing_was_decided_yet(do) -> None:
    assert do("review") == (0, "street: 2 tracks, 2 not reviewed\n", "nothing was decided yet\n")
    code, _, error = do("approve", "Car 7")
    assert (code, "there is no track 'Car 7'" in error) == (2, True)


def test_a_plan_says_what_was_seen(do, facts) -> None:
    plan = facts("plan", "set", "sample", "--percent", "50")
    (name,) = plan["chosen"]
    (found,) = facts("plan", "list")["logs"]["street"]
    assert (found["seen"], found["chosen"], found["total"], found["unseen"]) == (0, 1, 2, [name])
    facts("approve", name)
    (found,) = facts("plan", "list")["logs"]["street"]
    assert (found["seen"], found["unseen"]) == (1, [])
    _, out, _ = do("plan", "list")
    assert "street  sample     1   1  100 %  50 % of the tracks" in out
    facts("plan", "set", "sample", "--category", "car")
    _, out, _ = do("review")
    assert "plan sample, all of car: 1 of 2 seen (50 %), of 2 tracks in all" in out
    assert do("plan", "remove", "sample")[0] == 0
    assert do("plan", "list") == (0, "", "no review plans\n")


def test_the_riskiest_tracks_are_drawn_from_the_findings(facts) -> None:
    plan = facts("plan", "set", "risky", "--riskiest", "5")
    assert plan["riskiest"] == 5
    assert set(plan["chosen"]) <= {"moving", "parked"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "p"], "it chooses no track, review plan 'p', say what it chooses"),
        (["set", "p", "--percent", "120"], "a fraction of 1.2"),
        (["set", "p", "--category", "boat"], "there is no category 'boat', --category"),
        (["remove", "p"], "log street has no review plan 'p'"),
    ],
)
def test_what_makes_no_plan_is_refused(do, arguments: list[str], said: str) -> None:
    code, _, error = do("plan", *arguments)
    assert code == 2
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
