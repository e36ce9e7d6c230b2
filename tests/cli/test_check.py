from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from av3d.cli.main import run
from av3d.geometry.cuboid import Cuboid
from av3d.qa import registry
from av3d.qa.check import TrackCheck
from av3d.qa.checks.jumps import Teleport
from av3d.store.project import open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.decision import Verdict
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.decisions import decide

ONE_CHECK = ["--no-points", "--checks", "teleport"]
"""Enough to see what the command does with what is found."""


@pytest.fixture
def faulty(project):
    """The project after somebody put one cuboid of the moving car 5 m aside."""
    away = Cuboid.from_yaw([12.4, 7.0, 0.8], [4.5, 1.9, 1.6], 0.05)
    with open_project(project, author="ana") as opened:
        stored = next(track for track in opened.tracks("street") if track.number == 1)
        keyframes = list(stored.keyframes)
        keyframes[4] = Keyframe(keyframes[4].timestamp_ns, away)
        after = replace(stored, keyframes=tuple(keyframes))
        opened.apply("street", [Change(stored, after)], command="move")
    return project


def checked(capsys, *arguments, code=0):
    assert run(["check", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_what_is_found_is_told_with_track_frame_value_and_limit(faulty, capsys):
    (found,) = checked(capsys, "--project", faulty, *ONE_CHECK)["findings"]
    assert (found["title"], found["name"], found["frame"]) == ("Jump", "Car 1", 4)
    assert found["value"] > found["limit"]
    assert (found["state"], found["severity"]) == ("open", "error")


def test_the_table_names_the_counts_and_the_rate(faulty, capsys):
    assert run(["check", "--project", faulty, *ONE_CHECK]) == 0
    said = capsys.readouterr().out
    assert "1 log, 2 tracks, 22 cuboids, 1 finding, 4.55 per 100 cuboids" in said
    assert "open: 1 error, 0 warnings, 0 notes" in said


def test_fail_on_turns_what_is_open_into_exit_code_1(faulty):
    assert run(["check", "--project", faulty, *ONE_CHECK, "--fail-on", "error"]) == 1


def test_right_labels_pass(project, capsys):
    facts = checked(capsys, "--project", project, *ONE_CHECK, "--fail-on", "warning")
    assert facts["summary"]["findings"] == 0


def test_what_a_reviewer_accepted_does_not_fail_until_the_track_is_changed(faulty, capsys):
    (found,) = checked(capsys, "--project", faulty, *ONE_CHECK)["findings"]
    with open_project(faulty, author="clara") as opened:
        document = opened.document("street")
        track = document.tracks[found["tracks"][0]]
        changes = decide(
            document, found["id"], Verdict.ACCEPTED, author="clara", tier=1, time_ns=1,
            start_ns=found["start_ns"], end_ns=found["end_ns"], track_ids=(track.id,),
            track_digest=track.digest, check=found["check"],
        )  # fmt: skip
        opened.apply("street", changes, command="accept")
    facts = checked(capsys, "--project", faulty, *ONE_CHECK, "--fail-on", "error")
    assert facts["findings"][0]["state"] == "accepted"
    assert facts["findings"][0]["decision"]["author"] == "clara"
    assert facts["summary"]["open"] == 0
    with open_project(faulty, author="ana") as opened:
        opened.apply("street", [Change(track, replace(track, note="seen"))], command="note")
    checked(capsys, "--project", faulty, *ONE_CHECK, "--fail-on", "error", code=1)


def test_labels_of_a_log_are_checked_without_a_project(street, capsys):
    facts = checked(capsys, str(street), *ONE_CHECK)
    assert facts["summary"]["cuboids"] == 22
    assert "journal" not in facts


def test_the_journal_tells_rework_and_who_made_what_was_found(faulty, capsys):
    facts = checked(capsys, "--project", faulty, *ONE_CHECK, "--journal")
    imported = facts["journal"]["rework"]["imported"]
    assert (imported["cuboids"], imported["changed"]) == (11, 1)
    assert imported["max"]["center_m"] == pytest.approx(5.0, abs=0.1)
    assert facts["trend"]["by_author"]["ana"] == {
        "cuboids": 1, "findings": 1, "open": 1, "findings_per_100_cuboids": 100.0,
    }  # fmt: skip


def test_corrected_among_all_interpolated_cuboids_is_their_rework(project, capsys):
    with open_project(project, author="ana") as opened:
        parked = next(track for track in opened.tracks("street") if track.number == 2)
        aside = Cuboid.from_yaw([14.0, -4.5, 0.8], [4.2, 1.8, 1.5], 3.1)
        time_ns = parked.keyframes[0].timestamp_ns + 300_000_000
        keyframes = (*parked.keyframes, Keyframe(time_ns, aside))
        changed = replace(parked, keyframes=keyframes)
        opened.apply("street", [Change(parked, changed)], command="add keyframe")
    facts = checked(capsys, "--project", project, *ONE_CHECK, "--journal")
    one = facts["journal"]["rework"]["interpolated"]
    # Of eleven frames two had keyframes.
    assert one["share"] == pytest.approx(1 / 9)
    assert one["median"]["center_m"] == pytest.approx(0.5, abs=0.01)


def test_a_page_is_written_and_not_replaced_unasked(faulty, capsys, tmp_path):
    page = tmp_path / "page.html"
    command = ["check", "--project", faulty, *ONE_CHECK, "--pictures", "0", "--out", str(page)]
    assert run(command) == 0
    assert "Car 1" in page.read_text(encoding="utf-8")
    assert run(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run([*command, "--overwrite"]) == 0


def test_a_folder_gets_an_index_page(project, tmp_path):
    folder = tmp_path / "report"
    command = ["check", "--project", project, *ONE_CHECK, "--pictures", "0", "--out", str(folder)]
    assert run(command) == 0
    assert [entry.name for entry in folder.iterdir()] == ["index.html"]


def test_a_log_that_is_gone_is_one_line_that_says_what_to_do(project, street, capsys):
    shutil.rmtree(street)
    assert run(["check", "--project", project]) == 2
    assert "av3d project relocate" in capsys.readouterr().err


def test_what_is_left_is_checked_but_no_gate_passes_what_nobody_looked_at(project, capsys):
    other = LogReference("far", "folder", "/nowhere/far", "", "f1", 0, 100)
    with open_project(project) as opened:
        opened.commit({"": [Change(None, other)]}, command="add log far", kind=Kind.FIXED)
    facts = checked(capsys, "--project", project, *ONE_CHECK)
    assert [log["name"] for log in facts["logs"]] == ["street"]
    assert [one["log"] for one in facts["not_checked"]] == ["far"]
    checked(capsys, "--project", project, *ONE_CHECK, "--log", "street", "--fail-on", "error")
    assert run(["check", "--project", project, *ONE_CHECK, "--fail-on", "error"]) == 2
    assert "far" in capsys.readouterr().err


class Broken(TrackCheck):
    """A check of another package, with a defect."""

    id, title, sentence = "broken", "Broken", "Divides by nothing."

    def measure(self, subject):
        return 1 / 0


def test_a_check_with_a_defect_is_named_and_the_others_are_made(faulty, capsys, monkeypatch):
    monkeypatch.setattr(registry, "all_checks", lambda: (Broken(), Teleport()))
    command = ["check", "--project", faulty, "--no-points"]
    assert run([*command, "--json"]) == 0
    told = capsys.readouterr()
    assert "note: the check 'broken' has failed: street, Car" in told.err
    facts = json.loads(told.out)
    assert [one["check"] for one in facts["failed_checks"]] == ["broken"]
    assert [one["check"] for one in facts["findings"]] == ["teleport"]
    assert run([*command, "--fail-on", "error"]) == 2
    assert "add --without broken" in capsys.readouterr().err
    assert run([*command, "--fail-on", "error", "--without", "broken"]) == 1


def test_a_place_that_cannot_hold_a_page_is_told_before_anything_is_read(capsys, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("mine", encoding="utf-8")
    out = str(file / "deep" / "page.html")
    assert run(["check", "--project", "nowhere.av3d", "--out", out]) == 2
    assert "this is a file, not a folder" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"


def test_no_page_replaces_what_is_no_page(capsys, tmp_path):
    file = tmp_path / "labels.html"
    file.write_bytes(b"SQLite format 3\0")
    assert run(["check", "--project", "nowhere.av3d", "--out", str(file), "--overwrite"]) == 2
    assert "is no page" in capsys.readouterr().err
    assert file.read_bytes() == b"SQLite format 3\0"


def test_a_gate_without_a_check_that_can_be_asked_is_none(project, capsys):
    command = ["check", "--project", project, "--no-points", "--checks", "few-points"]
    assert run(command) == 2
    assert "no check can be asked without points and images" in capsys.readouterr().err


def test_all_checks_are_listed_with_the_limits_of_the_project(project, capsys):
    assert run(["check", "--list", "--project", project]) == 0
    said = capsys.readouterr().out
    assert "speed" in said
    assert "m/s" in said
    facts = checked(capsys, "--list", "--checks", "speed")
    limits = facts["checks"][0]["limits"]
    assert limits["pedestrian"] < limits["car"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--checks", "speeed"], "no check 'speeed'"),
        (["--without", "nothing"], "no check 'nothing'"),
        (["--fail-on", "note"], "no level 'note'"),
        (["--journal"], "--project"),
        (["--log", "a"], "--project"),
        (["--checks", "speed", "--without", "speed"], "no check is left"),
        ([], "nothing to check"),
    ],
)
def test_bad_options_are_one_line(arguments, said, capsys):
    assert run(["check", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
