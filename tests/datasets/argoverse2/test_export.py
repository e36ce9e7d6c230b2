from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import open_log, own_labels
from av3d.datasets.selection import Selection
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

FRAMES = Selection(frames=((3, 5),))


def export(log: Log, tracks: tuple[Track, ...], out: Path, selection: Selection) -> ExportReport:
    labels = LogLabels(log, tracks)
    return export_labels(DATASET, [labels], out, ExportOptions(), default(), selection=selection)


def table(path: Path) -> pa.Table:
    return feather.read_table(str(path))


def loss(report: ExportReport, what: str) -> int:
    return sum(loss.count for loss in report.losses if loss.what == what)


@pytest.fixture(scope="module")
def crossing(repository: Path) -> Log:
    return open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="module")
def exported(crossing: Log, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportReport]:
    """Three frames of the sample log."""
    out = tmp_path_factory.mktemp("export") / "av2"
    report = export(crossing, tuple(own_labels(crossing)), out, FRAMES)
    return out / "crossing", report


def test_tables_have_the_columns_and_types_of_the_published_ones(exported) -> None:
    folder, _ = exported
    doubles = [(name, pa.float64()) for name in ("qw", "qx", "qy", "qz", "tx_m", "ty_m", "tz_m")]
    expected = {
        "annotations": [
            ("timestamp_ns", pa.int64()), ("track_uuid", pa.string()), ("category", pa.string()),
            *((f"{side}_m", pa.float64()) for side in ("length", "width", "height")),
            *doubles, ("num_interior_pts", pa.int64()),
        ],
        "city_SE3_egovehicle": [("timestamp_ns", pa.int64()), *doubles],
        "calibration/egovehicle_SE3_sensor": [("sensor_name", pa.string()), *doubles],
        "calibration/intrinsics": [
            ("sensor_name", pa.string()),
            *((name, pa.float64()) for name in ["fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "k3"]),
            ("height_px", pa.uint16()), ("width_px", pa.uint16()),
        ],
    }  # fmt: skip
    for name, fields in expected.items():
        assert table(folder / f"{name}.feather").schema == pa.schema(fields), name


def test_cuboids_are_the_states_in_the_ego_frame_at_the_sweep(exported, crossing: Log) -> None:
    folder, report = exported
    tracks = {track.id: track for track in own_labels(crossing)}
    rows = table(folder / "annotations.feather").to_pylist()
    assert len(rows) == report.cuboids > 50
    for row in rows:
        [state] = states_in_sweep([tracks[row["track_uuid"]]], row["timestamp_ns"], crossing)
        assert state is not None
        ego_SE3_cuboid = SE3.from_quaternion(
            [row[name] for name in ("qw", "qx", "qy", "qz")],
            [row[name] for name in ("tx_m", "ty_m", "tz_m")],
        )
        world_SE3_cuboid = crossing.world_SE3_ego(row["timestamp_ns"]) @ ego_SE3_cuboid
        written = Cuboid(world_SE3_cuboid, [row["length_m"], row["width_m"], row["height_m"]])
        np.testing.assert_allclose(written.corners_m(), state.cuboid.corners_m(), atol=1e-9)


def test_interior_points_are_those_of_the_written_cloud(exported) -> None:
    folder, _ = exported
    rows = table(folder / "annotations.feather").to_pylist()
    first = [row for row in rows if row["timestamp_ns"] == rows[0]["timestamp_ns"]]
    cloud = table(folder / "sensors" / "lidar" / f"{rows[0]['timestamp_ns']}.feather")
    points_m = np.column_stack([cloud.column(axis).to_numpy() for axis in "xyz"]).astype(float)
    counted = []
    for row in first:
        offset_m = points_m - [row["tx_m"], row["ty_m"], row["tz_m"]]
        w, x, y, z = (row[name] for name in ("qw", "qx", "qy", "qz"))
        along = np.array([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)])
        across = np.array([2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)])
        up = np.cross(along, across)
        inside = np.ones(len(points_m), dtype=bool)
        for axis, side in ((along, "length_m"), (across, "width_m"), (up, "height_m")):
            inside &= np.abs(offset_m @ axis) <= row[side] / 2
        counted.append(int(inside.sum()))
    assert counted == [row["num_interior_pts"] for row in first]
    assert sum(counted) > 100


def test_only_chosen_frames_have_sweeps_images_and_labels(exported, crossing: Log) -> None:
    folder, _ = exported
    times_ns = [frame.timestamp_ns for frame in crossing.frames[3:6]]
    assert sorted(int(path.stem) for path in folder.glob("sensors/lidar/*")) == times_ns
    assert (
        sorted(set(table(folder / "annotations.feather").column("timestamp_ns").to_pylist()))
        == times_ns
    )
    taken_ns = {
        crossing.image_time_ns(camera, image)
        for frame in crossing.frames[3:6]
        for camera, image in frame.images.items()
        if image is not None
    }
    assert {int(path.stem) for path in folder.glob("sensors/cameras/*/*")} == taken_ns


def test_each_sweep_and_image_has_a_pose_at_its_exact_time(exported) -> None:
    folder, _ = exported
    posed_ns = set(table(folder / "city_SE3_egovehicle.feather").column("timestamp_ns").to_pylist())
    media_ns = {int(path.stem) for path in folder.glob("sensors/**/*.*")}
    assert media_ns <= posed_ns


