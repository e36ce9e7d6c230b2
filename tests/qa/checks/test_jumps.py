"""Places that an object cannot have got to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.qa.checks.jumps import Teleport
from courses import ahead, document_of, drive, subject_of, times_s, track_along


def test_one_bad_keyframe_is_named_and_no_other() -> None:
    places_m = ahead(12.0)
    places_m[17] += [0.0, 1.5]
    (finding,) = Teleport().examine(subject_of(track_along(places_m)))
    assert finding.start_ns == finding.end_ns == finding.timestamp_ns == 1_700_000_000
    assert finding.value == pytest.approx(1.5)
    assert finding.what == (
        "Car 7 is 1.50 m from where the frames around it say; the limit for a car is 0.50 m"
    )


@settings(max_examples=15, deadline=None)
@given(
    row=st.integers(0, 40),
    angle_rad=st.floats(0, 6.28),
    jump_m=st.floats(1.5, 30),
    speed_m_s=st.floats(0, 30),
)
def test_a_bad_keyframe_is_found_wherever_it_is(
    row: int, angle_rad: float, jump_m: float, speed_m_s: float
) -> None:
    places_m = ahead(speed_m_s)
    places_m[row] += jump_m * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    findings = list(Teleport().examine(subject_of(track_along(places_m))))
    assert [finding.timestamp_ns for finding in findings] == [row * 100_000_000]


def test_the_repair_takes_the_keyframe_away() -> None:
    places_m = ahead(12.0)
    places_m[17] += [0.0, 1.5]
    track = track_along(places_m)
    check = Teleport()
    (finding,) = check.examine(subject_of(track))
    document = document_of(track)
    mended = document.apply(check.repair(finding, document)).track(track.id)
    assert mended.keyframe_at(1_700_000_000) is None
    assert not list(check.examine(subject_of(mended)))


def test_a_track_that_goes_on_elsewhere_is_told_between_two_frames() -> None:
    places_m = ahead(6.0)
    places_m[25:] += [0.0, 4.0]
    track = track_along(places_m)
    (finding,) = Teleport().examine(subject_of(track))
    assert (finding.start_ns, finding.timestamp_ns) == (2_400_000_000, 2_500_000_000)
    assert "from where it was going to" in finding.what
    assert Teleport().repair(finding, document_of(track)) == ()


def test_emergency_braking_is_no_jump() -> None:
    speeds_m_s = np.clip(25 - 9.5 * np.clip(times_s() - 1, 0, None), 0, None)
    places_m = np.column_stack([np.cumsum(speeds_m_s) / 10, np.zeros(41)])
    assert not list(Teleport().examine(subject_of(track_along(places_m))))


def test_cuboids_as_noisy_as_those_around_them_do_not_jump() -> None:
    places_m = ahead(12.0) + np.random.default_rng(8).normal(0, 0.15, (41, 2))
    assert not list(Teleport().examine(subject_of(track_along(places_m))))


def test_jumps_are_found_without_ego_poses_too() -> None:
    places_m = ahead(-20.0)
    places_m[30] += [2.0, 0.0]
    assert len(list(Teleport().examine(subject_of(track_along(places_m), drive(poses=False))))) == 1
