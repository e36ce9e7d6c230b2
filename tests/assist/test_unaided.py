from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.assist.unaided import Unaided
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.motion import Motion
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

SIZE_LWH_M = [4.5, 1.9, 1.6]
TIMES_NS = np.arange(0, 2_000_000_001, 500_000_000)
CAR = Track(
    "car",
    "car",
    tuple(
        Keyframe(k * 1_000_000_000, Cuboid.from_yaw([8.0 * k, 0.0, 0.8], SIZE_LWH_M, 0.0))
        for k in range(3)
    ),
)


def unaided(track: Track = CAR) -> Unaided:
    found = Unaided.of(track.columns, track, Motion.WHEELED, TIMES_NS)
    assert found is not None
    return found


def test_what_points_measure_well_stays() -> None:
    pose = SE3.from_yaw(0.1, [4.5, 0.2, 0.8])
    joined, sigmas = unaided().joined(1, pose, np.full(4, 1e-4))
    assert np.allclose(joined.translation_m, pose.translation_m, atol=1e-4)
    assert np.allclose(joined.rotation, pose.rotation, atol=1e-4)
    assert (sigmas < 2e-4).all()


def test_what_points_do_not_tell_comes_from_the_keyframes() -> None:
    pose = SE3.from_yaw(0.1, [4.5, 0.2, 0.8])
    joined, sigmas = unaided().joined(1, pose, np.array([1e-4, 1e-4, 1e-4, np.inf]))
    assert np.allclose(joined.translation_m, pose.translation_m, atol=1e-3)
    assert np.allclose(joined.rotation, np.eye(3), atol=1e-2)
    assert 0 < sigmas[3] < 0.1


def test_both_together_are_no_surer_than_the_surer_one() -> None:
    # Both go back to the same keyframes: where these are off, both are.
    one = unaided()
    own = np.sqrt(np.diag(one.states.covariances[1]))[[0, 1, 2, 5]]
    pose = SE3.from_yaw(0.0, one.states.centers_m[1])
    _, sigmas = one.joined(1, pose, own)
    assert sigmas[[0, 1, 3]] == pytest.approx(own[[0, 1, 3]])
    assert sigmas[2] >= own[2]


def test_the_ground_moves_the_height_more_than_the_keyframes_alone_would_let_it() -> None:
    one = unaided()
    sigmas = np.full(4, 0.05)
    shifted = SE3.from_yaw(0.0, one.states.centers_m[1] + [0.0, 0.0, 0.2])
    joined, _ = one.joined(1, shifted, sigmas)
    own_m2 = one.states.covariances[1, 2, 2]
    alone_m = 0.2 * own_m2 / (own_m2 + 0.05**2)
    assert joined.translation_m[2] - one.states.centers_m[1, 2] > alone_m + 0.02


def test_coordinates_have_the_turns_that_are_asked_for() -> None:
    found = unaided().coordinates(np.array([8.0, 0.0, 0.8]), np.full(len(TIMES_NS), 2 * np.pi))
    assert found.shape == (5, 8)
    assert found[2] == pytest.approx([0, 0, 0, 2 * np.pi, 8, 0, 0, 0], abs=0.05)


def test_straight_lines_are_no_statement_of_how_it_moved() -> None:
    linear = replace(CAR, interpolation=Interpolation(Model.LINEAR))
    assert unaided(linear).states.centers_m == pytest.approx(unaided().states.centers_m)


def test_one_keyframe_tells_no_motion() -> None:
    alone = CAR.with_keyframes(CAR.keyframes[:1])
    assert Unaided.of(alone.columns, alone, Motion.WHEELED, TIMES_NS) is None
