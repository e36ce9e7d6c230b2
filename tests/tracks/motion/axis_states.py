"""The posterior of one axis at any times, with names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from av3d.tracks.motion.axes import Axis, smooth_axis_of
from av3d.tracks.motion.axes_kernels import STATE, evaluate_axis
from av3d.types import FloatArray


@dataclass
class AxisStates:
    """values, rates and accelerations (M,), covariances of value and rate (M, 2, 2)."""

    values: FloatArray
    rates: FloatArray
    accelerations: FloatArray
    covariances: FloatArray


@dataclass
class Smoothed:
    axis: Axis

    @property
    def log_evidence(self) -> float:
        return self.axis.log_evidence

    @property
    def cross_covariances(self) -> FloatArray:
        """Of (value, rate) at each measurement (rows) with those at the next (columns)."""
        gains = self.axis.nodes[:-1, 9:13].reshape(-1, 2, 2)
        after: FloatArray = self.axis.nodes[1:, [3, 4, 4, 5]].reshape(-1, 2, 2)
        return np.asarray(gains @ after)

    def at(self, times_s: FloatArray) -> AxisStates:
        times_s = np.ascontiguousarray(times_s, dtype=np.float64)
        states = np.empty((len(times_s), STATE))
        evaluate_axis(self.axis.nodes, self.axis.psd, times_s, states)
        covariances = states[:, [3, 4, 4, 5]].reshape(-1, 2, 2)
        return AxisStates(states[:, 0], states[:, 1], states[:, 2], covariances)


def smooth(
    times_s: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    psd: float,
    rate_variance: float = math.inf,
) -> Smoothed:
    return Smoothed(smooth_axis_of(times_s, values, variances, psd, rate_variance))
