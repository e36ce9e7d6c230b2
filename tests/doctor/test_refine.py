from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import av3d
from av3d.doctor.alignment import AlignmentError, LogEdges
from av3d.doctor.refine import refine
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory

CROSSING = Path(__file__).parents[2] / "sample_logs/crossing"


@pytest.fixture(scope="module")
def edges() -> LogEdges:
    return LogEdges(av3d.open_log(CROSSING), range(0, 40, 4))


def test_a_mount_that_was_moved_comes_back(edges):
    truth = edges.log.rig.camera("left")
    moved = SE3(
        Rotation.from_rotvec(np.radians(0.58) * np.array([1, -1, 1])).as_matrix(),
        np.array([-0.058, 0.058, 0.058]),
    )
    start = replace(truth, ego_SE3_camera=truth.ego_SE3_camera @ moved)
    refined = refine(edges.log, "left", start=start, edges=edges)
    away = refined.mount.ego_SE3_camera.inverse() @ truth.ego_SE3_camera
    assert np.degrees(away.angle_to_rad(SE3.identity())) < 0.15
    assert np.linalg.norm(away.translation_m) < 0.03
    assert away.angle_to_rad(SE3.identity()) < 3 * refined.rotation_sigma_rad
    assert np.linalg.norm(away.translation_m) < 3 * refined.translation_sigma_m
    assert refined.score_after > 1.5 * refined.score_before
    assert np.degrees(refined.rotation_change_rad) == pytest.approx(1.0, abs=0.15)
    assert refined.mount.clock_offset_ns == truth.clock_offset_ns
    assert refined.time_sigma_ns == 0


def test_the_clock_of_a_vehicle_that_stands_is_refused(edges):
    log = edges.log
    standing = Log(
        name=log.name,
        kind=log.kind,
        path=log.path,
        rig=log.rig,
        trajectory=Trajectory.identity(),
        lidars=log.lidars,
        cameras=log.cameras,
    )
    with pytest.raises(AlignmentError, match="hardly moves"):
        refine(standing, "left", [3, 12], with_time=True)
