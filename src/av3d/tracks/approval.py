"""Which tracks a reviewer has accepted, as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from av3d.tracks.event import REVIEW, Event
from av3d.tracks.track import Track

ACCEPTED = "accepted"
"""State of a decision that a track is right."""
STATE, DIGEST = "state", "track_digest"
"""Attributes of a decision: what was decided, and the digest of the track that was looked at."""


def approved_tracks(tracks: Sequence[Track], events: Iterable[Event]) -> set[str]:
    """IDs of the tracks that are approved: accepted as they are, and not sent back as they are.

    A decision counts for the very values that were looked at: it counts no more once the track is
    changed, and again when the change is taken back.
    """
    digests = {track.id: track.digest for track in tracks}
    accepted: set[str] = set()
    refused: set[str] = set()
    for event in events:
        if event.label != REVIEW:
            continue
        for track_id in event.track_ids:
            if event.attributes.get(DIGEST) == digests.get(track_id):
                state = event.attributes.get(STATE)
                (accepted if state == ACCEPTED else refused).add(track_id)
    return accepted - refused
