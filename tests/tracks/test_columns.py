"""Keyframes as arrays, and tracks whose keyframes are made when they are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.checking import TrackError
from av3d.tracks.columns import PROVENANCES, KeyframeColumns, StoredKeyframes
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

S = 1_000_000_000
NONE: dict = {}


def keyframe(time_ns, x=0.0, yaw=0.0, length=4.0, **more):
    half = yaw / 2
    pose = SE3.from_quaternion([np.cos(half), 0, 0, np.sin(half)], [x, 2.0, 3.0])
    return Keyframe(time_ns, Cuboid(pose, np.array([length, 2.0, 1.5])), **more)


def stored(keyframes):
    """What a database would hold of keyframes."""
    cuboids = [item.cuboid for item in keyframes]
    return StoredKeyframes.of(
        np.array([item.timestamp_ns for item in keyframes]),
        np.array([cuboid.center_m for cuboid in cuboids]),
        np.array([cuboid.frame_SE3_cuboid.quaternion_wxyz for cuboid in cuboids]),
        np.array([cuboid.size_lwh_m for cuboid in cuboids]),
        [item.provenance.value for item in keyframes],
        [item.attributes for item in keyframes],
        [item.noise for item in keyframes],
    )


def from_database(track):
    return Track.of_stored(
        track.id,
        track.category,
        stored(track.keyframes),
        track.presence,
        track.number,
        track.attributes,
        track.static,
        track.free_size,
        track.relations,
        track.note,
        track.interpolation,
    )


def made(track):
    """Whether the keyframes of a track exist as values."""
    return "keyframes" in track.__dict__


TRACK = Track(
    "t1",
    "car",
    (
        keyframe(0),
        keyframe(S, 5.0, 0.4, provenance=Provenance.IMPORTED, attributes={"occlusion": 2}),
        keyframe(3 * S, 9.0, 1.1, attributes={"lights": "on"}),
    ),
    (Span(0, S), Span(2 * S, 5 * S)),
    21,
    {"lights": "off"},
    note="parked first",
)


def test_the_arrays_of_keyframes_have_a_row_each():
    columns = TRACK.columns
    assert len(columns) == 3
    assert columns.times_ns.tolist() == [0, S, 3 * S]
    assert columns.centers_m[:, 0].tolist() == [0, 5, 9]
    assert columns.sizes_lwh_m.tolist() == [[4.0, 2.0, 1.5]] * 3
    assert [PROVENANCES[code] for code in columns.provenances] == ["manual", "imported", "manual"]
    np.testing.assert_array_equal(
        columns.rotations[2], TRACK.keyframes[2].cuboid.frame_SE3_cuboid.rotation
    )
    assert (
        KeyframeColumns.of(TRACK.keyframes[1:]).times_ns.tolist() == columns[1:].times_ns.tolist()
    )


def test_a_track_from_a_database_is_the_same_value():
    again = from_database(TRACK)
    assert not made(again)
    assert again.digest == TRACK.digest
    assert again == TRACK
    assert hash(again) == hash(TRACK)
    assert again.as_json() == TRACK.as_json()
    assert isinstance(again.keyframes, tuple)
    assert again.keyframes is again.keyframes


def test_an_edit_of_a_track_from_a_database_keeps_the_other_keyframes():
    again = from_database(TRACK)
    edited = again.with_keyframes([*again.keyframes[:2], keyframe(4 * S, 12.0)])
    assert edited == TRACK.with_keyframes([*TRACK.keyframes[:2], keyframe(4 * S, 12.0)])
    assert edited.keyframes[0] is again.keyframes[0]
    assert edited.columns.times_ns.tolist() == [0, S, 4 * S]


def test_looking_at_a_track_from_a_database_makes_no_keyframes():
    again = from_database(TRACK)
    for time_ns in (0, S // 3, S, 3 * S // 2, 3 * S, 5 * S, 6 * S):
        state, expected = again.state_at(time_ns), TRACK.state_at(time_ns)
        assert (state is None) == (expected is None)
        if state is not None and expected is not None:
            assert state.cuboid == expected.cuboid
            assert state.provenance is expected.provenance
            assert state.attributes == expected.attributes
            assert state.velocity_m_s.tolist() == expected.velocity_m_s.tolist()
    assert not made(again)


def test_the_quaternion_of_a_state_at_a_keyframe_is_the_stored_one():
    wxyz = [0.4614778710107853, 0.19177806846806847, -0.1, 0.8603]
    wxyz = (np.array(wxyz) / np.linalg.norm(wxyz)).tolist()
    one = Keyframe(7, Cuboid(SE3.from_quaternion(wxyz, [1, 2, 3]), np.array([4, 2, 1.5])))
    state = from_database(Track("a", "car", (one,))).state_at(7)
    assert state is not None
    assert state.cuboid.frame_SE3_cuboid.quaternion_wxyz.tolist() == wxyz


def test_a_track_has_no_other_attributes():
    assert not hasattr(from_database(TRACK), "keyframe")
    assert not hasattr(TRACK, "keyframe")
    with pytest.raises(AttributeError, match="'speed'"):
        from_database(TRACK).speed  # noqa: B018


def test_many_tracks_share_the_arrays_of_a_log():
    other = Track("t2", "car", (keyframe(S), keyframe(2 * S, 1.0, 0.2)))
    everything = stored([*TRACK.keyframes, *other.keyframes])
    part = everything[3:5]
    assert part.keyframes() == other.keyframes
    assert np.shares_memory(part.columns.rotations, everything.columns.rotations)
    with pytest.raises(ValueError, match="read-only"):
        part.columns.centers_m[0, 0] = 7.0


@given(
    st.lists(
        st.tuples(
            *[st.floats(-1e6, 1e6)] * 3,
            st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 1e-3),
            st.floats(0.01, 30),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_a_database_holds_comes_back_bit_for_bit(rows):
    keyframes = tuple(
        Keyframe(time_ns, Cuboid(SE3.from_quaternion(q, [x, y, z]), np.array([size, 2.0, 1.5])))
        for time_ns, (x, y, z, q, size) in enumerate(rows)
    )
    track = Track("a", "car", keyframes)
    again = from_database(track)
    assert again.digest == track.digest
    assert again == track
    assert from_database(again).digest == track.digest


# What no database should hold


def damaged(**changed):
    values = {
        "times_ns": np.array([0, S]),
        "centers_m": np.zeros((2, 3)),
        "quaternions_wxyz": np.array([[1.0, 0, 0, 0]] * 2),
        "sizes_lwh_m": np.ones((2, 3)),
        "provenances": ["manual", "fitted"],
        "attributes": [NONE, NONE],
    }
    return StoredKeyframes.of(**{**values, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"centers_m": np.full((2, 3), np.nan)}, "finite"),
        ({"centers_m": np.full((2, 3), 1e30)}, "not of this world"),
        ({"quaternions_wxyz": np.zeros((2, 4))}, "zero"),
        ({"quaternions_wxyz": np.full((2, 4), np.inf)}, "finite"),
        ({"sizes_lwh_m": np.zeros((2, 3))}, "side"),
        ({"sizes_lwh_m": np.full((2, 3), np.nan)}, "side"),
        ({"sizes_lwh_m": np.full((2, 3), 1e6)}, "side"),
        ({"times_ns": np.array([0, 2**63 - 1])}, "clocks"),
        ({"provenances": ["manual", "interpolated"]}, "provenance 'interpolated'"),
        ({"provenances": ["manual", "guessed"]}, "provenance 'guessed'"),
    ],
)
def test_values_that_no_keyframe_can_have_are_refused(changed, message):
    with pytest.raises(Av3dError, match=message):
        damaged(**changed)


def track_of(keyframes, **more):
    values = {"static": False, "free_size": True, **more}
    return Track.of_stored("a", "car", keyframes, (), 1, {}, relations=(), note="", **values)


def test_a_track_of_stored_keyframes_is_checked_like_any_other():
    assert len(track_of(damaged()).keyframes) == 2
    for times_ns in ([S, S], [S, 0]):
        with pytest.raises(TrackError, match=f"two keyframes at {S}"):
            track_of(damaged(times_ns=np.array(times_ns)))
    with pytest.raises(TrackError, match="at least one"):
        track_of(damaged()[:0])
    sizes = {"sizes_lwh_m": np.array([[1.0, 1, 1], [2, 1, 1]])}
    with pytest.raises(TrackError, match="constant size"):
        track_of(damaged(**sizes), free_size=False)
    assert track_of(damaged(), static=True).static
    moved = {"centers_m": np.array([[0.0, 0, 0], [1, 0, 0]])}
    # Half a turn about z is written with either sign, and is the same place.
    turned = {"quaternions_wxyz": np.array([[0.0, 0, 0, 1], [0, 0, 0, -1]])}
    for change in (moved, sizes, turned):
        with pytest.raises(TrackError, match="static"):
            track_of(damaged(**change), static=True)
