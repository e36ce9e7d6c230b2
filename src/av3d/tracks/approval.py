"""Which labels a reviewer has approved, as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from av3d.tracks.event import REVIEW, Event
from av3d.tracks.track import Track

ACCEPTED = "accepted"
"""State of a decision that a track is right."""
STATE, DIGEST = "state", "track_digest"
"""Attributes of a decision: what was decided, and the digest of the track that was looked at."""


@dataclass(frozen=True)
class Approval:
    """What of a log's labels is approved.

    Attributes:
        accepted: IDs of tracks that a reviewer has accepted as they are.
        refused: IDs of tracks that a reviewer sent back as they are, or has begun to fix.
        done_ns: first and last time of the parts of the log whose labelling is done.
    """

    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    done_ns: tuple[tuple[int, int], ...] = ()

    def is_approved(self, track_id: str, time_ns: int) -> bool:
        """Whether a track is approved at a time: accepted, or within what is done and not refused."""
        if track_id in self.accepted:
            return True
        return track_id not in self.refused and any(
            start <= time_ns <= end for start, end in self.done_ns
        )

    def may_be(self, track: Track) -> bool:
        """Whether a track can be approved at any time."""
        return track.id in self.accepted or (track.id not in self.refused and bool(self.done_ns))


def approval_of(
    tracks: Sequence[Track],
    events: Iterable[Event],
    done_ns: Iterable[tuple[int, int]] = (),
) -> Approval:
    """What reviewers have decided on tracks, as the tracks are now.

    A decision counts for the very values that were looked at: it counts no more once the track is
    changed, and again when the change is taken back. A track is accepted when a decision on it as it
    is accepts it, and no other one sends it back.

    Args:
        tracks: of one log.
        events: of the same log; decisions are among them.
        done_ns: first and last time of the parts of the log whose labelling is done.
    """
    digests = {track.id: track.digest for track in tracks}
    accepted: set[str] = set()
    refused: set[str] = set()
    for event in events:
        if event.label != REVIEW:
            continue
        for track_id in event.track_ids:
            if track_id in digests and event.attributes.get(DIGEST) == digests[track_id]:
                state = event.attributes.get(STATE)
                (accepted if state == ACCEPTED else refused).add(track_id)
    return Approval(frozenset(accepted - refused), frozenset(refused), tuple(sorted(done_ns)))
