"""What changed between two states of labels: which tracks, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from av3d.ontology.ontology import Ontology
from av3d.store.releases.distances import Motion, comparison_times, motions_of
from av3d.store.releases.labels import Labels
from av3d.store.releases.matching import matched_by_overlap
from av3d.tracks.difference import VISIBLE, difference
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.track import Track
from av3d.types import Scalar

CATEGORY, MOVED, RESIZED, TURNED = "category", "moved", "resized", "turned"
PRESENCE, ATTRIBUTES, OTHER = "presence", "attributes", "other"
KINDS = (CATEGORY, MOVED, RESIZED, TURNED, PRESENCE, ATTRIBUTES, OTHER)
"""What may have changed of a track."""


@dataclass(frozen=True, eq=False)
class TrackDifference:
    """A track of which something changed.

    Attributes:
        before, after: None where it is not there.
        lines: what changed, in words.
        kinds: what changed, of KINDS; empty of a track that was added or removed.
        motion: None of a track that was added or removed, or is there at no time in common.
        overlap: of a track whose ID is new: how well it lies on the one before, 0 to 1.
    """

    before: Track | None
    after: Track | None
    lines: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    motion: Motion | None = None
    overlap: float | None = None

    @property
    def state(self) -> str:
        """What happened to it: added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def track(self) -> Track:
        """The track, as it was before if it was there."""
        one = self.before or self.after
        assert one is not None
        return one


@dataclass(frozen=True, eq=False)
class EventDifference:
    """An event of which something changed; as for tracks."""

    before: Event | None
    after: Event | None
    lines: tuple[str, ...]

    @property
    def event(self) -> Event:
        """The event, as it was before if it was there."""
        one = self.before or self.after
        assert one is not None
        return one


@dataclass(frozen=True, eq=False)
class LogDifference:
    """What changed of a log.

    Attributes:
        name: of the log.
        start_ns: from which times are told.
        before, after: how many tracks there are.
        same: tracks of which nothing changed.
        tracks: those of which something changed: added, removed, changed; by name.
        events: those of which something changed, by time.
        frames: whether tracks were compared at the frames of the recording.
    """

    name: str
    start_ns: int
    before: int
    after: int
    same: int
    tracks: tuple[TrackDifference, ...]
    events: tuple[EventDifference, ...]
    frames: bool

    def of(self, state: str) -> list[TrackDifference]:
        """The tracks that were added, removed or changed."""
        return [one for one in self.tracks if one.state == state]

    def count(self, kind: str) -> int:
        """How many tracks changed in some way, of KINDS."""
        return sum(kind in one.kinds for one in self.tracks)


@dataclass(frozen=True, eq=False)
class Difference:
    """What changed between two states of labels.

    Attributes:
        before, after: the states.
        logs: those that both have, by name.
        logs_added, logs_removed: those that only one has.
        ontology: what changed of it, in words.
    """

    before: Labels
    after: Labels
    logs: tuple[LogDifference, ...]
    logs_added: tuple[str, ...]
    logs_removed: tuple[str, ...]
    ontology: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        changed = any(log.tracks or log.events for log in self.logs)
        return not (changed or self.logs_added or self.logs_removed or self.ontology)


def compare(
    before: Labels, after: Labels, frame_times_ns: Mapping[str, Sequence[int]] | None = None
) -> Difference:
    """Compare two states of labels.

    Tracks are the same when their IDs are; of those whose ID only one side has, the ones that lie on
    each other are taken for the same (`av3d.store.releases.matching`).

    Args:
        before: one state.
        after: another.
        frame_times_ns: by log the times of its frames, where the recording is at hand. Otherwise
            tracks are compared at all keyframes of the log, and every 0.1 s between them.
    """
    given = frame_times_ns or {}
    common = sorted(before.documents.keys() & after.documents.keys())
    return Difference(
        before,
        after,
        tuple(
            _log(
                name,
                before.documents[name],
                after.documents[name],
                before.spans_ns[name][0],
                given.get(name),
            )
            for name in common
        ),
        tuple(sorted(after.documents.keys() - before.documents.keys())),
        tuple(sorted(before.documents.keys() - after.documents.keys())),
        _ontology(before.ontology, after.ontology),
    )


