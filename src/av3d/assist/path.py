"""The path of an object through sweeps, and how sure it is, while more and more of it is measured.

After every sweep that is measured all others are predicted anew, so this is kept small: constant velocity
with noise, Kalman's filter forward and back. Source: H. Rauch, F. Tung, C. Striebel, "Maximum likelihood
estimates of linear dynamic systems", AIAA Journal 3(8), 1965.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.geometry.se3 import rotation_about_z
from av3d.ontology.motion import Motion
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

DENSITIES = {
    Motion.WHEELED: (3.0, 3.0, 0.05, 0.1),
    Motion.LEGGED: (1.0, 1.0, 0.05, 1.0),
    Motion.STATIC: (1e-6, 1e-6, 1e-6, 1e-6),
    Motion.FREE: (3.0, 3.0, 0.05, 0.5),
}
"""Noise of the accelerations of x, y, z (m^2 / s^3) and of the yaw (rad^2 / s^3)."""

SIDEWAYS_M_S = 0.3
"""Standard deviation of the speed across the heading of vehicles and people; others go as they like."""

PIVOT = 0.3
"""What a vehicle turns about is behind its centre by this part of its length: the rear axle."""


@dataclass(eq=False)
class Path:
    """Poses of an object at the times when it is measured, and what is known of them.

    Coordinates are x, y, z in metres relative to an origin nearby, and the yaw in radians without jumps.

    Attributes:
        times_ns: not decreasing, (N,).
        motion: how the object can move.
        length_m: its length.
        measured: which of the poses are measured, (N,).
        values: the measurements, (N, 4).
        covariances: theirs, in the axes of the world, (N, 4, 4).
        means: coordinates and their rates by all measurements, (N, 8).
        variances: covariances of these, (N, 8, 8).
    """

    times_ns: IntArray
    motion: Motion
    length_m: float
    measured: BoolArray
    values: FloatArray
    covariances: FloatArray
    means: FloatArray
    variances: FloatArray

    @staticmethod
    def unmeasured(times_ns: IntArray, motion: Motion, length_m: float) -> Path:
        """A path of which nothing is known yet."""
        count = len(times_ns)
        return Path(
            times_ns,
            motion,
            length_m,
            np.zeros(count, dtype=bool),
            np.zeros((count, 4)),
            np.tile(np.eye(4), (count, 1, 1)),
            np.zeros((count, 8)),
            np.tile(np.eye(8), (count, 1, 1)),
        )

    def measure(self, row: int, value: FloatArray, covariance: FloatArray) -> None:
        """Note a pose (4,) and its covariance along, across, up and in yaw (4, 4)."""
        self.measured[row] = True
        self.values[row] = value
        self.covariances[row] = turned(covariance, value[3])

    def smooth(self) -> None:
        """Compute `means` and `variances`; at least one pose must be measured."""
        from av3d.assist.kernels import smooth

        heads = self.motion in (Motion.WHEELED, Motion.LEGGED)
        smooth(
            (self.times_ns - self.times_ns[0]) / NS_PER_S,
            self.measured,
            self.values,
            self.covariances,
            np.array(DENSITIES[self.motion]),
            SIDEWAYS_M_S if heads else np.inf,
            PIVOT * self.length_m if self.motion is Motion.WHEELED else 0.0,
            self.means,
            self.variances,
        )

    def stand(self, value: FloatArray, covariance: FloatArray) -> None:
        """Be at one place all the time: a pose (4,) with a covariance in the axes of the world (4, 4)."""
        self.means[:] = 0.0
        self.means[:, :4] = value
        self.variances[:] = 0.0
        self.variances[:, :4, :4] = covariance

    def body_covariance(self, row: int) -> FloatArray:
        """Covariance along, across, up and in yaw, (4, 4)."""
        return turned(self.variances[row, :4, :4], -self.means[row, 3])

    def without(self, row: int) -> tuple[FloatArray, FloatArray]:
        """A pose as all other measurements tell it.

        Returns:
            Coordinates with rates (8,), and their covariance along, across, up and in yaw (4, 4).
        """
        state, spread = self.means[row].copy(), self.variances[row, :4, :4]
        if self.measured[row]:
            own = np.linalg.inv(self.covariances[row])
            rest = np.linalg.inv(spread) - own
            # Rounding may leave nothing where the measurement itself is nearly all that is known.
            if np.linalg.eigvalsh(rest)[0] > 1e-3:
                known = np.linalg.solve(spread, state[:4]) - own @ self.values[row]
                spread = np.linalg.inv(rest)
                state[:4] = spread @ known
        return state, turned(spread, -state[3])


def turned(covariance: FloatArray, yaw_rad: float) -> FloatArray:
    """A covariance of x, y, z and yaw, (4, 4), in axes that are turned by an angle about the vertical."""
    turn = np.eye(4)
    turn[:3, :3] = rotation_about_z(yaw_rad)
    return np.asarray(turn @ covariance @ turn.T)
