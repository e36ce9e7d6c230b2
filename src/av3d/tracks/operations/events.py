"""Events on the time line of a log: rain, a cut-in, a tag of the whole log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.event import Event
from av3d.tracks.operations.common import changed, made
from av3d.types import Scalar


def add_event(
    document: Document,
    label: str,
    start_ns: int,
    end_ns: int,
    *,
    track_ids: Iterable[str] = (),
    attributes: Mapping[str, Scalar] | None = None,
    note: str = "",
    event_id: str | None = None,
) -> tuple[Change, ...]:
    """Say that something holds from one time to another.

    Args:
        document: the labels.
        label: what it is, "rain".
        start_ns: first time at which it holds.
        end_ns: last time; equal to the first for a moment.
        track_ids: the tracks that take part.
        attributes: of the event.
        note: free text.
        event_id: its identity; default: a fresh one.

    Raises:
        EditError: the ID is in use, it ends before it starts, or a track is not there.
    """
    new_id = str(uuid.uuid4()) if event_id is None else event_id
    if new_id in document.events:
        raise EditError(
            "there is an event with this ID already", f"event {new_id!r}", "use another"
        )
    mentioned = _checked_tracks(document, track_ids)
    event = made(
        lambda: Event(new_id, label, start_ns, end_ns, attributes or {}, note, mentioned),
        f"event {label!r}",
    )
    return changed(None, event)


def tag_log(
    document: Document,
    label: str,
    start_ns: int,
    end_ns: int,
    *,
    attributes: Mapping[str, Scalar] | None = None,
    event_id: str | None = None,
) -> tuple[Change, ...]:
    """Tag the whole log: an event from its first to its last time.

    A log has each tag once: tagging it again gives the tag these attributes, if there are any.

    Args:
        document: the labels.
        label: the tag, "night".
        start_ns: of the log.
        end_ns: of the log.
        attributes: of the tag.
        event_id: its identity if it is new; default: a fresh one.

    Raises:
        EditError: as `add_event`.
    """
    for event in document.events.values():
        if (event.label, event.start_ns, event.end_ns) == (label, start_ns, end_ns):
            if attributes is None:
                return ()
            return change_event(document, event.id, attributes=attributes)
    return add_event(document, label, start_ns, end_ns, attributes=attributes, event_id=event_id)


def delete_event(document: Document, event_id: str) -> tuple[Change, ...]:
    """Delete an event; the tracks that take part stay.

    Raises:
        EditError: there is no such event.
    """
    return changed(document.event(event_id), None)


def change_event(
    document: Document,
    event_id: str,
    *,
    label: str | None = None,
    attributes: Mapping[str, Scalar] | None = None,
    note: str | None = None,
    track_ids: Iterable[str] | None = None,
) -> tuple[Change, ...]:
    """Change what an event says; what is None stays.

    Raises:
        EditError: there is no such event, or a track is not there, or a value makes no sense.
    """
    event = document.event(event_id)
    mentioned = event.track_ids if track_ids is None else _checked_tracks(document, track_ids)
    return changed(
        event,
        made(
            lambda: replace(
                event,
                label=event.label if label is None else label,
                attributes=event.attributes if attributes is None else attributes,
                note=event.note if note is None else note,
                track_ids=mentioned,
            ),
            event.name,
        ),
    )


def move_event(
    document: Document, event_id: str, *, start_ns: int | None = None, end_ns: int | None = None
) -> tuple[Change, ...]:
    """Move one end of an event, or both; what is None stays.

    Raises:
        EditError: there is no such event, or it would end before it starts.
    """
    event = document.event(event_id)
    return changed(
        event,
        made(
            lambda: replace(
                event,
                start_ns=event.start_ns if start_ns is None else start_ns,
                end_ns=event.end_ns if end_ns is None else end_ns,
            ),
            event.name,
        ),
    )


def _checked_tracks(document: Document, track_ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(document.track(track_id).id for track_id in track_ids)
