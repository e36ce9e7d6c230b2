"""What all models of motion have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from functools import cached_property

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.states import MotionStates
from av3d.types import FloatArray, IntArray


class Motion(ABC):
    """Where an object is at any time, from its keyframes.

    Args:
        columns: the keyframes, N >= 1.

    Attributes:
        columns: the keyframes.
    """

    def __init__(self, columns: KeyframeColumns) -> None:
        self.columns = columns

    @abstractmethod
    def states(self, times_ns: IntArray) -> MotionStates:
        """The object at times, (M,), in any order; outside the keyframes the motion goes on."""

    def standing_at(self, timestamp_ns: int) -> int | None:
        """The keyframe that holds at a time between two that are the same: there the object stands.

        Whoever copies a cuboid from one frame to another says that nothing moved, and says it exactly.
        None where that is not so.
        """
        right = bisect_left(self._known_ns, timestamp_ns)
        return right - 1 if 0 < right < len(self._known_ns) and self._same[right - 1] else None

    @cached_property
    def _known_ns(self) -> list[int]:
        times_ns: list[int] = self.columns.times_ns.tolist()
        return times_ns

    @cached_property
    def _same(self) -> list[bool]:
        """Whether each keyframe is the same as the next, N - 1."""
        columns = self.columns
        same = np.ones(len(columns) - 1, dtype=bool)
        for values in (columns.centers_m, columns.rotations, columns.sizes_lwh_m):
            rows = values.reshape(len(columns), -1)
            same &= (rows[1:] == rows[:-1]).all(axis=1)
        flags: list[bool] = same.tolist()
        return flags

    def sizes_at(self, times_ns: IntArray) -> FloatArray:
        """Length, width and height at times, (M, 3): linear in time, held outside the keyframes."""
        columns = self.columns
        if columns.one_size:
            return np.broadcast_to(columns.sizes_lwh_m[0], (len(times_ns), 3))
        start_ns = columns.times_ns[0]
        # Relative to the first: of times since 1970, floats know only each quarter of a microsecond.
        known, asked = columns.times_ns - start_ns, np.asarray(times_ns) - start_ns
        sides = [np.interp(asked, known, columns.sizes_lwh_m[:, side]) for side in range(3)]
        return np.stack(sides, axis=1)

    def cuboid_at(self, timestamp_ns: int) -> Cuboid:
        """The cuboid at one time, world frame."""
        times_ns = np.array([timestamp_ns], dtype=np.int64)
        states = self.states(times_ns)
        pose = SE3.trusted(states.rotations[0], states.centers_m[0])
        return Cuboid.trusted(pose, self.sizes_at(times_ns)[0])

    def velocity_at(self, timestamp_ns: int) -> FloatArray:
        """Velocity of the centre at one time, metres per second in the world frame, (3,)."""
        return np.asarray(self.states(np.array([timestamp_ns], dtype=np.int64)).velocities_m_s[0])
