"""Motion of things on legs and of unknown things: each coordinate for itself, any speed sideways.

Noise of the keyframes, liveliness of the object and whether it rests are not told; they are on small
grids, every combination has its exact evidence, and the posteriors are averaged (docs/motion.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.tracks.motion.axes import Axis, evidence_table
from av3d.tracks.motion.fit import Fit, log_normal, smoothed
from av3d.tracks.motion.hand import SIGMAS_M, SIGMAS_RAD, Hand
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.upright import Height
from av3d.types import FloatArray

PSDS = np.array([1e-3, 1e-2, 1e-1, 1.0, 10.0])
"""Spectral densities of the acceleration of an object that moves, m^2 / s^3."""

RESTING = ((1e-3, 4e-3), (4e-3, 4e-3))
"""An object that rests: spectral density, and variance of its speed, which stays below 10 cm/s or so."""

SPEED_M_S = 5.0
"""Scale of the speeds of an object that moves: the odds against resting."""

PSDS_YAW = np.array([1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0])
"""Spectral densities of the acceleration of the yaw, rad^2 / s^3."""

RATE_VARIANCE_YAW = 1.0
"""Of the yaw rate, rad^2 / s^2."""

_PRIOR_OF_PSDS = log_normal(PSDS, 0.3, 2.0)
PRIOR_OF_PSDS_YAW = log_normal(PSDS_YAW, 0.1, 2.0)
"""Log probabilities of PSDS_YAW."""


@dataclass(frozen=True, eq=False)
class Separate:
    """Evidence of x, y, yaw and z for every noise and model.

    Attributes:
        measured: the keyframes.
        hand: what is believed of the noise beforehand.
        resting: how probable it is beforehand that the object rests.
    """

    measured: Measurements
    hand: Hand
    resting: float

    @cached_property
    def height(self) -> Height:
        """That of z."""
        return Height.of(self.measured)

    @cached_property
    def in_plane(self) -> tuple[FloatArray, FloatArray]:
        """Variances of x and y for each of SIGMAS_M, (R, K) each."""
        return self.measured.variances(X, SIGMAS_M), self.measured.variances(Y, SIGMAS_M)

    @cached_property
    def turning(self) -> FloatArray:
        """Variances of the yaw for each of SIGMAS_RAD, (F, K)."""
        return self.measured.variances(YAW, SIGMAS_RAD)

    @cached_property
    def models(self) -> list[tuple[float, float]]:
        """Spectral density and variance of the speed of each model of x and y."""
        return [*((float(psd), math.inf) for psd in PSDS), *RESTING]

    @cached_property
    def plane(self) -> FloatArray:
        """Log evidence of x and y for SIGMAS_M and `models`, their prior included, (R, Q)."""
        times_s, values = self.measured.times_s, self.measured.values
        # A speed may be anything: the density of its flat prior is that of a normal one of a scale.
        odds = math.log(1 - self.resting) - 2 * math.log(math.sqrt(2 * math.pi) * SPEED_M_S)
        resting = math.log(self.resting / len(RESTING))
        table = np.full((len(SIGMAS_M), len(PSDS) + len(RESTING)), resting)
        table[:, : len(PSDS)] = _PRIOR_OF_PSDS + odds
        for axis, variances in zip((X, Y), self.in_plane, strict=True):
            tables = [evidence_table(times_s, values[:, axis], variances, PSDS, math.inf)]
            for psd, rate_variance in RESTING:
                psds = np.array([psd])
                tables.append(
                    evidence_table(times_s, values[:, axis], variances, psds, rate_variance)
                )
            table += np.hstack(tables)
        return table

    @cached_property
    def yaw(self) -> FloatArray:
        """Log evidence of the yaw for SIGMAS_RAD and PSDS_YAW, their prior included, (F, Q)."""
        measured = self.measured
        found = evidence_table(
            measured.times_s, measured.values[:, YAW], self.turning, PSDS_YAW, RATE_VARIANCE_YAW
        )
        return found + PRIOR_OF_PSDS_YAW

    @cached_property
    def by_plane(self) -> FloatArray:
        """Log evidence of x and y for SIGMAS_M, (R,)."""
        return np.asarray(np.logaddexp.reduce(self.plane, axis=1))

    @cached_property
    def by_height(self) -> FloatArray:
        """Log evidence of z for SIGMAS_M, (R,)."""
        return self.height.by_noise(self.hand.upwards)

    @cached_property
    def by_yaw(self) -> FloatArray:
        """Log evidence of the yaw for SIGMAS_M, (R,)."""
        of_yaw = np.logaddexp.reduce(self.yaw, axis=1)
        return np.asarray(np.logaddexp.reduce(self.hand.turning + of_yaw, axis=1))

    @cached_property
    def by_noise(self) -> FloatArray:
        """Log evidence of everything for SIGMAS_M, their prior included, (R,)."""
        return np.asarray(self.by_plane + self.by_height + self.by_yaw + self.hand.in_plane)

    @cached_property
    def heights(self) -> list[tuple[int, float, Axis]]:
        """The posteriors of z."""
        by_the_rest = self.by_plane + self.by_yaw + self.hand.in_plane
        return self.height.smoothed(self.hand.upwards, by_the_rest)

    def fit(self) -> Fit:
        """The posteriors, averaged over noises and models."""
        prior = self.hand.in_plane
        of_plane = self.by_height + self.by_yaw + prior
        given_yaw = self.hand.turning + (self.by_plane + self.by_height + prior)[:, None]
        weights = shares(self.plane + of_plane[:, None])
        turning = shares(self.yaw + np.logaddexp.reduce(given_yaw, axis=0)[:, None])
        yaw_models = [(float(psd), RATE_VARIANCE_YAW) for psd in PSDS_YAW]
        axes = [
            *smoothed(self.measured, X, weights, self.in_plane[0], self.models),
            *smoothed(self.measured, Y, weights, self.in_plane[1], self.models),
            *smoothed(self.measured, YAW, turning, self.turning, yaw_models),
            *self.heights,
        ]
        return Fit(axes, [], float(np.logaddexp.reduce(self.by_noise)))
