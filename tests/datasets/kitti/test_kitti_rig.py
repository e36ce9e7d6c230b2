"""A rig from a calibration file alone."""

import os
from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.kitti import OBJECT, TRACKING

pytestmark = pytest.mark.skipif(
    "AV3D_REAL_DATA" not in os.environ, reason="set AV3D_REAL_DATA to the folder with real data"
)


def training(benchmark: str) -> Path:
    return Path(os.environ["AV3D_REAL_DATA"]) / benchmark / "training"


@pytest.mark.parametrize(
    ("benchmark", "name", "kind"),
    [("kitti_tracking", "0001", TRACKING), ("kitti_object", "000001", OBJECT)],
)
def test_it_is_the_rig_of_the_log(benchmark, name, kind):
    path = training(benchmark) / "calib" / f"{name}.txt"
    assert OBJECT.recognise_rig(path)
    rig, log = OBJECT.read_rig(path), kind.open(path)
    for camera in log.rig.cameras:
        ours = rig.cameras[camera.replace("image_2", "image_02").replace("image_3", "image_03")]
        theirs = log.rig.camera(camera)
        np.testing.assert_allclose(ours.ego_SE3_camera.matrix, theirs.ego_SE3_camera.matrix)
        assert (ours.camera.width_px, ours.camera.fx_px) == (
            theirs.camera.width_px if log.cameras.get(camera) else ours.camera.width_px,
            theirs.camera.fx_px,
        )


def test_label_files_are_no_calibration():
    assert not OBJECT.recognise_rig(training("kitti_tracking") / "label_02" / "0001.txt")
    assert not OBJECT.recognise_rig(training("kitti_tracking"))