def _log(
    name: str,
    before: Document,
    after: Document,
    start_ns: int,
    frame_times_ns: Sequence[int] | None,
) -> LogDifference:
    common = before.tracks.keys() & after.tracks.keys()
    changed = {key for key in common if before.tracks[key].digest != after.tracks[key].digest}
    removed = [track for key, track in before.tracks.items() if key not in common]
    added = [track for key, track in after.tracks.items() if key not in common]
    times_ns = comparison_times(
        [before.tracks[key] for key in changed] + removed,
        [after.tracks[key] for key in changed] + added,
        frame_times_ns,
    )
    again = matched_by_overlap(removed, added, times_ns)
    pairs = [(before.tracks[key], after.tracks[key]) for key in sorted(changed)]
    pairs += [(one.before, one.after) for one in again]
    overlaps: list[float | None] = [None] * len(changed)
    overlaps += [one.overlap for one in again]
    motions = motions_of(pairs, times_ns)
    names = {track.id: track.name for track in (*after.tracks.values(), *before.tracks.values())}
    found = [
        _changed(old, new, motion, overlap, start_ns, names)
        for (old, new), motion, overlap in zip(pairs, motions, overlaps, strict=True)
    ]
    gone = {one.before.id for one in again}
    new_ids = {one.after.id for one in again}
    found += [
        TrackDifference(track, None, difference(track, None, start_ns, names))
        for track in removed
        if track.id not in gone
    ]
    found += [
        TrackDifference(None, track, difference(None, track, start_ns, names))
        for track in added
        if track.id not in new_ids
    ]
    order = {"added": 0, "removed": 1, "changed": 2}
    found.sort(key=lambda one: (order[one.state], one.track.category, one.track.number))
    # Tracks that came under a new ID and are else the same stay in the list: their ID is news.
    return LogDifference(
        name,
        start_ns,
        len(before.tracks),
        len(after.tracks),
        len(common) - len(changed),
        tuple(found),
        _events(before, after, start_ns, names),
        frame_times_ns is not None,
    )


def _changed(
    before: Track,
    after: Track,
    motion: Motion | None,
    overlap: float | None,
    start_ns: int,
    names: Mapping[str, str],
) -> TrackDifference:
    kinds = []
    if before.category != after.category:
        kinds.append(CATEGORY)
    if motion is not None:
        kinds += [MOVED] if motion.max_m > VISIBLE else []
        kinds += [RESIZED] if motion.max_size_change_m > VISIBLE else []
        kinds += [TURNED] if motion.max_yaw_change_rad > VISIBLE else []
    if before.presence != after.presence:
        kinds.append(PRESENCE)
    if not _same_attributes(before, after):
        kinds.append(ATTRIBUTES)
    lines = difference(before, after, start_ns, names)
    if overlap is not None:
        lines = (f"has a new ID, {after.id}; it lies on the one before by {overlap:.0%}", *lines)
    return TrackDifference(
        before, after, lines, tuple(kinds) or (OTHER,), motion if motion else None, overlap
    )


def _same_attributes(before: Track, after: Track) -> bool:
    """Whether two tracks have the same attributes, and so have the keyframes that both have."""
    if not _are_same(before.attributes, after.attributes):
        return False
    own = {keyframe.timestamp_ns: keyframe.attributes for keyframe in before.keyframes}
    return all(
        _are_same(own[keyframe.timestamp_ns], keyframe.attributes)
        for keyframe in after.keyframes
        if keyframe.timestamp_ns in own
    )


def _are_same(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> bool:
    # 1 is not true, though Python says so.
    sides = [sorted((name, repr(value)) for name, value in one.items()) for one in (before, after)]
    return sides[0] == sides[1]


def _events(
    before: Document, after: Document, start_ns: int, names: Mapping[str, str]
) -> tuple[EventDifference, ...]:
    found = []
    for key in before.events.keys() | after.events.keys():
        old, new = before.events.get(key), after.events.get(key)
        if (old and old.digest) != (new and new.digest):
            found.append(EventDifference(old, new, difference(old, new, start_ns, names)))
    return tuple(sorted(found, key=lambda one: (one.event.start_ns, one.event.id)))


def _ontology(before: Ontology, after: Ontology) -> tuple[str, ...]:
    if before.digest == after.digest:
        return ()
    titles = [f"{one.name}, version {one.version}" for one in (before, after)]
    lines = [f"ontology {titles[0]} → {titles[1]}"]
    for what, old, new in (
        ("category", before.categories, after.categories),
        ("attribute", before.attributes, after.attributes),
        ("event", before.events, after.events),
        ("relation", before.relations, after.relations),
    ):
        keys = [{part.key: part for part in parts} for parts in (old, new)]
        lines += [f"{what} {key} added" for key in keys[1] if key not in keys[0]]
        lines += [f"{what} {key} removed" for key in keys[0] if key not in keys[1]]
        lines += [
            f"{what} {key} changed"
            for key in keys[1]
            if key in keys[0] and keys[0][key] != keys[1][key]
        ]
    return tuple(lines)
