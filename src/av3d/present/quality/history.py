"""What the journal of a project tells of its quality, read once, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from av3d.present.quality.effort import IDLE_S, Effort
from av3d.present.quality.past import Past
from av3d.present.quality.rework import Key, Rework, rework_of
from av3d.store import journal, transactions
from av3d.store.project import Project
from av3d.tracks.event import Event
from av3d.tracks.track import Track, name_of
from av3d.types import IntArray

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class MadeBy:
    """Who changed the N keyframes of a track last, and when.

    Attributes:
        times_ns: of the keyframes, increasing, (N,).
        authors: places in `JournalFacts.authors`, (N,).
        edited_ns: when, (N,).
    """

    times_ns: IntArray
    authors: IntArray
    edited_ns: IntArray

    def rows(self, times_ns: IntArray) -> IntArray:
        """The nearest keyframe to each of some times; of two that are as near, the earlier."""
        after = np.clip(np.searchsorted(self.times_ns, times_ns), 1, max(len(self.times_ns) - 1, 1))
        before = after - 1
        after = np.minimum(after, len(self.times_ns) - 1)
        nearer = self.times_ns[after] - times_ns < times_ns - self.times_ns[before]
        return np.asarray(np.where(nearer, after, before), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class JournalFacts:
    """What the journal tells of some logs.

    Attributes:
        entries: how many there are, of all logs.
        last_ns: when the last one was made; 0 for an empty journal.
        authors: all names.
        effort: how long people worked, on the whole project.
        rework: what became of what programs made, in the logs asked for.
        made_by: who made the keyframes, by name of the log and ID of the track.
        log_names: by key of the log, as `effort` uses it.
        track_names: what tracks are or were called, by key of their log and ID.
        keyframes: how many keyframes that are there now each author changed last.
    """

    entries: int
    last_ns: int
    authors: tuple[str, ...]
    effort: Effort
    rework: Mapping[Key, Rework]
    made_by: Mapping[tuple[str, str], MadeBy]
    log_names: Mapping[int, str]
    track_names: Mapping[tuple[int, str], str]
    keyframes: Mapping[str, int]


def read_journal(
    project: Project,
    log_names: list[str],
    *,
    idle_s: float = IDLE_S,
    progress: Progress = lambda _text, _done, _total: None,
) -> JournalFacts:
    """Read the journal of a project from its first entry to its last.

    Args:
        project: an open project.
        log_names: logs whose labels are looked at; time is counted for all.
        idle_s: the longest time between two entries of an author that counts as work.
        progress: is told how far it is.

    Raises:
        StoreError: the journal is damaged.
    """
    past, effort = Past(), Effort(idle_s)
    last_ns = 0
    with project.reading() as connection:
        names = transactions.log_names(connection)
        total = journal.last_entry(connection)[0]
        for row, changes in journal.read_rows(connection, 1, total):
            if row.id % 1000 == 1:
                progress("Reading the journal", row.id - 1, total)
            tracks = [
                (change.log_id, change.entity_id, journal.delta_of(change))
                for change in changes
                if change.kind == Track.kind
            ]
            has_events = any(change.kind == Event.kind for change in changes)
            keys = {(log_id, track_id) for log_id, track_id, _ in tracks}
            effort.take(row.author, row.time_ns, keys, has_events=has_events)
            if tracks:
                past.take(tracks, past.author(row.author), row.time_ns, row.id)
            last_ns = row.time_ns
    wanted = frozenset(key for key, name in names.items() if name in log_names)
    keyframes = dict.fromkeys(effort.authors, 0)
    track_names = {}
    for key, track in past.tracks.items():
        track_names[key] = name_of(track.category, int(track.header.get("number", 0)))
        for keyframe in track.keys.values():
            keyframes[past.authors[keyframe.author]] += 1
    return JournalFacts(
        total, last_ns, tuple(past.authors), effort, rework_of(past, wanted),
        _made_by(past, {key: names[key] for key in wanted}), names, track_names, keyframes,
    )  # fmt: skip


def _made_by(past: Past, names: Mapping[int, str]) -> dict[tuple[str, str], MadeBy]:
    found = {}
    for (log_id, track_id), track in past.tracks.items():
        if track.there and track.keys and log_id in names:
            order = sorted(track.keys)
            keys = [track.keys[time_ns] for time_ns in order]
            found[names[log_id], track_id] = MadeBy(
                np.array(order, dtype=np.int64),
                np.array([key.author for key in keys], dtype=np.int64),
                np.array([key.edited_ns for key in keys], dtype=np.int64),
            )
    return found
