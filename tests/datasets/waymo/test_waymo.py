from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import open_log, own_labels
from av3d.datasets.selection import Selection
from av3d.datasets.waymo import DATASET
from av3d.datasets.waymo.components import COMPONENTS, schema_of
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.measured import states_in_sweep

BOX = "[LiDARBoxComponent]"


@pytest.fixture(scope="module")
def crossing(repository: Path) -> Log:
    return open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="module")
def exported(crossing: Log, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportReport]:
    """Three frames of the sample log."""
    out = tmp_path_factory.mktemp("export") / "waymo"
    labels = [LogLabels(crossing, tuple(own_labels(crossing)))]
    chosen = Selection(frames=((3, 5),))
    report = export_labels(DATASET, labels, out, ExportOptions(), default(), selection=chosen)
    return out, report


def rows(folder: Path, component: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / component / "crossing.parquet").to_pylist()


def states(crossing: Log, row: dict[str, Any]) -> Any:
    tracks = {track.id: track for track in own_labels(crossing)}
    track = tracks[row["key.laser_object_id"]]
    [state] = states_in_sweep([track], row["key.frame_timestamp_micros"] * 1000, crossing)
    return state


def test_the_components_have_the_official_columns_and_types(exported) -> None:
    folder, _ = exported
    double, matrix = pa.float64(), pa.list_(pa.float64(), 16)
    key = [("key.segment_context_name", pa.string())]
    frame = [*key, ("key.frame_timestamp_micros", pa.int64())]
    camera = "[CameraCalibrationComponent]"
    lidar = "[LiDARCalibrationComponent]"
    official = {
        "lidar_box": [
            *frame,
            ("key.laser_object_id", pa.string()),
            *((f"{BOX}.box.center.{axis}", double) for axis in "xyz"),
            *((f"{BOX}.box.size.{axis}", double) for axis in "xyz"),
            (f"{BOX}.box.heading", double),
            (f"{BOX}.type", pa.int8()),
            (f"{BOX}.num_lidar_points_in_box", pa.int64()),
            (f"{BOX}.num_top_lidar_points_in_box", pa.int64()),
            *((f"{BOX}.speed.{axis}", double) for axis in "xyz"),
            *((f"{BOX}.acceleration.{axis}", double) for axis in "xyz"),
            (f"{BOX}.difficulty_level.detection", pa.int8()),
            (f"{BOX}.difficulty_level.tracking", pa.int8()),
        ],
        "vehicle_pose": [*frame, ("[VehiclePoseComponent].world_from_vehicle.transform", matrix)],
        "lidar_calibration": [
            *key,
            ("key.laser_name", pa.int8()),
            (f"{lidar}.extrinsic.transform", matrix),
            (f"{lidar}.beam_inclination.min", double),
            (f"{lidar}.beam_inclination.max", double),
            (f"{lidar}.beam_inclination.values", pa.list_(double)),
        ],
        "camera_calibration": [
            *key,
            ("key.camera_name", pa.int8()),
            *(
                (f"{camera}.intrinsic.{name}", double)
                for name in ("f_u", "f_v", "c_u", "c_v", "k1", "k2", "p1", "p2", "k3")
            ),
            (f"{camera}.extrinsic.transform", matrix),
            (f"{camera}.width", pa.int32()),
            (f"{camera}.height", pa.int32()),
            (f"{camera}.rolling_shutter_direction", pa.int8()),
        ],
    }
    assert set(official) == set(COMPONENTS)
    for name, fields in official.items():
        assert schema_of(name).equals(pa.schema(fields)), name
        assert pq.read_schema(folder / name / "crossing.parquet").equals(pa.schema(fields)), name


