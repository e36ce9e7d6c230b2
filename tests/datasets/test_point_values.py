from __future__ import annotations

import numpy as np
import pytest

from av3d.datasets.point_values import (
    find,
    intensity_scale,
    tell_times,
    tell_unit,
    unit_intensity,
    with_return,
)

STAMP_NS = 1_700_000_000_000_000_000


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([0.0, 0.9]), 1), (np.array([0, 1]), 255), (np.array([3], np.uint8), 255),
        (np.array([0.0, 256.0]), 4095), (np.array([5000], np.uint16), 65535),
        (np.array([70_000]), 131_071), (np.array([1e308]), 2**32 - 1),
        (np.array([np.nan, np.inf]), 1), (np.array([], np.float32), 1),
    ],
)  # fmt: skip
def test_the_full_intensity_is_told(values, scale: float) -> None:
    assert intensity_scale(values) == scale


def test_a_few_glints_do_not_darken_the_rest() -> None:
    values = np.full(10_000, 0.5)
    values[:5] = 40
    assert intensity_scale(values) == 1


def test_intensities_become_0_to_1_whatever_they_are() -> None:
    values = np.array([-5, 0, 51, 255, 300, np.nan, np.inf, -np.inf, 1e300])
    expected = np.array([0, 0, 0.2, 1, 1, 0, 1, 0, 1], np.float32)
    assert unit_intensity(values, 255).tolist() == expected.tolist()


def test_names_are_found_in_any_case_and_in_order() -> None:
    values = {"Reflectivity": np.zeros(1), "INTENSITY": np.zeros(1)}
    assert find(values, ("intensity", "reflectivity")) == "INTENSITY"
    assert find(values, ("ring",)) is None


def test_points_without_a_return_are_nan_infinity_or_zeros() -> None:
    x, y, z = np.array([[1, np.nan, np.inf, 0, 0], [0, 1, 1, 0, 0], [0, 1, 1, 0, 3]], float)
    assert with_return(x, y, z).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("t", np.array([0, 0.1]), ("s", False, False)),
        ("t", np.array([0, 100], np.float32), ("ms", False, False)),
        ("t", np.array([0, 99_000_000], np.uint32), ("ns", False, False)),
        ("t_us", np.array([0, 0]), ("us", False, False)),
        ("timestamp", 1.7e9 + np.array([0, 0.1]), ("s", True, False)),
        ("timestamp", np.array([STAMP_NS, STAMP_NS + 5], np.uint64), ("ns", True, False)),
        ("t", 5000 + np.array([0, 0.1]), ("s", False, True)),
        ("t", np.array([7, 7]), None),
        ("t", np.array([0, np.nan]), None),
        ("t", np.array([], np.uint32), None),
        # A float32 knows the time since 1970 to two minutes.
        ("t", np.array([1.7e9, 1.7e9], np.float32), None),
    ],
)
def test_unit_and_start_of_times_are_told(name, values, expected) -> None:
    told = tell_unit(name, values, STAMP_NS, 0.1)
    assert (told and (told.unit, told.absolute, told.from_first)) == expected


def test_the_first_field_that_makes_sense_is_the_time() -> None:
    values = {"t": np.array([7, 7]), "Time": np.array([0, 0.1]), "x": np.array([0, 0.1])}
    told = tell_times(values, STAMP_NS, 0.1)
    assert told is not None
    assert told.field == "Time"
