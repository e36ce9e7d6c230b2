"""Where two sets of labels differ: take the other's, or what lies between, as one edit of a document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.qa.agreement.averages import mean_cuboid, with_mean_size
from av3d.qa.agreement.differences import Difference
from av3d.tracks.change import Change, combined
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.anchors import BOTTOM, resized_keyframes, with_cuboid
from av3d.tracks.operations.common import (
    changed,
    cuboid_at,
    free_number,
    in_force,
    less_trusted,
    pinned,
)
from av3d.tracks.operations.identity import split, swap
from av3d.tracks.operations.life import change_category, delete
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.operations.presence import cut_presence
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track, new_track_id
from av3d.types import NS_PER_S

ADJOINING_S = 0.25
"""Spans of presence with less than this between them become one, where no frames say better."""

Blend = Callable[[Cuboid, Cuboid], Cuboid]


def take_theirs(
    document: Document, difference: Difference, frames_ns: Sequence[int] = ()
) -> tuple[Change, ...]:
    """Make the labels what the others say, as far as this difference goes.

    A missing object is added, one too many goes (or its stretch), a place or heading is taken over for
    the frames that differ and a size for the whole track if that is constant; a cuboid that belongs to
    another object is given to that one.

    Args:
        document: the labels A, as they are now.
        difference: of A and B.
        frames_ns: times of the log's frames.

    Raises:
        EditError: the track is no longer there, or the edit would leave nothing of it.
    """
    check, theirs = difference.kind.id, difference.theirs
    if check == "agreement.missing" and theirs is not None:
        return _added(document, difference, theirs, frames_ns)
    if check == "agreement.extra" and difference.ours is not None:
        return _removed(document, difference, difference.ours.id, frames_ns)
    if check == "agreement.identity" and difference.ours is not None:
        return _reassigned(document, difference, difference.ours.id, frames_ns)
    if difference.ours is None or theirs is None:
        raise EditError("there is nothing to take", difference.finding.name, "compare again")
    if check == "agreement.category":
        return change_category(document, difference.ours.id, theirs.category)
    return _blended(document, difference, theirs, frames_ns, average=False)


def take_average(
    document: Document, difference: Difference, frames_ns: Sequence[int] = ()
) -> tuple[Change, ...]:
    """Make the labels what lies in the middle: of places, headings and sizes; see `take_theirs`.

    Raises:
        EditError: there is nothing in the middle of such a difference, or as `take_theirs`.
    """
    if difference.ours is None or difference.theirs is None or not difference.kind.averages:
        raise EditError(
            f"{difference.kind.title.lower()} has no average", difference.finding.name,
            "keep ours or take theirs",
        )  # fmt: skip
    return _blended(document, difference, difference.theirs, frames_ns, average=True)


# A missing object


def _added(
    document: Document, difference: Difference, theirs: Track, frames_ns: Sequence[int]
) -> tuple[Change, ...]:
    span = Span(difference.finding.start_ns, difference.finding.end_ns)
    if difference.ours is None:
        return changed(None, own(document, theirs, None if difference.whole else span))
    track = document.track(difference.ours.id)
    keyframes = list(_keyframes_in(theirs, span))
    if track.static:
        keyframes = [with_cuboid(one, track.keyframes[0].cuboid) for one in keyframes]
    elif not track.free_size:
        size = track.columns.sizes_lwh_m[0]
        keyframes = [
            with_cuboid(one, Cuboid(one.cuboid.frame_SE3_cuboid, size)) for one in keyframes
        ]
    kept = [one for one in track.keyframes if not _within(one.timestamp_ns, span)]
    kept += _edges(track, span, frames_ns, kept)
    step_ns = _step_ns(frames_ns)
    presence = with_span(track.presence, span, step_ns)
    return changed(track, replace(track, keyframes=(*kept, *keyframes), presence=presence))


def own(document: Document, theirs: Track, span: Span | None = None) -> Track:
    """A track of other labels as one of a document: with its ID if that is free, and the next number.

    Args:
        document: the labels it shall be added to.
        theirs: the track.
        span: only this part of it; default: all.
    """
    new_id = theirs.id if theirs.id not in document.tracks else new_track_id()
    keyframes, presence = theirs.keyframes, theirs.presence
    if span is not None:
        keyframes, presence = _keyframes_in(theirs, span), (span,)
    number = free_number(document, theirs.category, theirs.number)
    # What it belongs to has other IDs here.
    return replace(
        theirs, id=new_id, number=number, keyframes=keyframes, presence=presence, relations=()
    )


def _keyframes_in(track: Track, span: Span) -> tuple[Keyframe, ...]:
    """Keyframes of a track within a span, with the states at its ends held."""
    found = {one.timestamp_ns: one for one in track.keyframes if _within(one.timestamp_ns, span)}
    for time_ns in (span.start_ns, span.end_ns):
        found.setdefault(time_ns, pinned(track, time_ns))
    return tuple(found[time_ns] for time_ns in sorted(found))


def _edges(
    track: Track, span: Span, frames_ns: Sequence[int], kept: Sequence[Keyframe]
) -> list[Keyframe]:
    """Keyframes that hold a track right before and after a span that is to change."""
    times = np.array(sorted(frames_ns), dtype=np.int64)
    before = times[times < span.start_ns][-1:].tolist() or [span.start_ns - 1]
    after = times[times > span.end_ns][:1].tolist() or [span.end_ns + 1]
    known = {one.timestamp_ns for one in kept}
    return [
        pinned(track, time_ns)
        for time_ns in (*before, *after)
        if track.is_present(time_ns) and time_ns not in known
    ]


def with_span(presence: Sequence[Span], span: Span, step_ns: int) -> tuple[Span, ...]:
    """Presence with one more span, which becomes one with those that it meets or all but meets."""
    start, end, kept = span, span, []
    for one in presence:
        if one.end_ns < span.start_ns - step_ns or one.start_ns > span.end_ns + step_ns:
            kept.append(one)
            continue
        start = min(start, one, key=lambda s: s.start_ns)
        end = max(end, one, key=lambda s: s.end_ns)
    whole = Span(start.start_ns, end.end_ns, start.starts, end.ends)
    return tuple(sorted([*kept, whole], key=lambda s: s.start_ns))


# One too many


def _removed(
    document: Document, difference: Difference, track_id: str, frames_ns: Sequence[int]
) -> tuple[Change, ...]:
    if difference.whole:
        return delete(document, [track_id])
    finding = difference.finding
    return cut_presence(document, track_id, finding.start_ns, finding.end_ns, Edge.VIEW, frames_ns)


# Another identity


def _reassigned(
    document: Document, difference: Difference, track_id: str, frames_ns: Sequence[int]
) -> tuple[Change, ...]:
    """Give a stretch of a track to the one that it belongs to by the others, or make one of it."""
    start_ns, end_ns = difference.finding.start_ns, difference.finding.end_ns
    times = sorted(frames_ns)
    last_ns = max((ns for ns in times if ns < start_ns), default=start_ns - 1)
    next_ns = min((ns for ns in times if ns > end_ns), default=end_ns + 1)
    track = document.track(track_id)
    partner = difference.partner
    if partner is not None:
        other = document.track(partner.id)
        if track.start_ns >= start_ns and track.end_ns <= end_ns:
            step_ns = _step_ns(times)
            merged = plan_merge(document, [track.id, other.id], keep=other.id, step_ns=step_ns)
            return merged.changes
        if not _there(other, start_ns, end_ns):
            return _moved_over(document, track, other.id, (last_ns, start_ns, next_ns), times)
        changes = swap(document, track.id, other.id, start_ns, last_ns=last_ns, frames_ns=times)
        if max(track.end_ns, other.end_ns) > end_ns:
            after = document.apply(changes)
            changes += swap(after, track.id, other.id, next_ns, last_ns=end_ns, frames_ns=times)
        return combined(changes)
    return _moved_over(document, track, None, (last_ns, start_ns, next_ns), times)


def _moved_over(
    document: Document, track: Track, other_id: str | None, cuts_ns: tuple[int, int, int],
    frames_ns: Sequence[int],
) -> tuple[Change, ...]:  # fmt: skip
    """Cut a stretch out of a track; it becomes part of another one, or one by itself."""
    last_ns, start_ns, next_ns = cuts_ns
    now, part_id = document, track.id
    changes: list[Change] = []
    if track.start_ns < start_ns:
        part_id = new_track_id()
        changes += split(
            now, track.id, start_ns, new_id=part_id, last_ns=last_ns, frames_ns=frames_ns
        )
        now = document.apply(changes)
    if track.end_ns >= next_ns:
        rest_id, end_ns = new_track_id(), max(ns for ns in frames_ns if ns < next_ns)
        changes += split(now, part_id, next_ns, new_id=rest_id, last_ns=end_ns, frames_ns=frames_ns)
        now = document.apply(changes)
        if part_id != track.id:
            step_ns = _step_ns(frames_ns)
            changes += plan_merge(now, [track.id, rest_id], keep=track.id, step_ns=step_ns).changes
            now = document.apply(changes)
    if other_id is not None:
        step_ns = _step_ns(frames_ns)
        changes += plan_merge(now, [other_id, part_id], keep=other_id, step_ns=step_ns).changes
    return combined(changes)


def _there(track: Track, start_ns: int, end_ns: int) -> bool:
    return any(one.start_ns <= end_ns and start_ns <= one.end_ns for one in track.presence)


# Place, heading, size


def _blended(
    document: Document, difference: Difference, theirs: Track, frames_ns: Sequence[int], *,
    average: bool,
) -> tuple[Change, ...]:  # fmt: skip
    """Take over place and heading, or the size, where they differ; the rest of the track stays."""
    assert difference.ours is not None
    track, finding = document.track(difference.ours.id), difference.finding
    of_size = difference.kind.id == "agreement.size"
    blend = _of_size if of_size else _of_pose

    def one(ours: Cuboid, other: Cuboid) -> Cuboid:
        return blend(ours, mean_cuboid([ours, other]) if average else other)

    at_ns = finding.timestamp_ns
    if of_size and not track.free_size:
        size = one(cuboid_at(track, at_ns), cuboid_at(theirs, at_ns)).size_lwh_m
        return changed(track, track.with_keyframes(resized_keyframes(track, size, BOTTOM)))
    if track.static:
        cuboid = one(track.keyframes[0].cuboid, cuboid_at(theirs, at_ns))
        provenance = in_force(theirs, at_ns).provenance
        return changed(
            track,
            track.with_keyframes([with_cuboid(k, cuboid, provenance) for k in track.keyframes]),
        )
    span = Span(finding.start_ns, finding.end_ns)
    times = {ns for ns in (*track.times_ns, *theirs.times_ns) if _within(ns, span)}
    times |= {span.start_ns, span.end_ns}
    kept = [k for k in track.keyframes if not _within(k.timestamp_ns, span)]
    kept += _edges(track, span, frames_ns, kept)
    for time_ns in sorted(times):
        if not track.is_present(time_ns):
            continue
        own_one, other = pinned(track, time_ns), pinned(theirs, time_ns)
        provenance = less_trusted(own_one, other) if average else other.provenance
        noise = None if average else other.noise
        kept.append(with_cuboid(own_one, one(own_one.cuboid, other.cuboid), provenance, noise))
    return changed(track, track.with_keyframes(kept))


def _of_pose(ours: Cuboid, wanted: Cuboid) -> Cuboid:
    return Cuboid(wanted.frame_SE3_cuboid, ours.size_lwh_m)


def _of_size(ours: Cuboid, wanted: Cuboid) -> Cuboid:
    return with_mean_size(ours, wanted.size_lwh_m)


def _within(time_ns: int, span: Span) -> bool:
    return span.start_ns <= time_ns <= span.end_ns


def _step_ns(frames_ns: Sequence[int]) -> int:
    """The longest time between frames that follow each other, or what stands for it."""
    steps = np.diff(np.array(sorted(frames_ns), dtype=np.int64))
    return int(np.median(steps) * 1.5) if len(steps) else round(ADJOINING_S * NS_PER_S)
