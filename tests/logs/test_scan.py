import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.logs.scan import (
    Directions,
    Spin,
    StampMoment,
    even_spin,
    measure_scan,
    timed_by,
)
from av3d.logs.sweep import Sweep

MS = 1_000_000
BEAM_AZIMUTHS_RAD = np.radians([-4.0, -1.0, 1.0, 4.0])
"""The beams of many LiDARs do not look the same way."""


def spun(start_rad, *, clockwise, turns=1.0, first_ms=0.0, length_ms=100.0, seed=0, shots=1500):
    """Points and times of a turn: four beams, ranges of all kinds, some returns twice, some lost."""
    rng = np.random.default_rng(seed)
    part = (np.arange(shots) + 0.5) / shots
    sign = -1.0 if clockwise else 1.0
    azimuth = start_rad + sign * 2 * np.pi * turns * part[:, None] + BEAM_AZIMUTHS_RAD
    offset_ns = np.repeat((first_ms + length_ms * part) * MS, 4).astype(np.int64)
    range_m = rng.uniform(2, 60, azimuth.shape)
    points = np.stack(
        [range_m * np.cos(azimuth), range_m * np.sin(azimuth), rng.normal(0, 2, azimuth.shape)], -1
    ).reshape(-1, 3)
    kept = rng.random(len(points)) > 0.3
    points, offset_ns = points[kept], offset_ns[kept]
    again = rng.random(len(points)) > 0.9
    points = np.concatenate([points, 1.5 * points[again]]) + rng.normal(0, 0.02, (1, 3))
    return points.astype(np.float32), np.concatenate([offset_ns, offset_ns[again]])


def towards(azimuth_rad):
    azimuth = np.asarray(azimuth_rad)
    return np.stack([20 * np.cos(azimuth), 20 * np.sin(azimuth), np.zeros_like(azimuth)], axis=-1)


@given(
    start_rad=st.floats(-10, 10),
    clockwise=st.booleans(),
    turns=st.floats(0.85, 1.15),
    first_ms=st.sampled_from([-100.0, -50.0, 0.0]),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=60)
def test_a_spin_is_found_from_any_start_in_any_direction(
    start_rad, clockwise, turns, first_ms, seed
):
    points, offset_ns = spun(
        start_rad, clockwise=clockwise, turns=turns, first_ms=first_ms, seed=seed
    )
    scan = measure_scan(points, offset_ns)
    assert isinstance(scan, Spin)
    assert scan.clockwise is clockwise
    part = np.linspace(0.1, 0.9, 33)
    sign = -1.0 if clockwise else 1.0
    found_ms = scan.offset_ns(towards(start_rad + sign * 2 * np.pi * turns * part)) / MS
    np.testing.assert_allclose(found_ms, first_ms + 100 * part, atol=0.6)


@pytest.mark.parametrize("azimuth_deg", [-179.9, -90, 0, 45, 179.9])
def test_time_runs_through_the_direction_where_azimuth_wraps(azimuth_deg):
    points, offset_ns = spun(0.0, clockwise=False)
    found = measure_scan(points, offset_ns).offset_ns(towards(np.radians([azimuth_deg])))
    assert found[0] / MS == pytest.approx((azimuth_deg % 360) / 360 * 100, abs=0.6) or (
        azimuth_deg == 0 and found[0] / MS == pytest.approx(100, abs=0.6)
    )


def test_parts_of_the_turn_without_returns_do_not_matter():
    points, offset_ns = spun(1.0, clockwise=True)
    kept = (offset_ns < 20 * MS) | (offset_ns > 75 * MS)
    scan = measure_scan(points[kept], offset_ns[kept])
    found_ms = scan.offset_ns(towards(1.0 - 2 * np.pi * np.array([0.1, 0.5, 0.9]))) / MS
    np.testing.assert_allclose(found_ms, [10, 50, 90], atol=0.8)


def test_a_few_points_with_wrong_times_do_not_matter():
    points, offset_ns = spun(1.0, clockwise=True)
    offset_ns[[5, 700]] = -(10**15), 10**15
    found_ms = measure_scan(points, offset_ns).offset_ns(towards([1.0 - np.pi])) / MS
    np.testing.assert_allclose(found_ms, [50], atol=0.6)


