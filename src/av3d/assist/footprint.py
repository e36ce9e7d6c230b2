"""The likeliest footprint of an object, given the points on it and what is believed beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from av3d.assist.surroundings import thinned
from av3d.types import FloatArray

Believed = Callable[[FloatArray], FloatArray]
"""Logarithms of what is believed of footprints, (M, 5) to (M,)."""

CELL_M, MOST_POINTS = 0.08, 250
"""Points are thinned to cells, so that the many on the nearest corner do not decide alone."""
COUNTED = 25.0
"""Neighbouring points share their errors: all together count as at most so many."""
FIRST_M, STEP_M = -0.5, 0.05
_SHARES = (
    0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.3, 0.3, 0.4, 0.7, 1.6, 4.0, 8.0, 10.0, 9.5, 8.0, 7.0, 6.3, 5.5,
    4.6, 4.2, 3.8, 3.5, 3.0, 2.5, 2.2, 2.0, 1.8, 1.7, 1.6, 1.5,
)  # fmt: skip
"""How many per cent of the points of a labelled vehicle lie per 5 cm at a depth below the faces that the
sensor sees, from 50 cm outside to 1 m inside. Bumpers are round, sides lean, mirrors stick out, and
people draw a little wider than the body: most lie 10 to 30 cm deep. Counted on
PandaSet, Argoverse 2 and KITTI."""
ROUNDS, SAMPLES, SEED_SAMPLES = 6, 160, 60
_LOG_SHARES: FloatArray = np.log(np.array(_SHARES) / 4.0)


@dataclass(frozen=True, eq=False)
class Footprint:
    """A rectangle on the ground in a level frame: centre, heading of its length, and sizes.

    Attributes:
        values: x and y in metres, heading in radians, length, width in metres, (5,).
        score: logarithm of its likelihood and of what was believed of it.
    """

    values: FloatArray
    score: float


@dataclass(frozen=True, eq=False)
class Seen:
    """Points of one object seen from above in a level frame, thinned.

    Attributes:
        points_m: (N, 2).
        weights: how much each counts, (N,).
        sensor_m: x and y of the sensor, (2,).
    """

    points_m: FloatArray
    weights: FloatArray
    sensor_m: FloatArray

    @staticmethod
    def of(points_m: FloatArray, sensor_m: FloatArray) -> Seen:
        """From all points (N, 3) and the sensor (2 or 3,) in one level frame."""
        # Heights are kept apart, else a wall's points would all fall into one cell.
        cells, _ = thinned(points_m, np.array([CELL_M, CELL_M, 2 * CELL_M]), MOST_POINTS)
        weight = min(1.0, COUNTED / max(len(cells), 1))
        return Seen(
            np.ascontiguousarray(cells[:, :2]), np.full(len(cells), weight), np.array(sensor_m[:2])
        )

    def scores(self, footprints: FloatArray) -> FloatArray:
        """Logarithms of likelihoods of footprints, (M, 5) to (M,)."""
        from av3d.assist.footprint_kernel import score_footprints

        found = np.empty(len(footprints))
        score_footprints(
            self.points_m, self.weights, np.ascontiguousarray(footprints), self.sensor_m, _LOG_SHARES,
            FIRST_M, STEP_M, found,
        )  # fmt: skip
        return found


def likeliest(
    seen: Seen, seeds: FloatArray, spread: FloatArray, believed: Believed, rounds: int = ROUNDS
) -> Footprint:
    """The mean of the likely footprints about the best of some seeds.

    Samples about a footprint are weighted by how likely they are; their weighted mean and spread are
    those of the next round (the cross-entropy method, R. Rubinstein, "The cross-entropy method for
    combinatorial and continuous optimization", 1999). The mean, not the best: it overlaps better with
    all that is likely. The same points give the same answer.

    Args:
        seen: the points.
        seeds: where to start, (K, 5).
        spread: how far to look around a seed: along its length, along its width, heading, length,
            width; 0 keeps a value, (5,).
        believed: what is believed beforehand.
        rounds: how often.
    """
    # Quantiles of a fixed draw: gestures are repeatable, and tests say the same every time.
    draws = np.random.default_rng(7).standard_normal((SAMPLES, 5))
    draws[0] = 0.0
    best: tuple[float, FloatArray] | None = None
    for seed in seeds:
        near = _moved(seed, draws[:SEED_SAMPLES] * spread)
        scores = seen.scores(near) + believed(near)
        row = int(np.argmax(scores))
        if best is None or scores[row] > best[0]:
            best = float(scores[row]), near[row]
    assert best is not None
    mean, wide = best[1], np.array(spread, dtype=np.float64)
    for _ in range(rounds):
        steps = draws * wide
        near = _moved(mean, steps)
        scores = seen.scores(near) + believed(near)
        # Samples are denser in the middle; divided by that, they stand for the likelihood alone.
        density = -0.25 * (draws[:, wide > 0] ** 2).sum(axis=1)
        weights = np.exp(np.clip(scores - density - (scores - density).max(), -50, 0))
        weights /= weights.sum()
        step = weights @ steps
        variance = weights @ (steps - step) ** 2
        mean = _moved(mean, step[None])[0]
        wide = np.clip(np.sqrt(variance) * 1.3, 0.35 * wide, wide)
    last = mean[None]
    return Footprint(mean, float((seen.scores(last) + believed(last))[0]))


def _moved(footprint: FloatArray, steps: FloatArray) -> FloatArray:
    """Footprints some steps away, in the footprint's own axes; (5,), (M, 5) to (M, 5)."""
    c, s = math.cos(footprint[2]), math.sin(footprint[2])
    moved = footprint + steps
    moved[:, 0] = footprint[0] + c * steps[:, 0] - s * steps[:, 1]
    moved[:, 1] = footprint[1] + s * steps[:, 0] + c * steps[:, 1]
    moved[:, 3:] = np.maximum(moved[:, 3:], 0.1)
    return moved


def headings(seen: Seen, count: int) -> list[float]:
    """Likely headings of the sides of a rectangle around points, radians in [0, pi/2), best first.

    The closeness criterion of X. Zhang et al., "Efficient L-shape fitting for vehicle detection using
    laser scanners" (IV 2017): of rectangles turned by small steps the one whose edges most points are
    near. Extents leave out the outermost points, for mirrors stick out.

    Args:
        seen: the points.
        count: how many headings at most, each ten degrees from the others.
    """
    angles = np.deg2rad(np.arange(0.0, 90.0, 1.5))
    c, s = np.cos(angles), np.sin(angles)
    x, y = seen.points_m.T
    to_edge = np.full((len(angles), len(x)), np.inf)
    for values in (np.outer(c, x) + np.outer(s, y), np.outer(c, y) - np.outer(s, x)):
        ordered = np.sort(values, axis=1)
        cut = len(x) // 50
        low, high = ordered[:, cut], ordered[:, -1 - cut]
        to_edge = np.minimum(to_edge, np.abs(values - low[:, None]))
        to_edge = np.minimum(to_edge, np.abs(high[:, None] - values))
    closeness = (1 / np.maximum(to_edge, 0.08)).sum(axis=1)
    found: list[float] = []
    for row in np.argsort(-closeness).tolist():
        angle = float(angles[row])
        apart = [
            abs((angle - other + math.pi / 4) % (math.pi / 2) - math.pi / 4) for other in found
        ]
        if all(gap >= math.radians(10) for gap in apart):
            found.append(angle)
        if len(found) == count:
            break
    return found
