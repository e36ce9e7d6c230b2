from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from vcd.schema import openlabel_schema
from vcd.utils import generate_cuboid_points_ref_4x8

from av3d.datasets.dataset import DatasetError, ExportOptions, ImportedLabels, LabelledLog
from av3d.datasets.openlabel import DATASET
from av3d.datasets.registry import dataset_of_labels
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import CORNER_SIGNS, Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track

UPRIGHT = [12.0, 3.0, 0.8, 0.0, 0.0, 0.0, 1.0, 4.5, 1.9, 1.6]
"""Centre, quaternion x, y, z, w, size."""

Read = Callable[[dict[str, Any]], ImportedLabels]


@pytest.fixture
def read(crossing: Log, tmp_path: Path) -> Read:
    """Reads what a valid file with these members gives."""

    def read_members(members: dict[str, Any]) -> ImportedLabels:
        content = {"openlabel": {"metadata": {"schema_version": "1.0.0"}, **members}}
        Draft7Validator(openlabel_schema).validate(content)
        path = tmp_path / "labels.json"
        path.write_text(json.dumps(content))
        return DATASET.read_labels(crossing, path)

    return read_members


def a_frame(val: list[float], **more: Any) -> dict[str, Any]:
    return {"objects": {"7": {"object_data": {"cuboid": [{"name": "shape", "val": val, **more}]}}}}


CAR = {"7": {"name": "some car", "type": "Car"}}


def only_cuboid(found: ImportedLabels) -> Cuboid:
    [track] = found.tracks
    [keyframe] = track.keyframes
    return keyframe.cuboid


def test_a_project_comes_back_with_ids_sizes_and_poses_at_every_frame(
    exported: Path, crossing: Log, tracks: tuple[Track, ...]
) -> None:
    found = DATASET.read_labels(crossing, exported)
    by_id = {track.id: track for track in found.tracks}
    assert {track.id: track.name for track in tracks} == {k: t.name for k, t in by_id.items()}
    again = [by_id[track.id] for track in tracks]
    for frame in crossing.frames:
        before = states_in_sweep(tracks, frame.timestamp_ns, crossing)
        for old, new in zip(
            before, states_in_sweep(again, frame.timestamp_ns, crossing), strict=True
        ):
            assert (old is None) == (new is None)
            if old is not None and new is not None:
                np.testing.assert_allclose(
                    old.cuboid.corners_m(), new.cuboid.corners_m(), atol=1e-6
                )
                assert dict(old.attributes) == dict(new.attributes)
    assert {k.provenance for t in again for k in t.keyframes} == {Provenance.IMPORTED}


def test_what_holds_for_whole_tracks_comes_back(crossing: Log, tmp_path: Path) -> None:
    time_ns = crossing.frames[3].timestamp_ns
    standing = Cuboid(SE3.from_euler(0.02, 0.03, 1.0, (30, 5, 1)), np.array([4.0, 2.0, 1.5]))
    keyframes = (Keyframe(time_ns, standing), Keyframe(crossing.frames[8].timestamp_ns, standing))
    truck = Track("a truck", "truck", keyframes, (), 3, {"a": 1, "b": 1.0, "c": True, "d": "x"})
    trailer = Track(
        "a trailer", "trailer", keyframes, (), 9, {}, True, None, (Relation(TOWED_BY, "a truck"),),
        "a note\nof two lines",
    )  # fmt: skip
    DATASET.write_labels([LabelledLog(crossing, (truck, trailer))], tmp_path / "o", ExportOptions())
    found = {track.id: track for track in DATASET.read_labels(crossing, tmp_path / "o").tracks}
    for track in (truck, trailer):
        again = found[track.id]
        assert again.header_as_json() == track.header_as_json()
    assert len({k.cuboid for k in found["a trailer"].keyframes}) == 1
    kinds = {name: type(value) for name, value in found["a truck"].attributes.items()}
    assert kinds == {"a": int, "b": float, "c": bool, "d": str}


def test_an_object_that_is_gone_for_frames_is_gone_in_the_track(read: Read, crossing: Log) -> None:
    frames: dict[str, Any] = {str(n): a_frame(UPRIGHT) for n in (0, 1, 4, 5)}
    frames |= {"2": {}, "3": {}}
    [track] = read({"objects": CAR, "frames": frames}).tracks
    times_ns = [frame.timestamp_ns for frame in crossing.frames]
    there = [n for n in range(len(times_ns)) if track.is_present(times_ns[n])]
    assert there == [0, 1, 4, 5]


