"""Motion of things on wheels: they go where they point, and turn about their rear axle.

As with `separate`, what nobody tells is averaged over by evidence: how exact the keyframes are, and
whether the object is parked, goes straight, keeps to a bending lane or turns.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from av3d.tracks.motion.fit import Fit
from av3d.tracks.motion.hand import SIGMAS_M
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y
from av3d.tracks.motion.planar import PlanarMeasurements, PlanarModel
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.separate import Separate
from av3d.types import FloatArray

AXLE_PART = 0.3
"""The rear axle is this part of the length behind the centre, more or less."""

PARKED_WITHIN_M = 5.0
"""Nothing that is parked has keyframes further apart."""


@lru_cache(maxsize=1024)
def models(length_m: float) -> tuple[tuple[PlanarModel, float], ...]:
    """What an object of this length may do, and how probable that is."""
    pivot_m = AXLE_PART * length_m
    # Somebody who looks at a parked car from one side does not see how long it is.
    parked = PlanarModel((0.02, 0.003, 3e-5), (0.06, 0.03, 0.003), hold=(0.02, 0.003, 3e-5))
    straight = PlanarModel((1.0, 0.05, 1e-6), (15.0, 0.5, 0.001), pivot_m=pivot_m)
    bending = PlanarModel((1.0, 0.05, 1e-4), (15.0, 0.5, 0.01), pivot_m=pivot_m)
    turning = PlanarModel((1.0, 0.1, 0.01), (15.0, 1.0, 0.3), pivot_m=pivot_m)
    return (parked, 0.5), (straight, 0.15), (bending, 0.15), (turning, 0.2)


def wheeled_fit(separate: Separate, length_m: float) -> Fit | None:
    """Smooth x, y, yaw and z of a body of this length.

    The noises that are compared are three around what the separate coordinates say of it: by them the
    integral over all noises is a sum. None where no model was found to fit: nothing on wheels
    moves like that.
    """
    measured, hand = separate.measured, separate.hand
    poses = np.ascontiguousarray(measured.values[:, [X, Y, YAW]])
    possible = [
        (model, prior)
        for model, prior in models(length_m)
        if model.pivot_m or np.ptp(poses[:, :2], axis=0).max() < PARKED_WITHIN_M
    ]
    logs = np.log(SIGMAS_M)
    weights = shares(separate.by_noise)
    middle = weights @ logs
    step = min(max(math.sqrt(weights @ (logs - middle) ** 2), 0.2), 0.8)
    sigmas_m = np.exp(middle + step * np.array([-1.0, 0.0, 1.0]))
    offs = (np.log(sigmas_m) - math.log(hand.sigma_m)) / hand.spread
    prior_of_noise = -0.5 * offs**2 + math.log(step / hand.spread / math.sqrt(2 * math.pi))
    # The height is known for the noises of the separate coordinates; in between it changes little.
    by_height = np.interp(np.log(sigmas_m), logs, separate.by_height)
    table = np.empty((len(sigmas_m), len(possible)))
    paths = []
    planes = _planes(measured, poses, sigmas_m, hand.rad_per_m)
    for row, (plane, scale) in enumerate(planes):
        for column, (model, prior) in enumerate(possible):
            path = plane.smooth(model, scale)
            paths.append(path)
            # What is not the mode has neither its evidence nor its covariance.
            evidence = path.log_evidence if path.converged else -math.inf
            table[row, column] = evidence + math.log(prior) + prior_of_noise[row]
    if not np.isfinite(table).any():
        return None
    whole = table + by_height[:, None]
    of_paths = shares(whole).ravel().tolist()
    return Fit(
        separate.heights,
        [(weight, path) for weight, path in zip(of_paths, paths, strict=True) if weight],
        float(np.logaddexp.reduce(whole.ravel())),
    )


def _planes(
    measured: Measurements, poses: FloatArray, sigmas_m: FloatArray, rad_per_m: float
) -> list[tuple[PlanarMeasurements, float]]:
    """The measurements with each noise, and the factor on their variances."""
    if measured.unknown.all():
        covariances = measured.body_covariances(1.0, rad_per_m)
        plane = PlanarMeasurements(measured.times_s, poses, covariances)
        return [(plane, sigma_m**2) for sigma_m in sigmas_m.tolist()]
    planes = []
    for sigma_m in sigmas_m.tolist():
        covariances = measured.body_covariances(sigma_m, rad_per_m * sigma_m)
        planes.append((PlanarMeasurements(measured.times_s, poses, covariances), 1.0))
    return planes
