"""The ground at a place in the points of one frame: a plane that bears slopes, kerbs and few points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.assist.level import UP, Points, around, level_SE3_ego
from av3d.types import BoolArray, FloatArray

CELL_M = 0.4
"""The lowest points of cells this wide may be ground; what stands on it is above them."""
MOST_CELLS, MOST_POINTS = 400, 10_000
WIDER = (1.0, 2.0)
"""Where the ground shows too few points (far away the rings are metres apart), it is looked for wider."""
FEWEST_CELLS = 6
STEEPEST = 0.25
"""Rise over run against `up`; the steepest streets rise by a third."""
TRIALS = 160
SCATTER_M = 0.06
"""How far points of the ground are from its plane."""
BELOW_M = 0.2
"""What lies so far below a plane speaks against it."""
LEVEL_M = 0.5
"""Slopes cost little: this many points, each a metre away, would have to show one of 1."""
ON_IT = 2.5
"""Cells so many scatters from the plane count as ground."""
LEAST_SIGMA_M = 0.01
WIDE, WIDE_M, WIDE_SCATTER_M, FROM_WIDE_M = 6.0, 20.0, 0.15, 0.35
"""The plane of the street around, at least so wide, and how far from it the ground there may be."""


@dataclass(frozen=True, eq=False)
class GroundPlane:
    """The ground around a place, in the ego frame.

    Attributes:
        point_m: a point of the plane, under or over the place that was asked about, (3,).
        normal: its unit normal, (3,).
        up: the unit vector that points up, (3,).
        sigma_m: standard deviation of its height at the point.
        points: how many cells of the ground showed it.
    """

    point_m: FloatArray
    normal: FloatArray
    up: FloatArray
    sigma_m: float
    points: int

    def height_at(self, xy_m: npt.ArrayLike) -> FloatArray:
        """The z of the plane in the ego frame at x and y, (..., 2) to (...)."""
        apart = np.asarray(xy_m, dtype=np.float64) - self.point_m[:2]
        return np.asarray(self.point_m[2] - apart @ self.normal[:2] / self.normal[2])

    def above_m(self, points_m: npt.ArrayLike) -> FloatArray:
        """How far points of the ego frame are above the plane, measured along `up`, (..., 3) to (...)."""
        apart = np.asarray(points_m, dtype=np.float64) - self.point_m
        return np.asarray(apart @ self.normal / (self.normal @ self.up))

    @property
    def is_sure(self) -> bool:
        """Whether the height is known to a decimetre."""
        return self.sigma_m <= 0.1


def local_ground(
    points_m: Points,
    around_m: npt.ArrayLike,
    reach_m: float,
    up: npt.ArrayLike = UP,
) -> GroundPlane | None:
    """The plane of the ground under and around a place; None where too few points show it.

    The lowest points of small cells are candidates. Of planes through three of them the one wins that
    most others lie on and few lie below; it is then fitted to all that lie near it, with weights that
    fall with the distance to the plane and to the place. So an object at the place, a wall beside it, a
    roof above it and stray points below the street do not move it, and of a street and its kerb the one
    counts that has more cells around the place.

    Args:
        points_m: a cloud in the ego frame, (N, 3).
        around_m: x and y of the place (further values do not count), (2,) or (3,).
        reach_m: how far around the place; up to four times as far where few points lie.
        up: up in the ego frame, (3,).
    """
    x, y = (float(value) for value in np.asarray(around_m, dtype=np.float64)[:2])
    wide_m = max(WIDE * reach_m, WIDE_M)
    near_m = around(points_m, (x, y), wide_m)
    if len(near_m) < FEWEST_CELLS:
        return None
    # Near the sensor there are many more points than cells.
    thin_m = near_m[:: 1 + len(near_m) // MOST_POINTS]
    level = level_SE3_ego(up, [x, y, float(np.median(thin_m[:, 2]))])
    # Beside a row of cars hardly any ground is seen, and much of hoods and roofs; farther around,
    # the street outweighs them.
    cell_m = 2 * wide_m / MOST_CELLS**0.5
    wide = _plane(_lowest(level.transform(thin_m), cell_m), wide_m, WIDE_SCATTER_M)
    if wide is None:
        return None
    local_m = around(near_m, (x, y), 1.5 * WIDER[-1] * reach_m)
    local_m = level.transform(local_m[:: 1 + len(local_m) // (2 * MOST_POINTS)])
    off_m = local_m[:, 2] - (wide.coefficients[0] + local_m[:, :2] @ wide.coefficients[1:])
    local_m = local_m[np.abs(off_m) < FROM_WIDE_M]
    found = None
    for wider in WIDER:
        inside = np.abs(local_m[:, :2]).max(axis=1) <= wider * reach_m
        cell_m = max(CELL_M, 2 * wider * reach_m / MOST_CELLS**0.5)
        found = _plane(_lowest(local_m[inside], cell_m), wider * reach_m, SCATTER_M)
        if found is not None:
            break
    a, slope_x, slope_y = (found or wide).coefficients
    normal = np.array([-slope_x, -slope_y, 1.0])
    ego = level.inverse()
    return GroundPlane(
        ego.transform([0.0, 0.0, a]),
        ego.rotate(normal / np.linalg.norm(normal)),
        level.rotation[2].copy(),
        found.sigma_m if found is not None else wide.sigma_m + WIDE_SCATTER_M,
        (found or wide).count,
    )


@dataclass(frozen=True, eq=False)
class _Plane:
    """z = a + b x + c y in a level frame, how sure a is, and how many cells lie on it."""

    coefficients: FloatArray
    sigma_m: float
    count: int


def _plane(lowest: FloatArray, reach_m: float, scatter_m: float) -> _Plane | None:
    """The plane of the lowest points of cells, (N, 3), around the origin of a level frame."""
    if len(lowest) < FEWEST_CELLS:
        return None
    nearness = 1 / (1 + (np.hypot(lowest[:, 0], lowest[:, 1]) / reach_m) ** 2)
    base = np.column_stack([np.ones(len(lowest)), lowest[:, :2]])
    plane = _best_trial(lowest, base, nearness, scatter_m)
    slight = np.diag([0.0, LEVEL_M, LEVEL_M]) ** 2
    for _ in range(5):
        off = lowest[:, 2] - base @ plane
        # Faster above than below: what is not ground stands on it.
        scaled = np.where(off > 0, 1.5 * off, off) / scatter_m
        weights = nearness / (1 + scaled**2) ** 2
        moments = base.T @ (base * weights[:, None]) + slight
        plane = np.linalg.solve(moments, base.T @ (weights * lowest[:, 2]))
    off = lowest[:, 2] - base @ plane
    on_it = np.abs(off) < ON_IT * scatter_m
    count = int(on_it.sum())
    if count < FEWEST_CELLS or float(np.hypot(plane[1], plane[2])) > STEEPEST:
        return None
    moments = base.T @ (base * (weights * on_it)[:, None]) + slight
    spread_m = max(scatter_m / 2, float(np.sqrt(np.mean(off[on_it] ** 2))))
    leverage = float(np.linalg.inv(moments)[0, 0])
    return _Plane(plane, spread_m * leverage**0.5 + LEAST_SIGMA_M, count)


def _lowest(points_m: FloatArray, cell_m: float) -> FloatArray:
    """The lowest point of each cell, (M, 3); of a full cell the lowest but one, which is no stray."""
    if not len(points_m):
        return points_m
    cells = np.floor(points_m[:, :2] / cell_m).astype(np.int64)
    cells -= cells.min(axis=0)
    keys = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
    order = np.lexsort((points_m[:, 2], keys))
    _, first, counts = np.unique(keys[order], return_index=True, return_counts=True)
    rows = first + np.where(counts >= 10, 1, 0)
    return np.asarray(points_m[order[rows]])


def _best_trial(
    lowest: FloatArray, base: FloatArray, nearness: FloatArray, scatter_m: float
) -> FloatArray:
    """Of planes through three of the points, and level ones through one, the likeliest; (3,)."""
    # The same points give the same ground: no dependence on chance.
    rng = np.random.default_rng(len(lowest))
    chosen = rng.integers(0, len(lowest), (TRIALS, 3))
    matrices = base[chosen]
    solvable = np.abs(np.linalg.det(matrices)) > CELL_M**2
    heights = lowest[chosen[solvable], 2]
    planes = np.linalg.solve(matrices[solvable], heights[..., None])[..., 0]
    planes = planes[np.hypot(planes[:, 1], planes[:, 2]) <= STEEPEST]
    levels = np.zeros((min(len(lowest), 40), 3))
    levels[:, 0] = np.quantile(lowest[:, 2], np.linspace(0, 1, len(levels)))
    planes = np.concatenate([planes, levels])
    off = lowest[:, 2] - planes @ base.T
    below: BoolArray = off < -BELOW_M
    votes = np.exp(-0.5 * (off / scatter_m) ** 2) - 0.7 * below
    scores = votes @ nearness - 2 * np.hypot(planes[:, 1], planes[:, 2])
    best: FloatArray = planes[int(np.argmax(scores))]
    return best
