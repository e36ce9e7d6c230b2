"""Which tracks come close to which, and which begin where others have ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from av3d.qa.subject import Subject
from av3d.types import NS_PER_S, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class _Frame:
    """The tracks in one frame: their numbers (N,), and places from above (N, 2)."""

    numbers: IntArray
    places_m: FloatArray

    def without(self, numbers: Collection[int]) -> _Frame:
        keep = ~np.isin(self.numbers, list(numbers))
        return _Frame(self.numbers[keep], self.places_m[keep])


_EMPTY = _Frame(np.zeros(0, dtype=np.int64), np.zeros((0, 2)))


@dataclass(frozen=True, eq=False)
class _Ends:
    """Where a track begins and ends: times, and places from above."""

    first_ns: int
    last_ns: int
    first_m: FloatArray
    last_m: FloatArray


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The places of all tracks of a log, by frame.

    Attributes:
        subjects: the tracks, by ID.
    """

    subjects: dict[str, Subject] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _frames: dict[int, _Frame] = field(default_factory=dict)
    _ends: dict[str, _Ends] = field(default_factory=dict)

    def changed(self, fresh: Iterable[Subject], gone: Collection[str]) -> Neighbours:
        """With other tracks in place of those of the same ID, and without some."""
        fresh = list(fresh)
        subjects, numbers, names = dict(self.subjects), dict(self._numbers), dict(self._names)
        frames, ends = dict(self._frames), dict(self._ends)
        leaving: dict[int, set[int]] = {}
        for track_id in (*gone, *(one.track.id for one in fresh)):
            old = subjects.pop(track_id, None)
            if old is not None:
                for frame in old.frames.tolist():
                    leaving.setdefault(frame, set()).add(numbers[track_id])
                del names[numbers.pop(track_id)]
                ends.pop(track_id, None)
        for frame, those in leaving.items():
            frames[frame] = frames[frame].without(those)
        # A number is never given twice, not even by a later value that goes on from this one.
        number = max(self._names, default=-1) + 1
        coming: dict[int, list[tuple[int, FloatArray]]] = {}
        for one in fresh:
            track_id = one.track.id
            subjects[track_id], numbers[track_id], names[number] = one, number, track_id
            for frame, place_m in zip(one.frames.tolist(), one.centers_m[:, :2], strict=True):
                coming.setdefault(frame, []).append((number, place_m))
            if len(one.frames):
                ends[track_id] = _Ends(
                    int(one.times_ns[0]), int(one.times_ns[-1]),
                    one.centers_m[0, :2], one.centers_m[-1, :2],
                )  # fmt: skip
            number += 1
        for frame, those_here in coming.items():
            before = frames.get(frame, _EMPTY)
            frames[frame] = _Frame(
                np.concatenate([before.numbers, [n for n, _ in those_here]]),
                np.concatenate([before.places_m, [place_m for _, place_m in those_here]]),
            )
        return Neighbours(subjects, numbers, names, frames, ends)

    def near(self, track_id: str, reach_m: float) -> dict[str, float]:
        """The tracks that come close to a track, and how close: centre to centre from above, in metres.

        Args:
            track_id: the track.
            reach_m: tracks that never come so close to it are left out.
        """
        one = self.subjects[track_id]
        here = [self._frames[frame] for frame in one.frames.tolist()]
        if not here:
            return {}
        numbers = np.concatenate([frame.numbers for frame in here])
        places_m = np.concatenate([frame.places_m for frame in here])
        own_m = np.repeat(one.centers_m[:, :2], [len(frame.numbers) for frame in here], axis=0)
        apart_m = np.hypot(*(places_m - own_m).T)
        close = (apart_m <= reach_m) & (numbers != self._numbers[track_id])
        found: dict[str, float] = {}
        for number, metres in zip(numbers[close].tolist(), apart_m[close].tolist(), strict=True):
            name = self._names[number]
            found[name] = min(metres, found.get(name, np.inf))
        return found

    def following(self, track_id: str, gap_s: float, gap_reach_m: float) -> set[str]:
        """The tracks that begin so soon after a track has ended and so near there, or the reverse."""
        own = self._ends.get(track_id)
        if own is None:
            return set()
        found: set[str] = set()
        for other_id, other in self._ends.items():
            for early, late in ((own, other), (other, own)):
                if (
                    0 < late.first_ns - early.last_ns <= gap_s * NS_PER_S
                    and np.hypot(*(late.first_m - early.last_m)) <= gap_reach_m
                ):
                    found.add(other_id)
        return found
