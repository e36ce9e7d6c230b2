import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.keyframes import (
    confirm,
    convert_interpolated,
    delete_keyframe,
    delete_keyframes,
    move_keyframe,
    set_keyframe,
)
from av3d.tracks.operations.simplify import deviation
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track
from tracks.strategies import (
    VOUCHED,
    attributes,
    cuboids,
    few,
    one_track,
    straight,
    there_and_back,
    times_ns,
)

S = 1_000_000_000
IMPORTED, MANUAL, MODEL = Provenance.IMPORTED, Provenance.MANUAL, Provenance.MODEL


def box(x: float = 0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    return Cuboid.from_yaw([x, 0.0, 0.0], size, 0.0)


def street(**more) -> Document:
    """A car at x = 0, 4 and 8 m after 0, 2 and 4 s."""
    keyframes = tuple(Keyframe(n * S, box(2 * n), IMPORTED) for n in (0, 2, 4))
    return Document.of([straight("a", "car", keyframes, number=1, **more)])


def edited(document: Document, changes) -> Track:
    return there_and_back(document, changes).tracks["a"]


def facts(track: Track) -> list[tuple[float, float, str]]:
    """Seconds, x and provenance of the keyframes."""
    return [(k.timestamp_ns / S, k.cuboid.center_m[0], k.provenance.value) for k in track.keyframes]


# Set


def test_a_new_keyframe_is_manual_and_leaves_the_others():
    track = edited(street(), set_keyframe(street(), "a", S, box(3)))
    assert facts(track) == [
        (0, 0, "imported"),
        (1, 3, "manual"),
        (2, 4, "imported"),
        (4, 8, "imported"),
    ]
    assert track.presence == (Span(0, 4 * S),)


def test_untouched_keyframes_are_the_same_objects():
    document = street()
    track = edited(document, set_keyframe(document, "a", S, box(3)))
    old = document.tracks["a"].keyframes
    assert [track.keyframe_at(k.timestamp_ns) is k for k in old] == [True, True, True]


def test_a_keyframe_that_is_there_is_replaced_and_keeps_its_attributes():
    keyframes = (Keyframe(0, box(), IMPORTED, {"door": "open"}), Keyframe(S, box(2), IMPORTED))
    document = Document.of([straight("a", "car", keyframes)])
    track = edited(document, set_keyframe(document, "a", 0, box(1)))
    assert facts(track) == [(0, 1, "manual"), (1, 2, "imported")]
    assert track.keyframes[0].attributes == {"door": "open"}


def test_a_new_keyframe_takes_the_attributes_in_force_unless_it_brings_its_own():
    keyframes = (Keyframe(0, box(), attributes={"door": "open"}), Keyframe(2 * S, box(2)))
    document = Document.of([straight("a", "car", keyframes)])
    track = edited(document, set_keyframe(document, "a", S, box(1)))
    assert [track.attributes_at(t * S).get("door") for t in (0, 1, 2)] == ["open", "open", None]
    track = edited(document, set_keyframe(document, "a", S, box(1), attributes={"door": "shut"}))
    assert [track.attributes_at(t * S).get("door") for t in (0, 1, 2)] == ["open", "shut", None]


def test_setting_what_is_there_already_changes_nothing():
    assert set_keyframe(street(), "a", 0, box(), provenance=IMPORTED) == ()


def test_presence_grows_to_a_keyframe_past_its_ends():
    assert edited(street(), set_keyframe(street(), "a", 6 * S, box(9))).presence == (
        Span(0, 6 * S),
    )
    assert edited(street(), set_keyframe(street(), "a", -S, box())).presence == (Span(-S, 4 * S),)
    stays = edited(street(), set_keyframe(street(), "a", 6 * S, box(9), extend=False))
    assert stays.presence == (Span(0, 4 * S),)


def test_a_keyframe_in_a_gap_is_a_moment_of_presence():
    hidden = (Span(0, S, ends=Edge.OCCLUDED), Span(3 * S, 4 * S, starts=Edge.RANGE))
    document = street(presence=hidden)
    track = edited(document, set_keyframe(document, "a", 2 * S, box(5)))
    assert track.presence == (hidden[0], Span(2 * S, 2 * S, Edge.OCCLUDED, Edge.RANGE), hidden[1])


def test_a_static_track_moves_as_a_whole():
    keyframes = tuple(Keyframe(n * S, box(5), IMPORTED) for n in (0, 4))
    document = Document.of([straight("a", "car", keyframes, static=True)])
    track = edited(document, set_keyframe(document, "a", 2 * S, box(6)))
    assert facts(track) == [(0, 6, "manual"), (2, 6, "manual"), (4, 6, "manual")]
    assert track.static


def test_a_new_size_is_that_of_the_whole_track_and_the_face_that_was_not_dragged_stays():
    """The front is pulled 1 m out at 2 s: back faces stay everywhere, so centres move by 0.5 m."""
    longer = box(4.5, (5.0, 2.0, 1.5))
    track = edited(street(), set_keyframe(street(), "a", 2 * S, longer, anchor=(-1, 0, 0)))
    assert facts(track) == [(0, 0.5, "imported"), (2, 4.5, "manual"), (4, 8.5, "imported")]
    assert {tuple(k.cuboid.size_lwh_m) for k in track.keyframes} == {(5, 2, 1.5)}
    centred = edited(street(), set_keyframe(street(), "a", 2 * S, longer))
    assert facts(centred) == [(0, 0, "imported"), (2, 4.5, "manual"), (4, 8, "imported")]


def test_a_new_size_is_that_of_one_keyframe_where_size_is_free():
    document = street(free_size=True)
    track = edited(document, set_keyframe(document, "a", 2 * S, box(4, (5.0, 2.0, 1.5))))
    assert [k.cuboid.length_m for k in track.keyframes] == [4, 5, 4]


def test_a_bottom_anchor_keeps_pitched_cuboids_on_their_slope():
    pose = SE3.from_euler(0.1, -0.2, 0.3, [1, 2, 3])
    size = np.array([4.0, 2.0, 1.5])
    keyframes = (Keyframe(0, Cuboid(pose, size)), Keyframe(S, box(4)))
    document = Document.of([straight("a", "car", keyframes)])
    higher = Cuboid.from_yaw([4, 0, 0.25], [4, 2, 2], 0.0)
    track = edited(document, set_keyframe(document, "a", S, higher, anchor=(0, 0, -1)))
    grown = track.keyframes[0].cuboid
    floor = [0, 0, -1.0]
    np.testing.assert_allclose(
        grown.frame_SE3_cuboid.transform(floor), pose.transform([0, 0, -0.75]), atol=1e-12
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: set_keyframe(street(), "z", 0, box()), "no such track, track 'z'"),
        (lambda: set_keyframe(street(), "a", 2**62, box()), "further from zero.*, Car 1"),
        (lambda: set_keyframe(street(), "a", 0.5, box()), "whole number of ns.*, Car 1"),
        (
            lambda: set_keyframe(street(), "a", 0, box(), attributes={"door": np.nan}),
            "'door' is nan.*, Car 1",
        ),
        (
            lambda: set_keyframe(
                street(),
                "a",
                0,
                Cuboid.trusted(SE3.trusted(np.eye(3), np.array([1e300, 0, 0])), np.ones(3)),
            ),
            "not of this world, limit.*Car 1",
        ),
        (
            lambda: set_keyframe(street(), "a", 0, box(), provenance=Provenance.INTERPOLATED),
            "not a keyframe, Car 1",
        ),
    ],
)
def test_impossible_keyframes_are_refused(call, message):
    with pytest.raises(EditError, match=message):
        call()


