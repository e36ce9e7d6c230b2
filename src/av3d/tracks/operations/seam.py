"""How well one track goes on as another after a gap."""

from __future__ import annotations

import numpy as np

from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray

LOOK_NS = NS_PER_S
"""The time over which a velocity is measured: one that comes from two keyframes of a detector, a
tenth of a second apart, is mostly noise."""


def miss_m(before: Track, end_ns: int, after: Track, start_ns: int) -> float:
    """How far a track begins from where another one would have got to.

    The object is taken to change its velocity evenly from what it was before the gap to what it is
    after it, so it moves by the mean of the two. Where one of the tracks has no velocity, having a
    single keyframe, it is that of the other.

    Args:
        before: the track before the gap.
        end_ns: its last time.
        after: the track after the gap.
        start_ns: its first time.

    Returns:
        Distance of the centres in metres.
    """
    moved_m = cuboid_at(after, start_ns).center_m - cuboid_at(before, end_ns).center_m
    known = [
        velocity
        for velocity in (
            _velocity_m_s(before, end_ns - LOOK_NS),
            _velocity_m_s(after, start_ns),
        )
        if velocity is not None
    ]
    mean_m_s = np.mean(known, axis=0) if known else np.zeros(3)
    return float(np.linalg.norm(moved_m - mean_m_s * ((start_ns - end_ns) / NS_PER_S)))


def _velocity_m_s(track: Track, start_ns: int) -> FloatArray | None:
    """Mean velocity of the centre over LOOK_NS, world frame, (3,); None for a single keyframe.

    The time from `start_ns` on is moved into that from the first to the last keyframe.
    """
    first_ns, last_ns = track.times_ns[0], track.times_ns[-1]
    if first_ns == last_ns:
        return None
    start_ns = max(min(start_ns, last_ns - LOOK_NS), first_ns)
    end_ns = min(start_ns + LOOK_NS, last_ns)
    way_m = cuboid_at(track, end_ns).center_m - cuboid_at(track, start_ns).center_m
    return np.asarray(way_m / ((end_ns - start_ns) / NS_PER_S))
