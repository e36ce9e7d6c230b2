from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.quality.markup import cell, number, share, table, text, with_bar


@given(st.text())
def test_no_text_can_become_an_element_or_end_an_attribute(words):
    assert not {"<", ">", '"', "'"} & set(text(words))


def test_what_no_page_may_hold_is_a_question_mark():
    assert text("a\x00b\ud800c") == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    ("value", "digits", "unit", "shown"),
    [
        (1234.5, 1, "s", "1,234.5 s"),
        (-2.0, 0, "", "\N{MINUS SIGN}2"),
        (3.66, 1, "°", "3.7°"),
        (None, 2, "m", ""),
    ],
)
def test_numbers_are_written_as_people_read_them(value, digits, unit, shown):
    assert number(value, digits, unit).html == shown


def test_a_share_that_is_not_known_is_empty_and_sorted_last():
    assert share(None).html == ""
    assert math.isnan(share(None).value)
    assert share(0.125).html == "12.5\N{NO-BREAK SPACE}%"


def test_a_bar_is_as_long_as_its_part_of_the_highest():
    assert 'style="width:40px"' in with_bar(number(2.0, 1), 4.0).html
    assert with_bar(number(None), 4.0).html == ""


def test_a_table_says_what_its_rows_are_sorted_by():
    made = table(["name", "count"], [[cell("a"), number(3)]], "tn")
    assert '<td class="n" data-v="3">3</td>' in made
    assert "<td>a</td>" in made
