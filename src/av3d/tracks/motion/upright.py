"""The coordinates that no road user steers: the height and the tilt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.motion.axes import Axis, axis_evidences, smooth_axis_of
from av3d.tracks.motion.fit import log_normal, smoothed
from av3d.tracks.motion.measurements import TILT_RAD, TILT_X, TILT_Y, UP_PART, Measurements, Z
from av3d.tracks.motion.posterior import shares
from av3d.types import FloatArray

PSDS_UP = np.array([1e-5, 1e-4, 1e-3, 1e-2])
"""Spectral densities of the acceleration upwards, m^2 / s^3."""

SPEED_VARIANCE_UP = 0.01
"""Of the speed upwards, m^2 / s^2."""

TILT_PSD, TILT_RATE_VARIANCE = 1e-4, 1e-2
"""Of both angles of the tilt: slopes and kerbs."""


@dataclass(frozen=True, eq=False)
class Height:
    """Evidence of the height for each noise of the plane, and what it takes to smooth it.

    Attributes:
        log_evidences: (R, Q), for noises in the plane and PSDS_UP, the prior included.
        variances: of the measurements, (R, K).
    """

    log_evidences: FloatArray
    variances: FloatArray

    @staticmethod
    def of(measured: Measurements, sigmas_m: FloatArray) -> Height:
        """That of measurements, for noises in the plane."""
        variances = measured.variances(Z, UP_PART * sigmas_m)
        found = axis_evidences(
            measured.times_s, measured.values[:, Z], variances, PSDS_UP, SPEED_VARIANCE_UP
        )
        return Height(found + log_normal(PSDS_UP, 3e-4, 2.0), variances)

    def smoothed(
        self, measured: Measurements, log_weights: FloatArray
    ) -> list[tuple[int, float, Axis]]:
        """The height, for log weights (R,) that the noises have by everything else."""
        weights = shares(self.log_evidences + log_weights[:, None])
        return smoothed(
            measured, Z, weights, self.variances, [(q, SPEED_VARIANCE_UP) for q in PSDS_UP]
        )


def tilt(measured: Measurements) -> list[tuple[int, float, Axis]]:
    """The tilt; most keyframes have none."""
    axes = []
    for coordinate in (TILT_X, TILT_Y):
        values = measured.values[:, coordinate]
        noise = np.full(len(values), TILT_RAD**2)
        axis = smooth_axis_of(measured.times_s, values, noise, TILT_PSD, TILT_RATE_VARIANCE)
        axes.append((coordinate, 1.0, axis))
    return axes
