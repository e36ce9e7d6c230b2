"""Camera channel names by viewing direction."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.nuscenes.channels import camera_channels
from av3d.geometry.se3 import SE3

CAMERA = Camera(100, 100, 80, 80, 50, 50)
FORWARD = SE3.from_matrix(np.array([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]]))


def channels(azimuths_deg: dict[str, float], pitch_deg: float = 0.0) -> dict[str, str]:
    mounts = {
        name: CameraMount(
            CAMERA,
            SE3.from_euler(0, np.radians(pitch_deg), np.radians(azimuth), np.zeros(3)) @ FORWARD,
        )
        for name, azimuth in azimuths_deg.items()
    }
    rig = Rig("r", {"l": LidarMount(SE3.identity())}, mounts)
    return camera_channels(rig, list(azimuths_deg))


def test_six_cameras_around_the_vehicle() -> None:
    assert channels(
        {"front_camera": 0, "front_left": 45, "left": 100, "back": 180, "right": -100,
         "front_right": -45}
    ) == {
        "front_camera": "CAM_FRONT", "front_left": "CAM_FRONT_LEFT", "left": "CAM_BACK_LEFT",
        "back": "CAM_BACK", "right": "CAM_BACK_RIGHT", "front_right": "CAM_FRONT_RIGHT",
    }  # fmt: skip


def test_of_a_stereo_pair_the_first_is_the_front_camera() -> None:
    assert channels({"image_2": -0.4, "image_3": 0.1}) == {
        "image_2": "CAM_FRONT", "image_3": "CAM_IMAGE_3",
    }  # fmt: skip


def test_a_camera_that_looks_sideways_between_two_names_gets_one_of_them() -> None:
    assert channels({"left": 80}) == {"left": "CAM_FRONT_LEFT"}


def test_backward_looking_cameras_on_both_sides_of_180_degrees() -> None:
    assert channels({"a": 179}) == channels({"a": -179}) == {"a": "CAM_BACK"}


def test_a_camera_that_looks_down_keeps_its_own_name() -> None:
    assert channels({"bonnet": 0}, pitch_deg=70) == {"bonnet": "CAM_BONNET"}


def test_official_names_are_kept_whatever_they_look_at() -> None:
    assert channels({"CAM_BACK": 0, "other": 1}) == {"CAM_BACK": "CAM_BACK", "other": "CAM_FRONT"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "stereo right", "stereo-right"], ["CAM_STEREO_RIGHT", "CAM_STEREO_RIGHT_2"]),
        (["a", "ß", "ü"], ["CAM_SS", "CAM_OTHER"]),
        (["a", "front", "back"], ["CAM_FRONT_2", "CAM_BACK_2"]),
    ],
)
def test_other_names_are_plain_and_unique(names: list[str], expected: list[str]) -> None:
    assert list(channels(dict.fromkeys(names, 0.0)).values()) == ["CAM_FRONT", *expected]
