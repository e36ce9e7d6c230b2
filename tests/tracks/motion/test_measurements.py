import math

import numpy as np
import pytest

from av3d.tracks.motion.measurements import PINNED, STANDING, YAW, Measurements, X, Y, Z
from tracks.motion.paths import driving, keyframes, turning


def test_places_and_times_are_relative_to_the_first_keyframe():
    far = keyframes([1.5e9, 1.5e9 + 2], lambda t: (6e6 + 3 * (t - 1.5e9), -6e6, 40.0, 0.1))
    measured = Measurements.of(far)
    assert measured.times_s.tolist() == [0, 2]
    assert measured.start_ns == 1_500_000_000_000_000_000
    assert measured.origin_m.tolist() == [6e6, -6e6, 40]
    np.testing.assert_allclose(measured.values[:, [X, Y, Z]], [[0, 0, 0], [6, 0, 0]])
    np.testing.assert_allclose(measured.values[:, YAW], [0.1, 0.1])
    assert measured.unknown.all()


def test_headings_go_on_past_a_whole_turn():
    measured = Measurements.of(keyframes(np.arange(20), turning))
    np.testing.assert_allclose(np.diff(measured.values[:, YAW]), 0.4)
    assert measured.values[-1, YAW] > 2 * math.pi


def test_pinned_keyframes_have_a_noise_that_is_known_and_tiny():
    measured = Measurements.of(keyframes([0, 1], driving), pinned=True)
    assert not measured.unknown.any()
    assert measured.noises.tolist() == [list(PINNED)] * 2


def test_between_copies_it_is_measured_that_the_object_stands():
    copies = keyframes([0, 3, 6, 7], lambda t: (min(t, 3.0) + max(t - 6, 0.0), 0.0, 0.0, 0.0))
    measured = Measurements.of(copies)
    assert measured.times_s.tolist() == [0, 3, 4, 5, 6, 7]
    assert measured.values[:, X].tolist() == [0, 3, 3, 3, 3, 4]
    assert measured.unknown.tolist() == [True, True, False, False, True, True]
    assert measured.noises[2].tolist() == list(STANDING)


def test_noise_of_the_body_is_turned_into_the_axes_of_the_world():
    noises = np.array([[0.3, 0.1, 0.05, 0.02], [np.nan] * 4])
    measured = Measurements.of(keyframes([0, 1], lambda t: (t, 0, 0, math.pi / 2), noises=noises))
    sigmas = np.array([0.01, 0.5])
    expected = {X: 0.1, Y: 0.3, Z: 0.05, YAW: 0.02}
    for coordinate, known in expected.items():
        variances = measured.variances(coordinate, sigmas)
        np.testing.assert_allclose(np.sqrt(variances), [[known, 0.01], [known, 0.5]])


def test_noise_in_the_axes_of_the_body_is_told_as_it_is():
    noises = np.array([[0.3, 0.1, 0.05, 0.02], [np.nan] * 4, [0.0] * 4])
    measured = Measurements.of(keyframes([0, 1, 2], driving, noises=noises))
    covariances = measured.body_covariances(0.2, 0.07)
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    assert deviations[0] == pytest.approx([0.3, 0.1, 0.02])
    assert deviations[1] == pytest.approx([0.2, 0.2, 0.07])
    assert (deviations[2] > 0).all()
