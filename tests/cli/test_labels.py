from __future__ import annotations

import json
from pathlib import Path

import pytest

import av3d
from av3d.cli.main import run


def test_import_makes_a_project_with_the_tracks_of_the_log(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "p.av3d"
    assert run(["import", str(street), "--project", str(project), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["tracks"], facts["cuboids_read"], facts["keyframes_kept"]) == (2, 13, 13)
    with av3d.open_project(project) as opened:
        assert [track.name for track in opened.tracks("street")] == ["Car 1", "Car 2"]


def test_keyframe_every_s_leaves_the_rest_to_interpolation(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "p.av3d"
    arguments = ["import", str(street), "--project", str(project), "--keyframe-every-s", "0.5"]
    assert run([*arguments, "--json"]) == 0
    # Of the moving car's eleven: 0, .6 (.5 is dropped), 1.1 s (last). The parked one keeps its two.
    assert json.loads(capsys.readouterr().out)["keyframes_kept"] == 5
    with av3d.open_project(project) as opened:
        moving = opened.tracks("street")[0]
    state = moving.state_at(1_700_000_000_300_000_000)
    assert state is not None
    assert state.provenance == "interpolated"
    assert state.cuboid.center_m[0] == pytest.approx(10 + 0.6 * 3, abs=0.02)


def test_a_second_import_needs_replace(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["import", str(street), "--project", str(tmp_path / "p.av3d")]
    assert run(arguments) == 0
    assert run(arguments) == 2
    assert "--replace" in capsys.readouterr().err
    assert run([*arguments, "--replace"]) == 0
    with av3d.open_project(tmp_path / "p.av3d") as opened:
        assert len(opened.tracks("street")) == 2
        assert [entry.command for entry in opened.journal()[-2:]] == ["import folder"] * 2


def test_a_failed_import_makes_no_project(street: Path, tmp_path: Path) -> None:
    (street / "labels.json").write_text("{ not json")
    assert run(["import", str(street), "--project", str(tmp_path / "p.av3d")]) == 2
    assert not (tmp_path / "p.av3d").exists()


def test_tracks_lists_names_and_json_holds_everything(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(tmp_path / "p.av3d")
    assert run(["import", str(street), "--project", project]) == 0
    capsys.readouterr()
    assert run(["tracks", "--project", project]) == 0
    assert "Car 1" in capsys.readouterr().out
    assert run(["tracks", "--project", project, "--json"]) == 0
    tracks = json.loads(capsys.readouterr().out)["logs"]["street"]
    assert [track["id"] for track in tracks] == ["moving", "parked"]
    assert len(tracks[0]["keyframes"]) == 11


@pytest.mark.parametrize("format", ["kitti-tracking", "kitti-object", "nuscenes", "folder"])
def test_export_writes_every_format_and_reports_its_losses(
    street: Path, tmp_path: Path, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project, out = str(tmp_path / "p.av3d"), tmp_path / "aus gabe"
    assert run(["import", str(street), "--project", project]) == 0
    capsys.readouterr()
    arguments = ["export", "--project", project, "--format", format, "--out", str(out)]
    assert run([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["format"] == format
    assert report["tracks"] == 2
    assert any(out.rglob("*"))
    # The folder has content now; it is not overwritten by accident, and not emptied by a refusal.
    before = sorted(out.rglob("*"))
    assert run(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert sorted(out.rglob("*")) == before
    assert run([*arguments, "--overwrite"]) == 0
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_export_of_a_log_that_is_gone_says_where_it_was(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(tmp_path / "p.av3d")
    assert run(["import", str(street), "--project", project]) == 0
    street.rename(tmp_path / "elsewhere")
    capsys.readouterr()
    out = tmp_path / "out"
    arguments = ["export", "--project", project, "--format", "nuscenes", "--out", str(out)]
    assert run(arguments) == 2
    assert "eine Straße" in capsys.readouterr().err
    assert not out.exists()


def test_a_category_that_av3d_does_not_know_is_kept_and_named(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = street / "labels.json"
    labels.write_text(labels.read_text().replace('"category": "car"', '"category": "spaceship"', 1))
    arguments = ["import", str(street), "--project", str(tmp_path / "p.av3d"), "--json"]
    assert run(arguments) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "category 'spaceship' (1 of the tracks)" in note
