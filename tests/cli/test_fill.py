from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.cli.main import run
from av3d.tracks.keyframe import Provenance


@pytest.fixture
def sample(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A project with the beginning of labels that the sample log has."""
    where = str(tmp_path / "p.av3d")
    assert run(["import", str(repository / "sample_logs" / "crossing"), "--project", where]) == 0
    capsys.readouterr()
    return where


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def keyframes_of(where: str, name: str) -> list[Provenance]:
    with av3d.open_project(where) as project:
        (track,) = (t for t in project.tracks("crossing") if t.name == name)
        return [keyframe.provenance for keyframe in track.keyframes]


def test_a_track_is_filled_as_one_change_and_taken_back(
    sample: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = keyframes_of(sample, "Car 6")
    fill = ("project", "fill", "--project", sample, "--track", "car 6")
    (would,) = facts(capsys, *fill, "--dry-run")["tracks"].values()
    assert keyframes_of(sample, "Car 6") == before
    (done,) = facts(capsys, *fill)["tracks"].values()
    assert done == would
    after = keyframes_of(sample, "Car 6")
    assert after.count(Provenance.FITTED) == done["keyframes"] > 20
    assert len(after) == before.count(Provenance.MANUAL) + done["keyframes"]
    assert done["measured"] > 0.9 * done["keyframes"]
    assert {sweep["outcome"] for sweep in done["sweeps"]} <= {"measured", "predicted", "gated"}
    assert run(["project", "undo", "--project", sample]) == 0
    assert keyframes_of(sample, "Car 6") == before


def test_only_a_part_is_filled(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill = ("project", "fill", "--project", sample, "--track", "Car 6", "--dry-run")
    (part,) = facts(capsys, *fill, "--from", "1", "--to", "2")["tracks"].values()
    assert part["end_ns"] - part["start_ns"] == 1_000_000_000
    assert all(part["start_ns"] <= s["timestamp_ns"] <= part["end_ns"] for s in part["sweeps"])
    assert 5 <= part["keyframes"] <= 11


def test_it_says_what_became_of_the_sweeps(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill = ["project", "fill", "--project", sample, "--track", "Car 6", "--to", "0.5", "--dry-run"]
    assert run(fill) == 0
    assert "Car 6 would get" in capsys.readouterr().out


def test_a_log_that_was_moved_away_is_refused(
    project: str, street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    street.rename(tmp_path / "elsewhere")
    assert run(["project", "fill", "--project", project, "--track", "Car 2"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: the log street is not where it was")
    assert error.count("\n") == 1


def test_an_unknown_track_is_refused(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["project", "fill", "--project", project, "--track", "Tram 9"]) == 2
    error = capsys.readouterr().err
    assert "Tram 9" in error
    assert error.count("\n") == 1


def test_between_one_keyframe_is_nothing_to_fill_and_it_says_what_to_do(
    sample: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "fill", "--project", sample, "--track", "Car 27"]) == 0
    told = "Car 27: nothing to fill between one keyframe; say how far with --from and --to\n"
    assert capsys.readouterr().out == told


def test_a_track_that_no_sweep_shows_stays_as_it_is(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crossing = repository / "sample_logs" / "crossing"
    labels = json.loads((crossing / "labels.json").read_text())
    labels["tracks"] = [t for t in labels["tracks"] if (t["category"], t["number"]) == ("car", 6)]
    for keyframe in labels["tracks"][0]["keyframes"]:
        keyframe["center_m"][0] += 900
    away = tmp_path / "away.json"
    away.write_text(json.dumps(labels))
    where = str(tmp_path / "p.av3d")
    assert run(["import", str(crossing), "--labels", str(away), "--project", where]) == 0
    capsys.readouterr()
    before = keyframes_of(where, "Car 6")
    assert run(["project", "fill", "--project", where, "--track", "Car 6"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Car 6 stays as it is: no sweep shows where it is"
    assert told[1:]
    assert all("predicted: " in line for line in told[1:])
    assert keyframes_of(where, "Car 6") == before
