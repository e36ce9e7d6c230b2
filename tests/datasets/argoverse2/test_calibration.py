"""Argoverse 2's calibration alone, as a rig."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.rig_toml import read_rig, write_rig
from av3d.datasets.argoverse2 import DATASET
from av3d.errors import Av3dError


def test_a_rig_is_read_from_the_log_its_folder_or_a_table(tiny_log: Path) -> None:
    folder = tiny_log / "calibration"
    for path in (tiny_log, folder, folder / "intrinsics.feather"):
        assert DATASET.recognise_rig(path)
        assert list(DATASET.read_rig(path).lidars) == ["up_lidar", "down_lidar"]
    assert not DATASET.recognise_rig(tiny_log / "sensors")
    assert not DATASET.recognise_rig(tiny_log / "annotations.feather")


def test_the_rig_survives_rig_toml(tiny_log: Path, tmp_path: Path) -> None:
    rig = DATASET.read_rig(tiny_log)
    write_rig(rig, tmp_path / "rig.toml")
    again = read_rig(tmp_path / "rig.toml")
    assert again.cameras["ring_front_center"].camera == rig.cameras["ring_front_center"].camera
    np.testing.assert_allclose(
        again.lidar("down_lidar").ego_SE3_lidar.matrix,
        rig.lidar("down_lidar").ego_SE3_lidar.matrix,
        atol=1e-12,
    )
    assert again.notes == rig.notes
    assert "undistorted" in rig.notes[0]


def test_a_folder_without_the_tables_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Av3dError, match="cannot read extrinsics"):
        DATASET.read_rig(tmp_path)


def test_a_lidar_without_extrinsics_sits_at_the_origin_and_the_log_says_so(
    tiny_log: Path, change
) -> None:
    names = ["stereo_front_left", "ring_front_center", "up_lidar", "roof_lidar"]
    change(tiny_log / "calibration" / "egovehicle_SE3_sensor.feather", sensor_name=names)
    log = DATASET.open(tiny_log)
    np.testing.assert_allclose(log.sweep(0, "down_lidar").points_m, [[-3.5, 2, 0.25]])
    assert log.notes == (
        "intrinsics.feather has no row for roof_lidar: left out",
        "egovehicle_SE3_sensor.feather has no row for down_lidar: taken to sit at the origin of "
        "the ego frame",
    )
