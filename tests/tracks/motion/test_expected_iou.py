import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.tracks.motion.expected_iou import (
    UncertaintyError,
    expected_iou,
    probability_iou_at_least,
)
from av3d.tracks.motion.iou_kernels import shared_area

CAR = np.array([4.5, 1.9, 1.6])
PERSON = np.array([0.7, 0.7, 1.75])
BUS = np.array([12.0, 2.9, 3.2])
BARRIER = np.array([8.0, 0.15, 1.1])


def diagonal(*sigmas: float) -> np.ndarray:
    return np.diag(np.square(sigmas))[None]


def correlated(sigmas: list[float], first: int, second: int, correlation: float) -> np.ndarray:
    matrix = np.diag(np.square(sigmas))
    matrix[first, second] = matrix[second, first] = correlation * sigmas[first] * sigmas[second]
    return matrix[None]


def overlaps(size: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Overlap for many errors (N, 4); the shared area has its own test against the exact overlap."""
    length, width, _ = size / 2
    floors = np.array(
        [shared_area(x, y, math.cos(yaw), math.sin(yaw), length, width) for x, y, _, yaw in errors]
    )
    shared = floors * np.maximum(0, size[2] - np.abs(errors[:, 2]))
    return shared / (2 * size.prod() - shared)


def drawn_overlaps(size: np.ndarray, covariance: np.ndarray, count: int = 20_000) -> np.ndarray:
    rng = np.random.default_rng(5)
    return overlaps(size, rng.multivariate_normal(np.zeros(4), covariance, count))


CASES = [
    (CAR, diagonal(0.05, 0.05, 0.03, 0.02)),
    (CAR, diagonal(1.5, 0.3, 0.1, 0.05)),
    (CAR, diagonal(13.5, 5.7, 4.8, 3.1)),
    (CAR, correlated([1.0, 0.5, 0.1, 0.2], 1, 3, 0.9)),
    (CAR, correlated([0.01, 0.03, 3.9, 0.3], 1, 2, 0.5)),
    (PERSON, diagonal(0.12, 0.12, 0.05, 0.4)),
    (PERSON, correlated([0.3, 0.3, 0.2, 0.1], 0, 2, -0.8)),
    (BUS, diagonal(0.3, 0.1, 0.05, 0.1)),
    (BUS, correlated([3.0, 0.8, 0.1, 0.06], 0, 1, -0.7)),
    (BARRIER, diagonal(0.05, 0.02, 0.02, 0.01)),
    (BARRIER, diagonal(0.2, 0.01, 0.01, 1.7)),
    (BARRIER, diagonal(0.5, 0.4, 0.1, math.pi)),
]

# The area that the kernels share with the rest of the code


@given(
    st.floats(-6, 6), st.floats(-6, 6), st.floats(-4, 4), st.floats(0.1, 6), st.floats(0.1, 6)
)  # fmt: skip
def test_shared_area_is_that_of_the_exact_overlap(x, y, yaw, length, width):
    size = np.array([length, width, 1.0])
    exact = iou_3d(Cuboid.from_yaw([0, 0, 0], size, 0), Cuboid.from_yaw([x, y, 0], size, yaw))
    assert overlaps(size, np.array([[x, y, 0, yaw]]))[0] == pytest.approx(exact, abs=2e-5)


@pytest.mark.parametrize("yaw", [0, math.pi / 2, math.pi, -math.pi / 2, 2 * math.pi])
def test_sides_that_lie_on_one_line_count_once(yaw):
    errors = np.array([[0, 0, 0, yaw], [1, 0, 0, yaw], [0, 1, 0, yaw]])
    assert overlaps(np.array([2.0, 2.0, 1.0]), errors) == pytest.approx([1, 1 / 3, 1 / 3], abs=1e-6)


# Expectation


def test_a_pose_without_error_overlaps_wholly():
    assert expected_iou(CAR, np.zeros((3, 4, 4))) == pytest.approx([1, 1, 1], abs=1e-6)


def test_an_error_along_only_agrees_with_the_integral():
    def overlap(shift: float) -> float:
        shared = max(0.0, 1 - abs(shift) / 4.5)
        return shared / (2 - shared) * norm.pdf(shift, scale=0.8)

    exact = 2 * quad(overlap, 0, 4.5)[0]
    assert expected_iou(CAR, diagonal(0.8, 0, 0, 0))[0] == pytest.approx(exact, abs=0.005)


@pytest.mark.parametrize(("size", "covariance"), CASES)
def test_expected_iou_agrees_with_the_mean_of_drawn_errors(size, covariance):
    drawn = drawn_overlaps(size, covariance[0])
    assert expected_iou(size, covariance)[0] == pytest.approx(drawn.mean(), abs=0.01)


@given(
    st.tuples(st.floats(0.3, 15), st.floats(0.1, 4), st.floats(0.3, 4)),
    st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(0, 3), st.floats(0, math.pi)),
    st.floats(1.5, 4),
)
def test_a_larger_error_never_promises_more(size, parts, factor):
    sigmas = np.array(parts) * np.array([*size, 1])
    both = np.concatenate([diagonal(*sigmas), diagonal(*(factor * sigmas))])
    small, large = expected_iou(np.array(size), both)
    assert 0 <= large <= small + 0.02 <= 1.02


@given(st.floats(0.01, 100))
def test_only_the_ratio_of_error_and_size_counts(scale):
    sigmas = np.array([0.4, 0.2, 0.1, 0.1])
    larger = diagonal(*(sigmas * [scale, scale, scale, 1]))
    same = expected_iou(CAR, diagonal(*sigmas))[0]
    assert expected_iou(CAR * scale, larger)[0] == pytest.approx(same, abs=1e-6)


def test_errors_that_move_together_are_told_from_those_that_do_not():
    """A car that slid along and lifted at once has lost two times; seldom either, as often both."""
    together = expected_iou(PERSON, correlated([0.3, 0.3, 0.5, 0], 0, 2, 1.0))[0]
    apart = expected_iou(PERSON, diagonal(0.3, 0.3, 0.5, 0))[0]
    assert together > apart + 0.01


def test_roll_and_pitch_do_not_count():
    covariance = np.diag([0.2, 0.1, 0.05, 9.0, 9.0, 0.03])[None] ** 2
    pose = diagonal(0.2, 0.1, 0.05, 0.03)
    assert expected_iou(CAR, covariance)[0] == expected_iou(CAR, pose)[0]


def test_each_state_may_have_its_own_size():
    covariances = np.repeat(diagonal(0.1, 0.1, 0.05, 0.05), 2, axis=0)
    car, person = expected_iou(np.stack([CAR, PERSON]), covariances)
    assert (car, person) == (
        expected_iou(CAR, covariances)[0],
        expected_iou(PERSON, covariances)[0],
    )
    assert person < car


def test_no_states_give_no_values():
    assert len(expected_iou(CAR, np.empty((0, 4, 4)))) == 0


def test_arrays_that_must_not_be_written_are_read():
    covariances = np.broadcast_to(diagonal(0.1, 0.1, 0.1, 0.1)[0], (3, 4, 4))
    assert len(set(expected_iou(np.broadcast_to(CAR, (3, 3)), covariances))) == 1


# Chance


@pytest.mark.parametrize(("size", "covariance"), CASES)
def test_the_chance_agrees_with_drawn_errors(size, covariance):
    drawn = (drawn_overlaps(size, covariance[0]) >= 0.7).mean()
    assert probability_iou_at_least(0.7, size, covariance)[0] == pytest.approx(drawn, abs=0.03)


def test_the_chance_is_one_without_an_error_and_none_with_a_large_one():
    covariances = np.concatenate([np.zeros((1, 4, 4)), diagonal(100, 100, 100, 1)])
    assert probability_iou_at_least(0.7, CAR, covariances) == pytest.approx([1, 0], abs=1e-3)


def test_the_chance_of_an_error_up_only_is_exact():
    # The overlap is .5 when a third of the height is not shared.
    chance = probability_iou_at_least(0.5, CAR, diagonal(0, 0, 0.4, 0))[0]
    assert chance == pytest.approx(1 - 2 * norm.sf(1.6 / 3 / 0.4), abs=1e-6)


# Bad input


@pytest.mark.parametrize(
    ("size", "covariances", "words"),
    [
        (CAR, np.zeros((4, 4)), "shape"),
        (CAR, np.zeros((2, 5, 5)), "shape"),
        (np.ones((2, 3)), np.zeros((3, 4, 4)), "shape"),
        (np.array([4, 0, 1.5]), np.zeros((1, 4, 4)), "not positive"),
        (np.array([4, np.nan, 1.5]), np.zeros((1, 4, 4)), "not positive"),
        (CAR, np.full((1, 4, 4), np.inf), "not finite"),
    ],
)
def test_what_is_no_uncertain_cuboid_is_refused(size, covariances, words):
    with pytest.raises(UncertaintyError, match=words):
        expected_iou(size, covariances)


@pytest.mark.parametrize("threshold", [0, 1, -0.5, math.nan])
def test_what_is_no_threshold_is_refused(threshold):
    with pytest.raises(UncertaintyError, match="threshold"):
        probability_iou_at_least(threshold, CAR, np.zeros((1, 4, 4)))
