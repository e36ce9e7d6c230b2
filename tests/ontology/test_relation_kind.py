import pytest

from av3d.ontology.checks import OntologyError
from av3d.ontology.relation_kind import RelationKind

TOWED_BY = RelationKind("towed_by", children=("trailer",), parents=("truck", "trailer"))


@pytest.mark.parametrize(
    ("child", "parent", "allowed"),
    [
        ("trailer", "truck", True),
        ("trailer", "trailer", True),
        ("truck", "trailer", False),
        ("trailer", "car", False),
    ],
)
def test_categories_decide_who_can_belong_to_whom(child: str, parent: str, allowed: bool) -> None:
    assert TOWED_BY.allows(child, parent) is allowed


def test_a_relation_without_categories_is_for_all() -> None:
    assert RelationKind("follows").allows("car", "cone")


def test_a_category_that_is_there_twice_is_refused() -> None:
    with pytest.raises(OntologyError, match="child 'car' is there twice"):
        RelationKind("follows", children=("car", "car"))