@few
@given(
    one_track(),
    times_ns(),
    cuboids(),
    st.sampled_from(VOUCHED),
    attributes | st.none(),
    st.booleans(),
)
def test_whatever_is_set_is_what_the_track_has_then(
    document, time_ns, cuboid, provenance, values, extend
):
    changes = set_keyframe(
        document, "t0", time_ns, cuboid, provenance=provenance, attributes=values, extend=extend
    )
    before = document.tracks["t0"]
    track = there_and_back(document, changes).tracks["t0"]
    found = track.keyframe_at(time_ns)
    assert found.cuboid == cuboid
    assert found.provenance is provenance
    if values is not None:
        assert found.attributes == values
    assert track.is_present(time_ns) or not extend
    assert set(track.times_ns) == {*before.times_ns, time_ns}
    for keyframe in before.keyframes:
        if keyframe.timestamp_ns != time_ns:
            other = track.keyframe_at(keyframe.timestamp_ns)
            assert other is keyframe or before.static or not before.free_size
            assert other.attributes == keyframe.attributes


# Delete


def test_deleting_a_keyframe_leaves_presence_and_the_others():
    track = edited(street(), delete_keyframe(street(), "a", 4 * S))
    assert facts(track) == [(0, 0, "imported"), (2, 4, "imported")]
    assert track.presence == (Span(0, 4 * S),)


