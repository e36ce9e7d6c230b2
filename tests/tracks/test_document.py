import pytest
from hypothesis import given

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError, StaleChangeError
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import documents, few

BOX = Cuboid.from_yaw([1, 2, 3], [4, 2, 1.5], 0.0)


def track(track_id: str, x: float = 1.0, **more) -> Track:
    cuboid = Cuboid.from_yaw([x, 2, 3], [4, 2, 1.5], 0.0)
    return Track(track_id, more.pop("category", "car"), (Keyframe(0, cuboid),), **more)


TRUCK, TRAILER = track("t", number=4), track("l", relations=(Relation("towed_by", "t"),))
CUT_IN = Event("e", "cut_in", 0, 5, track_ids=("t",))
STREET = Document.of([TRUCK, TRAILER], [CUT_IN])


def test_a_document_gives_its_tracks_and_events_by_id():
    assert STREET.track("t") is TRUCK
    assert STREET.event("e") is CUT_IN
    assert STREET.children("t") == (TRAILER,)
    assert STREET.children("l") == ()
    with pytest.raises(EditError, match="no such track, track 'e', choose another"):
        STREET.track("e")
    with pytest.raises(EditError, match="no such event, event 't', choose another"):
        STREET.event("t")


def test_a_document_cannot_be_changed_from_outside():
    with pytest.raises(TypeError):
        STREET.tracks["x"] = TRUCK
    given_tracks = {"t": TRUCK}
    document = Document(given_tracks)
    given_tracks.clear()
    assert list(document.tracks) == ["t"]


def test_the_next_number_is_above_all_of_its_category():
    document = Document.of([track("a", number=7), track("b", number=3, category="bus")])
    assert [document.next_number(category) for category in ("car", "bus", "van")] == [8, 4, 1]


# Applying changes


def test_changes_make_another_document():
    moved = track("t", 9.0, number=4)
    after = STREET.apply([Change(TRUCK, moved), Change(CUT_IN, None)])
    assert after.tracks == {"t": moved, "l": TRAILER}
    assert after.events == {}
    assert STREET.tracks["t"] is TRUCK


def test_changes_follow_each_other():
    moved, away = track("n", 2.0), track("n", 3.0)
    after = STREET.apply([Change(None, moved), Change(moved, away)])
    assert after.tracks["n"] is away
    assert STREET.apply([Change(None, moved), Change(moved, None)]).as_text() == STREET.as_text()


def test_an_equal_value_is_no_stale_one():
    equal = track("t", number=4)
    assert equal is not TRUCK
    assert STREET.apply([Change(equal, track("t", 2.0))]).tracks["t"].keyframes != TRUCK.keyframes


@pytest.mark.parametrize(
    ("change", "found", "message"),
    [
        (Change(track("t", 8.0), track("t", 9.0)), TRUCK, "track t was changed meanwhile"),
        (Change(track("t", 8.0), None), TRUCK, "track t was changed meanwhile"),
        (Change(None, TRUCK), TRUCK, "track t is already there"),
        (Change(track("x"), None), None, "track x was changed meanwhile"),
        (Change(None, CUT_IN), CUT_IN, "event e is already there, load the labels again"),
    ],
)
def test_a_change_that_starts_from_another_value_is_refused(change, found, message):
    with pytest.raises(StaleChangeError, match=message) as caught:
        STREET.apply([change])
    assert caught.value.change is change
    assert caught.value.found is found


def test_a_document_has_only_tracks_and_events():
    class Task:
        kind, id, name, digest = "task", "1", "Task 1", "0"

    with pytest.raises(EditError, match="a document has no task, 1"):
        STREET.apply([Change(None, Task())])


# References


def test_what_a_track_or_event_refers_to_must_be_there():
    orphan = track("o", relations=(Relation("towed_by", "z"),))
    with pytest.raises(EditError, match="track o refers to track z, which is not there"):
        STREET.apply([Change(None, orphan)])
    with pytest.raises(EditError, match="event n refers to track z, which is not there"):
        STREET.apply([Change(None, Event("n", "rain", 0, 1, track_ids=("z",)))])


def test_what_others_refer_to_cannot_be_deleted():
    with pytest.raises(EditError, match=r"track l refers to track t.*take the reference away"):
        STREET.apply([Change(TRUCK, None), Change(CUT_IN, None)])
    with pytest.raises(EditError, match="event e refers to track t"):
        STREET.apply([Change(TRUCK, None), Change(TRAILER, None)])


def test_references_are_looked_at_when_all_is_done():
    everything = [Change(TRUCK, None), Change(CUT_IN, None), Change(TRAILER, None)]
    empty = STREET.apply(everything)
    assert empty.as_text() == ""
    assert empty.apply(change.reversed() for change in everything).as_text() == STREET.as_text()
    # Parent after child, in one go.
    assert Document().apply([Change(None, TRAILER), Change(None, TRUCK)]).children("t")


# Text and digest


def test_the_text_is_a_sorted_line_for_each_entity():
    lines = STREET.as_text().splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["event", "track", "track"]
    assert lines[0] == (
        'event {"attributes":{},"end_ns":5,"id":"e","label":"cut_in","note":"","start_ns":0,'
        '"track_ids":["t"]}'
    )
    assert '"id":"l"' in lines[1]
    assert Document().as_text() == ""


def test_order_does_not_count():
    other = Document.of([TRAILER, TRUCK], [CUT_IN])
    assert other.digest == STREET.digest
    assert other.as_text() == STREET.as_text()


@few
@given(documents(max_tracks=2), documents(max_tracks=2))
def test_digests_are_equal_precisely_where_texts_are(one, other):
    assert (one.digest == other.digest) == (one.as_text() == other.as_text())
    again = Document.of(reversed(one.tracks.values()), reversed(one.events.values()))
    assert again.digest == one.digest
    assert again.as_text() == one.as_text()


@few
@given(documents(min_tracks=1))
def test_everything_can_be_deleted_and_brought_back(document):
    entities = [*document.tracks.values(), *document.events.values()]
    changes = [Change(entity, None) for entity in entities]
    empty = document.apply(changes)
    assert empty.digest == Document().digest
    assert empty.apply(c.reversed() for c in reversed(changes)).as_text() == document.as_text()
