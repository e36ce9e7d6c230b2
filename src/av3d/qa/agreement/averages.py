"""The middle of cuboids and of tracks that stand for one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import cuboid_at, in_force, less_trusted
from av3d.tracks.track import Track
from av3d.types import FloatArray

_HALF_TURN: FloatArray = np.diag([-1.0, -1.0, 1.0])
"""About the height axis."""


def mean_cuboid(cuboids: Sequence[Cuboid]) -> Cuboid:
    """The cuboid in the middle of several, at least one, that stand for one object.

    Centre and size are means. One that looks the other way than the first is turned around: it is the
    same box. Of two headings the mean is halfway along the shorter turn, of more than two one after
    the other is weighted in, which is the circular mean as long as they lie close to each other.
    """
    first = cuboids[0].frame_SE3_cuboid
    pose, count = SE3(first.rotation, np.zeros(3)), 1
    for cuboid in cuboids[1:]:
        rotation = cuboid.frame_SE3_cuboid.rotation
        if float(rotation[:, 0] @ first.rotation[:, 0]) < 0:
            rotation = rotation @ _HALF_TURN
        count += 1
        pose = pose.interpolate(SE3(rotation, np.zeros(3)), 1.0 / count)
    center_m = np.mean([cuboid.center_m for cuboid in cuboids], axis=0)
    size_m = np.mean([cuboid.size_lwh_m for cuboid in cuboids], axis=0)
    return Cuboid(SE3(pose.rotation, center_m), size_m)


def with_mean_size(cuboid: Cuboid, size_lwh_m: FloatArray) -> Cuboid:
    """The cuboid with another size, standing where it stands."""
    up = cuboid.frame_SE3_cuboid.rotation[:, 2]
    center_m = cuboid.center_m + up * (size_lwh_m[2] - cuboid.size_lwh_m[2]) / 2
    return Cuboid(SE3(cuboid.frame_SE3_cuboid.rotation, center_m), size_lwh_m)


def mean_track(tracks: Sequence[Track]) -> Track:
    """The track in the middle of several, at least one, that stand for one object.

    It is the first one, with keyframes wherever one of them has some within its presence, each in the
    middle of what the tracks say there. A track that is not there at that time says nothing. It is
    static, or of constant size, where all of them are. A keyframe is as trusted as the least trusted.
    """
    first, *others = tracks
    if all(track.static for track in tracks):
        cuboid = mean_cuboid([track.keyframes[0].cuboid for track in tracks])
        keyframes = [replace(one, cuboid=cuboid, noise=None) for one in first.keyframes]
        return first.with_keyframes(keyframes)
    free_size = any(track.free_size for track in tracks)
    size_m = np.mean([track.columns.sizes_lwh_m[0] for track in tracks], axis=0)
    times_ns = sorted({ns for track in tracks for ns in track.times_ns})
    found: list[Keyframe] = []
    for time_ns in times_ns:
        if not first.is_present(time_ns):
            continue
        there = [first, *(track for track in others if track.is_present(time_ns))]
        cuboid = mean_cuboid([cuboid_at(track, time_ns) for track in there])
        if not free_size:
            cuboid = Cuboid(cuboid.frame_SE3_cuboid, size_m)
        provenance = less_trusted(*(in_force(track, time_ns) for track in there))
        attributes = in_force(first, time_ns).attributes
        found.append(Keyframe(time_ns, cuboid, provenance, attributes))
    return replace(first, keyframes=tuple(found), static=False, free_size=free_size)
