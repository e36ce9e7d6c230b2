import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.operations.simplify import deviation
from av3d.tracks.operations.spans import (
    Axes,
    FrameSpan,
    flip_heading,
    move_face,
    resize,
    rotate,
    shift,
    turn_quarter,
    whole_tracks,
)
from av3d.tracks.presence import Span
from tracks.strategies import (
    FRAMES,
    STEP_NS,
    documents,
    few,
    linear,
    sizes,
    straight,
    there_and_back,
)

S = 1_000_000_000
SECONDS = [n * S for n in range(7)]
ALL_FRAMES = [n * STEP_NS for n in range(FRAMES)]
MODEL, MANUAL = Provenance.MODEL, Provenance.MANUAL


def box(x: float = 0.0, y: float = 0.0, yaw: float = 0.0, size=(4.0, 2.0, 1.5)) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0.0], size, yaw)


def driving(**more) -> Document:
    """2 m/s along x from 0 to 6 s; keyframes only at both ends, made by a model."""
    ends = (Keyframe(0, box(), MODEL), Keyframe(6 * S, box(12), MODEL))
    return Document.of([straight("a", "car", ends, number=1, **more)])


def parked() -> Document:
    keyframes = tuple(Keyframe(n * S, box(5), MODEL) for n in (0, 6))
    return Document.of([straight("a", "car", keyframes, number=1, static=True)])


def middle(frames=SECONDS) -> FrameSpan:
    return FrameSpan(2 * S, 4 * S, frames)


def facts(document: Document) -> list[tuple]:
    """Seconds, x, y, yaw in degrees and provenance of the keyframes of track a."""
    return [
        (
            keyframe.timestamp_ns / S,
            *np.round(keyframe.cuboid.center_m[:2], 9).tolist(),
            round(abs(np.degrees(keyframe.cuboid.yaw_rad)), 9),
            keyframe.provenance.value,
        )
        for keyframe in document.tracks["a"].keyframes
    ]


# Examples


def test_flipping_a_span_turns_its_frames_and_pins_those_next_to_it():
    after = there_and_back(driving(), flip_heading(driving(), ["a"], middle()))
    assert facts(after) == [
        (0, 0, 0, 0, "model"),
        (1, 2, 0, 0, "model"),
        (2, 4, 0, 180, "manual"),
        (4, 8, 0, 180, "manual"),
        (5, 10, 0, 0, "model"),
        (6, 12, 0, 0, "model"),
    ]


def test_a_shift_in_the_world_moves_the_frames_of_the_span_alike():
    after = there_and_back(driving(), shift(driving(), ["a"], middle(), [0.5, 3, 0]))
    assert facts(after)[1:5] == [
        (1, 2, 0, 0, "model"),
        (2, 4.5, 3, 0, "manual"),
        (4, 8.5, 3, 0, "manual"),
        (5, 10, 0, 0, "model"),
    ]
    assert cuboid_at(after.tracks["a"], 3 * S).center_m.tolist() == [6.5, 3, 0]


def test_a_shift_along_its_own_axes_makes_keyframes_of_a_turn():
    """A quarter turn to the left in 6 s on the spot, pushed 1 m forwards: it goes along a circle."""
    ends = (Keyframe(0, box()), Keyframe(6 * S, box(yaw=np.pi / 2)))
    turning = Document.of([straight("a", "car", ends)])
    everything = FrameSpan(0, 6 * S, SECONDS)
    after = there_and_back(turning, shift(turning, ["a"], everything, [1, 0, 0], Axes.OWN))
    angles = np.radians([0, 15, 30, 45, 60, 75, 90])
    centers = [keyframe.cuboid.center_m for keyframe in after.tracks["a"].keyframes]
    np.testing.assert_allclose(centers, [[np.cos(a), np.sin(a), 0] for a in angles], atol=1e-12)


def test_a_shift_along_its_own_axes_straight_ahead_needs_no_more_keyframes():
    after = there_and_back(driving(), shift(driving(), ["a"], middle(), [1, 0, 0], Axes.OWN))
    assert [fact[:2] for fact in facts(after)] == [(0, 0), (1, 2), (2, 5), (4, 9), (5, 10), (6, 12)]


