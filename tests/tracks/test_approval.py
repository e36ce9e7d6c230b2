from __future__ import annotations

from dataclasses import replace

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.approval import Approval, approval_of
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
ONE = Track("one", "car", (Keyframe(0, CUBOID),), number=1)
TWO = Track("two", "car", (Keyframe(0, CUBOID),), number=2)


def decision(state: str, *tracks: Track, name: str = "e", label: str = REVIEW) -> Event:
    values = {"state": state, "track_digest": tracks[0].digest}
    return Event(name, label, 0, 10, values, track_ids=tuple(track.id for track in tracks))


def test_a_track_is_accepted_as_it_is() -> None:
    found = approval_of([ONE, TWO], [decision("accepted", ONE)])
    assert found == Approval(frozenset({"one"}))
    assert found.is_approved("one", 99)
    assert not found.is_approved("two", 0)


def test_a_change_ends_the_approval_and_undo_brings_it_back() -> None:
    events = [decision("accepted", ONE)]
    assert approval_of([replace(ONE, note="changed")], events) == Approval()
    assert approval_of([ONE], events).accepted == {"one"}


def test_who_sends_it_back_outweighs_who_accepts_it() -> None:
    for state in ("sent_back", "fixing"):
        events = [decision("accepted", ONE), decision(state, ONE, name="f")]
        assert approval_of([ONE], events) == Approval(refused=frozenset({"one"}))


def test_what_was_sent_back_before_it_was_changed_does_not_count() -> None:
    before = replace(ONE, note="too short")
    events = [decision("sent_back", before), decision("accepted", ONE, name="f")]
    assert approval_of([ONE], events).accepted == {"one"}


def test_other_events_decide_nothing() -> None:
    assert approval_of([ONE], [decision("accepted", ONE, label="cut_in")]) == Approval()


def test_a_decision_that_names_no_values_decides_nothing() -> None:
    event = Event("e", REVIEW, 0, 1, {"state": "accepted"}, track_ids=("one", "gone"))
    assert approval_of([ONE], [event]) == Approval()


def test_a_decision_on_several_tracks_counts_for_those_whose_values_it_names() -> None:
    assert approval_of([ONE, TWO], [decision("accepted", ONE, TWO)]).accepted == {"one"}


def test_what_is_done_is_approved_in_its_time_unless_it_was_sent_back() -> None:
    found = approval_of([ONE, TWO], [decision("sent_back", TWO)], [(20, 30), (5, 10)])
    assert [found.is_approved("one", time) for time in (4, 5, 10, 11, 25, 31)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert not found.is_approved("two", 7)
    assert found.may_be(ONE)
    assert not found.may_be(TWO)
    assert not Approval().may_be(ONE)
