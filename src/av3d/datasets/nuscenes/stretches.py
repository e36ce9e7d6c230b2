"""Frames of a log that become one scene, and which of them are samples.

Frames that are chosen need not lie one after the other. What follows a gap is no continuation: the
toolkit would draw boxes and compute velocities across it. So each stretch is a scene of its own, as
nuScenes itself has several scenes of one log.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from av3d.datasets.dataset import LabelledLog
from av3d.datasets.nuscenes.reading.log import NuScenesLog
from av3d.datasets.nuscenes.reading.radar import RadarFiles
from av3d.datasets.nuscenes.samples import choose_samples
from av3d.datasets.nuscenes.tokens import token
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, IntArray

LIKE_OWN = 0.2
"""Samples of a nuScenes log are kept where their spacing is the one asked for, within this part of it."""


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a stretch.

    Attributes:
        rows: which frames of the stretch they are, ascending, (S,).
        tokens: of each, S.
        times_ns: of each, (S,).
    """

    rows: IntArray
    tokens: Sequence[str]
    times_ns: IntArray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Stretch:
    """Chosen frames of a log with none left out between them.

    Attributes:
        item: the log and its tracks.
        frames: one at least, in order of time.
    """

    item: LabelledLog
    frames: Sequence[Frame]

    @property
    def log(self) -> Log:
        """The log."""
        return self.item.log

    @cached_property
    def times_ns(self) -> IntArray:
        """Timestamps of the frames, (N,)."""
        first = self.frames[0].index
        return self.log.frames.timestamps_ns[first : first + len(self.frames)]

    @property
    def is_whole(self) -> bool:
        """Whether these are all frames of the log."""
        return len(self.frames) == len(self.log.frames)

    @property
    def bounds(self) -> tuple[int, int]:
        """Indices of the first and the last frame in the log."""
        return self.frames[0].index, self.frames[-1].index

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells the scene from others, for tokens."""
        return (self.log.name,) if self.is_whole else (self.log.name, *self.bounds)

    def images(self, camera: str) -> range:
        """The images of a camera to write: all of the log, or those from the first to the last frame."""
        if self.is_whole:
            return range(len(self.log.cameras[camera]))
        first, last = self.bounds
        own = self.log.frames.images(camera)[first : last + 1]
        own = own[own >= 0]
        return range(int(own.min()), int(own.max()) + 1) if len(own) else range(0)

    def measurements(self, radar: RadarFiles) -> range:
        """The measurements of a radar to write: all, or those between the first and the last frame."""
        if self.is_whole:
            return range(len(radar))
        first, last = self.times_ns[[0, -1]].tolist()
        start = int(np.searchsorted(radar.timestamps_ns, first))
        return range(start, int(np.searchsorted(radar.timestamps_ns, last, side="right")))

    def lasts(self, presence: Sequence[Span]) -> bool:
        """Whether a track that is in no sample is missed: it is there while the stretch lasts.

        Of a whole log every track is: who chooses frames leaves out tracks on purpose.
        """
        first_ns, last_ns = self.times_ns[[0, -1]].tolist()
        return self.is_whole or any(
            span.start_ns <= last_ns and span.end_ns >= first_ns for span in presence
        )

    def keyframes(self, tracks: Sequence[Track]) -> int:
        """How many keyframes tracks have while the stretch lasts; all of them in a whole log."""
        if self.is_whole:
            return sum(len(track.times_ns) for track in tracks)
        first_ns, last_ns = self.times_ns[[0, -1]].tolist()
        return sum(
            bisect_right(track.times_ns, last_ns) - bisect_left(track.times_ns, first_ns)
            for track in tracks
        )

    def samples(self, every_s: float, taken: set[str], *, own_first: bool = False) -> Samples:
        """The frames that become samples.

        A nuScenes log keeps its own, with their tokens, where they are about as far apart as asked.

        Args:
            every_s: how far apart they are to be.
            taken: tokens given out before; those of the samples are added.
            own_first: keep the log's own, if it has any, however far apart they are.

        Raises:
            DatasetError: the spacing is not positive and finite.
        """
        own = own_samples(self.log)
        rows = np.flatnonzero(np.isin(self.times_ns, list(own)))
        if not len(rows) or not (own_first or _are_apart(sorted(own), every_s)):
            rows = choose_samples(self.times_ns, every_s)
        times_ns = self.times_ns[rows]
        tokens: list[str] = []
        for time_ns in times_ns.tolist():
            found = own.get(time_ns, "")
            if not found or found in taken:
                found = token("sample", self.log.name, time_ns)
            taken.add(found)
            tokens.append(found)
        return Samples(rows, tokens, times_ns)


def stretches_of(item: LabelledLog) -> list[Stretch]:
    """The chosen frames of a log as stretches, in order of time.

    Raises:
        SelectionError: the log has none of the frames that are chosen.
    """
    frames = item.frames
    if len(frames) == len(item.log.frames):
        return [Stretch(item, frames)]
    indices = np.array([frame.index for frame in frames])
    starts = [0, *(np.flatnonzero(np.diff(indices) > 1) + 1).tolist(), len(frames)]
    return [Stretch(item, frames[start:end]) for start, end in pairwise(starts)]


def own_samples(log: Log) -> Mapping[int, str]:
    """Tokens of the samples that a nuScenes log has, by the times of their frames; else nothing."""
    if not isinstance(log, NuScenesLog):
        return {}
    return {time_ns: own for own, time_ns in log.sample_times_ns.items()}


def radars_of(log: Log) -> Mapping[str, RadarFiles]:
    """The radars of a nuScenes log; logs of other kinds have none."""
    return log.radars if isinstance(log, NuScenesLog) else {}


def _are_apart(times_ns: Sequence[int], every_s: float) -> bool:
    if len(times_ns) < 2:
        return True
    usual_s = float(np.median(np.diff(times_ns))) / NS_PER_S
    return abs(usual_s - every_s) <= LIKE_OWN * every_s
