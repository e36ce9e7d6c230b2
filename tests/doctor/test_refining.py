from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.doctor import refining
from av3d.doctor.refining import refine_cameras
from av3d.geometry.se3 import SE3

CROSSING = Path(__file__).parents[2] / "sample_logs/crossing"
FRAMES = [3, 12, 21, 31]


@pytest.fixture
def four_frames(monkeypatch):
    monkeypatch.setattr(refining, "_frames", lambda log, cameras: FRAMES)


def by_turned_lidar(log, yaw_deg):
    mount = log.rig.lidar("top")
    pose = SE3.from_yaw(np.radians(yaw_deg), np.zeros(3)) @ mount.ego_SE3_lidar
    return log.with_rig(replace(log.rig, lidars={"top": replace(mount, ego_SE3_lidar=pose)}))


def test_a_camera_that_lines_up_is_refined(four_frames):
    [result] = refine_cameras(av3d.open_log(CROSSING), ["left"])
    assert result.refined is not None
    assert result.refined.at_end is False


@pytest.mark.parametrize("yaw_deg", [3, 90])
def test_what_is_beyond_the_range_of_refinement_is_refused(four_frames, yaw_deg):
    [result] = refine_cameras(by_turned_lidar(av3d.open_log(CROSSING), yaw_deg), ["left"])
    assert result.refined is None
    assert "check the log without --refine first" in result.text()


def test_two_images_are_refused(monkeypatch):
    monkeypatch.setattr(refining, "_frames", lambda log, cameras: [3, 12])
    [result] = refine_cameras(av3d.open_log(CROSSING), ["left"])
    assert result.text() == "left: not refined, it has 2 of the 3 images that are needed"
