"""Things on wheels: they go where they point."""

import math

import numpy as np
import pytest

from av3d.tracks.motion.hand import Hand
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y, Z
from av3d.tracks.motion.separate import Separate
from av3d.tracks.motion.wheeled import AXLE_PART, models, wheeled_fit
from tracks.motion.paths import driving, keyframes, turning


def separate(times_s, path, off=None):
    return Separate(Measurements.of(keyframes(times_s, path, off=off)), Hand(), 0.3)


def parked(time_s):
    return 3.0, 4.0, 0.8, 0.5


def skidding(time_s):
    """Sideways at 5 m/s."""
    return 5 * time_s, 0.0, 0.8, math.pi / 2


JITTER = np.random.default_rng(1).normal(size=(9, 4)) * [0.04, 0.04, 0.02, 0.015]


def test_a_moving_body_turns_about_its_rear_axle():
    assert {model.pivot_m for model, _ in models(4.0)} == {0.0, 4.0 * AXLE_PART}
    assert sum(prior for _, prior in models(4.0)) == pytest.approx(1)


def test_the_weights_of_all_paths_sum_to_one_and_the_height_is_beside_them():
    fit = wheeled_fit(separate(range(6), turning), 4.5)
    assert sum(weight for weight, _ in fit.paths) == pytest.approx(1)
    assert {coordinate for coordinate, _, _ in fit.axes} == {Z}
    assert all(path.converged for _, path in fit.paths)
    assert not {X, Y, YAW} & {coordinate for coordinate, _, _ in fit.axes}


def test_evidence_tells_what_turns_from_what_keeps_its_lane_and_what_is_parked():
    def share(path, is_so):
        paths = wheeled_fit(separate(range(9), path, JITTER), 4.5).paths
        return sum(weight for weight, one in paths if is_so(one.model))

    assert share(parked, lambda model: not model.pivot_m) > 0.95
    assert share(turning, lambda model: model.psd[2] > 1e-3) > 0.9
    assert share(driving, lambda model: model.pivot_m and model.psd[2] < 1e-3) > 0.9


def test_going_sideways_is_improbable_for_wheels():
    on_wheels = wheeled_fit(separate(range(9), skidding, JITTER), 4.5).log_evidence
    on_legs = separate(range(9), skidding, JITTER).fit().log_evidence
    assert on_legs > on_wheels + 5
    around = wheeled_fit(separate(range(9), turning, JITTER), 4.5).log_evidence
    assert around > separate(range(9), turning, JITTER).fit().log_evidence + 5
