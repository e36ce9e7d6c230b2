from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.assist.clusters import connected
from av3d.assist.footprint import Seen, headings, likeliest
from av3d.assist.size_prior import SizePrior
from av3d.ontology.presets import default
from av3d.types import FloatArray

SENSOR_M = np.array([-10.0, -6.0])


def corner(yaw_rad: float) -> Seen:
    """Points on the back and the right side of a car of 4.2 m by 1.6 m about the origin."""
    along, across = np.arange(-2.1, 2.1, 0.05), np.arange(-0.8, 0.8, 0.05)
    local = np.concatenate(
        [
            np.column_stack([along, np.full(len(along), -0.8)]),
            np.column_stack([np.full(len(across), -2.1), across]),
        ]
    )
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    points = local @ np.array([[c, s], [-s, c]])
    return Seen.of(np.column_stack([points, np.full(len(points), 0.8)]), SENSOR_M)


@given(st.floats(0.0, math.pi / 2))
def test_a_corner_tells_the_heading(yaw_rad: float) -> None:
    best = headings(corner(yaw_rad), 1)[0]
    off = (best - yaw_rad + math.pi / 4) % (math.pi / 2) - math.pi / 4
    assert abs(off) < math.radians(3)


def test_proposed_headings_are_apart() -> None:
    first, second = headings(corner(0.3), 2)
    assert abs(first - second) > math.radians(9.9)


def test_near_faces_come_to_the_points() -> None:
    def believed(footprints: FloatArray) -> FloatArray:
        return np.asarray(-50 * ((footprints[:, 3:] - np.array([4.5, 1.9])) ** 2).sum(axis=1))

    seed = np.array([[0.3, 0.2, 0.1, 4.5, 1.9]])
    found = likeliest(corner(0.0), seed, np.array([0.3, 0.3, 0.1, 0.2, 0.1]), believed).values
    assert found[0] - found[3] / 2 == pytest.approx(-2.1 - 0.13, abs=0.08)
    assert found[1] - found[4] / 2 == pytest.approx(-0.8 - 0.13, abs=0.08)
    assert found[2] == pytest.approx(0.0, abs=0.03)


def test_what_has_no_spread_is_kept() -> None:
    seed = np.array([[0.1, 0.0, 0.0, 4.5, 1.9]])
    still = np.array([0.3, 0.3, 0.0, 0.0, 0.0])
    found = likeliest(corner(0.0), seed, still, lambda rows: np.zeros(len(rows))).values
    assert found[2:] == pytest.approx([0.0, 4.5, 1.9])


def test_points_hang_together_across_small_gaps_only() -> None:
    points = np.array([[0.05, 0.05], [0.45, 0.05], [0.85, 0.05], [1.75, 0.05]])
    meant = np.array([True, False, False, False])
    assert connected(points, meant).tolist() == [True, True, True, False]
    assert not connected(points, np.zeros(4, dtype=bool)).any()
    assert connected(np.zeros((0, 2)), np.zeros(0, dtype=bool)).shape == (0,)


def test_categories_tell_sizes_and_how_sure_they_are() -> None:
    car, truck, person = (
        SizePrior.of(default().category(key)) for key in ("car", "truck", "pedestrian")
    )
    assert truck.sigma[0] > car.sigma[0]
    assert person.is_compact
    assert not car.is_compact
    assert not SizePrior.of(default().category("other")).is_known
    usual, odd = car.believed(np.array([4.5, 12.0]), np.array([1.9, 1.9]))
    assert usual == pytest.approx(0.0)
    assert odd < -20