def test_keyframes_of_a_span_are_deleted_but_not_all():
    document = street()
    times = [keyframe.timestamp_ns for keyframe in document.tracks["a"].keyframes]
    track = edited(document, delete_keyframes(document, ["a"], times[1], times[-1]))
    assert [keyframe.timestamp_ns for keyframe in track.keyframes] == times[:1]
    assert delete_keyframes(document, ["a"], times[0] + 1, times[0] + 2) == ()
    with pytest.raises(EditError, match="delete the track instead"):
        delete_keyframes(document, ["a"], times[0], times[-1])


def test_the_only_keyframe_and_one_that_is_not_there_cannot_be_deleted():
    one = Document.of([straight("a", "car", (Keyframe(0, box()),), number=1)])
    with pytest.raises(EditError, match="the only keyframe, Car 1, delete the track instead"):
        delete_keyframe(one, "a", 0)
    with pytest.raises(EditError, match="no keyframe at 1 ns, Car 1"):
        delete_keyframe(one, "a", 1)


@few
@given(one_track(), st.data())
def test_deleting_takes_one_keyframe_away(document, data):
    before = document.tracks["t0"]
    time_ns = data.draw(st.sampled_from(before.times_ns))
    if len(before.keyframes) == 1:
        with pytest.raises(EditError):
            delete_keyframe(document, "t0", time_ns)
        return
    track = there_and_back(document, delete_keyframe(document, "t0", time_ns)).tracks["t0"]
    assert track.header_as_json() == before.header_as_json()
    kept = [k for k in before.keyframes if k.timestamp_ns != time_ns]
    assert all(one is other for one, other in zip(track.keyframes, kept, strict=True))


# Move in time


def test_a_keyframe_moves_in_time_with_its_attributes_and_becomes_manual():
    keyframes = (Keyframe(0, box(), IMPORTED), Keyframe(S, box(2), IMPORTED, {"door": "open"}))
    document = Document.of([straight("a", "car", keyframes)])
    track = edited(document, move_keyframe(document, "a", S, 3 * S))
    assert facts(track) == [(0, 0, "imported"), (3, 2, "manual")]
    assert track.keyframes[1].attributes == {"door": "open"}
    assert track.presence == (Span(0, 3 * S),)


def test_a_keyframe_may_move_past_others_but_not_onto_one():
    track = edited(street(), move_keyframe(street(), "a", 0, 3 * S))
    assert facts(track) == [(2, 4, "imported"), (3, 0, "manual"), (4, 8, "imported")]
    with pytest.raises(EditError, match=f"a keyframe at {2 * S} ns already, Car 1"):
        move_keyframe(street(), "a", 0, 2 * S)
    with pytest.raises(EditError, match="no keyframe at 5 ns"):
        move_keyframe(street(), "a", 5, 6)
    assert move_keyframe(street(), "a", 0, 0) == ()


