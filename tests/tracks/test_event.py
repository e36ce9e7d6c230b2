from dataclasses import replace

import pytest
from hypothesis import given

from av3d.tracks.checking import TrackError
from av3d.tracks.event import Event
from tracks.strategies import events


def test_an_event_has_a_name_for_people_and_values_for_files():
    event = Event("e", "cut_in", 5, 9, {"side": "left"}, "close!", ("b", "a", "b"))
    assert event.name == "Cut in"
    assert event.as_json() == {
        "id": "e",
        "label": "cut_in",
        "start_ns": 5,
        "end_ns": 9,
        "attributes": {"side": "left"},
        "note": "close!",
        "track_ids": ["a", "b"],
    }


def test_an_event_may_be_a_moment():
    assert Event("e", "near_miss", 5, 5).end_ns == 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Event("e", "rain", 5, 4), "ends 1 ns before it starts, event 'e'"),
        (lambda: Event("", "rain", 0, 1), "'' is no ID or label.*event ''"),
        (lambda: Event("e", "", 0, 1), "no ID or label"),
        (lambda: Event("e", "rain", 0, 1, track_ids=("",)), "no ID or label"),
        (lambda: Event("e", "rain", 0, 1, note="\x00"), "the note holds a zero character"),
        (lambda: Event("e", "rain", 0, 1, {"mm": float("nan")}), "'mm' is nan"),
        (lambda: Event("e", "rain", 0.0, 1), "whole number"),
    ],
)
def test_contradictions_are_refused(make, message):
    with pytest.raises(TrackError, match=message):
        make()


@given(events(track_ids=("a", "b")), events(track_ids=("a", "b")))
def test_digests_are_equal_precisely_where_values_are(one, other):
    same = one.as_json() == other.as_json() and repr(one.as_json()) == repr(other.as_json())
    assert (one.digest == other.digest) == same
    assert one.digest == replace(one, track_ids=one.track_ids[::-1]).digest