def test_rotating_turns_about_the_objects_own_axes():
    tilted = Cuboid(SE3.from_euler(0.2, 0.1, 1.0, [1, 2, 3]), np.array([4.0, 2.0, 1.5]))
    document = Document.of([straight("a", "car", (Keyframe(0, tilted),))])
    span = FrameSpan(0, 0, [0])
    after = there_and_back(document, rotate(document, ["a"], span, np.radians(30)))
    turned = after.tracks["a"].keyframes[0].cuboid.frame_SE3_cuboid
    expected = tilted.frame_SE3_cuboid @ SE3.from_yaw(np.radians(30), [0, 0, 0])
    np.testing.assert_allclose(turned.matrix, expected.matrix, atol=1e-12)
    # With the front down by 10 degrees its x axis falls in its own frame.
    after = there_and_back(document, rotate(document, ["a"], span, 0.0, np.radians(10)))
    front = tilted.frame_SE3_cuboid.inverse().rotate(
        after.tracks["a"].keyframes[0].cuboid.frame_SE3_cuboid.rotate([1, 0, 0])
    )
    assert front[2] == pytest.approx(-np.sin(np.radians(10)))


def test_a_quarter_turn_swaps_length_and_width_and_keeps_the_space():
    document = driving(free_size=True)
    after = there_and_back(document, turn_quarter(document, ["a"], middle()))
    track = after.tracks["a"]
    inside, outside = track.keyframe_at(2 * S).cuboid, track.keyframe_at(S).cuboid
    assert np.degrees(inside.yaw_rad) == pytest.approx(90)
    assert inside.size_lwh_m.tolist() == [2, 4, 1.5]
    assert outside == box(2)
    assert sorted(inside.corners_m().round(9).tolist()) == sorted(
        box(4).corners_m().round(9).tolist()
    )
    right = document.apply(turn_quarter(document, ["a"], middle(), to_left=False))
    assert np.degrees(right.tracks["a"].keyframe_at(2 * S).cuboid.yaw_rad) == pytest.approx(-90)


def test_a_quarter_turn_of_a_track_of_constant_size_is_one_of_the_whole_track():
    after = there_and_back(driving(), turn_quarter(driving(), ["a"], middle()))
    assert facts(after) == [(0, 0, 0, 90, "manual"), (6, 12, 0, 90, "manual")]
    assert {tuple(k.cuboid.size_lwh_m) for k in after.tracks["a"].keyframes} == {(2, 4, 1.5)}


def test_resizing_on_a_span_changes_only_its_frames_where_size_is_free():
    document = driving(free_size=True)
    after = there_and_back(document, resize(document, ["a"], middle(), [5, None, 1.6]))
    sizes_lwh_m = [k.cuboid.size_lwh_m.tolist() for k in after.tracks["a"].keyframes]
    small, large = [4, 2, 1.5], [5, 2, 1.6]
    assert sizes_lwh_m == [small, small, large, large, small, small]


def test_moving_a_face_keeps_the_opposite_one_and_resizes_a_track_of_constant_size():
    after = there_and_back(driving(), move_face(driving(), ["a"], middle(), "front", 0.6))
    assert facts(after) == [(0, 0.3, 0, 0, "model"), (6, 12.3, 0, 0, "model")]
    assert after.tracks["a"].keyframes[0].cuboid.size_lwh_m.tolist() == [4.6, 2, 1.5]
    lowered = driving().apply(move_face(driving(), ["a"], middle(), "bottom", 0.5))
    assert lowered.tracks["a"].keyframes[0].cuboid.center_m.tolist() == [0, 0, -0.25]


def test_a_static_track_changes_as_a_whole():
    after = there_and_back(parked(), shift(parked(), ["a"], middle(), [0, 1, 0]))
    assert facts(after) == [(0, 5, 1, 0, "manual"), (6, 5, 1, 0, "manual")]


def test_which_tracks_change_as_a_whole_is_told():
    def told(document: Document, resizes: bool) -> tuple[str, ...]:
        return whole_tracks(document, ["a"], middle(), resizes=resizes)

    assert told(parked(), False) == ("Car 1 is static: all of it changes, not only the span",)
    assert told(driving(), True) == ("Car 1 has one size: all of it changes, not only the span",)
    assert told(driving(), False) == ()
    assert told(driving(free_size=True), True) == ()
    away = FrameSpan(7 * S, 8 * S, SECONDS)
    assert whole_tracks(parked(), ["a"], away, resizes=False) == ()


