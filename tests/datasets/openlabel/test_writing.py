from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jsonschema import Draft7Validator
from vcd.core import OpenLABEL
from vcd.schema import openlabel_schema
from vcd.scl import Scene
from vcd.utils import generate_cuboid_points_ref_4x8

from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.openlabel import DATASET
from av3d.datasets.selection import Selection
from av3d.logs.log import Log
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Span
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track


def scene_of(path: Path) -> Scene:
    """The file as another reader has it."""
    reader = OpenLABEL()
    reader.load_from_file(str(path), validation=True)
    return Scene(reader)


def test_an_export_is_valid_by_the_schema_of_the_standard(document: dict[str, Any]) -> None:
    errors = Draft7Validator(openlabel_schema).iter_errors({"openlabel": document})
    assert [error.message for error in errors] == []


def test_another_reader_finds_the_same_corners_in_the_world(
    exported: Path, document: dict[str, Any], crossing: Log, tracks: tuple[Track, ...]
) -> None:
    scene = scene_of(exported / "crossing.json")
    frame = crossing.frames[17]
    states = states_in_sweep(tracks, frame.timestamp_ns, crossing)
    compared = 0
    for uid, entry in document["frames"]["17"]["objects"].items():
        [cuboid] = entry["object_data"]["cuboid"]
        corners = generate_cuboid_points_ref_4x8(cuboid["val"])
        found = scene.transform_points3d_4xN(corners, "vehicle-iso8855", "world", 17)
        state = states[[track.id for track in tracks].index(uid)]
        assert state is not None
        apart_m = np.linalg.norm(found[:3].T[:, None] - state.cuboid.corners_m()[None], axis=2)
        assert apart_m.min(axis=1).max() < 1e-6
        compared += 1
    assert compared == sum(state is not None for state in states) > 20


def test_opencv_finds_the_same_pixels_with_the_intrinsics_of_the_stream(
    document: dict[str, Any], crossing: Log
) -> None:
    mount = crossing.rig.camera("front")
    in_camera_m = np.array([[1.0, 0.4, 9.0], [-2.0, 0.1, 12.0], [0.2, -0.6, 30.0]])
    values = document["streams"]["front"]["stream_properties"]["intrinsics_pinhole"]
    matrix = np.reshape(values["camera_matrix"], (3, 4))[:, :3]
    lens = np.array(values["distortion_coeffs"])
    found, _ = cv2.projectPoints(in_camera_m, np.zeros(3), np.zeros(3), matrix, lens)
    np.testing.assert_allclose(found[:, 0], mount.camera.project(in_camera_m)[0], atol=1e-6)


def test_another_reader_puts_the_camera_where_it_is(exported: Path, crossing: Log) -> None:
    in_camera_m = np.array([[1.0, 0.4, 9.0], [-2.0, 0.1, 12.0]])
    points = np.vstack([in_camera_m.T, np.ones(2)])
    scene = scene_of(exported / "crossing.json")
    found = scene.transform_points3d_4xN(points, "front", "vehicle-iso8855", 0)
    ego_SE3_camera = crossing.rig.camera("front").ego_SE3_camera
    np.testing.assert_allclose(found[:3].T, ego_SE3_camera.transform(in_camera_m), atol=1e-9)


def test_the_head_says_schema_tool_and_ontology(document: dict[str, Any]) -> None:
    assert document["metadata"]["schema_version"] == "1.0.0"
    assert document["metadata"]["annotator"].startswith("av3d ")
    assert document["ontologies"] == {"0": "streets, version 3"}
    assert document["frame_intervals"] == [{"frame_start": 0, "frame_end": 39}]


def test_a_frame_has_its_time_to_the_nanosecond_and_its_images(
    document: dict[str, Any], crossing: Log
) -> None:
    properties = document["frames"]["3"]["frame_properties"]
    seconds, digits = properties["timestamp"].split(".")
    assert int(seconds + digits) == crossing.frames[3].timestamp_ns
    sync = properties["streams"]["front"]["stream_properties"]["sync"]
    assert sync["frame_stream"] == crossing.frames[3].images["front"]


def test_objects_point_to_what_they_have(
    document: dict[str, Any], tracks: tuple[Track, ...]
) -> None:
    track = tracks[1]
    entry = document["objects"][track.id]
    assert (entry["name"], entry["type"]) == (track.name, track.category)
    assert entry["object_data"] == {"text": [{"name": "motion", "val": "moving"}]}
    pointer = entry["object_data_pointers"]["shape"]
    assert pointer["frame_intervals"] == entry["frame_intervals"]
    assert pointer["attribute_pointers"] == {"av3d.provenance": "text"}