def test_a_file_of_every_fifth_frame_does_not_say_that_objects_are_gone_between(
    read: Read, crossing: Log
) -> None:
    frames = {str(n): a_frame(UPRIGHT) for n in (0, 5, 10)}
    [track] = read({"objects": CAR, "frames": frames}).tracks
    assert track.is_present(crossing.frames[7].timestamp_ns)


@given(st.tuples(*[st.floats(-1.5, 1.5)] * 3))
def test_nine_numbers_turn_as_the_standards_own_library_turns_them(
    angles_rad: tuple[float, float, float],
) -> None:
    from av3d.datasets.openlabel.gathering import Cuboids

    val = [12.0, 3.0, 0.8, *angles_rad, 4.5, 1.9, 1.6]
    poses, sizes_m = Cuboids(values=[val], places=[0], systems=[SE3.identity()]).poses()
    ours = poses[0].transform(CORNER_SIGNS * sizes_m[0] / 2)
    theirs = generate_cuboid_points_ref_4x8(val)[:3].T
    apart_m = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    assert apart_m.min(axis=1).max() < 1e-9


def test_without_coordinate_systems_cuboids_are_in_the_vehicles(read: Read, crossing: Log) -> None:
    found = read({"objects": CAR, "frames": {"4": a_frame(UPRIGHT)}})
    world_SE3_ego = crossing.world_SE3_ego(crossing.frames[4].timestamp_ns)
    expected = world_SE3_ego.transform([12.0, 3.0, 0.8])
    np.testing.assert_allclose(only_cuboid(found).center_m, expected, atol=1e-9)
    assert found.notes == (
        "the file has no coordinate systems: cuboids are taken to be in the vehicle's",
    )


def test_cuboids_of_a_sensor_go_through_its_pose_in_the_file(read: Read, crossing: Log) -> None:
    sensor = {
        "type": "sensor_cs",
        "parent": "car",
        "pose_wrt_parent": {"euler_angles": [np.pi / 2, 0.0, 0.0], "translation": [1.0, 0.0, 2.0]},
    }
    systems = {"car": {"type": "local_cs", "parent": ""}, "L": sensor}
    val = [5.0, 0.0, -1.0, *UPRIGHT[3:]]
    found = read(
        {
            "coordinate_systems": systems,
            "objects": CAR,
            "frames": {"0": a_frame(val, coordinate_system="L")},
        }
    )
    # A quarter turn to the left about z: x of the sensor is y of the vehicle.
    expected = crossing.world_SE3_ego(crossing.start_ns).transform([1.0, 5.0, 1.0])
    np.testing.assert_allclose(only_cuboid(found).center_m, expected, atol=1e-9)


def test_a_sensor_without_a_pose_in_the_file_sits_where_the_rig_says(
    read: Read, crossing: Log
) -> None:
    systems = {
        "vehicle-iso8855": {"type": "local_cs", "parent": ""},
        "top": {"type": "sensor_cs", "parent": "vehicle-iso8855"},
    }
    found = read(
        {
            "coordinate_systems": systems,
            "objects": {"7": {**CAR["7"], "coordinate_system": "top"}},
            "frames": {"2": a_frame(UPRIGHT)},
        }
    )
    world_SE3_ego = crossing.world_SE3_ego(crossing.frames[2].timestamp_ns)
    world_SE3_top = world_SE3_ego @ crossing.rig.lidar("top").ego_SE3_lidar
    np.testing.assert_allclose(
        only_cuboid(found).center_m, world_SE3_top.transform([12.0, 3.0, 0.8]), atol=1e-9
    )


@pytest.mark.parametrize("form", ["matrix4x4", "quaternion"])
def test_a_world_of_the_files_own_is_left_through_the_vehicles_pose_in_it(
    read: Read, crossing: Log, form: str
) -> None:
    utm_SE3_vehicle = SE3.from_yaw(0.7, (582_525.0, 4_793_222.0, 10.0))
    w, x, y, z = utm_SE3_vehicle.quaternion_wxyz.tolist()
    data = {
        "matrix4x4": {"matrix4x4": utm_SE3_vehicle.matrix.ravel().tolist()},
        "quaternion": {
            "quaternion": [x, y, z, w],
            "translation": utm_SE3_vehicle.translation_m.tolist(),
        },
    }[form]
    transform = {"src": "vehicle-iso8855", "dst": "utm-30t", "transform_src_to_dst": data}
    in_utm = utm_SE3_vehicle.transform([12.0, 3.0, 0.8]).tolist()
    frame = a_frame([*in_utm, *UPRIGHT[3:]], coordinate_system="utm-30t")
    frame["frame_properties"] = {"transforms": {"vehicle_to_utm": transform}}
    systems = {
        "utm-30t": {"type": "geo_utm", "parent": "", "children": ["vehicle-iso8855"]},
        "vehicle-iso8855": {"type": "local_cs", "parent": "utm-30t", "children": []},
    }
    found = read({"coordinate_systems": systems, "objects": CAR, "frames": {"0": frame}})
    expected = crossing.world_SE3_ego(crossing.start_ns).transform([12.0, 3.0, 0.8])
    np.testing.assert_allclose(only_cuboid(found).center_m, expected, atol=1e-6)


