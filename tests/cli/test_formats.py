from __future__ import annotations

import json

import pytest

from av3d.cli.main import run
from av3d.datasets.registry import datasets


def test_each_format_is_listed_with_what_it_can(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["format", *(one.name for one in datasets())]
    [mcap] = [line for line in lines if line.startswith("mcap ")]
    assert mcap.split()[1:4] == ["yes", "ROS", "2"]  # it opens as a log and no more


def test_each_format_that_is_written_says_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "--export", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in found} == {one.name for one in datasets() if one.writes_labels}
    assert [one["name"] for one in found if not one["holds"]] == []
    assert all(one["writes_labels"] for one in found)
