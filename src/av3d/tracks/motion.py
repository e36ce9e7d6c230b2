"""Where an object is between its keyframes: linear in time, in the world frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.types import NS_PER_S, FloatArray, IntArray


class LinearMotion:
    """Centre and size linear in time, orientation by slerp.

    Args:
        timestamps_ns: strictly increasing times of the keyframes, N >= 1.
        cuboids: their cuboids in the world frame.
    """

    def __init__(self, timestamps_ns: Sequence[int], cuboids: Sequence[Cuboid]) -> None:
        self._times: IntArray = np.asarray(timestamps_ns, dtype=np.int64)
        self._poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
        self._sizes = np.stack([cuboid.size_lwh_m for cuboid in cuboids])

    def cuboid_at(self, timestamp_ns: int, *, hold: bool) -> Cuboid:
        """The cuboid at a time.

        Args:
            timestamp_ns: the time.
            hold: outside the keyframes, keep the nearest one; else continue at its velocity.
        """
        if hold:
            timestamp_ns = int(np.clip(timestamp_ns, self._times[0], self._times[-1]))
        if len(self._times) == 1:
            return Cuboid(self._poses[0], self._sizes[0])
        left, fraction = self._segment(timestamp_ns)
        pose = self._poses[left].interpolate(self._poses[left + 1], fraction)
        # A size does not go on growing past the last keyframe.
        blend = float(np.clip(fraction, 0.0, 1.0))
        size = self._sizes[left] + blend * (self._sizes[left + 1] - self._sizes[left])
        return Cuboid(pose, size)

    def velocity_at(self, timestamp_ns: int) -> FloatArray:
        """Velocity of the centre, metres per second in the world frame, (3,).

        At a keyframe between two segments: the mean of the two, weighted by their durations.
        """
        if len(self._times) == 1:
            return np.zeros(3)
        left, _ = self._segment(timestamp_ns)
        right = left + 1
        if timestamp_ns == self._times[left] and left > 0:
            left -= 1
        duration_s = (self._times[right] - self._times[left]) / NS_PER_S
        centers = self._poses.translation_m
        return np.asarray((centers[right] - centers[left]) / duration_s)

    def _segment(self, timestamp_ns: int) -> tuple[int, float]:
        """Left keyframe of the segment and the fraction along it; outside 0..1 past the ends."""
        left = int(np.searchsorted(self._times, timestamp_ns, side="right")) - 1
        left = min(max(left, 0), len(self._times) - 2)
        span = int(self._times[left + 1] - self._times[left])
        return left, (timestamp_ns - int(self._times[left])) / span
