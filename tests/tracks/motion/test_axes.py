"""The smoother of independent axes against a dense Gaussian process, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.tracks.motion.axes import evidence_table
from av3d.types import FloatArray
from tracks.motion.axis_states import smooth

TIMES = np.array([0.0, 0.4, 1.7, 2.0, 4.5, 5.1])
VALUES = np.array([1.0, 1.3, 0.2, 0.1, 2.5, 2.2])
VARIANCES = np.array([0.01, 0.04, 0.02, 0.05, 0.01, 0.03])
BETWEEN = np.array([-0.7, 0.0, 0.1, 1.69, 2.0, 3.3, 5.1, 6.0])


def kernel(a: FloatArray, b: FloatArray, psd: float) -> FloatArray:
    """Covariances (A, B) of twice integrated white noise that starts at 0 in both directions."""
    near = np.minimum(np.abs(a)[:, None], np.abs(b)[None])
    far = np.maximum(np.abs(a)[:, None], np.abs(b)[None])
    product = psd * near**2 * (far / 2 - near / 6)
    return np.where(a[:, None] * b[None] > 0, product, 0.0)


def dense(
    times: FloatArray, values: FloatArray, variances: FloatArray, psd: float, rate_variance: float
) -> tuple[FloatArray, FloatArray, float]:
    """Mean and covariance (M, M) at BETWEEN and log evidence, by generalised least squares.

    Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 2.7: explicit basis
    functions, here 1 and t, with a flat prior on the first and on the second or N(0, rate_variance).
    """
    origin = times[0]
    basis = np.stack([np.ones_like(times), times - origin])
    wanted = np.stack([np.ones_like(BETWEEN), BETWEEN - origin])
    inner = kernel(times - origin, times - origin, psd) + np.diag(variances)
    cross = kernel(times - origin, BETWEEN - origin, psd)
    prior = np.diag([0.0, 1.0 / rate_variance])
    precision = prior + basis @ np.linalg.solve(inner, basis.T)
    level = np.linalg.solve(precision, basis @ np.linalg.solve(inner, values))
    rest = wanted - basis @ np.linalg.solve(inner, cross)
    mean = cross.T @ np.linalg.solve(inner, values) + rest.T @ level
    covariance = (
        kernel(BETWEEN - origin, BETWEEN - origin, psd)
        - cross.T @ np.linalg.solve(inner, cross)
        + rest.T @ np.linalg.solve(precision, rest)
    )
    misfit = values @ np.linalg.solve(inner, values) - level @ precision @ level
    flat = 2 if math.isinf(rate_variance) else 1
    evidence = -0.5 * (
        misfit
        + np.linalg.slogdet(inner)[1]
        + np.linalg.slogdet(precision)[1]
        + (len(times) - flat) * math.log(2 * math.pi)
        + (0.0 if flat == 2 else math.log(rate_variance))
    )
    return mean, covariance, float(evidence)


@pytest.mark.parametrize("rate_variance", [math.inf, 0.5])
@pytest.mark.parametrize("psd", [0.01, 3.0])
def test_equals_the_dense_gaussian_process(psd: float, rate_variance: float) -> None:
    axes = smooth(TIMES, VALUES, VARIANCES, psd, rate_variance)

    states = axes.at(BETWEEN)

    mean, covariance, evidence = dense(TIMES, VALUES, VARIANCES, psd, rate_variance)
    np.testing.assert_allclose(states.values, mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(states.covariances[:, 0, 0], np.diag(covariance), rtol=1e-8)
    assert axes.log_evidence == pytest.approx(evidence, abs=1e-8)


@pytest.mark.parametrize("rate_variance", [math.inf, 0.5])
def test_equals_the_dense_process_with_some_values_pinned(rate_variance: float) -> None:
    variances = VARIANCES * np.array([0, 1, 0, 0, 1, 1])
    axes = smooth(TIMES, VALUES, variances, 0.3, rate_variance)

    states = axes.at(BETWEEN)

    # The dense matrix would be singular: its first row is 0.
    nearly = np.maximum(variances, 1e-9)
    mean, covariance, evidence = dense(TIMES, VALUES, nearly, 0.3, rate_variance)
    np.testing.assert_allclose(states.values, mean, atol=1e-7)
    np.testing.assert_allclose(states.covariances[:, 0, 0], np.diag(covariance), atol=1e-8)
    assert axes.log_evidence == pytest.approx(evidence, abs=1e-6)
    np.testing.assert_array_equal(axes.at(TIMES[[0, 2, 3]]).values, VALUES[[0, 2, 3]])


def test_covariance_of_neighbours_equals_the_dense_process() -> None:
    # BETWEEN holds the first and the fourth measurement; leave two out so that they are neighbours.
    kept = [0, 3, 5]
    axes = smooth(TIMES[kept], VALUES[kept], VARIANCES[kept], 0.3, math.inf)

    _, covariance, _ = dense(TIMES[kept], VALUES[kept], VARIANCES[kept], 0.3, math.inf)
    assert axes.cross_covariances[0, 0, 0] == pytest.approx(covariance[1, 4], rel=1e-8)


def test_rates_and_accelerations_are_the_slopes_of_the_mean() -> None:
    axes = smooth(TIMES, VALUES, VARIANCES, 0.3, math.inf)
    times, step = np.array([-1.0, 0.2, 1.1, 3.0, 5.0, 7.0]), 1e-5

    states = axes.at(times)

    before, after = axes.at(times - step), axes.at(times + step)
    slopes = (after.values - before.values) / (2 * step)
    bends = (after.rates - before.rates) / (2 * step)
    np.testing.assert_allclose(states.rates, slopes, atol=1e-8)
    np.testing.assert_allclose(states.accelerations, bends, atol=1e-7)


def test_covariance_of_value_and_rate_is_half_the_slope_of_the_variance() -> None:
    axes = smooth(TIMES, VALUES, VARIANCES, 0.3, math.inf)
    times, step = np.array([-1.0, 0.2, 1.1, 3.0, 5.0, 7.0]), 1e-5

    states = axes.at(times)

    before, after = axes.at(times - step).covariances, axes.at(times + step).covariances
    slopes = (after[..., 0, 0] - before[..., 0, 0]) / (2 * step)
    np.testing.assert_allclose(states.covariances[..., 0, 1], slopes / 2, atol=1e-7)


def test_two_measurements_give_a_straight_line() -> None:
    axes = smooth(np.array([1.0, 3.0]), np.array([10.0, 14.0]), np.array([0.1, 0.0]), 5.0, math.inf)

    states = axes.at(np.array([0.0, 1.0, 1.5, 3.0, 4.0]))

    np.testing.assert_allclose(states.values, [8, 10, 11, 14, 16], rtol=1e-12)
    np.testing.assert_allclose(states.rates, 2.0, rtol=1e-12)


def test_one_measurement_stands_with_the_rate_of_its_prior() -> None:
    axes = smooth(np.array([1.0]), np.array([10.0]), np.array([0.1]), 0.6, 4.0)

    states = axes.at(np.array([-1.0, 1.0, 3.0]))

    np.testing.assert_array_equal(states.values, 10.0)
    np.testing.assert_allclose(
        states.covariances[:, 0, 0], [0.1 + 16 + 1.6, 0.1, 0.1 + 16 + 1.6], rtol=1e-12
    )


def test_one_measurement_with_a_flat_rate_is_known_at_its_time_only() -> None:
    axes = smooth(np.array([1.0]), np.array([10.0]), np.array([0.1]), 0.6, math.inf)

    states = axes.at(np.array([1.0, 3.0]))

    np.testing.assert_array_equal(states.values, 10.0)
    np.testing.assert_array_equal(states.covariances[:, 0, 0], [0.1, math.inf])


def test_table_of_evidences_is_that_of_single_fits() -> None:
    scales, psds = np.array([0.25, 1.0, 4.0]), np.array([0.01, 1.0])

    table = evidence_table(TIMES, VALUES, scales[:, None] * VARIANCES, psds, math.inf)

    for i, scale in enumerate(scales):
        for j, psd in enumerate(psds):
            fit = smooth(TIMES, VALUES, VARIANCES * scale, psd, math.inf)
            assert table[i, j] == pytest.approx(fit.log_evidence, rel=1e-12)


def test_wide_prior_on_the_rate_comes_to_the_flat_one() -> None:
    wide = smooth(TIMES, VALUES, VARIANCES, 0.3, 1e10)
    flat = smooth(TIMES, VALUES, VARIANCES, 0.3, math.inf)

    np.testing.assert_allclose(wide.at(BETWEEN).values, flat.at(BETWEEN).values, rtol=1e-8)
    normal = 0.5 * math.log(2 * math.pi * 1e10)
    assert wide.log_evidence + normal == pytest.approx(flat.log_evidence, abs=1e-7)


gaps = st.floats(-3, 3).map(lambda power: 10.0**power)
numbers = st.floats(-1e6, 1e6)
noises = st.sampled_from([0.0, 1e-6, 1e-4, 0.01, 1.0])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(gaps, numbers, noises), min_size=1, max_size=12),
    st.floats(-5, 3).map(lambda power: 10.0**power),
    st.sampled_from([math.inf, 1e-2, 1e3]),
)
def test_any_gaps_values_and_noises_stay_finite_and_symmetric_in_time(
    measurements: list[tuple[float, float, float]], psd: float, rate_variance: float
) -> None:
    spaces, values, variances = (np.array(column) for column in zip(*measurements, strict=True))
    times = np.cumsum(spaces) - spaces[0]
    inside = np.concatenate([times, (times[1:] + times[:-1]) / 2])
    axes = smooth(times, values, variances, psd, rate_variance)

    states = axes.at(inside)

    assert np.all(np.isfinite(states.values))
    assert math.isfinite(axes.log_evidence)
    assert np.all(states.covariances[:, 0, 0] >= 0)
    pinned = variances == 0
    np.testing.assert_allclose(
        states.values[: len(times)][pinned], values[pinned], rtol=0, atol=1e-9 * 1e6
    )
    # A measurement can only make its own value surer.
    assert np.all(states.covariances[: len(times), 0, 0] <= variances * (1 + 1e-6) + 1e-300)
    if math.isinf(rate_variance):
        back = smooth(-times[::-1], values[::-1], variances[::-1], psd, rate_variance)
        reverse = back.at(-inside)
        scale = np.ptp(values) + 1.0
        np.testing.assert_allclose(reverse.values, states.values, atol=1e-6 * scale)


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-100, 100))
def test_a_straight_motion_is_followed_whatever_the_noise(start: float, rate: float) -> None:
    line = start + rate * TIMES

    states = smooth(TIMES, line, VARIANCES, 0.3, math.inf).at(BETWEEN)

    np.testing.assert_allclose(states.values, start + rate * BETWEEN, atol=1e-8)
    np.testing.assert_allclose(states.rates, rate, atol=1e-8)
