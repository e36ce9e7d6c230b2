"""Results of the detection and the tracking task, written for the toolkit and read from anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nuscenes.eval.common.loaders import load_prediction
from nuscenes.eval.detection.data_classes import DetectionBox

from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.nuscenes.reading import submission
from av3d.datasets.nuscenes.reading.labels import read_labels
from av3d.datasets.nuscenes.reading.log import open_log
from av3d.datasets.nuscenes.stretches import stretches_of
from av3d.datasets.nuscenes.submission import DETECTION, TRACKING
from av3d.datasets.registry import open_log as open_any
from av3d.datasets.registry import own_labels
from av3d.errors import Av3dError
from av3d.tracks.proposal import score_of


@pytest.fixture(scope="module")
def log(database: Any) -> Any:
    return open_log(database.root / "scene-0061")


@pytest.fixture(scope="module")
def item(log: Any) -> LabelledLog:
    return LabelledLog(log, read_labels(log).tracks)


def box(sample: str, **values: Any) -> dict[str, Any]:
    """A detected car."""
    return {
        "sample_token": sample, "translation": [620.0, 1610.0, 1.0], "size": [1.9, 4.6, 1.6],
        "rotation": [1.0, 0.0, 0.0, 0.0], "velocity": [0.0, 0.0], "detection_name": "car",
        "detection_score": 0.75, "attribute_name": "vehicle.parked", **values,
    }  # fmt: skip


def write(path: Path, results: Any) -> Path:
    path.write_text(json.dumps({"meta": {"use_lidar": True}, "results": results}))
    return path


def test_detections_load_with_the_toolkit(item: LabelledLog, tmp_path: Path) -> None:
    report = DETECTION.write_labels([item], tmp_path / "out", ExportOptions())
    found, meta = load_prediction(str(tmp_path / "out/results.json"), 500, DetectionBox)
    assert found.sample_tokens == list(item.log.sample_times_ns)  # type: ignore[attr-defined]
    assert {b.detection_name for b in found.all} == {"car", "pedestrian"}
    assert {b.attribute_name for b in found.all} == {
        "vehicle.parked", "pedestrian.moving", "pedestrian.standing",
    }  # fmt: skip
    assert len(found.all) == report.cuboids == 8
    assert set(meta) == {"use_camera", "use_lidar", "use_radar", "use_map", "use_external"}


def test_tracks_come_back_from_tracking_results(item: LabelledLog, tmp_path: Path) -> None:
    TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    read = TRACKING.read_labels(item.log, tmp_path / "out")
    by_id = {track.id: track for track in read.tracks}
    assert set(by_id) == {track.id for track in item.tracks}
    for track in item.tracks:
        found = by_id[track.id]
        assert found.category == track.category
        assert found.presence == track.presence
        assert [k.cuboid for k in found.keyframes] == [k.cuboid for k in track.keyframes]
        assert score_of(found) == 1.0


def test_detections_of_a_log_of_another_kind_are_at_the_samples_of_its_tables(
    tmp_path: Path,
) -> None:
    log = open_any("sample_logs/crossing")
    item = LabelledLog(log, own_labels(log))
    DETECTION.write_labels([item], tmp_path / "results", ExportOptions())
    results = json.loads((tmp_path / "results/results.json").read_text())["results"]
    read = DETECTION.read_labels(log, tmp_path / "results")
    assert read.detections is not None
    assert len(read.detections) == sum(map(len, results.values())) > 0
    assert set(read.detections.times_ns.tolist()) <= set(log.frames.timestamps_ns.tolist())
    [stretch] = stretches_of(item)
    assert list(results) == list(stretch.samples(0.5, set()).tokens)


def test_scores_sizes_and_classes_are_read(log: Any, tmp_path: Path) -> None:
    [first, *_] = log.sample_times_ns
    barrier = box(first, detection_name="barrier", detection_score=0.25)
    path = write(tmp_path / "r.json", {first: [box(first), barrier], "other": []})
    read = DETECTION.read_labels(log, path)
    found = read.detections
    assert found is not None
    assert found.scores.tolist() == [0.75, 0.25]
    assert found.sizes_lwh_m[0].tolist() == [4.6, 1.9, 1.6]
    assert found.categories == ("car", "other")
    assert found.labels == ("vehicle.car", "movable_object.barrier")
    assert found.times_ns.tolist() == [log.sample_times_ns[first]] * 2
    assert read.notes == ("samples of other scenes, left out: 1",)


def test_a_large_file_is_read_as_a_small_one(
    log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = [*log.sample_times_ns, "not ours"]
    path = write(tmp_path / "r.json", {s: [box(s)] * (k % 3) for k, s in enumerate(samples)})
    small = DETECTION.read_labels(log, path)
    monkeypatch.setattr(submission, "WHOLE_BYTES", 10)
    large = DETECTION.read_labels(log, path)
    assert small.counts == large.counts
    assert small.detections is not None
    assert large.detections is not None
    assert np.array_equal(small.detections.times_ns, large.detections.times_ns)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"size": [1.9, 4.6]}, "3 finite numbers"),
        ({"size": [1.9, -4.6, 1.6]}, "a positive length"),
        ({"rotation": [0, 0, 0, 0]}, "quaternion"),
        ({"translation": ["a", 1, 2]}, "3 finite numbers"),
        ({"detection_score": None}, "detection_score"),
        ({"detection_name": "dragon"}, "'dragon' is no class"),
        ({"sample_token": "another"}, "names another sample"),
    ],
)
def test_a_bad_box_is_refused_with_its_place(
    log: Any, tmp_path: Path, values: dict[str, Any], says: str
) -> None:
    [first, *_] = log.sample_times_ns
    path = write(tmp_path / "r.json", {first: [box(first), box(first, **values)]})
    with pytest.raises(Av3dError, match=says) as refused:
        DETECTION.read_labels(log, path)
    assert f"sample {first} box 1" in str(refused.value)


@pytest.mark.parametrize("size", [0, 1, 30, 200])
def test_a_truncated_file_is_refused(log: Any, tmp_path: Path, size: int) -> None:
    [first, *_] = log.sample_times_ns
    path = write(tmp_path / "r.json", {first: [box(first)]})
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Av3dError, match=r"r\.json"):
        DETECTION.read_labels(log, path)


def test_results_of_another_scene_are_refused(log: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", {"elsewhere": [box("elsewhere")]})
    with pytest.raises(DatasetError, match="none of the 1 samples in it is of log scene-0061"):
        DETECTION.read_labels(log, path)


def test_one_track_twice_in_a_sample_is_refused(log: Any, tmp_path: Path) -> None:
    [first, *_] = log.sample_times_ns
    row = box(first, tracking_id="7", tracking_name="car", tracking_score=0.5)
    path = write(tmp_path / "r.json", {first: [row, row]})
    with pytest.raises(Av3dError, match="track '7' has two boxes"):
        TRACKING.read_labels(log, path)


def test_a_file_says_which_results_it_holds(log: Any, tmp_path: Path) -> None:
    [first, *_] = log.sample_times_ns
    path = write(tmp_path / "r.json", {first: [box(first)]})
    assert DETECTION.recognise_labels(path)
    assert not TRACKING.recognise_labels(path)
    assert not DETECTION.recognise_labels(tmp_path / "missing.json")


def test_real_detections_are_read_whole(real_data: Path) -> None:
    log = open_log(real_data / "nuscenes" / "scene_0103")
    path = real_data / "detections" / "nuscenes_cc3dt" / "scene_0103.json"
    read = DETECTION.read_labels(log, path)
    assert read.detections is not None
    assert len(read.detections) == 5352
    assert set(read.detections.times_ns.tolist()) == set(log.sample_times_ns.values())
