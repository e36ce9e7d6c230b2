from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.geometry.se3 import SE3
from av3d.logs.compensation import as_shot_m, compensated
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory, TrajectoryError

MS = 1_000_000
MOUNT = SE3.from_euler(0.02, -0.03, 0.5, [1.2, -0.1, 1.9])


def a_sweep(stamp_ns, seed=0, count=400):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-80, 80, (count, 3)).astype(np.float32)
    offset_ns = rng.integers(-50 * MS, 50 * MS, count)
    return Sweep("top", stamp_ns, points, None, offset_ns)


def driving(speed_m_s, turn_rad_s, step_ms=10, jitter_m=0.0, seed=0):
    """Far from the origin, pitched and rolled, on a circle."""
    times_ms = np.arange(0, 501, step_ms)
    noise = np.random.default_rng(seed).normal(0, jitter_m, (len(times_ms), 3))
    poses = []
    for t, shift in zip(times_ms / 1000, noise, strict=True):
        way = [4e5 + speed_m_s * t, 5e6, 30 + 0.5 * speed_m_s * t]
        poses.append(SE3.from_euler(0.04, -0.08, turn_rad_s * t, np.array(way) + shift))
    return Trajectory(times_ms * MS, SE3.stack(poses))


def exact_m(sweep, trajectory):
    """Each point by its own pose."""
    world_SE3_shot = trajectory.at(sweep.timestamp_ns + sweep.time_offset_ns) @ MOUNT
    stamp_SE3_world = (trajectory.at(sweep.timestamp_ns) @ MOUNT).inverse()
    return (stamp_SE3_world @ world_SE3_shot).transform(sweep.points_m[:, None])[:, 0]


@given(
    speed=st.floats(-30, 30),
    turn=st.floats(-1, 1),
    step_ms=st.sampled_from([2, 10, 37, 100]),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
def test_points_are_within_a_millimetre_of_exact_poses(speed, turn, step_ms, seed):
    trajectory = driving(speed, turn, step_ms, jitter_m=0.005, seed=seed)
    sweep = a_sweep(250 * MS, seed)
    moved = compensated(sweep, trajectory, MOUNT)
    assert moved.motion_compensated
    assert np.abs(moved.points_m - exact_m(sweep, trajectory)).max() < 1e-3


def test_what_stands_still_coincides_however_the_sweeps_were_taken():
    trajectory = driving(20, 0.8)
    post = np.array([4e5 + 30.0, 5e6 + 4.0, 31.0])
    places = []
    for stamp in (150 * MS, 250 * MS):
        offset_ns = np.array([-40, 0, 45]) * MS
        shot_SE3_world = (trajectory.at(stamp + offset_ns) @ MOUNT).inverse()
        points = shot_SE3_world.transform(np.tile(post, (3, 1, 1)))[:, 0].astype(np.float32)
        moved = compensated(Sweep("top", stamp, points, None, offset_ns), trajectory, MOUNT)
        places.append((trajectory.at(stamp) @ MOUNT).transform(moved.points_m))
    np.testing.assert_allclose(np.concatenate(places), np.tile(post, (6, 1)), atol=1e-4)


def test_shots_are_found_again_from_compensated_points():
    trajectory, sweep = driving(25, -0.9), a_sweep(200 * MS)
    moved = compensated(sweep, trajectory, MOUNT)
    np.testing.assert_allclose(as_shot_m(moved, trajectory, MOUNT), sweep.points_m, atol=2e-4)
    assert as_shot_m(sweep, trajectory, MOUNT) is sweep.points_m


def test_there_is_nothing_to_do_without_times_without_poses_or_for_compensated_points():
    trajectory, sweep = driving(20, 0.5), a_sweep(200 * MS)
    for given_, path in (
        (replace(sweep, time_offset_ns=None), trajectory),
        (replace(sweep, motion_compensated=True), trajectory),
        (sweep, Trajectory.identity()),
    ):
        assert compensated(given_, path, MOUNT) is given_


def test_read_only_points_and_empty_sweeps_are_taken():
    trajectory, sweep = driving(20, 0.5), a_sweep(200 * MS)
    sweep.points_m.flags.writeable = False
    assert len(compensated(sweep, trajectory, MOUNT)) == len(sweep)
    none = Sweep("top", 200 * MS, np.zeros((0, 3), np.float32), None, np.zeros(0, np.int64))
    assert len(compensated(none, trajectory, MOUNT)) == 0


def test_times_beyond_the_poses_get_the_nearest_and_absurd_ones_do_no_harm():
    trajectory = driving(20, 0.0)
    points = np.array([[10, 0, 0]] * 3, np.float32)
    sweep = Sweep("top", 500 * MS, points, None, np.array([0, 150 * MS, 2**62]))
    moved = compensated(sweep, trajectory, SE3.identity()).points_m
    assert moved[0] == pytest.approx(points[0], abs=1e-5)
    # 200 ms after the last pose is as far as a trajectory goes on.
    assert np.linalg.norm(moved[1] - points[1]) == pytest.approx(20 * 0.15 * 1.118, rel=1e-3)
    assert np.linalg.norm(moved[2] - points[2]) == pytest.approx(20 * 0.2 * 1.118, rel=1e-3)
    with pytest.raises(TrajectoryError):
        compensated(replace(sweep, timestamp_ns=900 * MS), trajectory, SE3.identity())


def test_points_that_all_have_one_time_since_1970_are_moved_by_the_pose_of_that_time():
    start_ns = 1_700_000_000_000_000_001
    times_ns = start_ns + 100_000_000 * np.arange(3)
    way = np.column_stack([np.arange(3.0), np.zeros(3), np.zeros(3)])
    trajectory = Trajectory(times_ns, SE3.from_yaw(np.zeros(3), way))
    for shift_ns in range(0, 600, 37):
        shot_ns = np.array([40_000_000 + shift_ns])
        points = np.array([[5.0, 0.0, 1.0]], np.float32)
        sweep = Sweep("top", start_ns, points, None, shot_ns)
        moved = compensated(sweep, trajectory, SE3.identity()).points_m
        np.testing.assert_allclose(moved, [[5.4, 0.0, 1.0]], atol=1e-5)
