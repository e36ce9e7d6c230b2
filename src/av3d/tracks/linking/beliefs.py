"""What is believed of many objects at once: a Kalman filter over columns.

The state of an object is its place x, y, z (m), velocity vx, vy, vz (m/s), yaw (rad) and yaw rate
(rad/s), in the world frame. Velocity and yaw rate change by white noise (Bar-Shalom, Li, Kirubarajan:
Estimation with Applications to Tracking and Navigation, 2001, ch. 6); the velocity of what steers turns
with the heading, at a rate that dies away, as nobody turns for long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.linking.habits import Habits
from av3d.types import BoolArray, FloatArray, IntArray

X, Y, Z, VX, VY, VZ, YAW, TURN = range(8)
PLACE = slice(0, 3)
MEASURED = np.array([X, Y, Z, YAW])
TURN_LASTS_S = 1.5
"""After this time a turn has lost most of its rate."""
CLIMB_M_S = 0.7
"""Standard deviation of the speed at which a newcomer goes up or down, on wheels or feet."""
FASTEST_TURN_RAD_S = 1.2


@dataclass(eq=False)
class Beliefs:
    """Gaussian beliefs about N objects.

    Attributes:
        means: states, (N, 8).
        covariances: (N, 8, 8).
        kinds: place of the category of each in `Habits.names`, (N,).
    """

    means: FloatArray
    covariances: FloatArray
    kinds: IntArray

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, rows: IntArray | BoolArray) -> Beliefs:
        return Beliefs(self.means[rows], self.covariances[rows], self.kinds[rows])

    @staticmethod
    def empty() -> Beliefs:
        """Of no object."""
        return Beliefs(np.empty((0, 8)), np.empty((0, 8, 8)), np.empty(0, dtype=np.int64))

    @staticmethod
    def joined(first: Beliefs, second: Beliefs) -> Beliefs:
        """Of the objects of both, in this order."""
        return Beliefs(
            np.concatenate([first.means, second.means]),
            np.concatenate([first.covariances, second.covariances]),
            np.concatenate([first.kinds, second.kinds]),
        )

    @staticmethod
    def of_newcomers(
        places_m: FloatArray, yaws_rad: FloatArray, kinds: IntArray, habits: Habits
    ) -> Beliefs:
        """After one detection each: the place is known, the velocity is not.

        Args:
            places_m: (N, 3).
            yaws_rad: (N,).
            kinds: (N,).
            habits: of the categories.
        """
        count = len(kinds)
        means = np.zeros((count, 8))
        means[:, PLACE], means[:, YAW] = places_m, yaws_rad
        noise = habits.noise[kinds]
        covariances = np.zeros((count, 8, 8))
        covariances[:, X, X] = covariances[:, Y, Y] = noise[:, 0] ** 2
        covariances[:, Z, Z] = noise[:, 1] ** 2
        speeds = _turned(yaws_rad, habits.start_along[kinds] ** 2, habits.start_across[kinds] ** 2)
        covariances[:, VX : VY + 1, VX : VY + 1] = speeds
        covariances[:, VZ, VZ] = np.minimum(CLIMB_M_S, habits.start_along[kinds]) ** 2
        covariances[:, YAW, YAW] = noise[:, 2] ** 2
        covariances[:, TURN, TURN] = 0.3**2
        return Beliefs(means, covariances, np.asarray(kinds, dtype=np.int64))

    def after(self, steps_s: FloatArray | float, habits: Habits) -> Beliefs:
        """The beliefs some time later (or earlier, where a step is negative).

        Args:
            steps_s: (N,) or one for all.
            habits: of the categories.
        """
        count = len(self)
        dt = np.broadcast_to(np.asarray(steps_s, dtype=np.float64), (count,))
        size = np.abs(dt)
        steers = habits.steers[self.kinds]
        lasts = TURN_LASTS_S * -np.expm1(-size / TURN_LASTS_S) * np.sign(dt)
        turned = self.means[:, TURN] * lasts
        half: FloatArray = np.where(steers, turned / 2, 0.0)
        velocity = self.means[:, VX : VY + 1]
        halfway, later = _rotated(velocity, half), _rotated(velocity, 2 * half)

        means = self.means.copy()
        means[:, X : Y + 1] += halfway * dt[:, None]
        means[:, Z] += self.means[:, VZ] * dt
        means[:, VX : VY + 1] = later
        means[:, YAW] += turned
        decay = np.exp(-size / TURN_LASTS_S)
        means[:, TURN] *= decay

        jacobian = np.zeros((count, 8, 8))
        jacobian[:, range(8), range(8)] = 1.0
        for row, angle in ((X, half), (VX, 2 * half)):
            scale = dt if row == X else np.ones(count)
            cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
            jacobian[:, row, VX], jacobian[:, row, VY] = cos, -sin
            jacobian[:, row + 1, VX], jacobian[:, row + 1, VY] = sin, cos
        jacobian[:, Z, VZ] = dt
        bends = np.where(steers, lasts, 0.0)
        jacobian[:, X, TURN], jacobian[:, Y, TURN] = (
            -halfway[:, 1] * dt * bends / 2,
            halfway[:, 0] * dt * bends / 2,
        )
        jacobian[:, VX, TURN], jacobian[:, VY, TURN] = -later[:, 1] * bends, later[:, 0] * bends
        jacobian[:, YAW, TURN] = lasts
        jacobian[:, TURN, TURN] = decay
        covariances = jacobian @ self.covariances @ jacobian.transpose(0, 2, 1)
        covariances += self._grown(dt, habits)
        return Beliefs(means, covariances, self.kinds)

    def _grown(self, dt: FloatArray, habits: Habits) -> FloatArray:
        """What a time adds to the covariances."""
        kinds, size = self.kinds, np.abs(dt)
        noise = np.zeros((len(self), 8, 8))
        plane = _turned(self.means[:, YAW], habits.along[kinds] ** 2, habits.across[kinds] ** 2)
        third, half = (size**3 / 3)[:, None, None], (size * dt / 2)[:, None, None]
        place, speed = slice(X, Z), slice(VX, VZ)
        noise[:, place, place] = plane * third
        noise[:, place, speed] = noise[:, speed, place] = plane * half
        noise[:, speed, speed] = plane * size[:, None, None]
        climbs = np.minimum(0.5, habits.along[kinds]) ** 2
        turns = habits.turn[kinds] ** 2
        for at, rate, density in ((Z, VZ, climbs), (YAW, TURN, turns)):
            noise[:, at, at] = density * size**3 / 3
            noise[:, at, rate] = noise[:, rate, at] = density * size * dt / 2
            noise[:, rate, rate] = density * size
        return noise

    def update(
        self, rows: IntArray, places_m: FloatArray, yaws_rad: FloatArray, habits: Habits
    ) -> BoolArray:
        """Take in a detection of each of some objects.

        A heading counts whichever way it points, as detectors confuse front and back; one that is
        neither is left out.

        Args:
            rows: of the objects, M different ones.
            places_m: (M, 3).
            yaws_rad: (M,).
            habits: of the categories.

        Returns:
            Whether the detection points the other way, (M,).
        """
        means, covariances = self.means[rows], self.covariances[rows]
        noise = habits.noise[self.kinds[rows]]
        away, flipped = heading_difference(yaws_rad, means[:, YAW])
        spread = covariances[:, YAW, YAW] + noise[:, 2] ** 2
        lost = away**2 > 9.0 * spread
        off = np.column_stack([places_m - means[:, PLACE], np.where(lost, 0.0, away)])
        total = covariances[:, MEASURED][:, :, MEASURED].copy()
        for place, column in enumerate((0, 0, 1, 2)):
            total[:, place, place] += noise[:, column] ** 2
        total[lost, 3, 3] += 1e6
        cross = covariances[:, :, MEASURED]
        gain = np.linalg.solve(total, cross.transpose(0, 2, 1)).transpose(0, 2, 1)
        after = means + np.einsum("nij,nj->ni", gain, off)
        after[:, TURN] = np.clip(after[:, TURN], -FASTEST_TURN_RAD_S, FASTEST_TURN_RAD_S)
        self.means[rows] = after
        left = covariances - gain @ cross.transpose(0, 2, 1)
        self.covariances[rows] = (left + left.transpose(0, 2, 1)) / 2
        return flipped


def heading_difference(
    yaws_rad: FloatArray, others_rad: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """How far headings are apart when front and back are the same, and whether they are opposite.

    Args:
        yaws_rad: any shape.
        others_rad: a shape that broadcasts with it.

    Returns:
        The difference within ±π/2, and whether the one points away from the other.
    """
    difference = np.asarray(yaws_rad - others_rad)
    halves = np.round(difference / np.pi)
    return difference - halves * np.pi, np.asarray(halves % 2 == 1)


def _turned(yaws_rad: FloatArray, along: FloatArray, across: FloatArray) -> FloatArray:
    """Covariances in the plane of what has variances along and across a heading, (N, 2, 2)."""
    cos, sin = np.cos(yaws_rad), np.sin(yaws_rad)
    matrix = np.empty((len(cos), 2, 2))
    matrix[:, 0, 0] = along * cos**2 + across * sin**2
    matrix[:, 1, 1] = along * sin**2 + across * cos**2
    matrix[:, 0, 1] = matrix[:, 1, 0] = (along - across) * sin * cos
    return matrix


def _rotated(vectors: FloatArray, angles_rad: FloatArray) -> FloatArray:
    cos, sin = np.cos(angles_rad), np.sin(angles_rad)
    x, y = vectors[:, 0], vectors[:, 1]
    return np.column_stack([cos * x - sin * y, sin * x + cos * y])
