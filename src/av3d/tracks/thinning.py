"""Fewer keyframes: keep those a given time apart and leave the rest to interpolation."""

from __future__ import annotations

from av3d.digests import canonical
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

JITTER = 0.02
"""Part of the spacing by which a keyframe may come early and still count."""


def thin_keyframes(track: Track, spacing_ns: int) -> Track:
    """The same track with keyframes `spacing_ns` apart.

    The first and last keyframe of every span of presence stay, so that a track neither shrinks nor
    is interpolated across its absence. So does one with which an attribute changes; what readers of
    datasets record (names with a dot: a box in the image, a count of points) does not count, it
    changes with nearly every keyframe. Presence does not change.

    Args:
        track: any track.
        spacing_ns: positive.
    """
    kept: list[Keyframe] = []
    for span in track.presence:
        inside = [k for k in track.keyframes if span.contains(k.timestamp_ns)]
        next_ns, said = None, ""
        for keyframe in inside:
            says = _said(keyframe)
            is_due = next_ns is None or keyframe.timestamp_ns >= next_ns or says != said
            if is_due or keyframe is inside[-1]:
                kept.append(keyframe)
                said = says
                # Sensors jitter: at 10 Hz the keyframe "one second later" may come 999.9 ms later.
                next_ns = keyframe.timestamp_ns + round(spacing_ns * (1 - JITTER))
    outside = [
        keyframe
        for keyframe in track.keyframes
        if not any(span.contains(keyframe.timestamp_ns) for span in track.presence)
    ]
    return track.with_keyframes([*kept, *outside])


def _said(keyframe: Keyframe) -> str:
    """What people say of the object at a keyframe; 1 is not true, though Python says so."""
    return canonical({key: value for key, value in keyframe.attributes.items() if "." not in key})
