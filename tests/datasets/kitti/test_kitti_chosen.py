"""Exports of what is chosen: frames keep their numbers, and what is not chosen is not written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from av3d.datasets.dataset import Dataset, ExportOptions, ExportReport, LabelledLog
from av3d.datasets.kitti import OBJECT, TRACKING
from av3d.datasets.kitti.labels import read_tracking_labels
from av3d.datasets.selection import Selection
from av3d.geometry.overlap import iou_3d
from av3d.tracks.keyframe import Provenance


def export(
    make: SimpleNamespace, dataset: Dataset, out: Path, selection: Selection
) -> ExportReport:
    item = LabelledLog(make.log(), make.tracks(), selection)
    return dataset.write_labels([item], out, ExportOptions())


def lost(report: ExportReport) -> dict[str, int]:
    return {loss.what: loss.count for loss in report.losses}


def test_chosen_frames_keep_the_numbers_of_the_log(make: SimpleNamespace, tmp_path: Path) -> None:
    report = export(make, TRACKING, tmp_path / "out", Selection(frames=((1, 1), (3, 4))))
    split = tmp_path / "out/training"
    assert sorted(path.name for path in (split / "velodyne/0000").iterdir()) == [
        "000001.bin", "000003.bin", "000004.bin",
    ]  # fmt: skip
    frames = {label.frame for label in read_tracking_labels(split / "label_02/0000.txt")}
    assert frames == {1, 3, 4}
    # Pose n belongs to frame n, so those of frames that are left out are there.
    assert len((split / "oxts/0000.txt").read_text().splitlines()) == 5
    assert report.frames == 3
    assert "keyframes at other times" not in lost(report)


def test_chosen_frames_come_back_at_their_times_and_places(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    export(make, TRACKING, tmp_path / "out", Selection(frames=((3, 4),)))
    log, written = make.log(), TRACKING.open(tmp_path / "out")
    assert [frame.timestamp_ns for frame in written.frames] == [
        log.frames[index].timestamp_ns for index in (3, 4)
    ]
    source = {track.id: track for track in make.tracks()}
    for track in TRACKING.read_labels(written).tracks:
        for keyframe in track.keyframes:
            state = source[track.id].state_at(keyframe.timestamp_ns)
            assert state is not None
            assert iou_3d(state.cuboid, keyframe.cuboid) > 0.9999
            np.testing.assert_allclose(state.cuboid.center_m, keyframe.cuboid.center_m, atol=1e-5)


def test_labels_of_chosen_frames_go_back_into_the_log(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    export(make, TRACKING, tmp_path / "out", Selection(frames=((2, 3),)))
    log = make.log()
    for track in TRACKING.read_labels(log, tmp_path / "out").tracks:
        assert {keyframe.timestamp_ns for keyframe in track.keyframes} <= {
            log.frames[2].timestamp_ns, log.frames[3].timestamp_ns,
        }  # fmt: skip


@pytest.mark.parametrize("dataset", [TRACKING, OBJECT])
def test_only_chosen_cuboids_are_written(
    make: SimpleNamespace, dataset: Dataset, tmp_path: Path
) -> None:
    everything = export(make, dataset, tmp_path / "all", Selection())
    report = export(make, dataset, tmp_path / "out", Selection(provenance=(Provenance.MANUAL,)))
    # The car's two keyframes, the bus's three and the pedestrian's one; the rest is interpolated.
    assert (report.cuboids, report.tracks) == (6, 3)
    assert everything.cuboids > 6


def test_tracks_without_a_chosen_cuboid_are_named(make: SimpleNamespace, tmp_path: Path) -> None:
    report = export(make, TRACKING, tmp_path / "out", Selection(frames=((3, 3),)))
    [loss] = [loss for loss in report.losses if loss.what == "tracks without a cuboid"]
    assert (loss.tracks, report.tracks) == (("Bus 1",), 2)


def test_object_frames_are_counted_anew(make: SimpleNamespace, tmp_path: Path) -> None:
    report = export(make, OBJECT, tmp_path / "out", Selection(frames=((2, 3),)))
    split = tmp_path / "out/training"
    assert sorted(path.name for path in (split / "label_2").iterdir()) == [
        "000000.txt", "000001.txt",
    ]  # fmt: skip
    log = OBJECT.open(split / "velodyne/000001.bin")
    assert log.frames[0].timestamp_ns == make.log().frames[3].timestamp_ns
    assert report.frames == 2


def test_a_sequence_keeps_its_numbers_and_files(
    make: SimpleNamespace, tracking: Path, tmp_path: Path
) -> None:
    split = tracking / "training"
    with (split / "label_02/0000.txt").open("a") as file:
        file.write("1 -1 DontCare -1 -1 -10 1 1 9 9 -1000 -1000 -1000 -10 -1 -1 -1\n")
    log = TRACKING.open(tracking)
    item = LabelledLog(log, TRACKING.read_labels(log).tracks, Selection(frames=((1, 1),)))
    TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    out = tmp_path / "out/training"
    assert [label.type for label in read_tracking_labels(out / "label_02/0000.txt")] == [
        "DontCare", "Car",
    ]  # fmt: skip
    assert [path.name for path in (out / "image_02/0000").iterdir()] == ["000001.png"]
    for kept in ("oxts/0000.txt", "calib/0000.txt"):
        assert (out / kept).read_bytes() == (split / kept).read_bytes()


def test_frames_without_a_sweep_go_where_frames_are_chosen(tracking: Path, tmp_path: Path) -> None:
    (tracking / "training/velodyne/0000/000002.bin").unlink()
    log = TRACKING.open(tracking)
    tracks = TRACKING.read_labels(log).tracks
    for name, selection, frames in (
        ("all", Selection(), {0, 1, 2}),
        ("frames", Selection(frames=((1, 9),)), {1}),
        ("points", Selection(min_points=1), {0, 1}),
    ):
        item = LabelledLog(log, tracks, selection)
        report = TRACKING.write_labels([item], tmp_path / name, ExportOptions())
        labels = read_tracking_labels(tmp_path / name / "training/label_02/0000.txt")
        assert {label.frame for label in labels} == frames
        assert lost(report).get("frames without a sweep", 0) == (0 if name == "all" else 1)
