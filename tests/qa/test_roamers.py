"""Clusters that follow each other on a smooth way are one thing that moves."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.qa.roamers import roamers
from av3d.qa.roaming import Clusters

STEP_S = 0.2
TIMES_S = np.arange(12) * STEP_S


def sweeps(*ways_m, size_m=(4.0, 1.8, 1.5), without=()):
    """The clusters of sweeps in which things are at places along ways, (12, 2) each."""
    return [
        Clusters(
            2 * number,
            float(TIMES_S[number]),
            np.array([[*way_m[number], 1.0] for way_m in ways_m]).reshape(-1, 3),
            np.tile(np.array(size_m), (len(ways_m), 1)),
            np.full(len(ways_m), 100),
        )
        if number not in without
        else Clusters(
            2 * number, float(TIMES_S[number]), *(np.zeros((0, 3)),) * 2, np.zeros(0, int)
        )
        for number in range(len(TIMES_S))
    ]


def ahead(speed_m_s, y_m=0.0):
    return np.column_stack([speed_m_s * TIMES_S, np.full(12, y_m)])


def test_a_car_at_a_steady_speed():
    (one,) = roamers(sweeps(ahead(10.0)))
    assert one.speed_m_s == pytest.approx(10.0)
    assert one.frames.tolist() == list(range(0, 24, 2))
    assert one.points == 100


def test_what_stands_is_no_thing_that_moves():
    noise = np.random.default_rng(1).normal(0.0, 0.1, (12, 2))
    assert roamers(sweeps(noise)) == []


def test_two_cars_in_opposite_directions_stay_apart():
    found = roamers(sweeps(ahead(8.0), [8.8 * 2, 3.0] - ahead(8.0)))
    assert sorted(len(one.frames) for one in found) == [12, 12]
    assert [one.speed_m_s for one in found] == pytest.approx([8.0, 8.0])


def test_a_sweep_without_it_does_not_end_it():
    (one,) = roamers(sweeps(ahead(6.0), without=(5,)))
    assert len(one.frames) == 11


def test_what_was_seen_for_less_than_a_second_is_not_told():
    assert roamers(sweeps(ahead(10.0))[:5]) == []


def test_flickering_is_no_smooth_way():
    places = np.random.default_rng(2).uniform(-3.0, 3.0, (12, 2)) + ahead(1.0)
    assert roamers(sweeps(places)) == []
