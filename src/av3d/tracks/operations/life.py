"""Tracks come, go and get other names; an ID never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.checking import MAX_NUMBER
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.interpolation import AUTOMATIC, Interpolation
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.common import changed, free_number, made
from av3d.tracks.presence import Span
from av3d.tracks.track import Track, new_track_id
from av3d.types import Scalar


def create(
    document: Document,
    category: str,
    timestamp_ns: int,
    cuboid: Cuboid,
    *,
    provenance: Provenance = Provenance.MANUAL,
    attributes: Mapping[str, Scalar] | None = None,
    presence: Iterable[Span] = (),
    track_id: str | None = None,
    noise: Noise | None = None,
) -> tuple[Change, ...]:
    """A new track with one keyframe and the category's next number.

    Args:
        document: the labels.
        category: one of the project's.
        timestamp_ns: time of the keyframe.
        cuboid: in the world frame.
        provenance: of the keyframe.
        attributes: of the track.
        presence: when the object is there; default: at the time of the keyframe only.
        track_id: its identity; default: a fresh one.
        noise: how exact the pose of the keyframe is, where that is known.

    Raises:
        EditError: the ID is in use, or a value makes no sense.
    """
    keyframe = made(
        lambda: Keyframe(timestamp_ns, cuboid, provenance, noise=noise), "the new keyframe"
    )
    return create_from_keyframes(
        document,
        category,
        [keyframe],
        attributes=attributes,
        presence=presence,
        track_id=track_id,
    )


def create_from_keyframes(
    document: Document,
    category: str,
    keyframes: Iterable[Keyframe],
    *,
    attributes: Mapping[str, Scalar] | None = None,
    presence: Iterable[Span] = (),
    static: bool = False,
    free_size: bool | None = None,
    note: str = "",
    track_id: str | None = None,
    interpolation: Interpolation = AUTOMATIC,
) -> tuple[Change, ...]:
    """A new track with several keyframes and the category's next number.

    Args:
        document: the labels.
        category: one of the project's.
        keyframes: at least one, no two at the same time.
        attributes: of the track.
        presence: when the object is there; default: from the first to the last keyframe.
        static: whether it stands still; then all keyframes have one cuboid.
        free_size: whether its size may change; default: whether it does.
        note: free text.
        track_id: its identity; default: a fresh one.
        interpolation: what is said about its motion.

    Raises:
        EditError: the ID is in use, or the values make no track.
    """
    new_id = unused_id(document, track_id)
    track = made(
        lambda: Track(
            new_id,
            category,
            tuple(keyframes),
            tuple(presence),
            free_number(document, category),
            attributes or {},
            static,
            free_size,
            note=note,
            interpolation=interpolation,
        ),
        f"the new track {new_id}",
    )
    return changed(None, track)


def delete(document: Document, track_ids: Iterable[str]) -> tuple[Change, ...]:
    """Delete tracks, and what refers to them in the same transaction.

    Tracks that belong to them stay and belong to nothing then; events that mention them stay without
    the mention.

    Raises:
        EditError: there is no such track.
    """
    gone = {track_id: document.track(track_id) for track_id in track_ids}
    changes: list[Change] = []
    for track in document.tracks.values():
        if track.id not in gone:
            kept = tuple(r for r in track.relations if r.track_id not in gone)
            if kept != track.relations:
                changes += changed(track, replace(track, relations=kept))
    for event in document.events.values():
        changes += changed(event, without_tracks(event, gone))
    return (*changes, *(Change(track, None) for track in gone.values()))


def change_category(document: Document, track_id: str, category: str) -> tuple[Change, ...]:
    """Give a track another category; its number stays if it is free there, else it gets the next.

    Raises:
        EditError: there is no such track, or the category is no name.
    """
    track = document.track(track_id)
    if category == track.category:
        return ()
    number = free_number(document, category, track.number)
    return changed(
        track, made(lambda: replace(track, category=category, number=number), track.name)
    )


def change_number(document: Document, track_id: str, number: int) -> tuple[Change, ...]:
    """Call a track by another number.

    Raises:
        EditError: there is no such track, the number is not a whole number from 1, or another track
            of the category has it.
    """
    track = document.track(track_id)
    if type(number) is not int or not 1 <= number <= MAX_NUMBER:
        raise EditError(
            f"{number!r} is no number of a track", track.name, f"give one from 1 to {MAX_NUMBER}"
        )
    if number == track.number:
        return ()
    for other in document.tracks.values():
        if (other.category, other.number) == (track.category, number):
            raise EditError(
                f"{other.name} has that number already",
                track.name,
                f"give another one, {free_number(document, track.category)} is free",
            )
    return changed(track, replace(track, number=number))


def write_note(document: Document, track_id: str, note: str) -> tuple[Change, ...]:
    """Write a track's note for colleagues; an empty one takes it away.

    Raises:
        EditError: there is no such track, or the text cannot be stored.
    """
    track = document.track(track_id)
    return changed(track, made(lambda: replace(track, note=note), track.name))


def without_tracks(event: Event, track_ids: Iterable[str]) -> Event:
    """The event without the mention of tracks; itself if it mentions none of them."""
    gone = set(track_ids)
    kept = tuple(track_id for track_id in event.track_ids if track_id not in gone)
    return event if kept == event.track_ids else replace(event, track_ids=kept)


def unused_id(document: Document, track_id: str | None) -> str:
    """The ID for a new track, a fresh one for None; EditError when it is in use."""
    new_id = new_track_id() if track_id is None else track_id
    if new_id in document.tracks:
        raise EditError("there is a track with this ID already", f"track {new_id!r}", "use another")
    return new_id
