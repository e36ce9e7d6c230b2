"""How sure the motion model is of a track at each frame, and where one more keyframe would help most.

Made on worker threads for the tracks that somebody looks at, and kept until the track changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from av3d.logs.log import Log
from av3d.present.loader import Job, Loader
from av3d.tracks.columns import CODES
from av3d.tracks.expectation import Expectation, frames_of
from av3d.tracks.keyframe import Provenance
from av3d.tracks.motion.expected_iou import GOOD_IOU
from av3d.tracks.motion.next_keyframe import Suggestion, next_keyframe
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray

SURE_IOU = 0.8
"""From this expected overlap on there is little to gain; below `GOOD_IOU` benchmarks count a miss."""
LOOKED_AT = 4_000
"""Frames of a track that are judged at most; of a longer one every second, third ... frame."""


class Level(IntEnum):
    """How uncertain a cuboid is, by the overlap that it may be expected to have with the truth."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def words(self) -> str:
        """What people read, with the limits."""
        return (
            f"low uncertainty ({SURE_IOU:.0%} or more)".replace("%", " %"),
            f"medium uncertainty ({GOOD_IOU:.0%} to {SURE_IOU:.0%})".replace("%", " %"),
            f"high uncertainty (below {GOOD_IOU:.0%})".replace("%", " %"),
        )[self]


@dataclass(frozen=True)
class Stretch:
    """Frames in a row that are uncertain alike.

    Attributes:
        start_ns, end_ns: half way to the frames before and after, or where presence ends.
        level: of all of them.
        worst_iou: the smallest expected overlap among them.
    """

    start_ns: int
    end_ns: int
    level: Level
    worst_iou: float


