"""How long people worked, from the times of their entries in the journal; idle time is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from av3d.types import NS_PER_S

IDLE_S = 120.0
"""After so long without an entry its author was not at work."""
DAY_NS = 86_400 * NS_PER_S

TrackKey = tuple[int, str]


@dataclass
class AuthorEffort:
    """What one author did.

    Attributes:
        entries: entries of the journal.
        labelling_s, reviewing_s, other_s: time before entries that changed tracks, that changed
            decisions, issues and other events only, and that changed none of them.
        spells: how often the author began to work after a pause.
        first_ns, last_ns: of the entries.
        tracks: tracks that were changed.
    """

    entries: int = 0
    labelling_s: float = 0.0
    reviewing_s: float = 0.0
    other_s: float = 0.0
    spells: int = 0
    first_ns: int = 0
    last_ns: int = 0
    tracks: set[TrackKey] = field(default_factory=set)

    @property
    def total_s(self) -> float:
        return self.labelling_s + self.reviewing_s + self.other_s


class Effort:
    """Adds up the time between the entries of each author.

    The time from one entry of an author to the next is work on what the second one changed; if it is
    longer than `idle_s`, it is none of it. What was done before the first entry after a pause is not
    known and counts as nothing, so the sums are at most a little too small.

    Args:
        idle_s: the longest time between two entries that counts as work.

    Attributes:
        authors: by name.
        track_s: seconds by author and track; an entry that changed several shares its time out.
        day_s: seconds by author and day since 1970 in UTC.
    """

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self.idle_s = idle_s
        self.authors: dict[str, AuthorEffort] = {}
        self.track_s: defaultdict[tuple[str, TrackKey], float] = defaultdict(float)
        self.day_s: defaultdict[tuple[str, int], float] = defaultdict(float)

    def take(
        self, author: str, time_ns: int, tracks: Collection[TrackKey], *, has_events: bool
    ) -> None:
        """Take one entry; entries come in the order of the journal.

        Args:
            author: who made it.
            time_ns: when.
            tracks: that it changed.
            has_events: whether it changed events, which decisions and issues are.
        """
        one = self.authors.get(author)
        if one is None:
            one = self.authors[author] = AuthorEffort(first_ns=time_ns, spells=1)
            worked_s = 0.0
        else:
            # A clock that was set back is no negative work.
            worked_s = max(time_ns - one.last_ns, 0) / NS_PER_S
            if worked_s > self.idle_s:
                one.spells += 1
                worked_s = 0.0
        one.entries += 1
        one.last_ns = time_ns
        one.tracks.update(tracks)
        if not worked_s:
            return
        if tracks:
            one.labelling_s += worked_s
            share_s = worked_s / len(tracks)
            for track in tracks:
                self.track_s[author, track] += share_s
        elif has_events:
            one.reviewing_s += worked_s
        else:
            one.other_s += worked_s
        self.day_s[author, time_ns // DAY_NS] += worked_s

    @property
    def total_s(self) -> float:
        """Of all authors."""
        return sum(one.total_s for one in self.authors.values())

    def seconds_of_tracks(self) -> Mapping[TrackKey, float]:
        """Seconds by track, of all authors together."""
        found: defaultdict[TrackKey, float] = defaultdict(float)
        for (_, track), seconds in self.track_s.items():
            found[track] += seconds
        return found


def worked_words(seconds: float) -> str:
    """How long people worked: "0 min", "12 min", "3 h 5 min"; from a day on in hours, "31.5 h"."""
    minutes = round(seconds / 60)
    if minutes >= 24 * 60:
        return f"{seconds / 3600:,.1f} h"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
