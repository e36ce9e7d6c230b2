"""How a track moves, as its noisy cuboids tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.qa.check import TrackCheck
from av3d.qa.course import Course
from av3d.qa.local_fits import local_fits
from av3d.qa.registry import all_checks
from av3d.types import FloatArray
from courses import ahead, drive, subject_of, times_s, track_along

ALL = (slice(0, 41),)


def course(places_m: FloatArray, stretches: tuple[slice, ...] = ALL) -> Course:
    """The course of cuboids that head along x, ten a second."""
    centers_m = np.column_stack([places_m, np.zeros(len(places_m))])
    met_ns = np.arange(len(places_m)) * 100_000_000
    return Course(met_ns, centers_m, np.zeros(len(places_m)), stretches)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_polynomial_is_met_exactly_with_all_its_derivatives(degree: int) -> None:
    times = times_s()
    values = 2.0 * np.vander(times, degree + 1).sum(axis=1)
    fits = local_fits(times, values[:, None], ALL, 0.4, degree, np.ones(41, dtype=bool))
    np.testing.assert_allclose(fits.derivatives[:, 0, 0], values, atol=1e-9)
    np.testing.assert_allclose(
        fits.derivatives[:, degree, 0], 2.0 * [1, 1, 2, 6][degree], atol=1e-5
    )


def test_spreads_are_those_of_the_fitted_values() -> None:
    rng = np.random.default_rng(5)
    noisy = rng.normal(0, 1, (41, 4000))
    fits = local_fits(times_s(), noisy, ALL, 0.4, 2, np.ones(41, dtype=bool))
    np.testing.assert_allclose(fits.derivatives.std(axis=2), fits.spreads, rtol=0.08)


def test_frames_that_do_not_count_change_nothing() -> None:
    values = times_s()[:, None].copy()
    values[20] = 50.0
    usable = np.arange(41) != 20
    fits = local_fits(times_s(), values, ALL, 0.4, 2, usable)
    np.testing.assert_allclose(fits.derivatives[:, 1, 0], 1.0, atol=1e-8)
    assert fits.leverages[20] == 0.0


@pytest.mark.parametrize("noise_m", [0.05, 0.2])
def test_noise_is_estimated_from_the_track_itself(noise_m: float) -> None:
    rng = np.random.default_rng(1)
    noises_m = [
        np.median(course(ahead(12.0) + rng.normal(0, noise_m, (41, 2))).noises_m) for _ in range(20)
    ]
    assert np.mean(noises_m) == pytest.approx(noise_m, rel=0.15)


def test_strays_are_left_out_of_velocities() -> None:
    places_m = ahead(12.0)
    places_m[[7, 30]] += 2.0
    found = course(places_m)
    assert np.flatnonzero(~found.usable).tolist() == [7, 30]
    np.testing.assert_allclose(found.moving(0.4).derivatives[:, 1, 0], 12.0, atol=1e-6)


def test_a_step_makes_no_strays() -> None:
    places_m = ahead(12.0)
    places_m[20:] += 3.0
    assert course(places_m).usable.all()


def test_one_of_five_cuboids_strays_too() -> None:
    places_m = ahead(12.0)[:5]
    places_m[2] += 6.0
    assert np.flatnonzero(~course(places_m, (slice(0, 5),)).usable).tolist() == [2]


def test_nothing_is_fitted_across_a_gap() -> None:
    places_m = np.concatenate([ahead(10.0)[:20], ahead(-10.0)[:21]])
    velocities = course(places_m, (slice(0, 20), slice(20, 41))).moving(0.4).derivatives[:, 1, 0]
    np.testing.assert_allclose(velocities, np.repeat([10.0, -10.0], [20, 21]), atol=1e-6)


def test_a_flip_is_no_turn_of_the_axis() -> None:
    yaws_rad = np.where(np.arange(41) < 20, 0.1, 0.1 + np.pi)
    flipped = Course(np.arange(41) * 100_000_000, np.zeros((41, 3)), yaws_rad, ALL)
    np.testing.assert_allclose(flipped.axes_rad, 0.1, atol=1e-12)


def test_a_beam_that_meets_an_object_twice_in_a_moment_stops_no_clock() -> None:
    met_ns = np.array([0, 100_000_000, 100_000_000, 200_000_000])
    clock = Course(met_ns, np.zeros((4, 3)), np.zeros(4), (slice(0, 4),))
    assert (np.diff(clock.times_s) > 0).all()


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    first=st.integers(-2, 10),
    frames=st.integers(1, 7),
    poses=st.booleans(),
    category=st.sampled_from(["car", "pedestrian", "cone", "other", "spaceship"]),
)
def test_all_checks_stand_whatever_a_track_is_like(
    seed: int, first: int, frames: int, poses: bool, category: str
) -> None:
    rng = np.random.default_rng(seed)
    track = track_along(
        rng.normal(0, 10 ** rng.uniform(-3, 4), (frames, 2)),
        rng.uniform(-4, 4, frames),
        rng.uniform(0.1, 20, (frames, 3)),
        category=category,
        frames=first + np.arange(frames),
        attributes={"motion": "parked"},
    )
    subject = subject_of(track, drive(11, poses=poses))
    for check in all_checks():
        if isinstance(check, TrackCheck):
            for finding in check.examine(subject):
                assert track.start_ns <= finding.start_ns <= finding.timestamp_ns
                assert finding.timestamp_ns <= finding.end_ns <= track.end_ns
                assert finding.what
                assert 0 <= finding.risk <= 100
