from __future__ import annotations

import numpy as np
import pytest

from av3d.assist.size_prior import SizePrior
from av3d.assist.standing import height_of, within
from av3d.ontology.presets import default

CAR, TRUCK = (SizePrior.of(default().category(key)) for key in ("car", "truck"))


def test_the_top_is_a_little_over_the_highest_points() -> None:
    height_m, words = height_of(np.linspace(0.3, 1.5, 200), CAR)
    assert height_m == pytest.approx(1.55, abs=0.03)
    assert words == "the height of the points inside"


def test_a_tall_van_is_as_tall_as_its_points() -> None:
    assert height_of(np.linspace(0.3, 2.4, 300), CAR)[0] == pytest.approx(2.45, abs=0.05)


def test_a_tree_over_a_car_is_not_its_roof() -> None:
    heights = np.sort(np.concatenate([np.linspace(0.3, 1.5, 200), np.linspace(2.6, 3.5, 60)]))
    assert height_of(heights, CAR)[0] == pytest.approx(1.55, abs=0.05)


def test_rows_far_apart_leave_room_for_the_usual_height() -> None:
    rows = np.sort(np.repeat([0.3, 0.7, 1.1, 1.5, 1.9], 4))
    assert height_of(rows, TRUCK)[0] == pytest.approx(1.9 + 0.05 + 0.4, abs=0.01)


def test_few_points_tell_no_height() -> None:
    assert height_of(np.array([0.4, 0.9]), CAR) == (
        1.6,
        "the usual height, for few points are inside",
    )


def test_an_unknown_object_ends_where_nothing_follows() -> None:
    anything = SizePrior.of(None)
    heights = np.sort(np.concatenate([np.linspace(0.2, 0.9, 100), np.linspace(3, 4, 50)]))
    assert height_of(heights, anything)[0] == pytest.approx(0.95, abs=0.02)


def test_over_a_turned_footprint() -> None:
    footprint = np.array([10.0, 0.0, np.pi / 2, 4.0, 2.0])
    points = np.array([[10.0, 1.9], [11.5, 0.0], [10.9, 1.9]])
    assert within(points, footprint).tolist() == [True, False, True]
    assert within(points, footprint, 0.6).tolist() == [True, True, True]
