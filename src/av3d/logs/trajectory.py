"""The ego pose as a function of time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.rhythm import whole_times
from av3d.types import NS_PER_MS, FloatArray, IntArray

EXTRAPOLATION_LIMIT_NS = 200 * NS_PER_MS
"""How far past its ends a trajectory may be continued at constant velocity.

Cameras often expose up to one LiDAR revolution before the first or after the last pose.
"""

ASKED = 1024
"""Poses at single times that are kept."""


class TrajectoryError(Av3dError):
    """Poses that are not a trajectory, or a time that they do not cover."""


class Trajectory:
    """`world_SE3_ego(t)`: SE3-interpolated between samples, constant velocity a little past the ends.

    Args:
        timestamps_ns: strictly increasing times, (N,), N >= 1.
        world_SE3_ego: poses, batch of N.
        source: what the poses come from, for messages and `av3d info`.
        extrapolation_limit_ns: times further outside the samples raise TrajectoryError.

    Raises:
        TrajectoryError: no samples, counts that differ, or times that do not increase.
    """

    def __init__(
        self,
        timestamps_ns: npt.ArrayLike,
        world_SE3_ego: SE3,
        *,
        source: str = "",
        extrapolation_limit_ns: int = EXTRAPOLATION_LIMIT_NS,
    ) -> None:
        self.timestamps_ns: IntArray = whole_times(timestamps_ns)
        self.world_SE3_ego = world_SE3_ego
        self.source = source
        self.extrapolation_limit_ns = extrapolation_limit_ns
        self.is_identity = False
        self._asked: dict[int, SE3] = {}
        if self.timestamps_ns.size == 0:
            raise TrajectoryError("there are no ego poses", source, "add at least one pose")
        if self.timestamps_ns.shape != world_SE3_ego.shape:
            raise TrajectoryError(
                f"{self.timestamps_ns.size} timestamps for {world_SE3_ego.shape} poses", source
            )
        wrong = self.timestamps_ns[1:] <= self.timestamps_ns[:-1]
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            back_ns = int(self.timestamps_ns[row]) - int(self.timestamps_ns[row + 1])
            how = f"is {back_ns / 1e6:.3f} ms before" if back_ns else "has the same time as"
            raise TrajectoryError(
                f"pose times do not increase: pose {row + 1} {how} pose {row}",
                source,
                "sort the poses by time and remove doubled ones",
            )

    @classmethod
    def identity(cls) -> Trajectory:
        """For logs without poses: the ego frame is the world frame at all times."""
        trajectory = cls(
            [0],
            SE3.identity((1,)),
            source="none (identity)",
            extrapolation_limit_ns=np.iinfo(np.int64).max,
        )
        trajectory.is_identity = True
        return trajectory

    @property
    def start_ns(self) -> int:
        return int(self.timestamps_ns[0])

    @property
    def end_ns(self) -> int:
        return int(self.timestamps_ns[-1])

    def covers(self, timestamp_ns: int) -> bool:
        """Whether `at` answers for this time."""
        limit = self.extrapolation_limit_ns
        return self.is_identity or self.start_ns - limit <= timestamp_ns <= self.end_ns + limit

    def at(self, timestamp_ns: int | npt.ArrayLike) -> SE3:
        """`world_SE3_ego` at one time or an array of times (any shape).

        Raises:
            TrajectoryError: a time lies beyond the extrapolation limit.
        """
        if isinstance(timestamp_ns, int):
            # Panes ask for the same few with every picture.
            pose = self._asked.get(timestamp_ns)
            if pose is None:
                pose = self._at(timestamp_ns)
                if len(self._asked) >= ASKED:
                    self._asked.clear()
                self._asked[timestamp_ns] = pose
            return pose
        return self._at(timestamp_ns)

    def _at(self, timestamp_ns: int | npt.ArrayLike) -> SE3:
        times = np.asarray(timestamp_ns, dtype=np.int64)
        if self.is_identity:
            return SE3.identity(times.shape)
        limit = self.extrapolation_limit_ns
        earliest, latest = (int(times.min()), int(times.max())) if times.size else (0, 0)
        # As Python's numbers: the difference of two huge times would overflow.
        worst = max(self.start_ns - earliest, latest - self.end_ns) if times.size else 0
        if worst > limit:
            raise TrajectoryError(
                f"a time is {worst / 1e6:.0f} ms outside the ego poses, limit {limit / 1e6:.0f} ms",
                self.source,
                "add poses that cover the whole log",
            )
        if len(self.timestamps_ns) == 1:
            index = np.zeros(times.shape, dtype=np.int64)
            return self.world_SE3_ego[index] if times.shape else self.world_SE3_ego[0]
        left = np.clip(
            np.searchsorted(self.timestamps_ns, times, side="right") - 1,
            0,
            len(self.timestamps_ns) - 2,
        )
        start = self.timestamps_ns[left]
        span = self.timestamps_ns[left + 1] - start
        fraction = (times - start) / span
        return self.world_SE3_ego[left].interpolate(self.world_SE3_ego[left + 1], fraction)

    def at_nearest(self, timestamp_ns: int | npt.ArrayLike) -> SE3:
        """As `at`; times that it does not answer for get the pose of the nearest that it does."""
        if self.is_identity:
            return self.at(timestamp_ns)
        limit = self.extrapolation_limit_ns
        return self.at(np.clip(timestamp_ns, self.start_ns - limit, self.end_ns + limit))

    def length_m(self) -> float:
        """Distance travelled along the samples."""
        steps: FloatArray = np.diff(self.world_SE3_ego.translation_m, axis=0)
        return float(np.linalg.norm(steps, axis=1).sum())
