from __future__ import annotations

import json
from typing import Any

import pytest

from av3d.cli.main import run

START_NS = 1_700_000_000_000_000_000


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_event_has_times_tracks_and_values(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    p = ("--project", project)
    add = ("project", "event", "add", "cut_in", *p, "--from", "0.2", "--to", "0.9s")
    event = facts(capsys, *add, "--track", "car 1", "--set", "hard=true", "--note", "close")
    assert (event["start_ns"] - START_NS, event["end_ns"] - START_NS) == (200_000_000, 900_000_000)
    assert (event["track_ids"], event["attributes"]) == (["moving"], {"hard": True})
    assert facts(capsys, "project", "event", "list", *p)["logs"] == {"street": [event]}
    assert run(["project", "event", "list", *p]) == 0
    assert "street  cut_in  0.20 s  0.90 s  hard=True  Car 1" in capsys.readouterr().out
    assert run(["project", "event", "remove", event["id"][:8], *p]) == 0
    capsys.readouterr()
    assert facts(capsys, "project", "event", "list", *p)["logs"] == {"street": []}


def test_an_event_without_times_holds_for_the_whole_log(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ("project", "event", "add", "weather", "--project", project, "--set", "weather=rain")
    event = facts(capsys, *add)
    assert (event["start_ns"] - START_NS, event["end_ns"] - START_NS) == (0, 1_100_000_000)


def test_a_tag_that_is_said_again_is_corrected(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ("project", "event", "add", "weather", "--project", project)
    wrong = facts(capsys, *add, "--set", "weather=hail")
    right = facts(capsys, *add, "--set", "weather=rain")
    assert right == {**wrong, "attributes": {"weather": "rain"}}
    assert run([*add]) == 2
    assert "log street has this event already" in capsys.readouterr().err
    part = facts(capsys, *add, "--set", "weather=clear", "--from", "0.5")
    listed = facts(capsys, "project", "event", "list", "--project", project)["logs"]["street"]
    assert listed == [right, part]


def test_an_event_that_lacks_what_the_ontology_wants_is_kept_with_a_note(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "event", "add", "weather", "--project", project]) == 0
    assert "note: weather is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "cutin"], "ontology av3d has no event 'cutin'"),
        (["add", "cut_in", "--track", "Car 9"], "there is no track 'Car 9'"),
        (["add", "cut_in", "--from", "1", "--to", "0"], "the event ends 1 s before it starts"),
        (["add", "cut_in", "--from", "20"], "the event is not within log street, which has 1.10 s"),
        (["add", "cut_in", "--set", "hard"], "not an attribute: 'hard', --set"),
        (["remove", "0000"], "there is no event '0000'"),
    ],
)
def test_what_makes_no_event_is_refused(
    project: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["project", "event", *arguments, "--project", project]) == 2
    assert said in capsys.readouterr().err
