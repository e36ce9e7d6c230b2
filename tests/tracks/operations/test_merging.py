import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.identity import split
from av3d.tracks.operations.merging import plan_merge, plan_reidentify, reidentify
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import are_same, documents, few, linear, straight, there_and_back, times_ns

S = 1_000_000_000
MANUAL, MODEL = Provenance.MANUAL, Provenance.MODEL


def box(x: float = 0.0, y: float = 0.0, length: float = 4.0, height: float = 1.5) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0], [length, 2, height], 0.0)


def driving(
    track_id: str, number: int, *keyframes: tuple[float, Cuboid], by: Provenance = MANUAL, **more
) -> Track:
    given_ = tuple(Keyframe(round(t * S), cuboid, by) for t, cuboid in keyframes)
    return straight(track_id, more.pop("category", "car"), given_, number=number, **more)


def y_at(track: Track, *times_s: float) -> list[float]:
    states = [track.state_at(round(t * S)) for t in times_s]
    return [float("nan") if s is None else round(float(s.cuboid.center_m[1]), 6) for s in states]


# A gap

EARLY = driving("A", 4, (0, box(0)), (2, box(20)))
LATE = driving("B", 7, (4, box(43)), (6, box(63)))


def test_a_gap_stays_a_gap():
    street = Document.of([EARLY, LATE])
    plan = plan_merge(street, ["A", "B"])
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert merged.name == "Car 4"
    assert are_same(merged.keyframes, [*EARLY.keyframes, *LATE.keyframes])
    assert merged.presence == (Span(0, 2 * S), Span(4 * S, 6 * S))
    assert (plan.kept_id, plan.gap_s, plan.overlap_s, plan.dropped) == ("A", 2.0, 0.0, ())
    # 10 m/s for two seconds from 20 m is 40 m.
    assert plan.jump_m == pytest.approx(3.0)
    assert plan.summary() == (
        "Car 7 becomes part of Car 4.",
        "The object is away in the gap of 2.00 s.",
        "At the seam the places differ by up to 3.00 m.",
    )


def test_a_gap_is_bridged_on_request():
    street = Document.of([EARLY, LATE])
    plan = plan_merge(street, ["A", "B"], bridge=True)
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert merged.presence == (Span(0, 6 * S),)
    assert merged.state_at(3 * S).cuboid.center_m[0] == pytest.approx(31.5)
    assert "The object counts as there in the gap of 2.00 s." in plan.summary()


