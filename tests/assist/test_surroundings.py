from __future__ import annotations

from dataclasses import replace

import numpy as np

from assist.scene import LIDAR_M, PERIOD_NS, START_NS, cuboid_at, ground_and_wall, log_of, seen_of
from av3d.assist.surroundings import Moving, Surroundings, thinned
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

REACH_M = np.array([3.0, 3.0, 2.0])
NOWHERE_M = np.zeros(3)


def at_rest(pose: SE3) -> Moving:
    return Moving(pose, START_NS, np.zeros(3), 0.0)


def test_points_are_given_in_the_frame_of_the_body() -> None:
    log = log_of(lambda _: np.array([[10.0, 5.0, 1.0], [30.0, 5.0, 1.0]]))
    body = SE3.from_yaw(np.pi / 2, [10.0, 4.0, 0.5])
    points = Surroundings(log, NOWHERE_M, []).around(0, at_rest(body), REACH_M)
    assert np.allclose(points, [[1.0, 0.0, 0.5]], atol=1e-5)


def test_a_local_frame_far_from_the_origin_keeps_digits() -> None:
    log = log_of(lambda _: np.array([[10.0, 5.0, 1.0]]))
    around = Surroundings(log, np.array([8.0, 0.0, 0.0]), [])
    points = around.around(0, at_rest(SE3.from_yaw(0.0, [2.0, 4.0, 0.5])), REACH_M)
    assert np.allclose(points, [[0.0, 1.0, 0.5]], atol=1e-5)


def test_a_point_is_moved_from_its_own_time() -> None:
    class Timed(type(log_of(lambda _: np.empty((0, 3))).lidars["top"])):  # type: ignore[misc]
        def read(self, index: int) -> Sweep:
            offsets = np.array([0, 50_000_000], dtype=np.int64)
            return replace(super().read(index), time_offset_ns=offsets)

    plain = log_of(lambda _: np.array([[10.0, 0.0, 1.0], [10.5, 0.0, 1.0]]))
    log = Log(
        name="timed", kind="test", path=plain.path, rig=plain.rig, trajectory=plain.trajectory,
        lidars={"top": Timed(lambda _: np.array([[10.0, 0.0, 1.0], [10.5, 0.0, 1.0]]))}, cameras={},
    )  # fmt: skip
    moving = Moving(SE3.from_yaw(0.0, [10.0, 0.0, 1.0]), START_NS, np.array([10.0, 0.0, 0.0]), 0.0)
    points = Surroundings(log, NOWHERE_M, []).around(0, moving, REACH_M)
    # The second was seen 50 ms later, when the object had gone 50 cm: both are the same place of it.
    assert np.allclose(points, 0.0, atol=1e-5)


def test_points_in_other_cuboids_are_left_out() -> None:
    log = log_of(lambda _: np.array([[10.0, 0.0, 1.0], [12.0, 0.0, 1.0]]))
    cuboid = Cuboid.from_yaw([12.0, 0.0, 1.0], [1.0, 1.0, 1.0], 0.0)
    other = Track("other", "car", (Keyframe(START_NS, cuboid),))
    body = SE3.from_yaw(0.0, [10.0, 0.0, 1.0])
    points = Surroundings(log, NOWHERE_M, [other]).around(0, at_rest(body), REACH_M)
    assert np.allclose(points, 0.0, atol=1e-5)


def test_a_wall_stands_still_and_a_car_that_comes_by_does_not() -> None:
    log = log_of(
        lambda index: np.concatenate([ground_and_wall()[-2000:], seen_of(cuboid_at(index * 0.1))])
    )
    around = Surroundings(log, NOWHERE_M, [])
    pose = cuboid_at(1.0).frame_SE3_cuboid
    reach = np.array([6.0, 6.0, 2.0])
    points = around.around(10, Moving(pose, START_NS + 10 * PERIOD_NS, NOWHERE_M, 0.0), reach)
    points = points[points[:, 2] > -0.5]
    still = around.standing(points, pose, reach, [0, 2, 4, 16, 18, 20])
    is_wall = pose.transform(points)[:, 1] < -8.4
    assert still[is_wall].all()
    assert still[~is_wall].mean() < 0.05


def test_two_sweeps_do_not_tell_what_stands() -> None:
    log = log_of(lambda _: ground_and_wall())
    body = SE3.from_yaw(0.0, [10.0, -8.0, 1.0])
    around = Surroundings(log, NOWHERE_M, [])
    points = around.around(0, at_rest(body), REACH_M)
    assert len(points) > 50
    assert not around.standing(points, body, REACH_M, [1, 2]).any()


def test_thinning_keeps_a_mean_in_each_cell() -> None:
    points = np.array([[0.01, 0.0, 0.0], [0.03, 0.0, 0.0], [0.51, 0.0, 0.0]])
    thin, weights = thinned(points, 0.1, 10, np.array([1.0, 0.0, 1.0]))
    assert np.allclose(thin, [[0.02, 0.0, 0.0], [0.51, 0.0, 0.0]])
    assert weights.tolist() == [0.5, 1.0]
    assert len(thinned(LIDAR_M + np.arange(300).reshape(100, 3), 0.1, 7)[0]) == 7
