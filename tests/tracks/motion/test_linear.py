import numpy as np
import pytest

from av3d.geometry.se3 import SE3
from av3d.tracks.motion.linear import LinearMotion
from tracks.motion.paths import driving, keyframes, ns, of_poses, turning


def test_poses_go_straight_from_keyframe_to_keyframe_and_on():
    columns = keyframes([0, 1, 3], turning)
    found = LinearMotion(columns).states(ns(-0.5, 0, 0.25, 2, 3, 4))
    a, b, c = columns.centers_m
    expected = [a - 0.5 * (b - a), a, a + 0.25 * (b - a), (b + c) / 2, c, c + 0.5 * (c - b)]
    np.testing.assert_allclose(found.centers_m, expected, atol=1e-12)
    yaws = np.arctan2(found.rotations[:, 1, 0], found.rotations[:, 0, 0])
    np.testing.assert_allclose(yaws, [-0.2, 0, 0.1, 0.8, 1.2, 1.6], atol=1e-12)
    assert found.covariances is None
    assert not found.accelerations_m_s2.any()


def test_velocities_are_slopes_and_at_a_keyframe_their_mean():
    columns = keyframes([0, 2, 3], lambda t: (5 * min(t, 2.0), 6 * max(t - 2, 0.0), 0, 0))
    found = LinearMotion(columns).states(ns(1, 2.5, 2))
    np.testing.assert_allclose(found.velocities_m_s, [[5, 0, 0], [0, 6, 0], [10 / 3, 2, 0]])


def test_many_times_are_as_one_by_one():
    tilted = np.stack(
        [SE3.from_euler(0.1 * k, -0.2, 2.5 * k, [0, 0, 0]).rotation for k in range(4)]
    )
    columns = of_poses([0, 1, 1.5, 4], np.arange(12.0).reshape(4, 3) ** 1.5, tilted)
    motion = LinearMotion(columns)
    times_ns = ns(-1, 0, 0.4, 1, 1.2, 3.9, 4, 5)
    found = motion.states(times_ns)
    for row, time_ns in enumerate(times_ns.tolist()):
        cuboid = motion.cuboid_at(time_ns)
        np.testing.assert_allclose(found.centers_m[row], cuboid.center_m, atol=1e-9)
        np.testing.assert_allclose(
            found.rotations[row], cuboid.frame_SE3_cuboid.rotation, atol=1e-9
        )
        np.testing.assert_allclose(
            found.velocities_m_s[row], motion.velocity_at(time_ns), atol=1e-9
        )
        assert found.yaw_rates_rad_s[row] == pytest.approx(motion.yaw_rate_at(time_ns))


def test_one_keyframe_stays_where_it_is():
    found = LinearMotion(keyframes([2], driving)).states(ns(0, 2, 9))
    assert found.centers_m == pytest.approx(np.tile(driving(2)[:3], (3, 1)))
    assert not found.velocities_m_s.any()
