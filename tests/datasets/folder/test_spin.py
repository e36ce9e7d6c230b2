"""Times of points that carry none, from log.toml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.datasets.dataset import DatasetError
from av3d.datasets.folder.layout import LogSettings, read_settings, write_settings
from av3d.datasets.folder.lidar_settings import LidarSettings, SpinSettings
from av3d.logs.scan import StampMoment

SPIN = 'spin = { direction = "clockwise", azimuth_at_stamp_deg = 180, stamp = "start", period_ms = 80 }'


def with_spin(log_folder: Path, spin: str = SPIN) -> Path:
    settings = log_folder / "log.toml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n[lidar.top]\n{spin}\n", "utf-8")
    return log_folder


def put_points(log_folder: Path, points: list[list[float]]) -> None:
    """The first sweep with these points and no times."""
    path = sorted((log_folder / "lidar" / "top").iterdir())[0]
    np.savez(path, points_m=np.array(points, np.float32))


def test_azimuth_tells_the_time_of_points_without_one(log_folder: Path) -> None:
    put_points(log_folder, [[0, 9, 0], [5, 0, 1], [0, -3, 2], [-7, -0.001, 0]])
    sweep = av3d.open_log(with_spin(log_folder)).sweep(0)
    # From the back over left, ahead and right, 80 ms a turn.
    offset_ms = sweep.time_offset_ns / 1e6
    np.testing.assert_allclose(offset_ms, [20, 40, 60, 80], atol=0.01)


def test_points_with_times_keep_them(log_folder: Path) -> None:
    sweep = av3d.open_log(with_spin(log_folder)).sweep(0)
    assert sweep.time_offset_ns.tolist() == [-1_000_000, 2_000_000]


def test_the_motion_of_the_vehicle_is_then_removed(log_folder: Path) -> None:
    put_points(log_folder, [[5, 0, 1]])
    log = av3d.open_log(with_spin(log_folder))
    # 10 m/s along the world's x, the LiDAR turned by .1 rad; measured 40 ms after the stamp.
    moved = log.compensated_sweep(0).points_m[0] - [5, 0, 1]
    np.testing.assert_allclose(moved, [0.4 * np.cos(0.1), -0.4 * np.sin(0.1), 0], atol=1e-4)
    assert log.cloud(0).motion_compensated


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    spin = SpinSettings(False, -12.5, StampMoment.MIDDLE, 50.0)
    settings = LogSettings("a", lidars={"top": LidarSettings(spin=spin)})
    write_settings(settings, tmp_path / "log.toml")
    assert read_settings(tmp_path / "log.toml") == settings


@pytest.mark.parametrize(
    ("spin", "message"),
    [
        ("spin = 3", 'lidar.top.spin is 3, .*, write a table such as { direction = "clockwise"'),
        (SPIN.replace("clockwise", "left"), "lidar.top.spin.direction is 'left'"),
        (SPIN.replace('"start"', "1"), "lidar.top.spin.stamp is 1, .*, write one of"),
        (SPIN.replace("start", "now"), "lidar.top.spin.stamp is 'now'"),
        (SPIN.replace("180", "true"), "lidar.top.spin.azimuth_at_stamp_deg is True"),
        (SPIN.replace("180", "nan"), "lidar.top.spin.azimuth_at_stamp_deg is nan"),
        (SPIN.replace("80 }", "0 }"), "lidar.top.spin.period_ms is 0"),
        (SPIN.replace("80 }", "5e9 }"), "lidar.top.spin.period_ms is 5000000000.0"),
        (SPIN.replace(", period_ms = 80", ""), "lidar.top.spin.period_ms is None"),
    ],
)
def test_a_spin_that_makes_no_sense_is_one_line(log_folder: Path, spin: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        av3d.open_log(with_spin(log_folder, spin))
