import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.digests import canonical
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.change import Change
from av3d.tracks.delta import (
    DeltaError,
    as_tree,
    as_value,
    change_delta,
    difference,
    patched,
    tree_digest,
)
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from tracks.strategies import events, few, tracks

S = 1_000_000_000


def box(x: float) -> Cuboid:
    return Cuboid.from_yaw([x, 0.0, 0.0], [4.0, 2.0, 1.5], 0.0)


CAR = Track("a", "car", (Keyframe(0, box(0)), Keyframe(S, box(2))), number=1)


def moved(x: float) -> Track:
    return CAR.with_keyframes([CAR.keyframes[0], Keyframe(S, box(x))])


# Examples


def test_a_moved_keyframe_is_told_by_its_time_and_what_of_it_changed():
    assert change_delta(Change(CAR, moved(3))) == {
        "keyframes": {"1000000000": {"center_m": [[2, 0, 0], [3, 0, 0]]}}
    }


def test_a_keyframe_more_or_less_is_told_with_all_its_values():
    one = CAR.with_keyframes(CAR.keyframes[:1])
    value = {
        "center_m": [2, 0, 0],
        "size_lwh_m": [4, 2, 1.5],
        "quaternion_wxyz": [1, 0, 0, 0],
        "provenance": "manual",
        "attributes": {},
    }
    assert change_delta(Change(CAR, one)) == {"keyframes": {"1000000000": [value, None]}}
    assert change_delta(Change(one, CAR)) == {"keyframes": {"1000000000": [None, value]}}


def test_attributes_and_spans_are_told_without_the_rest():
    labelled = Track("a", "car", CAR.keyframes, (Span(0, S),), 1, {"colour": "red"})
    longer = Track(
        "a", "car", CAR.keyframes, (Span(0, 2 * S),), 1, {"colour": "blue", "taxi": True}
    )
    assert change_delta(Change(labelled, longer)) == {
        "presence": [[[0, S]], [[0, 2 * S]]],
        "attributes": {"colour": ["red", "blue"], "taxi": [None, True]},
    }


def test_an_entity_that_is_made_or_deleted_is_told_as_a_whole():
    event = Event("e", "rain", 0, 5)
    assert change_delta(Change(None, event)) == [None, event.as_json()]
    assert change_delta(Change(event, None)) == [event.as_json(), None]
    assert change_delta(Change(None, CAR)) == [None, as_tree(CAR.as_json())]


def test_what_changes_nothing_is_an_empty_difference():
    assert change_delta(Change(CAR, moved(2))) == {}
    assert change_delta(Change(Event("e", "rain", 0, 5), Event("e", "rain", 0, 5))) == {}
    tree = as_tree(CAR.as_json())
    assert patched(tree, {}) == tree


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0.0, -0.0), ([1], [1.0])])
def test_values_that_python_calls_equal_are_told_apart(one, other):
    assert difference(one, other) == [one, other]
    assert difference(one, one) is None


def test_the_order_of_keys_in_a_list_says_nothing():
    assert difference([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]) is None


def test_the_turn_of_a_keyframe_is_told_only_where_it_turned():
    pose = SE3.from_euler(0.1, 0.2, 0.3, [1, 2, 3])
    read = SE3.from_quaternion(pose.quaternion_wxyz, pose.translation_m)
    size = np.array([4.0, 2.0, 1.5])
    one, other = (Track("a", "car", (Keyframe(0, Cuboid(p, size)),)) for p in (pose, read))
    assert change_delta(Change(one, other)) == {}


# Patching


def test_a_difference_is_applied_both_ways():
    delta = change_delta(Change(CAR, moved(3)))
    before, after = as_tree(CAR.as_json()), as_tree(moved(3).as_json())
    assert patched(before, delta) == after
    assert patched(after, delta, backwards=True) == before


def test_a_tree_is_not_changed_when_it_is_patched():
    tree = as_tree(CAR.as_json())
    text = json.dumps(tree)
    patched(tree, change_delta(Change(CAR, moved(3))))
    assert json.dumps(tree) == text


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        ({"number": [2, 3]}, "starts from another value of /number"),
        ({"keyframes": {"7": {"center_m": [[0], [1]]}}}, "does not fit /keyframes/7"),
        ({"keyframes": {"0": [None, {}]}}, "starts from another value of /keyframes/0"),
        ({"number": {"x": [1, 2]}}, "does not fit /number"),
        ([None, {}], "starts from another value of the entity"),
        ([1], "starts from another value"),
        ("x", "does not fit the entity"),
        (None, "does not fit the entity"),
    ],
)
def test_a_difference_of_another_value_is_refused(delta, message):
    with pytest.raises(DeltaError, match=message):
        patched(as_tree(CAR.as_json()), delta)


def test_an_entity_does_not_become_anything_else():
    with pytest.raises(DeltaError, match="no entity"):
        patched(None, [None, "text"])


# Properties

pairs = st.one_of(
    st.tuples(tracks(), tracks()),
    st.tuples(events(track_ids=("t1",)), events(track_ids=("t1",))),
    st.tuples(tracks(), st.none()),
    st.tuples(st.none(), events()),
)


@few
@given(pairs)
def test_differences_lead_from_each_value_to_the_other(pair):
    before, after = (None if value is None else as_tree(value.as_json()) for value in pair)
    # Through the text of a journal, as it is used.
    delta = json.loads(json.dumps(change_delta(Change(*pair))))
    for tree, backwards, expected in ((before, False, after), (after, True, before)):
        found = patched(tree, delta, backwards=backwards)
        assert found == expected
        # The order of keys says nothing; 1, 1.0 and true are different.
        assert canonical(found and as_value(found)) == canonical(expected and as_value(expected))


@few
@given(st.tuples(tracks(), tracks()))
def test_a_difference_of_tracks_is_that_of_their_trees(pair):
    """The short cut over digests of keyframes finds what looking at everything finds."""
    before, after = pair
    trees = [as_tree(track.as_json()) for track in pair]
    assert change_delta(Change(before, after)) == (difference(*trees) or {})


@few
@given(tracks(), tracks())
def test_a_difference_is_empty_precisely_where_digests_are_equal(one, other):
    assert (change_delta(Change(one, other)) == {}) == (one.digest == other.digest)


@few
@given(tracks() | events())
def test_trees_keep_every_value(entity):
    value = entity.as_json()
    assert as_value(as_tree(value)) == value
    assert json.dumps(as_value(as_tree(value))) == json.dumps(value)
    assert tree_digest(as_tree(value)) == entity.digest
    assert tree_digest(json.loads(json.dumps(as_tree(value)))) == entity.digest
