from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.scene import SIZE_LWH_M, seen_of
from av3d.assist.registration import Fields, register, seen_after
from av3d.assist.shape import Shape
from av3d.geometry.cuboid import Cuboid
from av3d.types import FloatArray

EXPECTED = np.diag([0.5, 0.5, 0.05, 0.1]) ** 2
PLACE_M = np.array([10.0, 4.0, 0.75])


def seen_by_the_car() -> FloatArray:
    """The points on a car ahead and to the left, in its own frame."""
    car = Cuboid.from_yaw(PLACE_M, SIZE_LWH_M, 0.0)
    return car.frame_SE3_cuboid.inverse().transform(seen_of(car))


def fields_of(points: FloatArray) -> Fields:
    shape = Shape(SIZE_LWH_M, hollow=True)
    shape.add(points, vouched=True)
    return Fields.of(shape)


CAR_M = seen_by_the_car()
FIELDS = fields_of(CAR_M)


def moved(points: FloatArray, step: FloatArray) -> FloatArray:
    """The points of a body after a step, as the body saw them before."""
    c, s = np.cos(step[3]), np.sin(step[3])
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.ascontiguousarray(points @ turn.T + step[:3])


@settings(max_examples=25)
@given(
    st.floats(-0.8, 0.8), st.floats(-0.6, 0.6), st.floats(-0.15, 0.15)
)  # fmt: skip
def test_a_step_of_the_body_is_found(along: float, across: float, turn: float) -> None:
    step = np.array([along, across, 0.0, turn])
    found = register(moved(CAR_M, step), np.ones(len(CAR_M)), FIELDS, EXPECTED, turns=True)
    assert found is not None
    assert np.abs(found.best - step)[:2].max() < 0.06
    assert abs(found.best[3] - turn) < 0.03


def test_seeing_after_a_step_undoes_it() -> None:
    step = np.array([0.4, -0.2, 0.1, 0.3])
    assert np.allclose(seen_after(moved(CAR_M, step), step), CAR_M)


def test_a_side_alone_does_not_tell_how_far_along() -> None:
    side = CAR_M[np.abs(CAR_M[:, 1]) > SIZE_LWH_M[1] / 2 - 0.01]
    side = side[np.abs(side[:, 0]) < 1.2]
    shape = np.concatenate([side + np.array([shift, 0, 0]) for shift in (-0.6, 0.0, 0.6)])
    found = register(side, np.ones(len(side)), fields_of(shape), EXPECTED, turns=True)
    assert found is not None
    assert found.covariance[0, 0] > 10 * found.covariance[1, 1]


def test_without_turning_the_heading_stays_open() -> None:
    found = register(CAR_M, np.ones(len(CAR_M)), FIELDS, EXPECTED, turns=False)
    assert found is not None
    assert found.step[3] == 0.0
    assert found.covariance[3, 3] > 0.9


@pytest.mark.parametrize("count", [0, 2])
def test_a_few_points_are_no_object(count: int) -> None:
    points = np.ascontiguousarray(CAR_M[:count])
    assert register(points, np.ones(count), FIELDS, EXPECTED, turns=True) is None


def test_points_elsewhere_are_no_object() -> None:
    far = CAR_M + np.array([0.0, 20.0, 0.0])
    assert register(far, np.ones(len(far)), FIELDS, EXPECTED, turns=True) is None
