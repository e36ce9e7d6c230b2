import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.foot import foot

SAMPLES = np.linspace(-10.0, 10.0, 41)
TURN = np.linspace(-np.pi, np.pi, 73)


def line(parameters):
    """From the origin, one pixel to the right for each unit."""
    return np.stack([parameters, np.zeros_like(parameters)], axis=1), np.ones(len(parameters), bool)


def circle(angles):
    places = 50 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return places, np.ones(len(angles), bool)


def flat_ring(angles):
    """An ellipse that is nearly seen edge-on, 100 by 4 pixels."""
    places = np.stack([50 * np.cos(angles), 2 * np.sin(angles)], axis=1)
    return places, np.ones(len(angles), bool)


def test_the_foot_on_a_line_is_right_below():
    assert foot(line, np.array([3.3, 7.0]), SAMPLES) == pytest.approx(3.3, abs=1e-3)


@pytest.mark.parametrize(("x", "end"), [(25.0, 10.0), (-25.0, -10.0)])
def test_beyond_the_bounds_it_is_the_bound(x, end):
    assert foot(line, np.array([x, 1.0]), SAMPLES) == pytest.approx(end)


@given(st.floats(-3.1, 3.1), st.floats(5, 500))
def test_on_a_circle_it_is_in_the_direction_of_the_target(angle, distance):
    target = distance * np.array([np.cos(angle), np.sin(angle)])
    assert foot(circle, target, TURN, closed=True) == pytest.approx(angle, abs=1e-4)


def test_a_ring_seen_edge_on_stays_on_its_side():
    target = np.array([20.0, 0.5])  # closer to the side below
    below, above = np.arccos(0.4), -np.arccos(0.4)
    one = foot(flat_ring, target, TURN + above, near=above, slack_px=8.0, closed=True)
    other = foot(flat_ring, target, TURN + below, near=below, slack_px=8.0, closed=True)
    assert one == pytest.approx(above, abs=0.1)
    assert other == pytest.approx(below, abs=0.1)


def test_only_what_is_seen_counts():
    def half_seen(parameters):
        pixels, _ = line(parameters)
        return np.where(parameters[:, None] < 2, pixels, np.nan), parameters < 2

    assert foot(half_seen, np.array([6.0, 0.0]), SAMPLES) == pytest.approx(2.0, abs=0.6)


def test_of_nothing_there_is_no_foot():
    def unseen(parameters):
        return np.full((len(parameters), 2), np.nan), np.zeros(len(parameters), bool)

    assert foot(unseen, np.zeros(2), SAMPLES) is None
