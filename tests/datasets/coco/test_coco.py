"""COCO: what pycocotools makes of an export, and what comes back."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from av3d.cli.main import run
from av3d.datasets.coco import DATASET
from av3d.datasets.coco.layout import ANNOTATIONS
from av3d.datasets.dataset import DatasetError, ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import dataset_of_labels, open_log, own_labels
from av3d.datasets.selection import Selection
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track

CHOSEN = Selection(frames=((0, 2), (6, 7)))
START_NS, PERIOD_NS = 1_700_000_000_000_000_000, 100_000_000


@pytest.fixture(scope="module")
def crossing(repository: Path) -> LogLabels:
    log = open_log(repository / "sample_logs" / "crossing")
    return LogLabels(log, own_labels(log))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, crossing: LogLabels) -> ExportReport:
    """Five frames of the sample log, which has four cameras."""
    out = tmp_path_factory.mktemp("exports") / "coco"
    return export_labels(DATASET, [crossing], out, ExportOptions(), default(), selection=CHOSEN)


@pytest.fixture(scope="module")
def content(exported: ExportReport) -> Any:
    return json.loads((exported.out / ANNOTATIONS).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def coco(exported: ExportReport) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(exported.out / ANNOTATIONS))


@pytest.fixture(scope="module")
def lane_log(lane: Path) -> Log:
    return open_log(lane)


def write(log: Log, tracks: list[Track], out: Path) -> ExportReport:
    return DATASET.write_labels([LabelledLog(log, tuple(tracks))], out, ExportOptions())


def test_pycocotools_loads_it_and_it_matches_itself(coco: Any, exported: ExportReport) -> None:
    boxes = [
        {key: one[key] for key in ("image_id", "category_id", "bbox")} | {"score": 1.0}
        for one in coco.dataset["annotations"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco, coco.loadRes(boxes), "bbox")
        evaluation.params.maxDets = [1, 10, 1000]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][..., 0, -1]
    assert precision[precision >= 0].min() == 1.0
    assert f"{len(boxes)} boxes in {len(coco.getImgIds())} images" in exported.notes


def test_images_are_there_with_their_video_and_time(
    content: Any, exported: ExportReport, crossing: LogLabels
) -> None:
    log, videos = crossing.log, {video["id"]: video for video in content["videos"]}
    assert len(content["images"]) == sum(
        log.frame(index).images[camera] is not None
        for index in (0, 1, 2, 6, 7)
        for camera in log.cameras
    )
    for image in content["images"]:
        picture = cv2.imread(str(exported.out / "images" / image["file_name"]))
        assert picture.shape[:2] == (image["height"], image["width"])
        index = log.frame(image["frame"]).images[image["camera"]]
        assert index is not None
        assert image["timestamp_ns"] == log.image_time_ns(image["camera"], index)
        assert videos[image["video_id"]]["name"] == f"crossing/{image['camera']}"
    front = [image for image in content["images"] if image["camera"] == "front"]
    assert [image["frame_id"] for image in front] == list(range(len(front)))


def test_image_files_are_those_of_the_log(exported: ExportReport, crossing: LogLabels) -> None:
    index = crossing.log.frame(6).images["front"]
    assert index is not None
    source = crossing.log.cameras["front"].path(index)
    assert source is not None
    copy = exported.out / "images" / "crossing" / "front" / f"000006{source.suffix}"
    assert copy.read_bytes() == source.read_bytes()


def test_a_track_has_one_number_in_all_images_and_its_category(content: Any) -> None:
    names = {category["id"]: category["name"] for category in content["categories"]}
    tracks = {track["id"]: track for track in content["tracks"]}
    cameras: dict[int, set[int]] = {}
    for one in content["annotations"]:
        assert one["instance_id"] == one["track_id"]
        assert names[one["category_id"]] == tracks[one["track_id"]]["category"]
        cameras.setdefault(one["track_id"], set()).add(one["video_id"])
    assert max(map(len, cameras.values())) >= 2


def test_categories_are_those_of_the_ontology_in_its_order(content: Any) -> None:
    names = [category["name"] for category in content["categories"]]
    assert names == [category.key for category in default().categories]
    assert [category["id"] for category in content["categories"]] == list(range(1, len(names) + 1))


def test_a_box_starts_at_the_edge_of_the_first_pixel(lane_log: Log, tmp_path: Path) -> None:
    # Ahead of the camera at (1.5, 0, 1.6): a thin plate 10 m off, from its middle to 20 m left and down.
    plate = Cuboid.from_yaw([11.5, 10, -8.4], [1e-6, 20, 20], 0.0)
    still = tuple(Keyframe(START_NS + k * PERIOD_NS, plate) for k in (0, 4))
    write(lane_log, [Track("plate", "other", still)], tmp_path / "out")
    content = json.loads((tmp_path / "out" / ANNOTATIONS).read_text())
    # The middle of the camera is at pixel (47.5, 31.5) from the centre of the first pixel.
    [box] = {tuple(one["bbox"]) for one in content["annotations"]}
    assert box == pytest.approx((0, 32, 48, 32), abs=1e-3)
    one = content["annotations"][0]
    assert one["area"] == pytest.approx(48 * 32, abs=0.1)
    assert one["bbox_full"] == pytest.approx([48 - 160, 32, 160, 160], abs=1e-3)
    assert one["truncated"] == pytest.approx(1 - 48 * 32 / 160**2, abs=1e-3)
    assert one["depth_m"] == pytest.approx(10)


def test_the_cuboid_of_a_box_is_in_the_frame_of_its_camera(
    content: Any, crossing: LogLabels
) -> None:
    image = next(image for image in content["images"] if image["camera"] == "back")
    one = next(one for one in content["annotations"] if one["image_id"] == image["id"])
    lens = crossing.log.rig.camera("back").camera
    place = one["cuboid_camera"]
    pose = SE3.from_quaternion(place["quaternion_wxyz"], place["center_m"])
    pixels, valid = lens.project(Cuboid(pose, np.array(place["size_lwh_m"])).corners_m())
    assert valid.all()
    left, top, width, height = one["bbox_full"]
    low, high = pixels.min(axis=0) + 0.5, pixels.max(axis=0) + 0.5
    assert [*low, *high] == pytest.approx([left, top, left + width, top + height], abs=0.01)


def test_cuboids_come_back_as_they_were(exported: ExportReport, crossing: LogLabels) -> None:
    log = crossing.log
    found = DATASET.read_labels(log, exported.out)
    before = {track.id: track for track in crossing.tracks}
    count = 0
    for index in (0, 1, 2, 6, 7):
        time_ns = log.frame(index).timestamp_ns
        for track in found.tracks:
            [expected] = states_in_sweep([before[track.id]], time_ns, log)
            keyframe = track.keyframe_at(time_ns)
            assert (expected is None) == (keyframe is None)
            if expected is None or keyframe is None:
                continue
            count += 1
            pose, other = expected.cuboid.frame_SE3_cuboid, keyframe.cuboid.frame_SE3_cuboid
            assert np.abs(pose.translation_m - other.translation_m).max() < 1e-9
            assert float(pose.angle_to_rad(other)) < 1e-6
            assert keyframe.cuboid.size_lwh_m == pytest.approx(expected.cuboid.size_lwh_m)
            assert keyframe.provenance is Provenance.IMPORTED
            assert dict(track.attributes_at(time_ns)) == dict(expected.attributes)
    assert count == found.counts["cuboids"] == exported.cuboids
    # Between the stretches of frames that were written nobody knows.
    assert not any(track.is_present(log.frame(4).timestamp_ns) for track in found.tracks)


def test_all_that_people_said_of_a_track_comes_back(lane_log: Log, tmp_path: Path) -> None:
    tilted = Cuboid(SE3.from_euler(0.1, -0.2, 3.0, [14, 1, 1]), np.array([4.0, 2.0, 1.5]))
    keyframes = tuple(
        Keyframe(START_NS + k * PERIOD_NS, tilted, attributes={"lights": k > 2}) for k in range(5)
    )
    track = Track(
        "the one", "car", keyframes, number=7, static=True, note="“rusty”\n",
        attributes={"doors": 4, "loud": True}, relations=(Relation("towed_by", "other"),),
    )  # fmt: skip
    report = write(lane_log, [track], tmp_path / "out")
    assert [loss.what for loss in report.losses] == ["point clouds, calibration and poses"]
    [found] = DATASET.read_labels(lane_log, tmp_path / "out" / ANNOTATIONS).tracks
    imported = [
        replace(
            keyframe,
            provenance=Provenance.IMPORTED,
            cuboid=found.keyframes[0].cuboid,
        )
        for keyframe in keyframes
    ]
    assert found == track.with_keyframes(imported)
    assert found.keyframes[0].cuboid.center_m.tolist() == [14, 1, 1]


def test_a_cuboid_in_no_image_is_kept_and_counted(lane_log: Log, tmp_path: Path) -> None:
    behind = Cuboid.from_yaw([-10, 0, 1], [4, 2, 1.6], 0.0)
    track = Track("behind", "car", (Keyframe(START_NS, behind),), number=1)
    report = write(lane_log, [track], tmp_path / "out")
    [loss] = [loss for loss in report.losses if loss.what == "cuboids in no image"]
    assert (loss.count, loss.tracks) == (1, ("Car 1",))
    [found] = DATASET.read_labels(lane_log, tmp_path / "out").tracks
    assert found.id == "behind"


def test_cuboids_that_are_not_chosen_are_in_no_image(lane_log: Log, tmp_path: Path) -> None:
    labels = LogLabels(lane_log, own_labels(lane_log))
    report = export_labels(
        DATASET, [labels], tmp_path / "out", ExportOptions(), default(),
        selection=Selection(min_points=5),
    )  # fmt: skip
    content = json.loads((tmp_path / "out" / ANNOTATIONS).read_text())
    tracks = {track["id"]: track["track_id"] for track in content["tracks"]}
    assert {tracks[one["track_id"]] for one in content["annotations"]} == {"near"}
    assert report.cuboids == 5


def test_equal_labels_give_equal_bytes(lane_log: Log, tmp_path: Path) -> None:
    tracks = list(own_labels(lane_log))
    texts = []
    for name in ("a", "b"):
        write(lane_log, tracks, tmp_path / name)
        texts.append((tmp_path / name / ANNOTATIONS).read_bytes())
    assert texts[0] == texts[1]


def test_a_file_of_av3d_says_so_itself(exported: ExportReport, crossing: LogLabels) -> None:
    assert DATASET.recognise_labels(exported.out)
    assert dataset_of_labels(crossing.log, exported.out / ANNOTATIONS).name == "coco"
    assert not DATASET.recognise_labels(exported.out / "images")


@pytest.mark.parametrize(
    "content",
    [
        {"images": [], "annotations": [{"bbox": [1, 2, 3, 4]}], "categories": []},
        [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.9}],
    ],
    ids=["annotations", "results"],
)
def test_boxes_alone_are_no_cuboids(
    content: Any, lane: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    project = tmp_path / "project.av3d"
    arguments = ["--project", str(project), "--labels", str(path), "--format", "coco"]
    assert run(["import", str(lane), *arguments]) == 2
    said = capsys.readouterr().err
    assert "1 boxes of COCO and no cuboids; a 2D box alone is no cuboid" in said
    assert said.count("\n") == 1
    assert not project.exists()


def cut(text: str) -> str:
    return text[: len(text) // 2]


def change(path: str, value: Any) -> Callable[[str], str]:
    """Put a value where "list.row.name" says; without a name in place of the row."""

    def changed(text: str) -> str:
        content = json.loads(text)
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place = content
        for part in way:
            place = place[part]
        place[last] = value
        return json.dumps(content)

    return changed


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (cut, "is not JSON"),
        (lambda text: "", "COCO file is empty"),
        (lambda text: "[" * 100_000, "is not JSON"),
        (change("info.av3d_coco", 2), "version 2 of av3d_coco, known is 1"),
        (change("cuboids", {}), "cuboids is not a list"),
        (change("cuboids.1", None), "cuboids[1] is not an object"),
        (change("cuboids.1.center_m", [1, 2]), "cuboids[1]: center_m is [1, 2], expected 3 numbers"),
        (change("cuboids.1.center_m", [1, 2, 1e300]), "cuboids[1]: center_m"),
        (change("cuboids.1.center_m", [1, 2, float("nan")]), "cuboids[1]: center_m"),
        (change("cuboids.1.size_lwh_m", [4, 0, 1]), "cuboids[1]: the cuboid is 4 x 0 x 1 m"),
        (change("cuboids.1.quaternion_wxyz", [0, 0, 0, 0]), "a quaternion of length 1"),
        (change("cuboids.1.frame", 99), "cuboids[1]: frame is 99, expected a frame of the log"),
        (change("cuboids.1.track_id", 99), "cuboids[1]: track_id is 99, expected a track"),
        (change("cuboids.1.track_id", True), "cuboids[1]: track_id is True, expected a whole"),
        (change("cuboids.2.frame", 0), "has two cuboids at"),
        (change("cuboids.1.attributes", {"a": [1]}), "cuboids[1]: attributes"),
        (change("frames.1.timestamp_ns", 5), "frames[1]: log lane has no frame at 5 ns"),
        (change("frames.1.frame", 0), "frames[1]: frame is 0, expected one that no other has"),
        (change("tracks.0.track_id", "far"), "tracks[1]: track_id is 'far', expected one that no"),
        (change("tracks.0.number", -1), "track 'near'"),
        (change("tracks.0.static", 1), "tracks[0]: static is 1, expected true or false"),
        (change("tracks.0.relations", [["a"]]), "tracks[0]: relations"),
        (change("tracks.0.category", "\n"), "category"),
        (change("logs.0.id", "x"), "logs[0]: id is 'x', expected a whole number"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_in_one_line(
    harm: Callable[[str], str], message: str, lane_log: Log, tmp_path: Path
) -> None:
    write(lane_log, list(own_labels(lane_log)), tmp_path / "out")
    path = tmp_path / "out" / ANNOTATIONS
    path.write_text(harm(path.read_text()))
    with pytest.raises(Av3dError) as caught:
        DATASET.read_labels(lane_log, path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_labels_of_other_logs_are_not_taken(
    crossing: LogLabels, lane_log: Log, tmp_path: Path
) -> None:
    items = [LabelledLog(log, (), CHOSEN) for log in (crossing.log,)]
    items.append(LabelledLog(lane_log, own_labels(lane_log)))
    DATASET.write_labels(items, tmp_path / "out", ExportOptions(link_media=True))
    assert len(DATASET.read_labels(lane_log, tmp_path / "out").tracks) == 2
    assert DATASET.read_labels(crossing.log, tmp_path / "out").tracks == ()
    lane_log_renamed = open_log(lane_log.path)
    lane_log_renamed.name = "else"
    with pytest.raises(DatasetError, match="no log 'else' in the file but 2 others"):
        DATASET.read_labels(lane_log_renamed, tmp_path / "out")


def test_an_image_of_another_size_than_the_rig_says_is_refused(lane: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "lane"
    shutil.copytree(lane, copy)
    image = next((copy / "camera" / "front").iterdir())
    assert cv2.imwrite(str(image), np.zeros((10, 20, 3), dtype=np.uint8))
    log = open_log(copy)
    with pytest.raises(Av3dError, match="image is 20x10 px, the rig says 96x64"):
        write(log, list(own_labels(log)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
