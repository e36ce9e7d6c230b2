"""What is not fixed in sweeps: what beams went through a little before or after."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.qa.roamers import roamers
from av3d.qa.roaming import loose_clusters
from streets import FRAMES, car, street

TOLD = []


@pytest.fixture(scope="module")
def passing():
    """A car that drives by, one that stands, and the wall."""
    log = street(lambda s: [car(5.0 + 4.0 * s, 4.0), car(12.0, -5.0)])
    return loose_clusters(log, lambda done, all_of_it: TOLD.append((done, all_of_it)))


def test_a_car_that_drives_by_is_loose_until_nobody_looks_after_it(passing):
    # In the last second beams have no chance to go through its last places.
    for sweep in passing[: FRAMES - 5]:
        apart_m = np.hypot(*(sweep.centers_m[:, :2] - [5.0 + 4.0 * sweep.time_s, 4.0]).T)
        assert apart_m.min(initial=np.inf) < 2.2


def test_what_stands_is_never_loose(passing):
    assert all((sweep.centers_m[:, 1] > 0).all() for sweep in passing)


def test_what_comes_out_of_hiding_as_the_ego_drives_does_not_move():
    # Behind a lorry a row of parked cars comes into sight, one piece after the other.
    boxes = [((8, 3, 0.1), (16, 5.5, 3.2)), *(car(12.0 + 6 * k, 9.0) for k in range(3))]
    found = loose_clusters(street(lambda _: boxes, ego_m_s=3.0))
    assert len(found) == FRAMES
    # A sliver at the edge of the lorry may look loose for a sweep.
    assert sum(len(sweep.counts) for sweep in found) <= 2
    assert roamers(found) == []


def test_without_ego_poses_nobody_can_tell():
    assert loose_clusters(street(lambda _: [car(10.0, 4.0)], 3.0, poses=False)) == []


def test_it_tells_how_far_it_is(passing):
    assert [(done, FRAMES) for done in range(FRAMES)] == TOLD
