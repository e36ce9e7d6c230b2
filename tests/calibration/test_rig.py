import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig, RigError
from av3d.geometry.se3 import SE3

LIDAR = LidarMount(SE3.identity())
CAMERA = CameraMount(Camera(640, 480, 500, 500, 320, 240), SE3.identity())


def test_sensors_are_found_by_name_and_keep_their_order():
    rig = Rig("car", {"top": LIDAR}, {"right": CAMERA, "left": CAMERA})
    assert rig.camera("left") is rig.cameras["left"]
    assert rig.lidar("top") is rig.lidars["top"]
    assert list(rig.cameras) == ["right", "left"]


def test_an_unknown_sensor_is_an_error_that_names_those_there_are():
    rig = Rig("car", {"top": LIDAR}, {"left": CAMERA})
    with pytest.raises(RigError, match="no camera 'front', rig car, use one of: left"):
        rig.camera("front")
    with pytest.raises(RigError, match="no LiDAR 'front', rig car, use one of: top"):
        rig.lidar("front")


def test_a_name_cannot_be_both_lidar_and_camera():
    with pytest.raises(RigError, match="'a' is used twice"):
        Rig("car", {"a": LIDAR}, {"a": CAMERA})


def test_a_rig_does_not_change_with_the_mapping_it_was_made_from():
    lidars = {"top": LIDAR}
    rig = Rig("car", lidars, {})
    lidars["other"] = LIDAR
    assert list(rig.lidars) == ["top"]
    with pytest.raises(TypeError):
        rig.lidars["other"] = LIDAR


def test_equal_rigs_are_equal():
    assert Rig("car", {"top": LIDAR}, {}) == Rig("car", {"top": LidarMount(SE3.identity())}, {})
