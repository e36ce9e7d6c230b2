"""MOTChallenge: lines of files, classes, and what a log with gaps becomes."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from av3d.cli.main import run
from av3d.datasets.dataset import DatasetError, ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.mot import DATASET
from av3d.datasets.mot.classes import CLASSES, mot_class
from av3d.datasets.registry import open_log, own_labels
from av3d.datasets.selection import Selection
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.ontology.presets import default, preset
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

START_NS, PERIOD_NS = 1_700_000_000_000_000_000, 100_000_000


@pytest.fixture(scope="module")
def lane_log(lane: Path) -> Log:
    return open_log(lane)


def plate(track_id: str, category: str, x_m: float = 11.5, y_m: float = 0.0) -> Track:
    """Seen from the camera at x = 1.5 m, z = 1.6 m: 2 m wide and high, thin."""
    cuboid = Cuboid.from_yaw([x_m, y_m, 1.6], [1e-6, 2.0, 2.0], 0.0)
    keyframes = tuple(Keyframe(START_NS + k * PERIOD_NS, cuboid) for k in (0, 4))
    return Track(track_id, category, keyframes, number=1)


def write(log: Log, tracks: list[Track], out: Path) -> ExportReport:
    return DATASET.write_labels([LabelledLog(log, tuple(tracks))], out, ExportOptions())


def test_a_line_has_frame_track_box_class_and_visibility_counted_from_1(
    lane_log: Log, tmp_path: Path
) -> None:
    # The left half of the far plate is behind the near one; 80 px of focal length, 47.5 + .5 + 1.
    write(
        lane_log,
        [plate("far", "pedestrian", 11.5), plate("near", "car", 6.5, 1.0)],
        tmp_path / "out",
    )
    folder = tmp_path / "out" / "av3d-train" / "lane-front"
    first, second, *rest = (folder / "gt" / "gt.txt").read_text().splitlines()
    assert first == "1,1,41.000,25.000,16.000,16.000,1,1,0.5000"
    assert second == "1,2,17.000,17.000,32.000,32.000,1,3,1.0000"
    assert len(rest) == 8
    assert rest[-1].startswith("5,2,")
    assert sorted(path.name for path in (folder / "img1").iterdir())[-1] == "000005.jpg"


def test_a_sequence_says_what_its_images_are(lane_log: Log, tmp_path: Path) -> None:
    report = write(lane_log, [plate("a", "car")], tmp_path / "out")
    info = configparser.ConfigParser()
    info.optionxform = str  # type: ignore[assignment,method-assign]
    info.read(tmp_path / "out" / "av3d-train" / "lane-front" / "seqinfo.ini")
    assert dict(info["Sequence"]) == {
        "name": "lane-front",
        "imDir": "img1",
        "frameRate": "10",
        "seqLength": "5",
        "imWidth": "96",
        "imHeight": "64",
        "imExt": ".jpg",
    }
    seqmap = tmp_path / "out" / "seqmaps" / "av3d-train.txt"
    assert seqmap.read_text() == "name\nlane-front\n"
    assert "log lane is lane-front" in report.notes


def test_frames_that_are_not_chosen_leave_no_gap_in_the_numbers_but_are_told(
    lane_log: Log, tmp_path: Path
) -> None:
    labels = LogLabels(lane_log, (plate("a", "car"),))
    chosen = Selection(frames=((1, 1), (4, 4)))
    out = tmp_path / "out"
    report = export_labels(DATASET, [labels], out, ExportOptions(), default(), selection=chosen)
    folder = out / "av3d-train" / "lane-front"
    numbers = [line.split(",")[0] for line in (folder / "gt" / "gt.txt").read_text().splitlines()]
    assert numbers == ["1", "2"]
    image_ns = START_NS + 4 * PERIOD_NS + 5_000_000
    *_, last = (folder / "frames.csv").read_text().splitlines()
    assert last == f"2,4,{START_NS + 4 * PERIOD_NS},{image_ns}"
    assert (report.frames, report.cuboids, report.tracks) == (2, 2, 1)


def test_each_camera_has_frames_for_its_own_images(repository: Path, tmp_path: Path) -> None:
    log = open_log(repository / "sample_logs" / "crossing")
    out = tmp_path / "out"
    without = next(frame.index for frame in log.frames if None in frame.images.values())
    item = LabelledLog(log, (), Selection(frames=((without, without + 1),)))
    DATASET.write_labels([item], out, ExportOptions(link_media=True))
    for camera in log.cameras:
        count = sum(frame.images[camera] is not None for frame in item.frames)
        folder = out / "av3d-train" / f"crossing-{camera}"
        assert len(list((folder / "img1").iterdir())) == count
        assert f"seqLength={count}\n" in (folder / "seqinfo.ini").read_text()
        assert (folder / "gt" / "gt.txt").read_text() == ""  # nothing is labelled


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pedestrian", ("pedestrian", True)),
        ("motorcycle", ("motorbike", True)),
        ("person_on_vehicle", ("person_on_vehicle", True)),
        ("truck", ("car", False)),
        ("cone", ("occluder_on_ground", False)),
        ("zeppelin", ("occluder_on_ground", False)),
    ],
)
def test_a_category_becomes_the_class_that_comes_closest(
    name: str, expected: tuple[str, bool]
) -> None:
    assert mot_class(name) == (CLASSES[expected[0]], expected[1])


def test_categories_of_another_ontology_are_taken_for_the_like_of_av3ds_own(
    lane_log: Log, tmp_path: Path
) -> None:
    labels = LogLabels(lane_log, (plate("a", "vehicle.motorcycle"),))
    out = tmp_path / "out"
    report = export_labels(DATASET, [labels], out, ExportOptions(), preset("nuscenes"))
    line = (out / "av3d-train" / "lane-front" / "gt" / "gt.txt").read_text().splitlines()[0]
    assert line.split(",")[7] == str(CLASSES["motorbike"])
    assert not any(loss.what.startswith("category") for loss in report.losses)


def test_what_is_lost_is_counted(lane_log: Log, tmp_path: Path) -> None:
    behind = plate("behind", "bus", -20.0)
    report = write(lane_log, [plate("a", "truck"), behind], tmp_path / "out")
    losses = {loss.what: (loss.count, loss.of) for loss in report.losses}
    assert losses == {
        "category truck": (1, "tracks"),
        "category bus": (1, "tracks"),
        "cuboids in no image": (5, "cuboids"),
        "third dimension": (5, "cuboids"),
        "point clouds, calibration and poses": (5, "frames"),
        "tracks without a frame": (1, "tracks"),
        "provenance": (5, "cuboids"),
    }


def test_a_log_without_images_is_refused(lane: Path, lane_log: Log, tmp_path: Path) -> None:
    bare = Log(
        name="bare", kind="made", path=lane, rig=lane_log.rig, trajectory=lane_log.trajectory,
        lidars=lane_log.lidars, cameras={},
    )  # fmt: skip
    with pytest.raises(DatasetError, match="log bare has no camera images, so there are no 2D"):
        write(bare, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sequences_whose_names_would_be_one_get_two(lane_log: Log, tmp_path: Path) -> None:
    logs = [lane_log, open_log(lane_log.path)]
    logs[1].name = "LANE"
    items = [LabelledLog(log, own_labels(log)) for log in logs]
    DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    names = (tmp_path / "out" / "seqmaps" / "av3d-train.txt").read_text().split()
    assert names == ["name", "lane-front", "LANE-2-front"]


def test_an_import_says_why_it_cannot_be(
    lane: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "gt.txt"
    labels.write_text("1,1,10,10,20,20,1,1,1\n")
    arguments = ["--project", str(tmp_path / "p.av3d"), "--labels", str(labels), "--format", "mot"]
    assert run(["import", str(lane), *arguments]) == 2
    said = capsys.readouterr().err
    assert "MOTChallenge holds 2D boxes; a 2D box alone is no cuboid" in said
    assert said.count("\n") == 1
