import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
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