def test_a_world_that_nothing_links_to_the_vehicle_is_the_logs(read: Read) -> None:
    systems = {"odom": {"type": "scene_cs", "parent": ""}}
    frames = {"0": a_frame(UPRIGHT, coordinate_system="odom")}
    found = read({"coordinate_systems": systems, "objects": CAR, "frames": frames})
    assert only_cuboid(found).center_m.tolist() == [12.0, 3.0, 0.8]
    assert "those of the log's world frame" in found.notes[0]


def test_types_become_categories_by_custom(read: Read) -> None:
    objects = {
        str(n): {"name": "", "type": kind}
        for n, kind in enumerate(["Car", "vehicle.truck", "TrafficCone", "Person", "Tram"])
    }
    one = {"object_data": {"cuboid": [{"name": "shape", "val": UPRIGHT}]}}
    found = read({"objects": objects, "frames": {"0": {"objects": dict.fromkeys(objects, one)}}})
    assert [track.category for track in found.tracks] == [
        "car", "truck", "cone", "pedestrian", "Tram",
    ]  # fmt: skip


def test_attributes_of_objects_are_inherited_and_those_of_frames_go_before(read: Read) -> None:
    static = {"text": [{"name": "colour", "val": "red"}], "num": [{"name": "doors", "val": 4}]}
    frame = a_frame(UPRIGHT, attributes={"num": [{"name": "score", "val": 0.75}]})
    frame["objects"]["7"]["object_data"]["text"] = [{"name": "colour", "val": "blue"}]
    [track] = read(
        {"objects": {"7": {**CAR["7"], "object_data": static}}, "frames": {"0": frame}}
    ).tracks
    assert dict(track.attributes) == {"colour": "red", "doors": 4, "score": 0.75}
    assert dict(track.keyframes[0].attributes) == {"colour": "blue"}


def test_a_static_cuboid_is_in_all_frames_of_its_intervals(read: Read, crossing: Log) -> None:
    static = {
        **CAR["7"],
        "frame_intervals": [{"frame_start": 1, "frame_end": 2}],
        "object_data": {"cuboid": [{"name": "shape", "val": UPRIGHT}]},
    }
    frames: dict[str, Any] = {str(n): {} for n in range(5)}
    [track] = read({"objects": {"7": static}, "frames": frames}).tracks
    assert [k.timestamp_ns for k in track.keyframes] == [
        crossing.frames[n].timestamp_ns for n in (1, 2)
    ]


@pytest.mark.parametrize(
    "stamp",
    [
        lambda ns: ns / 1e9,
        lambda ns: f"{ns // 10**9}.{ns % 10**9:09d}",
        lambda ns: ns,
        lambda ns: ns // 1000,
        lambda ns: str(np.datetime64(ns, "ns")),
    ],
    ids=["seconds", "text", "nanoseconds", "microseconds", "date"],
)
def test_timestamps_say_which_frame_it_is_in_any_unit(
    read: Read, crossing: Log, stamp: Callable[[int], Any]
) -> None:
    time_ns = crossing.frames[6].timestamp_ns
    frame = a_frame(UPRIGHT)
    frame["frame_properties"] = {"timestamp": stamp(time_ns)}
    found = read({"objects": CAR, "frames": {"538": frame}})
    assert found.tracks[0].keyframes[0].timestamp_ns == time_ns


def test_times_that_are_not_one_for_each_frame_leave_the_numbers(read: Read, crossing: Log) -> None:
    frames = {str(n): a_frame(UPRIGHT) for n in (2, 3)}
    for frame in frames.values():
        frame["frame_properties"] = {"timestamp": crossing.start_ns / 1e9}
    found = read({"objects": CAR, "frames": frames})
    assert [k.timestamp_ns for k in found.tracks[0].keyframes] == [
        crossing.frames[n].timestamp_ns for n in (2, 3)
    ]
    assert "frames go by number" in found.notes[0]


