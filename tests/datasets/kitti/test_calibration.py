"""Calibration files of both benchmarks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.kitti.calibration import read_calibration
from av3d.errors import InputFileError

CALIB = """\
P0: 700 0 600 0 0 700 180 0 0 0 1 0
P2: 700 0 600 43.2 0 700 180 0.36 0 0 1 0.002
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27
Tr_imu_to_velo: 1 0 0 -0.8 0 1 0 0.3 0 0 1 -0.8
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_offset_of_a_camera_has_three_components(tmp_path: Path) -> None:
    calibration = read_calibration(write(tmp_path / "c.txt", CALIB))
    camera, ego_SE3_camera = calibration.camera(2, 1242, 375)
    rectified_SE3_camera = calibration.ego_SE3_rectified.inverse() @ ego_SE3_camera
    # K^-1 p: (43.2 - 600 * .002) / 700 = .06, (.36 - 180 * .002) / 700 = 0, .002
    np.testing.assert_allclose(rectified_SE3_camera.translation_m, [-0.06, 0.0, -0.002], atol=1e-12)
    assert (camera.fx_px, camera.cx_px, camera.cy_px) == (700, 600, 180)


def test_points_project_as_the_devkit_says(tmp_path: Path) -> None:
    calibration = read_calibration(write(tmp_path / "c.txt", CALIB))
    point = np.array([20.0, 3.0, -1.0])
    x = calibration.projections[2] @ np.append(
        calibration.rectified_SE3_velodyne.transform(point), 1.0
    )
    camera, ego_SE3_camera = calibration.camera(2, 1242, 375)
    pixel, _ = camera.project(
        ego_SE3_camera.inverse().transform(calibration.ego_SE3_velodyne.transform(point))
    )
    np.testing.assert_allclose(pixel, x[:2] / x[2])


def test_the_names_of_the_tracking_download_are_understood(tmp_path: Path) -> None:
    text = CALIB.replace("R0_rect:", "R_rect").replace("Tr_velo_to_cam:", "Tr_velo_cam")
    text = text.replace("Tr_imu_to_velo:", "Tr_imu_velo")
    ours, theirs = (
        read_calibration(write(tmp_path / f"{n}.txt", t)) for n, t in enumerate([CALIB, text])
    )
    np.testing.assert_array_equal(ours.ego_SE3_rectified.matrix, theirs.ego_SE3_rectified.matrix)


def test_written_text_reads_back(tmp_path: Path) -> None:
    first = read_calibration(write(tmp_path / "a.txt", CALIB))
    second = read_calibration(write(tmp_path / "b.txt", first.text()))
    np.testing.assert_allclose(
        first.ego_SE3_rectified.matrix, second.ego_SE3_rectified.matrix, atol=1e-12
    )
    np.testing.assert_allclose(first.projections[2], second.projections[2], rtol=1e-12)


def test_zeros_for_the_imu_mean_that_there_is_none(tmp_path: Path) -> None:
    text = CALIB.replace("1 0 0 -0.8 0 1 0 0.3 0 0 1 -0.8", " ".join("0" * 12))
    assert read_calibration(write(tmp_path / "c.txt", text)).velodyne_SE3_imu is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (CALIB, "", "the calibration is empty"),
        ("P2: ", "P9: ", "there is no entry P2"),
        ("Tr_velo_to_cam: 0", "Tr_velo_to_cam:", "11 values where 12 finite numbers"),
        ("Tr_velo_to_cam: 0 -1", "Tr_velo_to_cam: 0 -2", "line 4 (Tr_velo_to_cam)"),
        ("R0_rect: 1", "R0_rect: nan", "line 3 (R0_rect)"),
        ("P2: 700", "P2: focal", "line 2 (P2)"),
    ],
)
def test_a_broken_file_is_named_with_line_and_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write(tmp_path / "0000.txt", CALIB.replace(old, new))
    with pytest.raises(InputFileError) as caught:
        read_calibration(path)
    assert message in str(caught.value)
    assert "0000.txt" in str(caught.value)


def test_a_projection_with_a_rotation_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "c.txt", CALIB.replace("P2: 700 0 600", "P2: 700 50 600"))
    with pytest.raises(InputFileError, match="P2 is not the projection of a rectified camera"):
        read_calibration(path).camera(2, 1242, 375)


def test_a_camera_beyond_reason_names_file_and_entry(tmp_path):
    path = write(tmp_path / "0000.txt", CALIB.replace("43.2", "9e18"))
    with pytest.raises(InputFileError, match=r"P2: a translation of .*0000.txt, correct"):
        read_calibration(path).camera(2, 1200, 360)
