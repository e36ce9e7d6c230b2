import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.events import (
    add_event,
    change_event,
    delete_event,
    move_event,
    tag_log,
)
from av3d.tracks.track import Track
from tracks.strategies import attributes, documents, few, notes, there_and_back, times_ns

S = 1_000_000_000
CAR = Track("A", "car", (Keyframe(0, Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)),))
CUT_IN = Event("e", "cut_in", 2 * S, 3 * S, track_ids=("A",))
DRIVE = Document.of([CAR], [CUT_IN])


def test_rain_starts_and_ends():
    after = there_and_back(
        DRIVE,
        add_event(DRIVE, "rain", S, 5 * S, attributes={"mm_per_h": 2.5}, note="ends", event_id="r"),
    )
    assert after.events["r"] == Event("r", "rain", S, 5 * S, {"mm_per_h": 2.5}, "ends")


def test_an_event_may_be_a_moment_of_tracks():
    (change,) = add_event(DRIVE, "near_miss", S, S, track_ids=["A", "A"])
    assert isinstance(change.after, Event)
    assert change.after.track_ids == ("A",)
    assert add_event(DRIVE, "x", 0, 0)[0].id != add_event(DRIVE, "x", 0, 0)[0].id


def test_a_log_has_each_tag_once():
    after = there_and_back(DRIVE, tag_log(DRIVE, "night", 0, 9 * S, event_id="n"))
    assert after.events["n"] == Event("n", "night", 0, 9 * S)
    assert tag_log(after, "night", 0, 9 * S) == ()
    lit = there_and_back(after, tag_log(after, "night", 0, 9 * S, attributes={"lamps": True}))
    assert lit.events["n"].attributes == {"lamps": True}
    assert list(lit.events) == ["e", "n"]


def test_deleting_an_event_leaves_its_tracks():
    after = there_and_back(DRIVE, delete_event(DRIVE, "e"))
    assert after.events == {}
    assert after.tracks["A"] is CAR


def test_what_an_event_says_can_be_changed():
    changes = change_event(DRIVE, "e", label="overtaking", attributes={"side": "left"}, note="fast")
    after = there_and_back(DRIVE, changes)
    assert after.events["e"] == Event(
        "e", "overtaking", 2 * S, 3 * S, {"side": "left"}, "fast", ("A",)
    )
    assert there_and_back(DRIVE, change_event(DRIVE, "e", track_ids=[])).events["e"].track_ids == ()
    assert change_event(DRIVE, "e", label="cut_in") == ()


def test_the_ends_of_an_event_move():
    earlier = there_and_back(DRIVE, move_event(DRIVE, "e", start_ns=S)).events["e"]
    assert (earlier.start_ns, earlier.end_ns) == (S, 3 * S)
    both = there_and_back(DRIVE, move_event(DRIVE, "e", start_ns=5 * S, end_ns=6 * S)).events["e"]
    assert (both.start_ns, both.end_ns) == (5 * S, 6 * S)
    assert move_event(DRIVE, "e", end_ns=3 * S) == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: add_event(DRIVE, "rain", 2, 1), "ends 1 ns before it starts"),
        (lambda: add_event(DRIVE, "", 1, 2), "is no ID or label"),
        (lambda: add_event(DRIVE, "rain", 1, 2, event_id="e"), "event with this ID already"),
        (lambda: add_event(DRIVE, "rain", 1, 2, track_ids=["?"]), "no such track"),
        (lambda: add_event(DRIVE, "rain", 1.5, 2), "whole number of ns"),
        (lambda: delete_event(DRIVE, "?"), "there is no such event, event '\\?'"),
        (lambda: change_event(DRIVE, "?", note=""), "there is no such event"),
        (lambda: change_event(DRIVE, "e", track_ids=["?"]), "no such track"),
        (lambda: change_event(DRIVE, "e", note="\x00"), "zero character"),
        (lambda: move_event(DRIVE, "e", start_ns=4 * S), "before it starts"),
    ],
)
def test_impossible_events_are_refused(make, message):
    with pytest.raises(EditError, match=message):
        make()


@few
@given(documents(), times_ns(), times_ns(), attributes, notes, st.data())
def test_every_edit_of_events_can_be_taken_back(document, one, other, values, note, data):
    start, end = sorted([one, other])
    added = there_and_back(
        document,
        add_event(
            document,
            "fog",
            start,
            end,
            track_ids=document.tracks,
            attributes=values,
            event_id="new",
        ),
    )
    assert added.events["new"].track_ids == tuple(sorted(document.tracks))
    event_id = data.draw(st.sampled_from(sorted(added.events)))
    moved = there_and_back(added, move_event(added, event_id, start_ns=start, end_ns=end))
    assert (moved.events[event_id].start_ns, moved.events[event_id].end_ns) == (start, end)
    changes = change_event(moved, event_id, attributes=values, note=note, track_ids=[])
    silent = there_and_back(moved, changes)
    assert (silent.events[event_id].note, silent.events[event_id].track_ids) == (note, ())
    there_and_back(silent, tag_log(silent, "night", start, end, event_id="tag"))
    assert event_id not in there_and_back(silent, delete_event(silent, event_id)).events
