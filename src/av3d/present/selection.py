"""Edits of all selected tracks at once: one transaction, one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from av3d.present.edits import Operation
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

Value = TypeVar("Value")

MIXED = "mixed"
"""Stands where selected tracks differ."""


def selected_tracks(session: Session) -> tuple[Track, ...]:
    """All selected tracks, the leading one first."""
    found = (session.track(track_id) for track_id in session.selection)
    return tuple(track for track in found if track is not None)


def selection_name(session: Session) -> str:
    """What is selected: "Car 21", "3 tracks"."""
    tracks = selected_tracks(session)
    return tracks[0].name if len(tracks) == 1 else f"{len(tracks)} tracks"


def common(values: Iterable[Value]) -> Value | None:
    """The value that all have; None where they differ, or there are none."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found[1:]) else None


def for_each(
    track_ids: Sequence[str], operation: Callable[[Document, str], Iterable[Change]]
) -> Operation:
    """One operation that edits several tracks, each in the document that the edits before have left.

    Args:
        track_ids: which; those that are gone by then are passed over.
        operation: edits one of them.
    """

    def all_of_them(document: Document) -> list[Change]:
        changes: list[Change] = []
        for track_id in track_ids:
            if track_id not in document.tracks:
                continue
            made = tuple(operation(document, track_id))
            document = document.apply(made)
            changes += made
        return changes

    return all_of_them
