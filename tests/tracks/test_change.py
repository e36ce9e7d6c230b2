import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change, combined
from av3d.tracks.checking import TrackError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

BEFORE = Track("a", "car", (Keyframe(0, Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)),))
AFTER = BEFORE.with_keyframes([Keyframe(5, Cuboid.from_yaw([1, 0, 0], [4, 2, 1.5], 0.0))])


@pytest.mark.parametrize(("before", "after"), [(None, AFTER), (BEFORE, AFTER), (BEFORE, None)])
def test_making_editing_and_deleting_concern_one_track(before, after):
    change = Change(before, after)
    assert change.id == "a"
    assert change.reversed().before is after
    assert change.reversed().after is before


def test_two_tracks_or_none_are_no_change():
    other = Track("b", "car", BEFORE.keyframes)
    with pytest.raises(TrackError, match="got 2"):
        Change(BEFORE, other)
    with pytest.raises(TrackError, match="got 0"):
        Change(None, None)


def test_a_change_to_an_equal_value_is_empty():
    again = BEFORE.with_keyframes([Keyframe(0, Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0))])
    assert Change(BEFORE, again).is_empty
    assert not Change(BEFORE, AFTER).is_empty
    assert not Change(None, BEFORE).is_empty
    assert not Change(BEFORE, None).is_empty


def test_changes_of_one_entity_combine_to_one_from_first_to_last():
    other = Track("b", "car", BEFORE.keyframes)
    last = AFTER.with_keyframes(BEFORE.keyframes)
    changes = [Change(None, BEFORE), Change(None, other), Change(BEFORE, AFTER)]
    assert [(c.before, c.after) for c in combined(changes)] == [(None, AFTER), (None, other)]
    # There and back is nothing, and neither is what was made and deleted.
    assert combined([Change(BEFORE, AFTER), Change(AFTER, last)]) == ()
    assert combined([Change(None, BEFORE), Change(BEFORE, None)]) == ()
    [gone] = combined([Change(BEFORE, AFTER), Change(AFTER, None)])
    assert (gone.before, gone.after) == (BEFORE, None)
    [back] = combined([Change(BEFORE, None), Change(None, AFTER)])
    assert (back.before, back.after) == (BEFORE, AFTER)
    assert combined([]) == ()
