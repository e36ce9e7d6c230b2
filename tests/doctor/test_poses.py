import numpy as np
import pytest

from av3d.doctor.poses import Coverage, Frozen, Heading, Jump, NoPoses, Speed
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import Trajectory

ALL = [Jump(), Speed(), Frozen(), Heading(), Coverage(), NoPoses()]


def named(log):
    """IDs of what all checks of poses find."""
    return [finding.check for check in ALL for finding in check.examine(log)]


def braking(times_s, places):
    """Hard braking from 8 m/s to a stop at 2 s, and standing from there on."""
    places[:, 0] = np.where(times_s < 1, 8 * times_s, 0)
    slowing = (times_s >= 1) & (times_s < 2)
    places[slowing, 0] = 8 * times_s[slowing] - 4 * (times_s[slowing] - 1) ** 2
    places[times_s >= 2, 0] = 12.0
    return places


def test_an_even_drive_has_no_finding(make):
    assert named(make()) == []


def test_a_car_that_brakes_and_stands_is_not_frozen(make, trajectory):
    assert named(make(trajectory=trajectory(braking))) == []


def test_a_jump_says_where_and_how_far(make, trajectory):
    def jump(times_s, places):
        places[times_s >= 2.0] += (0.0, 1.5, 0.0)
        return places

    log = make(trajectory=trajectory(jump))
    assert named(log) == ["poses.jump"]
    [found] = Jump().examine(log)
    assert found.what == "the ego pose jumps by 1.50 m within 10 ms"
    assert "2.00 s" in found.where
    assert found.frame == 20


def test_a_single_wrong_pose_is_one_jump(make, trajectory):
    def spike(times_s, places):
        places[200] += (0.0, 0.0, 5.0)
        return places

    assert named(make(trajectory=trajectory(spike))) == ["poses.jump"]


@pytest.mark.parametrize("scale", [100.0, 1000.0])
def test_positions_in_the_wrong_unit_are_a_speed_and_no_jumps(make, trajectory, scale):
    log = make(trajectory=trajectory(lambda _, places: places * scale))
    assert named(log) == ["poses.speed"]


def test_poses_that_stay_while_the_vehicle_moves_are_frozen_and_the_catching_up_is_no_jump(
    make, trajectory
):
    def freeze(times_s, places):
        still = (times_s >= 1.0) & (times_s < 1.6)
        places[still] = places[np.argmax(still)]
        return places

    log = make(trajectory=trajectory(freeze))
    assert named(log) == ["poses.frozen"]
    [found] = Frozen().examine(log)
    assert found.numbers["frozen_s"] == pytest.approx(0.59)
    assert found.numbers["speed_m_s"] == pytest.approx(8.0)


def test_a_slow_vehicle_that_catches_up_was_frozen(make, trajectory):
    def freeze(times_s, places):
        places[:, 0] = 0.6 * times_s
        still = (times_s >= 1.0) & (times_s < 2.0)
        places[still] = places[np.argmax(still)]
        return places

    assert named(make(trajectory=trajectory(freeze))) == ["poses.frozen"]


def test_a_vehicle_that_moves_sideways_has_a_wrong_orientation(make, trajectory):
    log = make(trajectory=trajectory(yaw_rad=np.pi / 2))
    assert named(log) == ["poses.heading"]


def test_a_vehicle_may_drive_backwards(make, trajectory):
    assert named(make(trajectory=trajectory(yaw_rad=np.pi))) == []


def test_poses_that_end_before_the_log_are_counted_per_stream(make, trajectory):
    whole = trajectory()
    short = Trajectory(whole.timestamps_ns[:200], whole.world_SE3_ego[:200])
    found = list(Coverage().examine(make(trajectory=short)))
    assert [finding.where for finding in found] == ["LiDAR top", "camera front"]
    assert found[0].what.startswith("19 of 40 times have no ego pose, up to 2.0 s after the last")


def test_a_log_without_poses_is_a_note(make):
    assert named(make(trajectory=Trajectory.identity())) == ["poses.none"]


def test_poses_that_are_microseconds_apart_and_rounded_are_no_speed(make, trajectory):
    whole = trajectory()
    times_ns = np.sort(np.concatenate([whole.timestamps_ns, whole.timestamps_ns + 3000]))
    poses = whole.at_nearest(times_ns)
    rounded = SE3(poses.rotation, poses.translation_m.round(2))
    assert named(make(trajectory=Trajectory(times_ns, rounded))) == []
