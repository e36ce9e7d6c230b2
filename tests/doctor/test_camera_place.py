from dataclasses import replace

import numpy as np

from av3d.doctor.camera_place import CameraPlace
from av3d.doctor.finding import Severity
from av3d.geometry.se3 import SE3


def moved(log, place_m):
    mount = log.rig.camera("front")
    pose = SE3(mount.ego_SE3_camera.rotation, np.array(place_m))
    return log.with_rig(replace(log.rig, cameras={"front": replace(mount, ego_SE3_camera=pose)}))


def test_a_camera_on_the_vehicle_has_no_finding(make):
    assert list(CameraPlace().examine(make())) == []


def test_a_camera_at_the_origin_on_the_ground_is_a_warning(make):
    [found] = CameraPlace().examine(moved(make(), [0.0, 0.0, 0.0]))
    assert found.severity is Severity.WARNING
    assert found.what.startswith("it sits at the origin of the ego frame, (0, 0, 0); it is +0.0 m")


def test_a_camera_on_the_ground_is_a_warning(make):
    [found] = CameraPlace().examine(moved(make(), [1.5, 0.0, 0.05]))
    assert "m above the ground" in found.what


def test_an_ego_frame_whose_origin_is_the_camera_has_no_finding(make):
    log = moved(make(), [0.0, 0.0, 0.0])
    lidar = replace(log.rig.lidar("top"), ego_SE3_lidar=SE3.from_yaw(0.0, np.array([0, 0, 0.3])))
    assert list(CameraPlace().examine(log.with_rig(replace(log.rig, lidars={"top": lidar})))) == []
