"""`av3d stats`: the same numbers as tables, JSON, CSV and plots."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest

from av3d.cli.main import run

LOG = "crossing"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    path = tmp_path_factory.mktemp("stats") / "p.av3d"
    assert run(["import", str(repository / "sample_logs" / LOG), "--project", str(path)]) == 0
    assert run(["release", "create", "v1", "--project", str(path)]) == 0
    return path


def facts(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    capsys.readouterr()
    assert run(["stats", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_cuboids_are_those_that_an_export_writes(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selection = ["--max-distance-m", "30", "--frames", "0:9", "--category", "car"]
    export = ["export", "--project", str(project), "--format", "csv", "--out", str(tmp_path / "x")]
    capsys.readouterr()
    assert run([*export, *selection, "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    found = facts(capsys, "--project", project, *selection)
    assert found["cuboids"] == written["cuboids"]
    assert found["frames"] == 10
    assert list(found["categories"]) == ["car"]
    assert found["categories"]["car"]["range_m"]["max"] <= 30


def test_a_project_a_release_and_the_log_itself_give_the_same(
    project: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = facts(capsys, "--project", project, "--log", LOG)
    released = facts(capsys, "--project", project, "--release", "v1")
    log = facts(capsys, repository / "sample_logs" / LOG)
    assert now["categories"] == released["categories"] == log["categories"]
    assert (now["tracks"], now["keyframes"], now["frames"]) == (32, 97, 40)
    assert now["keyframes_per_100_cuboids"] == pytest.approx(100 * 97 / now["cuboids"])
    assert now["kilometres"] > 0


def test_labels_alone_are_counted_where_the_recording_is_gone(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Path(shutil.copytree(repository / "sample_logs" / LOG, tmp_path / "away" / LOG))
    path = tmp_path / "p.av3d"
    assert run(["import", str(log), "--project", str(path)]) == 0
    with_recording = facts(capsys, "--project", path)
    alone = facts(capsys, "--project", path, "--without-recordings")
    shutil.rmtree(log.parent)
    capsys.readouterr()
    gone = facts(capsys, "--project", path)
    assert gone == alone
    assert gone["logs"] == [{"name": LOG, "compared_at": "keyframes and every 0.1 s"}]
    assert gone["keyframes"] == with_recording["keyframes"]
    assert gone["cuboids"] == pytest.approx(with_recording["cuboids"], rel=0.1)
    assert gone["categories"]["car"]["range_m"] is None
    assert run(["stats", "--project", str(path), "--points"]) == 2
    assert "the recording of crossing is not at hand" in capsys.readouterr().err


def test_tables_are_readable_at_100_columns(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["stats", "--project", str(project), "--points", "--frames", "0:4"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    for word in ("per 100", "l × w × h (m)", "range (m)", "speed (m/s)", "interpolated", "below 5"):
        assert word in out


def test_plots_and_tables_are_written_together(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plots"
    chosen = ["--frames", "0:1", "--category", "car", "--category", "truck"]
    arguments = ["--project", project, "--points", *chosen, "--plots", out]
    found = facts(capsys, *arguments)
    pictures = {"counts", "provenance", "sizes", "ranges", "speeds", "points"}
    names = {path.name for path in out.iterdir()}
    assert {f"{name}.png" for name in pictures} <= names
    for name in pictures:
        picture = cv2.imread(str(out / f"{name}.png"))
        assert picture is not None
        assert picture.std() > 5  # not one colour
    with (out / "categories.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["category"]: row for row in csv.DictReader(file)}
    assert rows.keys() == found["categories"].keys()
    car = found["categories"]["car"]
    assert int(rows["car"]["cuboids"]) == car["cuboids"]
    assert float(rows["car"]["range_m_mean"]) == car["range_m"]["mean"]
    with (out / "histograms.csv").open(encoding="utf-8", newline="") as file:
        ranges = [row for row in csv.DictReader(file) if row["what"] == "range_m"]
    assert sum(int(row["count"]) for row in ranges) == found["cuboids"]


def test_a_folder_with_something_else_is_left_alone(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    arguments = ["stats", "--project", str(project), "--plots", str(tmp_path)]
    assert run(arguments) == 2
    assert run([*arguments, "--overwrite"]) == 2
    assert "something else than earlier plots" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "statistics are of a project or of the labels of a log"),
        (["{p}", "--project", "{p}"], "statistics are of a project or of the labels of a log"),
        (["--project", "{p}", "--log", "x"], "no log 'x'"),
        (["--project", "{p}", "--release", "v9"], "no release 'v9'"),
        (["--project", "{p}", "--category", "cat"], "there is no category 'cat'"),
        (["--project", "{p}", "--labels", "x.json"], "a project has its own labels"),
        (["{p}", "--release", "v1"], "labels of a log are of no project"),
        (["--project", "{p}", "--frames", "900:901"], "has none of the frames that are chosen"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], line: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["stats", *(one.format(p=project) for one in arguments)]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert line in said
    assert "\n" not in said
