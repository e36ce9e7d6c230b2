"""A change: one edit of one track as its value before and after."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.tracks.track import Track, TrackError


@dataclass(frozen=True, eq=False)
class Change:
    """One edit. `before` is None when the track is made, `after` is None when it is deleted.

    Raises:
        TrackError: both are None, or they are different tracks.
    """

    before: Track | None
    after: Track | None

    def __post_init__(self) -> None:
        ids = {track.id for track in (self.before, self.after) if track is not None}
        if len(ids) != 1:
            raise TrackError(f"a change concerns one track, got {len(ids)}")

    @property
    def track_id(self) -> str:
        track = self.after or self.before
        assert track is not None
        return track.id

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return Change(self.after, self.before)
