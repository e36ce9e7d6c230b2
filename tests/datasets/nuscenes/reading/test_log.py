"""A scene as a log, against what the nuScenes toolkit says about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nuscenes.utils.data_classes import LidarPointCloud

from av3d.datasets.dataset import DatasetError
from av3d.datasets.nuscenes.reading.log import NuScenesLog
from av3d.datasets.registry import dataset, open_log, recognise
from av3d.errors import Av3dError, InputFileError

CAMERAS = [
    "CAM_FRONT", "CAM_FRONT_LEFT", "CAM_FRONT_RIGHT", "CAM_BACK_LEFT", "CAM_BACK_RIGHT", "CAM_BACK",
]  # fmt: skip


@pytest.fixture(scope="module")
def log(database: Any) -> Any:
    return open_log(database.root / "scene-0103")


def key_data(toolkit: Any, scene: str) -> list[dict[str, Any]]:
    """Rows of sample_data of each sample of a scene, by channel, in time order."""
    samples = sorted((s for s in toolkit.sample if s["scene_token"] == scene),
                     key=lambda sample: sample["timestamp"])  # fmt: skip
    return [
        {channel: toolkit.get("sample_data", token) for channel, token in sample["data"].items()}
        for sample in samples
    ]


def test_a_path_of_several_scenes_needs_the_name_of_one(database: Any) -> None:
    for path in (database.root, database.version):
        assert recognise(path).name == "nuscenes"
        with pytest.raises(DatasetError, match="2 scenes: scene-0061 scene-0103") as error:
            open_log(path)
        assert str(database.version / "scene-0061") in str(error.value)


@pytest.mark.parametrize("path", ["scene-0061", "v1.0-mini/scene-0061"])
def test_the_name_of_a_scene_stands_behind_the_data_root_or_the_version(
    database: Any, path: str
) -> None:
    log = open_log(database.root / path)
    assert (log.name, log.kind, log.path) == ("scene-0061", "nuscenes", database.root / path)


def test_a_scene_that_is_not_there_is_one_line_with_those_that_are(database: Any) -> None:
    with pytest.raises(DatasetError, match="no scene 'scene-9999', the scenes are scene-0061"):
        open_log(database.root / "scene-9999")


def test_of_several_versions_one_must_be_named(copy: Callable[..., Any]) -> None:
    database = copy()
    database.version.rename(database.root / "v1.0-trainval")
    with pytest.raises(DatasetError, match=r"no scene 'v1\.0-mini'"):
        open_log(database.version)
    database.version.mkdir()
    for path in (database.root / "v1.0-trainval").glob("*.json"):
        (database.version / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DatasetError, match=r"holds v1\.0-mini and v1\.0-trainval"):
        open_log(database.root / "scene-0061")
    assert open_log(database.root / "v1.0-trainval" / "scene-0061").name == "scene-0061"


def test_all_sweeps_are_frames_and_those_of_samples_have_the_images_of_the_sample(
    log: Any, toolkit: Any
) -> None:
    assert len(log.frames) == 41
    assert list(log.cameras) == CAMERAS
    for place, data in enumerate(key_data(toolkit, "scene-0103")):
        frame = log.frame(10 * place)
        assert frame.timestamp_ns == 1000 * data["LIDAR_TOP"]["timestamp"]
        for camera in CAMERAS:
            image = frame.images[camera]
            path = log.cameras[camera].path(image)
            assert path.relative_to(log.scene.place.root).as_posix() == data[camera]["filename"]


def test_between_samples_a_frame_has_the_images_that_its_own_turn_triggered(log: Any) -> None:
    for frame in log.frames:
        for camera in CAMERAS:
            image = frame.images[camera]
            if image is not None:
                after_ms = (log.image_time_ns(camera, image) - frame.timestamp_ns) / 1e6
                assert -48.01 <= after_ms <= 2.01
    assert log.sync_report.cameras["CAM_FRONT"].matched == len(log.cameras["CAM_FRONT"]) == 25


def test_a_sweep_has_the_points_that_the_toolkit_reads_and_the_rings(log: Any) -> None:
    sweep = log.sweep(3)
    expected = LidarPointCloud.from_file(str(log.lidars["LIDAR_TOP"].path(3))).points
    assert np.array_equal(sweep.points_m, expected[:3].T)
    assert np.allclose(sweep.intensity * 255, expected[3], atol=1e-4)
    assert sweep.extra["ring"].tolist() == [n % 32 for n in range(64)]
    assert sweep.motion_compensated


def test_poses_of_sweeps_and_images_are_those_of_ego_pose(log: Any, toolkit: Any) -> None:
    for row in toolkit.sample_data:
        if row["token"].startswith("scene-0103") and row["fileformat"] != "pcd":
            pose = toolkit.get("ego_pose", row["ego_pose_token"])
            found = log.world_SE3_ego(row["timestamp"] * 1000)
            assert np.abs(found.translation_m - pose["translation"]).max() < 1e-4
            assert np.abs(found.quaternion_wxyz - pose["rotation"]).max() < 1e-5


def test_poses_too_close_to_tell_the_velocity_are_left_out(log: Any) -> None:
    # CAM_BACK_LEFT fires .8 ms before the end of the turn.
    assert np.diff(log.trajectory.timestamps_ns).min() >= 5_000_000


def test_cameras_are_pinholes_of_the_size_of_sample_data(log: Any) -> None:
    camera = log.rig.camera("CAM_BACK").camera
    assert (camera.width_px, camera.height_px) == (160, 90)
    assert (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px) == (80.0, 82.0, 79.5, 44.5)
    assert log.image("CAM_BACK", 0).shape == (90, 160, 3)
    assert (log.rig.name, log.rig.date) == ("n008", "2018-08-01")


def test_the_beam_turns_clockwise_from_the_left_and_ends_at_the_stamp(log: Any) -> None:
    frame = log.frame(4)
    ego = log.world_SE3_ego(frame.timestamp_ns)
    at = ego.transform([[0.9, 300, 1], [300, 0, 1], [0.9, -300, 1], [-300, 0, 1]])
    after_ms = (log.measured_ns(frame, at) - frame.timestamp_ns) / 1e6
    assert np.abs(after_ms[1:] - [-37.5, -25.0, -12.5]).max() < 0.5
    assert abs(abs(after_ms[0] + 25) - 25) < 0.5
    assert "end" in log.clocks["LIDAR_TOP"]
    assert "trigger" in log.clocks["CAM_FRONT"]


def test_cameras_that_the_beam_does_not_trigger_say_nothing_about_the_scan(
    copy: Callable[..., Any],
) -> None:
    database = copy()
    rows = database.rows("sample_data")
    for row in rows:
        if "CAM_FRONT-" in row["token"]:
            row["timestamp"] += 15_000
    database.write("sample_data", rows)
    log = open_log(database.root / "scene-0061")
    frame = log.frame(4)
    ahead = log.world_SE3_ego(frame.timestamp_ns).transform([[30.0, 0, 1]])
    assert log.measured_ns(frame, ahead).tolist() == [frame.timestamp_ns]
    assert "do not say" in log.clocks["LIDAR_TOP"]


def test_missing_files_leave_frames_without_points_and_images(copy: Callable[..., Any]) -> None:
    database = copy(files=True)
    for path in (database.root / "sweeps").rglob("scene-0061*"):
        path.unlink()
    key = sorted((database.root / "samples" / "LIDAR_TOP").glob("scene-0061*"))[1]
    key.unlink()
    sorted((database.root / "samples" / "CAM_FRONT").glob("scene-0061*"))[2].unlink()
    log = open_log(database.root / "scene-0061")
    assert len(log.frames) == 5
    assert [len(log.sweep(index)) for index in range(5)] == [64, 0, 64, 64, 64]
    assert log.frame(2).images["CAM_FRONT"] is None
    assert log.frame(2).images["CAM_BACK"] is not None
    assert (
        "LIDAR_TOP: the files of 1 of 5 samples are missing; their frames have no points"
        in log.notes
    )
    assert "LIDAR_TOP: 36 of 36 sweeps between samples are missing and left out" in log.notes
    assert "CAM_FRONT: 21 of 25 images are missing" in log.notes


def test_a_log_without_any_image_opens(copy: Callable[..., Any]) -> None:
    database = copy(files=True)
    for path in database.root.rglob("*.jpg"):
        path.unlink()
    log = open_log(database.root / "scene-0061")
    assert set(log.frame(0).images.values()) == {None}
    assert log.sync_report.cameras["CAM_FRONT"].images == 0


def test_the_fingerprint_changes_with_the_scene_and_not_with_its_labels(
    copy: Callable[..., Any],
) -> None:
    database = copy()
    path = database.root / "scene-0061"
    before = open_log(path).fingerprint
    database.write("sample_annotation", [])
    assert open_log(path).fingerprint == before
    rows = database.rows("sample_data")
    next(row for row in rows if row["token"].startswith("scene-0061"))["timestamp"] += 1
    database.write("sample_data", rows)
    assert open_log(path).fingerprint != before


def test_point_classes_come_with_the_samples(copy: Callable[..., Any]) -> None:
    database = copy()
    key = next(row for row in database.rows("sample_data") if row["token"].endswith("LIDAR_TOP-10"))
    (database.root / "lidarseg").mkdir()
    (database.root / "lidarseg" / "a.bin").write_bytes(bytes(range(64)))
    row = {"token": "x", "sample_data_token": key["token"], "filename": "lidarseg/a.bin"}
    database.write("lidarseg", [row])
    log = open_log(database.root / "scene-0061")
    assert log.sweep(10).extra["semantic"].tolist() == list(range(64))
    assert "semantic" not in log.sweep(9).extra


def test_names_of_point_classes_are_categories_with_an_index(copy: Callable[..., Any]) -> None:
    database = copy()
    rows = [{**row, "index": number + 1} for number, row in enumerate(database.rows("category"))]
    database.write("category", rows)
    assert dict(open_log(database.root / "scene-0061").class_names) == {}
    database.write("lidarseg", [])
    names = open_log(database.root / "scene-0061").class_names
    assert names[1] == rows[0]["name"]
    assert len(names) == len(rows)


def test_the_rig_alone(database: Any) -> None:
    kind = dataset("nuscenes")
    for path in (database.root, database.version / "calibrated_sensor.json"):
        assert kind.recognise_rig(path)
        with pytest.raises(DatasetError, match="2 scenes"):
            kind.read_rig(path)
    rig = kind.read_rig(database.root / "scene-0061")
    assert (list(rig.lidars), list(rig.cameras)) == (["LIDAR_TOP"], CAMERAS)
    assert np.allclose(rig.lidar("LIDAR_TOP").ego_SE3_lidar.translation_m, [0.9, 0.0, 1.84])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "sweep is empty, 0 bytes"),
        (bytes(20 * 64 - 3), "1,277 bytes, not 20 for each point"),
        (np.full((2, 5), np.nan, "<f4").tobytes(), "2 of 2 points have coordinates"),
        (np.array([[1, 2, 3, np.inf, 0]], "<f4").tobytes(), "intensity of point 0 is inf"),
        (np.array([[1, 2, 3, 4, 0.5]], "<f4").tobytes(), "ring of point 0 is 0.5"),
    ],
    ids=["empty", "truncated", "not a number", "infinite", "half a ring"],
)
def test_a_damaged_sweep_is_one_line(
    copy: Callable[..., Any], content: bytes, problem: str
) -> None:
    log = open_log(copy(files=True).root / "scene-0061")
    path = log.lidars["LIDAR_TOP"].path(0)
    assert isinstance(path, Path)
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=problem):
        log.sweep(0)


def test_a_scene_is_a_nuscenes_log_with_its_own_rows(log: Any) -> None:
    assert isinstance(log, NuScenesLog)
    assert list(log.sample_times_ns) == [f"scene-0103-sample-{k}" for k in (0, 10, 20, 30, 40)]
    with pytest.raises(Av3dError):
        log.frame(99)
