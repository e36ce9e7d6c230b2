"""The height of the ground under an object, from the points of sweeps around its way."""

from __future__ import annotations

import numpy as np

from av3d.assist.surroundings import thinned
from av3d.geometry.se3 import SE3
from av3d.types import NS_PER_S, FloatArray

CELL_M = 0.2
MOST_POINTS = 400
"""Of one sweep."""
BAND_M = 0.4
"""Points this much above or below the expected bottom may be ground."""
NEAR_NS = int(1.5 * NS_PER_S)
"""Ground is taken from sweeps so close in time: an object hides what is beneath it."""
RING_M = 0.5
"""How far around the cuboid the ground is looked at."""
SCATTER_M = 0.05
FEWEST = 8
LEVEL = 0.02
"""Weight with which the ground is believed to be parallel to the cuboid's floor, per point."""


class Ground:
    """Points that may be ground, by sweep, in a local frame."""

    def __init__(self, height_m: float, radius_m: float) -> None:
        self._bottom_m = -height_m / 2
        self._radius_m = radius_m + RING_M
        self._points: dict[int, tuple[int, FloatArray]] = {}

    def see(self, sweep: int, time_ns: int, body_m: FloatArray, local_SE3_body: SE3) -> None:
        """Take in the points around an object, in its body frame, (N, 3); replaces those of the sweep."""
        low = body_m[np.abs(body_m[:, 2] - self._bottom_m) < BAND_M]
        points, _ = thinned(low, CELL_M, MOST_POINTS)
        self._points[sweep] = (time_ns, local_SE3_body.transform(points))

    def above_bottom_m(self, time_ns: int, local_SE3_body: SE3) -> float | None:
        """How far the ground is above the bottom of a cuboid, under its centre; None if unknown.

        A plane is fitted with weights that fall with the distance, faster above the plane than below:
        what is not ground stands on it.
        """
        near = [points for t, points in self._points.values() if abs(t - time_ns) <= NEAR_NS]
        if not near:
            return None
        apart = np.concatenate(near) - local_SE3_body.translation_m
        apart = apart[(np.abs(apart[:, :2]) < self._radius_m).all(axis=1)]
        body_m = apart @ local_SE3_body.rotation
        body_m = body_m[np.abs(body_m[:, 2] - self._bottom_m) < BAND_M]
        if len(body_m) < 1.5 * FEWEST:
            return None
        base = np.column_stack([np.ones(len(body_m)), body_m[:, :2]])
        height_m = body_m[:, 2] - self._bottom_m
        level = np.diag([0.0, 1.0, 1.0]) * LEVEL * len(base)
        weights = np.ones(len(base))
        plane = np.zeros(3)
        for _ in range(4):
            plane = np.linalg.solve(
                base.T @ (base * weights[:, None]) + level, base.T @ (weights * height_m)
            )
            rest = height_m - base @ plane
            weights = 1 / (1 + (np.where(rest > 0, 2 * rest, rest) / SCATTER_M) ** 2) ** 2
        return float(plane[0]) if weights.sum() >= FEWEST else None
