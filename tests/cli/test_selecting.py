from __future__ import annotations

import json
from pathlib import Path

import pytest

import av3d
from av3d.cli.main import run
from av3d.datasets.manifest import read_manifest
from av3d.tracks.change import Change
from av3d.tracks.event import REVIEW, Event

START_S = 1_700_000_000


def export(project: str, out: Path, *options: str) -> int:
    arguments = ["export", "--project", project, "--format", "csv", "--out", str(out)]
    return run([*arguments, "--json", *options])


@pytest.fixture
def exported(project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Exports with options; gives the report."""

    def run_it(*options: str):
        assert export(project, tmp_path / "out", "--overwrite", *options) == 0
        return json.loads(capsys.readouterr().out)

    return run_it


def test_frames_are_counted_from_0_and_both_ends_are_in(exported) -> None:
    assert exported("--frames", "2:4", "--frames", "10")["frames"] == 4


def test_times_are_since_the_start_or_as_they_are_stored(exported) -> None:
    # Sweeps 0 to 11 at 10 Hz, of which sweep 5 is dropped.
    assert exported("--from", "0.2", "--to", "0.6s")["frames"] == 4
    assert exported("--from", str(START_S * 10**9 + 900_000_000))["frames"] == 3
    assert exported("--from", "-5", "--to", "0")["frames"] == 1


def test_what_is_chosen_stands_in_the_manifest_and_what_is_not_in_the_report(
    exported, tmp_path: Path
) -> None:
    report = exported("--max-distance-m", "9", "--provenance", "imported", "--from", "0")
    assert read_manifest(tmp_path / "out")["selection"] == {
        "proposals": False,
        "from": {"ns": 0, "since_start": True},
        "max_distance_m": 9.0,
        "provenance": ["imported"],
    }
    left_out = {
        loss["what"]: loss["count"]
        for loss in report["losses"]
        if loss["detail"] == "left out, as chosen"
    }
    assert set(left_out) == {"farther than 9 m", "interpolated cuboids", "manual cuboids"}
    assert report["cuboids"] + sum(left_out.values()) == 22  # two tracks at eleven sweeps


def test_only_what_is_approved_or_done(
    project: str, exported, capsys: pytest.CaptureFixture[str]
) -> None:
    with av3d.open_project(project) as opened:
        moving, _ = opened.tracks("street")
        values = {"state": "accepted", "track_digest": moving.digest}
        event = Event("e", REVIEW, 0, 1, values, track_ids=(moving.id,))
        opened.apply("street", [Change(None, event)], command="accept")
    report = exported("--review", "approved")
    assert (report["tracks"], report["cuboids"]) == (1, 11)
    task = ("project", "task")
    of = ("--project", project)
    assert run([*task, "add", *of, "--to", "0.2", "--title", "t", "--state", "review"]) == 0
    assert run([*task, "set", "t", *of, "--state", "done"]) == 0
    capsys.readouterr()
    report = exported("--review", "approved")
    assert (report["tracks"], report["cuboids"]) == (2, 11 + 3)
    assert {loss["what"]: loss["count"] for loss in report["losses"]}["not approved"] == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frames", "9:3"], "write 3:9"),
        (["--frames", "a"], "not frames: 'a'"),
        (["--frames", "50:60"], "none of the frames that are chosen: it has frames 0 to 10"),
        (["--from", "yesterday"], "not a time: 'yesterday', --from"),
        (["--from", "3", "--to", "2"], "2 s is before 3 s"),
        (["--from", "100"], "none of the frames"),
        (["--category", "spaceship"], "no category 'spaceship'"),
        (["--review", "maybe"], "no review state 'maybe'"),
        (["--provenance", "guess"], "no provenance 'guess'"),
        (["--max-distance-m", "-1"], "distances above 0"),
        (["--max-distance-m", "nan"], "distances above 0"),
        (["--min-score", "nan"], "no score nan"),
    ],
)
def test_a_choice_that_makes_no_sense_is_one_line(
    project: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert export(project, tmp_path / "out", *options) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