def test_events_are_actions_where_they_last_and_events_where_they_do_not(
    document: dict[str, Any], tracks: tuple[Track, ...]
) -> None:
    [rain] = document["actions"].values()
    assert rain["type"] == "rain"
    assert rain["frame_intervals"] == [{"frame_start": 0, "frame_end": 10}]
    assert {"name": "strength", "val": 2} in rain["action_data"]["num"]
    [(uid, cut)] = document["events"].items()
    assert cut["frame_intervals"][0]["frame_start"] == cut["frame_intervals"][0]["frame_end"]
    [relation] = document["relations"].values()
    assert relation["rdf_subjects"] == [{"type": "object", "uid": tracks[1].id}]
    assert relation["rdf_objects"] == [{"type": "event", "uid": uid}]


def test_the_report_counts_what_is_lost(
    crossing: Log, tracks: tuple[Track, ...], events: Any, tmp_path: Path
) -> None:
    first = tracks[0]
    keyframes = (replace(first.keyframes[0], noise=Noise(0.1, 0.1, 0.1, 0.1)), *first.keyframes[1:])
    unsure = replace(
        first, keyframes=keyframes, relations=(Relation(TOWED_BY, "nobody"),), id="no uuid"
    )
    report = DATASET.write_labels(
        [LabelledLog(crossing, (unsure,), events=events)], tmp_path / "out", ExportOptions()
    )
    assert {loss.what: (loss.count, loss.of) for loss in report.losses} == {
        "motion between frames": (1, "tracks"),
        "uncertainty": (1, "tracks"),
        "relations": (1, "tracks"),
        "events": (1, "events"),
        "reviews": (1, "events"),
    }


def test_only_chosen_frames_and_cuboids_are_written(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    chosen = Selection(frames=((4, 5), (9, 9)), max_distance_m=20.0)
    item = LabelledLog(crossing, tracks, chosen)
    report = DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    content = json.loads((tmp_path / "out" / "crossing.json").read_text())["openlabel"]
    assert list(content["frames"]) == ["4", "5", "9"]
    assert content["frame_intervals"] == [
        {"frame_start": 4, "frame_end": 5}, {"frame_start": 9, "frame_end": 9}
    ]  # fmt: skip
    vals = [
        cuboid["object_data"]["cuboid"][0]["val"]
        for frame in content["frames"].values()
        for cuboid in frame["objects"].values()
    ]
    assert len(vals) == report.cuboids > 0
    assert all(np.hypot(val[0], val[1]) <= 20.0 for val in vals)
    assert item.cuboids.left_out["farther than 20 m"] > 0
    assert set(content["objects"]) == {
        uid for f in content["frames"].values() for uid in f["objects"]
    }


def test_two_exports_are_the_same_bytes(
    exported: Path, crossing: Log, tracks: tuple[Track, ...], events: Any, tmp_path: Path
) -> None:
    options = ExportOptions(ontology="streets, version 3")
    DATASET.write_labels([LabelledLog(crossing, tracks, events=events)], tmp_path / "out", options)
    again = (tmp_path / "out" / "crossing.json").read_bytes()
    assert again == (exported / "crossing.json").read_bytes()


def test_logs_that_would_share_a_file_are_refused(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    items = [LabelledLog(crossing, tracks)] * 2
    with pytest.raises(DatasetError, match="2 logs are called 'crossing'"):
        DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()


def test_fewer_decimals_make_a_shorter_file_with_sizes_that_are_still_sizes(
    crossing: Log, tracks: tuple[Track, ...], exported: Path, tmp_path: Path
) -> None:
    DATASET.write_labels(
        [LabelledLog(crossing, tracks)], tmp_path / "out", ExportOptions(decimals=0)
    )
    path = tmp_path / "out" / "crossing.json"
    assert path.stat().st_size < (exported / "crossing.json").stat().st_size
    objects = json.loads(path.read_text())["openlabel"]["frames"]["0"]["objects"].values()
    sizes = [entry["object_data"]["cuboid"][0]["val"][7:] for entry in objects]
    assert min(min(size) for size in sizes) == 1.0


def test_the_report_counts_tracks_and_keyframes_at_no_written_frame(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    seen = next(track for track in tracks if track.state_at(crossing.start_ns) is not None)
    later = replace(seen, id="later", presence=(Span(crossing.end_ns, crossing.end_ns),))
    item = LabelledLog(crossing, (seen, later), Selection(frames=((0, 0),)))
    report = DATASET.write_labels([item], tmp_path / "o", ExportOptions())
    losses = {loss.what: (loss.count, loss.tracks) for loss in report.losses}
    assert losses["tracks without a frame"] == (1, (later.name,))
    assert losses["keyframes between frames"][0] == sum(
        ns != crossing.frames[0].timestamp_ns for ns in seen.times_ns
    )
