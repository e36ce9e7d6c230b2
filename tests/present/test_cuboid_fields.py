"""Numbers of a cuboid as people type them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.cuboid_fields import (
    FIELDS,
    FieldError,
    all_values,
    calculated,
    field_named,
    step_of,
    typed_value,
    values_of,
    with_value,
    within,
)

CUBOID = Cuboid(SE3.from_euler(0.02, -0.03, 0.7, [11.54, -3.2, 0.59]), [4.73, 2.11, 1.83])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.73", 4.73),
        ("4.7+0.1", 4.8),
        ("−3.2", -3.2),
        ("1,234.5", 1234.5),
        ("(1 + 2) * 3 / 2", 4.5),
        ("+2", 2.0),
        (".5", 0.5),
    ],
)
def test_numbers_and_sums_are_understood(text, value):
    assert calculated(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "four", "4,7", "1/0", "2**9", "__import__('os')", "1" * 80, "9e999", "x+1", "1 2"]
)
def test_everything_else_is_no_number(text):
    assert calculated(text) is None


def test_the_unit_may_be_typed_too():
    assert typed_value(field_named("length"), "4.7 m") == 4.7
    assert typed_value(field_named("yaw"), "45°") == 45.0


@pytest.mark.parametrize(("name", "text"), [("length", "0"), ("height", "-1"), ("pitch", "90")])
def test_what_is_out_of_range_is_refused_with_what_is_allowed(name, text):
    with pytest.raises(FieldError, match=f"{name}: type .* to "):
        typed_value(field_named(name), text)


@given(
    st.sampled_from([field.name for field in FIELDS]),
    st.floats(0.5, 20.0),
)
def test_a_value_that_is_set_is_the_value_that_shows_and_the_others_stay(name, value):
    after = dict(
        zip([f.name for f in FIELDS], values_of(with_value(CUBOID, name, value)), strict=True)
    )
    before = dict(zip([f.name for f in FIELDS], values_of(CUBOID), strict=True))
    assert after[name] == pytest.approx(value, abs=1e-9)
    for other in before.keys() - {name}:
        if name != "height" or other not in "xyz":
            assert after[other] == pytest.approx(before[other], abs=1e-9)


def test_the_values_of_many_are_those_of_each():
    other = Cuboid.from_yaw([1, 2, 3], [4, 2, 1.5], 3.0)
    assert np.allclose(all_values([CUBOID, other]), [values_of(CUBOID), values_of(other)])


def test_a_height_grows_at_the_top():
    taller = with_value(CUBOID, "height", 2.5)
    bottoms = [
        cuboid.frame_SE3_cuboid.transform(np.array([0.0, 0.0, -cuboid.height_m / 2]))
        for cuboid in (CUBOID, taller)
    ]
    assert np.allclose(bottoms[0], bottoms[1], atol=1e-12)


def test_angles_go_round_and_sizes_stop():
    assert within(field_named("yaw"), 190.0) == -170.0
    assert within(field_named("length"), -3.0) == 0.01
    assert math.isclose(step_of(field_named("x"), frozenset({"Shift"})), 0.25)
    assert math.isclose(step_of(field_named("x"), frozenset({"Alt"})), 0.01)
