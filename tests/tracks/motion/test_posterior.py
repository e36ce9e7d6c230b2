import numpy as np
import pytest

from av3d.tracks.motion.axes import smooth_axis_of
from av3d.tracks.motion.measurements import TILT_X, TILT_Y, YAW, X, Y, Z
from av3d.tracks.motion.planar import PlanarMeasurements, PlanarModel
from av3d.tracks.motion.posterior import Posterior, shares
from tracks.motion.axis_states import Smoothed
from tracks.motion.paths import ns

TIMES_S = np.array([0.0, 1.0, 3.0])
CAR = PlanarModel((1.0, 0.1, 0.01), (15.0, 1.0, 0.3), pivot_m=1.2)


def axis(values, sigma=0.1, psd=1.0):
    return smooth_axis_of(TIMES_S, np.array(values, float), np.full(3, sigma**2), psd, np.inf)


def rest(*but):
    """Axes of the coordinates that a test does not look at."""
    return [(one, 1.0, axis([0, 0, 0])) for one in (X, Y, YAW, Z, TILT_X, TILT_Y) if one not in but]


def states(posterior, *times_s):
    return posterior.states(ns(*times_s), np.array(times_s, float), np.array([100.0, 200.0, 5.0]))


def test_shares_are_probabilities_and_what_is_improbable_is_left_out():
    assert shares([0.0, 0.0]).tolist() == [0.5, 0.5]
    assert shares([-1000.0, -1000.0 + np.log(3)]) == pytest.approx([0.25, 0.75])
    few = shares([0.0, -20.0, -1.0])
    assert few[1] == 0
    assert few.sum() == pytest.approx(1)
    # Of many that are alike all stay.
    assert shares(np.zeros(500)).tolist() == pytest.approx([1 / 500] * 500)


def test_a_single_posterior_is_told_as_it_is():
    east = axis([0, 2, 6])
    found = states(Posterior.of([(X, 1.0, east), *rest(X)]), 0.5, 2.0)
    alone = Smoothed(east).at(np.array([0.5, 2.0]))
    np.testing.assert_allclose(found.centers_m[:, 0], 100 + alone.values)
    np.testing.assert_allclose(found.centers_m[:, 1:], [[200, 5], [200, 5]], atol=1e-12)
    np.testing.assert_allclose(found.velocities_m_s[:, 0], alone.rates)
    np.testing.assert_allclose(found.accelerations_m_s2[:, 0], alone.accelerations)
    np.testing.assert_allclose(found.covariances[:, 0, 0], alone.covariances[:, 0, 0])
    np.testing.assert_allclose(found.rotations, np.tile(np.eye(3), (2, 1, 1)), atol=1e-12)


def test_the_variance_of_a_mixture_counts_how_far_its_parts_are_apart():
    left, right = axis([0, 0, 0]), axis([1, 1, 1])
    found = states(Posterior.of([(X, 0.25, left), (X, 0.75, right), *rest(X)]), 1.0)
    inner = Smoothed(left).at(np.array([1.0])).covariances[0, 0, 0]
    assert found.centers_m[0, 0] == pytest.approx(100.75)
    assert found.covariances[0, 0, 0] == pytest.approx(inner + 0.25 * 0.75)


def test_covariances_are_in_the_axes_of_the_body():
    turned = [(YAW, 1.0, axis([np.pi / 2] * 3)), (X, 1.0, axis([0, 0, 0], sigma=0.5, psd=1e-4))]
    found = states(Posterior.of([*turned, *rest(YAW, X)]), 1.0)
    along, across = np.diagonal(found.covariances[0])[:2]
    assert across > 4 * along


def test_a_path_in_the_plane_is_told_as_it_is():
    poses = np.array([[0.0, 0.0, 0.0], [4.0, 0.5, 0.25], [11.0, 4.0, 0.7]])
    path = PlanarMeasurements(
        TIMES_S, poses, np.tile(np.diag([0.01, 0.01, 1e-4]), (3, 1, 1))
    ).smooth(CAR)
    upright = [(one, 1.0, axis([0, 0, 0])) for one in (Z, TILT_X, TILT_Y)]
    times_s = np.array([0.3, 2.2])
    found, alone = states(Posterior.of(upright, [(1.0, path)]), *times_s), path.at(times_s)
    np.testing.assert_allclose(found.centers_m[:, :2], alone.poses[:, :2] + [100, 200])
    np.testing.assert_allclose(found.yaw_rates_rad_s, alone.speeds[:, 2])
    np.testing.assert_allclose(
        found.covariances[:, [[0], [1], [5]], [0, 1, 5]], alone.covariances, rtol=1e-9, atol=1e-15
    )
    ahead = found.rotations[:, :, 0]
    np.testing.assert_allclose(
        np.einsum("ni,ni->n", ahead, found.velocities_m_s), alone.speeds[:, 0], atol=1e-9
    )
