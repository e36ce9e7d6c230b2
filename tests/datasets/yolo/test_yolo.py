"""YOLO: lines of files, data.yaml, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from av3d.cli.main import run
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import open_log
from av3d.datasets.yolo import DATASET
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

START_NS, PERIOD_NS = 1_700_000_000_000_000_000, 100_000_000


@pytest.fixture(scope="module")
def lane_log(lane: Path) -> Log:
    return open_log(lane)


def plate(track_id: str, category: str, x_m: float = 11.5, y_m: float = 0.0) -> Track:
    """Seen from the camera at x = 1.5 m, z = 1.6 m: 2 m wide and high, thin; there for two frames."""
    cuboid = Cuboid.from_yaw([x_m, y_m, 1.6], [1e-6, 2.0, 2.0], 0.0)
    keyframes = tuple(Keyframe(START_NS + k * PERIOD_NS, cuboid) for k in (0, 1))
    return Track(track_id, category, keyframes, number=1)


def write(log: Log, tracks: list[Track], out: Path) -> ExportReport:
    return DATASET.write_labels([LabelledLog(log, tuple(tracks))], out, ExportOptions())


def test_a_line_has_class_middle_and_size_as_parts_of_the_image(
    lane_log: Log, tmp_path: Path
) -> None:
    # 16 px of 96 x 64, in the middle of the image.
    write(lane_log, [plate("a", "truck"), plate("b", "car", 6.5, 1.0)], tmp_path / "out")
    text = (tmp_path / "out" / "labels" / "lane" / "front" / "000001.txt").read_text()
    assert text == "1 0.500000 0.500000 0.166667 0.250000\n0 0.333333 0.500000 0.333333 0.500000\n"


def test_every_image_has_a_text_file_of_its_name_empty_where_nothing_is(
    lane_log: Log, tmp_path: Path
) -> None:
    write(lane_log, [plate("a", "truck")], tmp_path / "out")
    images = sorted((tmp_path / "out" / "images").rglob("*.jpg"))
    assert len(images) == 5
    sizes = [
        Path(str(image).replace("/images/", "/labels/")).with_suffix(".txt").stat().st_size
        for image in images
    ]
    assert sizes == [38, 38, 0, 0, 0]


def test_data_yaml_names_folders_and_classes(lane_log: Log, tmp_path: Path) -> None:
    labels = LogLabels(lane_log, (plate("a", "truck"),))
    out = tmp_path / "out"
    export_labels(DATASET, [labels], out, ExportOptions(), default())
    data = yaml.safe_load((out / "data.yaml").read_text())
    assert data["train"] == data["val"] == ["images/lane"]
    assert data["names"] == dict(enumerate(category.key for category in default().categories))
    text = (out / "labels" / "lane" / "front" / "000000.txt").read_text()
    assert data["names"][int(text.split()[0])] == "truck"


def test_the_ontology_says_what_classes_are_called(lane_log: Log, tmp_path: Path) -> None:
    ontology = default()
    categories = tuple(
        replace(category, exports={**category.exports, "yolo": "vehicle"})
        if category.key in ("car", "truck")
        else category
        for category in ontology.categories
    )
    labels = LogLabels(lane_log, (plate("a", "truck"), plate("b", "car", 6.5, 1.0)))
    out = tmp_path / "out"
    named = replace(ontology, categories=categories)
    export_labels(DATASET, [labels], out, ExportOptions(), named)
    data = yaml.safe_load((out / "data.yaml").read_text())
    assert data["names"][0] == "vehicle"
    lines = (out / "labels" / "lane" / "front" / "000000.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "0"]


def test_what_others_cover_is_left_out_and_counted(lane_log: Log, tmp_path: Path) -> None:
    report = write(
        lane_log, [plate("hidden", "car", 30.0), plate("seen", "car", 6.5)], tmp_path / "out"
    )
    text = (tmp_path / "out" / "labels" / "lane" / "front" / "000000.txt").read_text()
    assert text.count("\n") == 1
    losses = {loss.what: loss.count for loss in report.losses}
    assert losses["hidden objects"] == 2
    assert losses["track IDs, truncation and occlusion"] == 2
    assert "2 boxes in 5 images" in report.notes


def test_a_log_called_images_does_not_hide_its_labels(lane: Path, tmp_path: Path) -> None:
    log = open_log(lane)
    log.name = "images"
    write(log, [plate("a", "car")], tmp_path / "out")
    assert (tmp_path / "out" / "images" / "images-" / "front" / "000000.jpg").is_file()
    assert (tmp_path / "out" / "labels" / "images-" / "front" / "000000.txt").is_file()


def test_an_import_says_why_it_cannot_be(
    lane: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--project", str(tmp_path / "p.av3d"), "--labels", str(tmp_path)]
    assert run(["import", str(lane), *arguments, "--format", "yolo"]) == 2
    said = capsys.readouterr().err
    assert "YOLO holds 2D boxes; a 2D box alone is no cuboid" in said
    assert said.count("\n") == 1
