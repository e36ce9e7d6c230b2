import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.life import (
    change_category,
    change_number,
    create,
    create_from_keyframes,
    delete,
    write_note,
)
from av3d.tracks.presence import Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import (
    CATEGORIES,
    are_same,
    cuboids,
    documents,
    few,
    notes,
    there_and_back,
    times_ns,
)

S = 1_000_000_000


def box(x: float = 0.0) -> Cuboid:
    return Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.0)


def standing(track_id: str, category: str, number: int, **more) -> Track:
    return Track(track_id, category, (Keyframe(0, box()),), number=number, **more)


STREET = Document.of(
    [
        standing("A", "car", 4),
        standing("B", "car", 7),
        standing("T", "truck", 4),
        standing("L", "trailer", 1, relations=(Relation("towed_by", "T"),)),
    ],
    [Event("e", "cut_in", 0, S, track_ids=("A", "T")), Event("r", "rain", 0, S)],
)


# Create


def test_a_new_track_gets_the_next_number_and_is_there_at_its_keyframe():
    changes = create(STREET, "car", 3 * S, box(5), attributes={"colour": "red"}, track_id="N")
    new = there_and_back(STREET, changes).tracks["N"]
    assert new == Track("N", "car", (Keyframe(3 * S, box(5)),), number=8, attributes=new.attributes)
    assert new.name == "Car 8"
    assert new.attributes == {"colour": "red"}
    assert new.presence == (Span(3 * S, 3 * S),)
    assert new.keyframes[0].provenance is Provenance.MANUAL


def test_the_first_track_of_a_category_has_number_1_and_a_fresh_id():
    first, second = (create(STREET, "bus", 0, box())[0].after for _ in "12")
    assert isinstance(first, Track)
    assert isinstance(second, Track)
    assert first.name == "Bus 1"
    assert first.id != second.id


def test_a_track_is_made_of_several_keyframes():
    keyframes = [Keyframe(2 * S, box(2), Provenance.MODEL), Keyframe(0, box(0), Provenance.MODEL)]
    changes = create_from_keyframes(
        STREET, "car", keyframes, presence=[Span(0, 9 * S)], note="from the detector", track_id="N"
    )
    new = there_and_back(STREET, changes).tracks["N"]
    assert new.keyframes == (keyframes[1], keyframes[0])
    assert new.presence == (Span(0, 9 * S),)
    assert (new.free_size, new.note) == (False, "from the detector")


def test_numbers_that_are_used_up_start_again_at_the_lowest_free_one():
    full = Document.of([standing("A", "car", 1), standing("Z", "car", 2**31 - 1)])
    (change,) = create(full, "car", 0, box())
    assert change.after is not None
    assert change.after.name == "Car 2"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create(STREET, "car", 0, box(), track_id="A"), "track with this ID already"),
        (lambda: create(STREET, "", 0, box()), "'' is no ID or category"),
        (lambda: create(STREET, "car", 0.5, box()), "whole number of ns"),
        (
            lambda: create(STREET, "car", 0, box(), provenance=Provenance.INTERPOLATED),
            "interpolated cuboid is not a keyframe, the new keyframe, correct it",
        ),
        (
            lambda: create(STREET, "car", 0, box(), presence=[Span(0, 5), Span(5, 9)]),
            "presence overlap",
        ),
        (lambda: create_from_keyframes(STREET, "car", []), "at least one keyframe"),
        (
            lambda: create_from_keyframes(
                STREET, "car", [Keyframe(0, box()), Keyframe(1, box(1))], static=True
            ),
            "static track has keyframes at different places",
        ),
    ],
)
def test_impossible_tracks_are_refused(make, message):
    with pytest.raises(EditError, match=message):
        make()


@given(documents(), st.sampled_from(CATEGORIES), times_ns(), cuboids())
def test_making_a_track_can_be_taken_back(document, category, time_ns, cuboid):
    after = there_and_back(document, create(document, category, time_ns, cuboid, track_id="new"))
    state = after.tracks["new"].state_at(time_ns)
    assert state is not None
    assert state.cuboid is cuboid
    names = [track.name for track in after.tracks.values()]
    assert names.count(after.tracks["new"].name) == 1


