import numpy as np
import pytest

from av3d.calibration.rig import BODY_SE3_OPTICAL
from av3d.doctor.placement import named_azimuth_rad, oddities
from av3d.geometry.se3 import SE3

LEVEL = SE3(BODY_SE3_OPTICAL.rotation, np.array([1.5, 0.0, 1.6]))


def turned(degrees: float) -> SE3:
    return SE3.from_yaw(np.radians(degrees), np.zeros(3)) @ LEVEL


@pytest.mark.parametrize(
    ("name", "degrees"),
    [
        ("front", 0),
        ("CAM_FRONT_LEFT", 45),
        ("ring_side_right", -90),
        ("camera-rear-right", -135),
        ("stereo_front_left", 0),
        ("backLeft", 135),
        ("back", 180),
    ],
)
def test_names_say_where_cameras_look(name, degrees):
    azimuth = named_azimuth_rad(name)
    assert azimuth is not None
    assert np.degrees(azimuth) == pytest.approx(degrees)


@pytest.mark.parametrize("name", ["image_02", "cam0", "left_right", "top"])
def test_other_names_do_not(name):
    assert named_azimuth_rad(name) is None


def test_a_level_camera_that_looks_where_its_name_says_is_not_odd():
    assert oddities("front", LEVEL) == []
    assert oddities("front_left", turned(55)) == []


def test_a_camera_that_looks_elsewhere_is_odd():
    assert oddities("back", LEVEL) == ["it looks 180 deg away from what its name says"]


def test_a_mount_of_the_body_frame_looks_up():
    body = SE3(np.eye(3), LEVEL.translation_m)
    assert oddities("front", body) == ["it looks 90 deg up"]


def test_an_image_on_its_head_is_odd():
    rolled = SE3(BODY_SE3_OPTICAL.rotation @ np.diag([-1.0, -1.0, 1.0]), LEVEL.translation_m)
    assert oddities("front", rolled) == ["its images are rolled by 180 deg"]


def test_a_camera_below_the_road_is_odd():
    below = SE3(BODY_SE3_OPTICAL.rotation, np.array([0.0, 0.0, -1.7]))
    assert oddities("cam0", below) == ["it is -1.7 m above the origin of the ego frame"]
