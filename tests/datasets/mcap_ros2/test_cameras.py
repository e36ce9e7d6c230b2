from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2.cameras import (
    CalibrationError,
    Intrinsics,
    is_optical,
    read_intrinsics,
)
from av3d.datasets.mcap_ros2.index import Topic
from av3d.datasets.mcap_ros2.messages import CAMERA_INFO, definition
from av3d.datasets.registry import open_log
from av3d.geometry.se3 import SE3

ENCODE = serialize_dynamic(CAMERA_INFO, definition(CAMERA_INFO))[CAMERA_INFO]
POINTS = np.array([[0.3, -0.2, 2.0], [-0.8, 0.4, 1.5], [0.0, 0.0, 5.0]])
K = [500.0, 0, 320.5, 0, 510.0, 239.5, 0, 0, 1]


def info(write: SimpleNamespace, rectified: bool = False, **changes: Any) -> Intrinsics:
    message = write.camera_info(1, "cam", **{"width": 640, "height": 480, "k": K, **changes})
    rows = np.zeros((0, 6), np.int64)
    return read_intrinsics(
        Topic("/camera_info", CAMERA_INFO, "cam", ENCODE(message), rows, 1), rectified
    )


@pytest.mark.parametrize(
    ("model", "d"),
    [
        ("plumb_bob", [-0.2, 0.05, 0.001, -0.002, 0.01]),
        ("plumb_bob", [-0.2, 0.05, 0.001, -0.002]),
        ("rational_polynomial", [0.4, 0.1, 0.001, -0.002, 0.01, 0.6, 0.2, 0.03]),
        ("rational_polynomial", [0.4, 0.1, 0.001, -0.002, 0.01, 0.6, 0.2, 0.03, 0, 0, 0, 0]),
    ],
)
def test_lenses_project_as_opencv_does(write: SimpleNamespace, model: str, d: list[float]) -> None:
    camera = info(write, distortion_model=model, d=d).camera
    expected, _ = cv2.projectPoints(
        POINTS, np.zeros(3), np.zeros(3), np.reshape(K, (3, 3)), np.array(d)
    )
    assert camera.project(POINTS)[0] == pytest.approx(expected.reshape(-1, 2), abs=1e-6)


def test_equidistant_lenses_project_as_opencv_does(write: SimpleNamespace) -> None:
    d = [0.05, -0.01, 0.003, -0.001]
    camera = info(write, distortion_model="equidistant", d=d).camera
    expected, _ = cv2.fisheye.projectPoints(
        POINTS[None], np.zeros(3), np.zeros(3), np.reshape(K, (3, 3)), np.array(d)
    )
    assert camera.project(POINTS)[0] == pytest.approx(expected.reshape(-1, 2), abs=1e-6)


def test_rectified_images_use_p_and_no_distortion(write: SimpleNamespace) -> None:
    p = [400.0, 0, 300.0, 0, 0, 410.0, 200.0, 0, 0, 0, 1, 0]
    found = info(write, rectified=True, d=[-0.2, 0.1, 0, 0, 0], p=p)
    assert found.camera.project([[1.0, 1.0, 2.0]])[0].tolist() == [[500.0, 405.0]]


def test_rectified_images_are_turned_by_r(write: SimpleNamespace) -> None:
    turned = SE3.from_euler(0.01, -0.02, 0.005, (0, 0, 0))
    r, p = turned.rotation, [400.0, 0, 300.0, 0, 0, 410.0, 200.0, 0, 0, 0, 1, 0]
    found = info(write, rectified=True, r=r.ravel().tolist(), p=p)
    seen = found.frame_SE3_camera.inverse().transform(POINTS)
    assert seen == pytest.approx(POINTS @ r.T, abs=1e-9)


def test_the_second_camera_of_a_pair_is_set_aside(write: SimpleNamespace) -> None:
    p = [400.0, 0, 300.0, -400.0 * 0.12, 0, 400.0, 200.0, 0, 0, 0, 1, 0]
    found = info(write, rectified=True, p=p)
    assert found.baseline_m == pytest.approx((0.12, 0.0))


def test_binned_images_are_smaller(write: SimpleNamespace) -> None:
    camera = info(write, binning_x=2, binning_y=2).camera
    assert (camera.width_px, camera.height_px) == (320, 240)
    full, _ = info(write).camera.project(POINTS)
    assert camera.project(POINTS)[0] == pytest.approx((full + 0.5) / 2 - 0.5)


def test_a_region_of_interest_moves_the_principal_point(write: SimpleNamespace) -> None:
    roi = {"x_offset": 100, "y_offset": 40, "width": 200, "height": 150, "do_rectify": True}
    camera = info(write, roi=roi).camera
    assert (camera.width_px, camera.height_px, camera.cx_px, camera.cy_px) == (
        200,
        150,
        220.5,
        199.5,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"k": [0.0] * 9}, "the camera is not calibrated"),
        ({"k": [float("nan"), *K[1:]]}, "not a finite number"),
        ({"distortion_model": "swirl", "d": [1.0]}, "distortion model 'swirl' is not known"),
        ({"d": [float("inf")] * 5}, "a distortion coefficient is not finite"),
        ({"distortion_model": "rational_polynomial", "d": [0.1] * 14}, "thin prisms"),
        ({"distortion_model": "equidistant", "d": [0.1] * 5}, "5 coefficients of a fisheye lens"),
        ({"width": 0}, "0x480 px"),
        ({"width": 2**31}, "2147483648x480 px"),
    ],
)
def test_a_calibration_that_no_camera_has_is_an_error(
    write: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(CalibrationError, match=words):
        info(write, **changes)


def test_a_frame_is_optical_by_name_or_if_its_z_does_not_point_up() -> None:
    looks_ahead = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.zeros(3))
    assert is_optical("cam", looks_ahead)
    assert not is_optical("camera_link", SE3.from_yaw(1.0, (0, 0, 0)))
    assert is_optical("sky_optical_frame", SE3.identity())


def test_a_camera_that_is_not_calibrated_is_left_out_with_a_note(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    broken = write.camera_info(1, "front_optical", k=[0.0] * 9)
    log = open_log(write.small_bag(tmp_path / "drive.mcap", info=lambda: broken))
    assert list(log.cameras) == []
    assert "the camera is not calibrated (K is 0), /front/camera_info" in " ".join(log.notes)
