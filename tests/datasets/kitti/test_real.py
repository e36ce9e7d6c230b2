"""Real KITTI and PandaSet data: what must hold if every transform and convention is right."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.nominal import nominal_rig
from av3d.datasets.dataset import Dataset, ExportOptions, LabelledLog
from av3d.datasets.kitti import OBJECT, RAW, TRACKING
from av3d.datasets.kitti.labels import (
    box_from_text,
    read_object_labels,
    read_tracking_labels,
    tracking_line,
)
from av3d.datasets.kitti.visibility import see
from av3d.datasets.registry import dataset as dataset_of
from av3d.datasets.registry import open_log
from av3d.datasets.selection import Selection
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3


@pytest.fixture
def sequence_0001(real_data: Path) -> Path:
    return real_data / "kitti_tracking"


@pytest.mark.parametrize("path", ["kitti_tracking", "kitti_object", "kitti_object/training"])
def test_the_kind_is_recognised(real_data: Path, path: str) -> None:
    assert open_log(real_data / path).kind in ("kitti-tracking", "kitti-object")


def test_parked_cars_stay_where_they_are(sequence_0001: Path) -> None:
    """Half of the positions of a parked car lie within 3 to 12 cm of their median: 39 cars of 67."""
    labels = TRACKING.read_labels(TRACKING.open(sequence_0001))
    assert labels.counts == {
        "tracks": 98, "cuboids": 3030, "dont_care": 1241, "only_2d": 0, "unknown_type": 0,
        "cuboids_in_frames_without_sweep": 3016,
    }  # fmt: skip
    spreads = []
    for track in labels.tracks:
        centers_m = np.array([keyframe.cuboid.center_m[:2] for keyframe in track.keyframes])
        if track.category == "car" and len(centers_m) >= 20:
            spreads.append(
                np.median(np.linalg.norm(centers_m - np.median(centers_m, axis=0), axis=1))
            )
    assert sum(spread < 0.12 for spread in spreads) > 0.5 * len(spreads) > 30


@pytest.mark.parametrize("frame", [0, 1])
def test_cars_hold_points_and_fit_the_2d_boxes(sequence_0001: Path, frame: int) -> None:
    log = TRACKING.open(sequence_0001)
    time_ns = log.frames[frame].timestamp_ns
    ego_SE3_world = log.world_SE3_ego(time_ns).inverse()
    states = [s for t in TRACKING.read_labels(log).tracks if (s := t.state_at(time_ns))]
    assert len(states) == 7
    points_m = log.cloud(frame).points_m
    counts = [s.cuboid.in_frame(ego_SE3_world).contains(points_m).sum() for s in states]
    assert min(counts) >= 5
    mount = log.rig.camera("image_02")
    seen = see(
        mount.camera,
        log.world_SE3_camera("image_02", frame).inverse()
        @ SE3.stack([s.cuboid.frame_SE3_cuboid for s in states]),
        np.array([s.cuboid.size_lwh_m for s in states]),
    )
    for state, ours in zip(states, seen.box_px, strict=True):
        theirs = np.array(box_from_text(state.attributes["kitti.box_px"]))
        low, high = np.maximum(ours[:2], theirs[:2]), np.minimum(ours[2:], theirs[2:])
        both = np.prod(high - low)
        area = np.prod(ours[2:] - ours[:2]) + np.prod(theirs[2:] - theirs[:2])
        assert both / (area - both) > 0.95


@pytest.mark.parametrize("sequence", ["0000", "0001", "0004"])
def test_tracking_labels_survive_word_for_word(
    real_data: Path, tmp_path: Path, sequence: str
) -> None:
    path = real_data / f"kitti_tracking/training/label_02/{sequence}.txt"
    log = TRACKING.open(path)
    item = LabelledLog(log, TRACKING.read_labels(log).tracks)
    report = TRACKING.write_labels([item], tmp_path / "out", ExportOptions(link_media=True))
    assert report.losses == ()
    before, after = (
        sorted(tracking_line(label, 6) for label in read_tracking_labels(file))
        for file in (path, tmp_path / f"out/training/label_02/{sequence}.txt")
    )
    assert before == after


def test_object_labels_survive_with_two_decimals(real_data: Path, tmp_path: Path) -> None:
    split = real_data / "kitti_object/training"
    logs = [OBJECT.open(split / f"velodyne/00000{n}.bin") for n in range(3)]
    items = [LabelledLog(log, OBJECT.read_labels(log).tracks) for log in logs]
    OBJECT.write_labels(items, tmp_path / "out", ExportOptions(decimals=2))
    for n in range(3):
        before, after = (
            [(*vars(label).values(),)[3:] for label in read_object_labels(file)]
            for file in (
                split / f"label_2/00000{n}.txt",
                tmp_path / f"out/training/label_2/00000{n}.txt",
            )
        )
        assert before == after


@pytest.mark.parametrize("dataset", [TRACKING, OBJECT])
def test_every_box_of_pandaset_comes_back(
    real_data: Path, tmp_path: Path, dataset: Dataset
) -> None:
    log = open_log(real_data / "pandaset/002")
    tracks = dataset_of("pandaset").read_labels(log).tracks
    item = LabelledLog(log, tracks, Selection(frames=((0, 4), (20, 24))))
    report = dataset.write_labels([item], tmp_path / "out", ExportOptions())
    split = tmp_path / "out/training"
    places = [split] if dataset is TRACKING else sorted((split / "velodyne").iterdir())
    source = {track.id: track for track in tracks}
    count = 0
    for place in places:
        for track in dataset.read_labels(dataset.open(place)).tracks:
            for keyframe in track.keyframes:
                state = source[track.id].state_at(keyframe.timestamp_ns)
                assert state is not None
                assert iou_3d(state.cuboid, keyframe.cuboid) >= 0.9999
                count += 1
    times_ns = log.frames.timestamps_ns[[*range(5), *range(20, 25)]]
    stored = [keyframe.timestamp_ns for track in tracks for keyframe in track.keyframes]
    assert count == report.cuboids == np.isin(stored, times_ns).sum() > 300
    shutil.rmtree(tmp_path / "out")


def test_the_nominal_rig_is_that_of_sequence_0001(sequence_0001: Path) -> None:
    rig, nominal = TRACKING.open(sequence_0001).rig, nominal_rig("kitti")
    assert set(rig.cameras) == set(nominal.cameras)
    for name, mount in rig.cameras.items():
        assert mount.camera == nominal.camera(name).camera
        np.testing.assert_allclose(
            mount.ego_SE3_camera.matrix, nominal.camera(name).ego_SE3_camera.matrix, atol=1e-9
        )
    np.testing.assert_allclose(
        rig.lidar("velodyne").ego_SE3_lidar.matrix,
        nominal.lidar("velodyne").ego_SE3_lidar.matrix,
        atol=1e-9,
    )


def test_detections_lie_at_labelled_cars(real_data: Path) -> None:
    log = TRACKING.open(real_data / "kitti_tracking/training/label_02/0003.txt")
    found = TRACKING.read_labels(log, real_data / "detections/kitti_pointrcnn").detections
    assert found is not None
    assert len(found) == 715 + 75 + 279
    near = [
        np.linalg.norm(found.centers_m[there] - keyframe.cuboid.center_m, axis=1).min(initial=99)
        < 2
        for track in TRACKING.read_labels(log).tracks
        if track.attributes["kitti.type"] == "Car"
        for keyframe in track.keyframes
        for there in [found.times_ns == keyframe.timestamp_ns]
    ]
    assert np.mean(near) > 0.8


def test_tracklets_of_another_program_are_read_with_what_is_odd_in_them(real_data: Path) -> None:
    log = TRACKING.open(real_data / "kitti_tracking/training/label_02/0003.txt")
    found = RAW.read_labels(log, real_data / "tool_samples/kitti_raw_tracklets")
    assert [track.category for track in found.tracks] == ["car", "bus", "car"]
    assert found.counts["mirrored"] == 3
    assert found.notes[0] == "Line 111 ends 3 tracklets where 4 are announced."
