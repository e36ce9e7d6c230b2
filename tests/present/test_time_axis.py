from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.time_axis import TimeAxis

DAY_NS = 1_700_000_000_000_000_000
LOG = (DAY_NS, DAY_NS + 30_000_000_000)
"""Half a minute, in nanoseconds since 1970: no float holds them exactly."""

axes = st.tuples(st.integers(0, 20_000_000_000), st.integers(500_000_000, 10_000_000_000)).map(
    lambda view: TimeAxis(280, 1520, DAY_NS + view[0], DAY_NS + view[0] + view[1])
)


@given(axis=axes, x=st.floats(280, 1520))
def test_a_place_and_its_time_belong_together(axis, x):
    assert axis.x_of(axis.time_at(x)) == pytest.approx(x, abs=1e-5)


def test_many_places_are_found_at_once_and_are_the_same():
    axis = TimeAxis(280, 1520, *LOG)
    times = np.array([LOG[0], LOG[0] + 1, LOG[1]], dtype=np.int64)
    assert axis.xs_of(times).tolist() == [axis.x_of(int(time_ns)) for time_ns in times]


@given(axis=axes, x=st.floats(280, 1520), factor=st.floats(0.1, 1.0))
def test_zooming_in_keeps_the_time_under_the_pointer(axis, x, factor):
    zoomed = axis.zoomed(x, factor, LOG, 400_000_000)
    assert zoomed.x_of(axis.time_at(x)) == pytest.approx(x, abs=1e-3)
    assert zoomed.span_ns <= axis.span_ns


@given(axis=axes, x=st.floats(280, 1520), factor=st.floats(0.01, 100), by_s=st.floats(-60, 60))
def test_nothing_outside_of_the_log_is_ever_shown(axis, x, factor, by_s):
    for shown in (
        axis.zoomed(x, factor, LOG, 400_000_000),
        axis.moved(round(by_s * 1e9), LOG),
        axis.with_in_sight(LOG[0] + 29_000_000_000, LOG),
    ):
        assert LOG[0] <= shown.start_ns < shown.end_ns <= LOG[1]


def test_a_time_in_sight_moves_nothing():
    axis = TimeAxis(280, 1520, LOG[0], LOG[0] + 10_000_000_000)
    assert axis.with_in_sight(LOG[0] + 9_000_000_000, LOG) is axis
    later = axis.with_in_sight(LOG[0] + 12_000_000_000, LOG)
    assert later.start_ns == LOG[0] + 9_500_000_000
    assert later.span_ns == axis.span_ns


def test_a_log_of_one_moment_has_an_axis():
    axis = TimeAxis(280, 1520, 5, 5)
    assert axis.x_of(5) == 280
    assert axis.zoomed(300, 0.5, (5, 5), 400_000_000).start_ns == 5
