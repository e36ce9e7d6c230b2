import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.ontology.attribute import Attribute, AttributeKind, Value
from av3d.tracks.value_conversion import converted, is_renamed
from av3d.types import Scalar

BOOL = Attribute("a", AttributeKind.BOOL)
NUMBER = Attribute("a", AttributeKind.NUMBER)
TEXT = Attribute("a", AttributeKind.TEXT)


def enum(*keys: str) -> Attribute:
    return Attribute("a", AttributeKind.ENUM, values=tuple(map(Value, keys)))


@pytest.mark.parametrize(
    ("value", "attribute", "result"),
    [
        (True, enum("no", "yes"), "yes"),
        (False, enum("no", "yes"), "no"),
        (True, enum("true", "false"), "true"),
        (True, enum("on", "off"), None),
        (2, enum("1", "2"), "2"),
        (2.5, enum("2.5"), "2.5"),
        ("a", enum("a"), "a"),
        ("b", enum("a"), None),
        (True, TEXT, "yes"),
        (False, TEXT, "no"),
        (3, TEXT, "3"),
        (0.1, TEXT, "0.1"),
        ("3", TEXT, "3"),
        (True, NUMBER, 1),
        ("3", NUMBER, 3),
        ("-12", NUMBER, -12),
        ("0.25", NUMBER, 0.25),
        ("03", NUMBER, None),
        ("-0", NUMBER, None),
        ("1e3", NUMBER, None),
        ("nan", NUMBER, None),
        ("inf", NUMBER, None),
        ("9" * 5000, NUMBER, None),
        ("three", NUMBER, None),
        ("٣", NUMBER, None),
        ("yes", BOOL, True),
        ("false", BOOL, False),
        ("Yes", BOOL, None),
        (1, BOOL, True),
        (0.0, BOOL, False),
        (2, BOOL, None),
    ],
)
def test_a_value_says_the_same_in_another_kind_or_nothing(
    value: Scalar, attribute: Attribute, result: Scalar | None
) -> None:
    found = converted(value, attribute)
    assert found == result
    assert type(found) is type(result)


def test_an_enum_says_what_its_values_were_called() -> None:
    motion = Attribute(
        "motion", AttributeKind.ENUM,
        values=(Value("parked", formerly=("stands", "yes")), Value("moving")),
    )  # fmt: skip
    assert converted("stands", motion) == "parked"
    assert converted(True, motion) == "parked"
    assert is_renamed("stands", motion)
    assert not is_renamed("moving", motion)


@given(st.one_of(st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_come_back_from_their_text(value: float) -> None:
    text = converted(value, TEXT)
    assert isinstance(text, str)
    back = converted(text, NUMBER)
    assert repr(back) == repr(value)


@given(st.one_of(st.text(), st.booleans(), st.integers(), st.floats()))
def test_what_comes_out_is_of_the_kind(value: Scalar) -> None:
    for attribute in (BOOL, NUMBER, TEXT, enum("a", "yes", "1")):
        result = converted(value, attribute)
        assert result is None or attribute.accepts(result)
