"""The second pass: what a whole track says about each of its detections.

Places and headings are smoothed by the same motion as forward, over all detections at once: the least
sum of squared distances to the detections and of squared accelerations (for evenly spaced times the
filter of Whittaker, 1923), which a banded system gives; distances beyond what noise explains count less
(Huber, 1964). As the noise weighs the one against the other, good detections stay where they are.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from av3d.types import FloatArray

ROUNDS = 3
HUBER = 2.0
"""Deviations beyond so many standard deviations count in proportion, not squared."""
LEAST_WEIGHT = 1e-3
SHORTEST_S = 1e-3
"""Frames that are closer to each other, and weights that are smaller, would drown in rounding."""
GOES_M = 4.0
"""So far forward or back an object has to go to say where its front is, against all detections."""


def smoothed(
    times_s: FloatArray,
    values: FloatArray,
    noises: FloatArray,
    agility: FloatArray,
    steadiness: FloatArray | None = None,
) -> FloatArray:
    """Values that change smoothly, near to those measured.

    Args:
        times_s: ascending, (N,).
        values: measured, (N, K).
        noises: standard deviation of each measurement, (N, K) or what broadcasts to it.
        agility: how much the rate of change changes in a second, (K,), standard deviation.
        steadiness: of values that have no rate: how much they change in a second, (K,); agility is
            then not used.

    Returns:
        (N, K).
    """
    count = len(times_s)
    if count < 2 or (steadiness is None and count < 3):
        return values.copy()
    found = np.empty_like(values)
    sigmas = np.broadcast_to(noises, values.shape)
    for column in range(values.shape[1]):
        if steadiness is None:
            bands = _curvature(times_s) / agility[column] ** 2
        else:
            bands = _slope(times_s) / steadiness[column] ** 2
        measured, sigma = values[:, column], sigmas[:, column]
        weights = 1 / sigma**2
        fitted = measured
        for _ in range(ROUNDS):
            matrix = bands.copy()
            matrix[0] += weights
            fitted = solveh_banded(matrix, weights * measured, lower=True)
            off = np.abs(fitted - measured) / sigma
            weights = np.clip(HUBER / np.maximum(off, 1e-9), LEAST_WEIGHT, 1.0) / sigma**2
        found[:, column] = fitted
    return found


def _curvature(times_s: FloatArray) -> FloatArray:
    """The quadratic form of accelerations, as lower bands (3, N)."""
    steps = np.maximum(np.diff(times_s), SHORTEST_S)
    middle = (steps[:-1] + steps[1:]) / 2
    first, last = 1 / (steps[:-1] * middle), 1 / (steps[1:] * middle)
    rows = np.array([first, -(first + last), last])
    count = len(times_s)
    bands = np.zeros((3, count))
    for one in range(3):
        for other in range(one, 3):
            bands[other - one, one : one + count - 2] += rows[one] * rows[other] * middle
    return bands


def _slope(times_s: FloatArray) -> FloatArray:
    """The quadratic form of velocities, as lower bands (2, N)."""
    weights = 1 / np.maximum(np.diff(times_s), SHORTEST_S)
    bands = np.zeros((2, len(times_s)))
    bands[0, :-1] += weights
    bands[0, 1:] += weights
    bands[1, :-1] = -weights
    return bands


def unfolded(
    times_s: FloatArray,
    yaws_rad: FloatArray,
    votes: FloatArray,
    places_m: FloatArray,
    *,
    steers: bool,
) -> FloatArray:
    """Headings that go on without a jump, and point to the front.

    Detectors confuse front and back. Doubled angles do not; smoothed, they say where each heading lies
    up to half a turn. Then all together point as the detections do, or, where an object that steers
    has gone somewhere, as it went.

    Args:
        times_s: ascending, (N,).
        yaws_rad: detected, (N,).
        votes: weight of each detection, (N,).
        places_m: smoothed, (N, 3).
        steers: whether it goes where it points.

    Returns:
        Close to the detected ones up to half turns, (N,).
    """
    doubled = np.column_stack([np.cos(2 * yaws_rad), np.sin(2 * yaws_rad)])
    smooth = smoothed(times_s, doubled, np.array(0.6), np.ones(2), steadiness=np.full(2, 1.5))
    base = np.unwrap(np.arctan2(smooth[:, 1], smooth[:, 0])) / 2
    halves = yaws_rad + np.pi * np.round((base - yaws_rad) / np.pi)
    front = float((votes * np.sign(np.cos(halves - yaws_rad))).sum()) / float(votes.sum())
    if steers and len(times_s) > 1:
        steps = np.diff(places_m[:, :2], axis=0)
        middle = base[:-1]
        gone_m = float((steps[:, 0] * np.cos(middle) + steps[:, 1] * np.sin(middle)).sum())
        # Nobody reverses for long; within a few metres the detector may know better.
        front += gone_m / GOES_M
    return np.asarray(halves if front >= 0 else halves + np.pi)
