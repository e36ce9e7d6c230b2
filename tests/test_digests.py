import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.digests import canonical, digest_of, digest_of_text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\n"), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def test_a_value_is_one_compact_line_with_sorted_keys():
    assert (
        canonical({"b": [1, 1.0, True, None], "a": "ü\n"}) == '{"a":"ü\\n","b":[1,1.0,true,null]}'
    )


def test_digests_do_not_change_from_version_to_version():
    """They are stored in projects. `printf '{"a":1}' | b2sum -l 128` says the same."""
    assert digest_of({"a": 1}) == "2c6b113b8dd15ffbded9860b43eb0c6c"
    assert digest_of_text() == "cae66941d9efbd404e4d88758ea67670"


def test_what_is_equal_in_python_but_not_in_a_file_has_another_digest():
    assert len({digest_of(value) for value in (1, 1.0, True, "1", 0.0, -0.0, [1], {})}) == 8


def test_numbers_that_are_not_finite_have_no_digest():
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_of([math.nan])


def test_texts_count_one_after_the_other():
    assert digest_of_text("ab", "c") == digest_of_text("a", "bc") != digest_of_text("c", "ab")


@given(json_values, json_values)
def test_digests_are_equal_precisely_where_texts_are(one, other):
    assert (digest_of(one) == digest_of(other)) == (canonical(one) == canonical(other))


@given(st.dictionaries(st.text(), json_values, min_size=2))
def test_the_order_of_keys_does_not_matter(value):
    backwards = dict(reversed(list(value.items())))
    assert canonical(backwards) == canonical(value)
