from __future__ import annotations

from av3d.errors import Av3dError
from av3d.present.labels import Labels
from av3d.present.loader import Loader
from av3d.present.session import Session


def test_a_frame_outside_the_log_goes_to_its_end(session):
    session.go_to(99)
    assert session.frame == 11
    session.go_to(-5)
    assert session.frame == 0


def test_the_direction_of_travel_follows_the_steps(session):
    session.go_to(5)
    assert session.step == 1
    session.go_to(4)
    assert session.step == -1


def test_selecting_something_unknown_selects_nothing(session):
    session.select("car-1")
    session.select("nobody")
    assert session.selected is None


def test_tab_goes_through_the_tracks_of_the_frame_and_around(session):
    session.go_to(9)
    seen = []
    for _ in range(3):
        session.select_step(1)
        seen.append(session.selected)
    # Pedestrian 1 is gone after frame 5.
    assert seen == ["car-1", "car-2", "car-1"]


def test_shift_tab_begins_at_the_last_track(session):
    session.select_step(-1)
    assert session.selected == "pedestrian-1"


def test_keyframes_are_found_in_both_directions(session):
    session.select("pedestrian-1")
    session.go_to_keyframe(1)
    assert session.frame == 5
    session.go_to_keyframe(1)
    assert session.frame == 5
    session.go_to_keyframe(-1)
    assert session.frame == 0


def test_a_time_shows_the_nearest_frame(session):
    session.go_to_time(349_000_000)
    assert session.frame == 3


def test_playing_follows_the_clock(session, clock):
    session.toggle_play()
    clock.now_s += 0.45
    session.tick()
    assert session.frame == 4


def test_playing_waits_for_a_frame_that_is_not_ready_and_then_skips(session, clock):
    session.toggle_play()
    clock.now_s += 0.35
    session.tick(ready=False)
    assert session.frame == 0
    session.tick(ready=True)
    assert session.frame == 3


def test_the_selected_box_is_in_the_ego_frame_of_the_frame(session):
    session.select("car-1")
    session.go_to(6)
    box = session.selected_box()
    # Car 1 drives as fast as the ego, so it stays 10 m ahead.
    assert box is not None
    assert abs(box.cuboid.center_m[0] - 10.0) < 0.02


def test_a_track_that_is_not_present_has_no_box(session):
    session.select("pedestrian-1")
    assert session.selected_box(9) is None


def test_new_tracks_keep_the_selection_if_it_is_still_there(session, tracks):
    session.select("car-1")
    session.set_tracks(tracks[:1])
    assert session.selected == "car-1"
    session.set_tracks(tracks[1:])
    assert session.selected is None


def test_cameras_cycle(session):
    session.next_camera()
    assert session.camera == "back_camera"
    session.next_camera()
    assert session.camera == "front_camera"


def loading(log, work, select=""):
    session = Session(log, loader=Loader(threads=0))
    session.load_labels(lambda: Labels(work()), select)
    session.supply.want(0, 1, {}, first=session.urgent_jobs())
    return session


def test_tracks_that_are_read_beside_the_window_arrive_with_their_selection(log, tracks):
    session = loading(log, lambda: tracks, "Car 2")
    assert session.take_tracks() is None
    assert session.tracks == tracks
    assert session.selected == "car-2"


def test_a_name_that_no_track_has_is_said_with_names_that_exist(log, tracks):
    session = loading(log, lambda: tracks, "Car 9")
    error = session.take_tracks()
    assert str(error).startswith("no track 'Car 9', street, there are Car 1, Car 2")
    assert session.not_found is error


def test_tracks_that_cannot_be_read_are_reported_once(log):
    def broken():
        raise Av3dError("labels are truncated", "labels.json", "copy the file again")

    session = loading(log, broken)
    assert "labels are truncated" in str(session.take_tracks())
    assert session.take_tracks() is None


def test_tab_goes_by_category_and_number_whatever_the_order_in_the_log(session, tracks):
    session.set_tracks(tracks[::-1])
    names = []
    for _ in range(3):
        session.select_step(1)
        names.append(session.selected)
    assert names == ["car-1", "car-2", "pedestrian-1"]
