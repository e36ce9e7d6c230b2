"""The annotator of tests/benchmarks labels one car from empty, with mouse and keys alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from annotator import Goal, label_all

pytestmark = pytest.mark.window


def test_a_car_is_labelled_from_empty_and_shows_the_same_when_the_project_opens_again(
    display, street, tmp_path
):
    goal = Goal("car", "car-1", "1", "car", (3.6, 1.6))
    [car], wrong = label_all(display, street, [goal], tmp_path, 1)
    assert wrong == []
    assert len(car.ious) == 12
    assert 2 <= car.keyframes <= 5
    assert car.actions <= 40
    assert car.ious.mean() > 0.6
    assert car.ious_bev.min() > 0.6
