"""The sweeps of a log, looked at around cuboids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from av3d.logs.log import Log
from av3d.qa.evidence import PointFacts
from av3d.qa.subject import Subject

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is; may raise to stop."""


class Sight:
    """Looks at the points in and around cuboids.

    Args:
        log: whose sweeps.
    """

    def __init__(self, log: Log) -> None:
        self._log = log

    @property
    def sees(self) -> bool:
        """Whether the log has sweeps at all."""
        return bool(self._log.lidars)

    def look(
        self, subjects: Sequence[Subject], *, progress: Progress | None = None
    ) -> Mapping[str, PointFacts]:
        """What the sweeps say of tracks, by ID of the track. Each sweep is read once for all of them."""
        inside = {one.track.id: np.full(len(one.frames), np.nan) for one in subjects}
        wanted = sorted({int(frame) for one in subjects for frame in one.frames})
        for number, frame in enumerate(wanted):
            if progress is not None:
                progress("Looking at points", number, len(wanted))
            ego_SE3_world = self._log.world_SE3_ego(self._log.frames[frame].timestamp_ns).inverse()
            points_m = np.asarray(self._log.cloud(frame).points_m, dtype=np.float64)
            for one in subjects:
                row = int(np.searchsorted(one.frames, frame))
                if row == len(one.frames) or one.frames[row] != frame:
                    continue
                cuboid = one.states[row].cuboid.in_frame(ego_SE3_world)
                inside[one.track.id][row] = np.count_nonzero(cuboid.contains(points_m))
        return {track_id: PointFacts(counts) for track_id, counts in inside.items()}
