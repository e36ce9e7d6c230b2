import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.identity import split, swap
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from tracks.strategies import are_same, documents, linear, straight, there_and_back, times_ns

S = 1_000_000_000


def box(x: float = 0.0, y: float = 0.0, length: float = 4.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0], [length, 2, 1.5], 0.0)


def driving(track_id: str, *keyframes: tuple[float, Cuboid], **more) -> Track:
    given_ = tuple(Keyframe(round(t * S), cuboid) for t, cuboid in keyframes)
    return straight(track_id, more.pop("category", "car"), given_, **{"number": 4, **more})


def x_at(track: Track, time_s: float) -> float | None:
    state = track.state_at(round(time_s * S))
    return None if state is None else float(state.cuboid.center_m[0])


def assert_same(one: TrackState | None, other: TrackState | None) -> None:
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        pose, other_pose = one.cuboid.frame_SE3_cuboid, other.cuboid.frame_SE3_cuboid
        np.testing.assert_allclose(pose.matrix, other_pose.matrix, rtol=0, atol=1e-9)
        np.testing.assert_allclose(one.cuboid.size_lwh_m, other.cuboid.size_lwh_m, atol=1e-9)


# Split

CAR = driving("A", (0, box(0)), (4, box(40)), (8, box(40, 8)), attributes={"colour": "red"})


def test_a_track_is_split_between_keyframes():
    before = Document.of([CAR, driving("B", (0, box()), number=9)])
    after = there_and_back(before, split(before, "A", 5 * S, new_id="N"))
    first, second = after.tracks["A"], after.tracks["N"]
    assert (first.name, second.name) == ("Car 4", "Car 10")
    assert first.presence == (Span(0, 5 * S - 1),)
    assert second.presence == (Span(5 * S, 8 * S),)
    assert first.times_ns == [0, 4 * S, 5 * S - 1]
    assert second.times_ns == [5 * S, 8 * S]
    assert are_same(first.keyframes[:2], CAR.keyframes[:2])
    assert second.keyframes[1] is CAR.keyframes[2]
    assert second.keyframes[0].cuboid.center_m.tolist() == [40, 2, 0]
    assert second.attributes == {"colour": "red"}
    assert after.tracks["B"] is before.tracks["B"]


def test_the_frame_before_the_cut_may_end_the_first_track():
    before = Document.of([CAR])
    after = there_and_back(before, split(before, "A", 5 * S, new_id="N", last_ns=round(4.9 * S)))
    assert after.tracks["A"].presence == (Span(0, round(4.9 * S)),)
    assert after.tracks["A"].times_ns == [0, 4 * S, round(4.9 * S)]
    assert after.tracks["A"].keyframes[2].cuboid.center_m[1] == pytest.approx(1.8)


def test_a_cut_at_a_keyframe_leaves_it_to_the_second():
    before = Document.of([CAR])
    after = there_and_back(before, split(before, "A", 4 * S, new_id="N"))
    assert are_same(after.tracks["N"].keyframes, CAR.keyframes[1:])
    assert after.tracks["A"].times_ns == [0, 4 * S - 1]
    assert after.tracks["A"].keyframes[1].cuboid.center_m[0] == pytest.approx(40)


def test_a_cut_in_a_gap_between_keyframes_at_its_ends_makes_no_new_keyframe():
    gone = driving(
        "A", (0, box(0)), (2, box(2)), (6, box(6)), (8, box(8)),
        presence=(Span(0, 2 * S, ends=Edge.OCCLUDED), Span(6 * S, 8 * S, Edge.OCCLUDED)),
    )  # fmt: skip
    before = Document.of([gone])
    after = there_and_back(before, split(before, "A", 4 * S, new_id="N"))
    assert are_same(after.tracks["A"].keyframes, gone.keyframes[:2])
    assert are_same(after.tracks["N"].keyframes, gone.keyframes[2:])
    assert after.tracks["A"].presence == gone.presence[:1]
    assert after.tracks["N"].presence == gone.presence[1:]


def test_where_a_state_depends_on_a_keyframe_beyond_the_gap_it_gets_its_own():
    gone = driving("A", (0, box(0)), (10, box(10)), presence=(Span(0, 2 * S), Span(6 * S, 10 * S)))
    before = Document.of([gone])
    after = there_and_back(before, split(before, "A", 4 * S, new_id="N"))
    assert after.tracks["A"].times_ns == [0, 2 * S]
    assert after.tracks["N"].times_ns == [6 * S, 10 * S]
    assert [x_at(after.tracks["A"], 1), x_at(after.tracks["N"], 7)] == pytest.approx([1, 7])


