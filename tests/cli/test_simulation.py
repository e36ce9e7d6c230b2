from __future__ import annotations

import json
from pathlib import Path

import pytest

from av3d.cli.main import run


def test_simulate_makes_a_log_that_opens_and_imports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "Stra ße"
    arguments = ["simulate", str(out), "--frames", "3", "--no-cameras", "--no-drop", "--json"]
    assert run(arguments) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["sweeps"], made["images"], made["dropped_sweeps"]) == (3, 0, 0)
    assert run(["info", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 3
    truth = str(out / "truth" / "tracks.json")
    project = str(tmp_path / "p.av3d")
    assert run(["import", str(out), "--project", project, "--labels", truth, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tracks"] == made["true_tracks"]
    assert run(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--frames", "0"),
        ("--seed", "-1"),
        ("--size", "1x1"),
        ("--name", " "),
        ("--scenario", "slow"),
        ("--sweep-stamp", "now"),
        ("--camera-stamp", "never"),
    ],
)
def test_impossible_options_make_nothing(
    tmp_path: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", str(tmp_path / "log"), option, value]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
