"""Detections of a table become tracks and proposals, and these are accepted and rejected by threshold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import av3d
from av3d.cli.main import run
from av3d.tracks.proposal import is_proposal, score_of

START_NS = 1_700_000_000_000_000_000
SIZE = "length_m,width_m,height_m"
HEADER = f"timestamp_ns,category,world_x_m,world_y_m,world_z_m,{SIZE},world_yaw_rad,score"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A sure car, an unsure one, and one that is seen once, in twelve frames."""
    lines = [HEADER]
    for frame in range(12):
        time_ns = START_NS + 100_000_000 * frame
        lines.append(f"{time_ns},car,{10 + frame / 2},0,0.8,4.5,1.9,1.6,0,0.9")
        lines.append(f"{time_ns},car,{10 - frame / 2},8,0.8,4.5,1.9,1.6,3.14,0.4")
    lines.append(f"{START_NS},pedestrian,30,30,0.8,0.8,0.7,1.8,0,0.3")
    path = tmp_path / "detections.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def imported(street: Path, table: Path, tmp_path: Path, capsys) -> str:
    """A project with one track and two proposals."""
    project = str(tmp_path / "p.av3d")
    arguments = ["import", str(street), "--labels", str(table), "--format", "csv"]
    assert run([*arguments, "--project", project, "--propose-below", "0.5"]) == 0
    capsys.readouterr()
    return project


def tracks(project: str) -> dict[str, bool]:
    """Whether each track is a proposal, by name."""
    with av3d.open_project(project) as opened:
        return {track.name: is_proposal(track) for track in opened.tracks("street")}


def test_import_links_detections_and_says_how_many(street, table, tmp_path, capsys) -> None:
    arguments = ["import", str(street), "--labels", str(table), "--format", "csv"]
    arguments += ["--project", str(tmp_path / "p.av3d"), "--min-score", "0.35", "--json"]
    assert run(arguments) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["tracks"], facts["linked"], facts["proposals"]) == (2, 2, 0)
    assert facts["counts"]["detections"] == 25
    assert facts["counts"]["detections_below_min_score"] == 1
    assert "25 detections linked to 2 tracks; 1 have a score below 0.35" in facts["notes"]
    with av3d.open_project(tmp_path / "p.av3d") as opened:
        scores = [score_of(track) for track in opened.tracks("street")]
        assert scores == pytest.approx([0.9, 0.4])
        assert [entry.command for entry in opened.journal()].count("import csv") == 1


def test_without_links_each_detection_is_a_track(street, table, tmp_path, capsys) -> None:
    arguments = ["import", str(street), "--labels", str(table), "--format", "csv", "--no-link"]
    assert run([*arguments, "--project", str(tmp_path / "p.av3d"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tracks"] == 25


def test_linked_tracks_are_numbered_after_those_that_are_there(street, table, tmp_path) -> None:
    project = ["--project", str(tmp_path / "p.av3d")]
    assert run(["import", str(street), *project]) == 0  # has Car 1 and Car 2
    assert run(["import", str(street), "--labels", str(table), "--format", "csv", *project]) == 0
    assert {"Car 1", "Car 2", "Car 3", "Car 4"} <= set(tracks(project[1]))


def test_linked_tracks_are_thinned_like_others(street, table, tmp_path, capsys) -> None:
    arguments = ["import", str(street), "--labels", str(table), "--format", "csv", "--json"]
    arguments += ["--project", str(tmp_path / "p.av3d"), "--keyframe-every-s", "0.5"]
    assert run(arguments) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["cuboids_read"] == 25
    assert facts["keyframes_kept"] < 10


def test_proposals_are_listed_with_the_surest_first(imported, capsys) -> None:
    assert run(["project", "proposals", "list", "--project", imported, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["logs"]["street"]
    assert [(one["name"], one["keyframes"]) for one in found] == [
        ("Car 2", 12),
        ("Pedestrian 1", 1),
    ]
    assert run(["project", "proposals", "list", "--project", imported]) == 0
    assert "Pedestrian 1" in capsys.readouterr().out


def test_proposals_are_accepted_and_rejected_by_score(imported, capsys) -> None:
    command = ["project", "proposals"]
    assert run([*command, "accept", "--score-above", "0.4", "--project", imported]) == 0
    assert "1 proposal accepted" in capsys.readouterr().out
    assert tracks(imported) == {"Car 1": False, "Car 2": False, "Pedestrian 1": True}
    assert run([*command, "reject", "--score-below", "0.4", "--project", imported]) == 0
    assert set(tracks(imported)) == {"Car 1", "Car 2"}
    assert run(["project", "undo", "--project", imported]) == 0
    assert tracks(imported)["Pedestrian 1"]


def test_a_dry_run_changes_nothing(imported, capsys) -> None:
    command = ["project", "proposals", "reject", "--all", "--project", imported]
    assert run([*command, "--dry-run"]) == 0
    assert "2 proposals would be rejected" in capsys.readouterr().out
    assert sum(tracks(imported).values()) == 2
    assert run(command) == 0
    assert tracks(imported) == {"Car 1": False}


def test_one_proposal_is_accepted_by_its_name(imported) -> None:
    command = ["project", "proposals", "accept", "--track", "pedestrian 1"]
    assert run([*command, "--project", imported]) == 0
    assert tracks(imported) == {"Car 1": False, "Car 2": True, "Pedestrian 1": False}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which proposals"),
        (["--all", "--score-above", "1"], "all of them, or only some"),
        (["--track", "Car 1"], "Car 1 is no proposal"),
        (["--track", "Car 77"], "there is no track 'Car 77'"),
        (["--score-below", "nan"], "not a score: nan"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(imported, capsys, arguments, said) -> None:
    assert run(["project", "proposals", "reject", *arguments, "--project", imported]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert len(tracks(imported)) == 3


def test_a_score_that_is_no_number_makes_no_project(street, table, tmp_path, capsys) -> None:
    arguments = ["import", str(street), "--labels", str(table), "--min-score", "inf"]
    assert run([*arguments, "--project", str(tmp_path / "p.av3d")]) == 2
    assert "not a score" in capsys.readouterr().err
    assert not (tmp_path / "p.av3d").exists()
