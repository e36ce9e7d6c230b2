from collections.abc import Callable

from hypothesis import given

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.describing import describe
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.events import add_event
from av3d.tracks.operations.identity import split, swap
from av3d.tracks.operations.life import change_category, create, delete
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.track import Track
from tracks.strategies import documents, few

S = 1_000_000_000
START = 1_557_539_924 * S


def box(x: float, y: float = 0.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, 0], [4, 2, 1.5], 0.0)


def driving(track_id: str, number: int, *places: tuple[float, float, float]) -> Track:
    keyframes = tuple(Keyframe(START + round(t * S), box(x, y)) for t, x, y in places)
    return Track(track_id, "car", keyframes, number=number)


CAR = driving("A", 4, (0, 0, 0), (8, 8, 0))
OTHER = driving("B", 7, (0, 0, 3), (9, 9, 3))
STREET = Document.of([CAR, OTHER])


def test_a_new_name_is_told_of_the_old_one():
    assert describe(STREET, change_category(STREET, "A", "truck")) == ("Car 4: becomes Truck 4",)


def test_times_count_from_the_first_label_or_from_the_given_start():
    changes = create(STREET, "bus", START + 3 * S, box(3))
    assert describe(STREET, changes) == ("Bus 1: new, with keyframe at 3.00 s",)
    assert describe(STREET, changes, START - S) == ("Bus 1: new, with keyframe at 4.00 s",)


def test_a_split_is_named():
    assert describe(STREET, split(STREET, "A", START + 5 * S, new_id="N")) == (
        "Car 8: split off Car 4 at 5.00 s",
        "Car 4: keyframe at 8.00 s removed",
        "Car 4: keyframe at 5.00 s added",
        "Car 4: there 0.00–5.00 s, before: 0.00–8.00 s",
        "Car 8: new, with 2 keyframes 5.00–8.00 s",
    )


def test_a_merge_is_named():
    later = driving("C", 9, (10, 10, 0), (12, 12, 0))
    street = Document.of([CAR, later])
    assert describe(street, plan_merge(street, ["A", "C"], "A").changes) == (
        "Car 9: becomes part of Car 4",
        "Car 4: keyframe at 10.00 s added",
        "Car 4: keyframe at 12.00 s added",
        "Car 4: there 0.00–8.00 s, 10.00–12.00 s, before: 0.00–8.00 s",
        "Car 9: deleted, with 2 keyframes 10.00–12.00 s",
    )


def test_an_exchange_is_named():
    lines = describe(STREET, swap(STREET, "A", "B", START + 4 * S, last_ns=START + 3 * S))
    assert lines == (
        "Car 4 and Car 7: exchange their objects from 4.00 s on",
        "Car 4: keyframe at 8.00 s removed",
        "Car 4: keyframe at 3.00 s added",
        "Car 4: keyframe at 4.00 s added",
        "Car 4: keyframe at 9.00 s added",
        "Car 4: there 0.00–9.00 s, before: 0.00–8.00 s",
        "Car 7: keyframe at 9.00 s removed",
        "Car 7: keyframe at 3.00 s added",
        "Car 7: keyframe at 4.00 s added",
        "Car 7: keyframe at 8.00 s added",
        "Car 7: there 0.00–8.00 s, before: 0.00–9.00 s",
    )


def test_a_plain_deletion_is_no_merge():
    assert describe(STREET, delete(STREET, ["B"])) == (
        "Car 7: deleted, with 2 keyframes 0.00–9.00 s",
    )


def test_events_are_named_with_their_tracks():
    changes = add_event(STREET, "cut_in", START, START + S, track_ids=["A"])
    assert describe(STREET, changes) == ("Cut in: new, 0.00–1.00 s, with Car 4",)


def test_what_ends_as_it_began_is_left_out():
    there = change_category(STREET, "A", "truck")
    back = [change.reversed() for change in there]
    assert describe(STREET, [*there, *back]) == ()
    assert describe(STREET, ()) == ()


@few
@given(documents(min_tracks=2, max_tracks=3))
def test_every_change_of_a_random_document_has_its_line(document):
    operations: tuple[Callable[[], tuple[Change, ...]], ...] = (
        lambda: delete(document, document.tracks),
        lambda: change_category(document, "t0", "moped"),
        lambda: swap(document, "t0", "t1", document.tracks["t0"].end_ns),
    )
    for operation in operations:
        try:
            changes = operation()
        except EditError:
            continue
        lines = describe(document, changes)
        told = {line.split(":")[0] for line in lines}
        for change in changes:
            one = change.before or change.after
            assert one is not None
            assert one.name in told
