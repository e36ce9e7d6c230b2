"""Where an object is at many times, how it moves there, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class MotionStates:
    """Poses of one object at M times, with their first two derivatives.

    Attributes:
        times_ns: the times, (M,).
        centers_m: centres, world frame, (M, 3).
        rotations: orientations, world from cuboid, (M, 3, 3).
        velocities_m_s: of the centres, world frame, (M, 3).
        accelerations_m_s2: of the centres, world frame, (M, 3).
        yaw_rates_rad_s: turning speed about the vertical, (M,).
        covariances: of the error of a pose in the cuboid's own axes, (M, 6, 6): along, across and up
            in metres, then roll, pitch and yaw in radians; None where the model tells none.
    """

    times_ns: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    velocities_m_s: FloatArray
    accelerations_m_s2: FloatArray
    yaw_rates_rad_s: FloatArray
    covariances: FloatArray | None

    def __len__(self) -> int:
        return len(self.times_ns)

    def cuboid(self, row: int, size_lwh_m: FloatArray) -> Cuboid:
        """The cuboid of that size at one of the times, world frame."""
        return Cuboid.trusted(SE3.trusted(self.rotations[row], self.centers_m[row]), size_lwh_m)

    @property
    def pose_covariances(self) -> FloatArray | None:
        """Covariances of along, across, up and yaw, (M, 4, 4): what a box is mostly judged by."""
        if self.covariances is None:
            return None
        return self.covariances[:, [[0], [1], [2], [5]], [0, 1, 2, 5]]


def resting(
    times_ns: IntArray, center_m: FloatArray, rotation: FloatArray, covariance: FloatArray | None
) -> MotionStates:
    """States of an object that stays where it is.

    Args:
        times_ns: (M,).
        center_m: (3,).
        rotation: (3, 3).
        covariance: of its pose, as in `MotionStates`, (6, 6).
    """
    count = len(times_ns)
    return MotionStates(
        times_ns,
        np.tile(center_m, (count, 1)),
        np.tile(rotation, (count, 1, 1)),
        np.zeros((count, 3)),
        np.zeros((count, 3)),
        np.zeros(count),
        None if covariance is None else np.tile(covariance, (count, 1, 1)),
    )


def joined(times_ns: IntArray, parts: list[tuple[IntArray, MotionStates]]) -> MotionStates:
    """States whose rows come from several; each of at least one time."""
    count = len(times_ns)
    told = all(part.covariances is not None for _, part in parts)
    whole = MotionStates(
        times_ns,
        np.empty((count, 3)),
        np.empty((count, 3, 3)),
        np.empty((count, 3)),
        np.empty((count, 3)),
        np.empty(count),
        np.empty((count, 6, 6)) if told else None,
    )
    for rows, part in parts:
        whole.centers_m[rows] = part.centers_m
        whole.rotations[rows] = part.rotations
        whole.velocities_m_s[rows] = part.velocities_m_s
        whole.accelerations_m_s2[rows] = part.accelerations_m_s2
        whole.yaw_rates_rad_s[rows] = part.yaw_rates_rad_s
        if whole.covariances is not None and part.covariances is not None:
            whole.covariances[rows] = part.covariances
    return whole
