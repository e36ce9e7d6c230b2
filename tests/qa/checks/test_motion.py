"""Motions that such objects do not make."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.qa.check import TrackCheck
from av3d.qa.checks.motion import Acceleration, Jerk, Slip, Speed, TurnOnSpot, TurnRate
from av3d.types import FloatArray
from courses import ahead, drive, subject_of, times_s, track_along


def braking(from_m_s: float, by_m_s2: float) -> FloatArray:
    """Places of a car that brakes from 1 s on until it stands."""
    speeds_m_s = np.clip(from_m_s - by_m_s2 * np.clip(times_s() - 1, 0, None), 0, None)
    return np.column_stack([np.cumsum(speeds_m_s) / 10, np.zeros(41)])


def arc(speed_m_s: float, radius_m: float) -> tuple[FloatArray, FloatArray]:
    """Places and headings of a car whose rear axle goes round; its centre is 1.4 m before that."""
    yaws_rad = times_s() * speed_m_s / radius_m
    axle_m = radius_m * np.column_stack([np.sin(yaws_rad), -np.cos(yaws_rad)])
    return axle_m + 1.4 * np.column_stack([np.cos(yaws_rad), np.sin(yaws_rad)]), yaws_rad


def test_a_car_at_60_m_per_s_is_too_fast() -> None:
    (finding,) = Speed().examine(subject_of(track_along(ahead(60.0))))
    assert finding.value == pytest.approx(60.0)
    assert finding.what == "Car 7 goes 60.0 m/s; the limit for a car is 50.0 m/s"
    assert (finding.start_ns, finding.end_ns) == (0, 4_000_000_000)


def test_people_have_a_speed_limit_of_their_own() -> None:
    track = track_along(ahead(9.0), 0.0, (0.8, 0.7, 1.75), category="pedestrian")
    (finding,) = Speed().examine(subject_of(track))
    assert finding.limit == 7.0


def test_without_ego_poses_the_ego_vehicle_may_add_its_speed() -> None:
    log = drive(poses=False)
    assert not list(Speed().examine(subject_of(track_along(ahead(-70.0)), log)))
    assert list(Speed().examine(subject_of(track_along(ahead(-100.0)), log)))


def test_hard_braking_is_told_with_its_speed() -> None:
    (finding,) = Acceleration().examine(subject_of(track_along(braking(20.0, 9.0))))
    assert finding.value == pytest.approx(9.0, abs=0.5)
    assert "changes its velocity by 9.0 m/s² at" in finding.what


def test_a_firm_stop_is_none_of_it() -> None:
    assert not list(Acceleration().examine(subject_of(track_along(braking(15.0, 4.0)))))


@pytest.mark.parametrize("noise_m", [0.02, 0.05, 0.1])
def test_noise_of_the_cuboids_is_no_acceleration(noise_m: float) -> None:
    rng = np.random.default_rng(4)
    places_m = ahead(10.0) + rng.normal(0, noise_m, (41, 2))
    for check in (Speed(), Acceleration(), Jerk(), Slip()):
        assert not list(check.examine(subject_of(track_along(places_m))))


def test_one_cuboid_elsewhere_is_left_to_the_check_of_jumps() -> None:
    places_m = ahead(10.0)
    places_m[20] += [0.0, 3.0]
    for check in (Speed(), Acceleration(), Jerk(), Slip()):
        assert not list(check.examine(subject_of(track_along(places_m))))


def test_swaying_is_jerk() -> None:
    swing_m = 0.8 * np.sin(2 * np.pi * times_s() / 1.5)
    (finding,) = Jerk().examine(subject_of(track_along(ahead(10.0) + swing_m[:, None] * [1, 0])))
    assert finding.value > finding.limit == 15.0


def test_a_heading_that_swings_turns_too_fast() -> None:
    yaws_rad = np.deg2rad(40) * np.exp(-(((times_s() - 2) / 0.25) ** 2))
    (finding,) = TurnRate().examine(subject_of(track_along(ahead(5.0), yaws_rad)))
    assert 60 < finding.value < 140
    assert "°/s at 5.0 m/s; the limit for a car is 60 °/s" in finding.what


def test_a_flip_of_front_and_back_is_no_turn() -> None:
    yaws_rad = np.where(times_s() < 2, 0.0, np.pi)
    assert not list(TurnRate().examine(subject_of(track_along(ahead(5.0), yaws_rad))))


def test_a_car_on_a_tight_arc_does_nothing_wrong() -> None:
    places_m, yaws_rad = arc(4.0, 5.0)
    subject = subject_of(track_along(places_m, yaws_rad))
    checks: tuple[TrackCheck, ...] = (Acceleration(), Jerk(), TurnRate(), TurnOnSpot(), Slip())
    assert [finding.what for check in checks for finding in check.examine(subject)] == []


def test_a_parked_car_does_not_turn() -> None:
    yaws_rad = np.deg2rad(40) * np.clip(times_s() - 1.5, 0, 1)
    (finding,) = TurnOnSpot().examine(subject_of(track_along(np.zeros((41, 2)), yaws_rad)))
    assert finding.value == pytest.approx(40, abs=3)
    assert "more than wheels do at 0.0 m/s" in finding.what


def test_people_may_turn_where_they_stand() -> None:
    yaws_rad = np.deg2rad(90) * np.clip(times_s() - 1.5, 0, 1)
    track = track_along(np.zeros((41, 2)), yaws_rad, (0.8, 0.7, 1.75), category="pedestrian")
    assert not list(TurnOnSpot().examine(subject_of(track)))


def test_a_car_that_goes_askew_slips() -> None:
    (finding,) = Slip().examine(subject_of(track_along(ahead(6.0), np.deg2rad(20))))
    assert finding.value == pytest.approx(20)
    assert finding.what == ("Car 7 goes 20° off its heading at 6.0 m/s; the limit for a car is 12°")


def test_a_car_that_backs_up_does_not_slip() -> None:
    assert not list(Slip().examine(subject_of(track_along(ahead(-4.0)))))


@pytest.mark.parametrize("check", [Acceleration(), Jerk(), TurnOnSpot(), Slip()])
def test_what_needs_a_ground_is_not_asked_without_ego_poses(check: TrackCheck) -> None:
    subject = subject_of(track_along(braking(20.0, 9.0), np.deg2rad(30)), drive(poses=False))
    assert check.measure(subject) is None
