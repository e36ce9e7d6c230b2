import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.ontology.attribute import MAX_TEXT_VALUE, Attribute, AttributeKind, Value, title_of
from av3d.ontology.checks import OntologyError
from av3d.ontology.motion import Motion

ENUM, BOOL = AttributeKind.ENUM, AttributeKind.BOOL
NUMBER, TEXT = AttributeKind.NUMBER, AttributeKind.TEXT


def motion() -> Attribute:
    return Attribute(
        "motion", ENUM, values=(Value("moving"), Value("parked", categories=("car",)))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (motion(), "moving"),
        (Attribute("rider", BOOL), False),
        (Attribute("doors", NUMBER, minimum=0, maximum=6), 5),
        (Attribute("load_t", NUMBER), 0.5),
        (Attribute("plate", TEXT), ""),
    ],
)
def test_a_value_of_the_kind_is_right(attribute: Attribute, value: str | bool | float) -> None:
    assert attribute.problem_with(value) == ""


@pytest.mark.parametrize(
    ("attribute", "value", "problem"),
    [
        (motion(), "flying", "'flying' is none of moving, parked"),
        (motion(), True, "True is no enum"),
        (Attribute("rider", BOOL), 1, "1 is no bool"),
        (Attribute("doors", NUMBER), True, "True is no number"),
        (Attribute("doors", NUMBER), math.nan, "nan is no number"),
        (Attribute("doors", NUMBER, minimum=2), 1, "1 is below 2"),
        (Attribute("v", NUMBER, maximum=30, unit="m/s"), 40.5, "40.5 is above 30 m/s"),
        (Attribute("plate", TEXT), 12, "12 is no text"),
        (Attribute("plate", TEXT), "x" * (MAX_TEXT_VALUE + 1), "has 10,001 characters"),
    ],
)
def test_another_value_is_told_with_what_it_should_be(
    attribute: Attribute, value: str | bool | float, problem: str
) -> None:
    assert attribute.problem_with(value).startswith(problem)


def test_a_value_may_be_for_some_categories_only() -> None:
    assert motion().problem_with("parked", "pedestrian") == "'parked' is not for pedestrian"
    assert motion().problem_with("parked", "car") == ""
    assert motion().problem_with("parked") == ""


def test_limits_do_not_count_for_what_is_accepted() -> None:
    assert Attribute("doors", NUMBER, maximum=5).accepts(9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Attribute("nuscenes.label", TEXT), "the key has a dot"),
        (lambda: Attribute("", TEXT), "'' is no key"),
        (lambda: Attribute(" a", TEXT), "' a' is no key"),
        (lambda: Attribute("a\nb", TEXT), "is no key"),
        (lambda: Attribute("a", ENUM), "the kind is enum and it has 0 values"),
        (
            lambda: Attribute("a", TEXT, values=(Value("b"),)),
            "the kind is text and it has 1 values",
        ),
        (lambda: Attribute("a", ENUM, values=(Value("b"), Value("b"))), "'b' is there twice"),
        (lambda: Attribute("a", TEXT, minimum=1), "the kind is text and it has a limit or a unit"),
        (lambda: Attribute("a", BOOL, unit="m"), "the kind is bool and it has a limit or a unit"),
        (lambda: Attribute("a", NUMBER, minimum=2, maximum=1), "allow no value"),
        (lambda: Attribute("a", NUMBER, minimum=math.nan), "allow no value"),
        (lambda: Attribute("a", NUMBER, maximum=3, default=4), "the default 4 is above 3"),
        (lambda: Attribute("a", NUMBER, default=2**63), "is no number"),
        (lambda: Attribute("a", NUMBER, maximum=3, default=10**400), "is no number"),
        (lambda: Attribute("a", TEXT, default=""), "the default is empty"),
        (lambda: Attribute("a", TEXT, default="\ud800"), "control character"),
        (lambda: Attribute("a", TEXT, guidance="a\x00b"), "control character '\\x00'"),
        (lambda: Attribute("a", TEXT, guidance="x" * 20_001), "20,001 characters"),
        (
            lambda: Attribute("a", ENUM, values=(Value("b"), Value("c", formerly=("b",)))),
            "value 'c' was formerly 'b', but 'b' is still there",
        ),
    ],
)
def test_an_attribute_that_contradicts_itself_is_refused(make: object, message: str) -> None:
    with pytest.raises(OntologyError) as error:
        make()  # type: ignore[operator]
    assert message in str(error.value)


def test_titles_are_made_of_keys_and_left_out_of_the_text() -> None:
    value = Value("no_rider", motion=Motion.STATIC)
    assert value.title == "No rider"
    assert value.as_json() == {"key": "no_rider", "motion": "static"}
    assert title_of("__") == "__"


def test_a_default_of_false_is_kept_in_the_text() -> None:
    assert Attribute("rider", BOOL, default=False).as_json() == {
        "key": "rider",
        "kind": "bool",
        "default": False,
    }


def test_attributes_with_the_same_values_are_equal_and_hash_alike() -> None:
    first, second = (Attribute("a", TEXT, exports={"kitti": "b"}) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)


@given(st.one_of(st.text(), st.booleans(), st.integers(), st.floats()))
def test_a_value_without_a_problem_is_accepted(value: str | bool | float) -> None:
    kinds = [motion(), *(Attribute("a", kind) for kind in (BOOL, NUMBER, TEXT))]
    fitting = [attribute.kind for attribute in kinds if not attribute.problem_with(value)]
    assert all(a.accepts(value) and a.is_kind(value) for a in kinds if a.kind in fitting)
    assert len(set(fitting) - {ENUM}) <= 1
