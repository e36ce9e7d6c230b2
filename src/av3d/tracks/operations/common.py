"""What the operations share: changes that change something, and keyframes that hold a state."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TypeVar

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change, Entity
from av3d.tracks.checking import MAX_NUMBER, TrackError
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import LARGEST_SIGMA, Noise
from av3d.tracks.track import Track

_Value = TypeVar("_Value")

TRUST = (Provenance.MANUAL, Provenance.FITTED, Provenance.IMPORTED, Provenance.MODEL)
"""Provenances of keyframes, the most trusted first."""

EXACT = Noise(0.0, 0.0, 0.0, 0.0)
"""The noise of keyframes on both sides of a break; see `av3d.tracks.motion.broken`."""

HELD_PART = 0.5
"""The noise of a keyframe that holds a state of a smooth motion, as part of how unsure that is. On real
tracks with keyframes every 1.5 and 3 s parts from .25 to 1 move the rest least, by 3 to 6 mm at the
median; 1 is too weak for the end of a track that is split."""


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
    return track.motion.cuboid_at(timestamp_ns)


def in_force(track: Track, timestamp_ns: int) -> Keyframe:
    """The keyframe whose attributes hold at a time: the latest until then, else the first."""
    return track.keyframes[max(bisect_right(track.times_ns, timestamp_ns) - 1, 0)]


def pinned(track: Track, timestamp_ns: int) -> Keyframe:
    """A keyframe that holds the state which a track has at a time anyway; its own, if it has one.

    Nobody has looked at a state between two keyframes, so it is trusted as little as the less trusted
    of them. Between keyframes of a linear track it is no more exact than they are. A smooth motion tells
    how sure it is, and the new keyframe counts for about as much as the track knew there: much less, and
    what is fitted to a part of the keyframes does not come through it; much more, and it would not give
    way when its neighbours are corrected. Attributes are those of the keyframe in force, which go on
    past the new one.
    """
    own = track.keyframe_at(timestamp_ns)
    if own is not None:
        return own
    row = bisect_right(track.times_ns, timestamp_ns) - 1
    before = track.keyframes[max(row, 0)]
    after = track.keyframes[min(row + 1, len(track.keyframes) - 1)]
    provenance = max(before.provenance, after.provenance, key=TRUST.index)
    cuboid = cuboid_at(track, timestamp_ns)
    noise = _told_noise(track, timestamp_ns)
    if noise is None:
        noises = [k.noise for k in (before, after) if k.provenance is provenance and k.noise]
        if noises:
            noise = Noise(*map(max, *(n.as_list() for n in (noises[0], noises[-1]))))
    return Keyframe(timestamp_ns, cuboid, provenance, before.attributes, noise)


def less_trusted(*keyframes: Keyframe) -> Provenance:
    """The provenance of the keyframe that is trusted least."""
    return max((keyframe.provenance for keyframe in keyframes), key=TRUST.index)


def _told_noise(track: Track, timestamp_ns: int) -> Noise | None:
    """How exact a keyframe that holds a state is, where the motion tells how sure that state is."""
    between = track.times_ns[0] < timestamp_ns < track.times_ns[-1]
    if not between or track.is_linear or track.motion.standing_at(timestamp_ns) is not None:
        return None
    covariances = track.motion.states(np.array([timestamp_ns], dtype=np.int64)).pose_covariances
    if covariances is None:
        return None
    sigmas = HELD_PART * np.sqrt(np.maximum(np.diagonal(covariances[0]), 0.0))
    return Noise(*np.minimum(sigmas, LARGEST_SIGMA).tolist())


def exact(keyframe: Keyframe) -> Keyframe:
    """The keyframe on one side of a jump: where the next one is exact too, nothing is smoothed across."""
    return replace(keyframe, noise=EXACT)


def free_number(document: Document, category: str, wanted: int | None = None) -> int:
    """A number that no track of a category has: the wanted one, if it is free, else the next.

    The next one is above all others; where the largest is in use, it is the lowest that is free.
    """
    taken = {track.number for track in document.tracks.values() if track.category == category}
    if wanted is not None and 0 < wanted <= MAX_NUMBER and wanted not in taken:
        return wanted
    number = max(document.next_number(category), 1)
    return number if number <= MAX_NUMBER else next(k for k in count(1) if k not in taken)


def made(value: Callable[[], _Value], what: str) -> _Value:
    """A track or event that somebody asked for; EditError instead of TrackError when it is none.

    Args:
        value: makes it.
        what: is named in the message.
    """
    try:
        return value()
    except TrackError as error:
        where = what if not error.where else error.where
        raise EditError(error.what, where, error.fix or "correct it") from error
