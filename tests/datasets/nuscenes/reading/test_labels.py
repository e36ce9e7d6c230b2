"""Annotations as tracks, and back and forth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.nuscenes import DATASET
from av3d.datasets.registry import open_log, own_labels
from av3d.datasets.relabelling import for_export, for_project
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.ontology.presets import preset
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.attributes import set_attribute_at
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.shape import set_free_size
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

WALKER = "0061" + "a" * 28
PARKED = "0061" + "b" * 28


@pytest.fixture(scope="module")
def log(database: Any) -> Any:
    return open_log(database.root / "scene-0061")


@pytest.fixture(scope="module")
def tracks(log: Any) -> dict[str, Track]:
    return {track.id: track for track in own_labels(log)}


def assert_same(tracks: Any, others: Any, within_m: float = 1e-9) -> None:
    """The same tracks but for rounding."""
    by_id = {track.id: track for track in others}
    assert set(by_id) == {track.id for track in tracks}
    for track in tracks:
        other = by_id[track.id]
        assert (other.category, other.number, other.presence) == (
            track.category, track.number, track.presence,
        )  # fmt: skip
        assert dict(other.attributes) == dict(track.attributes)
        assert len(other.keyframes) == len(track.keyframes)
        for first, second in zip(track.keyframes, other.keyframes, strict=True):
            assert second.timestamp_ns == first.timestamp_ns
            assert dict(second.attributes) == dict(first.attributes)
            apart = first.cuboid.corners_m() - second.cuboid.corners_m()
            assert np.abs(apart).max() < within_m


def test_the_state_at_a_sample_is_the_annotation(tracks: Any, log: Any, toolkit: Any) -> None:
    compared = 0
    for row in toolkit.sample_annotation:
        if row["instance_token"] not in tracks:
            continue
        time_ns = toolkit.get("sample", row["sample_token"])["timestamp"] * 1000
        assert time_ns in log.frames.timestamps_ns
        state = tracks[row["instance_token"]].state_at(time_ns)
        box = toolkit.get_box(row["token"])
        assert np.abs(state.cuboid.center_m - box.center).max() < 1e-9
        assert np.abs(state.cuboid.size_lwh_m[[1, 0, 2]] - box.wlh).max() < 1e-9
        rotation = SE3(box.rotation_matrix, np.zeros(3))
        assert float(state.cuboid.frame_SE3_cuboid.angle_to_rad(rotation)) < 1e-7
        assert state.provenance == Provenance.IMPORTED
        compared += 1
    assert compared == 8


def test_ids_categories_and_numbers(tracks: Any) -> None:
    assert set(tracks) == {WALKER, PARKED}
    assert (tracks[WALKER].category, tracks[WALKER].name) == ("pedestrian", "Pedestrian 1")
    assert tracks[WALKER].attributes["nuscenes.category"] == "human.pedestrian.child"
    assert tracks[PARKED].category == "car"


def test_an_object_is_absent_at_and_around_a_sample_without_it(tracks: Any, log: Any) -> None:
    times_ns = list(log.sample_times_ns.values())
    walker = tracks[WALKER]
    assert walker.presence == (Span(times_ns[0], times_ns[1]), Span(times_ns[3], times_ns[4]))
    assert walker.state_at(times_ns[2]) is None
    assert tracks[PARKED].state_at(times_ns[4]) is None


def test_attributes_and_visibility(tracks: Any) -> None:
    walker = [dict(keyframe.attributes) for keyframe in tracks[WALKER].keyframes]
    assert [values["motion"] for values in walker] == ["moving", "moving", "standing", "standing"]
    assert [values["nuscenes.visibility"] for values in walker] == ["v0-40"] + 3 * ["v80-100"]
    assert tracks[PARKED].attributes["motion"] == "parked"


def test_sweeps_between_samples_are_interpolated(tracks: Any, log: Any) -> None:
    state = tracks[WALKER].state_at(log.frame(5).timestamp_ns)
    assert state.provenance == Provenance.INTERPOLATED
    assert 1610.25 < state.cuboid.center_m[1] < 1610.35


def test_an_annotation_without_an_attribute_is_written_without(
    copy: Callable[..., Any], tmp_path: Path
) -> None:
    database = copy()
    rows = database.rows("sample_annotation")
    for row in rows:
        if row["instance_token"] == PARKED:
            row["attribute_tokens"] = []
    database.write("sample_annotation", rows)
    log = open_log(database.root / "scene-0061")
    tracks = own_labels(log)
    assert tracks[1].attributes["nuscenes.attribute"] == "none"
    report = DATASET.write_labels([LabelledLog(log, tracks)], tmp_path / "out", ExportOptions())
    assert not [loss for loss in report.losses if "attribute" in loss.what]
    assert_same(tracks, own_labels(open_log(tmp_path / "out")))


def test_import_export_import_is_a_fixed_point(log: Any, tmp_path: Path) -> None:
    tracks = own_labels(log)
    DATASET.write_labels([LabelledLog(log, tracks)], tmp_path / "first", ExportOptions())
    again = open_log(tmp_path / "first")
    assert_same(tracks, own_labels(again))
    assert (again.name, len(again.frames)) == (log.name, len(log.frames))
    assert "end" in again.clocks["LIDAR_TOP"]
    DATASET.write_labels(
        [LabelledLog(again, own_labels(again))], tmp_path / "second", ExportOptions()
    )
    assert_same(own_labels(again), own_labels(open_log(tmp_path / "second")))


def test_a_visibility_that_somebody_said_is_written(log: Any, tmp_path: Path) -> None:
    """Of an object as it was read, and of one that was moved; what nobody changed stays."""
    ontology = preset("nuscenes")
    tracks, _ = for_project(own_labels(log), DATASET, ontology)
    document = Document.of(tracks)
    times_ns = list(log.sample_times_ns.values())
    for track_id, time_ns in ((WALKER, times_ns[1]), (PARKED, times_ns[0])):
        document = document.apply(
            set_attribute_at(document, track_id, time_ns, "visibility", "v40-60")
        )
    moved = replace(document.track(WALKER).keyframes[1].cuboid, size_lwh_m=np.array([1, 1, 2.0]))
    document = document.apply(set_free_size(document, WALKER))
    document = document.apply(set_keyframe(document, WALKER, times_ns[1], moved))
    prepared = for_export(list(document.tracks.values()), DATASET, ontology)
    report = DATASET.write_labels(
        [LabelledLog(log, prepared.tracks)], tmp_path / "out", ExportOptions()
    )
    assert "attributes" not in {loss.what for loss in report.losses}
    found = {track.id: track for track in own_labels(open_log(tmp_path / "out"))}
    said = {
        track_id: [
            found[track_id].attributes_at(key.timestamp_ns)["nuscenes.visibility"]
            for key in found[track_id].keyframes
        ]
        for track_id in (WALKER, PARKED)
    }
    assert said[WALKER] == ["v0-40", "v40-60", "v80-100", "v80-100"]
    assert said[PARKED] == ["v40-60", "v80-100", "v80-100", "v80-100"]


def test_an_export_gives_back_the_log_it_was_made_of(exported: Any) -> None:
    made = exported.made["scene-0003"]
    log: Any = open_log(exported.out / "scene-0003")
    assert log.name == made.log.name
    exact_ns, found_ns = made.log.frames.timestamps_ns, log.frames.timestamps_ns
    assert np.abs(found_ns - exact_ns).max() <= 500
    assert set(log.sample_times_ns.values()) <= set(exact_ns.tolist())
    assert len(log.sample_times_ns) == 7
    for index, time_ns in enumerate(exact_ns.tolist()):
        apart = log.world_SE3_ego(int(found_ns[index])).inverse() @ made.log.world_SE3_ego(time_ns)
        assert np.abs(apart.matrix - np.eye(4)).max() < 2e-5
        assert len(log.sweep(index)) == len(made.log.cloud(index))
    for camera, channel in {"front": "CAM_FRONT", "rear": "CAM_BACK"}.items():
        image = made.log.frame(10).images[camera]
        found = log.frame(10).images[channel]
        assert (image is None) == (found is None)
        if image is not None and found is not None:
            assert np.array_equal(log.image(channel, found), made.log.image(camera, image))


def test_an_export_gives_back_its_tracks(exported: Any) -> None:
    made = exported.made["scene-0003"]
    log: Any = open_log(exported.out / "scene-0003")
    found = {track.id: track for track in own_labels(log)}
    for track in made.tracks:
        times_ns = [t for t in log.sample_times_ns.values() if track.is_present(t)]
        if not times_ns:
            assert track.id not in found
            continue
        again = found[track.id]
        assert (again.category, again.number) == (track.category, track.number)
        assert [keyframe.timestamp_ns for keyframe in again.keyframes] == times_ns
        for time_ns in times_ns:
            first, second = track.state_at(time_ns), again.state_at(time_ns)
            assert first
            assert second
            apart = first.cuboid.corners_m() - second.cuboid.corners_m()
            assert np.abs(apart).max() < 1e-9


def test_labels_of_an_export_come_in_on_the_log_it_was_made_of(exported: Any) -> None:
    for scene, made in exported.made.items():
        found = DATASET.read_labels(made.log, exported.out)
        assert {track.id for track in found.tracks} <= {track.id for track in made.tracks}
        frames_ns = set(made.log.frames.timestamps_ns.tolist())
        times_ns = {key.timestamp_ns for track in found.tracks for key in track.keyframes}
        assert times_ns <= frames_ns, scene


def test_labels_of_another_log_are_refused(exported: Any, log: Any) -> None:
    with pytest.raises(DatasetError, match="is at no frame of log scene-0061"):
        DATASET.read_labels(log, exported.out / "scene-0012")
    with pytest.raises(DatasetError, match="say where with --labels"):
        DATASET.read_labels(exported.made["scene-0003"].log)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"size": [1, 2]}, "size of row .* expected 3 finite numbers"),
        ({"size": [1, 2, 0]}, "positive length, width and height"),
        ({"size": ["1", "2", "3"]}, "expected 3 finite numbers"),
        ({"translation": [1e300, 0, 0]}, "not of this world"),
        ({"translation": [1, 2, float("nan")]}, "expected 3 finite numbers"),
        ({"rotation": [0, 0, 0, 0]}, "quaternion is zero"),
        ({"rotation": None}, "rotation of row .* is 'None'"),
        ({"instance_token": "x"}, "instance_token 'x' of row .* is not in instance.json"),
        ({"instance_token": 7}, "expected text"),
        ({"attribute_tokens": ["x"]}, "attribute 'x' is not in attribute.json"),
        ({"attribute_tokens": "x"}, "is not a list"),
        ({"attribute_tokens": [{}]}, "is not in attribute.json"),
        ({"visibility_token": "9"}, "visibility '9' is not in visibility.json"),
        ({"visibility_token": 4}, "expected text"),
    ],
)
def test_a_damaged_annotation_is_one_line(
    copy: Callable[..., Any], values: dict[str, Any], problem: str
) -> None:
    database = copy()
    database.change("sample_annotation", 0, **values)
    with pytest.raises(InputFileError, match=problem):
        own_labels(open_log(database.root / "scene-0061"))


def test_two_boxes_of_an_instance_in_a_sample_are_one_line(copy: Callable[..., Any]) -> None:
    database = copy()
    rows = database.rows("sample_annotation")
    rows[1]["sample_token"] = rows[0]["sample_token"]
    database.write("sample_annotation", rows)
    with pytest.raises(InputFileError, match="two boxes in sample"):
        own_labels(open_log(database.root / "scene-0061"))


def test_a_category_of_another_ontology_becomes_other_and_is_named(
    copy: Callable[..., Any],
) -> None:
    database = copy()
    database.change("category", 0, name="vehicle.spaceship")
    found = DATASET.read_labels(open_log(database.root / "scene-0061"))
    assert found.tracks[0].category == "other"
    assert found.tracks[0].attributes["nuscenes.category"] == "vehicle.spaceship"
    assert found.notes == ("categories that av3d does not know became other: vehicle.spaceship",)
