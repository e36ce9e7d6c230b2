"""Real Argoverse 2 logs; skipped without AV3D_REAL_DATA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.feather
import pytest

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import open_log
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log


@pytest.fixture(scope="module")
def real_logs(real_data: Path) -> list[Path]:
    paths = [path for path in sorted((real_data / "av2").glob("*")) if DATASET.recognise(path)]
    assert paths
    return paths


def column(path: Path, name: str) -> np.ndarray:
    return np.array(pyarrow.feather.read_table(str(path), columns=[name]).column(name).to_pylist())


def test_frames_are_the_times_of_sweeps_and_labels(real_logs: list[Path]) -> None:
    for path in real_logs:
        log = open_log(path)
        times_ns = np.unique(column(path / "annotations.feather", "timestamp_ns"))
        assert log.kind == "av2"
        assert np.isin(times_ns, log.frames.timestamps_ns).all()
        assert np.isin(
            [int(p.stem) for p in path.glob("sensors/lidar/*")], log.frames.timestamps_ns
        ).all()


def test_the_stored_counts_are_the_points_inside_each_cuboid(real_logs: list[Path]) -> None:
    stored, counted = [], []
    for path in real_logs:
        log = open_log(path)
        tracks = DATASET.read_labels(log).tracks
        for frame in with_points(log):
            points_m = log.cloud(frame.index).points_m
            ego_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
            for track in tracks:
                keyframe = track.keyframe_at(frame.timestamp_ns)
                if keyframe is not None:
                    cuboid = keyframe.cuboid.in_frame(ego_SE3_world)
                    stored.append(keyframe.attributes["av2.num_interior_pts"])
                    counted.append(int(cuboid.contains(points_m).sum()))
    assert len(stored) > 100
    # A point on a face may fall to either side when it is turned into the city and back.
    np.testing.assert_allclose(counted, stored, atol=1)
    assert np.mean(np.array(counted) == stored) > 0.98


def test_a_state_at_an_annotation_is_the_annotation(real_logs: list[Path]) -> None:
    for path in real_logs:
        log = open_log(path)
        tracks = {track.id: track for track in DATASET.read_labels(log).tracks}
        table = pyarrow.feather.read_table(str(path / "annotations.feather"))
        poses = pyarrow.feather.read_table(str(path / "city_SE3_egovehicle.feather"))
        pose_of = {row["timestamp_ns"]: row for row in poses.to_pylist()}
        rows = table.to_pylist()
        for row in rows[:: max(len(rows) // 500, 1)]:
            expected = Cuboid(
                transform(pose_of[row["timestamp_ns"]]) @ transform(row),
                np.array([row["length_m"], row["width_m"], row["height_m"]]),
            )
            state = tracks[row["track_uuid"]].state_at(row["timestamp_ns"])
            assert state is not None
            np.testing.assert_allclose(
                state.cuboid.corners_m(), expected.corners_m(), rtol=0, atol=1e-9
            )


def transform(row: dict[str, float]) -> SE3:
    return SE3.from_quaternion(
        [row[name] for name in ("qw", "qx", "qy", "qz")],
        [row[name] for name in ("tx_m", "ty_m", "tz_m")],
    )


def test_each_laser_keeps_its_elevation_in_the_frame_of_its_own_lidar(
    real_logs: list[Path],
) -> None:
    checked = 0
    for path in real_logs:
        log = open_log(path)
        if not (path / "calibration").is_dir():
            continue
        for frame in with_points(log):
            for lidar, other in (("up_lidar", "down_lidar"), ("down_lidar", "up_lidar")):
                sweep = log.sweep(frame.index, lidar)
                ego_SE3_other = log.rig.lidar(other).ego_SE3_lidar
                swapped = ego_SE3_other.inverse() @ log.rig.lidar(lidar).ego_SE3_lidar
                laser = sweep.extra["laser_number"]
                right = spread_deg(sweep.points_m, laser)
                wrong = spread_deg(swapped.transform(sweep.points_m), laser)
                assert right < 0.1
                assert wrong > 2 * right
                checked += 1
    assert checked


def with_points(log: Log) -> list[Frame]:
    """The first few frames whose sweep is there."""
    sweeps = log.lidars["up_lidar"]
    return [frame for frame in log.frames if sweeps.path(frame.index) is not None][:5]


def spread_deg(points_m: np.ndarray, laser: np.ndarray) -> float:
    """Median over the lasers of the standard deviation of the elevation beyond 8 m."""
    range_m = np.linalg.norm(points_m, axis=1)
    elevation_deg = np.degrees(np.arcsin(points_m[:, 2] / range_m))
    spreads = [
        elevation_deg[(laser == number) & (range_m > 8)].std()
        for number in np.unique(laser[range_m > 8])
    ]
    return float(np.median(spreads))


def test_an_export_has_the_original_annotations(real_logs: list[Path], tmp_path: Path) -> None:
    log = open_log(real_logs[0])
    items = [LabelledLog(log, DATASET.read_labels(log).tracks)]
    DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    before, after = (
        pyarrow.feather.read_table(str(folder / "annotations.feather"))
        .to_pandas()
        .sort_values(["timestamp_ns", "track_uuid"], ignore_index=True)
        for folder in (real_logs[0], tmp_path / "out" / log.name)
    )
    # A quaternion and its negative are one rotation.
    rotation = ["qw", "qx", "qy", "qz"]
    before[rotation] *= np.sign(before[["qw"]]).replace(0, 1).to_numpy()
    pd.testing.assert_frame_equal(after, before, check_exact=False, atol=1e-9, rtol=0)
