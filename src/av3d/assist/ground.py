"""The height of the ground under an object, from the points of sweeps around its way."""

from __future__ import annotations

import math

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
SCATTER_M, AT_FIRST_M = 0.05, 0.1
"""How far points of the ground are from its plane, and from where it is expected."""
UP_M = 0.05
"""Standard deviation of its height where points lie all around the centre."""
FARTHEST = 2.0
"""In standard deviations from where it is expected; what is farther is the underside of the object, or a
kerb, while the ground is hidden."""
FEWEST = 8
LEVEL = 0.02
"""Weight with which the ground is believed to be parallel to the cuboid's floor, per point."""


class Ground:
    """Points that may be ground, by sweep, in a local frame.

    Args:
        size_lwh_m: of the object, (3,).
    """

    def __init__(self, size_lwh_m: FloatArray) -> None:
        self._bottom_m = -float(size_lwh_m[2]) / 2
        self._reach_m = size_lwh_m[:2] / 2 + RING_M
        self._points: dict[int, tuple[int, FloatArray]] = {}

    def see(self, sweep: int, time_ns: int, body_m: FloatArray, local_SE3_body: SE3) -> None:
        """Take in the points around an object, in its body frame, (N, 3); replaces those of the sweep."""
        low = body_m[np.abs(body_m[:, 2] - self._bottom_m) < BAND_M]
        points, _ = thinned(low, CELL_M, MOST_POINTS)
        self._points[sweep] = (time_ns, local_SE3_body.transform(points))

    def above_bottom_m(
        self, time_ns: int, local_SE3_body: SE3, expected_m: float = 0.0
    ) -> tuple[float, float] | None:
        """How far the ground is above the bottom of a cuboid, under its centre; None if unknown.

        Only points under the cuboid and right beside it count. A plane is fitted with weights that fall
        with the distance, first from where the ground is expected, then from the plane; faster above it
        than below: what is not ground stands on it.

        Args:
            time_ns: when.
            local_SE3_body: where the cuboid is expected.
            expected_m: what answer is expected there.

        Returns:
            The height, and its standard deviation, which is greater where points lie to one side only.
        """
        near = [points for t, points in self._points.values() if abs(t - time_ns) <= NEAR_NS]
        if not near:
            return None
        apart = np.concatenate(near) - local_SE3_body.translation_m
        apart = apart[(np.abs(apart[:, :2]) < np.hypot(*self._reach_m)).all(axis=1)]
        body_m = apart @ local_SE3_body.rotation
        body_m = body_m[np.abs(body_m[:, 2] - self._bottom_m) < BAND_M]
        body_m = body_m[(np.abs(body_m[:, :2]) < self._reach_m).all(axis=1)]
        if len(body_m) < 1.5 * FEWEST:
            return None
        base = np.column_stack([np.ones(len(body_m)), body_m[:, :2]])
        height_m = body_m[:, 2] - self._bottom_m
        level = np.diag([0.0, 1.0, 1.0]) * LEVEL * len(base)
        plane = np.array([expected_m, 0.0, 0.0])
        weights = _weights(height_m - expected_m, AT_FIRST_M)
        for _ in range(4):
            normal = base.T @ (base * weights[:, None]) + level
            plane = np.linalg.solve(normal, base.T @ (weights * height_m))
            weights = _weights(height_m - base @ plane, SCATTER_M)
        total = float(weights.sum())
        if total < FEWEST:
            return None
        normal = base.T @ (base * weights[:, None]) + level
        one_sided = total * float(np.linalg.inv(normal)[0, 0])
        sigma_m = UP_M * math.sqrt(one_sided)
        if abs(plane[0] - expected_m) > FARTHEST * math.hypot(sigma_m, AT_FIRST_M):
            return None
        return float(plane[0]), sigma_m


def _weights(above_m: FloatArray, scatter_m: float) -> FloatArray:
    scaled = np.where(above_m > 0, 2 * above_m, above_m) / scatter_m
    return np.asarray(1 / (1 + scaled**2) ** 2)
