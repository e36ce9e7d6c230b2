"""Values of tracks: for the whole track, from a time on, or on a span of time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import changed, made, pinned
from av3d.tracks.operations.steady import present_of, steady
from av3d.tracks.track import Track
from av3d.types import Scalar


def set_attribute(
    document: Document, track_id: str, name: str, value: Scalar
) -> tuple[Change, ...]:
    """Give an attribute a value for the whole track; values at keyframes stay and come first.

    Raises:
        EditError: there is no such track, or the value cannot be stored.
    """
    track = document.track(track_id)
    _check(name, value, track)
    values = {**track.attributes, name: value}
    return changed(track, replace(track, attributes=values))


def remove_attribute(document: Document, track_id: str, name: str) -> tuple[Change, ...]:
    """Take an attribute's value for the whole track away; values at keyframes stay.

    Raises:
        EditError: there is no such track. A value that is not there is no error.
    """
    track = document.track(track_id)
    values = {key: value for key, value in track.attributes.items() if key != name}
    return changed(track, replace(track, attributes=values))


def set_attribute_at(
    document: Document,
    track_id: str,
    timestamp_ns: int,
    name: str,
    value: Scalar | None,
    *,
    frames_ns: Sequence[int] = (),
) -> tuple[Change, ...]:
    """Give an attribute a value at a time: it holds until the next keyframe.

    Where there is no keyframe, the track's state at the time becomes one, as trusted as the less
    trusted of its neighbours. Before the time, the value is what it was.

    Args:
        document: the labels.
        track_id: the track.
        timestamp_ns: the time; the object must be there.
        name: the attribute.
        value: its value; None takes the keyframe's own value away, and the track's holds.
        frames_ns: times of the log's frames. With them a smooth track that the new keyframe moves gets
            as many more as hold its state at each of them (`av3d.tracks.operations.steady`).

    Raises:
        EditError: there is no such track, it is not there at the time, or the value cannot be stored.
    """
    track = document.track(track_id)
    _check(name, value, track)
    if not track.is_present(timestamp_ns):
        raise EditError("the object is not there at this time", track.name, "choose another time")
    after = _with_value(track, timestamp_ns, timestamp_ns, None, name, value)
    return changed(track, steady(after, [(track, present_of(track, frames_ns))]))


def set_attribute_on_span(
    document: Document,
    track_id: str,
    start_ns: int,
    end_ns: int,
    name: str,
    value: Scalar | None,
    *,
    next_ns: int | None = None,
    frames_ns: Sequence[int] = (),
) -> tuple[Change, ...]:
    """Give an attribute a value from one time to another; after it, what held before holds again.

    All keyframes in the span get the value. The states at the first time of the span and at the first
    one after it at which the object is there become keyframes where there are none.

    Args:
        document: the labels.
        track_id: the track.
        start_ns: first time of the span.
        end_ns: last time of the span.
        name: the attribute.
        value: its value; None takes the keyframes' own values away, and the track's holds.
        next_ns: the frame after the span; default: one nanosecond after it.
        frames_ns: times of the log's frames, as for `set_attribute_at`.

    Raises:
        EditError: there is no such track, the span ends before it starts or `next_ns` is not after
            it, the object is not there in the span, or the value cannot be stored.
    """
    track = document.track(track_id)
    _check(name, value, track)
    next_ns = end_ns + 1 if next_ns is None else next_ns
    if not start_ns <= end_ns < next_ns:
        raise EditError(
            "the span ends before it starts, or goes on past the frame after it",
            track.name,
            "give its first and last time, and the time of the frame after it",
        )
    first_ns = _first_there(track, start_ns)
    if first_ns is None or first_ns > end_ns:
        raise EditError("the object is not there in this span", track.name, "choose another span")
    after_ns = _first_there(track, next_ns)
    after = _with_value(track, first_ns, end_ns, after_ns, name, value)
    return changed(track, steady(after, [(track, present_of(track, frames_ns))]))


def _with_value(
    track: Track, start_ns: int, end_ns: int, after_ns: int | None, name: str, value: Scalar | None
) -> Track:
    """The track with a value at its keyframes from start to end.

    Args:
        track: it is there at `start_ns`.
        start_ns: becomes a keyframe.
        end_ns: last time that gets the value.
        after_ns: where the old value holds again, None to leave that to the next keyframe.
        name: the attribute.
        value: None takes it away.
    """
    times = [start_ns, *(time for time in track.times_ns if start_ns < time <= end_ns)]
    if all(_is_in_force(track, time_ns, name, value) for time_ns in times):
        return track
    keyframes = list(track.keyframes)

    def pin(timestamp_ns: int) -> None:
        if all(keyframe.timestamp_ns != timestamp_ns for keyframe in keyframes):
            insort(keyframes, pinned(track, timestamp_ns), key=lambda k: k.timestamp_ns)

    if start_ns <= track.times_ns[0] and track.start_ns < start_ns:
        pin(track.start_ns)  # else the first keyframe's new value would hold before it, too
    pin(start_ns)
    if after_ns is not None and not any(end_ns < time <= after_ns for time in track.times_ns):
        pin(after_ns)
    return track.with_keyframes(
        _valued(keyframe, name, value) if start_ns <= keyframe.timestamp_ns <= end_ns else keyframe
        for keyframe in keyframes
    )


def _valued(keyframe: Keyframe, name: str, value: Scalar | None) -> Keyframe:
    values = {key: item for key, item in keyframe.attributes.items() if key != name}
    if value is not None:
        values[name] = value
    edited = replace(keyframe, attributes=values)
    return keyframe if edited.digest == keyframe.digest else edited


def _is_in_force(track: Track, timestamp_ns: int, name: str, value: Scalar | None) -> bool:
    """Whether a value holds at a time; for None: whether only the track's own does."""
    if value is None:
        return name not in pinned(track, timestamp_ns).attributes
    # 1 is not true, though Python says so.
    return repr(track.attributes_at(timestamp_ns).get(name)) == repr(value)


def _first_there(track: Track, timestamp_ns: int) -> int | None:
    """The first time from a time on at which the object is there."""
    for span in track.presence:
        if span.end_ns >= timestamp_ns:
            return max(span.start_ns, timestamp_ns)
    return None


def _check(name: str, value: Scalar | None, track: Track) -> None:
    """EditError for an attribute that cannot be stored."""
    if not (isinstance(name, str) and name and name.isprintable()):
        raise EditError(f"{name!r} is no name of an attribute", track.name, "name it with letters")
    if value is not None:
        made(lambda: replace(track, attributes={name: value}), track.name)
