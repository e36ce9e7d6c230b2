"""What changed between two states of labels: which tracks, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from av3d.ontology.ontology import Ontology
from av3d.store.releases.labels import Labels
from av3d.store.releases.matching import matched_by_overlap
from av3d.tracks.difference import VISIBLE, difference
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.frame_cuboids import FrameCuboids
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

STEP_NS = 100_000_000
"""Where there are no keyframes for longer, tracks are compared this often."""
MOST_TIMES = 200_000
"""Of one log; a project's times may lie years apart."""

CATEGORY, MOVED, RESIZED, TURNED = "category", "moved", "resized", "turned"
PRESENCE, ATTRIBUTES, OTHER = "presence", "attributes", "other"
KINDS = (CATEGORY, MOVED, RESIZED, TURNED, PRESENCE, ATTRIBUTES, OTHER)
"""What may have changed of a track."""


@dataclass(frozen=True)
class Motion:
    """How the cuboids of a track differ at the times at which both states have it.

    Attributes:
        times: how many times both have it.
        mean_m, max_m: distance of the centres.
        max_at_ns: where it is largest.
        mean_size_change_lwh_m: length, width and height afterwards minus before.
        max_size_change_m: the largest change of any side.
        mean_yaw_change_rad, max_yaw_change_rad: without sign, at most pi.
        only_before, only_after: times at which only one state has it.
    """

    times: int
    mean_m: float
    max_m: float
    max_at_ns: int
    mean_size_change_lwh_m: tuple[float, float, float]
    max_size_change_m: float
    mean_yaw_change_rad: float
    max_yaw_change_rad: float
    only_before: int
    only_after: int

    def as_json(self) -> dict[str, Any]:
        """The motion as JSON values."""
        return {
            "times_in_common": self.times,
            "mean_distance_m": self.mean_m,
            "max_distance_m": self.max_m,
            "max_at_ns": self.max_at_ns,
            "mean_size_change_lwh_m": list(self.mean_size_change_lwh_m),
            "max_size_change_m": self.max_size_change_m,
            "mean_yaw_change_rad": self.mean_yaw_change_rad,
            "max_yaw_change_rad": self.max_yaw_change_rad,
            "times_only_before": self.only_before,
            "times_only_after": self.only_after,
        }


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
    motions = _motions(pairs, times_ns)
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
    if _attributes(before) != _attributes(after):
        kinds.append(ATTRIBUTES)
    lines = difference(before, after, start_ns, names)
    if overlap is not None:
        lines = (f"has a new ID, {after.id}; it lies on the one before by {overlap:.0%}", *lines)
    return TrackDifference(
        before, after, lines, tuple(kinds) or (OTHER,), motion if motion else None, overlap
    )


def _attributes(track: Track) -> tuple[Any, ...]:
    own = [
        (keyframe.timestamp_ns, sorted(keyframe.attributes.items()))
        for keyframe in track.keyframes
        if keyframe.attributes
    ]
    return sorted((name, repr(value)) for name, value in track.attributes.items()), own


