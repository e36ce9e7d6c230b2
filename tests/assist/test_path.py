from __future__ import annotations

import numpy as np
import pytest

from av3d.assist.path import Path, turned
from av3d.ontology.motion import Motion

SURE = np.diag([1e-4, 1e-4, 1e-4, 1e-4])


def path_of(motion: Motion, *measured: tuple[int, list[float]]) -> Path:
    """Eleven poses, one each tenth of a second, of which some are measured."""
    path = Path.unmeasured(100_000_000 * np.arange(11), motion, 4.0)
    for row, value in measured:
        path.measure(row, np.array(value), SURE)
    path.smooth()
    return path


def test_it_goes_straight_between_two_poses() -> None:
    path = path_of(Motion.FREE, (0, [0, 0, 0, 0]), (10, [10, 5, 1, 0]))
    assert np.allclose(path.means[5, :4], [5, 2.5, 0.5, 0], atol=0.02)
    assert np.allclose(path.means[5, 4:7], [10, 5, 1], atol=0.1)


def test_it_is_least_sure_half_way() -> None:
    path = path_of(Motion.FREE, (0, [0, 0, 0, 0]), (10, [10, 0, 0, 0]))
    spread = path.variances[:, 0, 0]
    assert np.argmax(spread) == 5
    assert spread[5] > 100 * spread[0]


def test_people_turn_to_where_they_go() -> None:
    measured = [(row, [0.1 * row, 0.1 * row, 0, 0]) for row in range(11)]
    path = Path.unmeasured(100_000_000 * np.arange(11), Motion.LEGGED, 0.8)
    unsure_of_heading = np.diag([1e-4, 1e-4, 1e-4, 1.0])
    for row, value in measured:
        path.measure(row, np.array(value), unsure_of_heading)
    path.smooth()
    assert path.means[5, 3] == pytest.approx(np.pi / 4, abs=0.1)


def test_a_prediction_without_a_measurement_is_that_of_all_others() -> None:
    others = [(0, [0.0, 0, 0, 0]), (10, [10.0, 0, 0, 0])]
    own = (5, [5.0, 0.5, 0, 0])
    state, spread = path_of(Motion.FREE, *others, own).without(5)
    expected = path_of(Motion.FREE, *others)
    assert np.allclose(state[:4], expected.means[5, :4], atol=1e-6)
    assert np.allclose(spread, expected.body_covariance(5), atol=1e-6)


def test_a_covariance_is_turned_with_the_body() -> None:
    along = np.diag([4.0, 1.0, 0.5, 0.1])
    assert np.allclose(turned(along, np.pi / 2), np.diag([1.0, 4.0, 0.5, 0.1]))


def test_who_stands_is_at_one_place_all_the_time() -> None:
    path = path_of(Motion.WHEELED, (0, [0, 0, 0, 0]))
    path.stand(np.array([1.0, 2.0, 3.0, 0.5]), SURE)
    assert np.allclose(path.means, [1, 2, 3, 0.5, 0, 0, 0, 0])
    assert np.allclose(path.variances[:, :4, :4], SURE)
