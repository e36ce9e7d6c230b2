from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.parts import has_same_attributes, head, holding, joined, tail
from av3d.tracks.presence import Edge, Span
from tracks.strategies import are_same, straight

S = 1_000_000_000


def key(time_s: float, x: float, **values) -> Keyframe:
    return Keyframe(
        round(time_s * S), Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.0), attributes=values
    )


CAR = straight(
    "A",
    "car",
    (key(0, 0), key(4, 4), key(9, 9)),
    (Span(0, 2 * S, Edge.RANGE, Edge.OCCLUDED), Span(3 * S, 9 * S, Edge.OCCLUDED, Edge.RANGE)),
)


def test_a_cut_within_a_span_ends_and_begins_without_a_reason():
    first, second = head(CAR, 5 * S, 5 * S - 1), tail(CAR, 5 * S)
    assert first.presence == (CAR.presence[0], Span(3 * S, 5 * S - 1, Edge.OCCLUDED, Edge.VIEW))
    assert second.presence == (Span(5 * S, 9 * S, Edge.VIEW, Edge.RANGE),)
    assert (len(first.keyframes), len(second.keyframes)) == (2, 1)
    assert first.is_cut
    assert second.is_cut


def test_a_cut_in_a_gap_or_at_an_end_leaves_the_spans_whole():
    first, second = head(CAR, 3 * S, S), tail(CAR, 3 * S)
    assert (first.presence, second.presence) == (CAR.presence[:1], CAR.presence[1:])
    assert not first.is_cut
    assert tail(CAR, 10 * S).presence == tail(CAR, 10 * S).keyframes == ()
    assert head(CAR, 0, -1).presence == ()


def test_parts_that_belong_together_need_nothing_between_them():
    whole = joined(head(CAR, 4 * S, 4 * S - 1), tail(CAR, 4 * S))
    assert are_same(whole, CAR.keyframes)


def test_a_part_alone_gets_the_state_at_its_end():
    assert [k.timestamp_ns for k in joined(head(CAR, 3 * S, S))] == [0, 2 * S]
    assert [k.timestamp_ns for k in joined(tail(CAR, 3 * S))] == [3 * S, 4 * S, 9 * S]


def test_states_are_held_where_other_keyframes_would_bend_them():
    other = key(6, 60)
    kept = holding([*CAR.keyframes[:2], other], [(CAR, 4 * S), (CAR, 5 * S)])
    assert [k.timestamp_ns for k in kept] == [0, 4 * S, 5 * S, 6 * S]
    assert kept[2].cuboid.center_m.tolist() == [5, 0, 0]


def test_values_are_the_same_only_in_type_as_well():
    assert has_same_attributes(key(0, 0, door=1), key(1, 1, door=1))
    assert not has_same_attributes(key(0, 0, door=1), key(0, 0, door=True))
