from dataclasses import replace

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount
from av3d.doctor.hypotheses import Mistake
from av3d.doctor.mounts import CHECK_IDS, ImageSize, Intrinsics, LidarPlace, UsualMistakes
from av3d.geometry.se3 import SE3

MS = 1_000_000
TIMES = np.arange(0, 4000, 100) * MS


def test_every_mistake_has_a_check_that_names_it():
    assert set(CHECK_IDS) == set(Mistake)


def test_images_twice_as_large_get_intrinsics_twice_as_large(make, Images):
    log = make(cameras={"front": Images(TIMES, size=(96, 128))})
    [found] = ImageSize().examine(log)
    assert found.what == "images are 128x96 px, the calibration is for 64x48"
    camera = found.cameras["front"].camera
    assert (camera.width_px, camera.fx_px, camera.cx_px) == (128, 100.0, 63.5)


def test_intrinsics_that_fit_the_images_are_kept_where_only_the_size_is_wrong(make, Images):
    log = make(cameras={"front": Images(TIMES, size=(96, 128))})
    mount = log.rig.camera("front")
    wrong = replace(
        mount, camera=replace(mount.camera, fx_px=100, fy_px=100, cx_px=63.5, cy_px=47.5)
    )
    [found] = ImageSize().examine(log.with_rig(replace(log.rig, cameras={"front": wrong})))
    camera = found.cameras["front"].camera
    assert (camera.width_px, camera.fx_px, camera.cx_px) == (128, 100, 63.5)


def test_images_of_the_right_size_have_no_finding(make):
    assert list(ImageSize().examine(make())) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fx_px": 1e9}, "fx is 1e+09 px for images 64 px wide"),
        ({"fy_px": 90.0}, "fx is 50 px and fy 90 px"),
        ({"cx_px": 960.0}, "the principal point (960, 23.5) px is not on the image of 64x48 px"),
    ],
)
def test_intrinsics_that_cannot_be_are_a_warning(make, change, words):
    log = make()
    mount = log.rig.camera("front")
    wrong = replace(mount, camera=replace(mount.camera, **change))
    assert list(Intrinsics().examine(log)) == []
    [found] = Intrinsics().examine(log.with_rig(replace(log.rig, cameras={"front": wrong})))
    assert found.what == words


def test_a_lidar_above_the_ground_has_no_finding(make):
    assert list(LidarPlace().examine(make())) == []


def test_an_inverted_lidar_is_named_and_its_inverse_proposed(make):
    log = make()
    right = log.rig.lidar("top").ego_SE3_lidar
    rig = replace(log.rig, lidars={"top": LidarMount(right.inverse())})
    [found] = LidarPlace().examine(log.with_rig(rig))
    assert found.fix == "the extrinsic looks inverted: take its inverse"
    assert found.lidars["top"].ego_SE3_lidar.translation_m == pytest.approx([0.0, 0.0, 1.9])


def test_a_camera_without_images_that_looks_up_is_named_from_its_mount(make):
    log = make(cameras={})
    mount = log.rig.camera("front")
    body = SE3(np.eye(3), mount.ego_SE3_camera.translation_m)
    rig = replace(log.rig, cameras={"front": replace(mount, ego_SE3_camera=body)})
    [found] = UsualMistakes().examine(log.with_rig(rig))
    assert found.check == "calibration.optical-frame"
    assert found.cameras["front"].ego_SE3_camera.angle_to_rad(mount.ego_SE3_camera) < 1e-9
