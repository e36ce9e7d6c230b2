"""Where the vehicle was: which frame is the ego frame, and which of a bag's poses are its trajectory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.index import BagIndex
from av3d.datasets.mcap_ros2.sidecar import TF, Sidecar
from av3d.datasets.mcap_ros2.transforms import FrameTree, clean, sample
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import EXTRAPOLATION_LIMIT_NS, Trajectory
from av3d.types import NS_PER_S, IntArray

EGO_FRAMES = ("base_link", "base_footprint", "ego_vehicle", "vehicle", "base")
WORLD_FRAMES = ("map", "world", "enu", "local", "utm", "odom", "odom_combined", "earth")
"""Names of frames, wanted first to last. `map` holds still best over a whole drive, `odom` drifts."""

_ENOUGH = 0.5
"""Poses that cover less of the sweeps than this share come after all that cover more."""

_NEAR_NS = NS_PER_S
"""A sweep is covered if a pose is as near as this. Goals that somebody sets are poses now and then."""

_NOT_THE_VEHICLE = re.compile(
    r"goal|target|waypoint|way_point|initial_?pose|landmark|marker|plan|path"
)
"""Words in topics of poses that are not where the vehicle is."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """Poses that may be the trajectory.

    Attributes:
        title: for the user: "TF map → base_link".
        source: topic, or TF.
        world: frame that the poses are in.
        times_ns: increasing, (N,).
        world_SE3_ego: batch of N.
        coverage: share of the sweeps that lie within the poses.
    """

    title: str
    source: str
    world: str
    times_ns: IntArray
    world_SE3_ego: SE3
    coverage: float

    @property
    def order(self) -> tuple[bool, int, bool, int, str]:
        """Smallest first is the rule of choice: docs/formats/mcap.md."""
        return (
            self.coverage < _ENOUGH,
            _rank(self.world, WORLD_FRAMES),
            self.source != TF,
            -len(self.times_ns),
            self.title,
        )


def _rank(frame: str, names: Sequence[str]) -> int:
    name = frame.rpartition("/")[2].lower()
    return names.index(name) if name in names else len(names)


def choose_ego(
    index: BagIndex,
    tree: FrameTree,
    lidar_frames: Sequence[str],
    sidecar: Sidecar,
    notes: list[str],
    bag: Path,
) -> str:
    """The ego frame.

    Args:
        index: the bag.
        tree: its frames.
        lidar_frames: frames of the LiDARs, the reference first.
        sidecar: what av3d.toml says.
        notes: what was assumed is added.
        bag: the bag, for messages.

    Raises:
        DatasetError: av3d.toml names a frame that is none, or nothing links LiDAR and vehicle.
    """
    moving = [pose.child for pose in index.poses if pose.child and pose.type in ros.POSES]
    known = dict.fromkeys([*tree.frames, *lidar_frames, *moving])
    if sidecar.ego_frame is not None:
        if sidecar.ego_frame not in known:
            raise DatasetError(
                f"ego_frame is {sidecar.ego_frame!r}, which the bag does not have",
                sidecar.path,
                f"use one of: {' '.join(known)}",
            )
        return sidecar.ego_frame
    named = sorted(
        (frame for frame in known if _rank(frame, EGO_FRAMES) < len(EGO_FRAMES)),
        key=lambda frame: (_rank(frame, EGO_FRAMES), frame),
    )
    candidates = [*named, *dict.fromkeys(moving)]
    for lidar in lidar_frames:
        for frame in candidates:
            if tree.mount(frame, lidar) is not None:
                if frame not in named:
                    notes.append(f"there is no base_link: the ego frame is {frame}, which moves")
                return frame
    if sidecar.rig is not None and candidates:
        return candidates[0]
    first = lidar_frames[0]
    if first in tree.frames and not candidates:
        root = tree.root(first)
        notes.append(
            f"there is no base_link: the ego frame is {root}, on which the LiDAR is mounted; its x "
            "should point ahead and its z up"
        )
        return root
    if not candidates:
        notes.append(
            f"the bag has no transforms: the LiDAR's frame {first!r} is taken as the ego frame; "
            "its x should point ahead and its z up"
        )
        return first
    raise DatasetError(
        f"no transform links the LiDAR's frame {first!r} with {candidates[0]!r}",
        bag,
        f'record /tf_static, or write rig = "rig.toml" in {sidecar.path.name}',
    )


def choose_trajectory(
    index: BagIndex,
    tree: FrameTree,
    ego: str,
    sweep_times_ns: IntArray,
    sidecar: Sidecar,
    notes: list[str],
) -> Trajectory:
    """The ego poses: from the transforms or from a topic, by the rules of docs/formats/mcap.md.

    Raises:
        DatasetError: av3d.toml asks for poses that are not there; lists those that are.
    """
    found = _from_tree(tree, ego, sweep_times_ns)
    found += _from_topics(index, tree, ego, sweep_times_ns, notes)
    found.sort(key=lambda candidate: candidate.order)
    wanted = [
        candidate
        for candidate in found
        if sidecar.odometry in (None, candidate.source)
        and sidecar.world_frame in (None, candidate.world)
    ]
    if (sidecar.odometry or sidecar.world_frame) and not wanted:
        key = "topics.odometry" if sidecar.odometry else "world_frame"
        raise DatasetError(
            f"{key} is {(sidecar.odometry or sidecar.world_frame)!r}, which gives no poses of {ego}",
            sidecar.path,
            f"the bag has: {'; '.join(candidate.title for candidate in found) or 'no poses'}",
        )
    asked = sidecar.odometry is not None or sidecar.world_frame is not None
    usable = [candidate for candidate in wanted if candidate.coverage > 0]
    for candidate in wanted:
        if candidate not in usable:
            notes.append(f"no sweep lies within the times of {candidate.title}: not used")
    if not usable:
        notes.append("there are no ego poses: the vehicle is taken to stand still")
        return Trajectory.identity()
    best = usable[0]
    note = f"ego poses: {best.title}, {len(best.times_ns):,} poses"
    if len(usable) > 1 and not asked:
        others = "; ".join(candidate.title for candidate in usable[1:6])
        note += (
            f"; also there: {others}; to choose another write world_frame or [topics] odometry in "
            f"{sidecar.path.name}"
        )
    notes.append(note)
    return Trajectory(best.times_ns, best.world_SE3_ego, source=best.title)


def _from_tree(tree: FrameTree, ego: str, sweep_times_ns: IntArray) -> list[Candidate]:
    found = []
    for world in tree.above(ego):
        way = tree.way(ego, world)
        if way is None:
            continue
        title = f"TF {world} → {ego}"
        sampled = sample(way)
        if sampled is not None:
            found.append(_candidate(title, TF, world, *sampled, sweep_times_ns))
        elif _rank(world, WORLD_FRAMES) < len(WORLD_FRAMES):
            world_SE3_ego = tree.mount(world, ego)
            if world_SE3_ego is not None and len(sweep_times_ns):
                # Parked for the whole bag.
                times = np.unique(sweep_times_ns)
                poses = SE3.stack([world_SE3_ego] * len(times))
                found.append(_candidate(title, TF, world, times, poses, sweep_times_ns))
    return found


def _from_topics(
    index: BagIndex, tree: FrameTree, ego: str, sweep_times_ns: IntArray, notes: list[str]
) -> list[Candidate]:
    found = []
    for track in index.poses:
        if track.type not in ros.POSES or _NOT_THE_VEHICLE.search(track.topic.lower()):
            continue
        times, world_SE3_child, bad = clean(track)
        if bad:
            notes.append(f"{bad} poses of {track.topic} are no poses: left out")
        # A pose without a name of what it belongs to is the vehicle's.
        child_SE3_ego = tree.mount(track.child or ego, ego)
        # What is given in a frame of the vehicle is somebody else's pose.
        if not len(times) or tree.mount(track.parent, ego) is not None:
            continue
        if child_SE3_ego is None:
            notes.append(
                f"{track.topic} is not used for ego poses: no transform links {track.child} with {ego}"
            )
            continue
        kind = track.type.rpartition("/")[2]
        title = f"{track.topic} ({kind} of {track.child or 'the vehicle'} in {track.parent})"
        poses = world_SE3_child @ child_SE3_ego
        found.append(_candidate(title, track.topic, track.parent, times, poses, sweep_times_ns))
    return found


def _candidate(
    title: str, source: str, world: str, times: IntArray, poses: SE3, sweep_times_ns: IntArray
) -> Candidate:
    after = np.searchsorted(times, sweep_times_ns).clip(0, len(times) - 1)
    before = (after - 1).clip(0)
    apart = np.minimum(
        np.abs(times[after] - sweep_times_ns), np.abs(times[before] - sweep_times_ns)
    )
    limit = EXTRAPOLATION_LIMIT_NS
    within = (sweep_times_ns >= times[0] - limit) & (sweep_times_ns <= times[-1] + limit)
    within &= apart <= _NEAR_NS
    coverage = float(within.mean()) if len(within) else 0.0
    return Candidate(title, source, world, times, poses, coverage)