# Delete


def test_a_deleted_track_leaves_no_mention():
    after = there_and_back(STREET, delete(STREET, ["T"]))
    assert list(after.tracks) == ["A", "B", "L"]
    assert after.tracks["L"].relations == ()
    assert after.events["e"].track_ids == ("A",)
    assert after.events["r"] is STREET.events["r"]
    assert after.tracks["A"] is STREET.tracks["A"]


def test_parent_and_child_go_together():
    changes = delete(STREET, ["T", "L", "A", "T"])
    assert [change.id for change in changes] == ["e", "T", "L", "A"]
    after = there_and_back(STREET, changes)
    assert list(after.tracks) == ["B"]
    assert after.events["e"].track_ids == ()


def test_only_tracks_that_are_there_are_deleted():
    assert delete(STREET, []) == ()
    with pytest.raises(EditError, match="there is no such track, track '\\?'"):
        delete(STREET, ["A", "?"])


@few
@given(documents(min_tracks=1), st.data())
def test_deleting_can_be_taken_back(document, data):
    gone = data.draw(st.lists(st.sampled_from(sorted(document.tracks)), unique=True))
    after = there_and_back(document, delete(document, gone))
    assert set(after.tracks) == set(document.tracks) - set(gone)
    for track in after.tracks.values():
        assert are_same(track.keyframes, document.tracks[track.id].keyframes)


# Category and number


def test_a_number_that_is_free_in_the_new_category_stays():
    after = there_and_back(STREET, change_category(STREET, "B", "truck")).tracks["B"]
    assert (after.id, after.name) == ("B", "Truck 7")
    assert are_same(after.keyframes, STREET.tracks["B"].keyframes)


def test_a_number_that_is_taken_in_the_new_category_gives_way_to_the_next():
    after = there_and_back(STREET, change_category(STREET, "A", "truck")).tracks["A"]
    assert (after.id, after.name) == ("A", "Truck 5")
    assert change_category(STREET, "A", "car") == ()


def test_a_track_gets_a_number_that_no_other_of_its_category_has():
    assert there_and_back(STREET, change_number(STREET, "A", 1)).tracks["A"].name == "Car 1"
    assert change_number(STREET, "A", 4) == ()
    with pytest.raises(EditError, match=r"Car 7 has that number already, Car 4, .* 8 is free"):
        change_number(STREET, "A", 7)
    for wrong in (0, -1, 2**31, 1.5, True, "4"):
        with pytest.raises(EditError, match="is no number of a track, Car 4"):
            change_number(STREET, "A", wrong)


@few
@given(documents(min_tracks=1), st.sampled_from(CATEGORIES), st.integers(1, 6), st.data())
def test_other_names_can_be_taken_back(document, category, number, data):
    track_id = data.draw(st.sampled_from(sorted(document.tracks)))
    after = there_and_back(document, change_category(document, track_id, category))
    assert after.tracks[track_id].category == category
    try:
        there_and_back(after, change_number(after, track_id, number))
    except EditError:
        assert any(
            (other.category, other.number) == (category, number)
            for other in after.tracks.values()
            if other.id != track_id
        )


# Notes


def test_a_note_is_written_and_taken_away():
    written = there_and_back(STREET, write_note(STREET, "A", "a taxi?\nask Ada"))
    assert written.tracks["A"].note == "a taxi?\nask Ada"
    assert there_and_back(written, write_note(written, "A", "")).tracks["A"] == STREET.tracks["A"]
    assert write_note(STREET, "A", "") == ()
    with pytest.raises(EditError, match="the note holds a zero character, track 'A'"):
        write_note(STREET, "A", "\x00")


@few
@given(documents(min_tracks=1), notes)
def test_notes_can_be_taken_back(document, note):
    assert there_and_back(document, write_note(document, "t0", note)).tracks["t0"].note == note
