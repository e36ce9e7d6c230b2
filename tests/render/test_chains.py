from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import EDGES
from av3d.render.chains import chained

CORNERS = np.random.default_rng(1).uniform(0, 100, (8, 2))


def edge(number, *fractions):
    start, end = (CORNERS[corner] for corner in EDGES[number])
    return number, start + np.array(fractions or (0.0, 1.0))[:, None] * (end - start)


def pieces(lines):
    """Straight pieces without order and direction."""
    return sorted(
        sorted(map(tuple, np.round(pair, 6).tolist())) for line in lines for pair in pairwise(line)
    )


@pytest.mark.parametrize(
    ("edges", "strokes"),
    [
        ([0, 1, 2, 3], 1),  # one side
        ([0, 1, 2, 3, 4, 8, 9], 1),  # two sides
        ([0, 1, 2, 3, 4, 7, 8, 9, 11], 2),  # three sides
    ],
)
def test_the_visible_sides_of_a_cuboid_take_one_or_two_strokes(edges, strokes):
    found = chained([edge(number) for number in edges], EDGES)
    assert len(found) <= strokes + 1
    assert pieces(found) == pieces([edge(number)[1] for number in edges])


@given(st.sets(st.integers(0, 11)))
def test_every_line_is_drawn_once(edges):
    lines = [edge(number, 0.0, 0.3, 1.0) for number in sorted(edges)]
    assert pieces(chained(lines, EDGES)) == pieces([points for _, points in lines])


def test_a_line_that_was_cut_is_not_joined_at_the_cut():
    lines = [edge(0, 0.0, 0.8), edge(1), edge(2, 0.0, 0.4), edge(2, 0.6, 1.0)]
    found = chained(lines, EDGES)
    assert pieces(found) == pieces([points for _, points in lines])
    assert sorted(len(line) for line in found) == [2, 2, 3]


def test_nothing_is_nothing():
    assert chained([], EDGES) == []
