"""In words, what changes do: for the journal, for previews and where two edits are in conflict."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from av3d.tracks.change import Change, Entity, combined
from av3d.tracks.difference import difference
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

__all__ = ["describe", "difference"]

SAME_M = 1e-6
"""Distance below which two states are one."""


def describe(
    document: Document, changes: Iterable[Change], start_ns: int | None = None
) -> tuple[str, ...]:
    """What changes do to a document, a line for each thing: "Car 4: door open".

    A split, a merge and an exchange are named first, then follows what they mean for each track.

    Args:
        document: the labels before the changes.
        changes: they follow each other; what ends as it began is left out.
        start_ns: the time from which times are told, that of the log's first frame; default: the
            first time of any label before or after the changes.
    """
    ends = combined(changes)
    entities = [entity for change in ends for entity in (change.before, change.after) if entity]
    labels: list[Entity] = [*document.tracks.values(), *document.events.values(), *entities]
    names = {entity.id: entity.name for entity in labels if isinstance(entity, Track)}
    # A track that the document has is called what it was called before.
    names |= {track.id: track.name for track in document.tracks.values()}
    if start_ns is None:
        start_ns = min((time for label in labels for time in _starts(label)), default=0)
    lines = list(_wholes(ends, start_ns))
    for change in ends:
        one = change.before or change.after
        assert one is not None
        own = one.name if isinstance(one, Track | Event) else f"{one.kind.capitalize()} {one.name}"
        told = difference(change.before, change.after, start_ns, names)
        lines += [f"{own}: {line}" for line in told]
    return tuple(lines)


def _starts(label: Entity) -> tuple[int, ...]:
    if isinstance(label, Track):
        return label.start_ns, label.times_ns[0]
    return (label.start_ns,) if isinstance(label, Event) else ()


def _wholes(changes: Iterable[Change], start_ns: int) -> list[str]:
    """Lines for what happens between tracks."""
    made: list[Track] = []
    gone: list[Track] = []
    edited: list[tuple[Track, Track]] = []
    for change in changes:
        before, after = change.before, change.after
        if isinstance(before, Track) and isinstance(after, Track):
            if [k.digest for k in before.keyframes] != [k.digest for k in after.keyframes]:
                edited.append((before, after))
        elif isinstance(after, Track):
            made.append(after)
        elif isinstance(before, Track):
            gone.append(before)
    lines = [
        f"{new.name}: split off {before.name} at {_seconds(new.start_ns, start_ns)}"
        for new in made
        for before, after in edited
        if before.end_ns == new.end_ns and after.end_ns < new.start_ns and _follows(before, new)
    ]
    lines += [
        f"{old.name}: becomes part of {before.name}"
        for old in gone
        for before, after in edited
        if _takes_over(before, after, old)
    ]
    if len(edited) == 2:
        (one, one_after), (other, other_after) = edited
        gained = _gained(one, one_after, other)
        if gained and _gained(other, other_after, one):
            from_s = _seconds(min(keyframe.timestamp_ns for keyframe in gained), start_ns)
            lines.append(f"{one.name} and {other.name}: exchange their objects from {from_s} on")
    return lines


def _follows(whole: Track, part: Track) -> bool:
    """Whether a track has the states of another one at all its keyframes."""
    return all(_is_state_of(whole, keyframe) for keyframe in part.keyframes)


def _gained(before: Track, after: Track, other: Track) -> list[Keyframe]:
    """New keyframes of a track that are states of another one and were none of its own."""
    return [
        keyframe
        for keyframe in after.keyframes
        if _is_state_of(other, keyframe) and not _is_state_of(before, keyframe)
    ]


def _takes_over(before: Track, after: Track, old: Track) -> bool:
    """Whether an edited track has a new keyframe at the time and of the provenance of a deleted one's.

    Their cuboids may have got another size or, on a static track, another place.
    """
    for keyframe in old.keyframes:
        found, own = (track.keyframe_at(keyframe.timestamp_ns) for track in (after, before))
        is_new = found is not None and (own is None or own.digest != found.digest)
        if found is not None and is_new and found.provenance is keyframe.provenance:
            return True
    return False


def _is_state_of(track: Track, keyframe: Keyframe) -> bool:
    there = cuboid_at(track, keyframe.timestamp_ns).center_m
    return float(np.linalg.norm(there - keyframe.cuboid.center_m)) < SAME_M


def _seconds(timestamp_ns: int, start_ns: int) -> str:
    return f"{(timestamp_ns - start_ns) / NS_PER_S:.2f} s"
