"""A log without points, and tracks in it, for tests of agreement."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

STEP_NS = 100_000_000
FRAMES = 20


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def empty_log(frames: int = FRAMES) -> Log:
    """Frames at 10 Hz, the ego at the origin."""
    return Log(
        name="drive", kind="folder", path=Path("drive"),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory.identity(),
        lidars={"top": NoPoints(np.arange(frames) * STEP_NS)}, cameras={},
    )  # fmt: skip


def made(
    name: str,
    x_m: float,
    *,
    y_m: float = 0.0,
    z_m: float = 0.8,
    yaw_rad: float = 0.0,
    size_m: tuple[float, float, float] = (4.5, 1.9, 1.6),
    frames: Iterable[int] = range(FRAMES),
    step_m: float = 0.0,
    category: str = "car",
    **values: Any,
) -> Track:
    """A track that goes `step_m` per frame along x, with a keyframe in each of its frames."""
    keyframes = tuple(
        Keyframe(
            frame * STEP_NS,
            Cuboid.from_yaw([x_m + step_m * frame, y_m, z_m], size_m, yaw_rad),
            Provenance.MANUAL,
            values.get("attributes", {}),
        )
        for frame in frames
    )
    kept = {key: value for key, value in values.items() if key != "attributes"}
    return Track(name, category, keyframes, number=int(name.rpartition(" ")[2]), **kept)