def test_values_in_force_at_the_cut_go_on_in_the_second():
    doors = straight(
        "A",
        "car",
        (
            Keyframe(0, box(0), Provenance.MANUAL, {"door": "open"}),
            Keyframe(4 * S, box(4), Provenance.MODEL),
        ),
    )
    before = Document.of([doors])
    second = there_and_back(before, split(before, "A", 2 * S, new_id="N")).tracks["N"]
    assert second.attributes_at(2 * S) == {"door": "open"}
    assert second.attributes_at(4 * S) == {}
    # Nobody looked at the place in between: it is trusted as little as the model's keyframe.
    assert second.keyframes[0].provenance is Provenance.MODEL


def test_a_static_track_gives_two_static_ones():
    parked = driving("A", (0, box(3)), (9, box(3)), static=True)
    before = Document.of([parked])
    after = there_and_back(before, split(before, "A", 5 * S, new_id="N"))
    assert after.tracks["A"].static
    assert after.tracks["N"].static
    assert {x_at(after.tracks["A"], 4), x_at(after.tracks["N"], 6)} == {3}


def test_relations_and_events_go_to_the_part_that_is_there():
    truck = driving("A", (0, box()), (8, box(8)), category="truck")
    before = Document.of(
        [
            truck,
            driving("early", (0, box()), (2, box(2)), relations=(Relation("towed_by", "A"),)),
            driving("late", (6, box()), (8, box(8)), relations=(Relation("towed_by", "A"),)),
            driving("long", (0, box()), (8, box(8)), relations=(Relation("towed_by", "A"),)),
            driving("never", (20, box()), relations=(Relation("towed_by", "A"),)),
        ],
        [
            Event("start", "cut_in", 0, S, track_ids=("A",)),
            Event("all", "rain", 0, 8 * S),
            Event("end", "near_miss", 7 * S, 7 * S, track_ids=("A", "late")),
        ],
    )
    after = there_and_back(before, split(before, "A", 5 * S, new_id="N"))
    towed_by = {
        track.id: [relation.track_id for relation in track.relations]
        for track in after.tracks.values()
        if track.relations
    }
    assert towed_by == {"early": ["A"], "late": ["N"], "long": ["A", "N"], "never": ["A"]}
    assert after.tracks["early"] is before.tracks["early"]
    assert {event.id: event.track_ids for event in after.events.values()} == {
        "start": ("A",),
        "all": (),
        "end": ("N", "late"),
    }


def test_what_a_track_belongs_to_goes_to_the_part_that_meets_it():
    before = Document.of(
        [
            driving("truck", (6, box()), (8, box(8))),
            driving("A", (0, box()), (8, box(8)), relations=(Relation("towed_by", "truck"),)),
        ]
    )
    after = there_and_back(before, split(before, "A", 5 * S, new_id="N"))
    assert after.tracks["A"].relations == ()
    assert after.tracks["N"].relations == (Relation("towed_by", "truck"),)


@pytest.mark.parametrize(
    ("cut_s", "more", "message"),
    [
        (0, {}, "the object is not there before the cut, Car 4, cut it at a time within"),
        (8.1, {}, "the object is not there from the cut on, Car 4"),
        (5, {"new_id": "A"}, "there is a track with this ID already"),
        (5, {"last_ns": 5 * S}, "the last time before the cut is 0 ns after it"),
    ],
)
def test_cuts_that_leave_nothing_are_refused(cut_s, more, message):
    with pytest.raises(EditError, match=message):
        split(Document.of([CAR]), "A", round(cut_s * S), **more)


@given(documents(min_tracks=1).map(linear), times_ns(), st.data())
def test_no_state_changes_when_a_track_is_split(document, cut_ns, data):
    track_id = data.draw(st.sampled_from(sorted(document.tracks)))
    whole = document.tracks[track_id]
    try:
        after = there_and_back(document, split(document, track_id, cut_ns, new_id="new"))
    except EditError:
        assert not whole.start_ns < cut_ns <= whole.end_ns
        return
    first, second = after.tracks[track_id], after.tracks["new"]
    kept = {id(keyframe) for part in (first, second) for keyframe in part.keyframes}
    assert kept >= {id(keyframe) for keyframe in whole.keyframes}
    drawn = data.draw(st.lists(times_ns(), max_size=5))
    for time_ns in [*drawn, *whole.times_ns, cut_ns - 1, cut_ns, whole.start_ns, whole.end_ns]:
        part, other = (first, second) if time_ns < cut_ns else (second, first)
        assert_same(part.state_at(time_ns), whole.state_at(time_ns))
        assert other.state_at(time_ns) is None
        if part.is_present(time_ns):
            assert part.attributes_at(time_ns) == whole.attributes_at(time_ns)


# Swap


