"""One track that is two objects, and two tracks that exchange their objects."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.checking import TrackError
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.operations.common import changed, exact, free_number
from av3d.tracks.operations.life import unused_id
from av3d.tracks.operations.parts import Part, head, joined, tail
from av3d.tracks.operations.steady import is_exact, present_of, steady
from av3d.tracks.presence import Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track


def split(
    document: Document,
    track_id: str,
    timestamp_ns: int,
    *,
    new_id: str | None = None,
    last_ns: int | None = None,
    frames_ns: Sequence[int] = (),
) -> tuple[Change, ...]:
    """Make two tracks of one: the first ends before a time, the second begins at it.

    The first keeps ID and number; the second has the same category, attributes, note and rules, and
    the next number. Both get keyframes at the cut where their states depend on keyframes beyond it.
    A relation or a mention in an event goes to the part that is there while the other track or the
    event is; to both if both are, to the first if neither is.

    Args:
        document: the labels.
        track_id: the track.
        timestamp_ns: the first time of the second track.
        new_id: identity of the second track; default: a fresh one.
        last_ns: the last time of the first track, which is the frame before the cut; default: one
            nanosecond before it. Only where the object is there on both sides.
        frames_ns: times of the log's frames. With them a smooth track, which knew more as a whole, gets
            as many more keyframes as hold its state at each of them (`av3d.tracks.operations.steady`).

    Raises:
        EditError: the object is not there on one side of the cut, the ID is in use, or `last_ns` is
            not before the cut.
    """
    track = document.track(track_id)
    last_ns = _last_before(timestamp_ns, last_ns, track)
    before, after = head(track, timestamp_ns, last_ns), tail(track, timestamp_ns)
    if not (before.presence and after.presence):
        side = "from the cut on" if before.presence else "before the cut"
        raise EditError(
            f"the object is not there {side}", track.name, "cut it at a time within its presence"
        )
    second = replace(
        track,
        id=unused_id(document, new_id),
        number=free_number(document, track.category),
        keyframes=joined(after),
        presence=after.presence,
    )
    first = replace(track, keyframes=joined(before), presence=before.presence)
    first, second = (
        steady(half, [(track, present_of(half, frames_ns))]) for half in (first, second)
    )
    halves = (first, second)
    upwards = [
        {
            relation
            for relation in track.relations
            if half in _sharing(halves, document.track(relation.track_id).presence)
        }
        for half in halves
    ]
    first, second = (
        replace(half, relations=tuple(kept)) for half, kept in zip(halves, upwards, strict=True)
    )
    changes = [*changed(track, first), *changed(None, second)]
    for child in document.children(track_id):
        kept = [r for r in child.relations if r.track_id != track_id]
        moved = [
            Relation(relation.kind, half.id)
            for relation in child.relations
            if relation.track_id == track_id
            for half in _sharing(halves, child.presence)
        ]
        changes += changed(child, replace(child, relations=(*kept, *moved)))
    for event in document.events.values():
        if track_id in event.track_ids:
            changes += changed(event, _mentioning(event, halves))
    return tuple(changes)


def swap(
    document: Document,
    one_id: str,
    other_id: str,
    timestamp_ns: int,
    *,
    last_ns: int | None = None,
    frames_ns: Sequence[int] = (),
) -> tuple[Change, ...]:
    """Let two tracks exchange their objects from a time on.

    Keyframes and presence from that time on change places, each with the values of its keyframes.
    What is said of a track as a whole stays with its ID: number, category, attributes, note,
    relations, mentions. Both get keyframes at the cut so that no state changes on either side; those
    of a smooth track are exact, so that nothing is smoothed across the cut. A track of constant size
    that so gets two sizes becomes one of free size; a static one that so gets two places is no longer
    static.

    Args:
        document: the labels.
        one_id: a track.
        other_id: another track.
        timestamp_ns: the first time that is exchanged.
        last_ns: the frame before, at which the states before the cut are held; default: one
            nanosecond before the cut.
        frames_ns: times of the log's frames, at which the states of smooth tracks are held as by `split`.

    Raises:
        EditError: it is one and the same track, or one of them would have nothing left, or `last_ns`
            is not before the cut.
    """
    one, other = document.track(one_id), document.track(other_id)
    if one is other:
        raise EditError("a track cannot exchange with itself", one.name, "choose two tracks")
    last_ns = _last_before(timestamp_ns, last_ns, one)
    heads = [head(track, timestamp_ns, last_ns) for track in (one, other)]
    tails = [tail(track, timestamp_ns) for track in (one, other)]
    if not any(part.keyframes or part.presence for part in tails):
        return ()
    return (
        *changed(one, _continued(heads[0], tails[1], timestamp_ns, frames_ns)),
        *changed(other, _continued(heads[1], tails[0], timestamp_ns, frames_ns)),
    )


def _continued(before: Part, after: Part, cut_ns: int, frames_ns: Sequence[int]) -> Track:
    """A track that goes on as another one from a time on."""
    track = before.track
    presence = [*before.presence, *after.presence]
    if not presence:
        raise EditError(
            "the track would have nothing left",
            track.name,
            "merge the two tracks, or choose a time at which one of them is there",
        )
    if before.is_cut and after.is_cut:
        left, right = before.presence[-1], after.presence[0]
        whole = Span(left.start_ns, right.end_ns, left.starts, right.ends)
        presence = [*before.presence[:-1], whole, *after.presence[1:]]
    keyframes = joined(before, after)
    sizes = {keyframe.cuboid.size_lwh_m.tobytes() for keyframe in keyframes}
    moving = replace(
        track,
        keyframes=keyframes,
        presence=tuple(presence),
        static=False,
        free_size=track.free_size or len(sizes) > 1,
    )
    try:
        result = replace(moving, static=track.static)
    except TrackError:
        result = moving
    times_ns = present_of(result, frames_ns)
    early = times_ns < cut_ns
    sources = ((track, times_ns[early]), (after.track, times_ns[~early]))
    if before.is_cut and after.is_cut and not all(is_exact(t, result) for t, _ in sources):
        row = bisect_left(result.times_ns, cut_ns)
        seam = [exact(keyframe) for keyframe in keyframes[row - 1 : row + 1]]
        result = result.with_keyframes([*keyframes[: row - 1], *seam, *keyframes[row + 1 :]])
    return steady(result, sources)


def _last_before(timestamp_ns: int, last_ns: int | None, track: Track) -> int:
    if last_ns is None:
        return timestamp_ns - 1
    if last_ns >= timestamp_ns:
        raise EditError(
            f"the last time before the cut is {last_ns - timestamp_ns} ns after it",
            track.name,
            "give the time of the frame before",
        )
    return last_ns


def _sharing(halves: tuple[Track, Track], spans: Iterable[Span]) -> tuple[Track, ...]:
    """Those of two parts that are there during spans; the first if none is."""
    spans = tuple(spans)
    found = tuple(half for half in halves if _meet(half.presence, spans))
    return found or halves[:1]


def _meet(some: Iterable[Span], others: tuple[Span, ...]) -> bool:
    return any(
        span.start_ns <= other.end_ns and other.start_ns <= span.end_ns
        for span in some
        for other in others
    )


def _mentioning(event: Event, halves: tuple[Track, Track]) -> Event:
    there = [half.id for half in _sharing(halves, [Span(event.start_ns, event.end_ns)])]
    others = [track_id for track_id in event.track_ids if track_id != halves[0].id]
    return replace(event, track_ids=(*others, *there))
