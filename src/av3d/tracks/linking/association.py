"""Which detection of a frame belongs to which object: gates, costs, and the best assignment."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from av3d.tracks.linking.beliefs import PLACE, YAW, Beliefs, heading_difference
from av3d.tracks.linking.habits import Habits, Seen
from av3d.types import FloatArray, IntArray

GATE = 26.0
"""Largest squared Mahalanobis distance of places (3 degrees of freedom): by chance, one true detection in
100,000 lies beyond."""
ODD_HEADING, ODD_SIZE = 9.0, 9.0
"""A heading or a size adds at most this much to the cost: both can be wrong where the place is right."""
FOUND = 4.0
"""Twice the logarithm of how much more probable it is that an object is detected than that it is not."""
SMALLEST_SIDE_M, LAYER_M = 30.0, 3.0
"""Detections are taken to lie in a layer over an area; of one or two in a frame it tells nothing."""
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
    crowding: FloatArray,
) -> FloatArray:
    """What it costs that a detection is of an object: twice the negative logarithm of a likelihood ratio.

    Where much is detected, or where an object may be anywhere, something is near by chance. So the
    density of a detection of the object is compared with that of all others around.

    Args:
        beliefs: about N objects at the time of the detections.
        log_sizes: of the objects, (N, 3).
        places_m: of M detections, (M, 3).
        yaws_rad: (M,).
        found_log_sizes: of the detections, (M, 3).
        kinds: of the detections, (M,).
        habits: of the categories.
        silent_s: time since each of the objects was last detected, (N,).
        crowding: how many detections of each category there are in a cubic metre, (C,).

    Returns:
        How much less probable it is that they belong together than that they do not: (N, M), below 0
        where it is more so; 0 where it is not, where they are too far apart, or of other categories.
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
    chance = -2 * np.log(crowding) - 3 * np.log(2 * np.pi) + FOUND
    cost -= chance[beliefs.kinds][:, None]
    return np.where(possible, np.minimum(cost, 0.0), 0.0)


def assigned(cost: FloatArray) -> tuple[IntArray, IntArray]:
    """The assignment of the least cost, which need not pair everything.

    Args:
        cost: (N, M), below 0 for pairs that are possible, else 0.

    Returns:
        Rows and columns of the pairs.
    """
    possible = cost < 0
    rows, columns = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
    if not len(rows):
        return rows, columns
    chosen, found = linear_sum_assignment(cost[np.ix_(rows, columns)])
    rows, columns = rows[chosen], columns[found]
    kept = possible[rows, columns]
    return rows[kept], columns[kept]


def crowding(seen: Seen, count: int) -> FloatArray:
    """How many detections of each category lie in a cubic metre of where there are any, (C,).

    Args:
        seen: the detections.
        count: of categories, C.
    """
    frames = max(1, len(np.unique(seen.frames)))
    order = np.argsort(seen.frames, kind="stable")
    starts = np.flatnonzero(np.diff(seen.frames[order], prepend=-1))
    plane = seen.places_m[order, :2]
    spans_m = np.maximum.reduceat(plane, starts) - np.minimum.reduceat(plane, starts)
    area_m2 = float(np.maximum(spans_m, SMALLEST_SIDE_M).prod(axis=1).mean())
    numbers = np.bincount(seen.kinds, minlength=count)
    return np.asarray(np.maximum(numbers, 1) / (frames * area_m2 * LAYER_M))
