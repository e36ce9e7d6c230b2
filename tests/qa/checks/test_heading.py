"""Headings that flip, and objects that go backwards all the way."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.qa.checks.heading import HeadingFlip, HeadingMotion
from av3d.types import FloatArray
from courses import ahead, document_of, drive, subject_of, times_s, track_along


def flipped(first: int, last: int) -> FloatArray:
    """Headings with front and back exchanged from one row to another, both included."""
    rows = np.arange(41)
    return np.where((rows >= first) & (rows <= last), np.pi, 0.0)


def test_a_flip_names_the_frames_that_go_against_the_motion() -> None:
    # More than half of the frames are wrong: only the motion tells which.
    track = track_along(ahead(8.0), flipped(10, 35))
    (finding,) = HeadingFlip().examine(subject_of(track))
    assert (finding.start_ns, finding.end_ns) == (1_000_000_000, 3_500_000_000)
    assert finding.value == pytest.approx(180)
    assert "has a heading 180° off for 26 frames" in finding.what


def test_of_a_parked_car_the_shorter_part_is_named() -> None:
    track = track_along(np.zeros((41, 2)), flipped(12, 12))
    (finding,) = HeadingFlip().examine(subject_of(track))
    assert finding.start_ns == finding.end_ns == finding.timestamp_ns == 1_200_000_000
    assert "off for 1 frame;" in finding.what


def test_the_repair_flips_it_back() -> None:
    track = track_along(ahead(8.0), flipped(10, 20))
    check = HeadingFlip()
    (finding,) = check.examine(subject_of(track))
    mended = document_of(track).apply(check.repair(finding, document_of(track))).track(track.id)
    assert not list(check.examine(subject_of(mended)))
    np.testing.assert_allclose(subject_of(mended).yaws_rad, 0.0, atol=1e-9)


def test_a_wrong_heading_that_is_no_flip_is_left_to_people() -> None:
    yaws_rad = np.where(np.arange(41) == 20, np.deg2rad(80), 0.0)
    track = track_along(ahead(8.0), yaws_rad)
    (finding,) = HeadingFlip().examine(subject_of(track))
    assert finding.timestamp_ns == 2_000_000_000
    assert HeadingFlip().repair(finding, document_of(track)) == ()


def test_a_turn_between_keyframes_that_are_far_apart_is_no_flip() -> None:
    # Half round within 4 s, with a keyframe every second.
    yaws_rad = np.deg2rad(45) * np.arange(5)
    places_m = 6 * np.column_stack([np.sin(yaws_rad), 1 - np.cos(yaws_rad)])
    track = track_along(places_m, yaws_rad, frames=np.arange(0, 41, 10))
    assert not list(HeadingFlip().examine(subject_of(track)))


def test_a_car_that_goes_backwards_all_the_way_has_its_front_at_the_back() -> None:
    track = track_along(ahead(5.0), np.pi)
    check = HeadingMotion()
    (finding,) = check.examine(subject_of(track))
    assert finding.value == pytest.approx(20, abs=1)
    assert finding.what.startswith("Car 7 goes 20.")
    document = document_of(track)
    mended = document.apply(check.repair(finding, document)).track(track.id)
    assert not list(check.examine(subject_of(mended)))


def test_backing_up_before_going_on_is_usual() -> None:
    speeds_m_s = np.where(times_s() < 2, -3.0, 6.0)
    places_m = np.column_stack([np.cumsum(speeds_m_s) / 10, np.zeros(41)])
    assert not list(HeadingMotion().examine(subject_of(track_along(places_m))))


def test_backing_out_of_a_parking_space_is_usual() -> None:
    speeds_m_s = np.where(times_s() < 2.5, -1.8, 0.0)
    places_m = np.column_stack([np.cumsum(speeds_m_s) / 10, np.zeros(41)])
    assert not list(HeadingMotion().examine(subject_of(track_along(places_m))))


def test_a_flipped_part_is_not_told_a_second_time_as_a_way_backwards() -> None:
    subject = subject_of(track_along(ahead(8.0), flipped(5, 25)))
    assert len(list(HeadingFlip().examine(subject))) == 1
    assert not list(HeadingMotion().examine(subject))


def test_without_ego_poses_nobody_knows_what_goes_backwards() -> None:
    subject = subject_of(track_along(ahead(-10.0)), drive(poses=False))
    assert HeadingMotion().measure(subject) is None
