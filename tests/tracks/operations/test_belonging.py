import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.belonging import relate, unrelate
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import documents, few, there_and_back


def standing(track_id: str, category: str, *relations: Relation) -> Track:
    box = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)
    return Track(track_id, category, (Keyframe(0, box),), number=1, relations=relations)


STREET = Document.of(
    [
        standing("T", "truck"),
        standing("L", "trailer", Relation("towed_by", "T")),
        standing("D", "trailer", Relation("towed_by", "L")),
    ]
)


def test_a_rider_rides_a_bicycle():
    street = Document.of([standing("P", "pedestrian"), standing("B", "bicycle")])
    after = there_and_back(street, relate(street, "P", "rides", "B"))
    assert after.tracks["P"].relations == (Relation("rides", "B"),)
    assert after.children("B") == (after.tracks["P"],)
    assert after.tracks["B"] is street.tracks["B"]
    assert relate(after, "P", "rides", "B") == ()


def test_a_track_may_belong_in_several_ways_and_leave_one_or_all():
    both = there_and_back(STREET, relate(STREET, "L", "carried_by", "T"))
    assert both.tracks["L"].relations == (Relation("carried_by", "T"), Relation("towed_by", "T"))
    one = there_and_back(both, unrelate(both, "L", "T", "carried_by"))
    assert one.tracks["L"].relations == (Relation("towed_by", "T"),)
    assert there_and_back(both, unrelate(both, "L", "T")).tracks["L"].relations == ()
    assert unrelate(STREET, "L", "D") == ()


def test_no_track_belongs_to_itself_through_others():
    with pytest.raises(EditError, match="Truck 1 cannot belong to Trailer 1, which belongs to it"):
        relate(STREET, "T", "towed_by", "D")
    with pytest.raises(EditError, match="Truck 1 cannot belong to Truck 1"):
        relate(STREET, "T", "towed_by", "T")


@pytest.mark.parametrize(
    ("child", "kind", "parent", "message"),
    [
        ("?", "towed_by", "T", "there is no such track, track '\\?'"),
        ("T", "towed_by", "?", "there is no such track, track '\\?'"),
        ("D", "", "T", "'' is no kind of relation"),
    ],
)
def test_what_cannot_be_related_is_said(child, kind, parent, message):
    with pytest.raises(EditError, match=message):
        relate(STREET, child, kind, parent)


@few
@given(documents(min_tracks=2), st.data())
def test_relations_can_be_taken_back(document, data):
    ids = st.sampled_from(list(document.tracks))
    child, parent = data.draw(ids), data.draw(ids)
    try:
        after = there_and_back(document, relate(document, child, "follows", parent))
    except EditError:
        return
    assert Relation("follows", parent) in after.tracks[child].relations
    cleared = there_and_back(after, unrelate(after, child, parent))
    assert all(relation.track_id != parent for relation in cleared.tracks[child].relations)
