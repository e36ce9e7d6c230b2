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

AXLE_PART = 0.2
"""The rear axle is this part of the length behind the centre, more or less."""


def models(length_m: float) -> tuple[tuple[PlanarModel, float], ...]:
    """What an object of this length may do, and how probable that is."""
    pivot_m = AXLE_PART * length_m
    parked = PlanarModel((1e-3, 1e-3, 1e-5), (0.03, 0.03, 0.003), longest_step_s=100.0)
    straight = PlanarModel((0.5, 0.1, 0.0003), (15.0, 0.5, 0.01), pivot_m=pivot_m)
    turning = PlanarModel((1.0, 0.1, 0.01), (15.0, 1.0, 0.3), pivot_m=pivot_m)
    return (parked, 0.5), (straight, 0.25), (turning, 0.25)


def wheeled_fit(measured: Measurements, length_m: float) -> Fit:
    """Smooth x, y, yaw and z of a body of this length."""
    height = Height.of(measured, np.array([sigma_m for sigma_m, _ in NOISES]))
    by_height = np.logaddexp.reduce(height.log_evidences, axis=1)
    poses = np.ascontiguousarray(measured.values[:, [X, Y, YAW]])
    logs = np.empty((len(NOISES), len(models(length_m))))
    paths = []
    for row, noise in enumerate(NOISES):
        plane = PlanarMeasurements(measured.times_s, poses, measured.body_covariances(*noise))
        for column, (model, prior) in enumerate(models(length_m)):
            path = plane.smooth(model)
            paths.append(path)
            logs[row, column] = path.log_evidence + math.log(prior / len(NOISES))
    weights = shares(logs + by_height[:, None]).ravel().tolist()
    return Fit(
        height.smoothed(measured, np.logaddexp.reduce(logs, axis=1)),
        [(weight, path) for weight, path in zip(weights, paths, strict=True) if weight],
        float(np.logaddexp.reduce((logs + by_height[:, None]).ravel())),
    )
