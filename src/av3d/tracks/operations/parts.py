"""Parts of tracks: what lies before and from a time, put together so that nothing is bent."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import pinned
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class Part:
    """A stretch of a track; it may be empty.

    Attributes:
        track: the whole track.
        keyframes: its keyframes within the stretch, the same objects.
        presence: its spans within the stretch.
        is_cut: whether the object is there on both sides of the cut.
    """

    track: Track
    keyframes: tuple[Keyframe, ...]
    presence: tuple[Span, ...]
    is_cut: bool


def head(track: Track, cut_ns: int, last_ns: int) -> Part:
    """What lies before a time.

    Args:
        track: the track.
        cut_ns: the first time that does not belong to the part.
        last_ns: where presence ends if it goes on past the cut, before `cut_ns`.
    """
    spans = [
        span
        if span.end_ns < cut_ns
        else replace(span, end_ns=max(span.start_ns, last_ns), ends=Edge.VIEW)
        for span in track.presence
        if span.start_ns < cut_ns
    ]
    keyframes = tuple(k for k in track.keyframes if k.timestamp_ns < cut_ns)
    return Part(track, keyframes, tuple(spans), _is_cut(track, cut_ns))


def tail(track: Track, cut_ns: int) -> Part:
    """What lies at a time and after it.

    Args:
        track: the track.
        cut_ns: the first time that belongs to the part.
    """
    spans = [
        span if span.start_ns >= cut_ns else replace(span, start_ns=cut_ns, starts=Edge.VIEW)
        for span in track.presence
        if span.end_ns >= cut_ns
    ]
    keyframes = tuple(k for k in track.keyframes if k.timestamp_ns >= cut_ns)
    return Part(track, keyframes, tuple(spans), _is_cut(track, cut_ns))


def joined(*parts: Part) -> tuple[Keyframe, ...]:
    """The keyframes of parts that follow each other, with those that keep every state what it is.

    Those of smooth tracks they keep only about there; `av3d.tracks.operations.steady` does the rest.

    A part's first and last time of presence get a keyframe where the keyframes of the other parts, or
    the lack of those that were cut off, would change its states.
    """
    keyframes = [keyframe for part in parts for keyframe in part.keyframes]
    ends = [
        (part.track, time_ns)
        for part in parts
        if part.presence
        for time_ns in (part.presence[0].start_ns, part.presence[-1].end_ns)
    ]
    return holding(keyframes, ends)


def holding(
    keyframes: Iterable[Keyframe], states: Iterable[tuple[Track, int]]
) -> tuple[Keyframe, ...]:
    """The keyframes, and more of them where they do not give the states of tracks at times.

    Args:
        keyframes: in any order, no two at a time.
        states: tracks and the times at which their states shall hold.
    """
    ordered, wanted = sorted(keyframes, key=_time), tuple(states)
    count = -1
    while len(ordered) > count:
        count = len(ordered)
        for track, time_ns in wanted:
            # Looked at one by one: the last one made may hold this state, too, or bend an earlier one.
            if not _holds(ordered, track, time_ns):
                insort(ordered, pinned(track, time_ns), key=_time)
    return tuple(ordered)


def _holds(keyframes: Sequence[Keyframe], track: Track, time_ns: int) -> bool:
    """Whether keyframes give the very state that a track has at a time."""
    if not keyframes:
        return False
    before, after = _around(keyframes, time_ns)
    if before.timestamp_ns == time_ns:
        return True  # its own, or the one that was made for the other end of a span
    own_before, own_after = _around(track.keyframes, time_ns)
    if not has_same_attributes(before, own_before):
        return False
    if own_before.cuboid == own_after.cuboid:
        return before.cuboid == after.cuboid == own_before.cuboid
    return before is own_before and after is own_after


def _around(keyframes: Sequence[Keyframe], time_ns: int) -> tuple[Keyframe, Keyframe]:
    """The keyframes that a state depends on: one twice where it holds by itself."""
    row = bisect_right(keyframes, time_ns, key=_time) - 1
    before = keyframes[max(row, 0)]
    if before.timestamp_ns == time_ns:
        return before, before
    return before, keyframes[min(row + 1, len(keyframes) - 1)]


def has_same_attributes(one: Keyframe, other: Keyframe) -> bool:
    """Whether keyframes have the same values; 1 is not true, though Python says so."""
    return one is other or _written(one) == _written(other)


def _written(keyframe: Keyframe) -> list[tuple[str, str]]:
    return sorted((name, repr(value)) for name, value in keyframe.attributes.items())


def _is_cut(track: Track, cut_ns: int) -> bool:
    return any(span.start_ns < cut_ns <= span.end_ns for span in track.presence)


def _time(keyframe: Keyframe) -> int:
    return keyframe.timestamp_ns
