"""Where an object is between its keyframes: linear in time, in the world frame."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.geometry.turn import turn_vectors
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.heading import split_heading
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates, resting
from av3d.types import NS_PER_S, FloatArray, IntArray


class LinearMotion(Motion):
    """Centre and size linear in time, orientation by slerp.

    Asked for hundreds of tracks at the times of every camera of a frame, so what does not depend on
    the time is computed once, when it is first needed: of thousands of tracks few are looked at.

    Args:
        columns: the keyframes, N >= 1.

    Attributes:
        centers_m: their centres, world frame, (N, 3).
    """

    def __init__(self, columns: KeyframeColumns) -> None:
        super().__init__(columns)
        self._times: list[int] = columns.times_ns.tolist()
        self.centers_m = columns.centers_m
        self._sizes = columns.sizes_lwh_m
        self._rotations = columns.rotations

    @cached_property
    def _turns(self) -> tuple[list[list[float]], list[float]]:
        """The way from each keyframe to the next: axis and angle, in the frame of the cuboid."""
        relative = np.swapaxes(self._rotations[:-1], -1, -2) @ self._rotations[1:]
        vectors = turn_vectors(relative)
        angles = np.linalg.norm(vectors, axis=-1)
        return (vectors / np.maximum(angles, 1e-300)[:, None]).tolist(), angles.tolist()

    @cached_property
    def _yaws(self) -> FloatArray:
        """Headings about the vertical, without jumps, (N,)."""
        return split_heading(self._rotations)[0]

    def states(self, times_ns: IntArray) -> MotionStates:
        """The object at times; it does not accelerate but at keyframes, and no doubt is told."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        known_ns = self.columns.times_ns
        if len(known_ns) == 1:
            return resting(times_ns, self.centers_m[0], self._rotations[0], None)
        left = np.clip(np.searchsorted(known_ns, times_ns, "right") - 1, 0, len(known_ns) - 2)
        duration_ns = known_ns[left + 1] - known_ns[left]
        fraction = (times_ns - known_ns[left]) / duration_ns
        start, end = (SE3.trusted(self._rotations[k], self.centers_m[k]) for k in (left, left + 1))
        poses = start.interpolate(end, fraction)
        yaws = self._yaws
        # A keyframe belongs to both of the segments that meet there.
        meets = (times_ns == known_ns[left]) & (left > 0)
        before = np.where(meets, left - 1, left)
        duration_s = (known_ns[left + 1] - known_ns[before]) / NS_PER_S
        way_m = self.centers_m[left + 1] - self.centers_m[before]
        return MotionStates(
            times_ns,
            poses.translation_m,
            poses.rotation,
            way_m / duration_s[:, None],
            np.zeros((len(times_ns), 3)),
            (yaws[left + 1] - yaws[before]) / duration_s,
            None,
        )

    def cuboid_at(self, timestamp_ns: int) -> Cuboid:
        """The cuboid at a time, N >= 2; outside the keyframes the motion goes on."""
        return self.cuboid_between(*self._segment(timestamp_ns))

    def cuboid_between(self, left: int, fraction: float) -> Cuboid:
        """The cuboid on the way from keyframe `left` to the next, N >= 2.

        Args:
            left: index of a keyframe, not the last.
            fraction: 0 at it, 1 at the next; outside, the motion goes on.
        """
        center = self.centers_m[left]
        center = center + fraction * (self.centers_m[left + 1] - center)
        # A size does not go on growing past the last keyframe.
        blend = min(max(fraction, 0.0), 1.0)
        size = self._sizes[left] + blend * (self._sizes[left + 1] - self._sizes[left])
        axes, angles = self._turns
        turn = _rotation(axes[left], angles[left] * fraction)
        return Cuboid.trusted(SE3.trusted(self._rotations[left] @ turn, center), size)

    def velocity_at(self, timestamp_ns: int) -> FloatArray:
        """Velocity of the centre, metres per second in the world frame, (3,).

        At a keyframe between two segments: the mean of the two, weighted by their durations. Outside
        the keyframes: that of the first or last segment.
        """
        if len(self._times) == 1:
            return np.zeros(3)
        left, right, duration_s = self._around(timestamp_ns)
        return np.asarray((self.centers_m[right] - self.centers_m[left]) / duration_s)

    def yaw_rate_at(self, timestamp_ns: int) -> float:
        """Turning speed about the vertical, radians per second; at keyframes as `velocity_at`."""
        if len(self._times) == 1:
            return 0.0
        left, right, duration_s = self._around(timestamp_ns)
        return self.turn_between(left, right) / duration_s

    def turn_between(self, left: int, right: int) -> float:
        """How far the object turns about the vertical from one keyframe to another, radians."""
        return float(self._yaws[right] - self._yaws[left])

    def _around(self, timestamp_ns: int) -> tuple[int, int, float]:
        """The keyframes that tell the speed at a time, and how many seconds lie between them."""
        left, _ = self._segment(timestamp_ns)
        right = left + 1
        if timestamp_ns == self._times[left] and left > 0:
            left -= 1
        return left, right, (self._times[right] - self._times[left]) / NS_PER_S

    def _segment(self, timestamp_ns: int) -> tuple[int, float]:
        """Left keyframe of the segment and the fraction along it; outside 0..1 past the ends."""
        left = min(max(bisect_right(self._times, timestamp_ns) - 1, 0), len(self._times) - 2)
        start = self._times[left]
        return left, (timestamp_ns - start) / (self._times[left + 1] - start)


def _rotation(axis: Sequence[float], angle_rad: float) -> FloatArray:
    """The rotation about a unit axis, (3, 3), after O. Rodrigues; for one, faster than by arrays."""
    x, y, z = axis
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    v = 1.0 - c
    return np.array(
        [
            [c + x * x * v, x * y * v - z * s, x * z * v + y * s],
            [y * x * v + z * s, c + y * y * v, y * z * v - x * s],
            [z * x * v - y * s, z * y * v + x * s, c + z * z * v],
        ]
    )
