"""Trajectories of other tools, and of other frames than the ego frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.calibration.rig_toml import read_rig
from av3d.datasets.folder.trajectory_tum import read_tum
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3

START_NS = 1_700_000_000_000_000_000
HALF = 0.5**0.5


def test_tum_lines_are_seconds_and_quaternions_with_w_last(tmp_path: Path) -> None:
    path = tmp_path / "trajectory.txt"
    path.write_text(
        "# timestamp tx ty tz qx qy qz qw\n"
        "1700000000.000000001 1 2 3 0 0 0 1\n"
        f"1700000000.100000000  4\t5 6 0 0 {HALF} {HALF}\n"
    )
    poses = read_tum(path)
    assert poses.timestamps_ns.tolist() == [START_NS + 1, START_NS + 100_000_000]
    assert poses.world_SE3_ego.translation_m.tolist() == [[1, 2, 3], [4, 5, 6]]
    yaw = np.rad2deg(poses.world_SE3_ego[1].roll_pitch_yaw_rad[2])
    assert abs(float(yaw) - 90) < 1e-6


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,tx,ty,tz,qx,qy,qz,qw",
        "time,x,y,z,q_x,q_y,q_z,q_w",
        "time_s,pos_x,pos_y,pos_z,quat_x,quat_y,quat_z,quat_w",
        "Stamp, p_x, p_y, p_z, qx, qy, qz, qw",
    ],
)
def test_a_csv_file_with_other_names_is_read_by_its_header(log_folder: Path, header: str) -> None:
    rows = [f"170000000{t},{t},0,0,0,0,0,1" for t in range(2)]
    (log_folder / "trajectory.csv").write_text("\n".join([header, *rows]))
    log = av3d.open_log(log_folder)
    assert log.world_SE3_ego(START_NS + 500_000_000).translation_m.tolist() == [0.5, 0, 0]


def test_the_poses_may_be_those_of_a_sensor(log_folder: Path) -> None:
    settings = log_folder / "log.toml"
    before = av3d.open_log(log_folder).world_SE3_ego(START_NS)
    mount = read_rig(log_folder / "rig.toml").lidars["top"].ego_SE3_lidar
    world_SE3_top = before @ mount
    line = [START_NS, *world_SE3_top.translation_m, *np.roll(world_SE3_top.quaternion_wxyz, -1)]
    (log_folder / "trajectory.csv").unlink()
    (log_folder / "trajectory.tum").write_text(" ".join(map(str, line)))
    settings.write_text('trajectory_of = "top"\n' + settings.read_text("utf-8"), "utf-8")
    after = av3d.open_log(log_folder).world_SE3_ego(START_NS)
    np.testing.assert_allclose(after.matrix, before.matrix, atol=1e-9)
    settings.write_text(settings.read_text("utf-8").replace('of = "top"', 'of = "roof"'), "utf-8")
    with pytest.raises(Av3dError, match=r"trajectory_of is 'roof'.*write one of: top front"):
        av3d.open_log(log_folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no ego poses"),
        ("1 2 3", "line 1 has 3 values, expected timestamp tx ty tz qx qy qz qw"),
        ("1.0 0 0 0 0 0 0 0", "the quaternion of pose 0 is zero"),
        ("1.0 0 0 0 0 0 0 one", "line 1: a value is not a finite number"),
        ("# c\n\n1.0 0 0 nan 0 0 0 1", "line 3: a value is not a finite number"),
        ("time x y z\n1 2 3 4", "has not all columns of a trajectory"),
        ("noon 0 0 0 0 0 0 1", "has not all columns of a trajectory"),
        ("2.5 0 0 0 0 0 0 1\n1.5 0 0 0 0 0 0 1", "pose times do not increase"),
    ],
)
def test_poses_that_are_wrong_are_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "trajectory.txt").write_text(text)
    with pytest.raises(Av3dError, match=message) as caught:
        read_tum(tmp_path / "trajectory.txt")
    assert "\n" not in str(caught.value)


def test_two_trajectories_are_refused(log_folder: Path) -> None:
    (log_folder / "trajectory.txt").write_text("")
    with pytest.raises(Av3dError, match=r"two trajectories, trajectory.csv and trajectory.txt"):
        av3d.open_log(log_folder)


def test_a_trajectory_that_stands_still_has_the_identity(log_folder: Path) -> None:
    (log_folder / "trajectory.csv").unlink()
    pose = av3d.open_log(log_folder).world_SE3_ego(START_NS)
    assert np.array_equal(pose.matrix, SE3.identity().matrix)