def test_boxes_are_the_states_in_the_vehicle_frame(exported, crossing: Log) -> None:
    folder, report = exported
    found = rows(folder, "lidar_box")
    assert len(found) == report.cuboids > 50
    for row in found:
        state = states(crossing, row)
        time_ns = row["key.frame_timestamp_micros"] * 1000
        expected = state.cuboid.in_frame(crossing.world_SE3_ego(time_ns).inverse())
        center_m = [row[f"{BOX}.box.center.{axis}"] for axis in "xyz"]
        np.testing.assert_allclose(center_m, expected.center_m, atol=1e-9)
        size_m = [row[f"{BOX}.box.size.{axis}"] for axis in "xyz"]
        np.testing.assert_allclose(size_m, expected.size_lwh_m, atol=1e-9)
        assert row[f"{BOX}.box.heading"] == pytest.approx(expected.yaw_rad)
        assert -np.pi <= row[f"{BOX}.box.heading"] < np.pi
        speed_m_s = [row[f"{BOX}.speed.{axis}"] for axis in "xyz"]
        np.testing.assert_allclose(speed_m_s, state.velocity_m_s)


def test_points_in_boxes_are_counted(exported, crossing: Log) -> None:
    folder, _ = exported
    cloud_m = crossing.cloud(3).points_m
    first_us = crossing.frames[3].timestamp_ns // 1000
    found = [
        row for row in rows(folder, "lidar_box") if row["key.frame_timestamp_micros"] == first_us
    ]
    ego_SE3_world = crossing.world_SE3_ego(first_us * 1000).inverse()
    counted = [
        int(states(crossing, row).cuboid.in_frame(ego_SE3_world).contains(cloud_m).sum())
        for row in found
    ]
    assert counted == [row[f"{BOX}.num_lidar_points_in_box"] for row in found]
    assert counted == [row[f"{BOX}.num_top_lidar_points_in_box"] for row in found]
    assert sum(counted) > 100


def test_poses_take_the_vehicle_into_the_world(exported, crossing: Log) -> None:
    folder, _ = exported
    for row, frame in zip(rows(folder, "vehicle_pose"), crossing.frames[3:6], strict=True):
        matrix = np.reshape(row["[VehiclePoseComponent].world_from_vehicle.transform"], (4, 4))
        expected = crossing.world_SE3_ego(frame.timestamp_ns).matrix
        np.testing.assert_allclose(matrix, expected, atol=1e-12)


def test_cameras_have_waymos_axes_and_pixels(exported, crossing: Log) -> None:
    folder, _ = exported
    prefix = "[CameraCalibrationComponent]"
    front = next(row for row in rows(folder, "camera_calibration") if row["key.camera_name"] == 1)
    mount = crossing.rig.camera("front")
    vehicle_SE3_camera = SE3.from_matrix(np.reshape(front[f"{prefix}.extrinsic.transform"], (4, 4)))
    # A point 10 m ahead of the camera, 2 m to the left, 1 m up; as Waymo projects it:
    point_m = vehicle_SE3_camera.transform([10.0, 2.0, 1.0])
    intrinsic = {
        name: front[f"{prefix}.intrinsic.{name}"]
        for name in ("f_u", "f_v", "c_u", "c_v", "k1", "k2", "p1", "p2", "k3")
    }
    x, y = -0.2, -0.1
    r2 = x * x + y * y
    k1, k2, k3 = (intrinsic[name] for name in ("k1", "k2", "k3"))
    p1, p2 = intrinsic["p1"], intrinsic["p2"]
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    v = y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y)
    edges_px = [u * intrinsic["f_u"] + intrinsic["c_u"], v * intrinsic["f_v"] + intrinsic["c_v"]]
    pixel, seen = mount.camera.project(mount.ego_SE3_camera.inverse().transform(point_m))
    assert seen
    np.testing.assert_allclose(edges_px, pixel + 0.5, atol=1e-9)


def test_losses_are_counted(exported) -> None:
    _, report = exported
    counts = {loss.what: loss.count for loss in report.losses}
    assert counts["points"] == 3
    assert counts["cameras"] == 1
    assert counts["provenance"] == report.cuboids
    assert counts["roll and pitch"] <= report.cuboids