@dataclass(frozen=True, eq=False)
class TrackCertainty:
    """What the cuboids of a track may be expected to be worth.

    Attributes:
        times_ns: of the frames in which the object is there, increasing, (N,).
        expected_iou: expected 3D overlap with the truth at each, 0 to 1, (N,).
        by_hand: frames at which a person has set a keyframe, (N,) bool: they count as certain.
        keyed: frames with any keyframe, (N,) bool.
        ends: of the spans of presence, (start, end) in nanoseconds.
    """

    times_ns: IntArray
    expected_iou: FloatArray
    by_hand: BoolArray
    keyed: BoolArray
    ends: tuple[tuple[int, int], ...]

    @cached_property
    def levels(self) -> IntArray:
        """The level of each frame, (N,)."""
        levels = (self.expected_iou < SURE_IOU).astype(np.int64) + (self.expected_iou < GOOD_IOU)
        levels[self.by_hand] = Level.LOW
        return np.asarray(levels)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Frames in a row of one level, in order of time; none where the object is not there."""
        found: list[Stretch] = []
        for start_ns, end_ns in self.ends:
            first = int(np.searchsorted(self.times_ns, start_ns))
            last = int(np.searchsorted(self.times_ns, end_ns, side="right"))
            if first == last:
                continue
            levels = self.levels[first:last]
            cuts = first + 1 + np.flatnonzero(np.diff(levels))
            rows = [first, *cuts.tolist(), last]
            middles = (self.times_ns[cuts - 1] + self.times_ns[cuts]) // 2
            times = [start_ns, *middles.tolist(), end_ns]
            for (row, after), (begin_ns, until_ns) in zip(
                pairwise(rows), pairwise(times), strict=True
            ):
                worst = float(self.expected_iou[row:after].min())
                found.append(Stretch(begin_ns, until_ns, Level(int(self.levels[row])), worst))
        return tuple(found)

    @cached_property
    def least(self) -> tuple[int, float] | None:
        """Time and expected overlap of the least certain frame without a keyframe."""
        free = np.flatnonzero(~self.keyed)
        if not len(free):
            return None
        row = free[int(np.argmin(self.expected_iou[free]))]
        return int(self.times_ns[row]), float(self.expected_iou[row])

    def at(self, timestamp_ns: int) -> tuple[float, Level] | None:
        """Expected overlap and level of the judged frame nearest to a time of presence."""
        if not len(self.times_ns) or not any(a <= timestamp_ns <= b for a, b in self.ends):
            return None
        row = int(np.argmin(np.abs(self.times_ns - timestamp_ns)))
        return float(self.expected_iou[row]), Level(int(self.levels[row]))


def judge(track: Track, frames_ns: IntArray) -> TrackCertainty | None:
    """What the motion model expects of a track at frames.

    Args:
        track: the track.
        frames_ns: times of the frames of the log, (M,).

    Returns:
        None where nothing can be said: the track has a single keyframe, or is there in no frame.
    """
    expectation = Expectation.of(track)
    times_ns = frames_of(track, frames_ns)
    times_ns = times_ns[:: max(-(-len(times_ns) // LOOKED_AT), 1)]
    if expectation is None or not len(times_ns):
        return None
    columns = track.columns
    by_hand_ns = columns.times_ns[columns.provenances == CODES[Provenance.MANUAL]]
    return TrackCertainty(
        times_ns,
        np.asarray(expectation.expected_iou(times_ns)),
        np.isin(times_ns, by_hand_ns),
        np.isin(times_ns, columns.times_ns),
        tuple((span.start_ns, span.end_ns) for span in track.presence),
    )


def suggest(track: Track, frames_ns: IntArray) -> Suggestion | None:
    """The frame where one more keyframe helps most, or None."""
    expectation = Expectation.of(track)
    if expectation is None:
        return None
    return next_keyframe(expectation, frames_of(track, frames_ns))


class Certainties:
    """The certainty of tracks as it becomes known.

    Args:
        log: whose frames count.
        loader: keeps what jobs have found.
    """

    def __init__(self, log: Log, loader: Loader) -> None:
        self._times_ns = log.frames.timestamps_ns
        self._loader = loader
        self._versions: dict[str, tuple[Track, int]] = {}
        self._last: dict[str, TrackCertainty | None] = {}

    def version(self, track: Track) -> int:
        """Counts up when an edit makes another track of the same ID."""
        known, version = self._versions.get(track.id, (None, 0))
        if known is not track:
            version += 1
            self._versions[track.id] = track, version
        return version

    def _key(self, what: str, track: Track) -> tuple[object, ...]:
        """Names what was found of a track as it is."""
        return what, track.id, self.version(track)

    def of(self, track: Track) -> TrackCertainty | None:
        """What is known of a track, or was before its last edit; None until a job has found it."""
        if self.knows(track):
            self._last[track.id] = self._found("certainty", track)
        return self._last.get(track.id)

    def knows(self, track: Track) -> bool:
        """Whether a job has judged the track as it is."""
        return self._loader.get(self._key("certainty", track)) is not None

    def suggestion(self, track: Track) -> Suggestion | None:
        """Where the next keyframe of the track would help most; None until a job has found it."""
        value: Suggestion | None = self._found("suggestion", track)
        return value

    def jobs(self, tracks: Sequence[Track], selected: Track | None) -> list[Job]:
        """What finds the certainty of these tracks, and the suggestion for the selected one."""
        jobs = [self._job("certainty", judge, track) for track in tracks]
        if selected is not None:
            jobs.append(self._job("suggestion", suggest, selected))
        return jobs

    def unknown(self, tracks: Sequence[Track]) -> list[Track]:
        """Those that no job has judged yet."""
        return [track for track in tracks if not self.knows(track)]

    def judge(self, track: Track) -> TrackCertainty | None:
        """Judge a track, on any thread; what comes out is to be told to `learn`."""
        return judge(track, self._times_ns)

    def learn(self, track: Track, certainty: TrackCertainty | None) -> None:
        """Take over what was found of a track elsewhere."""
        self._loader.put(self._key("certainty", track), (certainty,))

    def judge_now(self, track: Track) -> TrackCertainty | None:
        """The certainty of a track, at once if it is not known yet."""
        self._do_now("certainty", judge, track)
        return self.of(track)

    def suggest_now(self, track: Track) -> Suggestion | None:
        """The suggestion for a track, at once if it is not known yet."""
        self._do_now("suggestion", suggest, track)
        return self.suggestion(track)

    def _found(self, what: str, track: Track) -> Any:
        """What a job has found; nothing to tell and not known yet are both None."""
        found = self._loader.get(self._key(what, track))
        return found[0] if found is not None else None

    def _job(self, what: str, work: Callable[[Track, IntArray], Any], track: Track) -> Job:
        times_ns = self._times_ns
        return Job(self._key(what, track), lambda: (work(track, times_ns),))

    def _do_now(self, what: str, work: Callable[[Track, IntArray], Any], track: Track) -> None:
        job = self._job(what, work, track)
        if self._loader.get(job.key) is None:
            self._loader.put(job.key, job.work())
