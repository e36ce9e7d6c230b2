import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.interpolation import AUTOMATIC, Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.copying import paste_track
from av3d.tracks.operations.identity import split
from av3d.tracks.operations.interpolation import set_interpolation
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.track import Track
from tracks.strategies import there_and_back

LINEAR = Interpolation(Model.LINEAR, pinned=True)
SMOOTH = Interpolation(Model.SMOOTH)


def car(track_id, *times, **more):
    keyframes = tuple(
        Keyframe(time, Cuboid.from_yaw([time / 10, 0, 0], [4.5, 1.9, 1.6], 0.0)) for time in times
    )
    return Track(track_id, "car", keyframes, **more)


TWO = Document.of([car("a", 0, 10, number=1), car("b", 20, 30, number=2)])


def test_several_tracks_are_told_at_once_and_nothing_else_changes():
    after = there_and_back(TWO, set_interpolation(TWO, ["a", "b", "a"], LINEAR))
    for track_id in "ab":
        track = after.tracks[track_id]
        assert track.interpolation == LINEAR
        assert track.keyframes == TWO.tracks[track_id].keyframes
        assert track.presence == TWO.tracks[track_id].presence


def test_what_is_said_already_is_no_change():
    said = TWO.apply(set_interpolation(TWO, ["a"], LINEAR))
    assert set_interpolation(said, ["a"], LINEAR) == ()
    assert [change.id for change in set_interpolation(said, ["a", "b"], LINEAR)] == ["b"]


def test_the_default_takes_it_back():
    said = TWO.apply(set_interpolation(TWO, ["a"], LINEAR))
    back = said.apply(set_interpolation(said, ["a"], AUTOMATIC))
    assert back.digest == TWO.digest


def test_a_track_that_is_not_there_is_refused():
    with pytest.raises(EditError):
        set_interpolation(TWO, ["c"], LINEAR)


def test_both_parts_of_a_split_track_move_as_it_did():
    said = TWO.apply(set_interpolation(TWO, ["a"], LINEAR))
    after = said.apply(split(said, "a", 5, new_id="c"))
    assert after.tracks["a"].interpolation == after.tracks["c"].interpolation == LINEAR


def test_a_merged_track_moves_as_the_kept_one():
    said = TWO.apply(set_interpolation(TWO, ["a"], LINEAR))
    said = said.apply(set_interpolation(said, ["b"], SMOOTH))
    for keep, expected in (("a", LINEAR), ("b", SMOOTH)):
        after = said.apply(plan_merge(said, ["a", "b"], keep).changes)
        assert after.tracks[keep].interpolation == expected


def test_a_copy_moves_as_the_original():
    said = TWO.apply(set_interpolation(TWO, ["a"], LINEAR))
    after = said.apply(paste_track(said, said.tracks["a"], None, 100, "c"))
    assert after.tracks["c"].interpolation == LINEAR
