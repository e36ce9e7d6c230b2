"""Objects that stand: jitter, and what is called static and moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.qa.checks.still import Jitter, StaticMoves
from av3d.tracks.track import Track
from courses import ahead, document_of, drive, subject_of, track_along


def trembling(noise_m: float, speed_m_s: float = 0.0) -> Track:
    return track_along(ahead(speed_m_s) + np.random.default_rng(2).normal(0, noise_m, (41, 2)))


@pytest.mark.parametrize("speed_m_s", [0.0, 8.0])
def test_cuboids_that_were_set_frame_by_frame_tremble(speed_m_s: float) -> None:
    (finding,) = Jitter().examine(subject_of(trembling(0.2, speed_m_s)))
    assert finding.value == pytest.approx(0.2, abs=0.1)
    assert "from frame to frame; the limit for a car is 0.12 m" in finding.what


def test_a_heading_that_trembles_moves_the_corners() -> None:
    yaws_rad = np.random.default_rng(2).normal(0, np.deg2rad(6), 41)
    (finding,) = Jitter().examine(subject_of(track_along(np.zeros((41, 2)), yaws_rad)))
    assert finding.value > finding.limit


def test_usual_noise_of_parked_cars_is_no_jitter() -> None:
    assert not list(Jitter().examine(subject_of(trembling(0.06))))


def test_one_bad_keyframe_is_no_jitter() -> None:
    places_m = np.zeros((41, 2))
    places_m[20] = [1.0, 1.0]
    assert not list(Jitter().examine(subject_of(track_along(places_m))))


def test_the_repair_makes_a_parked_car_stand() -> None:
    track = trembling(0.2)
    (finding,) = Jitter().examine(subject_of(track))
    document = document_of(track)
    mended = document.apply(Jitter().repair(finding, document)).track(track.id)
    assert mended.static
    assert np.hypot(*mended.keyframes[0].cuboid.center_m[:2]) < 0.1


def test_what_trembles_on_its_way_is_not_made_to_stand() -> None:
    track = trembling(0.2, 8.0)
    (finding,) = Jitter().examine(subject_of(track))
    assert Jitter().repair(finding, document_of(track)) == ()


def test_a_car_that_is_called_parked_and_goes_away() -> None:
    track = track_along(ahead(1.0), attributes={"motion": "parked"})
    (finding,) = StaticMoves().examine(subject_of(track))
    assert finding.what == "Car 7 should stay where it is and moves 3.85 m, limit 1.00 m"
    assert finding.end_ns == finding.timestamp_ns == 4_000_000_000


def test_a_car_may_be_parked_first_and_go_later() -> None:
    places_m = np.concatenate([np.zeros((20, 2)), ahead(5.0)[:21]])
    track = track_along(places_m)
    keyframes = [
        replace(keyframe, attributes={"motion": "parked" if row < 20 else "moving"})
        for row, keyframe in enumerate(track.keyframes)
    ]
    assert not list(StaticMoves().examine(subject_of(track.with_keyframes(keyframes))))


def test_cones_stay_where_they_are_without_being_told() -> None:
    track = track_along(ahead(1.0), 0.0, (0.4, 0.4, 0.9), category="cone")
    assert list(StaticMoves().examine(subject_of(track)))


def test_without_ego_poses_everything_seems_to_move() -> None:
    track = track_along(ahead(-9.0), attributes={"motion": "parked"})
    assert StaticMoves().measure(subject_of(track, drive(poses=False))) is None
