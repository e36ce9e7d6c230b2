"""Sweeps joined in the ego frame of one: an ego that drives at 10 m/s past a wall, behind a car."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.accumulation import (
    MovingPoints,
    Occupant,
    accumulated_cloud,
    carried_points,
    points_in_cuboids,
    thinned_evenly,
)
from av3d.logs.log import Log, LogError
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

FRAMES = 7
STEP_M = 1.0
"""The ego's way from frame to frame; the car does two of these."""
CAR_M = (4.0, 2.0, 1.5)


class Street(SweepStream):
    """A wall point at x = 20 m of the world, and three points of a car that drives away."""

    def read(self, index):
        wall = [20.0 - index * STEP_M, 5.0, 1.0]
        middle = 8.0 + index * STEP_M
        car = [[middle - 1, 0.5, 0.7], [middle, 0.0, 0.7], [middle + 1, -0.5, 0.7]]
        points = np.array([wall, *car], dtype=np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points, np.full(4, 0.5, np.float32))


@pytest.fixture
def log():
    times = np.arange(FRAMES) * 100_000_000
    poses = SE3.stack([SE3.from_yaw(0.0, [STEP_M * n, 0, 0]) for n in range(FRAMES)])
    return Log(
        name="street",
        kind="folder",
        path=Path("street"),
        rig=Rig("test", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory(times, poses),
        lidars={"top": Street(times)},
        cameras={},
    )


def car(frame):
    """The car in the ego frame of a frame."""
    cuboid = Cuboid.from_yaw([8.0 + frame * STEP_M, 0.0, 0.75], CAR_M, 0.0)
    return {"car": Occupant(cuboid, True)}


def test_what_stands_coincides_and_what_moves_leaves_a_trace(log):
    cloud = accumulated_cloud(log, 3, 2, 2, moving=MovingPoints.AS_MEASURED)
    wall = cloud.points_m[cloud.points_m[:, 1] == 5.0]
    assert len(wall) == 5
    assert np.ptp(wall[:, 0]) == pytest.approx(0, abs=1e-5)
    middle = cloud.points_m[cloud.points_m[:, 1] == 0.0]
    assert sorted(middle[:, 0].tolist()) == pytest.approx([7, 9, 11, 13, 15])


def test_points_on_a_moving_track_go_with_it(log):
    cloud = accumulated_cloud(log, 3, 2, 2, occupants=car)
    middle = cloud.points_m[cloud.points_m[:, 1] == 0.0]
    np.testing.assert_allclose(middle[:, 0], 11.0, atol=1e-4)
    assert len(cloud) == 20


def test_points_on_a_moving_track_can_be_left_out(log):
    cloud = accumulated_cloud(log, 3, 2, 2, occupants=car, moving=MovingPoints.LEFT_OUT)
    assert len(cloud) == 4 + 4
    assert set(cloud.extra["step"][cloud.points_m[:, 2] < 0.9].tolist()) == {0}


def test_a_track_that_is_not_there_now_leaves_no_points(log):
    cloud = accumulated_cloud(
        log, 3, 1, 0, occupants=lambda frame: {} if frame == 3 else car(frame)
    )
    assert len(cloud) == 4 + 1


def test_a_track_that_stands_stays_where_it_was_measured(log):
    wall = Cuboid.from_yaw([17.0, 5.0, 1.0], [1, 1, 1], 0.0)
    beside = wall.in_frame(SE3.from_yaw(0.0, [0.1, 0, 0]))  # labelled 10 cm off in the other frame

    def occupants(frame):
        at = (
            wall if frame == 3 else beside.in_frame(SE3.from_yaw(0.0, [(3 - frame) * STEP_M, 0, 0]))
        )
        return {"wall": Occupant(at, False)}

    cloud = accumulated_cloud(log, 3, 1, 1, occupants=occupants)
    found = cloud.points_m[cloud.points_m[:, 1] == 5.0]
    np.testing.assert_allclose(found[:, 0], 17.0, atol=1e-5)


def test_steps_and_times_tell_where_points_come_from(log):
    cloud = accumulated_cloud(log, 3, 1, 1)
    assert sorted(set(cloud.extra["step"].tolist())) == [-1, 0, 1]
    assert set(cloud.time_offset_ns.tolist()) == {-100_000_000, 0, 100_000_000}
    assert cloud.intensity is not None


def test_at_the_end_of_the_log_there_are_fewer_frames(log):
    assert set(accumulated_cloud(log, 0, 10, 1).extra["step"].tolist()) == {0, 1}


def test_the_frames_own_points_all_stay_where_the_number_is_bounded(log):
    cloud = accumulated_cloud(log, 3, 3, 3, most=10)
    assert len(cloud) == 4 + 6
    assert (cloud.extra["step"] == 0).sum() == 4


def test_a_negative_number_of_frames_is_refused(log):
    with pytest.raises(LogError, match="0 or more"):
        accumulated_cloud(log, 3, -1, 0)


def test_points_of_two_cuboids_belong_to_the_first():
    one = Cuboid.from_yaw([0, 0, 0], [2, 2, 2], 0.0)
    other = Cuboid.from_yaw([1, 0, 0], [2, 2, 2], 0.0)
    points = np.array([[0.5, 0, 0], [1.8, 0, 0], [9, 9, 9]], np.float32)
    found = points_in_cuboids(points, [one, other])
    assert [rows.tolist() for rows in found] == [[0], [1]]


@given(
    yaw=st.floats(-3, 3),
    x=st.floats(-400, 400),
    y=st.floats(-400, 400),
    seed=st.integers(0, 99),
)
def test_points_are_found_wherever_the_cuboid_is(yaw, x, y, seed):
    cuboid = Cuboid.from_yaw([x, y, 0.5], [4, 2, 1.5], yaw)
    points = np.add(np.random.default_rng(seed).uniform(-4, 4, (200, 3)), [x, y, 0.5])
    points = points.astype(np.float32)
    [rows] = points_in_cuboids(points, [cuboid])
    assert rows.tolist() == np.flatnonzero(cuboid.contains(points, 0.1)).tolist()


def test_carried_points_go_along_and_the_others_stay():
    cuboid = Cuboid.from_yaw([0, 0, 0], [2, 2, 2], 0.0)
    points = np.array([[0.5, 0, 0], [5, 0, 0]], np.float32)
    moved, carried = carried_points(points, [(cuboid, SE3.from_yaw(np.pi / 2, [0, 0, 1.0]))])
    np.testing.assert_allclose(moved, [[0, 0.5, 1], [5, 0, 0]], atol=1e-6)
    assert carried.tolist() == [True, False]
    np.testing.assert_allclose(points[0], [0.5, 0, 0])


def test_thinning_keeps_all_values_of_the_points_that_stay():
    cloud = Sweep(
        "top", 0, np.arange(30, dtype=np.float32).reshape(10, 3),
        np.arange(10, dtype=np.float32), np.arange(10), {"ring": np.arange(10)},
    )  # fmt: skip
    thin = thinned_evenly(cloud, 5)
    assert thin.extra["ring"].tolist() == [0, 2, 4, 6, 8]
    assert thin.time_offset_ns.tolist() == [0, 2, 4, 6, 8]
    assert thinned_evenly(cloud, 10) is cloud
