import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.ontology.attribute import Attribute, AttributeKind, Per, Value
from av3d.ontology.category import Category
from av3d.ontology.checks import OntologyError
from av3d.ontology.codec import from_json
from av3d.ontology.event_kind import EventKind, Extent
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.ontology.picture import Picture
from av3d.ontology.relation_kind import RelationKind

FULL = Ontology(
    "mine",
    7,
    (
        Category(
            "car",
            "A car",
            (4.5, 1.9, 1.6),
            "#4db2f5",
            "1",
            (2, 1, 1),
            (7, 3, 3),
            ("motion", "load_t"),
            2.0,
            Motion.WHEELED,
            "Not vans.\n* one\n* two",
            (Picture("pictures/car.png", b"\x89PNG\r\n\x1a\n\x00\xff", "A car"),),
            {"kitti": "Car", "waymo": ""},
            {"kitti": ("Van",)},
            ("automobile",),
        ),
    ),
    (
        Attribute(
            "motion",
            AttributeKind.ENUM,
            "Motion",
            (Value("parked", "Parks", ("car",), Motion.STATIC, {"kitti": "p"}, ("stands",)),),
            per=Per.KEYFRAME,
            required=True,
            default="parked",
        ),
        Attribute(
            "load_t",
            AttributeKind.NUMBER,
            minimum=0.0,
            maximum=40.0,
            unit="t",
            guidance="Guess.",
            exports={"kitti": ""},
            formerly=("load",),
        ),
    ),
    (EventKind("rain", "Rain", "#123456", Extent.LOG, ("motion",), "Wet.", ("wet",)),),
    (RelationKind("towed_by", "Is towed by", ("car",), ("car",), "Any.", ("behind",)),),
    "Of the team.",
)


def test_an_ontology_comes_back_from_its_json_as_it_was() -> None:
    assert from_json(FULL.as_json()) == FULL
    assert from_json(FULL.as_json()).digest == FULL.digest


def test_a_value_without_more_may_be_written_as_its_key() -> None:
    values = {"name": "a", "attributes": [{"key": "m", "kind": "enum", "values": ["x", "y"]}]}
    attribute = from_json(values).attribute("m")
    assert attribute is not None
    assert attribute.values == (Value("x"), Value("y"))


CAR = {"key": "car"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "a list with 0 entries is no table, write key = value lines"),
        (None, "None is no table"),
        ({}, "missing key, name"),
        ({"name": 5}, "5 is not text, name"),
        ({"name": "a", "version": True}, "True is not a whole number, version"),
        ({"name": "a", "version": 1.0}, "1.0 is not a whole number"),
        ({"name": "a", "categorys": []}, "unknown key, categorys, use 'categories'"),
        ({"name": "a", 5: 1}, "unknown key, 5"),
        ({"name": "a", "categories": {}}, "a table with 0 entries is no list"),
        ({"name": "a", "categories": [5]}, "5 is no table, categories number 1"),
        ({"name": "a", "categories": [{}]}, "missing key, categories number 1, key"),
        (
            {"name": "a", "categories": [CAR, {"key": "bus", "coulor": "#000000"}]},
            "unknown key, categories, bus, coulor, use 'colour'",
        ),
        ({"name": "a", "categories": [CAR] * 1001}, "1,001 entries, limit 1,000"),
        (
            {"name": "a", "categories": [CAR | {"size_lwh_m": [1, 2]}]},
            "a list with 2 entries is no size, categories, car, size_lwh_m",
        ),
        ({"name": "a", "categories": [CAR | {"size_lwh_m": [1, True, 2]}]}, "True is not a finite"),
        ({"name": "a", "categories": [CAR | {"longest_gap_s": "2"}]}, "'2' is not a finite number"),
        ({"name": "a", "categories": [CAR | {"longest_gap_s": 10**400}]}, "a very large number"),
        ({"name": "a", "categories": [CAR | {"attributes": "motion"}]}, "is no list of texts"),
        ({"name": "a", "categories": [CAR | {"motion": "wheels"}]}, "use one of: static wheeled"),
        ({"name": "a", "categories": [CAR | {"exports": ["Car"]}]}, "is no table"),
        ({"name": "a", "categories": [CAR | {"exports": {"kitti": 1}}]}, "1 is not text"),
        ({"name": "a", "categories": [CAR | {"exports": {1: "a"}}]}, "1 is not text"),
        ({"name": "a", "categories": [CAR | {"imports": {"kitti": "a"}}]}, "no list of texts"),
        ({"name": "a", "categories": [CAR | {"pictures": [{"file": "a.png"}]}]}, "is missing"),
        (
            {"name": "a", "categories": [CAR | {"pictures": [{"file": "a.png", "content": "0"}]}]},
            "missing key, contents, 0",
        ),
        (
            {
                "name": "a",
                "categories": [CAR | {"pictures": [{"file": "a.png", "content": "0"}]}],
                "contents": {"0": "###"},
            },
            "the picture is not Base64",
        ),
        ({"name": "a", "attributes": [{"key": "m"}]}, "missing key, attributes, m, kind"),
        (
            {"name": "a", "attributes": [{"key": "m", "kind": "bool", "required": 1}]},
            "1 is neither true nor false",
        ),
        (
            {"name": "a", "attributes": [{"key": "m", "kind": "text", "default": ["x"]}]},
            "is no single value",
        ),
        (
            {"name": "a", "attributes": [{"key": "m", "kind": "enum", "values": [[]]}]},
            "is no table, attributes, m, values",
        ),
        ({"name": "a", "events": [{"key": "e", "extent": "frame"}]}, "use one of: span log"),
        ({"name": "a", "relations": [{"key": "r", "child": []}]}, "use 'children'"),
    ],
)
def test_what_is_no_ontology_is_told_with_its_place(values: object, message: str) -> None:
    with pytest.raises(OntologyError) as error:
        from_json(values)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from(["car", "motion", "\ud800", "enum", "#000000", "pictures/car.png", 10**400, 2.0]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Paths to all parts of JSON values."""
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


@settings(max_examples=300)
@given(st.data())
def test_any_damage_is_an_error_of_our_own_or_none(data: st.DataObject) -> None:
    values: Any = {"root": FULL.as_json()}
    *outer, last = data.draw(st.sampled_from(places(values)[1:]))
    inside = values
    for key in outer:
        inside = inside[key]
    inside[last] = data.draw(anything)
    with contextlib.suppress(OntologyError):  # anything else fails the test
        ontology = from_json(values["root"])
        assert from_json(ontology.as_json()) == ontology
        assert len(ontology.digest) == 32
