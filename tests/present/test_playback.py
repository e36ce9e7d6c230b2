from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.playback import Playback

MS = 1_000_000


def test_plays_at_the_times_of_the_log_not_at_one_frame_per_tick():
    playback = Playback([0, 100 * MS, 200 * MS, 700 * MS, 800 * MS])
    playback.start(0, 10.0)
    assert [playback.frame_at(10.0 + t, 0) for t in (0.05, 0.1, 0.25, 0.69, 0.7)] == [0, 1, 2, 2, 3]


def test_a_slow_window_skips_frames_and_keeps_time():
    playback = Playback([frame * 100 * MS for frame in range(30)])
    playback.start(0, 0.0)
    assert playback.frame_at(1.5, 0) == 15


def test_stops_at_the_last_frame():
    playback = Playback([0, 100 * MS, 200 * MS])
    playback.start(0, 0.0)
    assert playback.frame_at(9.0, 1) == 2
    assert not playback.playing


def test_starting_at_the_end_begins_at_the_first_frame():
    playback = Playback([0, 100 * MS, 200 * MS])
    assert playback.start(2, 0.0) == 0


def test_a_loop_shows_the_last_frame_for_one_period_and_begins_again():
    playback = Playback([0, 100 * MS, 200 * MS])
    playback.loop = True
    playback.start(0, 0.0)
    assert playback.frame_at(0.25, 1) == 2
    assert playback.frame_at(0.31, 2) == 0
    assert playback.frame_at(0.42, 0) == 1


def test_double_speed_shows_twice_as_many_frames():
    playback = Playback([frame * 100 * MS for frame in range(30)])
    playback.start(0, 0.0)
    playback.set_speed(2.0, 0, 0.0)
    assert playback.frame_at(0.5, 0) == 10


def test_stepping_while_playing_goes_on_from_there():
    playback = Playback([frame * 100 * MS for frame in range(30)])
    playback.start(0, 0.0)
    playback.moved(20, 1.0)
    assert playback.frame_at(1.1, 20) == 21


def test_a_log_of_one_frame_does_not_play():
    playback = Playback([5])
    assert playback.start(0, 0.0) == 0
    assert not playback.playing


def test_seconds_to_next_frame_count_the_speed():
    playback = Playback([0, 100 * MS, 200 * MS])
    playback.start(0, 0.0)
    playback.set_speed(0.5, 0, 0.0)
    assert playback.seconds_to_next(0.05) == pytest.approx(0.15)


@given(
    steps=st.lists(st.integers(1, 2_000), min_size=1, max_size=40),
    times=st.lists(st.floats(0, 100), min_size=2, max_size=10),
)
def test_frames_never_go_back_and_stay_in_the_log(steps, times):
    stamps = [0]
    for step in steps:
        stamps.append(stamps[-1] + step * MS)
    playback = Playback(stamps)
    playback.start(0, 0.0)
    frame, seen = 0, []
    for time_s in sorted(times):
        frame = playback.frame_at(time_s, frame)
        seen.append(frame)
    assert seen == sorted(seen)
    assert all(0 <= frame < len(stamps) for frame in seen)


def test_a_loop_within_limits_plays_those_frames_only():
    playback = Playback([frame * 100 * MS for frame in range(30)])
    playback.loop, playback.limits = True, (3, 5)
    assert playback.start(20, 0.0) == 3
    assert [playback.frame_at(t, 3) for t in (0.05, 0.15, 0.25, 0.31)] == [3, 4, 5, 3]
    assert playback.seconds_to_next(0.31 + 0.25) == pytest.approx(0.05)


def test_limits_count_in_a_loop_only():
    playback = Playback([frame * 100 * MS for frame in range(30)])
    playback.limits = (3, 5)
    assert playback.start(4, 0.0) == 4
    assert playback.frame_at(1.0, 4) == 14


@pytest.mark.parametrize("mode", ["view.bev", "view.3d"])
def test_while_playing_the_view_stays_on_the_track_that_it_follows(workspace, settle, clock, mode):
    session = workspace.session
    workspace.run(mode)
    session.select("pedestrian-1")
    workspace.key("L")
    settle(workspace)
    workspace.key("Space")
    places = []
    for _ in range(5):
        settle(workspace)
        outline = dict(workspace.main.outlines)["pedestrian-1"]
        places.append(outline.mean(axis=0))
        clock.now_s += 0.1
    assert session.frame == 4
    for spot in places:
        # The floor of the cuboid is what is kept there, in 3D its outline leans with the view.
        assert spot == pytest.approx(places[0], abs=3)


def test_the_time_around_a_frame_plays_once_and_ends_at_that_frame():
    playback = Playback([k * 100 * MS for k in range(50)])
    assert playback.start_around(20, 1.0, 5.0) == 10
    assert [playback.frame_at(5.0 + t, 0) for t in (0.0, 1.0, 2.0)] == [10, 20, 30]
    assert playback.playing
    assert playback.frame_at(7.11, 30) == 20
    assert not playback.playing


def test_whoever_goes_elsewhere_while_a_part_plays_sees_the_rest_of_the_log():
    playback = Playback([k * 100 * MS for k in range(50)])
    playback.start_around(20, 1.0, 5.0)
    playback.moved(40, 5.5)
    assert playback.frame_at(6.3, 40) == 48