def test_tracks_one_frame_apart_have_no_gap():
    street = Document.of([EARLY, driving("B", 7, (2.1, box(21)), (6, box(60)))])
    plan = plan_merge(street, ["B", "A"], "B", step_ns=S // 10)
    assert plan.gap_s == 0
    merged = there_and_back(street, plan.changes).tracks["B"]
    assert merged.presence == (Span(0, 6 * S),)


def test_states_that_were_held_stay_where_they_were():
    early = driving("A", 4, (0, box(0)), presence=(Span(0, 2 * S),))
    late = driving("B", 7, (5, box(50)), presence=(Span(4 * S, 6 * S),))
    street = Document.of([early, late])
    merged = there_and_back(street, plan_merge(street, ["A", "B"]).changes).tracks["A"]
    assert [merged.state_at(t * S).cuboid.center_m[0] for t in (0, 1, 2, 4, 5, 6)] == [
        0, 0, 0, 50, 50, 50,
    ]  # fmt: skip


def test_what_is_split_is_merged_again():
    car = driving("A", 4, (0, box(0)), (4, box(4, 1)), (9, box(9, 2)), note="taxi")
    street = Document.of([car])
    pieces = street.apply(split(street, "A", 6 * S, new_id="N"))
    plan = plan_merge(pieces, ["N", "A"])
    merged = there_and_back(pieces, plan.changes).tracks["A"]
    assert merged.presence == car.presence
    assert (merged.note, plan.gap_s, plan.dropped) == ("taxi", 0.0, ())
    np.testing.assert_allclose(y_at(merged, *range(10)), y_at(car, *range(10)), atol=1e-6)


# An overlap


def test_in_an_overlap_the_more_trusted_keyframes_count():
    model = driving("A", 4, *((t, box(t)) for t in range(6)), by=MODEL)
    manual = driving("B", 7, *((t, box(t, 0.5)) for t in range(4, 9)))
    street = Document.of([model, manual])
    plan = plan_merge(street, ["A", "B"])
    merged = there_and_back(street, plan.changes).tracks["B"]
    assert merged.name == "Car 7"
    assert are_same(merged.keyframes, [*model.keyframes[:4], *manual.keyframes])
    assert merged.presence == (Span(0, 8 * S),)
    assert y_at(merged, 3, 3.5, 4, 8) == [0, 0.25, 0.5, 0.5]
    assert plan.dropped == (("Car 4", model.keyframes[4]), ("Car 4", model.keyframes[5]))
    assert (plan.overlap_s, plan.jump_m) == (1.0, 0.5)
    assert "2 keyframes of Car 4 given up." in plan.summary()
    assert any(line.startswith("They overlap for 1.00 s. Where tracks") for line in plan.summary())


def test_of_equally_trusted_tracks_the_one_that_is_there_longer_counts():
    short = driving("A", 4, *((t, box(t)) for t in range(4)))
    longer = driving("B", 7, *((t, box(t, 0.5)) for t in range(2, 9)))
    street = Document.of([short, longer])
    plan = plan_merge(street, ["A", "B"], keep="A")
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert are_same(merged.keyframes, [*short.keyframes[:2], *longer.keyframes])
    assert [name for name, _ in plan.dropped] == ["Car 4", "Car 4"]


def test_a_manual_piece_in_the_middle_replaces_what_the_model_said_there():
    model = driving("A", 4, *((t, box(t)) for t in range(0, 9, 2)), by=MODEL)
    manual = driving("B", 7, (3, box(3, 1)), (5, box(5, 1)))
    street = Document.of([model, manual])
    merged = there_and_back(street, plan_merge(street, ["A", "B"], "A").changes).tracks["A"]
    assert [t // S for t in merged.times_ns] == [0, 2, 3, 5, 6, 8]
    assert y_at(merged, 2, 3, 4, 5, 6) == [0, 1, 1, 1, 0]
    assert merged.presence == (Span(0, 8 * S),)


def test_doubles_with_equal_keyframes_lose_nothing():
    one, other = (
        driving("A", 1, (0, box(0)), (1, box(1))),
        driving("B", 2, (0, box(0)), (1, box(1))),
    )
    street = Document.of([one, other])
    plan = plan_merge(street, ["A", "B"])
    assert (plan.dropped, plan.jump_m) == ((), 0.0)
    assert there_and_back(street, plan.changes).tracks["A"] is one


def test_keyframes_of_an_absent_object_stay_unless_another_is_there():
    # Somebody cut the presence of A and left the keyframes beyond it.
    early = driving("A", 4, *((t, box(t)) for t in range(6)), presence=(Span(0, 2 * S),))
    late = driving("B", 7, (4.5, box(4.5)), (8, box(8)))
    street = Document.of([early, late])
    plan = plan_merge(street, ["A", "B"], "A")
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert [t / S for t in merged.times_ns] == [0, 1, 2, 3, 4, 4.5, 8]
    assert plan.dropped == (("Car 4", early.keyframes[5]),)


def test_three_pieces_become_one():
    pieces = [driving(str(k), k, (10 * k, box(k)), (10 * k + 5, box(k))) for k in (1, 2, 3)]
    street = Document.of(pieces)
    plan = plan_merge(street, ["3", "1", "2"], keep="2")
    after = there_and_back(street, plan.changes)
    assert list(after.tracks) == ["2"]
    assert len(after.tracks["2"].presence) == 3
    assert plan.gap_s == 10.0
    assert plan.summary()[0] == "Car 3 and Car 1 become part of Car 2."


# What tracks say as a whole


def test_the_size_of_the_kept_track_holds_where_sizes_are_constant():
    low, high = driving("A", 4, (0, box())), driving("B", 7, (5, box(length=4.5, height=1.7)))
    street = Document.of([low, high])
    plan = plan_merge(street, ["A", "B"], keep="A")
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert merged.free_size is False
    assert merged.keyframes[1].cuboid.size_lwh_m.tolist() == [4, 2, 1.5]
    # It goes on standing on the road.
    assert merged.keyframes[1].cuboid.center_m.tolist() == pytest.approx([0, 0, -0.1])
    np.testing.assert_allclose(plan.size_difference_m, [0.5, 0, 0.2])
    assert plan.summary()[-1] == (
        "All take the size of Car 4: up to 0.50 m of length, 0.00 m of width, 0.20 m of height "
        "are changed."
    )


def test_where_a_size_is_free_all_sizes_stay():
    free = driving("A", 4, (0, box()), free_size=True)
    street = Document.of([free, driving("B", 7, (5, box(length=4.5)))])
    plan = plan_merge(street, ["A", "B"], keep="B")
    merged = there_and_back(street, plan.changes).tracks["B"]
    assert merged.free_size
    assert [keyframe.cuboid.length_m for keyframe in merged.keyframes] == [4, 4.5]
    assert not plan.size_difference_m.any()


def test_parked_pieces_make_one_parked_car_at_the_kept_place():
    one = driving("A", 4, (0, box(1)), (2, box(1)), static=True)
    other = driving("B", 7, (5, box(1.4)), static=True)
    street = Document.of([one, other])
    plan = plan_merge(street, ["A", "B"])
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert merged.static
    assert all(keyframe.cuboid == box(1) for keyframe in merged.keyframes)
    assert plan.jump_m == pytest.approx(0.4)
    moving = Document.of([one, driving("B", 7, (5, box(1.4)))])
    assert not moving.apply(plan_merge(moving, ["A", "B"]).changes).tracks["A"].static


def test_values_notes_and_category_of_the_kept_track_come_first():
    car = driving("A", 4, (0, box()), attributes={"colour": "red", "parked": 1}, note="taxi")
    van = driving(
        "B", 2, (5, box()), category="van", note="a van?",
        attributes={"colour": "blue", "door": "open", "parked": True},
    )  # fmt: skip
    street = Document.of([car, van])
    plan = plan_merge(street, ["A", "B"], keep="A")
    merged = there_and_back(street, plan.changes).tracks["A"]
    assert merged.attributes == {"colour": "red", "door": "open", "parked": 1}
    assert (merged.category, merged.note) == ("car", "taxi\na van?")
    assert plan.categories == ("van",)
    assert [(c.name, c.kept, c.given_up) for c in plan.conflicts] == [
        ("colour", "red", "blue"),
        ("parked", 1, True),
    ]
    assert plan.summary()[-3:] == (
        "The category van is given up.",
        "colour: red stays, blue of Van 2 is given up.",
        "parked: 1 stays, True of Van 2 is given up.",
    )


def test_children_relations_and_events_move_to_the_kept_track():
    street = Document.of(
        [
            driving("T", 1, (0, box()), category="truck"),
            driving("A", 4, (0, box())),
            driving("B", 7, (5, box()), relations=(Relation("towed_by", "T"),)),
            driving("C", 8, (5, box()), relations=(Relation("towed_by", "B"),)),
        ],
        [Event("e", "cut_in", 0, S, track_ids=("A", "B", "C"))],
    )
    after = there_and_back(street, plan_merge(street, ["A", "B"], "A").changes)
    assert after.tracks["A"].relations == (Relation("towed_by", "T"),)
    assert after.tracks["C"].relations == (Relation("towed_by", "A"),)
    assert after.events["e"].track_ids == ("A", "C")


def test_a_merge_that_cannot_be_is_refused():
    chain = Document.of(
        [
            driving("A", 1, (0, box()), relations=(Relation("towed_by", "X"),)),
            driving("X", 2, (0, box()), relations=(Relation("towed_by", "B"),)),
            driving("B", 3, (5, box())),
        ]
    )
    with pytest.raises(EditError, match="Car 1 would belong to itself, Car 1 → Car 2 → Car 1"):
        plan_merge(chain, ["A", "B"], "A")
    with pytest.raises(EditError, match="needs two different tracks"):
        plan_merge(chain, ["A", "A"])
    with pytest.raises(EditError, match="needs two different tracks"):
        plan_merge(chain, [])
    with pytest.raises(EditError, match="the track to keep is not merged, track 'X'"):
        plan_merge(chain, ["A", "B"], "X")
    with pytest.raises(EditError, match="there is no such track"):
        plan_merge(chain, ["A", "?"])


# Found again


def test_a_car_that_was_hidden_is_the_same_car():
    street = Document.of([EARLY, LATE])
    after = there_and_back(street, reidentify(street, "A", "B"))
    assert list(after.tracks) == ["A"]
    assert after.tracks["A"].presence == (
        Span(0, 2 * S, Edge.VIEW, Edge.OCCLUDED),
        Span(4 * S, 6 * S, Edge.OCCLUDED, Edge.VIEW),
    )
    assert are_same(after.tracks["A"].keyframes, [*EARLY.keyframes, *LATE.keyframes])
    plan = plan_reidentify(street, "A", "B", Edge.RANGE)
    assert plan.gap_s == 2.0
    assert there_and_back(street, plan.changes).tracks["A"].presence[0].ends is Edge.RANGE


def test_only_what_begins_after_the_end_is_found_again():
    street = Document.of([EARLY, driving("B", 7, (1.5, box()))])
    with pytest.raises(EditError, match=r"Car 7 is there 0\.50 s before Car 4 is lost"):
        reidentify(street, "A", "B")
    with pytest.raises(EditError, match=r"Car 4 is there 1\.50 s before Car 7 is lost"):
        reidentify(street, "B", "A")
    with pytest.raises(EditError, match="needs two different tracks"):
        reidentify(street, "A", "A")


# For every document


@given(documents(min_tracks=2), st.booleans(), st.data())
def test_a_merge_loses_nothing_silently_and_can_be_taken_back(document, bridge, data):
    ids = data.draw(st.lists(st.sampled_from(sorted(document.tracks)), min_size=2, unique=True))
    try:
        plan = plan_merge(document, ids, bridge=bridge)
    except EditError:
        assert any(document.tracks[track_id].relations for track_id in document.tracks)
        return
    after = there_and_back(document, plan.changes)
    merged = after.tracks[plan.kept_id]
    assert set(after.tracks) == (set(document.tracks) - set(ids)) | {plan.kept_id}
    times = set(merged.times_ns)
    given_up = {keyframe.timestamp_ns for _, keyframe in plan.dropped}
    before = [document.tracks[track_id] for track_id in ids]
    assert {time_ns for track in before for time_ns in track.times_ns} <= times | given_up
    drawn = data.draw(st.lists(times_ns(), max_size=5))
    for time_ns in [*drawn, *(end for t in before for end in (t.start_ns, t.end_ns))]:
        there = any(track.is_present(time_ns) for track in before)
        assert merged.is_present(time_ns) == there or (bridge and merged.is_present(time_ns))


@few
@given(documents(min_tracks=2).map(linear))
def test_no_state_changes_when_a_track_is_found_again(document):
    lost, found = sorted(document.tracks.values(), key=lambda t: t.start_ns)[:2]
    try:
        plan = plan_reidentify(document, lost.id, found.id)
    except EditError as error:
        # One of them may belong to what belongs to the other.
        in_circle = "would belong to itself" in str(error)
        assert found.start_ns <= lost.end_ns or in_circle
        return
    after = there_and_back(document, plan.changes).tracks[lost.id]
    resized = plan.size_difference_m.any() or after.static
    for track in (lost, found):
        for time_ns in (track.start_ns, track.end_ns, *track.times_ns):
            state, now = track.state_at(time_ns), after.state_at(time_ns)
            if state is not None and not resized:
                assert now is not None
                pose, before = now.cuboid.frame_SE3_cuboid, state.cuboid.frame_SE3_cuboid
                np.testing.assert_allclose(pose.matrix, before.matrix, rtol=0, atol=1e-9)
    assert after.presence[0].starts is lost.presence[0].starts
    assert len(after.presence) == len(lost.presence) + len(found.presence)
