import pytest

from av3d.tracks.checking import TrackError
from av3d.tracks.relation import RIDES, TOWED_BY, Relation


def test_a_relation_is_kept_by_the_child():
    assert Relation(TOWED_BY, "truck-1").as_json() == ["towed_by", "truck-1"]


def test_relations_are_in_order_of_kind_and_track():
    found = sorted([Relation(TOWED_BY, "a"), Relation(RIDES, "b"), Relation(RIDES, "a")])
    assert [relation.as_json() for relation in found] == [
        ["rides", "a"],
        ["rides", "b"],
        ["towed_by", "a"],
    ]


@pytest.mark.parametrize("values", [("", "a"), ("rides", ""), ("ri\ndes", "a"), ("rides", None)])
def test_kind_and_track_are_names(values):
    with pytest.raises(TrackError, match=r"is no (kind of relation|ID)"):
        Relation(*values)
