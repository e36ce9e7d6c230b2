"""`av3d compare`: two annotators on the sample log, a project and files, rules, page, consensus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from av3d.cli.main import run
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import open_project
from av3d.tracks.document import Document
from av3d.tracks.issue import issues_of
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.life import change_category, delete
from av3d.tracks.proposal import is_proposal

LOG = "crossing"
KEPT = ("Bicycle 1", "Car 1", "Car 2", "Pedestrian 2", "Truck 1")


@pytest.fixture(scope="module")
def annotators(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Path, Path]:
    """Ana's labels are those of the log; Bea has no Car 1, moved Car 2 and calls the truck a bus."""
    folder = tmp_path_factory.mktemp("annotators")
    ana, bea = folder / "ana.av3d", folder / "bea.av3d"
    assert run(["import", str(repository / "sample_logs" / LOG), "--project", str(ana)]) == 0
    with open_project(ana) as project:
        others = [track.id for track in project.tracks(LOG) if track.name not in KEPT]
        edit = delete(project.document(LOG), others)
        project.apply(LOG, edit, command="only a few")
    shutil.copy(ana, bea)
    with open_project(bea) as project:
        tracks = {track.name: track for track in project.tracks(LOG)}
        document = Document.of(tracks.values())
        car = tracks["Car 2"]
        changes = [
            *delete(document, [tracks["Car 1"].id]),
            *change_category(document, tracks["Truck 1"].id, "bus"),
        ]
        project.apply(LOG, changes, command="Bea's view")
        for keyframe in car.keyframes:
            pose = keyframe.cuboid.frame_SE3_cuboid
            moved = SE3(pose.rotation, pose.translation_m + np.array([0.0, 0.8, 0.0]))
            cuboid = Cuboid(moved, keyframe.cuboid.size_lwh_m)
            document = Document.of(project.tracks(LOG))
            edit = set_keyframe(document, car.id, keyframe.timestamp_ns, cuboid)
            project.apply(LOG, edit, command="move")
    return ana, bea


def compared(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0
) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["compare", *map(str, arguments), "--json"]) == code
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    capsys.readouterr()
    assert run(["compare", *map(str, arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    return line


def test_two_projects_differ_in_what_was_done_to_one(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = compared(capsys, *annotators)
    assert (told["a"], told["b"], told["logs"]) == ("ana.av3d", "bea.av3d", [LOG])
    assert told["differences_by_kind"] == {
        "agreement.extra": 1, "agreement.category": 1, "agreement.moved": 1,
    }  # fmt: skip
    assert {one["what"] for one in told["difference_list"]} == {
        "bea.av3d has nothing here for 4.2 s", "bea.av3d calls it Bus 1",
        "bea.av3d has it 0.80 m to the right",
    }  # fmt: skip
    assert told["all"]["recall"] < 1
    assert told["tracking"]["tracks_a"] == told["tracking"]["tracks_b"] + 1


def test_a_project_agrees_with_the_labels_that_it_was_made_of(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    ana, _ = annotators
    told = compared(capsys, ana, "--labels", repository / "sample_logs" / LOG / "labels.json")
    assert (told["all"]["precision"], told["all"]["iou"]) == (1.0, pytest.approx(1.0))
    assert set(told["differences_by_kind"]) == {"agreement.missing"}


def test_two_files_with_labels_are_compared_on_the_log_that_is_given(
    capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    log = repository / "sample_logs" / LOG
    told = compared(capsys, log / "labels.json", "own", "--recording", log, "--match", "bev")
    assert told["match"] == "BEV IoU ≥ 0.5, same category"
    assert told["tracking"]["hota"] == pytest.approx(1.0)


def test_a_part_of_the_log_may_be_compared_alone(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = compared(capsys, *annotators, "--from", "1", "--to", "1.5", "--at", "keyframes")
    assert 1 <= told["frames"] <= 6
    line = refused(capsys, *annotators, "--from", "60")
    assert line.startswith("error: there is nothing to compare in log crossing, --from")


def test_people_get_tables_and_the_riskiest_differences(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", *map(str, annotators), "--differences", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A: ana.av3d, B: bea.av3d, logs: crossing"
    assert any(line.startswith("pedestrian") for line in lines)
    assert lines[-3].split() == ["risk", "log", "track", "what"]
    assert lines[-2].endswith("crossing  Truck 1  bea.av3d calls it Bus 1")
    assert lines[-1].startswith("… and 2 more")


def test_a_rule_that_holds_fails_the_command(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ["--fail-on", "recall<0.5,recall<0.999,pedestrian:iou<0.5", "--fail-on", "hota>1"]
    more = ["--fail-on", "differences>2", "--fail-on", "bus:precision<1"]
    told = compared(capsys, *annotators, *rules, *more, code=1)
    # Of a bus that A does not have, no precision can be told: that proves nothing.
    assert told["failed"] == ["recall<0.999", "differences>2", "bus:precision<1"]
    assert compared(capsys, *annotators, *rules[2:])["failed"] == []


def test_a_consensus_is_a_project_in_which_differences_are_issues(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "both.av3d"
    told = compared(capsys, *annotators, "--consensus", out, "--author", "mira")
    with open_project(out) as project:
        tracks = {track.name: track for track in project.tracks(LOG)}
        issues = issues_of(project.document(LOG).events.values())
    assert told["consensus"] == {
        "agreed": len(tracks) - 3, "disputed": 2, "only_a": 1, "only_b": 0
    }  # fmt: skip
    assert is_proposal(tracks["Car 1"])
    assert {issue.subject for issue in issues} == {"Car 1", "Car 2", "Truck 1"}
    assert "is there already" in refused(capsys, *annotators, "--consensus", out)


def test_the_page_stands_alone(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "agreement.html"
    assert run(["compare", *map(str, annotators), "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "bea.av3d has it 0.80 m to the right" in page
    assert page.count("<svg") == 3
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert "output file exists" in refused(capsys, *annotators, "--out", out)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none.av3d"], "there is no such project, file or folder, none.av3d"),
        (["ANA", "BEA", "--fail-on", "recall"], "not a rule: 'recall', --fail-on"),
        (["ANA", "BEA", "--fail-on", "beauty<1"], "there is no number 'beauty', --fail-on"),
        (["ANA", "BEA", "--fail-on", "ufo:f1<1"], "there are no 'ufo', --fail-on"),
        (["ANA", "BEA", "--match", "smell"], "there is no way to match 'smell', --match"),
        (["ANA", "BEA", "--limit", "1.5"], "not a limit: 1.5, --limit"),
        (["ANA", "BEA", "--bands", "40,20"], "not distances: '40,20', --bands"),
        (["ANA", "BEA", "--log", "parking"], "there is no log 'parking' in both, --log"),
        (["ANA", "BEA", "--labels", "x.json"], "B is given twice"),
        (["LABELS"], "neither side is a project that knows the log"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_a_line(
    annotators: tuple[Path, Path], capsys: pytest.CaptureFixture[str], repository: Path,
    arguments: list[str], line: str,
) -> None:  # fmt: skip
    labels = repository / "sample_logs" / LOG / "labels.json"
    names = {"ANA": annotators[0], "BEA": annotators[1], "LABELS": labels}
    told = refused(capsys, *(names.get(word, word) for word in arguments))
    assert told.replace(":", ",").startswith(f"error: {line}".replace(":", ","))
