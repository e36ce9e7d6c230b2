"""What a session looks at while no log is open, so that the window need not be another one then."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

KIND = ""
"""No dataset has this name."""


class _NoPoints(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("none", int(self.timestamps_ns[index]), np.zeros((0, 3), np.float32))


def no_log() -> Log:
    """A log without a name: one frame, no points, no cameras."""
    times = np.zeros(1, np.int64)
    return Log(
        name="",
        kind=KIND,
        path=Path(),
        rig=Rig("none", {"none": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory(times, SE3.stack([SE3.identity()])),
        lidars={"none": _NoPoints(times)},
        cameras={},
    )


def is_no_log(log: Log) -> bool:
    """Whether this is what `no_log` gives."""
    return log.kind == KIND