def test_the_reader_opens_what_was_written(exported, crossing: Log) -> None:
    folder, report = exported
    log = open_log(folder)
    assert log.kind == "av2"
    tracks = DATASET.read_labels(log).tracks
    assert len(tracks) == report.tracks
    np.testing.assert_allclose(
        np.sort(log.cloud(0).points_m, axis=0), np.sort(crossing.cloud(3).points_m, axis=0),
        rtol=2**-11, atol=1e-4,
    )  # fmt: skip
    front = log.rig.camera("ring_front_center").camera
    assert log.image("ring_front_center", 0).shape == (front.height_px, front.width_px, 3)


def test_labels_are_read_back_for_the_log_they_came_from(exported, crossing: Log) -> None:
    folder, report = exported
    read = DATASET.read_labels(crossing, folder.parent)
    assert {track.id for track in read.tracks} <= {track.id for track in own_labels(crossing)}
    assert sum(len(track.keyframes) for track in read.tracks) == report.cuboids


def test_losses_are_counted(exported) -> None:
    _, report = exported
    assert loss(report, "provenance") == report.cuboids
    assert loss(report, "digits of points") == 3
    assert loss(report, "lens distortion") == 8  # three wide cameras, one image is missing
    assert loss(report, "attributes") > 0


def test_the_same_project_gives_the_same_bytes(tiny_log: Path, tmp_path: Path) -> None:
    log = open_log(tiny_log)
    tracks = DATASET.read_labels(log).tracks
    digests = []
    for name in ("once", "again"):
        export(log, tracks, tmp_path / name, Selection())
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert digests[0] == digests[1]


def test_a_log_of_this_format_keeps_tables_sweeps_and_images(
    tiny_log: Path, tmp_path: Path
) -> None:
    log = open_log(tiny_log)
    report = export(log, DATASET.read_labels(log).tracks, tmp_path / "out", Selection())
    written = tmp_path / "out" / log.name
    for source in (*tiny_log.glob("calibration/*"), *tiny_log.glob("sensors/**/*.*")):
        assert (written / source.relative_to(tiny_log)).read_bytes() == source.read_bytes()
    before, after = (
        table(path / "annotations.feather").to_pydict() for path in (tiny_log, written)
    )
    assert sorted(after["track_uuid"]) == sorted(before["track_uuid"])
    assert after["num_interior_pts"] == [1] * len(before["track_uuid"])
    assert {item.what for item in report.losses} == {"provenance"}


def test_a_corrected_calibration_is_written(tiny_log: Path, tmp_path: Path) -> None:
    log = open_log(tiny_log)
    mounts = dict(log.rig.cameras)
    raised = SE3.from_yaw(0.0, [0.0, 0.0, 0.5]) @ mounts["ring_front_center"].ego_SE3_camera
    mounts["ring_front_center"] = replace(mounts["ring_front_center"], ego_SE3_camera=raised)
    corrected = log.with_rig(replace(log.rig, cameras=mounts))
    export(corrected, (), tmp_path / "out", Selection())
    written = open_log(tmp_path / "out" / log.name).rig.camera("ring_front_center")
    np.testing.assert_allclose(written.ego_SE3_camera.translation_m, raised.translation_m)


def test_media_are_linked_where_asked(tiny_log: Path, tmp_path: Path) -> None:
    log = open_log(tiny_log)
    options = ExportOptions(link_media=True)
    DATASET.write_labels([LabelledLog(log, ())], tmp_path / "out", options)
    for source in tiny_log.glob("sensors/**/*.*"):
        target = tmp_path / "out" / log.name / source.relative_to(tiny_log)
        assert target.stat().st_ino == source.stat().st_ino


def track(category: str, **attributes: str) -> Track:
    times_ns = [315_966_265_259_836_000, 315_966_265_359_836_000]
    keyframes = tuple(
        Keyframe(ns, Cuboid.from_yaw([5000.0, 2010.0, 61.0], [4, 2, 1.5], 0.1), Provenance.MANUAL)
        for ns in times_ns
    )
    return Track("t", category, keyframes, (Span(*times_ns),), 1, attributes)


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (track("truck"), "TRUCK"),
        (track("truck", **{"av2.label": "BOX_TRUCK"}), "BOX_TRUCK"),
        (track("bus", **{"av2.label": "BOX_TRUCK"}), "BUS"),
        (track("other", **{"av2.label": "BOLLARD"}), "BOLLARD"),
        (track("other", **{"av2.label": "SOMETHING_NEW"}), "SOMETHING_NEW"),
        (track("STROLLER"), "STROLLER"),
    ],
)
def test_classes(given: Track, label: str, tiny_log: Path, tmp_path: Path) -> None:
    DATASET.write_labels(
        [LabelledLog(open_log(tiny_log), (given,))], tmp_path / "out", ExportOptions()
    )
    written = table(tmp_path / "out" / tiny_log.name / "annotations.feather")
    assert written.column("category").to_pylist() == [label, label]


def test_what_has_no_class_is_left_out_and_said(tiny_log: Path, tmp_path: Path) -> None:
    items = [LabelledLog(open_log(tiny_log), (track("other"),))]
    report = DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    [left_out] = report.losses
    assert (left_out.what, left_out.count, left_out.tracks) == ("category other", 1, ("Other 1",))
    assert (report.tracks, report.cuboids) == (0, 0)
