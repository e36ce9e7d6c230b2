from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest
import tomli_w

from av3d.calibration.rig_toml import read_rig
from av3d.cli.main import run
from av3d.geometry.se3 import SE3


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def with_matrix(log, camera, change):
    """Write a camera's pose as a matrix, changed."""
    path = log / "rig.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    pose = document["camera"][camera]["ego_SE3_camera"]
    matrix = SE3.from_quaternion(pose["quaternion_wxyz"], pose["translation_m"]).matrix
    document["camera"][camera]["ego_SE3_camera"] = {"matrix": change(matrix).tolist()}
    path.write_text(tomli_w.dumps(document), encoding="utf-8")


def test_a_log_without_faults_leaves_no_folder_behind(street, capsys, in_a_folder_of_its_own):
    assert run(["doctor", str(street), "--no-images", "--fail-on", "warning"]) == 0
    said = capsys.readouterr().out
    assert "0 errors, 0 warnings, 1 note" in said
    assert "No fault found." in said
    assert list(in_a_folder_of_its_own.iterdir()) == []


def test_a_mirroring_rig_is_named_and_a_rig_is_proposed_that_opens(street, capsys):
    right = read_rig(street / "rig.toml").camera("front")
    with_matrix(street, "front", lambda matrix: matrix @ np.diag([-1.0, 1, 1, 1]))
    assert run(["doctor", str(street), "--json", "--no-images", "--fail-on", "error"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["findings"][0]["check"] == "calibration.handedness"
    assert facts["opens"]
    proposed = read_rig(facts["proposals"]["rig.toml"]).camera("front")
    assert proposed.ego_SE3_camera.angle_to_rad(right.ego_SE3_camera) < 1e-6


def test_without_fail_on_findings_do_not_change_the_exit_code(street):
    with_matrix(street, "front", lambda matrix: 2 * matrix)
    assert run(["doctor", str(street), "--no-images"]) == 0


def test_two_faults_of_one_log_are_both_told(street, capsys, tmp_path):
    with_matrix(street, "front", lambda matrix: matrix @ np.diag([1.1, 1.1, 1.1, 1]))
    path = street / "trajectory.csv"
    lines = path.read_text().splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    path.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    assert run(["doctor", str(street), "--no-images", "--json", "--out", str(out)]) == 0
    facts = json.loads(capsys.readouterr().out)
    named = [finding["check"] for finding in facts["findings"]]
    assert named[:2] == ["calibration.not-a-rotation", "timestamps.disorder"]
    assert all(str(street) in finding["where"] for finding in facts["findings"][:2])
    files = {file.name for file in out.iterdir()}
    assert files == {"report.json", "rig-proposed.toml", "trajectory-proposed.csv"}


def test_a_gap_comes_with_a_chart(street, capsys, tmp_path):
    for image in sorted((street / "camera" / "left").iterdir())[3:8]:
        image.unlink()
    out = tmp_path / "out"
    assert run(["doctor", str(street), "--no-images", "--json", "--out", str(out)]) == 0
    facts = json.loads(capsys.readouterr().out)
    [gap] = [finding for finding in facts["findings"] if finding["check"] == "timestamps.gap"]
    assert gap["picture"] == str(out / "01-timestamps.gap-left.png")
    assert (out / "01-timestamps.gap-left.png").stat().st_size > 1000


def test_a_log_can_be_checked_by_another_rig(street, tmp_path, capsys):
    other = tmp_path / "other.toml"
    other.write_text((street / "rig.toml").read_text().replace("160", "80").replace("90", "45"))
    assert run(["doctor", str(street), "--rig", str(other), "--json"]) == 0
    named = [f["check"] for f in json.loads(capsys.readouterr().out)["findings"]]
    assert "calibration.image-size" in named


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-on", "panic"], "error: no level 'panic', --fail-on, use error or warning"),
        (["--refine", "rear"], "error: no camera 'rear'"),
        (["--rig", "nowhere.toml"], "error: cannot read the rig"),
        (["--out", "full"], "error: the output folder is not empty"),
        (["--out", "full", "--overwrite"], "error: the output folder holds something else"),
        (["--format", "tape"], "error: no dataset 'tape'"),
    ],
)
def test_wrong_arguments_are_one_line(street, capsys, in_a_folder_of_its_own, arguments, message):
    full = in_a_folder_of_its_own / "full"
    full.mkdir()
    (full / "letter.odt").write_text("dear")
    assert run(["doctor", str(street), *arguments]) == 2
    assert capsys.readouterr().err.startswith(message)


def test_a_path_that_is_no_log_is_bad_input(tmp_path, capsys):
    assert run(["doctor", str(tmp_path)]) == 2
    assert "not a log that av3d knows" in capsys.readouterr().err


def test_refinement_proposes_a_rig_and_changes_nothing(repository, tmp_path, capsys):
    log = repository / "sample_logs" / "crossing"
    before = (log / "rig.toml").read_bytes()
    out = tmp_path / "out"
    assert run(["doctor", str(log), "--refine", "front", "--json", "--out", str(out)]) == 0
    facts = json.loads(capsys.readouterr().out)["cameras"]["front"]
    assert facts["refined"]
    assert facts["rotation_change_deg"] < 0.15
    assert facts["translation_change_m"] < 0.05
    refined = read_rig(out / "rig-refined.toml").camera("front").ego_SE3_camera
    assert refined.translation_m == pytest.approx(facts["translation_m"])
    assert (log / "rig.toml").read_bytes() == before


def test_a_log_with_too_little_to_see_is_not_refined(street, capsys, in_a_folder_of_its_own):
    assert run(["doctor", str(street), "--refine", "all"]) == 0
    assert "front: not refined, " in capsys.readouterr().out
    assert list(in_a_folder_of_its_own.iterdir()) == []
