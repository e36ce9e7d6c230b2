"""Independent axes (x, y, z, tilts, yaw) smoothed over time by white-noise acceleration, in closed form.

Each axis is a Gaussian process whose acceleration is white noise of spectral density q: between its
measurements the posterior mean is a cubic, with exact measurements the natural cubic spline, with large
noise the straight line that fits best. Cost is linear in the measurements; no matrix is built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from av3d.errors import Av3dError
from av3d.types import FloatArray


class AxesError(Av3dError):
    """Measurements that cannot be smoothed: times out of order, nothing measured, numbers not finite."""


@dataclass(frozen=True)
class AxesStates:
    """The posterior at some times.

    Attributes:
        values: (M, D), in the unit of each axis.
        rates: (M, D), unit / s.
        accelerations: (M, D), unit / s^2: of the mean, which is a cubic between two measurements.
        covariances: (M, D, 2, 2) of value and rate.
    """

    values: FloatArray
    rates: FloatArray
    accelerations: FloatArray
    covariances: FloatArray


@dataclass(frozen=True)
class Axis:
    """The posterior of one axis at its measurements; they and `psd` determine it at any time.

    Attributes:
        nodes: (K, NODE), see `axes_kernels.smooth_axis`.
        psd: spectral density of the acceleration, unit^2 / s^3.
        log_evidence: log density of the measurements under a flat prior on the value (and on the
            rate, where its variance was infinite).
    """

    nodes: FloatArray
    psd: float
    log_evidence: float

    @property
    def times_s(self) -> FloatArray:
        """(K,), of the measurements of this axis."""
        return self.nodes[:, 0]

    @property
    def values(self) -> FloatArray:
        """(K,)."""
        return self.nodes[:, 1]

    @property
    def rates(self) -> FloatArray:
        """(K,), unit / s."""
        return self.nodes[:, 2]

    @property
    def covariances(self) -> FloatArray:
        """(K, 2, 2) of value and rate."""
        return _symmetric(self.nodes[:, 3:6])

    @property
    def cross_covariances(self) -> FloatArray:
        """(K - 1, 2, 2): of (value, rate) at each measurement (rows) with those at the next (columns)."""
        gains = self.nodes[:-1, 9:13].reshape(-1, 2, 2)
        crossed: FloatArray = gains @ self.covariances[1:]
        return crossed

    def evaluate(self, times_s: FloatArray) -> FloatArray:
        """(M, STATE) at (M,) times in any order, see `axes_kernels.evaluate_axis`."""
        from av3d.tracks.motion.axes_kernels import STATE, evaluate_axis

        states = np.empty((len(times_s), STATE))
        evaluate_axis(self.nodes, self.psd, times_s, states)
        return states


@dataclass(frozen=True)
class Axes:
    """The posterior of independent axes; each has measurements of its own."""

    axes: tuple[Axis, ...]

    @property
    def log_evidence(self) -> float:
        """Of all axes together."""
        return math.fsum(axis.log_evidence for axis in self.axes)

    def at(self, times_s: FloatArray) -> AxesStates:
        """The posterior at (M,) times in any order.

        Before the first measurement of an axis and after its last its rate goes on, ever less certain.
        """
        times_s = np.ascontiguousarray(times_s, dtype=np.float64)
        states = np.stack([axis.evaluate(times_s) for axis in self.axes], axis=1)
        return AxesStates(
            states[..., 0], states[..., 1], states[..., 2], _symmetric(states[..., 3:6])
        )


def smooth_axes(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variances: FloatArray | None = None,
) -> Axes:
    """Smooth D axes.

    Args:
        times_s: (K,), ascending strictly, K >= 1; best relative to a time nearby.
        values: (K, D); NaN where an axis was not measured. Each axis needs one measurement.
        variances: (K, D), >= 0 where measured; 0 pins the value.
        psds: (D,), > 0: spectral density of the acceleration, unit^2 / s^3.
        rate_variances: (D,), > 0: of each rate at its first measurement, about 0; infinity, the
            default, says that nothing is known of it. With one measurement and a flat rate the value
            stands, and its variance is infinite at every other time.

    Raises:
        AxesError: arrays that do not fit together, times out of order, an axis without a measurement,
            numbers that are not finite or out of range.
    """
    from av3d.tracks.motion.axes_kernels import NODE, smooth_axis

    times_s = np.ascontiguousarray(times_s, dtype=np.float64)
    values = np.asarray(values, dtype=np.float64)
    variances = np.asarray(variances, dtype=np.float64)
    psds = np.asarray(psds, dtype=np.float64)
    if rate_variances is None:
        rate_variances = np.full(len(psds), np.inf)
    _check(times_s, values, variances, psds, rate_variances)
    axes = []
    for k in range(len(psds)):
        measured = np.isfinite(values[:, k])
        nodes = np.empty((int(measured.sum()), NODE))
        evidence = smooth_axis(
            times_s[measured],
            values[measured, k],
            variances[measured, k],
            psds[k],
            rate_variances[k],
            nodes,
        )
        axes.append(Axis(nodes, float(psds[k]), evidence))
    return Axes(tuple(axes))


def smooth_axis_of(
    times_s: FloatArray, values: FloatArray, variances: FloatArray, psd: float, rate_variance: float
) -> Axis:
    """Smooth one axis that has a measurement at each time; numbers are taken as they are.

    Args:
        times_s: (K,), ascending strictly.
        values: (K,), finite.
        variances: (K,), >= 0.
        psd: > 0, unit^2 / s^3.
        rate_variance: as in `smooth_axes`.
    """
    from av3d.tracks.motion.axes_kernels import NODE, smooth_axis

    nodes = np.empty((len(times_s), NODE))
    evidence = smooth_axis(
        np.ascontiguousarray(times_s),
        np.ascontiguousarray(values),
        np.ascontiguousarray(variances),
        psd,
        rate_variance,
        nodes,
    )
    return Axis(nodes, psd, evidence)


def axis_evidences(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variance: float = math.inf,
) -> FloatArray:
    """The log evidence of one axis for each pair of a noise and a spectral density.

    Args:
        times_s: (K,), ascending strictly.
        values: (K,), finite.
        variances: (R, K), >= 0: the noises to compare.
        psds: (Q,), > 0, unit^2 / s^3.
        rate_variance: as in `smooth_axes`.

    Returns:
        (R, Q).

    Raises:
        AxesError: as in `smooth_axes`.
    """
    times_s = np.ascontiguousarray(times_s, dtype=np.float64)
    values = np.ascontiguousarray(values, dtype=np.float64)
    variances = np.ascontiguousarray(variances, dtype=np.float64)
    psds = np.ascontiguousarray(psds, dtype=np.float64)
    noises = len(variances)
    _check(
        times_s,
        np.repeat(values[:, None], noises, axis=1),
        variances.T,
        np.ones(noises),
        np.full(noises, rate_variance),
    )
    if not (np.all(np.isfinite(values)) and _positive(psds)):
        raise AxesError("a value or spectral density is out of range", "motion of a track")
    return evidence_table(times_s, values, variances, psds, rate_variance)


def evidence_table(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variance: float,
) -> FloatArray:
    """`axis_evidences` of numbers that are taken as they are."""
    from av3d.tracks.motion.axes_kernels import evidence_grid

    table = np.empty((len(variances), len(psds)))
    evidence_grid(
        np.ascontiguousarray(times_s),
        np.ascontiguousarray(values),
        np.ascontiguousarray(variances),
        psds,
        rate_variance,
        table,
    )
    return table


def _symmetric(packed: FloatArray) -> FloatArray:
    """(..., 3) as (vv, vr, rr) to (..., 2, 2)."""
    whole: FloatArray = packed[..., [0, 1, 1, 2]].reshape(*packed.shape[:-1], 2, 2)
    return whole


def _positive(numbers: FloatArray) -> bool:
    return bool(np.all(np.isfinite(numbers)) and np.all(numbers > 0))


def _check(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variances: FloatArray,
) -> None:
    shape = (len(times_s), len(psds))
    if values.shape != shape or variances.shape != shape or rate_variances.shape != psds.shape:
        raise AxesError(
            f"{shape[0]} times and {shape[1]} axes, but values {values.shape}, variances "
            f"{variances.shape}, rate variances {rate_variances.shape}",
            "motion of a track",
        )
    if not (np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) > 0)):
        raise AxesError(
            "times are not finite and ascending", "motion of a track", "sort the keyframes by time"
        )
    if np.any(np.isinf(values)):
        raise AxesError("a value is infinite", "motion of a track", "leave the keyframe out")
    measured = np.isfinite(values)
    if not np.all(measured.any(axis=0)):
        axis = int(np.argmin(measured.any(axis=0)))
        raise AxesError(f"axis {axis} has no measurement", "motion of a track", "add a keyframe")
    known = variances[measured]
    if not (np.all(np.isfinite(known)) and np.all(known >= 0) and _positive(psds)):
        raise AxesError(
            "a variance or spectral density is out of range",
            "motion of a track",
            "give variances >= 0 and spectral densities > 0",
        )
    if not np.all(rate_variances > 0):
        raise AxesError("a rate's variance is not positive", "motion of a track", "give one > 0")
