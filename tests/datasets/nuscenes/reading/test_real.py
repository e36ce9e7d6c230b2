"""Real scenes: boxes, points and the turn of the LiDAR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from av3d.datasets.nuscenes.reading.lidar import spin_ns
from av3d.datasets.nuscenes.reading.rows import read_rows
from av3d.datasets.nuscenes.reading.trigger import LATE_NS, camera_phases_ns
from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray


@pytest.fixture(params=["one_sample", "scene_0103"])
def folder(real_data: Path, request: pytest.FixtureRequest) -> Path:
    return real_data / "nuscenes" / str(request.param)


def test_every_annotation_is_the_state_of_its_track(folder: Path) -> None:
    from nuscenes import NuScenes

    toolkit: Any = NuScenes("v1.0-mini", dataroot=str(folder), verbose=False)
    log = open_log(folder)
    tracks = {track.id: track for track in own_labels(log)}
    frames_ns = set(log.frames.timestamps_ns.tolist())
    assert len(tracks) == len(toolkit.instance)
    for row in toolkit.sample_annotation:
        sample = toolkit.get("sample", row["sample_token"])
        lidar = toolkit.get("sample_data", sample["data"]["LIDAR_TOP"])
        assert lidar["timestamp"] * 1000 in frames_ns
        state = tracks[row["instance_token"]].state_at(lidar["timestamp"] * 1000)
        assert state is not None
        box = toolkit.get_box(row["token"])
        assert np.abs(state.cuboid.center_m - box.center).max() < 1e-9
        assert np.abs(state.cuboid.size_lwh_m[[1, 0, 2]] - box.wlh).max() < 1e-9
        rotation = SE3(box.rotation_matrix, np.zeros(3))
        assert float(state.cuboid.frame_SE3_cuboid.angle_to_rad(rotation)) < 1e-6


def test_cameras_fire_when_the_beam_passes_the_middle_of_their_view(folder: Path) -> None:
    log: Any = open_log(folder)
    cameras = log.scene.of_modality("camera")
    phases_ns = camera_phases_ns(log.scene.channels["LIDAR_TOP"], cameras)
    lidar_SE3_ego = log.rig.lidar("LIDAR_TOP").ego_SE3_lidar.inverse()
    assert len(phases_ns) == 6
    for camera, phase_ns in phases_ns.items():
        view = lidar_SE3_ego.rotate(log.rig.camera(camera).ego_SE3_camera.rotation[:, 2])
        assert abs(phase_ns - LATE_NS - int(spin_ns(view))) < 1_000_000
    assert "trigger" in log.clocks["CAM_FRONT"]


def test_points_lie_in_the_boxes_as_often_as_num_lidar_pts_says(real_data: Path) -> None:
    log: Any = open_log(real_data / "nuscenes" / "one_sample")
    assert len(log.sweep(0)) == 34_688
    cloud = log.cloud(0)
    ego_SE3_world = log.world_SE3_ego(log.frame(0).timestamp_ns).inverse()
    rows = {row["instance_token"]: row for row in read_rows(log.scene.table("sample_annotation"))}
    pairs = []
    for track in own_labels(log):
        cuboid = track.keyframes[0].cuboid.in_frame(ego_SE3_world)
        inside = int(cuboid.contains(cloud.points_m).sum())
        pairs.append((inside, rows[track.id]["num_lidar_pts"]))
    counted, given = np.array(pairs).T
    assert given.sum() == 999
    assert np.corrcoef(counted, given)[0, 1] > 0.999


def test_points_are_where_they_would_be_at_the_end_of_the_turn(real_data: Path) -> None:
    # The files hold one column of 32 beams after the other. The points of a column lie on a line
    # from where the sensor was when it measured them, seen from where it was at the stamp.
    log: Any = open_log(real_data / "nuscenes" / "one_sample")
    columns_m = log.sweep(0).points_m.astype(np.float64).reshape(-1, 32, 3)
    earlier, later = log.trajectory.at(log.trajectory.end_ns - np.array([20_000_000, 0]))
    speed_m_s = np.linalg.norm(later.translation_m - earlier.translation_m) / 0.02
    assert 9.0 < speed_m_s < 9.5
    # The first columns look to the left, so that the line meets the y axis where the sensor was.
    first_m = np.median([_behind_m(column) for column in columns_m[:12]])
    last_m = np.median([_behind_m(column) for column in columns_m[-12:]])
    assert first_m / speed_m_s == pytest.approx(0.050, abs=0.003)
    assert last_m / speed_m_s == pytest.approx(0.0, abs=0.003)


def _behind_m(column_m: FloatArray) -> float:
    """How far behind the origin (x right, y ahead) a column's line meets the y axis."""
    points = column_m[np.hypot(column_m[:, 0], column_m[:, 1]) > 2.5]
    for _ in range(5):
        slope, start = np.polyfit(points[:, 0], points[:, 1], 1)
        off_m = np.abs(points[:, 1] - start - slope * points[:, 0])
        points = points[off_m <= max(3 * float(np.median(off_m)), 1e-4)]
    return float(-start)
