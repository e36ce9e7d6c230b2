"""The outline on the ground of an object whose points were found."""

from __future__ import annotations

import math

import numpy as np

from av3d.assist.footprint import Believed, Seen, headings, likeliest
from av3d.assist.size_prior import SizePrior
from av3d.assist.standing import Standing
from av3d.types import FloatArray

SPREAD: FloatArray = np.array([0.5, 0.3, math.radians(7), 0.5, 0.15])
"""How far around its seeds a footprint is looked for: along, across, heading, length, width."""
HEADINGS = 3
HIGHEST = 1.3
"""Points up to so many usual heights tell the outline."""
COMPACT_SPREAD_M = 0.2
SKIN_M = 0.1
"""How far the points of an object lie inside of its cuboid."""


def fitted_footprint(standing: Standing, prior: SizePrior, believed: Believed) -> FloatArray:
    """The likeliest footprint of an object with sides, (5,); which end is the front is not told.

    Args:
        standing: its points.
        prior: what is believed of its size.
        believed: what is believed of its footprint, its size included.
    """
    # What is higher may be a tree or a wall, and would hardly show more of the outline.
    low = standing.above_m <= HIGHEST * prior.size_lwh_m[2]
    body_m = standing.points_m[low] if prior.is_known and low.sum() > 2 else standing.points_m
    seen = Seen.of(body_m, standing.sensor_m)
    angles = headings(seen, HEADINGS)
    # A bicycle is a line: what its points spread along.
    spread = np.cov(seen.points_m.T) if len(seen.points_m) > 2 else np.eye(2)
    x, y = np.linalg.eigh(spread)[1][:, 1]
    angles.append(math.atan2(y, x))
    seeds = [_seed(seen, prior, angle + turn) for angle in angles for turn in (0.0, math.pi / 2)]
    if prior.is_known:
        # The gesture is around a place that is the origin, wherever the points in it lie.
        ways = np.arange(0.0, math.pi, math.radians(15))
        seeds += [np.array([0.0, 0.0, way, *prior.size_lwh_m[:2]]) for way in ways]
    scale = np.sqrt(prior.size_lwh_m[0] / 4.5)
    spread_of_sides = SPREAD * (np.array([scale, 1, 1, scale, 1]) if prior.is_known else 1.0)
    x, y, yaw_rad, length_m, width_m = likeliest(
        seen, np.array(seeds), spread_of_sides, believed
    ).values
    if width_m > length_m:
        return np.array([x, y, yaw_rad + math.pi / 2, width_m, length_m])
    return np.array([x, y, yaw_rad, length_m, width_m])


def _seed(seen: Seen, prior: SizePrior, yaw_rad: float) -> FloatArray:
    """A footprint of at least usual size with its near faces on the points, (5,)."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    turn = np.array([[c, -s], [s, c]])
    local = seen.points_m @ turn
    low, high = np.quantile(local, [0.02, 0.98], axis=0)
    low, high = low - SKIN_M, high + SKIN_M
    sides = np.maximum(high - low, prior.size_lwh_m[:2]) if prior.is_known else high - low
    sides = np.maximum(sides, 2 * SKIN_M)
    # The unseen part is on the far side of what is seen.
    is_beyond = seen.sensor_m @ turn < (low + high) / 2
    center = np.where(is_beyond, low + sides / 2, high - sides / 2)
    x, y = turn @ center
    return np.array([x, y, yaw_rad, *sides])


def compact_footprint(
    standing: Standing, prior: SizePrior, start: FloatArray, sigma_m: float
) -> FloatArray:
    """The likeliest footprint of usual size for a person, a cone or the like, (5,).

    Args:
        standing: points there, those of others among them.
        prior: its size.
        start: where it is expected, with its heading, (5,).
        sigma_m: how far off that may be, a standard deviation.
    """
    expected = np.array([*start[:3], *prior.size_lwh_m[:2]])

    def believed(footprints: FloatArray) -> FloatArray:
        off_m = footprints[:, :2] - expected[:2]
        return np.asarray(-0.5 * (off_m**2).sum(axis=1) / sigma_m**2)

    seen = Seen.of(standing.points_m, standing.sensor_m)
    spread = np.array([COMPACT_SPREAD_M, COMPACT_SPREAD_M, 0.0, 0.0, 0.0])
    return likeliest(seen, expected[None], spread, believed).values
