"""Motion that is fitted to keyframes, by known paths."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.ontology.motion import Motion as Moves
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion import planar
from av3d.tracks.motion.chunks import MotionInChunks
from av3d.tracks.motion.dense import DenseMotion, PartlyDenseMotion
from av3d.tracks.motion.fitting import is_dense, is_linear, motion_of, moves_of
from av3d.tracks.motion.linear import LinearMotion
from av3d.tracks.motion.smooth import SmoothMotion
from av3d.tracks.motion.static import StaticMotion
from tracks.motion.paths import (
    PERSON_LWH_M,
    driving,
    keyframes,
    ns,
    of_poses,
    reversing,
    stopping,
    turning,
    walking,
)
from tracks.strategies import few

AUTOMATIC = Interpolation()
LINEAR = Interpolation(model=Model.LINEAR)
HAND = np.array([0.05, 0.05, 0.02, 0.015])
"""Errors of a hand: x, y, z in metres and yaw in radians."""


def drawn(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 4)) * HAND


def misses_m(motion, path, times_s):
    true_m = np.array([path(time_s)[:3] for time_s in times_s])
    return np.linalg.norm(motion.states(ns(*times_s)).centers_m - true_m, axis=1)


def yaws(states):
    return np.arctan2(states.rotations[:, 1, 0], states.rotations[:, 0, 0])


def test_a_turning_car_is_followed_where_straight_lines_cut_the_corner():
    columns = keyframes(np.arange(5) * 1.5, turning)
    between_s = np.arange(4) * 1.5 + 0.75
    smooth = motion_of(columns, AUTOMATIC, "car")
    assert misses_m(motion_of(columns, LINEAR, "car"), turning, between_s).min() > 0.8
    assert misses_m(smooth, turning, between_s).max() < 0.15
    found = smooth.states(ns(*between_s))
    assert yaws(found) == pytest.approx([turning(t)[3] for t in between_s], abs=0.02)
    assert np.linalg.norm(found.velocities_m_s, axis=1) == pytest.approx(np.full(4, 8), abs=0.3)
    assert found.yaw_rates_rad_s == pytest.approx(np.full(4, 0.4), abs=0.05)
    # Towards the centre of the circle: v^2 / r.
    pushes = np.linalg.norm(found.accelerations_m_s2, axis=1)
    assert pushes[1:3] == pytest.approx([3.2, 3.2], abs=0.6)


def test_a_car_that_stops_does_not_roll_back_far():
    columns = keyframes([0, 1, 2, 3, 4, 5, 6, 8, 10], stopping)
    motion = motion_of(columns, AUTOMATIC, "car")
    times_s = np.arange(0.5, 10, 0.5)
    assert misses_m(motion, stopping, times_s).max() < 0.15
    assert np.abs(motion.states(ns(7, 9)).velocities_m_s).max() < 0.2


def test_a_car_may_drive_backwards():
    motion = motion_of(keyframes([0, 1.5, 3, 4.5], reversing), AUTOMATIC, "car")
    assert misses_m(motion, reversing, [0.75, 2.25, 3.75]).max() < 0.1
    found = motion.states(ns(2.25))
    along = found.rotations[0].T @ found.velocities_m_s[0]
    assert along == pytest.approx([-2, 0, 0], abs=0.3)


def test_a_person_may_walk_sideways():
    columns = keyframes([0, 2, 4], walking, PERSON_LWH_M)
    motion = motion_of(columns, AUTOMATIC, "pedestrian")
    assert misses_m(motion, walking, [1, 3]).max() < 0.02
    assert motion.states(ns(1)).velocities_m_s[0] == pytest.approx([1.5, 0, 0], abs=0.05)


def test_it_stands_between_copied_keyframes_and_drives_before_and_after():
    def waiting(time_s):
        way_m = 3 * min(time_s, 4.0) + 3 * max(time_s - 10, 0.0)
        return way_m, 0.0, 0.8, 0.0

    motion = motion_of(keyframes([0, 2, 4, 10, 12, 14], waiting), AUTOMATIC, "car")
    standing = motion.states(ns(*np.arange(6, 8.5, 0.5)))
    assert standing.centers_m[:, 0] == pytest.approx(np.full(5, 12), abs=0.1)
    assert motion.states(ns(1, 13)).velocities_m_s[:, 0] == pytest.approx([3, 3], abs=0.5)
    assert motion.standing_at(ns(7)[0]) == 2


def test_errors_of_a_hand_are_smoothed_away():
    """On the way of a car with two keyframes a second, it is more right than each of them."""
    times_s = np.arange(21) * 0.5
    for seed in range(3):
        columns = keyframes(times_s, driving, off=drawn(21, seed))
        motion = motion_of(columns, AUTOMATIC, "car")
        errors_m = misses_m(motion, driving, times_s)
        assert (
            errors_m.mean()
            < 0.8 * misses_m(motion_of(columns, LINEAR, "car"), driving, times_s).mean()
        )


@pytest.mark.parametrize("category", ["car", "pedestrian", "something unheard of"])
def test_pinned_keyframes_are_met_exactly(category):
    times_s = [0, 0.7, 2, 2.4, 5]
    columns = keyframes(times_s, turning, off=drawn(5, 1))
    motion = motion_of(columns, Interpolation(pinned=True), category)
    found = motion.states(columns.times_ns)
    np.testing.assert_allclose(found.centers_m, columns.centers_m, atol=2e-3)
    np.testing.assert_allclose(found.rotations, columns.rotations, atol=2e-3)


def test_a_keyframe_that_knows_its_noise_counts_by_it():
    off = np.zeros((5, 4))
    off[2, 1] = 0.5
    bad = np.tile([0.02, 0.02, 0.02, 0.01], (5, 1))
    believed = motion_of(keyframes(range(5), driving, off=off, noises=bad), AUTOMATIC, "car")
    doubted = bad.copy()
    doubted[2] = 1.0
    found = motion_of(keyframes(range(5), driving, off=off, noises=doubted), AUTOMATIC, "car")
    assert misses_m(found, driving, [2]) < 0.05
    assert misses_m(believed, driving, [2]) > 0.2


def test_one_keyframe_stands_and_two_make_a_straight_line():
    alone = motion_of(keyframes([3], driving), AUTOMATIC, "car")
    assert type(alone) is LinearMotion
    assert alone.states(ns(0, 9)).velocities_m_s.tolist() == [[0, 0, 0], [0, 0, 0]]
    two = motion_of(keyframes([0, 2], driving), AUTOMATIC, "car")
    assert misses_m(two, driving, [0.5, 1, 1.5]).max() < 0.02
    assert two.states(ns(1)).covariances is not None


def test_a_heading_across_pi_takes_the_short_way():
    def across(time_s):
        yaw = math.radians(160 + 10 * time_s)
        return 0.0, 0.0, 0.8, math.remainder(yaw, 2 * math.pi)

    for category, size in (("car", (4.5, 1.9, 1.6)), ("pedestrian", PERSON_LWH_M)):
        motion = motion_of(keyframes(range(5), across, size), AUTOMATIC, category)
        found = np.degrees(yaws(motion.states(ns(1.5, 2.0, 2.5)))) % 360
        assert found == pytest.approx([175, 180, 185], abs=1.5)


def test_a_slope_keeps_its_pitch_and_roll():
    """Up a ramp of a tenth that leans to the side."""
    times_s = np.array([0.0, 1.0, 2.5, 4.0])
    tilted = SE3.from_euler(0.05, -0.1, 0.3, [0, 0, 0]).rotation
    centers_m = times_s[:, None] * 6 * tilted[:, 0]
    columns = of_poses(times_s, centers_m, np.tile(tilted, (4, 1, 1)))
    found = motion_of(columns, AUTOMATIC, "car").states(ns(0.4, 1.7, 3.3))
    np.testing.assert_allclose(found.rotations, np.tile(tilted, (3, 1, 1)), atol=0.01)
    np.testing.assert_allclose(
        found.centers_m, np.array([0.4, 1.7, 3.3])[:, None] * 6 * tilted[:, 0], atol=0.05
    )


# Which model


def test_what_somebody_says_of_the_model_is_done():
    columns = keyframes([0, 2, 4], turning)
    assert type(motion_of(columns, LINEAR, "car")) is LinearMotion
    assert isinstance(motion_of(columns, AUTOMATIC, "car"), SmoothMotion)
    vehicle, smooth = (
        motion_of(columns, Interpolation(model=model), "car").states(ns(1)).centers_m[0]
        for model in (Model.VEHICLE, Model.SMOOTH)
    )
    assert np.linalg.norm(vehicle - smooth) > 0.05


def test_what_is_said_to_stand_does_not_follow_the_errors_of_its_keyframes():
    def parked(_):
        return 3.0, 4.0, 0.8, 0.5

    columns = keyframes(range(6), parked, off=drawn(6, 6))
    motion = motion_of(columns, Interpolation(model=Model.STATIC), "car")
    assert np.abs(motion.states(ns(*np.arange(0, 5, 0.5))).velocities_m_s).max() < 0.05
    assert (
        misses_m(motion, parked, range(6)).max()
        < misses_m(LinearMotion(columns), parked, range(6)).max()
    )


def test_kinds_are_told_by_their_category():
    assert moves_of("car") is Moves.WHEELED
    assert moves_of("pedestrian") is Moves.LEGGED
    assert moves_of("nobody's category") is Moves.FREE
    # And by what somebody says of the track.
    columns = keyframes([0, 1.5, 3], turning)
    said = motion_of(columns, Interpolation(moves=Moves.WHEELED), "nobody's category")
    known = motion_of(columns, AUTOMATIC, "car")
    np.testing.assert_array_equal(said.states(ns(1)).centers_m, known.states(ns(1)).centers_m)


def test_labels_of_every_frame_are_dense_and_single_ones_are_not():
    frames = keyframes(np.arange(10) * 0.1, turning)
    assert is_dense(frames, AUTOMATIC)
    assert is_linear(frames, AUTOMATIC)
    assert isinstance(motion_of(frames, AUTOMATIC, "car"), DenseMotion)
    smooth = Interpolation(model=Model.VEHICLE)
    assert not is_dense(frames, smooth)
    assert isinstance(motion_of(frames, smooth, "car"), SmoothMotion)
    some = keyframes([0, 0.1, 0.2, 1, 2], turning)
    assert not is_linear(some, AUTOMATIC)
    assert isinstance(motion_of(some, AUTOMATIC, "car"), PartlyDenseMotion)
    many = keyframes(np.arange(100) * 0.5, turning)
    assert isinstance(motion_of(many, AUTOMATIC, "car"), MotionInChunks)


# Symmetries


@few
@given(
    yaw_rad=st.floats(-3.1, 3.1),
    away_m=st.sampled_from([0.0, 1e3, 6e6]),
    category=st.sampled_from(["car", "pedestrian"]),
)
def test_where_in_the_world_it_happens_does_not_matter(yaw_rad, away_m, category):
    columns = keyframes([0, 1, 2.5, 3, 5], turning, off=drawn(5, 2))
    turn = rotation_about_z(np.array([yaw_rad]))[0]
    moved = of_poses(
        [0, 1, 2.5, 3, 5],
        columns.centers_m @ turn.T + [away_m, -away_m, 10.0],
        turn @ columns.rotations,
    )
    asked = ns(0.5, 2, 4, 5.3)
    here, there = (motion_of(one, AUTOMATIC, category).states(asked) for one in (columns, moved))
    expected_m = here.centers_m @ turn.T + [away_m, -away_m, 10.0]
    np.testing.assert_allclose(there.centers_m, expected_m, atol=1e-4)
    np.testing.assert_allclose(there.rotations, turn @ here.rotations, atol=1e-5)
    np.testing.assert_allclose(there.velocities_m_s, here.velocities_m_s @ turn.T, atol=1e-4)
    np.testing.assert_allclose(there.covariances, here.covariances, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("category", ["car", "pedestrian"])
def test_backwards_in_time_it_goes_the_same_way(category):
    columns = keyframes([0, 1, 2.5, 3, 5], turning, off=drawn(5, 3))
    mirrored = of_poses(
        [0, 2, 2.5, 4, 5], columns.centers_m[::-1].copy(), columns.rotations[::-1].copy()
    )
    asked_s = np.array([0.5, 2, 4])
    forward = motion_of(columns, AUTOMATIC, category).states(ns(*asked_s))
    backward = motion_of(mirrored, AUTOMATIC, category).states(ns(*(5 - asked_s)))
    np.testing.assert_allclose(backward.centers_m, forward.centers_m, atol=5e-3)
    np.testing.assert_allclose(backward.velocities_m_s, -forward.velocities_m_s, atol=2e-2)


# Doubt and rates


@pytest.mark.parametrize("category", ["car", "pedestrian", "something unheard of"])
def test_covariances_are_those_of_something_and_grow_in_gaps(category):
    columns = keyframes([0, 1, 2, 8, 9, 10], driving, off=drawn(6, 4))
    motion = motion_of(columns, AUTOMATIC, category)
    found = motion.states(ns(*np.arange(0, 10.1, 0.25)))
    np.testing.assert_allclose(found.covariances, found.covariances.swapaxes(1, 2))
    assert np.linalg.eigvalsh(found.covariances).min() > 0
    place_m2 = np.trace(motion.states(ns(1, 2, 3, 5)).covariances[:, :2, :2], axis1=1, axis2=2)
    assert place_m2[2] > place_m2[1]
    assert place_m2[3] > place_m2[2]
    later = np.trace(motion.states(ns(10, 11, 13)).covariances[:, :2, :2], axis1=1, axis2=2)
    assert later[2] > later[1] > later[0]


@pytest.mark.parametrize("category", ["car", "pedestrian"])
def test_rates_are_the_slopes_of_the_path(category):
    columns = keyframes([0, 1, 2.5, 4, 5], turning, off=drawn(5, 5))
    motion = motion_of(columns, AUTOMATIC, category)
    step_s = 1e-4
    for time_s in (0.45, 1.8, 3.3, 4.9):
        before, at, after = (motion.states(ns(time_s + k * step_s)) for k in (-1, 0, 1))
        slope = (after.centers_m - before.centers_m) / (2 * step_s)
        np.testing.assert_allclose(at.velocities_m_s, slope, atol=0.02)
        turn = (yaws(after) - yaws(before)) / (2 * step_s)
        np.testing.assert_allclose(at.yaw_rates_rad_s, turn, atol=0.01)
        bend = (after.velocities_m_s - before.velocities_m_s) / (2 * step_s)
        np.testing.assert_allclose(at.accelerations_m_s2, bend, atol=0.3)


def bend(t):
    """A car on a bend, up a road that is rough."""
    return 50 * math.sin(0.2 * t), 50 - 50 * math.cos(0.2 * t), 0.1 * math.sin(t), 0.2 * t


def ramp(t):
    """A level road that ends in a slope of 15 per cent."""
    return 10 * t, 0.0, 0.15 * max(10 * t - 30, 0.0), 0.0


@pytest.mark.parametrize("model", [Model.AUTOMATIC, Model.VEHICLE])
def test_paths_on_wheels_that_were_not_found_are_not_used(model, monkeypatch):
    columns, times_ns = keyframes(range(6), bend), ns(*np.arange(0, 5, 0.1))
    smooth = motion_of(columns, Interpolation(Model.SMOOTH), "car").states(times_ns)
    monkeypatch.setattr(planar, "MOST_STEPS", 1)
    found = motion_of(columns, Interpolation(model), "car").states(times_ns)
    np.testing.assert_array_equal(found.centers_m, smooth.centers_m)
    np.testing.assert_array_equal(found.covariances, smooth.covariances)


@pytest.mark.parametrize("step_s", [1.0, 3.0])
def test_a_ramp_after_a_level_road_is_climbed(step_s):
    times_s = np.arange(8) * step_s
    motion = motion_of(keyframes(times_s, ramp), AUTOMATIC, "car")
    assert misses_m(motion, ramp, times_s).max() < 0.02


@pytest.mark.parametrize("model", [Model.AUTOMATIC, Model.SMOOTH, Model.VEHICLE])
@pytest.mark.parametrize("step_s", [0.001, 0.1, 2.0])
def test_pinned_motion_meets_its_keyframes_however_close_they_are(model, step_s):
    times_s = np.arange(5) * step_s
    columns = keyframes(times_s, bend, off=drawn(5, 1) * min(step_s, 1))
    motion = motion_of(columns, Interpolation(model, pinned=True), "car")
    states = motion.states(columns.times_ns)
    np.testing.assert_allclose(states.centers_m, columns.centers_m, atol=0.001)
    np.testing.assert_allclose(states.rotations, columns.rotations, atol=math.radians(0.1))


def test_what_stands_by_word_of_its_user_has_one_pose():
    motion = motion_of(keyframes(range(8), bend), Interpolation(Model.STATIC), "car")
    assert isinstance(motion, StaticMotion)
