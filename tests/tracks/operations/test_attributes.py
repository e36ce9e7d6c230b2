import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.attributes import (
    remove_attribute,
    set_attribute,
    set_attribute_at,
    set_attribute_on_span,
)
from av3d.tracks.presence import Span
from tracks.strategies import (
    are_same,
    documents,
    few,
    linear,
    straight,
    there_and_back,
    times_ns,
    values,
)

S = 1_000_000_000


def box(x: float) -> Cuboid:
    return Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.0)


CAR = straight(
    "A",
    "car",
    (
        Keyframe(0, box(0)),
        Keyframe(4 * S, box(4), Provenance.IMPORTED, {"door": "open"}),
        Keyframe(8 * S, box(8)),
    ),
    number=4,
    attributes={"colour": "red"},
)
STREET = Document.of([CAR])


def doors(document: Document, *times_s: float) -> list[object]:
    return [document.tracks["A"].attributes_at(round(t * S)).get("door") for t in times_s]


# The whole track


def test_a_value_for_the_whole_track_comes_after_those_of_keyframes():
    after = there_and_back(STREET, set_attribute(STREET, "A", "door", "closed"))
    assert after.tracks["A"].attributes == {"colour": "red", "door": "closed"}
    assert doors(after, 0, 3.9, 4, 7.9, 8) == ["closed", "closed", "open", "open", "closed"]
    assert are_same(after.tracks["A"].keyframes, CAR.keyframes)
    assert set_attribute(STREET, "A", "colour", "red") == ()


def test_true_is_not_one():
    one = there_and_back(STREET, set_attribute(STREET, "A", "parked", 1))
    changes = set_attribute(one, "A", "parked", True)
    assert there_and_back(one, changes).tracks["A"].attributes["parked"] is True


def test_a_value_is_removed():
    after = there_and_back(STREET, remove_attribute(STREET, "A", "colour"))
    assert after.tracks["A"].attributes == {}
    assert remove_attribute(STREET, "A", "door") == ()


# At a time


def test_at_a_keyframe_its_value_is_set():
    after = there_and_back(STREET, set_attribute_at(STREET, "A", 4 * S, "door", "ajar"))
    assert doors(after, 3.9, 4, 7.9, 8) == [None, "ajar", "ajar", None]
    assert after.tracks["A"].keyframes[0] is CAR.keyframes[0]
    assert after.tracks["A"].keyframes[1].provenance is Provenance.IMPORTED


def test_between_keyframes_the_state_becomes_one():
    after = there_and_back(STREET, set_attribute_at(STREET, "A", 2 * S, "door", "ajar"))
    assert doors(after, 1.9, 2, 3.9, 4) == [None, "ajar", "ajar", "open"]
    new = after.tracks["A"].keyframes[1]
    assert (new.timestamp_ns, new.provenance) == (2 * S, Provenance.IMPORTED)
    np.testing.assert_allclose(new.cuboid.center_m, [2, 0, 0])


def test_none_lets_the_value_of_the_track_hold():
    closed = there_and_back(STREET, set_attribute(STREET, "A", "door", "closed"))
    after = there_and_back(closed, set_attribute_at(closed, "A", 4 * S, "door", None))
    assert doors(after, 0, 4, 8) == ["closed", "closed", "closed"]
    assert set_attribute_at(STREET, "A", 3 * S, "door", None) == ()


def test_the_first_keyframe_does_not_take_its_new_value_back_to_the_start():
    early = Document.of([straight("A", "car", (Keyframe(4 * S, box(4)),), (Span(0, 8 * S),))])
    after = there_and_back(early, set_attribute_at(early, "A", 4 * S, "door", "open"))
    assert doors(after, 0, 3.9, 4, 8) == [None, None, "open", "open"]
    assert after.tracks["A"].times_ns == [0, 4 * S]


# On a span


def test_on_a_span_a_value_holds_and_the_old_one_after_it():
    changes = set_attribute_on_span(STREET, "A", 2 * S, 6 * S, "door", "gone")
    after = there_and_back(STREET, changes)
    assert doors(after, 0, 1.9, 2, 4, 6, 6.1, 7.9, 8) == [
        None, None, "gone", "gone", "gone", "open", "open", None,
    ]  # fmt: skip
    assert after.tracks["A"].times_ns == [0, 2 * S, 4 * S, 6 * S + 1, 8 * S]
    assert after.tracks["A"].keyframes[4] is CAR.keyframes[2]


def test_the_old_value_may_hold_again_at_the_next_frame():
    changes = set_attribute_on_span(STREET, "A", 0, 2 * S, "door", "gone", next_ns=3 * S)
    after = there_and_back(STREET, changes)
    assert after.tracks["A"].times_ns == [0, 3 * S, 4 * S, 8 * S]
    assert doors(after, 0, 2, 3, 4) == ["gone", "gone", None, "open"]


