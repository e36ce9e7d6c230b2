"""A motion fitted to its keyframes by one family of models, and what the families share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.tracks.motion.axes import Axis, smooth_axis_of
from av3d.tracks.motion.measurements import Measurements
from av3d.tracks.motion.planar import PlanarPath
from av3d.tracks.motion.posterior import shares
from av3d.types import FloatArray


@dataclass(frozen=True, eq=False)
class Fit:
    """Posteriors of a motion, see `Posterior.of`, and how probable the measurements are by it."""

    axes: list[tuple[int, float, Axis]]
    paths: list[tuple[float, PlanarPath]]
    log_evidence: float


def smoothed(
    measured: Measurements,
    coordinate: int,
    weights: FloatArray,
    variances: FloatArray,
    models: Sequence[tuple[float, float]],
) -> list[tuple[int, float, Axis]]:
    """A coordinate under each model that is probable, with the noise that is probable given it.

    Args:
        measured: the keyframes.
        coordinate: which one.
        weights: of noises and models, (R, Q).
        variances: of the measurements for each noise, (R, K).
        models: spectral density and variance of the rate of each.
    """
    of_models = shares(np.log(np.maximum(weights.sum(axis=0), 1e-300)))
    axes = []
    for row, (psd, rate_variance) in enumerate(models):
        if not of_models[row]:
            continue
        share = weights[:, row] / weights[:, row].sum()
        noise = np.exp(share @ np.log(np.maximum(variances, 1e-300)))
        values = measured.values[:, coordinate]
        axis = smooth_axis_of(measured.times_s, values, noise, psd, rate_variance)
        axes.append((coordinate, float(of_models[row]), axis))
    return axes


def log_normal(values: FloatArray, center: float, spread: float) -> FloatArray:
    """Log probabilities of values by how far their logarithms are from a centre's, which sum to one."""
    logs = -0.5 * (np.log(values / center) / spread) ** 2
    return np.asarray(logs - np.logaddexp.reduce(logs))
