"""Motion of things on legs and of unknown things: each coordinate for itself, any speed sideways.

Noise of the keyframes, liveliness of the object and whether it rests are not told; they are on small
grids, every combination has its exact evidence, and the posteriors are averaged (docs/motion.md).
"""

from __future__ import annotations

import math

import numpy as np

from av3d.tracks.motion.axes import axis_evidences
from av3d.tracks.motion.fit import Fit, log_normal, smoothed
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.upright import Height

SIGMAS_M = np.array([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2])
"""Noises of keyframes in the plane; probable are those around 5 cm."""

SIGMAS_RAD = np.radians([0.2, 0.5, 1.0, 2.0, 5.0])
"""Noises of the yaw; probable are those around .35 rad for each metre of noise in the plane."""

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


def separate_fit(measured: Measurements, resting: float) -> Fit:
    """Smooth x, y, yaw and z.

    Args:
        measured: the keyframes.
        resting: how probable it is beforehand that the object rests.
    """
    times_s, values = measured.times_s, measured.values
    models = [*((float(q), math.inf) for q in PSDS), *RESTING]
    # A speed may be anything: the density of its flat prior is that of a normal one of this scale.
    odds = math.log(1 - resting) - 2 * math.log(math.sqrt(2 * math.pi) * SPEED_M_S)
    prior = np.concatenate(
        [
            log_normal(PSDS, 0.3, 2.0) + odds,
            np.full(len(RESTING), math.log(resting / len(RESTING))),
        ]
    )
    in_plane = measured.variances(X, SIGMAS_M), measured.variances(Y, SIGMAS_M)
    plane = prior + sum(
        np.column_stack(
            [
                axis_evidences(times_s, values[:, axis], variances, PSDS),
                *(
                    axis_evidences(times_s, values[:, axis], variances, np.array([psd]), rate)
                    for psd, rate in RESTING
                ),
            ]
        )
        for axis, variances in zip((X, Y), in_plane, strict=True)
    )
    height = Height.of(measured)
    turning = measured.variances(YAW, SIGMAS_RAD)
    yaw = log_normal(PSDS_YAW, 0.1, 2.0) + axis_evidences(
        times_s, values[:, YAW], turning, PSDS_YAW, RATE_VARIANCE_YAW
    )
    # How probable a noise of the yaw is, given one in the plane, (R, F); then both together.
    given = -0.5 * (np.log(SIGMAS_RAD / (0.35 * SIGMAS_M[:, None])) / 0.7) ** 2
    given -= np.logaddexp.reduce(given, axis=1)[:, None]
    both = log_normal(SIGMAS_M, 0.05, 0.8)[:, None] + given
    by_plane, by_yaw = (np.logaddexp.reduce(table, axis=1) for table in (plane, yaw))
    by_height = height.by_noise(SIGMAS_M)
    by_noise = np.logaddexp.reduce(both + by_yaw, axis=1)
    by_yaw_noise = np.logaddexp.reduce(both + (by_plane + by_height)[:, None], axis=0)
    in_plane_weights = shares(plane + (by_noise + by_height)[:, None])
    axes = [
        *smoothed(measured, X, in_plane_weights, in_plane[0], models),
        *smoothed(measured, Y, in_plane_weights, in_plane[1], models),
        *smoothed(
            measured,
            YAW,
            shares(yaw + by_yaw_noise[:, None]),
            turning,
            [(float(q), RATE_VARIANCE_YAW) for q in PSDS_YAW],
        ),
        *height.smoothed(SIGMAS_M, by_plane + by_noise),
    ]
    return Fit(axes, [], float(np.logaddexp.reduce(by_plane + by_height + by_noise)))