def test_several_tracks_are_edited_in_one_transaction():
    two = Document.of([driving().tracks["a"], straight("b", "car", (Keyframe(3 * S, box()),))])
    changes = flip_heading(two, ["a", "b", "a"], middle())
    assert [change.id for change in changes] == ["a", "b"]
    there_and_back(two, changes)


def test_before_all_keyframes_the_frames_next_to_the_span_are_pinned_too():
    """Present from 0 s, but the first keyframe is at 6 s: it holds for all frames before."""
    late = Document.of([straight("a", "car", (Keyframe(6 * S, box(12)),), (Span(0, 6 * S),))])
    after = there_and_back(late, shift(late, ["a"], middle(), [0, 1, 0]))
    assert [fact[:3] for fact in facts(after)] == [
        (1, 12, 0),
        (2, 12, 1),
        (4, 12, 1),
        (5, 12, 0),
        (6, 12, 0),
    ]


def test_across_a_gap_of_presence_the_last_frame_that_is_there_is_pinned():
    document = driving(presence=(Span(0, S), Span(4 * S, 6 * S)))
    span = FrameSpan(3 * S, 5 * S, SECONDS)
    after = there_and_back(document, shift(document, ["a"], span, [0, 1, 0]))
    assert [fact[:3] for fact in facts(after)] == [
        (0, 0, 0),
        (1, 2, 0),
        (4, 8, 1),
        (5, 10, 1),
        (6, 12, 0),
    ]


def test_attributes_go_on_across_new_keyframes():
    ends = (
        Keyframe(0, box(), attributes={"door": "open"}),
        Keyframe(3 * S, box(6), attributes={"door": "shut"}),
        Keyframe(6 * S, box(12)),
    )
    document = Document.of([straight("a", "car", ends)])
    after = there_and_back(document, flip_heading(document, ["a"], FrameSpan(S, 4 * S, SECONDS)))
    doors = [after.tracks["a"].attributes_at(time).get("door") for time in SECONDS]
    assert doors == ["open"] * 3 + ["shut"] * 3 + [None]


# What changes nothing, and what is refused


@pytest.mark.parametrize(
    "edit",
    [
        lambda document, span: shift(document, ["a"], span, [0, 0, 0]),
        lambda document, span: rotate(document, ["a"], span, 0.0),
        lambda document, span: resize(document, ["a"], span, [None, None, None]),
        lambda document, span: move_face(document, ["a"], span, "top", 0.0),
        lambda document, span: flip_heading(document, ["a"], FrameSpan(8 * S, 9 * S, SECONDS)),
        lambda document, span: flip_heading(document, [], span),
    ],
)
@pytest.mark.parametrize("document", [driving(), driving(free_size=True), parked()])
def test_what_changes_nothing_makes_no_change(document, edit):
    assert edit(document, middle()) == ()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda: FrameSpan(5, 4, SECONDS), "ends 1 ns before it starts"),
        (lambda: flip_heading(driving(), ["z"], middle()), "no such track"),
        (lambda: shift(driving(), ["a"], middle(), [0, np.nan, 0]), "three finite numbers"),
        (lambda: shift(driving(), ["a"], middle(), [0, 1]), "three finite numbers"),
        (lambda: shift(driving(), ["a"], middle(), "ab"), "needs numbers"),
        (lambda: shift(driving(), ["a"], middle(), [2e9, 0, 0]), "not of this world.*Car 1"),
        (lambda: rotate(driving(), ["a"], middle(), np.inf), "not a finite number"),
        (lambda: resize(driving(), ["a"], middle(), [4, 2]), "three lengths"),
        (lambda: resize(driving(), ["a"], middle(), [4, 0, 1]), "positive length.*Car 1"),
        (lambda: resize(driving(), ["a"], middle(), [4, np.nan, 1]), "positive length"),
        (lambda: resize(driving(), ["a"], middle(), [5, 2, 1], (2, 0, 0)), "no point of a cuboid"),
        (lambda: move_face(driving(), ["a"], middle(), "left", -2), "positive length"),
        (lambda: move_face(driving(), ["a"], middle(), "nose", 1), "front back left right"),
    ],
)
def test_impossible_edits_are_refused(edit, message):
    with pytest.raises(EditError, match=message):
        edit()


