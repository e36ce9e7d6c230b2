from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount
from av3d.calibration.rig_toml import read_rig
from av3d.doctor.hypotheses import (
    Mistake,
    clock_hypotheses,
    extrinsic_hypotheses,
    intrinsic_hypotheses,
)
from av3d.geometry.se3 import SE3

RIG = read_rig(Path(__file__).parents[2] / "sample_logs/crossing/rig.toml")
RIGHT = RIG.camera("left")
POSE = RIGHT.ego_SE3_camera


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        (Mistake.INVERTED, POSE.inverse()),
        (Mistake.TRANSPOSED, SE3(POSE.rotation.T, POSE.translation_m)),
        (Mistake.BODY_FRAME, SE3(POSE.rotation @ BODY_SE3_OPTICAL.rotation.T, POSE.translation_m)),
        (
            Mistake.QUATERNION,
            SE3.from_quaternion(np.roll(POSE.quaternion_wxyz, 1), POSE.translation_m),
        ),
        (
            Mistake.QUATERNION,
            SE3.from_quaternion(np.roll(POSE.quaternion_wxyz, -1), POSE.translation_m),
        ),
        (Mistake.AXES, SE3(POSE.rotation[:, [1, 2, 0]], POSE.translation_m)),
    ],
)
def test_undoing_a_mistake_gives_the_right_mount_back(mistake, wrong):
    given = replace(RIGHT, ego_SE3_camera=wrong)
    undone = [
        hypothesis.mistake
        for hypothesis in extrinsic_hypotheses(RIG, "left", given)
        if np.allclose(hypothesis.mount.ego_SE3_camera.matrix, POSE.matrix, atol=1e-6)
    ]
    assert undone == [mistake]


def test_the_extrinsic_of_another_camera_is_among_them():
    details = [
        h.detail for h in extrinsic_hypotheses(RIG, "left", RIGHT) if h.mistake.name == "EXCHANGED"
    ]
    assert details == ["front", "right", "back"]


def test_intrinsics_of_half_the_size_are_doubled():
    camera = RIGHT.camera
    small = camera.scaled(camera.width_px // 2, camera.height_px // 2)
    given = replace(
        RIGHT, camera=replace(small, width_px=camera.width_px, height_px=camera.height_px)
    )
    doubled = [h.mount.camera for h in intrinsic_hypotheses(given) if "0.5 times" in h.detail]
    assert [round(found.fx_px, 6) for found in doubled] == [camera.fx_px]
    assert [round(found.cx_px, 6) for found in doubled] == [camera.cx_px]


def test_a_camera_with_a_lens_may_have_rectified_images():
    lens = BrownConrady(k1=-0.3)
    given = CameraMount(Camera(640, 480, 500, 500, 320, 240, lens=lens), SE3.identity())
    mistakes = [h.mistake for h in intrinsic_hypotheses(given)]
    assert Mistake.RECTIFIED in mistakes
    assert Mistake.OTHER_LENS in mistakes
    assert Mistake.NO_LENS not in mistakes


def test_clocks_are_off_by_tens_of_milliseconds_or_one_image():
    offsets = [h.mount.clock_offset_ns / 1e6 for h in clock_hypotheses(RIGHT, 66_000_000)]
    assert {-100, -10, 10, 50, 66, -66, 100} <= set(offsets)
    assert 0 not in offsets
