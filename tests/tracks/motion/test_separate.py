"""Each coordinate for itself: what is learned of noise and liveliness."""

import numpy as np
import pytest

from av3d.tracks.motion.hand import SIGMAS_M, Hand
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y, Z
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.separate import Separate
from tracks.motion.paths import PERSON_LWH_M, keyframes, walking


def separate(times_s, path, off=None, resting=0.3):
    return Separate(
        Measurements.of(keyframes(times_s, path, PERSON_LWH_M, off=off)), Hand(), resting
    )


def standing(time_s):
    return 3.0, 4.0, 0.9, 0.5


def noise(count, sigma, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 4)) * [
        sigma, sigma, sigma / 2, 0.35 * sigma,
    ]  # fmt: skip


def middle(fitted):
    """The noise that is believed, as a mean of logarithms."""
    return float(np.exp(shares(fitted.by_noise) @ np.log(SIGMAS_M)))


@pytest.mark.parametrize("sigma", [0.02, 0.05, 0.15])
def test_the_noise_of_a_hand_is_learned_from_many_keyframes(sigma):
    times_s = np.arange(40) * 0.5
    assert middle(separate(times_s, walking, noise(40, sigma))) == pytest.approx(sigma, rel=0.4)


def test_few_keyframes_leave_what_was_believed():
    assert middle(separate([0, 2], walking)) == pytest.approx(Hand().sigma_m, rel=0.5)


def test_for_each_coordinate_the_weights_sum_to_one():
    fit = separate(np.arange(6), walking, noise(6, 0.05)).fit()
    assert fit.paths == []
    for coordinate in (X, Y, YAW, Z):
        weights = [weight for one, weight, _ in fit.axes if one == coordinate]
        assert sum(weights) == pytest.approx(1)


def test_what_jitters_around_a_place_rests():
    """Slow models win, and the speed is that of a thing that stands."""
    fit = separate(np.arange(12), standing, noise(12, 0.05, seed=3)).fit()
    rates = [axis.nodes[:, 2] for coordinate, _, axis in fit.axes if coordinate in (X, Y)]
    assert np.abs(np.concatenate(rates)).max() < 0.1


def test_resting_is_the_less_probable_the_further_it_goes():
    """By what was believed beforehand the evidence of keyframes changes in the direction it must."""
    for path, better in ((standing, 0.9), (walking, 0.1)):
        off = noise(8, 0.05, seed=4)
        evidences = {p: separate(np.arange(8), path, off, p).fit().log_evidence for p in (0.1, 0.9)}
        assert max(evidences, key=lambda p: evidences[p]) == better
