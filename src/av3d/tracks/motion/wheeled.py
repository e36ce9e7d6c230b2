"""Motion of things on wheels: they go where they point, and turn about their rear axle.

As with `separate`, what nobody tells is averaged over by evidence: how exact the keyframes are, and
whether the object is parked, keeps its lane or turns.
"""

from __future__ import annotations

import math

import numpy as np

from av3d.tracks.motion.fit import Fit
from av3d.tracks.motion.measurements import YAW, Measurements, X, Y
from av3d.tracks.motion.planar import PlanarMeasurements, PlanarModel
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.upright import Height

NOISES = ((0.025, 0.01), (0.05, 0.02), (0.1, 0.04))
"""Noises of keyframes: in the plane in metres, of the yaw in radians."""

AXLE_PART = 0.3
"""The rear axle is this part of the length behind the centre, more or less."""

PARKED_WITHIN_M = 5.0
"""Nothing that is parked has keyframes further apart."""


def models(length_m: float) -> tuple[tuple[PlanarModel, float], ...]:
    """What an object of this length may do, and how probable that is."""
    pivot_m = AXLE_PART * length_m
    parked = PlanarModel((0.003, 0.003, 3e-5), (0.03, 0.03, 0.003), hold=(0.003, 0.003, 3e-5))
    straight = PlanarModel((1.0, 0.05, 1e-4), (15.0, 0.5, 0.01), pivot_m=pivot_m)
    turning = PlanarModel((1.0, 0.1, 0.01), (15.0, 1.0, 0.3), pivot_m=pivot_m)
    return (parked, 0.5), (straight, 0.25), (turning, 0.25)


def wheeled_fit(measured: Measurements, length_m: float) -> Fit:
    """Smooth x, y, yaw and z of a body of this length."""
    height = Height.of(measured)
    sigmas_m = np.array([sigma_m for sigma_m, _ in NOISES])
    by_height = height.by_noise(sigmas_m)
    poses = np.ascontiguousarray(measured.values[:, [X, Y, YAW]])
    possible = [
        (model, prior)
        for model, prior in models(length_m)
        if model.pivot_m or np.ptp(poses[:, :2], axis=0).max() < PARKED_WITHIN_M
    ]
    logs = np.empty((len(NOISES), len(possible)))
    paths = []
    for row, noise in enumerate(NOISES):
        plane = PlanarMeasurements(measured.times_s, poses, measured.body_covariances(*noise))
        for column, (model, prior) in enumerate(possible):
            path = plane.smooth(model)
            paths.append(path)
            logs[row, column] = path.log_evidence + math.log(prior / len(NOISES))
    weights = shares(logs + by_height[:, None]).ravel().tolist()
    return Fit(
        height.smoothed(sigmas_m, np.logaddexp.reduce(logs, axis=1)),
        [(weight, path) for weight, path in zip(weights, paths, strict=True) if weight],
        float(np.logaddexp.reduce((logs + by_height[:, None]).ravel())),
    )
