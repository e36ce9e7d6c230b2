"""What somebody who labels sees of an object: about where it is, and its points; see annotator.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.assist.floor import GroundPlane, local_ground
from av3d.datasets.registry import dataset
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.render.placing import tracks_in_frame
from av3d.tracks.track import Track
from av3d.types import FloatArray

EYE_M, EYE_DEG = 0.3, 5.0
"""How exactly the annotator sees where an object is, and how it is turned."""


@dataclass(frozen=True)
class Goal:
    """An object to label.

    Attributes:
        what: for the table.
        track_id: of the truth; it tells the eyes where to look.
        key: the number key of its category.
        category: what state calls that category.
        size_m: how large such things look: length, width.
        still: whether it stands for the whole log.
    """

    what: str
    track_id: str
    key: str
    category: str
    size_m: tuple[float, float]
    still: bool = False


def true_tracks(log: Log) -> tuple[Track, ...]:
    """The truth of a log: of the sample all its cuboids, not those that its labels keep."""
    every = Path(log.path) / "truth" / "tracks.json"
    return dataset(log.kind).read_labels(log, every if every.exists() else None).tracks


@dataclass(frozen=True)
class Sight:
    """What the eyes tell of an object in one frame, in the ego frame.

    Attributes:
        center_m: about where it is, (2,).
        yaw_rad: about how it heads.
        points_m: the points that seem to be its own, (N, 3).
        ground: where the ground seems to be around it.
    """

    center_m: FloatArray
    yaw_rad: float
    points_m: FloatArray
    ground: GroundPlane | None

    def share_in(self, cuboid: Cuboid) -> float:
        """How many of the points are in a cuboid, or at most 0.1 m beside it."""
        if not len(self.points_m):
            return 1.0
        local_m = cuboid.frame_SE3_cuboid.inverse().transform(self.points_m)
        return float((np.abs(local_m[:, :2]) < cuboid.size_lwh_m[:2] / 2 + 0.1).all(axis=1).mean())

    def lift_m(self, cuboid: Cuboid) -> float:
        """How far the bottom of a cuboid is above the ground under it."""
        if self.ground is None:
            return 0.0
        below_m = cuboid.frame_SE3_cuboid.transform(np.array([[0.0, 0.0, -cuboid.height_m / 2]]))
        return float(self.ground.above_m(below_m)[0])


class Eyes:
    """Sees an object in frames that are looked at.

    Args:
        log: what shows.
        track: the truth about the object; asked for nothing but about where it is.
        goal: how large such things look.
        random: of the errors.
    """

    def __init__(self, log: Log, track: Track, goal: Goal, random: np.random.Generator) -> None:
        self._log, self._track, self._goal, self._random = log, track, goal, random
        self._seen: dict[int, Sight | None] = {}

    def look(self, frame: int) -> Sight | None:
        """What is seen in a frame; the same when looked at again."""
        if frame not in self._seen:
            self._seen[frame] = self._look(frame)
        return self._seen[frame]

    def _look(self, frame: int) -> Sight | None:
        placed = tracks_in_frame(self._log, frame, (self._track,))
        if not placed:
            return None
        direction = self._random.uniform(-np.pi, np.pi)
        error_m = EYE_M * np.array([np.cos(direction), np.sin(direction)])
        center_m = placed[0].cuboid.center_m[:2] + error_m
        yaw_rad = placed[0].cuboid.yaw_rad + np.radians(self._random.normal(0, EYE_DEG))
        points_m = self._log.cloud(frame).points_m
        up = self._log.world_SE3_ego(self._log.frames[frame].timestamp_ns).rotation[2]
        ground = local_ground(points_m, center_m, 6.0, up)
        away_m = points_m[:, :2] - center_m
        c, s = np.cos(yaw_rad), np.sin(yaw_rad)
        half_m = np.array(self._goal.size_m) / 2 + 0.4
        near = (np.abs(away_m @ np.array([[c, -s], [s, c]])) < half_m).all(axis=1)
        own_m = points_m[near].astype(np.float64)
        if ground is not None and len(own_m):
            above_m = ground.above_m(own_m)
            own_m = own_m[(above_m > 0.2) & (above_m < 2.6)]
        return Sight(center_m, yaw_rad, own_m, ground)
