"""Where a sweep shows an object whose shape is known: a pose with its covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.assist.shape import Shape
from av3d.types import Float32Array, FloatArray

COARSE_M, NARROW_COARSE_M, FINE_M = 0.3, 0.15, 0.1
"""How much surfaces are blurred for the search (those of people and two-wheelers less: what stands
beside them is as large as they are), and for the result."""
STEP, STEP_RAD = 0.7, np.radians(4.0)
"""Steps of the search: in metres, in parts of the blur."""
WIDEST_M, WIDEST_RAD = 2.4, np.radians(24.0)
EFFECTIVE = 30.0
"""Points of one sweep are not independent; together they count like so many at most."""
SPREAD = np.linspace(-2.4, 2.4, 7)
"""Where the posterior is evaluated, in standard deviations."""
FLOOR = np.array([0.04, 0.04, 0.05, np.radians(0.7)])
"""Standard deviations below which no registration is believed: shapes are not known better."""
LEAST_GAIN = 0.2
"""Information that every direction is said to have gained at least, in parts of what was expected."""
MARGIN_M = 0.1
"""Points so close to the cuboid count as inside."""
FEWEST = 2.5
"""Weights of the points inside."""


@dataclass(frozen=True, eq=False)
class Fields:
    """The values of a shape for the search and for the result."""

    shape: Shape
    coarse_m: float
    coarse: Float32Array
    fine: Float32Array

    @staticmethod
    def of(shape: Shape) -> Fields:
        coarse_m = COARSE_M if shape.hollow else NARROW_COARSE_M
        return Fields(shape, coarse_m, shape.field(coarse_m), shape.field(FINE_M))


@dataclass(frozen=True, eq=False)
class Registration:
    """What a sweep says of an object's pose, as a step from where it was expected.

    Attributes:
        step: along, across, up in metres in the expected body frame, and a turn in radians, (4,).
        covariance: of the step, without what was expected, (4, 4).
        best: the step that both together say, (4,).
        inside: how many of the points are then in the cuboid.
        agreement: mean value of these points, 0 to about 3.5.
    """

    step: FloatArray
    covariance: FloatArray
    best: FloatArray
    inside: int
    agreement: float


def _scores(
    points_m: FloatArray, weights: FloatArray, steps: FloatArray, shape: Shape, field: Float32Array
) -> FloatArray:
    from av3d.assist.kernels import score_poses

    scores = np.empty(len(steps))
    score_poses(
        points_m, weights, np.ascontiguousarray(steps), field, shape.origin_m, shape.cell_m, scores
    )
    return scores


def _grid(*axes: FloatArray) -> FloatArray:
    return np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)


def _axis(deviation: float, step: float, widest: float) -> FloatArray:
    reach = min(2.5 * deviation, widest)
    count = max(int(np.ceil(reach / step)), 1)
    return np.linspace(-reach, reach, 2 * count + 1)


def _moments(
    steps: FloatArray, scores: FloatArray, prior: FloatArray
) -> tuple[FloatArray, FloatArray]:
    logs = scores - 0.5 * np.einsum("ni,ij,nj->n", steps, prior, steps)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean = weights @ steps
    apart = steps - mean
    return mean, (weights[:, None] * apart).T @ apart


def register(
    points_m: FloatArray,
    weights: FloatArray,
    fields: Fields,
    covariance: FloatArray,
    *,
    turns: bool,
) -> Registration | None:
    """Find the pose of an object in the points around it.

    The posterior of a step along, across and of a turn is evaluated on grids: first wide ones on
    blurred surfaces, around the best then ever finer ones that follow the posterior's own axes. Its
    first two moments, freed from what was expected, are the measurement. A side that can slide along
    itself gives a wide covariance along it.

    Args:
        points_m: in the expected body frame, without ground, (N, 3).
        weights: how much each point counts, (N,).
        fields: the shape.
        covariance: of what is expected, along, across, up, yaw, (4, 4).
        turns: whether the points tell the heading; those of a person do not.

    Returns:
        The registration; None where there are no points on the object.
    """
    if len(points_m) < 3:
        return None
    free = [0, 1, 3] if turns else [0, 1]
    plane = np.ix_(free, free)
    expected = covariance[plane]
    prior = np.linalg.inv(expected)
    temper = min(1.0, EFFECTIVE / max(float(weights.sum()), 1.0))
    deviations = np.sqrt(np.diag(expected))
    shape = fields.shape

    def evaluated(steps: FloatArray, field: Float32Array) -> FloatArray:
        full = np.zeros((len(steps), 4))
        full[:, free] = steps
        return temper * _scores(points_m, weights, full, shape, field)

    step_m = STEP * fields.coarse_m
    steps = _grid(
        _axis(deviations[0], step_m, WIDEST_M),
        _axis(deviations[1], step_m, WIDEST_M),
        *((_axis(deviations[2], STEP_RAD, WIDEST_RAD),) if turns else ()),
    )
    mean, spread = _moments(steps, evaluated(steps, fields.coarse), prior)
    least = np.diag(np.array([0.03, 0.03, 0.01])[: len(free)] ** 2)
    unit = _grid(*[SPREAD] * len(free))
    for _ in range(2):
        factor = np.linalg.cholesky(spread + least)
        steps = mean + unit @ factor.T
        mean, spread = _moments(steps, evaluated(steps, fields.fine), prior)
    spread = spread + least / 9
    best = np.zeros(4)
    best[free] = mean
    step, own = _without(mean, spread, expected)
    full_step, full_cov = np.zeros(4), np.diag([0.0, 0.0, 1.0, 0.0 if turns else 1.0])
    full_step[free] = step
    full_cov[plane] = own
    full_cov += np.diag(FLOOR**2)
    moved = seen_after(points_m, best)
    inside = (np.abs(moved) <= shape.size_lwh_m / 2 + MARGIN_M).all(axis=1)
    count = float(weights[inside].sum())
    if count < FEWEST:
        return None
    within = np.ascontiguousarray(moved[inside])
    score = float(
        _scores(
            within, np.ascontiguousarray(weights[inside]), np.zeros((1, 4)), shape, fields.fine
        )[0]
    )
    return Registration(full_step, full_cov, best, int(inside.sum()), score / count)


def seen_after(points_m: FloatArray, step: FloatArray) -> FloatArray:
    """Points (N, 3) as a body sees them after a step along, across, up and a turn, (4,)."""
    c, s = np.cos(step[3]), np.sin(step[3])
    moved = points_m - step[:3]
    return np.stack(
        [c * moved[:, 0] + s * moved[:, 1], c * moved[:, 1] - s * moved[:, 0], moved[:, 2]], 1
    )


def _without(
    mean: FloatArray, spread: FloatArray, expected: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The measurement that turns what was expected, with mean 0, into the posterior."""
    factor = np.linalg.cholesky(expected)
    inverse = np.linalg.inv(factor)
    values, axes = np.linalg.eigh(inverse @ spread @ inverse.T)
    gain = np.maximum(1.0 / np.maximum(values, 1e-12) - 1.0, LEAST_GAIN)
    along = axes.T @ (inverse @ mean)
    back = factor @ axes
    return back @ (along * (1 + gain) / gain), (back / gain) @ back.T
