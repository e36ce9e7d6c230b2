"""Which of several tracks counts when, if they are to be one."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import TRUST
from av3d.tracks.operations.parts import holding
from av3d.tracks.operations.steady import Places
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class Stretch:
    """Times in which one track counts: a span of its presence, or what others leave of it.

    Attributes:
        track: the track.
        start_ns: first time.
        end_ns: last time.
        span: of the track's presence.
    """

    track: Track
    start_ns: int
    end_ns: int
    span: Span

    @property
    def opens(self) -> bool:
        """Whether it begins where the track's own span begins."""
        return self.start_ns == self.span.start_ns

    @property
    def closes(self) -> bool:
        """Whether it ends where the track's own span ends."""
        return self.end_ns == self.span.end_ns


@dataclass(frozen=True)
class Overlap:
    """Times at which more than one of the tracks is there.

    Attributes:
        start_ns: first time.
        end_ns: last time.
        distance_m: the largest distance between the centre of the track that counts and another.
    """

    start_ns: int
    end_ns: int
    distance_m: float


def trust(track: Track, start_ns: int | None = None, end_ns: int | None = None) -> int:
    """The place in TRUST of a track's most trusted keyframe, of all or of those from start to end."""
    first = 0 if start_ns is None else bisect_left(track.times_ns, start_ns)
    last = len(track.times_ns) if end_ns is None else bisect_right(track.times_ns, end_ns)
    places = (TRUST.index(keyframe.provenance) for keyframe in track.keyframes[first:last])
    return min(places, default=len(TRUST))


def presence_ns(track: Track) -> int:
    """How long a track is there."""
    return sum(span.end_ns - span.start_ns for span in track.presence)


def stretches(tracks: Sequence[Track]) -> tuple[tuple[Stretch, ...], tuple[Overlap, ...]]:
    """The times at which each of several tracks counts, in order, and where they overlap.

    Where one track is there alone, it counts. Where several are, it is the one whose keyframes at
    these times are trusted most (manual, then fitted, imported, model, none); then the one that is
    there longer in all; then the one whose ID comes first.
    """
    spans = [(track, span) for track in tracks for span in track.presence]
    bounds = sorted({t for _, span in spans for t in (span.start_ns, span.end_ns + 1)})
    found: list[Stretch] = []
    overlaps: list[Overlap] = []
    for start_ns, after_ns in itertools.pairwise(bounds):
        end_ns = after_ns - 1
        there = [(track, span) for track, span in spans if span.contains(start_ns)]
        if not there:
            continue

        _, _, _, track, span = min(
            (trust(track, start_ns, end_ns), -presence_ns(track), track.id, track, span)
            for track, span in there
        )
        last = found[-1] if found else None
        if last is not None and last.span is span and last.end_ns + 1 == start_ns:
            found[-1] = replace(last, end_ns=end_ns)
        else:
            found.append(Stretch(track, start_ns, end_ns, span))
        others = [other for other, _ in there if other is not track]
        if others:
            overlaps.append(Overlap(start_ns, end_ns, _distance_m(track, others, start_ns, end_ns)))
    return tuple(found), tuple(overlaps)


def selected(
    tracks: Sequence[Track], found: Sequence[Stretch]
) -> tuple[tuple[Keyframe, ...], tuple[tuple[Track, Keyframe], ...]]:
    """The keyframes of what several tracks become, and those that are given up.

    Within a stretch, those of its track count. Where none of the tracks is there, the keyframes of
    the track that was there before count, and after the last of them those of the next. A track's
    own ends of presence get keyframes where the others would change its states there.

    Args:
        tracks: the tracks.
        found: their stretches, in order.
    """
    kept: list[Keyframe] = []
    dropped: list[tuple[Track, Keyframe]] = []
    starts = [stretch.start_ns for stretch in found]
    for track in tracks:
        for keyframe in track.keyframes:
            if _counts(track, keyframe.timestamp_ns, found, starts):
                kept.append(keyframe)
            else:
                dropped.append((track, keyframe))
    ends = [
        (stretch.track, time_ns)
        for stretch in found
        for time_ns, is_own in (
            (stretch.start_ns, stretch.opens),
            (stretch.end_ns, stretch.closes),
        )
        if is_own
    ]
    cuboids = {keyframe.timestamp_ns: keyframe.cuboid for keyframe in kept}
    lost = tuple((t, k) for t, k in dropped if cuboids.get(k.timestamp_ns) != k.cuboid)
    return holding(kept, ends), lost


def presence_of(
    found: Sequence[Stretch], *, step_ns: int, bridge: bool, reason: Edge | None
) -> tuple[Span, ...]:
    """The presence of what several tracks become.

    Args:
        found: their stretches, in order.
        step_ns: stretches of different tracks that are no further apart are one span.
        bridge: join those of different tracks however far apart they are.
        reason: why the object is away between different tracks; None leaves the edges as they are.
    """
    spans: list[Span] = []
    last: Stretch | None = None
    for stretch in found:
        starts = stretch.span.starts if stretch.opens else Edge.VIEW
        ends = stretch.span.ends if stretch.closes else Edge.VIEW
        span = Span(stretch.start_ns, stretch.end_ns, starts, ends)
        if last is not None and last.track is not stretch.track:
            if bridge or stretch.start_ns - last.end_ns <= step_ns:
                before = spans.pop()
                span = Span(before.start_ns, span.end_ns, before.starts, ends)
            elif reason is not None:
                spans[-1] = replace(spans[-1], ends=reason)
                span = replace(span, starts=reason)
        spans.append(span)
        last = stretch
    return tuple(spans)


def _counts(track: Track, time_ns: int, found: Sequence[Stretch], starts: Sequence[int]) -> bool:
    """Whether a keyframe of a track at a time counts."""
    row = bisect_right(starts, time_ns) - 1
    before = found[row] if row >= 0 else None
    if before is not None and time_ns <= before.end_ns:
        return before.track is track
    if before is not None and before.track is track:
        return True
    after = found[row + 1] if row + 1 < len(found) else None
    if after is None or after.track is not track:
        return False
    if before is None:
        return True
    times = before.track.times_ns
    between = times[bisect_right(times, before.end_ns) : bisect_left(times, after.start_ns)]
    return not between or time_ns > between[-1]


def _distance_m(track: Track, others: Sequence[Track], start_ns: int, end_ns: int) -> float:
    """The largest distance of centres at keyframes and ends of an overlap."""
    inside = (t for one in (track, *others) for t in one.times_ns if start_ns <= t <= end_ns)
    times_ns = np.array([*{start_ns, end_ns, *inside}], dtype=np.int64)
    centers_m = Places.of(track, times_ns).centers_m
    return max(
        float(np.linalg.norm(Places.of(other, times_ns).centers_m - centers_m, axis=1).max())
        for other in others
    )
