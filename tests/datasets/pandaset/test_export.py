from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from av3d.calibration.rig import LidarMount
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.pandaset import DATASET
from av3d.datasets.pandaset.export import frame_number
from av3d.datasets.pandaset.tables import write_table
from av3d.datasets.registry import open_log, own_labels
from av3d.datasets.relabelling import for_project
from av3d.datasets.selection import Selection
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track

WithCuboids = Callable[[list[list[dict[str, Any]]]], Path]
Row = Callable[..., dict[str, Any]]


def export(
    log: Log, tracks: tuple[Track, ...], out: Path, selection: Selection = Selection()
) -> ExportReport:
    labels = LogLabels(log, tracks)
    return export_labels(DATASET, [labels], out, ExportOptions(), default(), selection=selection)


def imported(log: Log) -> tuple[Track, ...]:
    return for_project(DATASET.read_labels(log).tracks, DATASET, default())[0]


def cuboids(folder: Path, number: int) -> pd.DataFrame:
    return pd.read_pickle(folder / "annotations" / "cuboids" / f"{number:02d}.pkl.gz")


@pytest.fixture(scope="module")
def crossing(repository: Path) -> Log:
    return open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="module")
def exported(crossing: Log, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportReport]:
    """Frames 9 and 10 of the sample log; its front camera lacks the image of the second."""
    out = tmp_path_factory.mktemp("export") / "pandaset"
    chosen = Selection(frames=((9, 10),))
    report = export(crossing, tuple(own_labels(crossing)), out, chosen)
    return out / "crossing", report


def test_cuboid_tables_come_back_as_they_were(
    with_cuboids: WithCuboids, row: Row, tmp_path: Path
) -> None:
    frames = [
        [
            row("a", 3.0, 20.0 + k, yaw=-2.5, **{"cuboids.sensor_id": 0, "camera_used": 4}),
            row("b", -6.5, 12.0, label="Pedestrian with Object", stationary=False,
                **{"attributes.object_motion": np.nan, "attributes.rider_status": np.nan}),
            row("c", 1.0, 7.25, label="Bicycle", yaw=np.pi - 1e-9,
                **{"attributes.rider_status": "With Rider",
                   "attributes.object_motion": "Moving"}),
        ]
        for k in range(4)
    ]  # fmt: skip
    source = with_cuboids(frames)
    log = open_log(source)
    report = export(log, imported(log), tmp_path / "out")
    for number in range(4):
        before, after = (cuboids(path, number) for path in (source, tmp_path / "out" / log.name))
        before = before.assign(
            **{"attributes.pedestrian_behavior": np.nan, "attributes.pedestrian_age": np.nan}
        )
        pd.testing.assert_frame_equal(
            after, before[list(after.columns)], check_exact=False, atol=1e-9, check_dtype=False
        )
    assert [loss.what for loss in report.losses] == ["provenance"]


def test_a_log_of_this_format_keeps_sweeps_and_images(
    with_cuboids: WithCuboids, row: Row, tmp_path: Path
) -> None:
    source = with_cuboids([[row("a", 3.0, 20.0)]] * 4)
    export(open_log(source), imported(open_log(source)), tmp_path / "out")
    written = tmp_path / "out" / source.name
    for path in (*source.glob("lidar/*.pkl.gz"), *source.glob("camera/*/*.jpg")):
        assert (written / path.relative_to(source)).read_bytes() == path.read_bytes()
    for path in source.glob("**/timestamps.json"):
        kept = json.loads((written / path.relative_to(source)).read_text())
        np.testing.assert_allclose(kept, json.loads(path.read_text()), atol=1e-6, rtol=0)


def test_tables_have_the_columns_and_types_of_the_published_ones(exported) -> None:
    folder, _ = exported
    table = cuboids(folder, 0)
    assert list(table.columns) == [
        "uuid", "label", "yaw", "stationary", "camera_used", "position.x", "position.y",
        "position.z", "dimensions.x", "dimensions.y", "dimensions.z", "attributes.object_motion",
        "cuboids.sibling_id", "cuboids.sensor_id", "attributes.rider_status",
        "attributes.pedestrian_behavior", "attributes.pedestrian_age",
    ]  # fmt: skip
    assert table["stationary"].dtype == bool
    assert table["camera_used"].dtype == table["cuboids.sensor_id"].dtype == np.int64
    cloud = pd.read_pickle(folder / "lidar" / "00.pkl.gz")
    assert [(name, str(cloud[name].dtype)) for name in cloud.columns] == [
        ("x", "float64"), ("y", "float64"), ("z", "float64"),
        ("i", "float64"), ("t", "float64"), ("d", "int64"),
    ]  # fmt: skip
    assert cloud.index.name == "index"


def test_points_and_cuboids_are_in_the_world_frame(exported, crossing: Log) -> None:
    folder, _ = exported
    frame = crossing.frames[9]
    cloud = pd.read_pickle(folder / "lidar" / "00.pkl.gz")
    expected_m = crossing.world_SE3_ego(frame.timestamp_ns).transform(crossing.cloud(9).points_m)
    np.testing.assert_allclose(cloud[["x", "y", "z"]].to_numpy(), expected_m, atol=1e-6)
    assert set(cloud["d"]) == {0}
    tracks = {track.id: track for track in own_labels(crossing)}
    for row in cuboids(folder, 0).to_dict("records"):
        [state] = states_in_sweep([tracks[row["uuid"]]], frame.timestamp_ns, crossing)
        assert state is not None
        center_m = [row[f"position.{axis}"] for axis in "xyz"]
        np.testing.assert_allclose(center_m, state.cuboid.center_m, atol=1e-9)
        size_lwh_m = [row[f"dimensions.{axis}"] for axis in "yxz"]
        np.testing.assert_allclose(size_lwh_m, state.cuboid.size_lwh_m, atol=1e-9)
        turned_rad = row["yaw"] + np.pi / 2 - state.cuboid.yaw_rad
        np.testing.assert_allclose(np.exp(1j * turned_rad), 1.0, atol=1e-9)


