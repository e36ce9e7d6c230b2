"""States that an edit shall leave where they are, although it changes what a smooth motion is fitted to.

A linear motion depends on two keyframes, and a keyframe in the right place holds it. A smooth one depends
on all of them: one more keyframe where the track is anyway moves it by millimetres, one less by
centimetres, and a jump that an edit makes would swing through the whole track. So the track is looked at
after the edit, and where it is too far off, its state before becomes a keyframe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.interpolation import Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import pinned
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray

STEADY_M, STEADY_RAD = 0.03, math.radians(1.0)
"""How far a state of a smooth track may move where an edit does not mean it; nobody sees as little."""


@dataclass(frozen=True, eq=False)
class Places:
    """Cuboids of one object in the world frame, a row for each of M times.

    Attributes:
        centers_m: (M, 3).
        rotations: world from cuboid, (M, 3, 3).
        sizes_lwh_m: (M, 3).
    """

    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray

    @staticmethod
    def of(track: Track, times_ns: IntArray) -> Places:
        """Where a track is at times (M,), present or not; each as `common.cuboid_at` gives it."""
        columns = track.columns
        last = len(columns) - 1
        after = np.searchsorted(columns.times_ns, times_ns)
        before = np.searchsorted(columns.times_ns, times_ns, "right") - 1
        rows = np.clip(before, 0, last)
        parts = (columns.centers_m, columns.rotations, columns.sizes_lwh_m)
        found = tuple(part[rows] for part in parts)
        nexts = np.clip(after, 0, last)
        moves = np.zeros(len(times_ns), dtype=bool)
        for part in parts:
            moves |= (part[rows] != part[nexts]).any(axis=tuple(range(1, part.ndim)))
        if moves.any():
            states = track.motion.states(times_ns[moves])
            found[0][moves], found[1][moves] = states.centers_m, states.rotations
            found[2][moves] = track.motion.sizes_at(times_ns[moves])
        return Places(*found)

    def cuboid(self, row: int) -> Cuboid:
        """The cuboid of one row."""
        pose = SE3.trusted(self.rotations[row], self.centers_m[row])
        return Cuboid.trusted(pose, self.sizes_lwh_m[row])

    def replaced(self, first: int, cuboids: Sequence[Cuboid]) -> Places:
        """The same with other cuboids from a row on."""
        parts = tuple(part.copy() for part in (self.centers_m, self.rotations, self.sizes_lwh_m))
        for row, cuboid in enumerate(cuboids, first):
            parts[0][row], parts[1][row] = cuboid.center_m, cuboid.frame_SE3_cuboid.rotation
            parts[2][row] = cuboid.size_lwh_m
        return Places(*parts)

    def apart(self, other: Places) -> tuple[FloatArray, FloatArray]:
        """How different the cuboids are, as `simplify.deviation`: metres (M,) and radians (M,)."""
        center_m = np.linalg.norm(self.centers_m - other.centers_m, axis=1)
        side_m = np.abs(self.sizes_lwh_m - other.sizes_lwh_m).max(axis=1)
        turned = np.linalg.norm(self.rotations - other.rotations, axis=(1, 2))
        return np.maximum(center_m, side_m), angle_rad(turned)


def angle_rad(apart: FloatArray) -> FloatArray:
    """Angles between rotations A and B of |A - B|, their distances in the Frobenius norm."""
    # |A - B| = 2 sqrt(2) sin(angle / 2), exact for small angles too.
    return np.asarray(2 * np.arcsin(np.minimum(apart / math.sqrt(8), 1.0)))


def with_more(
    track: Track, times_ns: IntArray, wanted: Places, keyframe: Callable[[int], Keyframe]
) -> Track:
    """A smooth track with as many more keyframes as it takes to be where it is wanted.

    In each gap between keyframes the worst time becomes one, until no time is further off than
    STEADY_M and STEADY_RAD.

    Args:
        track: any.
        times_ns: at which it is looked at, (M,).
        wanted: where it shall be then.
        keyframe: makes the keyframe of one of these times.
    """
    while True:
        worst = worst_of_gaps(*Places.of(track, times_ns).apart(wanted), times_ns, track)
        if not len(worst):
            return track
        made = [keyframe(time_ns) for time_ns in times_ns[worst].tolist()]
        track = track.with_keyframes([*track.keyframes, *made])


def worst_of_gaps(
    metres: FloatArray,
    angles_rad: FloatArray,
    times_ns: IntArray,
    track: Track,
    limits: tuple[float, float] = (STEADY_M, STEADY_RAD),
) -> IntArray:
    """The times that are furthest off, one in each gap between keyframes that has one beyond limits.

    Args:
        metres: how far off each time is, (M,).
        angles_rad: the same of the orientation, (M,).
        times_ns: the times, (M,).
        track: with the keyframes.
        limits: metres and radians, both positive.

    Returns:
        Rows of these arrays.
    """
    badness = np.maximum(metres / limits[0], angles_rad / limits[1])
    own = np.isin(times_ns, track.columns.times_ns)
    off: BoolArray = (badness > 1) & ~own
    rows = np.flatnonzero(off)
    gaps = np.searchsorted(track.columns.times_ns, times_ns[rows])
    order = np.lexsort((-badness[rows], gaps))
    _, first = np.unique(gaps[order], return_index=True)
    return np.asarray(rows[order][first])


def steady(after: Track, sources: Iterable[tuple[Track, IntArray]]) -> Track:
    """A track after an edit, with the keyframes that hold the states which shall not change.

    Tracks that are linear by what is said of them come back as they are: theirs are held exactly by the
    keyframes that the edits make.

    Args:
        after: the edited track.
        sources: tracks as they were, and the times, (M,), at which `after` shall be where they were.
    """
    moved = [
        (track, times_ns)
        for track, times_ns in sources
        if len(times_ns) and not (is_exact(track, after) or _has_same_poses(track, after))
    ]
    if not moved:
        return after
    wanted = [Places.of(track, times_ns) for track, times_ns in moved]
    owners = {time_ns: track for track, times_ns in moved for time_ns in times_ns.tolist()}
    return with_more(
        after,
        np.concatenate([times_ns for _, times_ns in moved]),
        Places(
            np.concatenate([places.centers_m for places in wanted]),
            np.concatenate([places.rotations for places in wanted]),
            np.concatenate([places.sizes_lwh_m for places in wanted]),
        ),
        lambda time_ns: pinned(owners[time_ns], time_ns),
    )


def _has_same_poses(one: Track, other: Track) -> bool:
    """Whether keyframes give the same motion: an edit of their values moves nothing."""
    if one.interpolation != other.interpolation or one.category != other.category:
        return False
    return len(one.keyframes) == len(other.keyframes) and all(
        a.timestamp_ns == b.timestamp_ns and a.cuboid is b.cuboid and a.noise == b.noise
        for a, b in zip(one.keyframes, other.keyframes, strict=True)
    )


def is_exact(before: Track, after: Track) -> bool:
    """Whether an edit that holds a linear motion holds this one: nothing was or is fitted."""
    linear = Model.LINEAR
    said = before.interpolation.model is linear and after.interpolation.model is linear
    return said or (before.is_linear and after.is_linear)


def present_of(track: Track, frames_ns: Iterable[int]) -> IntArray:
    """Those of some frames at which a track is there, in order, (M,)."""
    frames = sorted({time_ns for time_ns in frames_ns if track.is_present(time_ns)})
    return np.array(frames, dtype=np.int64)
