"""Keyframes close together are joined by straight lines; how fast it moves is smooth all the same."""

import numpy as np
import pytest

from av3d.tracks.interpolation import Interpolation
from av3d.tracks.motion.dense import DENSE_NS, DenseMotion, PartlyDenseMotion, dense_gaps
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.linear import LinearMotion
from tracks.motion.paths import keyframes, ns, turning

JITTER = np.random.default_rng(0).normal(size=(40, 4)) * [0.03, 0.03, 0.01, 0.01]


def test_gaps_are_dense_up_to_a_quarter_of_a_second():
    columns = keyframes([0, 0.1, 0.35, 0.6001, 2], turning)
    assert dense_gaps(columns).tolist() == [True, True, False, False]
    assert DENSE_NS == 250_000_000


def test_poses_are_those_of_straight_lines_and_need_no_fit():
    columns = keyframes(np.arange(40) * 0.1, turning, off=JITTER)

    def refuse():
        raise AssertionError("a pose was asked for, and a fit was made")

    dense, straight = DenseMotion(columns, refuse), LinearMotion(columns)
    for time_ns in ns(0.0, 0.05, 1.23, 3.95):
        np.testing.assert_array_equal(
            dense.cuboid_at(int(time_ns)).center_m, straight.cuboid_at(int(time_ns)).center_m
        )


def test_velocities_do_not_jump_with_the_errors_of_the_labels():
    columns = keyframes(np.arange(40) * 0.1, turning, off=JITTER)
    times_ns = ns(*np.arange(0.45, 3.5, 0.1))
    dense = motion_of(columns, Interpolation(), "car").states(times_ns)
    straight = LinearMotion(columns).states(times_ns)
    np.testing.assert_array_equal(dense.centers_m, straight.centers_m)
    np.testing.assert_array_equal(dense.rotations, straight.rotations)
    speeds, jumping = (np.linalg.norm(s.velocities_m_s, axis=1) for s in (dense, straight))
    assert np.abs(speeds - 8).max() < 0.5
    assert np.abs(jumping - 8).max() > 0.5
    assert dense.yaw_rates_rad_s == pytest.approx(np.full(len(times_ns), 0.4), abs=0.15)
    assert np.linalg.eigvalsh(dense.covariances).min() > 0


def test_where_only_some_are_close_the_rest_is_smooth():
    columns = keyframes([0, 0.1, 0.2, 2, 4, 4.1], turning)
    motion = motion_of(columns, Interpolation(), "car")
    assert isinstance(motion, PartlyDenseMotion)
    times_ns = ns(-0.5, 0, 0.15, 0.2, 1, 3, 4.05, 4.1, 5)
    found, straight = motion.states(times_ns), LinearMotion(columns).states(times_ns)
    same = np.linalg.norm(found.centers_m - straight.centers_m, axis=1) < 1e-9
    assert same[[1, 2, 6, 7]].all()
    assert not same[[4, 5]].any()
    true_m = np.array([turning(1)[:3], turning(3)[:3]])
    np.testing.assert_allclose(found.centers_m[[4, 5]], true_m, atol=0.15)
