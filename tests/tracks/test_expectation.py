from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.expectation import Expectation, frames_of
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.motion.next_keyframe import keyframes_until, next_keyframe
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

FRAMES_NS = np.arange(0, 20 * NS_PER_S + 1, NS_PER_S // 10)


def walker(*times_s: float, category: str = "pedestrian", noise: Noise | None = None) -> Track:
    """Somebody who walks 1.2 m/s along x and a little to and fro."""
    keyframes = tuple(
        Keyframe(
            round(t * NS_PER_S),
            Cuboid.from_yaw([1.2 * t, np.sin(t / 2), 0.9], [0.7, 0.7, 1.8], 0.1),
            noise=noise,
        )
        for t in times_s
    )
    return Track("w", category, keyframes)


def expected(track: Track) -> Expectation:
    found = Expectation.of(track)
    assert found is not None
    return found


def test_far_from_keyframes_less_is_expected_than_close_to_them() -> None:
    close, middle = expected(walker(0, 10, 20)).expected_iou(
        np.array([NS_PER_S // 5, 5 * NS_PER_S])
    )
    assert 0 < middle < close < 1


def test_the_next_keyframe_goes_into_the_gap_that_is_wide() -> None:
    suggestion = next_keyframe(expected(walker(0, 2, 4, 20)), FRAMES_NS)
    assert suggestion is not None
    assert 6 * NS_PER_S < suggestion.time_ns < 18 * NS_PER_S
    assert suggestion.worst_after > suggestion.worst_before


def test_a_keyframe_is_added_where_the_track_is_expected() -> None:
    track = walker(0, 10, 20)
    before = track.state_at(5 * NS_PER_S)
    assert before is not None
    after = expected(track).with_keyframe_at(5 * NS_PER_S)
    assert after.keyframe_times_ns.tolist() == [0, 5 * NS_PER_S, 10 * NS_PER_S, 20 * NS_PER_S]
    middle_ns = np.array([5 * NS_PER_S])
    assert after.expected_iou(middle_ns) > expected(track).expected_iou(middle_ns)


def test_keyframes_that_know_their_noise_keep_it_when_one_is_added() -> None:
    exact = expected(walker(0, 10, 20, noise=Noise(0.01, 0.01, 0.01, 0.01)))
    at_ns = np.array([10 * NS_PER_S])
    assert exact.with_keyframe_at(15 * NS_PER_S).expected_iou(at_ns) > 0.9


def test_enough_keyframes_need_no_more() -> None:
    times_s = [k / 2 for k in range(41)]
    assert keyframes_until(expected(walker(*times_s)), FRAMES_NS) == []


def test_straight_lines_are_expected_to_be_no_better_than_the_smooth_motion() -> None:
    smooth = walker(0, 6, 7, 14, 20)
    linear = replace(smooth, interpolation=Interpolation(Model.LINEAR))
    of_smooth, of_linear = (expected(t).expected_iou(FRAMES_NS) for t in (smooth, linear))
    assert of_linear.mean() < of_smooth.mean()
    assert (of_linear <= of_smooth + 0.02).all()


def test_where_the_last_keyframe_is_held_an_object_that_moves_is_soon_elsewhere() -> None:
    track = replace(walker(0, 1, 2), presence=(Span(0, 5 * NS_PER_S),))
    inside, soon, late = expected(track).expected_iou(np.array([1.5, 2.5, 5.0]) * NS_PER_S)
    assert inside > soon > late
    assert late < 0.1


@pytest.mark.parametrize("category", ["car", "cone"])
def test_what_has_one_cuboid_at_all_keyframes_is_expected_there(category: str) -> None:
    cuboid = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0)
    keyframes = (Keyframe(0, cuboid), Keyframe(20 * NS_PER_S, cuboid))
    assert expected(Track("t", category, keyframes)).expected_iou(FRAMES_NS).min() == 1


def test_one_keyframe_says_nothing() -> None:
    assert Expectation.of(walker(3)) is None


def test_frames_count_where_the_track_is_present() -> None:
    spans = (Span(0, NS_PER_S // 5), Span(NS_PER_S, NS_PER_S))
    track = replace(walker(0, 1), presence=spans)
    assert frames_of(track, FRAMES_NS).tolist() == [0, 10**8, 2 * 10**8, 10**9]
