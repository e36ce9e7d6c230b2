"""What the operations share: changes that change something, and keyframes that hold a state."""

from __future__ import annotations

from bisect import bisect_right

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change, Entity
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

TRUST = (Provenance.MANUAL, Provenance.FITTED, Provenance.IMPORTED, Provenance.MODEL)
"""Provenances of keyframes, the most trusted first."""


def changed(before: Entity | None, after: Entity | None) -> tuple[Change, ...]:
    """The change from one value to the other; none where nothing changes."""
    if before is after:
        return ()
    change = Change(before, after)
    return () if change.is_empty else (change,)


def cuboid_at(track: Track, timestamp_ns: int) -> Cuboid:
    """Where a track is at a time, present or not, in the world frame.

    As `Track.state_at`, but exact where there is nothing to interpolate: at a keyframe, outside of
    the keyframes, and between two that are equal, so that a static track stays static.
    """
    row = bisect_right(track.times_ns, timestamp_ns) - 1
    before = track.keyframes[max(row, 0)]
    after = track.keyframes[min(row + 1, len(track.keyframes) - 1)]
    if before.timestamp_ns == timestamp_ns or before.cuboid == after.cuboid:
        return before.cuboid
    return track.motion.cuboid_at(timestamp_ns, hold=True)


def pinned(track: Track, timestamp_ns: int) -> Keyframe:
    """A keyframe that holds the state which a track has at a time anyway; its own, if it has one.

    Nobody has looked at a state between two keyframes, so it is trusted as little as the less trusted
    of them. Attributes are those of the keyframe in force, which go on past the new one.
    """
    own = track.keyframe_at(timestamp_ns)
    if own is not None:
        return own
    row = bisect_right(track.times_ns, timestamp_ns) - 1
    before = track.keyframes[max(row, 0)]
    after = track.keyframes[min(row + 1, len(track.keyframes) - 1)]
    provenance = max(before.provenance, after.provenance, key=TRUST.index)
    return Keyframe(timestamp_ns, cuboid_at(track, timestamp_ns), provenance, before.attributes)