def test_boxes_are_read_as_tracks_of_the_log(exported, crossing: Log) -> None:
    folder, report = exported
    read = DATASET.read_labels(crossing, folder)
    assert sum(len(track.keyframes) for track in read.tracks) == report.cuboids
    tracks = {track.id: track for track in own_labels(crossing)}
    for track in read.tracks:
        assert track.attributes["waymo.type"].startswith("TYPE_")
        for keyframe in track.keyframes:
            [state] = states_in_sweep([tracks[track.id]], keyframe.timestamp_ns, crossing)
            assert state is not None
            # Upright in the vehicle frame: the centre stays, the ends of a long cuboid move.
            np.testing.assert_allclose(keyframe.cuboid.center_m, state.cuboid.center_m, atol=1e-9)


def test_difficulty_levels_come_back(crossing: Log, tmp_path: Path) -> None:
    level = "waymo.detection_difficulty_level"
    original = next(iter(own_labels(crossing)))
    track = original.with_keyframes(
        [replace(keyframe, attributes={level: "LEVEL_2"}) for keyframe in original.keyframes]
    )
    DATASET.write_labels([LabelledLog(crossing, (track,))], tmp_path / "out", ExportOptions())
    [read] = DATASET.read_labels(crossing, tmp_path / "out").tracks
    assert {keyframe.attributes.get(level) for keyframe in read.keyframes} == {"LEVEL_2"}


@pytest.fixture
def change(exported, tmp_path: Path) -> Callable[..., Path]:
    """The boxes of the export with some columns changed; None removes a column."""
    folder, _ = exported

    def rewrite(**columns: Any) -> Path:
        table = pq.read_table(folder / "lidar_box" / "crossing.parquet")
        for short, values in columns.items():
            name = {"micros": "key.frame_timestamp_micros", "segment": "key.segment_context_name",
                    "object_id": "key.laser_object_id"}.get(short, f"{BOX}.{short}")  # fmt: skip
            name = name.replace("_dot_", ".")
            at = table.schema.get_field_index(name)
            if values is None:
                table = table.remove_column(at)
            else:
                array = pa.array([values(row) for row in table.column(name).to_pylist()])
                table = table.set_column(at, name, array)
        path = tmp_path / "changed.parquet"
        pq.write_table(table, path)
        return path

    return rewrite


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"box_dot_heading": None}, "no column"),
        ({"box_dot_size_dot_x": lambda _: 0.0}, "row 0: the box is 0 x"),
        ({"box_dot_center_dot_y": lambda _: float("nan")}, "not a finite number"),
        ({"box_dot_center_dot_y": lambda _: None}, "has no value in row 0"),
        ({"type": lambda _: "car"}, "not whole numbers|is text"),
        ({"micros": lambda _: 17}, "none of the boxes is at the time of a frame"),
        ({"micros": lambda _: -1}, "not a time in microseconds"),
        ({"object_id": lambda _: "one"}, "two boxes in one frame"),
    ],
)
def test_broken_boxes_are_one_line(
    columns: dict[str, Any], message: str, change: Callable[..., Path], crossing: Log
) -> None:
    path = change(**columns)
    with pytest.raises(Av3dError, match=message):
        DATASET.read_labels(crossing, path)


def test_a_file_that_is_cut_off_is_refused(change: Callable[..., Path], crossing: Log) -> None:
    path = change()
    data = path.read_bytes()
    for size in (0, 3, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(Av3dError):
            DATASET.read_labels(crossing, path)


def test_of_several_segments_the_one_of_the_log_is_read(
    change: Callable[..., Path], crossing: Log
) -> None:
    turn = iter(["crossing", "another"] * 1000)
    path = change(segment=lambda _: next(turn))
    everything = pq.read_metadata(path).num_rows
    read = DATASET.read_labels(crossing, path)
    assert read.counts["cuboids_read"] == -(-everything // 2)
