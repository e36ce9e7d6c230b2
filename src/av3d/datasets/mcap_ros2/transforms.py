"""The tree of frames of a bag: fixed links between frames and links that move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.datasets.mcap_ros2.index import PoseTrack
from av3d.geometry.se3 import FARTHEST_M, SE3
from av3d.types import NS_PER_S, IntArray

HOLD_NS = NS_PER_S
"""How long the last known correction of a slow link is used beyond its ends."""

STILL_M, STILL_RAD = 0.002, 0.0005
"""A link that never moves more than this is a mount that somebody publishes again and again."""


@dataclass(frozen=True, eq=False)
class Link:
    """`parent_SE3_child` at some times.

    Attributes:
        parent, child: frames.
        times_ns: increasing, (N,), N >= 1.
        parent_SE3_child: batch of N.
        fixed: whether it holds at all times; N then is 1.
        topic: where it comes from.
    """

    parent: str
    child: str
    times_ns: IntArray
    parent_SE3_child: SE3
    fixed: bool
    topic: str

    def at(self, times_ns: IntArray) -> SE3:
        """`parent_SE3_child` at times (M,): between samples interpolated, beyond them held."""
        last = len(self.times_ns) - 1
        if last == 0:
            return self.parent_SE3_child[np.zeros(len(times_ns), dtype=np.int64)]
        times = np.clip(times_ns, self.times_ns[0], self.times_ns[-1])
        left = np.clip(np.searchsorted(self.times_ns, times, side="right") - 1, 0, last - 1)
        start = self.times_ns[left]
        fraction = (times - start) / (self.times_ns[left + 1] - start)
        return self.parent_SE3_child[left].interpolate(self.parent_SE3_child[left + 1], fraction)


@dataclass(frozen=True)
class Step:
    """A link as it is passed on the way from one frame to another."""

    link: Link
    up: bool
    """Whether the way goes from the child to the parent."""


class FrameTree:
    """Links between frames, each child with one parent as far as the bag is in order.

    Args:
        links: one for each pair of frames.
    """

    def __init__(self, links: Iterable[Link]) -> None:
        self._near: dict[str, list[Step]] = defaultdict(list)
        self.parents: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._near[link.child].append(Step(link, True))
            self._near[link.parent].append(Step(link, False))
            self.parents[link.child].append(link)

    @property
    def frames(self) -> list[str]:
        """All frames, sorted by name."""
        return sorted(self._near)

    def way(self, start: str, end: str, *, fixed: bool = False) -> list[Step] | None:
        """The shortest way between two frames; None if there is none.

        Args:
            start: frame to start from.
            end: frame to come to.
            fixed: go over fixed links only.
        """
        if start == end:
            return []
        came: dict[str, tuple[str, Step]] = {}
        edge = [start]
        while edge:
            following = []
            for frame in edge:
                for step in self._near.get(frame, ()):
                    other = step.link.parent if step.up else step.link.child
                    if other == start or other in came or (fixed and not step.link.fixed):
                        continue
                    came[other] = frame, step
                    following.append(other)
            if end in came:
                return _retrace(came, start, end)
            edge = following
        return None

    def mount(self, ego: str, sensor: str) -> SE3 | None:
        """`ego_SE3_sensor` over fixed links; None if there are none between them."""
        way = self.way(sensor, ego, fixed=True)
        if way is None:
            return None
        ego_SE3_sensor = SE3.identity()
        for step in way:
            link_SE3 = step.link.parent_SE3_child[0]
            ego_SE3_sensor = (link_SE3 if step.up else link_SE3.inverse()) @ ego_SE3_sensor
        return ego_SE3_sensor

    def root(self, frame: str) -> str:
        """The frame that one comes to over fixed links upwards."""
        seen = {frame}
        while True:
            above = [link.parent for link in self.parents.get(frame, ()) if link.fixed]
            if not above or above[0] in seen:
                return frame
            frame = above[0]
            seen.add(frame)

    def above(self, frame: str) -> list[str]:
        """All frames over a frame, nearest first, over links of any kind."""
        found: list[str] = []
        edge = [frame]
        while edge:
            edge = [link.parent for below in edge for link in self.parents.get(below, ())]
            edge = [name for name in dict.fromkeys(edge) if name not in found and name != frame]
            found += edge
        return found


def _retrace(came: dict[str, tuple[str, Step]], start: str, end: str) -> list[Step]:
    steps: list[Step] = []
    while end != start:
        end, step = came[end]
        steps.insert(0, step)
    return steps


def sample(way: Sequence[Step]) -> tuple[IntArray, SE3] | None:
    """`end_SE3_start` of a way at the times of its fastest link; None if nothing on it moves.

    Links that are slower (a localisation that corrects odometry) are interpolated, and held for
    HOLD_NS beyond their ends.
    """
    moving = [step.link for step in way if len(step.link.times_ns) > 1]
    if not moving:
        return None
    fastest = max(moving, key=lambda link: len(link.times_ns))
    others = [link for link in moving if link is not fastest]
    start = max([int(link.times_ns[0]) - HOLD_NS for link in others], default=-(2**62))
    end = min([int(link.times_ns[-1]) + HOLD_NS for link in others], default=2**62)
    times = fastest.times_ns[(fastest.times_ns >= start) & (fastest.times_ns <= end)]
    if len(times) < 2:
        return None
    end_SE3_start = SE3.identity((len(times),))
    for step in way:
        parent_SE3_child = step.link.at(times)
        passed = parent_SE3_child if step.up else parent_SE3_child.inverse()
        end_SE3_start = passed @ end_SE3_start
    return times, end_SE3_start


def clean(track: PoseTrack) -> tuple[IntArray, SE3, int]:
    """Times that increase and their poses, and how many poses were no poses.

    Poses with numbers that are not finite, with a quaternion of no length, or farther away than
    anything on Earth are left out; of those with one time the last one counts.
    """
    values = track.values
    with np.errstate(all="ignore"):
        length = np.linalg.norm(values[:, 3:], axis=1)
        good = np.isfinite(values).all(axis=1) & (np.abs(length - 1) < 0.1)
        good &= (np.abs(values[:, :3]) <= FARTHEST_M).all(axis=1)
    rows = np.flatnonzero(good)
    # Backwards, because `unique` keeps the first of those that are equal.
    times, first = np.unique(track.times_ns[rows][::-1], return_index=True)
    rows = rows[::-1][first]
    poses = SE3.from_quaternion(np.roll(values[rows, 3:], 1, axis=1), values[rows, :3])
    return times, poses, int((~good).sum())


def links(tracks: Iterable[PoseTrack], notes: list[str]) -> list[Link]:
    """The links of all transforms of a bag.

    Args:
        tracks: from topics of type TFMessage, and others that say what moves.
        notes: what is wrong with them is added.
    """
    found: dict[tuple[str, str], Link] = {}
    for track in tracks:
        times, poses, bad = clean(track)
        between = f"{track.parent or '(no name)'} to {track.child or '(no name)'}"
        if bad:
            notes.append(f"{bad} transforms from {between} on {track.topic} are no poses: left out")
        if not len(times) or not track.parent or not track.child:
            continue
        if track.parent == track.child:
            notes.append(f"the frame {track.child} is its own parent on {track.topic}: left out")
            continue
        pair = track.parent, track.child
        static = track.topic.rsplit("/", 1)[-1] == "tf_static"
        if static or len(times) == 1 or _still(poses):
            # What is published once more replaces what was.
            link = Link(*pair, times[-1:], poses[-1:], True, track.topic)
        else:
            link = Link(*pair, times, poses, False, track.topic)
        if pair in found and found[pair].topic != link.topic:
            notes.append(
                f"transforms from {between} come from {found[pair].topic} and {link.topic}"
            )
            if len(found[pair].times_ns) >= len(link.times_ns):
                continue
        found[pair] = link
    return _without_loops(list(found.values()), notes)


def _still(poses: SE3) -> bool:
    moved_m = np.linalg.norm(poses.translation_m - poses.translation_m[0], axis=1).max()
    turned_rad = poses.angle_to_rad(SE3.identity((len(poses),)) @ poses[0]).max()
    return bool(moved_m <= STILL_M and turned_rad <= STILL_RAD)


def _without_loops(found: list[Link], notes: list[str]) -> list[Link]:
    """Leave out links that close a circle, or of which the opposite is there, too."""
    group: dict[str, str] = {}

    def head(frame: str) -> str:
        while group.get(frame, frame) != frame:
            frame = group[frame]
        return frame

    kept: list[Link] = []
    # Fixed ones first: a wrong one among them is rarer.
    for link in sorted(found, key=lambda link: not link.fixed):
        first, second = head(link.parent), head(link.child)
        if first == second:
            notes.append(
                f"the transform from {link.parent} to {link.child} on {link.topic} closes a circle "
                "of frames: left out"
            )
            continue
        group[first] = second
        kept.append(link)
    return kept
