import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.pinhole import NOWHERE_PX, pinhole_in_place_of, remap_tables

LEFT = Camera(960, 540, 465.2, 465.0, 495.8, 270.8, BrownConrady(-0.158, -0.027, -2e-4, 6e-4))
# 160 degrees from side to side of the image.
FISHEYE = Camera(720, 720, 262.0, 262.2, 361.3, 357.6, KannalaBrandt(-0.0105, 0.0023, -0.0011))
NARROW = Camera(960, 540, 600.0, 601.0, 470.0, 280.0, KannalaBrandt(0.01, -0.002))
DISK = Camera(1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 4e-4))


def test_a_lens_that_bends_the_plane_keeps_its_matrix():
    found = pinhole_in_place_of(LEFT)
    assert found.camera == Camera(960, 540, 465.2, 465.0, 495.8, 270.8)
    assert not found.is_cut


@pytest.mark.parametrize("source", [FISHEYE, DISK], ids=["fisheye", "disk"])
def test_a_view_that_is_too_wide_is_cut_to_120_degrees(source):
    found = pinhole_in_place_of(source)
    assert found.is_cut
    assert np.degrees(found.source_view_rad) > 150
    assert np.degrees(found.view_rad) == pytest.approx(120)
    left, right = found.camera.unproject([(-0.5, 300), (source.width_px - 0.5, 300)])
    assert np.degrees(np.arctan2(-left[0], left[2])) == pytest.approx(60)
    assert np.degrees(np.arctan2(right[0], right[2])) == pytest.approx(60)


def test_a_narrow_fisheye_keeps_all_of_its_middle_row():
    found = pinhole_in_place_of(NARROW)
    assert not found.is_cut
    middle = (NARROW.height_px - 1) / 2
    ends = NARROW.unproject([(-0.5, middle), (NARROW.width_px - 0.5, middle)])
    np.testing.assert_allclose(
        found.camera.project(ends)[0][:, 0], [-0.5, NARROW.width_px - 0.5], atol=1e-9
    )


@pytest.mark.parametrize("source", [LEFT, FISHEYE, NARROW, DISK])
def test_a_pixel_of_the_pinhole_comes_from_where_the_source_sees_its_ray(source):
    target = pinhole_in_place_of(source).camera
    turn = cv2.Rodrigues(np.array([0.02, 0.01, -0.03]))[0]
    x, y = remap_tables(source, target, turn)
    for u, v in [(100, 80), (500, 300), (target.width_px - 20, target.height_px - 30)]:
        if x[v, u] == NOWHERE_PX:
            continue
        ray = turn @ source.unproject([x[v, u], y[v, u]])
        np.testing.assert_allclose(target.project(ray)[0], [u, v], atol=1e-3)


def test_tables_are_those_of_opencv():
    target = pinhole_in_place_of(LEFT).camera
    x, y = remap_tables(LEFT, target)
    expected = cv2.initUndistortRectifyMap(
        LEFT.matrix, LEFT.lens.coefficients, np.eye(3), target.matrix, (960, 540), cv2.CV_32FC1
    )
    np.testing.assert_allclose(x, expected[0], atol=1e-3)
    np.testing.assert_allclose(y, expected[1], atol=1e-3)


def test_fisheye_tables_are_those_of_opencv():
    target = pinhole_in_place_of(FISHEYE).camera
    x, y = remap_tables(FISHEYE, target)
    expected = cv2.fisheye.initUndistortRectifyMap(
        FISHEYE.matrix,
        FISHEYE.lens.coefficients,
        np.eye(3),
        target.matrix,
        (720, 720),
        cv2.CV_32FC1,
    )
    np.testing.assert_allclose(x, expected[0], atol=1e-3)
    np.testing.assert_allclose(y, expected[1], atol=1e-3)


def test_what_the_source_does_not_see_comes_from_nowhere():
    narrow = Camera(960, 540, 900.0, 900.0, 480.0, 270.0, BrownConrady(k1=-3.0))
    x, _ = remap_tables(narrow, Camera(960, 540, 300.0, 300.0, 480.0, 270.0))
    assert x[270, 480] == pytest.approx(480)
    assert (x[:, [0, -1]] == NOWHERE_PX).all()
