from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from av3d.cli.main import run


@pytest.fixture
def sparse(street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A project with the labels of the street, of the moving car only the first and the last."""
    where = str(tmp_path / "sparse.av3d")
    assert run(["import", str(street), "--project", where, "--keyframe-every-s", "10"]) == 0
    capsys.readouterr()
    return where


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run([*arguments]) == 0
    return capsys.readouterr().out


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(out(capsys, *arguments, "--json"))["logs"]["street"]


def test_where_tracks_are_at_a_time_how_fast_and_how_sure(
    sparse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = facts(capsys, "tracks", "--project", sparse, "--time", "0.55")
    moving = found["tracks"]["moving"]
    assert found["timestamp_ns"] == 1_700_000_000_550_000_000
    assert moving["center_m"] == pytest.approx([13.3, 2.0, 0.8], abs=0.05)
    assert moving["speed_m_s"] == pytest.approx(6.0, abs=0.1)
    assert moving["acceleration_m_s2"] == pytest.approx([0, 0, 0], abs=0.3)
    assert moving["yaw_rate_rad_s"] == pytest.approx(0, abs=0.05)
    assert list(moving["deviations"]) == [
        "along_m", "across_m", "up_m", "roll_rad", "pitch_rad", "yaw_rad",
    ]  # fmt: skip
    assert 0 < moving["deviations"]["along_m"] < 1
    assert 0.5 < moving["expected_iou"] < 1
    told = out(capsys, "tracks", "--project", sparse, "--time", "0.55").splitlines()
    assert told[0] == "street: 2 of 2 tracks at 0.55 s"
    assert "m/s" in told[2]
    assert told[2].endswith("interpolated")


def test_a_track_that_stands_has_no_doubts_to_tell(
    sparse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parked = facts(capsys, "tracks", "--project", sparse, "--time", "0.5")["tracks"]["parked"]
    assert (parked["deviations"], parked["speed_m_s"], parked["expected_iou"]) == (None, 0, 1)


def test_who_is_not_there_is_not_told(sparse: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert facts(capsys, "tracks", "--project", sparse, "--time", "100")["tracks"] == {}
    assert run(["tracks", "--project", sparse, "--time", "100"]) == 0
    told = capsys.readouterr()
    assert told.out == "street: 0 of 2 tracks at 100.00 s\n"
    assert told.err == "note: the tracks of street are there from 0.00 to 1.10 s\n"


def test_the_next_keyframes_that_help_most(sparse: str, capsys: pytest.CaptureFixture[str]) -> None:
    advice = facts(capsys, "tracks", "--project", sparse, "--suggest", "2")["moving"]
    first, second = advice["suggestions"]
    assert (advice["keyframes"], advice["frames"]) == (2, 11)
    assert 2 <= first["frame"] <= 8
    assert first["time_s"] == pytest.approx((first["timestamp_ns"] - 17 * 10**17) / 1e9)
    assert first["worst_before"] == pytest.approx(advice["expected_worst_iou"])
    assert first["worst_before"] < first["worst_after"] == pytest.approx(second["worst_before"])
    assert advice["keyframes_until_good"] in (0, 1, 2)
    told = out(capsys, "tracks", "--project", sparse, "--suggest", "1")
    assert told.startswith("street: ")
    assert "of 2 tracks may be expected to reach 0.7 everywhere" in told
    heads = [head.strip() for head in told.splitlines()[1].split("  ") if head]
    assert heads == [
        "track", "needs", "time", "frame", "worst", "worst then", "mean", "mean then",
    ]  # fmt: skip


def test_a_track_that_stands_needs_no_keyframe(
    sparse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parked = facts(capsys, "tracks", "--project", sparse, "--suggest", "3")["parked"]
    assert (parked["keyframes_until_good"], parked["suggestions"]) == (0, [])


def test_labels_of_a_log_need_no_project(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "mine.json"
    (street / "labels.json").rename(labels)
    arguments = ["tracks", str(street), "--labels", str(labels)]
    listed = out(capsys, *arguments).splitlines()
    assert listed[0] == "street: 2 tracks"
    assert facts(capsys, *arguments, "--suggest", "1")["moving"]["keyframes"] == 11
    assert "Car 1" in out(capsys, *arguments, "--time", "0.3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "LOG, --project, give one of them"),
        (["LOG", "--project", "PROJECT"], "LOG, --project, give one of them"),
        (["LOG", "--at", "2"], "--at, give --project"),
        (["LOG", "--log", "street"], "--log, give --project"),
        (["--project", "PROJECT", "--labels", "x.json"], "a project has its own labels, --labels"),
        (["--project", "PROJECT", "--time", "0.1", "--suggest", "1"], "one question at a time"),
        (["--project", "PROJECT", "--time", "noon"], "not a time: 'noon', --time"),
        (["--project", "PROJECT", "--suggest", "0"], "--suggest"),
        (["--project", "PROJECT", "--suggest", "many"], "--suggest"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    arguments: list[str],
    message: str,
    street: Path,
    sparse: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"LOG": str(street), "PROJECT": sparse}
    assert run(["tracks", *(places.get(word, word) for word in arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_advice_needs_the_log_where_it_was(
    street: Path, sparse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    street.rename(street.with_name("elsewhere"))
    assert run(["tracks", "--project", sparse, "--suggest", "1"]) == 2
    assert "the log street is not where it was" in capsys.readouterr().err
    assert "Car 1" in out(capsys, "tracks", "--project", sparse, "--time", "0.5")
