"""Choosing samples by time, and the sample that data between samples belong to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.dataset import DatasetError
from av3d.datasets.nuscenes.samples import (
    choose_samples,
    following_sample,
    key_times,
    microseconds,
)

MS = 1_000_000


def at_ms(*times: int) -> np.ndarray:
    return np.array(times, dtype=np.int64) * MS


def test_every_fifth_sweep_of_ten_a_second() -> None:
    assert list(choose_samples(at_ms(*range(0, 1600, 100)), 0.5)) == [0, 5, 10, 15]


def test_the_last_sweep_is_a_sample() -> None:
    assert list(choose_samples(at_ms(*range(0, 3000, 100)), 0.5))[-2:] == [25, 29]


def test_the_last_sweep_takes_the_place_of_a_sample_just_before_it() -> None:
    assert list(choose_samples(at_ms(*range(0, 2700, 100)), 0.5))[-2:] == [20, 26]


def test_a_dropped_sweep_moves_one_sample_only() -> None:
    times = at_ms(0, 100, 200, 300, 400, 600, 700, 800, 900, 1000)
    chosen = choose_samples(times, 0.5)
    assert list(times[chosen] // MS) == [0, 400, 1000]


def test_a_gap_gives_no_sample() -> None:
    times = at_ms(0, 100, 1400, 1500, 2000)
    assert list(times[choose_samples(times, 0.5)] // MS) == [0, 1500, 2000]


def test_a_spacing_below_the_sweep_period_takes_every_sweep() -> None:
    assert list(choose_samples(at_ms(0, 100, 200, 300), 0.05)) == [0, 1, 2, 3]


def test_one_sweep_is_one_sample() -> None:
    assert list(choose_samples(at_ms(42), 0.5)) == [0]


@pytest.mark.parametrize("every_s", [0.0, -0.5, float("nan"), float("inf"), 1e-12])
def test_a_spacing_that_is_none_is_refused(every_s: float) -> None:
    with pytest.raises(DatasetError, match="keyframe_every_s"):
        choose_samples(at_ms(0, 100), every_s)


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=80),
    st.sampled_from([0.05, 0.1, 0.25, 0.5, 1.0]),
)
def test_samples_start_with_the_first_sweep_and_are_near_their_grid_times(
    steps_ms: list[int], every_s: float
) -> None:
    times = at_ms(*np.cumsum([0, *steps_ms]))
    chosen = choose_samples(times, every_s)
    elapsed_s = (times[chosen] - times[0]) / 1e9
    assert chosen[0] == 0
    assert chosen[-1] == len(times) - 1
    assert (np.diff(chosen) > 0).all()
    cells = np.floor(elapsed_s[:-1] / every_s + 0.5)
    assert (np.diff(cells) > 0).all()
    assert (np.abs(elapsed_s[:-1] - cells * every_s) <= every_s / 2 + 1e-9).all()


def test_data_belong_to_the_next_sample_and_at_the_end_to_the_last() -> None:
    found = following_sample(at_ms(0, 500, 1000), at_ms(-20, 100, 499, 501, 1100))
    assert list(found) == [0, 1, 1, 2, 2]


def test_a_sample_without_image_is_where_its_image_would_have_been() -> None:
    times = key_times(at_ms(0, 500, 1000), [30 * MS, None, 1030 * MS])
    assert list(times // MS) == [30, 530, 1030]


def test_a_camera_without_any_image_of_a_sample_takes_the_sample_times() -> None:
    assert list(key_times(at_ms(0, 500), [None, None]) // MS) == [0, 500]


def test_microseconds_are_rounded_not_cut() -> None:
    times = np.array([1_600_000_000_123_456_499, 1_600_000_000_123_457_500], dtype=np.int64)
    assert list(microseconds(times, "top")) == [1_600_000_000_123_456, 1_600_000_000_123_458]


def test_two_times_within_a_microsecond_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"entries 1 and 2 .* front"):
        microseconds(np.array([0, 1000, 1100], dtype=np.int64), "front")