def test_a_span_to_the_end_of_the_track_needs_no_keyframe_after_it():
    after = there_and_back(STREET, set_attribute_on_span(STREET, "A", 8 * S, 99 * S, "door", "x"))
    assert after.tracks["A"].times_ns == [0, 4 * S, 8 * S]
    assert doors(after, 7.9, 8) == ["open", "x"]


def test_while_the_object_is_away_nothing_is_made():
    away = straight("A", "car", CAR.keyframes, (Span(0, 2 * S), Span(6 * S, 8 * S)))
    before = Document.of([away])
    after = there_and_back(before, set_attribute_on_span(before, "A", S, 5 * S, "door", "x"))
    assert after.tracks["A"].times_ns == [0, S, 4 * S, 6 * S, 8 * S]
    assert doors(after, 0.9, 1, 2, 6, 7.9, 8) == [None, "x", "x", "open", "open", None]


def test_what_holds_anyway_changes_nothing():
    assert set_attribute_on_span(STREET, "A", 5 * S, 7 * S, "door", "open") == ()
    assert set_attribute_on_span(STREET, "A", S, 7 * S, "colour", "red") == ()
    assert set_attribute_on_span(STREET, "A", S, 3 * S, "door", None) == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: set_attribute(STREET, "?", "door", 1), "there is no such track"),
        (lambda: set_attribute(STREET, "A", "", 1), "'' is no name of an attribute, Car 4"),
        (lambda: set_attribute(STREET, "A", "a\nb", 1), "is no name of an attribute"),
        (lambda: set_attribute(STREET, "A", "door", float("nan")), "is nan, which is no number"),
        (lambda: set_attribute(STREET, "A", "door", [1]), "no text, number, true or false"),
        (lambda: remove_attribute(STREET, "?", "door"), "there is no such track"),
        (lambda: set_attribute_at(STREET, "A", 9 * S, "door", 1), "not there at this time, Car 4"),
        (lambda: set_attribute_on_span(STREET, "A", 5, 4, "door", 1), "ends before it starts"),
        (
            lambda: set_attribute_on_span(STREET, "A", 1, 4, "door", 1, next_ns=4),
            "goes on past the frame after it",
        ),
        (
            lambda: set_attribute_on_span(STREET, "A", 9 * S, 10 * S, "door", 1),
            "not there in this span, Car 4",
        ),
    ],
)
def test_impossible_values_are_refused(make, message):
    with pytest.raises(EditError, match=message):
        make()


# For every document


@few
@given(documents(min_tracks=1), values)
def test_values_of_tracks_can_be_taken_back(document, value):
    after = there_and_back(document, set_attribute(document, "t0", "parked", value))
    assert repr(after.tracks["t0"].attributes["parked"]) == repr(value)
    removed = there_and_back(after, remove_attribute(after, "t0", "parked"))
    assert "parked" not in removed.tracks["t0"].attributes


@given(documents(min_tracks=1).map(linear), times_ns(), times_ns(), values, st.data())
def test_on_a_span_only_its_values_change_and_nothing_moves(document, one, other, value, data):
    start_ns, end_ns = sorted([one, other])
    whole = document.tracks["t0"]
    try:
        changes = set_attribute_on_span(document, "t0", start_ns, end_ns, "door", value)
    except EditError:
        assert not any(s.start_ns <= end_ns and start_ns <= s.end_ns for s in whole.presence)
        return
    after = there_and_back(document, changes).tracks["t0"]
    drawn = data.draw(st.lists(times_ns(), max_size=5))
    around = [whole.start_ns, start_ns - 1, start_ns, end_ns, end_ns + 1, whole.end_ns]
    for time_ns in [*drawn, *around, *whole.times_ns]:
        state, before = after.state_at(time_ns), whole.state_at(time_ns)
        assert (state is None) == (before is None)
        if state is None or before is None:
            continue
        expected = dict(before.attributes)
        if start_ns <= time_ns <= end_ns:
            expected["door"] = value
        assert repr(sorted(state.attributes.items())) == repr(sorted(expected.items()))
        pose, pose_before = state.cuboid.frame_SE3_cuboid, before.cuboid.frame_SE3_cuboid
        np.testing.assert_allclose(pose.matrix, pose_before.matrix, rtol=0, atol=1e-9)


@given(documents(min_tracks=1), times_ns(), st.none() | values)
def test_values_at_a_time_can_be_taken_back(document, time_ns, value):
    whole = document.tracks["t0"]
    if not whole.is_present(time_ns):
        return
    after = there_and_back(document, set_attribute_at(document, "t0", time_ns, "door", value))
    expected = whole.attributes.get("door") if value is None else value
    assert repr(after.tracks["t0"].attributes_at(time_ns).get("door")) == repr(expected)
    earlier = max(whole.start_ns, time_ns - 1)
    if whole.is_present(earlier) and earlier < time_ns:
        assert after.tracks["t0"].attributes_at(earlier) == whole.attributes_at(earlier)
