"""One axis (x, y, z, a tilt, the yaw) smoothed over time by white-noise acceleration, in closed form.

An axis is a Gaussian process whose acceleration is white noise of spectral density q: between its
measurements the posterior mean is a cubic, with exact measurements the natural cubic spline, with large
noise the straight line that fits best. Cost is linear in the measurements; no matrix is built.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.types import FloatArray


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


def smooth_axis_of(
    times_s: FloatArray, values: FloatArray, variances: FloatArray, psd: float, rate_variance: float
) -> Axis:
    """Smooth one axis.

    Args:
        times_s: (K,), ascending strictly.
        values: (K,), finite.
        variances: (K,), >= 0.
        psd: > 0, unit^2 / s^3.
        rate_variance: as in `evidence_table`.
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


def evidence_table(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psds: FloatArray,
    rate_variance: float,
) -> FloatArray:
    """The log evidence of one axis for each pair of a noise and a spectral density.

    Args:
        times_s: (K,), ascending strictly.
        values: (K,), finite.
        variances: (R, K), >= 0: the noises to compare.
        psds: (Q,), > 0, unit^2 / s^3.
        rate_variance: of the rate at the first measurement, > 0; infinite where nothing is known of it.

    Returns:
        (R, Q).
    """
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