@few
@given(one_track(), times_ns(), st.data())
def test_moving_a_keyframe_changes_no_other(document, to_ns, data):
    before = document.tracks["t0"]
    from_ns = data.draw(st.sampled_from(before.times_ns))
    if to_ns != from_ns and to_ns in before.times_ns:
        with pytest.raises(EditError):
            move_keyframe(document, "t0", from_ns, to_ns)
        return
    track = there_and_back(document, move_keyframe(document, "t0", from_ns, to_ns)).tracks["t0"]
    assert track.keyframe_at(to_ns).cuboid is before.keyframe_at(from_ns).cuboid
    assert track.keyframe_at(to_ns).attributes == before.keyframe_at(from_ns).attributes
    for keyframe in before.keyframes:
        if keyframe.timestamp_ns != from_ns:
            assert track.keyframe_at(keyframe.timestamp_ns) is keyframe


# Interpolated to keyframe


def test_interpolated_cuboids_of_frames_become_keyframes():
    changes = convert_interpolated(street(), ["a"], [n * S for n in range(-1, 6)])
    assert facts(edited(street(), changes)) == [
        (0, 0, "imported"),
        (1, 2, "manual"),
        (2, 4, "imported"),
        (3, 6, "manual"),
        (4, 8, "imported"),
    ]


def test_only_frames_of_a_span_become_keyframes():
    changes = convert_interpolated(street(), ["a"], [S, 3 * S], 2 * S, 4 * S, MODEL)
    assert facts(edited(street(), changes))[2] == (3, 6, "model")
    assert len(edited(street(), changes).keyframes) == 4
    assert convert_interpolated(street(), ["a"], [2 * S]) == ()


@few
@given(
    one_track(),
    st.lists(times_ns(), max_size=5),
    st.lists(times_ns(), max_size=3),
)
def test_converting_changes_no_state(document, frames, others):
    track = there_and_back(
        document, convert_interpolated(document, document.tracks, frames)
    ).tracks["t0"]
    before = document.tracks["t0"]
    # What moves smoothly is fitted to one more keyframe, which tells what was known there anyway.
    asked = others if before.is_linear else ()
    for time_ns in [*frames, *asked, *before.times_ns]:
        old, new = before.state_at(time_ns), track.state_at(time_ns)
        if old is None:
            assert new is None
            continue
        assert max(deviation(old.cuboid, new.cuboid)) < 1e-9
        assert old.attributes == new.attributes
        assert track.keyframe_at(time_ns) is not None or time_ns in asked
    for keyframe in before.keyframes:
        assert track.keyframe_at(keyframe.timestamp_ns) is keyframe


# Confirm


def test_confirming_makes_keyframes_manual():
    track = edited(street(), confirm(street(), ["a"], S, 3 * S))
    assert facts(track) == [(0, 0, "imported"), (2, 4, "manual"), (4, 8, "imported")]
    assert confirm(edited_all := street().apply(confirm(street(), ["a"])), ["a"]) == ()
    assert {k.provenance for k in edited_all.tracks["a"].keyframes} == {MANUAL}


@few
@given(one_track(), times_ns(), times_ns())
def test_confirming_changes_only_provenances(document, start_ns, end_ns):
    after = there_and_back(document, confirm(document, document.tracks, start_ns, end_ns))
    for track_id, before in document.tracks.items():
        pairs = zip(before.keyframes, after.tracks[track_id].keyframes, strict=True)
        for old, new in pairs:
            inside = start_ns <= old.timestamp_ns <= end_ns
            assert new.provenance is (MANUAL if inside else old.provenance)
            assert new.cuboid is old.cuboid
            assert new is old or inside
