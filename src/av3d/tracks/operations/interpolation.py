"""What is said about the motion of tracks between their keyframes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.interpolation import Interpolation
from av3d.tracks.operations.common import changed


def set_interpolation(
    document: Document, track_ids: Iterable[str], interpolation: Interpolation
) -> tuple[Change, ...]:
    """Say how tracks move between their keyframes, which all stay.

    Args:
        document: the labels.
        track_ids: the tracks.
        interpolation: of each from now on, whatever it was before; the default lets the keyframes
            decide.

    Raises:
        EditError: there is no such track.
    """
    changes: list[Change] = []
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        changes += changed(track, replace(track, interpolation=interpolation))
    return tuple(changes)
