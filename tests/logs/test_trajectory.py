import numpy as np
import pytest

from av3d.geometry.se3 import SE3
from av3d.logs.rhythm import SynchronisationError
from av3d.logs.trajectory import Trajectory, TrajectoryError

MS = 1_000_000
T0 = 1_557_539_924_000_000_000


def drive(*times_ms: int) -> Trajectory:
    """10 m/s along x, turning by .1 rad/s on a slope, from T0."""
    poses = SE3.stack([SE3.from_euler(0.1, 0.2, t * 1e-4, [t * 0.01, 0, 0]) for t in times_ms])
    return Trajectory([T0 + t * MS for t in times_ms], poses, source="poses.json")


def test_samples_are_met_and_between_them_the_way_is_straight():
    trajectory = drive(0, 100, 200)
    assert trajectory.at(T0 + 100 * MS).translation_m[0] == pytest.approx(1.0)
    between = trajectory.at(T0 + 150 * MS)
    assert between.translation_m[0] == pytest.approx(1.5)
    np.testing.assert_allclose(between.roll_pitch_yaw_rad, [0.1, 0.2, 0.015], atol=1e-9)


def test_lost_samples_do_not_bend_the_way():
    assert drive(0, 100, 500).at(T0 + 300 * MS).translation_m[0] == pytest.approx(3.0)


def test_a_little_past_the_ends_it_goes_on_at_the_same_velocity():
    trajectory = drive(0, 100)
    assert trajectory.at(T0 - 100 * MS).translation_m[0] == pytest.approx(-1.0)
    assert trajectory.at(T0 + 300 * MS).translation_m[0] == pytest.approx(3.0)
    assert trajectory.covers(T0 + 300 * MS)
    assert not trajectory.covers(T0 + 301 * MS)


@pytest.mark.parametrize("time_ns", [T0 - 201 * MS, T0 + 301 * MS, 0, 2**63 - 1, -(2**63)])
def test_further_out_is_an_error(time_ns):
    with pytest.raises(TrajectoryError, match=r"outside the ego poses, limit 200 ms, poses\.json"):
        drive(0, 100).at(time_ns)
    with pytest.raises(TrajectoryError):
        drive(0, 100).at([T0, time_ns])


def test_many_times_keep_their_shape():
    trajectory = drive(0, 100, 200)
    times = T0 + np.arange(6).reshape(2, 3) * 30 * MS
    poses = trajectory.at(times)
    assert poses.shape == (2, 3)
    np.testing.assert_allclose(
        poses.translation_m[1, 2], trajectory.at(int(times[1, 2])).translation_m
    )
    assert trajectory.at(np.zeros(0, dtype=np.int64)).shape == (0,)


def test_one_pose_stands_still():
    trajectory = drive(50)
    assert trajectory.at(T0).translation_m[0] == 0.5
    assert trajectory.at([T0, T0 + MS]).shape == (2,)
    assert trajectory.length_m() == 0


def test_without_poses_the_ego_frame_is_the_world_frame_at_all_times():
    trajectory = Trajectory.identity()
    assert trajectory.is_identity
    assert trajectory.covers(T0)
    assert trajectory.at(T0) == SE3.identity()
    assert trajectory.at([0, T0, 2**62]).shape == (3,)


def test_the_length_is_that_of_the_way():
    assert drive(0, 100, 200).length_m() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("times", "count", "message"),
    [
        ([], 0, "no ego poses"),
        ([1, 2], 3, "2 timestamps for"),
        ([5 * MS, 2 * MS], 2, "pose 1 is 3.000 ms before pose 0"),
        ([5, 5], 2, "pose 1 has the same time as pose 0"),
        ([-(2**63), 2**63 - 1, 0], 3, "pose 2 is"),
    ],
)
def test_poses_that_are_no_trajectory_are_refused(times, count, message):
    with pytest.raises(TrajectoryError, match=message):
        Trajectory(np.array(times, dtype=np.int64), SE3.identity((count,)), source="poses.json")


def test_times_in_seconds_are_refused():
    with pytest.raises(SynchronisationError, match="whole numbers of nanoseconds, got float64"):
        Trajectory([0.0, 0.1], SE3.identity((2,)))