def test_what_is_not_taken_over_is_listed(read: Read) -> None:
    frame = a_frame(UPRIGHT)
    data = frame["objects"]["7"]["object_data"]
    data["cuboid"].append({"name": "second", "val": UPRIGHT})
    data["bbox"] = [{"name": "2d", "val": [1, 2, 3, 4]}]
    tags = {"0": {"ontology_uid": "0", "type": "NumberOfScenes"}}
    found = read(
        {
            "objects": {**CAR, "8": {"name": "", "type": "Road"}},
            "frames": {"0": frame},
            "tags": tags,
            "actions": {"0": {"name": "", "type": "Walking"}},
        }
    )
    assert found.notes[1:] == (
        "1 cuboids beside the first of their object in a frame left out",
        "1 objects have no cuboid and were left out",
        "not taken over: actions (1), bbox (1), tags (1)",
    )


def test_a_file_says_itself_that_it_is_openlabel(exported: Path, crossing: Log) -> None:
    for place in (exported, exported / "crossing.json"):
        assert dataset_of_labels(crossing, place).name == "openlabel"


def a_document(**changes: Any) -> dict[str, Any]:
    members = {
        "metadata": {"schema_version": "1.0.0"},
        "objects": CAR,
        "frames": {"0": a_frame(UPRIGHT)},
        **changes,
    }
    return {"openlabel": members}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"vcd": {}}, 'it has no object "openlabel"'),
        (a_document(metadata={"schema_version": "2.0"}), "schema_version is '2.0'"),
        (a_document(frames={"zero": {}}), "frame zero: its key is no number"),
        (a_document(frames={"99": a_frame(UPRIGHT)}), "frame 99: log crossing has frames 0 to 39"),
        (a_document(frames={"0": a_frame([1.0] * 8)}), "frame 0, object 7, .* 9 or 10 numbers"),
        (a_document(frames={"0": a_frame([*UPRIGHT[:7], 4.0, 0.0, 1.0])}), "the cuboid is 4 x 0"),
        (a_document(frames={"0": a_frame([1e300, *UPRIGHT[1:]])}), r"1e\+300 m away"),
        (a_document(frames={"0": a_frame([*UPRIGHT[:3], 0, 0, 0, 0, 4, 2, 1])}), "quaternion of zeros"),
        (a_document(frames={"0": a_frame(["x", *UPRIGHT[1:]])}), "val holds 'x'"),
        (a_document(frames={"0": a_frame(UPRIGHT, coordinate_system="L")},
                    coordinate_systems={"M": {"type": "", "parent": ""}}), "no coordinate system 'L'"),
        (a_document(coordinate_systems={"M": {"type": "", "parent": "N", "pose_wrt_parent":
                    {"matrix4x4": [1.0] * 16}}}), "coordinate system M, pose_wrt_parent: the last row"),
        (a_document(frames={"0": {"frame_properties": {"timestamp": "noon"}}}), "timestamp is 'noon'"),
        (a_document(objects=[1]), "objects is no object"),
        (a_document(objects={"7": {**CAR["7"], "object_data": {"num": [{"name": "n", "val": "1"}]}}}),
         "num 0: val holds '1'"),
    ],
)  # fmt: skip
def test_a_wrong_element_is_named_in_one_line(
    crossing: Log, tmp_path: Path, content: Any, message: str
) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match=message) as caught:
        DATASET.read_labels(crossing, path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", '{"openlabel": NaN}', "[" * 100_000, '{"a": 1' + "0" * 5000]
)
def test_a_file_that_is_no_json_is_refused(crossing: Log, tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(InputFileError):
        DATASET.read_labels(crossing, path)


def test_a_cut_off_export_is_refused_wherever_it_is_cut(
    exported: Path, crossing: Log, tmp_path: Path
) -> None:
    whole = (exported / "crossing.json").read_bytes()
    path = tmp_path / "labels.json"
    for part in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(Av3dError, match="is not JSON"):
            DATASET.read_labels(crossing, path)


def test_a_track_with_an_id_that_is_no_uuid_keeps_it(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    odd = replace(tracks[0], id="0001-tracklet-3")
    DATASET.write_labels([LabelledLog(crossing, (odd,))], tmp_path / "o", ExportOptions())
    content = json.loads((tmp_path / "o/crossing.json").read_text())
    Draft7Validator(openlabel_schema).validate(content)
    assert [track.id for track in DATASET.read_labels(crossing, tmp_path / "o").tracks] == [odd.id]