# Properties

offsets = st.tuples(*[st.floats(-5, 5)] * 3)
angles = st.floats(-3.2, 3.2)
lengths = st.floats(0.1, 10)


@st.composite
def edits(draw: st.DrawFn):
    """An edit as an operation, and as what it should do to a pose and a size."""
    name = draw(st.sampled_from(["flip", "quarter", "world", "own", "rotate", "resize", "face"]))
    z = [0, 0, 0]
    if name == "flip":
        return flip_heading, lambda p, s: (p @ SE3.from_yaw(np.pi, z), s), False
    if name == "quarter":
        quarter = SE3.from_yaw(np.pi / 2, z)
        return turn_quarter, lambda p, s: (p @ quarter, s[[1, 0, 2]]), True
    if name == "world":
        by = draw(offsets)
        moved = SE3.from_yaw(0, by)
        return (lambda d, i, f: shift(d, i, f, by)), lambda p, s: (moved @ p, s), False
    if name == "own":
        by = draw(offsets)
        pushed = SE3.from_yaw(0, by)
        edit = lambda d, i, f: shift(d, i, f, by, Axes.OWN)  # noqa: E731
        return edit, lambda p, s: (p @ pushed, s), False
    if name == "rotate":
        yaw, pitch, roll = draw(angles), draw(angles), draw(angles)
        turn = SE3.from_euler(roll, pitch, yaw, z)
        return (
            (lambda d, i, f: rotate(d, i, f, yaw, pitch, roll)),
            lambda p, s: (p @ turn, s),
            False,
        )
    if name == "resize":
        size = draw(sizes())
        anchor = draw(st.tuples(*[st.sampled_from([-1.0, 0.0, 1.0])] * 3))

        def grown(p, s):
            push = np.array(anchor) * (s - np.array(size)) / 2
            return p @ SE3.from_yaw(0, push), np.array(size)

        return (lambda d, i, f: resize(d, i, f, size, anchor)), grown, True
    by = draw(lengths)
    return (
        lambda d, i, f: move_face(d, i, f, "right", by),
        lambda p, s: (p @ SE3.from_yaw(0, [0, -by / 2, 0]), s + np.array([0, by, 0])),
        True,
    )


@few
@given(
    documents(min_tracks=1, max_tracks=2).map(linear),
    edits(),
    st.tuples(*[st.integers(-STEP_NS, FRAMES * STEP_NS)] * 2).map(sorted),
)
def test_frames_inside_are_edited_and_frames_outside_stay(document, edit, ends):
    operation, truth, resizes = edit
    span = FrameSpan(*ends, ALL_FRAMES)
    after = there_and_back(document, operation(document, list(document.tracks), span))
    for track_id, before in document.tracks.items():
        track = after.tracks[track_id]
        is_whole = before.static or (resizes and not before.free_size)
        assert track.header_as_json() == before.header_as_json()
        assert set(before.times_ns) <= set(track.times_ns)
        there = [time for time in ALL_FRAMES if before.is_present(time)]
        touched = any(span.contains(time) for time in [*there, *before.times_ns])
        # Between the keyframes of a whole track the edited motion may differ: look at keyframes.
        looked_at = [t for t in before.times_ns if before.is_present(t)] if is_whole else there
        for time in looked_at:
            old, new = before.state_at(time), track.state_at(time)
            expected = old.cuboid
            if touched if is_whole else span.contains(time):
                expected = Cuboid(*truth(expected.frame_SE3_cuboid, expected.size_lwh_m))
            assert max(deviation(new.cuboid, expected)) < 1e-9
            assert new.attributes == old.attributes
        if not is_whole:
            for keyframe in before.keyframes:
                if not span.contains(keyframe.timestamp_ns):
                    assert track.keyframe_at(keyframe.timestamp_ns) is keyframe