def test_two_cars_exchange_their_objects_from_a_time_on():
    one = driving("A", (0, box(0)), (8, box(8)), number=1, note="taxi")
    other = driving("B", (0, box(0, 3)), (4, box(4, 3)), (9, box(9, 3)), number=2)
    before = Document.of([one, other], [Event("e", "cut_in", 0, S, track_ids=("A",))])
    after = there_and_back(before, swap(before, "A", "B", 4 * S))
    a, b = after.tracks["A"], after.tracks["B"]
    assert a.times_ns == [0, 4 * S - 1, 4 * S, 9 * S]
    assert [keyframe.cuboid.center_m[1] for keyframe in a.keyframes] == [0, 0, 3, 3]
    assert b.times_ns == [0, 4 * S - 1, 4 * S, 8 * S]
    assert [keyframe.cuboid.center_m[1] for keyframe in b.keyframes] == [3, 3, 0, 0]
    assert (a.presence, b.presence) == ((Span(0, 9 * S),), (Span(0, 8 * S),))
    assert (a.name, a.note, b.name, b.note) == ("Car 1", "taxi", "Car 2", "")
    assert after.events["e"].track_ids == ("A",)
    assert a.keyframes[2] is other.keyframes[1]


def test_with_the_frame_before_all_keyframes_lie_on_frames():
    one, other = (
        driving("A", (0, box(0)), (8, box(8))),
        driving("B", (0, box(0, 3)), (8, box(8, 3))),
    )
    before = Document.of([one, other])
    after = there_and_back(before, swap(before, "A", "B", 4 * S, last_ns=3 * S))
    assert after.tracks["A"].times_ns == [0, 3 * S, 4 * S, 8 * S]


def test_one_that_has_ended_goes_on_as_the_other():
    one = driving("A", (0, box(0)), (3, box(3)))
    other = driving("B", (0, box(0, 3)), (8, box(8, 3)))
    before = Document.of([one, other])
    after = there_and_back(before, swap(before, "A", "B", 5 * S))
    assert after.tracks["A"].presence == (Span(0, 3 * S), Span(5 * S, 8 * S))
    assert after.tracks["B"].presence == (Span(0, 5 * S - 1),)
    assert after.tracks["A"].times_ns == [0, 3 * S, 5 * S, 8 * S]
    assert after.tracks["B"].times_ns == [0, 5 * S - 1]


def test_different_sizes_and_a_parked_car_keep_their_states():
    parked = driving("A", (0, box(1)), (8, box(1)), static=True)
    longer = driving("B", (0, box(0, 3, 5.0)), (8, box(8, 3, 5.0)))
    before = Document.of([parked, longer])
    after = there_and_back(before, swap(before, "A", "B", 4 * S))
    a, b = after.tracks["A"], after.tracks["B"]
    assert (a.static, a.free_size, b.static, b.free_size) == (False, True, False, True)
    assert [k.cuboid.length_m for k in a.keyframes] == [4, 4, 5, 5]
    later = there_and_back(before, swap(before, "A", "B", 8 * S + 1))
    assert later.tracks["A"] is parked


def test_an_exchange_needs_two_tracks_that_both_keep_something():
    early, late = driving("A", (0, box(0)), (1, box(1))), driving("B", (5, box(5)), (6, box(6)))
    before = Document.of([early, late])
    with pytest.raises(EditError, match="cannot exchange with itself, Car 4"):
        swap(before, "A", "A", S)
    with pytest.raises(EditError, match="the track would have nothing left, Car 4, merge"):
        swap(before, "A", "B", 3 * S)
    with pytest.raises(EditError, match="2 ns after it"):
        swap(before, "A", "B", S, last_ns=S + 2)


@given(documents(min_tracks=2).map(linear), times_ns(), st.data())
def test_no_state_changes_when_tracks_are_swapped(document, cut_ns, data):
    ids = st.lists(st.sampled_from(sorted(document.tracks)), min_size=2, max_size=2, unique=True)
    one_id, other_id = data.draw(ids)
    one, other = document.tracks[one_id], document.tracks[other_id]
    try:
        after = there_and_back(document, swap(document, one_id, other_id, cut_ns))
    except EditError:
        assert one.end_ns < cut_ns <= other.start_ns or other.end_ns < cut_ns <= one.start_ns
        return
    kept = {k.digest for key in (one_id, other_id) for k in after.tracks[key].keyframes}
    assert kept >= {keyframe.digest for track in (one, other) for keyframe in track.keyframes}
    drawn = data.draw(st.lists(times_ns(), max_size=5))
    ends = [time_ns for track in (one, other) for time_ns in (track.start_ns, track.end_ns)]
    for time_ns in [*drawn, *ends, *one.times_ns, *other.times_ns, cut_ns - 1, cut_ns]:
        first, second = (one, other) if time_ns < cut_ns else (other, one)
        assert_same(after.tracks[one_id].state_at(time_ns), first.state_at(time_ns))
        assert_same(after.tracks[other_id].state_at(time_ns), second.state_at(time_ns))
        now, then = after.tracks[one_id].keyframe_at(time_ns), first.keyframe_at(time_ns)
        assert then is None or now == then
    assert after.tracks[one_id].attributes == one.attributes