def test_what_a_turn_does_not_reach_gets_the_time_of_its_nearer_end():
    points, offset_ns = spun(0.0, clockwise=False, turns=1 / 3)
    found_ms = measure_scan(points, offset_ns).offset_ns(towards(np.radians([150.0, -40.0]))) / MS
    np.testing.assert_allclose(found_ms, [100, 0], atol=1.5)


def test_two_turns_in_one_sweep_are_no_function_of_azimuth():
    points, offset_ns = spun(0.0, clockwise=False, turns=2.0)
    assert isinstance(measure_scan(points, offset_ns), Directions)


def test_two_lidars_in_one_sweep_give_the_mean_of_both_times():
    one, one_ns = spun(0.0, clockwise=True, seed=1)
    two, two_ns = spun(np.pi, clockwise=True, seed=2)
    scan = measure_scan(np.concatenate([one, two]), np.concatenate([one_ns, two_ns]))
    assert isinstance(scan, Directions)
    found_ms = scan.offset_ns(towards(np.radians([-90.0]))) / MS
    assert 25 <= found_ms[0] <= 75


def test_lines_from_bottom_to_top_tell_the_time_by_direction():
    """A LiDAR without a rotor: 40 lines of 60 degrees, from -20 to 20 degrees of elevation."""
    line, column = np.divmod(np.arange(40 * 200), 200)
    azimuth = np.radians(np.where(line % 2, 59.7 - 0.3 * column, 0.3 * column) - 30)
    up = np.radians(line - 19.5)
    points = 25 * np.stack(
        [np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)], axis=1
    )
    scan = measure_scan(points, np.arange(8000) * 12_500)
    assert isinstance(scan, Directions)
    places = [[10, 0, 0], [10, 2, 10 * np.tan(np.radians(10.5))], [-10, 0, 0]]
    found_ms = scan.offset_ns(np.array(places, dtype=float)) / MS
    np.testing.assert_allclose(found_ms[:2], [50, 76], atol=4)
    assert np.isnan(found_ms[2])


def test_a_flash_has_one_time():
    points, offset_ns = spun(0.0, clockwise=True)
    found = measure_scan(points, np.full_like(offset_ns, 7 * MS)).offset_ns(towards([0.0, 2.0]))
    assert found.tolist() == [7 * MS, 7 * MS]


def test_a_handful_of_points_tells_nothing():
    assert measure_scan(np.ones((50, 3)), np.arange(50)) is None
    assert measure_scan(np.zeros((900, 3)), np.arange(900)) is None


def test_spins_agree_when_they_tell_the_same_time_wherever_the_seam_is():
    one = measure_scan(*spun(0.0, clockwise=True, seed=1))
    shifted = measure_scan(*spun(-0.05, clockwise=True, first_ms=100 * 0.05 / (2 * np.pi), seed=2))
    assert one.agrees_with(shifted, 1 * MS)
    assert not one.agrees_with(measure_scan(*spun(0.5, clockwise=True)), 1 * MS)
    assert not one.agrees_with(measure_scan(*spun(0.0, clockwise=False)), 1 * MS)


@pytest.mark.parametrize(
    ("stamp", "expected_ms"),
    [
        (StampMoment.START, [25, 49, 75]),
        (StampMoment.MIDDLE, [25, 49, -25]),
        (StampMoment.END, [-75, -51, -25]),
    ],
)
def test_an_even_spin_follows_from_what_the_maker_says(stamp, expected_ms):
    """Backwards at the timestamp, clockwise: then left, ahead, right."""
    spin = even_spin(clockwise=True, azimuth_at_stamp_rad=np.pi, stamp=stamp, period_ns=100 * MS)
    almost_ahead = towards(2 * np.pi / 100)
    found_ms = spin.offset_ns(np.array([[0, 5.0, 0], almost_ahead, [0, -5.0, 0]])) / MS
    np.testing.assert_allclose(found_ms, expected_ms, atol=1e-6)
    assert spin.period_ns == pytest.approx(100 * MS)


def test_a_sweep_without_times_gets_them_from_a_spin_and_others_keep_theirs():
    spin = even_spin(
        clockwise=False, azimuth_at_stamp_rad=0.0, stamp=StampMoment.START, period_ns=100 * MS
    )
    bare = Sweep("top", 5, np.array([[0, 3, 1]], np.float32))
    assert timed_by(spin, bare).time_offset_ns.tolist() == [25 * MS]
    timed = Sweep("top", 5, bare.points_m, None, np.array([4]))
    assert timed_by(spin, timed) is timed
