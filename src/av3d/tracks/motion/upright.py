"""The coordinates that no road user steers: the height and the tilt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.motion.axes import Axis, evidence_table, smooth_axis_of
from av3d.tracks.motion.fit import smoothed
from av3d.tracks.motion.hand import SIGMAS_UP_M
from av3d.tracks.motion.measurements import TILT_RAD, TILT_X, TILT_Y, Measurements, Z
from av3d.tracks.motion.posterior import shares
from av3d.types import FloatArray

MODELS_UP = ((1e-5, 1e-4), (3e-3, 0.1), (0.3, 4.0))
"""A level road, a slope, and a ramp or crest: spectral density of the acceleration upwards,
m^2 / s^3, and variance of the speed upwards, m^2 / s^2."""

_LOG_PRIORS_UP = np.log([0.48, 0.48, 0.04])

TILT_PSD, TILT_RATE_VARIANCE = 1e-4, 1e-2
"""Of both angles of the tilt: slopes and kerbs."""


@dataclass(frozen=True, eq=False)
class Height:
    """The height under each of its noises and models.

    Attributes:
        measured: the keyframes.
        variances: of the measurements, (H, K), for SIGMAS_UP_M.
        log_evidences: (H, Q), for these and MODELS_UP, the prior of the models included.
    """

    measured: Measurements
    variances: FloatArray
    log_evidences: FloatArray

    @staticmethod
    def of(measured: Measurements) -> Height:
        """That of keyframes."""
        variances = measured.variances(Z, SIGMAS_UP_M)
        tables = [
            evidence_table(
                measured.times_s, measured.values[:, Z], variances, np.array([psd]), rate_variance
            )
            for psd, rate_variance in MODELS_UP
        ]
        return Height(measured, variances, np.hstack(tables) + _LOG_PRIORS_UP)

    def by_noise(self, given: FloatArray) -> FloatArray:
        """Log evidence of the height for noises in the plane, (R,).

        Args:
            given: log probabilities of SIGMAS_UP_M given each of those, (R, H).
        """
        by_own_noise = np.logaddexp.reduce(self.log_evidences, axis=1)
        return np.asarray(np.logaddexp.reduce(given + by_own_noise, axis=1))

    def smoothed(self, given: FloatArray, log_weights: FloatArray) -> list[tuple[int, float, Axis]]:
        """The height.

        Args:
            given: as for `by_noise`, (R, H).
            log_weights: of the noises in the plane by everything else, (R,).
        """
        by_own_noise = np.logaddexp.reduce(given + log_weights[:, None], axis=0)
        weights = shares(self.log_evidences + by_own_noise[:, None])
        return smoothed(self.measured, Z, weights, self.variances, MODELS_UP)


def tilt(measured: Measurements) -> list[tuple[int, float, Axis]]:
    """The tilt; most keyframes have none."""
    axes = []
    for coordinate in (TILT_X, TILT_Y):
        values = measured.values[:, coordinate]
        noise = np.where(measured.exact, 0.0, TILT_RAD**2)
        axis = smooth_axis_of(measured.times_s, values, noise, TILT_PSD, TILT_RATE_VARIANCE)
        axes.append((coordinate, 1.0, axis))
    return axes
