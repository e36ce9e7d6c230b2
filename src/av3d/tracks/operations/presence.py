"""Presence: when the object of a track is there, and why it comes and goes.

Keyframes stay where they are when presence changes: outside of it they still say how the object moves
to where it is seen again. `delete_absent_keyframes` takes them away on request.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.checking import whole_ns
from av3d.tracks.document import Document, EditError
from av3d.tracks.operations.common import changed
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track


def including(presence: Sequence[Span], timestamp_ns: int) -> tuple[Span, ...]:
    """Presence with a time in it, as little more as that takes.

    Before the first or after the last span that one grows. In a gap the time becomes a span of its
    own, with the reasons of the gap: nobody has said that the object is there all the way.
    """
    spans = tuple(presence)
    row = bisect_right([span.start_ns for span in spans], timestamp_ns) - 1
    if row < 0:
        return (replace(spans[0], start_ns=timestamp_ns), *spans[1:])
    if spans[row].contains(timestamp_ns):
        return spans
    if row == len(spans) - 1:
        return (*spans[:-1], replace(spans[-1], end_ns=timestamp_ns))
    moment = Span(timestamp_ns, timestamp_ns, spans[row].ends, spans[row + 1].starts)
    return (*spans[: row + 1], moment, *spans[row + 1 :])


def cut_presence(
    document: Document,
    track_id: str,
    start_ns: int,
    end_ns: int,
    reason: Edge = Edge.OCCLUDED,
    frames_ns: Sequence[int] = (),
) -> tuple[Change, ...]:
    """The object is not there from one time to another, both included.

    Args:
        document: the labels.
        track_id: the track.
        start_ns: first time of the absence.
        end_ns: last time of the absence.
        reason: why it goes and comes back; set on the two edges that this makes.
        frames_ns: times of the log's frames. With them presence ends at the last frame before the
            absence and begins again at the first after it, without them 1 ns off the absence.

    Raises:
        EditError: nothing of the track would be left.
    """
    track = document.track(track_id)
    _check_order(start_ns, end_ns, track)
    frames = sorted(set(frames_ns))
    spans: list[Span] = []
    for span in track.presence:
        if span.end_ns < start_ns or span.start_ns > end_ns:
            spans.append(span)
            continue
        if span.start_ns < start_ns:
            row = bisect_left(frames, start_ns) - 1
            last = frames[row] if row >= 0 and frames[row] >= span.start_ns else start_ns - 1
            spans.append(replace(span, end_ns=last, ends=reason))
        if span.end_ns > end_ns:
            row = bisect_right(frames, end_ns)
            found = row < len(frames) and frames[row] <= span.end_ns
            first = frames[row] if found else end_ns + 1
            spans.append(replace(span, start_ns=first, starts=reason))
    return _present(track, spans)


def extend_presence(
    document: Document, track_id: str, timestamp_ns: int, reason: Edge | None = None
) -> tuple[Change, ...]:
    """The object is there on to (or from) a time: the nearest span grows up to it.

    Args:
        document: the labels.
        track_id: the track.
        timestamp_ns: the time; of two spans equally near the earlier one grows.
        reason: of the edge that moves; default: the one it has.
    """
    track = document.track(track_id)
    if track.is_present(timestamp_ns):
        return ()
    row = min(
        range(len(track.presence)),
        key=lambda row: _distance_ns(track.presence[row], timestamp_ns),
    )
    span = track.presence[row]
    if timestamp_ns < span.start_ns:
        grown = replace(span, start_ns=timestamp_ns, starts=reason or span.starts)
    else:
        grown = replace(span, end_ns=timestamp_ns, ends=reason or span.ends)
    return _present(track, [*track.presence[:row], grown, *track.presence[row + 1 :]])


def shorten_presence(
    document: Document,
    track_id: str,
    at_ns: int,
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
    reason: Edge | None = None,
) -> tuple[Change, ...]:
    """One span begins later or ends earlier; the others stay.

    Args:
        document: the labels.
        track_id: the track.
        at_ns: a time of the span.
        start_ns: its new start; default: the one it has.
        end_ns: its new end; default: the one it has.
        reason: of the edges that move; default: the ones they have.

    Raises:
        EditError: the object is not there at `at_ns`, or a new end is outside of the span.
    """
    track = document.track(track_id)
    span = _span_at(track, at_ns)
    short = span
    if start_ns is not None and start_ns != span.start_ns:
        short = replace(_within(span, start_ns, short.end_ns, track), starts=reason or span.starts)
    if end_ns is not None and end_ns != span.end_ns:
        short = replace(_within(short, short.start_ns, end_ns, track), ends=reason or span.ends)
    return _present(track, [short if other is span else other for other in track.presence])


def resize_span(
    document: Document,
    track_id: str,
    at_ns: int,
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> tuple[Change, ...]:
    """One span begins or ends at other times; spans that it comes to touch become part of it.

    The reason of an edge stays with it; where spans become one, the outer reasons stay.

    Args:
        document: the labels.
        track_id: the track.
        at_ns: a time of the span.
        start_ns: its new start; default: the one it has.
        end_ns: its new end; default: the one it has.

    Raises:
        EditError: the object is not there at `at_ns`, or the span would end before it starts.
    """
    track = document.track(track_id)
    span = _span_at(track, at_ns)
    start_ns = span.start_ns if start_ns is None else whole_ns(start_ns)
    end_ns = span.end_ns if end_ns is None else whole_ns(end_ns)
    _check_order(start_ns, end_ns, track)
    resized = replace(span, start_ns=start_ns, end_ns=end_ns)
    others: list[Span] = []
    for other in track.presence:
        if other is span:
            continue
        if other.end_ns < start_ns or other.start_ns > end_ns:
            others.append(other)
            continue
        if other.start_ns <= resized.start_ns:
            resized = replace(resized, start_ns=other.start_ns, starts=other.starts)
        if other.end_ns >= resized.end_ns:
            resized = replace(resized, end_ns=other.end_ns, ends=other.ends)
    return _present(track, [*others, resized])


def begin_here(
    document: Document, track_id: str, timestamp_ns: int, reason: Edge | None = None
) -> tuple[Change, ...]:
    """The object is there from this time on for the first time.

    Spans before are taken away; the one that holds the time is cut; if none does, the next one grows.

    Args:
        document: the labels.
        track_id: the track.
        timestamp_ns: the time.
        reason: why it comes; default: that of the span which begins here.

    Raises:
        EditError: the track has no presence at or after the time.
    """
    track = document.track(track_id)
    later = [span for span in track.presence if span.end_ns >= timestamp_ns]
    if not later:
        raise _nothing_left(track)
    first = replace(later[0], start_ns=timestamp_ns, starts=reason or later[0].starts)
    return _present(track, [first, *later[1:]])


def end_here(
    document: Document, track_id: str, timestamp_ns: int, reason: Edge | None = None
) -> tuple[Change, ...]:
    """The object is there up to this time for the last time; the mirror image of `begin_here`.

    Raises:
        EditError: the track has no presence at or before the time.
    """
    track = document.track(track_id)
    earlier = [span for span in track.presence if span.start_ns <= timestamp_ns]
    if not earlier:
        raise _nothing_left(track)
    last = replace(earlier[-1], end_ns=timestamp_ns, ends=reason or earlier[-1].ends)
    return _present(track, [*earlier[:-1], last])


def add_span(document: Document, track_id: str, span: Span) -> tuple[Change, ...]:
    """The object is there for another span.

    Raises:
        EditError: it is there already at some time of the span.
    """
    track = document.track(track_id)
    if any(o.start_ns <= span.end_ns and span.start_ns <= o.end_ns for o in track.presence):
        raise EditError(
            "the object is there already at some time of the new span",
            track.name,
            "extend the span that is there, or join the two",
        )
    return _present(track, [*track.presence, span])


def join_spans(document: Document, track_id: str, start_ns: int, end_ns: int) -> tuple[Change, ...]:
    """The object is there all the way from one time to another: spans that touch it become one.

    Args:
        document: the labels.
        track_id: the track.
        start_ns: a time in the first span to join.
        end_ns: a time in the last.

    Raises:
        EditError: the object is not there at one of the two times.
    """
    track = document.track(track_id)
    _check_order(start_ns, end_ns, track)
    first, last = _span_at(track, start_ns), _span_at(track, end_ns)
    joined = Span(first.start_ns, last.end_ns, first.starts, last.ends)
    others = [o for o in track.presence if o.end_ns < first.start_ns or o.start_ns > last.end_ns]
    return _present(track, [*others, joined])


def set_reason(
    document: Document,
    track_id: str,
    at_ns: int,
    *,
    starts: Edge | None = None,
    ends: Edge | None = None,
) -> tuple[Change, ...]:
    """Say why the object comes at the start of a span and goes at its end.

    Args:
        document: the labels.
        track_id: the track.
        at_ns: a time of the span.
        starts: why it comes; default: the reason it has.
        ends: why it goes; default: the reason it has.

    Raises:
        EditError: the object is not there at that time.
    """
    track = document.track(track_id)
    span = _span_at(track, at_ns)
    told = replace(span, starts=starts or span.starts, ends=ends or span.ends)
    return _present(track, [told if other is span else other for other in track.presence])


def delete_absent_keyframes(document: Document, track_ids: Iterable[str]) -> tuple[Change, ...]:
    """Take away the keyframes at times when the object is not there.

    Where presence goes on without the keyframe that led to it, those that are left then say how the
    object moves.

    Raises:
        EditError: a track would have no keyframe left.
    """
    changes: list[Change] = []
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        kept = [k for k in track.keyframes if track.is_present(k.timestamp_ns)]
        if not kept:
            raise EditError(
                "all keyframes are at times when the object is not there",
                track.name,
                "extend its presence to one of them, or delete the track",
            )
        if len(kept) < len(track.keyframes):
            changes += changed(track, track.with_keyframes(kept))
    return tuple(changes)


def _present(track: Track, spans: Sequence[Span]) -> tuple[Change, ...]:
    if not spans:
        raise _nothing_left(track)
    return changed(track, replace(track, presence=tuple(spans)))


def _nothing_left(track: Track) -> EditError:
    return EditError("the object would never be there", track.name, "delete the track instead")


def _check_order(start_ns: int, end_ns: int, track: Track) -> None:
    if whole_ns(end_ns) < whole_ns(start_ns):
        raise EditError(
            f"the span ends {start_ns - end_ns} ns before it starts",
            track.name,
            "give the earlier time first",
        )


def _span_at(track: Track, timestamp_ns: int) -> Span:
    for span in track.presence:
        if span.contains(timestamp_ns):
            return span
    raise EditError(
        f"the object is not there at {timestamp_ns} ns", track.name, "choose a time when it is"
    )


def _within(span: Span, start_ns: int, end_ns: int, track: Track) -> Span:
    if not span.start_ns <= start_ns <= end_ns <= span.end_ns:
        raise EditError(
            "the span would not become shorter", track.name, "choose times within it, or extend it"
        )
    return replace(span, start_ns=start_ns, end_ns=end_ns)


def _distance_ns(span: Span, timestamp_ns: int) -> int:
    return max(span.start_ns - timestamp_ns, timestamp_ns - span.end_ns, 0)