def comparison_times(
    before: Sequence[Track], after: Sequence[Track], frame_times_ns: Sequence[int] | None
) -> IntArray:
    """The times at which tracks are compared, increasing; see `compare`."""
    if frame_times_ns is not None:
        return np.unique(np.asarray(frame_times_ns, dtype=np.int64))
    times = [track.columns.times_ns for track in (*before, *after)]
    times += [
        np.array([track.start_ns, track.end_ns], dtype=np.int64) for track in (*before, *after)
    ]
    if not times:
        return np.empty(0, dtype=np.int64)
    known = np.unique(np.concatenate(times))
    gaps = np.diff(known)
    # Rounded, so that sweeps that come a little late get no time between them.
    more = np.minimum(np.maximum((gaps + STEP_NS // 2) // STEP_NS - 1, 0), MOST_TIMES)
    if not more.any() or more.sum() + len(known) > MOST_TIMES:
        return known
    between = [
        start + np.arange(1, count + 1) * (gap // (count + 1))
        for start, gap, count in zip(known[:-1], gaps, more, strict=True)
        if count
    ]
    times_ns: IntArray = np.unique(np.concatenate([known, *between]))
    return times_ns


def _motions(pairs: Sequence[tuple[Track, Track]], times_ns: IntArray) -> list[Motion | None]:
    """How the cuboids of pairs of tracks differ, None where they share no time."""
    count = len(pairs)
    if not count:
        return []
    # IDs of both sides may be the same; a pair is found by its place.
    sides = [Document({str(k): pair[side] for k, pair in enumerate(pairs)}) for side in (0, 1)]
    places = [{pair[side].id: k for k, pair in enumerate(pairs)} for side in (0, 1)]
    sums = _Sums(count)
    for time_ns in times_ns.tolist():
        frames = [document.cuboids_at(time_ns) for document in sides]
        rows = [_rows(frame, place, count) for frame, place in zip(frames, places, strict=True)]
        sums.add(time_ns, frames[0], frames[1], rows[0], rows[1])
    return [sums.motion(k) for k in range(count)]


def _rows(frame: FrameCuboids, places: Mapping[str, int], count: int) -> IntArray:
    """The row of each pair in a frame, -1 where it is not there, (count,)."""
    rows = np.full(count, -1, dtype=np.int64)
    for row, track in enumerate(frame.tracks):
        rows[places[track.id]] = row
    return rows


class _Sums:
    """Sums over the times, so that memory does not grow with their number."""

    def __init__(self, count: int) -> None:
        self.times = np.zeros(count, dtype=np.int64)
        self.only = np.zeros((2, count), dtype=np.int64)
        self.distance_m = np.zeros(count)
        self.max_m = np.full(count, -1.0)
        self.max_at_ns = np.zeros(count, dtype=np.int64)
        self.size_m = np.zeros((count, 3))
        self.max_size_m = np.zeros(count)
        self.yaw_rad = np.zeros(count)
        self.max_yaw_rad = np.zeros(count)

    def add(
        self,
        time_ns: int,
        before: FrameCuboids,
        after: FrameCuboids,
        before_rows: IntArray,
        after_rows: IntArray,
    ) -> None:
        there = (before_rows >= 0) & (after_rows >= 0)
        self.only[0] += (before_rows >= 0) & ~there
        self.only[1] += (after_rows >= 0) & ~there
        pairs = np.flatnonzero(there)
        if not len(pairs):
            return
        old, new = before_rows[pairs], after_rows[pairs]
        moved_m = np.linalg.norm(after.centers_m[new] - before.centers_m[old], axis=1)
        size_m = after.sizes_lwh_m[new] - before.sizes_lwh_m[old]
        turned = _yaws_rad(after.rotations[new]) - _yaws_rad(before.rotations[old])
        turned = np.abs((turned + np.pi) % (2 * np.pi) - np.pi)
        self.times[pairs] += 1
        self.distance_m[pairs] += moved_m
        farther = moved_m > self.max_m[pairs]
        self.max_at_ns[pairs[farther]] = time_ns
        self.max_m[pairs] = np.maximum(self.max_m[pairs], moved_m)
        self.size_m[pairs] += size_m
        self.max_size_m[pairs] = np.maximum(self.max_size_m[pairs], np.abs(size_m).max(axis=1))
        self.yaw_rad[pairs] += turned
        self.max_yaw_rad[pairs] = np.maximum(self.max_yaw_rad[pairs], turned)

    def motion(self, k: int) -> Motion | None:
        times = int(self.times[k])
        if not times:
            return None
        length, width, height = (self.size_m[k] / times).tolist()
        return Motion(
            times,
            float(self.distance_m[k]) / times,
            float(self.max_m[k]),
            int(self.max_at_ns[k]),
            (length, width, height),
            float(self.max_size_m[k]),
            float(self.yaw_rad[k]) / times,
            float(self.max_yaw_rad[k]),
            int(self.only[0, k]),
            int(self.only[1, k]),
        )


def _yaws_rad(rotations: FloatArray) -> FloatArray:
    yaws: FloatArray = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0])
    return yaws


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
