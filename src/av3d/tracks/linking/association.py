"""Which detection of a frame belongs to which object: gates, costs, and the best assignment."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from av3d.tracks.linking.beliefs import PLACE, YAW, Beliefs, heading_difference
from av3d.tracks.linking.habits import Habits
from av3d.types import FloatArray, IntArray

GATE = 26.0
"""Largest squared Mahalanobis distance of places (3 degrees of freedom): by chance, one true detection in
100,000 lies beyond."""
ODD_HEADING, ODD_SIZE = 9.0, 9.0
"""A heading or a size adds at most this much to the cost: both can be wrong where the place is right."""
NEVER = 1e6
LEAST_GATE_M = 0.3
"""Nothing that is so near is out of reach, as noises are estimates."""


def costs(
    beliefs: Beliefs,
    log_sizes: FloatArray,
    places_m: FloatArray,
    yaws_rad: FloatArray,
    found_log_sizes: FloatArray,
    kinds: IntArray,
    habits: Habits,
    silent_s: FloatArray,
) -> FloatArray:
    """What it costs that a detection is of an object: twice the negative logarithm of its likelihood.

    Args:
        beliefs: about N objects at the time of the detections.
        log_sizes: of the objects, (N, 3).
        places_m: of M detections, (M, 3).
        yaws_rad: (M,).
        found_log_sizes: of the detections, (M, 3).
        kinds: of the detections, (M,).
        habits: of the categories.
        silent_s: time since each of the objects was last detected, (N,).

    Returns:
        (N, M); NEVER where the detection is too far away or of another category.
    """
    noise = habits.noise[beliefs.kinds]
    spread = beliefs.covariances[:, PLACE, PLACE].copy()
    spread[:, (0, 1, 2), (0, 1, 2)] += noise[:, (0, 0, 1)] ** 2
    off = places_m[None] - beliefs.means[:, None, PLACE]
    inverse = np.linalg.inv(spread)
    squared = np.einsum("nmi,nij,nmj->nm", off, inverse, off)
    away, _ = heading_difference(yaws_rad[None], beliefs.means[:, None, YAW])
    turned = away**2 / (beliefs.covariances[:, YAW, YAW] + noise[:, 2] ** 2)[:, None]
    sizes = ((found_log_sizes[None] - log_sizes[:, None]) ** 2).sum(axis=2)
    sizes = sizes / (2 * noise[:, 3, None] ** 2)
    volume = np.log(np.linalg.det(spread))[:, None]
    cost = squared + volume + np.minimum(turned, ODD_HEADING) + np.minimum(sizes, ODD_SIZE)
    distances_m = np.linalg.norm(off[:, :, :2], axis=2)
    reach_m = LEAST_GATE_M + 4 * noise[:, 0] + habits.fastest_m_s[beliefs.kinds] * silent_s
    possible = (squared <= GATE) & (beliefs.kinds[:, None] == kinds[None])
    possible &= distances_m <= reach_m[:, None]
    return np.where(possible, cost, NEVER)


def assigned(cost: FloatArray) -> tuple[IntArray, IntArray]:
    """The assignment with the most pairs that are possible, and the least cost of these.

    Returns:
        Rows and columns of the pairs.
    """
    possible = cost < NEVER
    rows, columns = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
    if not len(rows):
        return rows, columns
    chosen, found = linear_sum_assignment(cost[np.ix_(rows, columns)])
    rows, columns = rows[chosen], columns[found]
    kept = possible[rows, columns]
    return rows[kept], columns[kept]