def test_what_tracks_say_of_motion_is_written_in_the_words_of_the_format(
    exported, crossing: Log
) -> None:
    folder, report = exported
    table = cuboids(folder, 0)
    people = table["label"].str.startswith("Pedestrian")
    assert set(table.loc[people, "attributes.pedestrian_behavior"]) <= {"Walking", "Standing"}
    assert set(table.loc[~people, "attributes.object_motion"].dropna()) <= {
        "Moving", "Stopped", "Parked",
    }  # fmt: skip
    assert table["attributes.object_motion"].notna().any()
    assert "attributes" not in {loss.what for loss in report.losses}


def test_tilted_cuboids_are_counted(exported) -> None:
    _, report = exported
    [tilt] = [loss for loss in report.losses if loss.what == "roll and pitch"]
    assert 0 < tilt.count <= report.cuboids
    assert len(tilt.tracks) > 0


def test_the_reader_opens_what_was_written(exported, crossing: Log) -> None:
    folder, report = exported
    log = open_log(folder)
    assert log.kind == "pandaset"
    assert [frame.images["front"] for frame in log.frames] == [0, None]
    assert sum(len(track.keyframes) for track in DATASET.read_labels(log).tracks) == report.cuboids
    np.testing.assert_allclose(log.cloud(0).points_m, crossing.cloud(9).points_m, atol=1e-3)
    camera, original = log.rig.camera("front").camera, crossing.rig.camera("front").camera
    assert (camera.width_px, camera.height_px) == (original.width_px, original.height_px)
    assert log.image("front", 0).shape == (camera.height_px, camera.width_px, 3)
    np.testing.assert_allclose(
        log.world_SE3_camera("front", 0).matrix,
        crossing.world_SE3_camera("front", crossing.frames[9].images["front"]).matrix,
        atol=1e-9,
    )


def test_labels_are_read_back_for_the_log_they_came_from(exported, crossing: Log) -> None:
    folder, report = exported
    read = DATASET.read_labels(crossing, folder.parent)
    times_ns = {int(ns) for track in read.tracks for ns in track.times_ns}
    assert times_ns == {frame.timestamp_ns for frame in crossing.frames[9:11]}
    assert sum(len(track.keyframes) for track in read.tracks) == report.cuboids


def test_semantic_classes_go_along(with_cuboids: WithCuboids, row: Row, tmp_path: Path) -> None:
    source = with_cuboids([[row("a", 3.0, 20.0)]] * 4)
    semseg = source / "annotations" / "semseg"
    semseg.mkdir(parents=True)
    pd.DataFrame({"class": [7, 13, 5]}).to_pickle(semseg / "02.pkl.gz")
    (semseg / "classes.json").write_text('{"7": "Road", "13": "Car", "5": "Vegetation"}')
    log = open_log(source)
    # With its LiDARs elsewhere the sweeps are no longer taken over as they are.
    raised = SE3.from_yaw(0.0, [0.0, 0.0, 0.5]) @ log.rig.lidar("pandar64").ego_SE3_lidar
    moved = log.with_rig(
        replace(log.rig, lidars={**log.rig.lidars, "pandar64": LidarMount(raised)})
    )
    for given, name in ((log, "same"), (moved, "again")):
        export(given, (), tmp_path / name)
        written = open_log(tmp_path / name / log.name)
        assert written.cloud(2).extra["semantic"].tolist() == [7, 13, 5]
        assert written.class_names == {7: "Road", 13: "Car", 5: "Vegetation"}


def test_files_sort_by_name_as_by_time() -> None:
    assert [frame_number(k, 3) for k in range(3)] == ["00", "01", "02"]
    names = [frame_number(k, 101) for k in range(101)]
    assert names == sorted(names)


def test_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "again"):
        # Texts that are equal but not one object.
        texts = ["".join(["Pick", "up"]), "".join(["Pick", "up"]), "Pickup"]
        columns = {"label": texts[:: 1 if name == "once" else -1], "yaw": [0.0, 1.0, 2.0]}
        write_table(tmp_path / name, columns, None)
    assert (tmp_path / "once").read_bytes() == (tmp_path / "again").read_bytes()


def test_what_has_no_label_is_left_out_and_said(
    with_cuboids: WithCuboids, row: Row, tmp_path: Path
) -> None:
    log = open_log(with_cuboids([[row("a", 3.0, 20.0)]] * 4))
    [track] = imported(log)
    without = replace(track, category="other", attributes={})
    report = DATASET.write_labels([LabelledLog(log, (without,))], tmp_path / "out", ExportOptions())
    assert [(loss.what, loss.count) for loss in report.losses] == [("category other", 1)]
    assert cuboids(tmp_path / "out" / log.name, 0).empty
    assert DATASET.read_labels(log, tmp_path / "out").tracks == ()
