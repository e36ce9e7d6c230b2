"""How much there is of each category: tracks, cuboids, sizes, ranges, speeds, who made and saw them.

Numbers are summed up frame by frame, so that memory does not grow with the length of the logs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from av3d.tracks.approval import Approval
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.proposal import is_proposal
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray, Scalar

STANDS_M_S = 0.2
"""An object that is slower stands: labels shake by so much."""

SIZE_EDGES_M = np.round(np.linspace(0.0, 20.0, 201), 1)
RANGE_EDGES_M = np.linspace(0.0, 200.0, 41)
SPEED_EDGES_M_S = np.linspace(0.0, 50.0, 51)
POINT_EDGES = np.array(
    [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000], dtype=float
)
"""Bins of histograms; what is beyond the last edge counts in the last bin."""

SIDES = ("length", "width", "height")
_SEEN = ("occlu", "visib", "trunc")
"""Parts of names of attributes that say how much of an object is seen."""
MOST_VALUES = 40
"""Values of such an attribute that are counted one by one."""


class Spread:
    """Count, mean, standard deviation, smallest, largest and a histogram of numbers that come by.

    Mean and variance are joined as in Chan, Golub and LeVeque, "Updating formulae and a pairwise
    algorithm for computing sample variances", 1979, which loses no digits to large means.

    Args:
        edges: of the bins, increasing, (B + 1,).
    """

    def __init__(self, edges: FloatArray) -> None:
        self.edges = edges
        self.bins: IntArray = np.zeros(len(edges) - 1, dtype=np.int64)
        self.count = 0
        self.mean = 0.0
        self.low, self.high = math.inf, -math.inf
        self._squares = 0.0

    def add(self, values: FloatArray) -> None:
        """Take numbers in, (N,)."""
        if not len(values):
            return
        count, mean = len(values), float(values.mean())
        squares = float(((values - mean) ** 2).sum())
        apart, total = mean - self.mean, self.count + count
        self._squares += squares + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count = total
        self.low, self.high = (
            min(self.low, float(values.min())),
            max(self.high, float(values.max())),
        )
        places = np.searchsorted(self.edges, values, side="right") - 1
        np.add.at(self.bins, np.clip(places, 0, len(self.bins) - 1), 1)

    @property
    def deviation(self) -> float:
        """The standard deviation of the numbers, 0 of one alone."""
        return math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0

    def as_json(self) -> dict[str, Any] | None:
        """The numbers as JSON values; None when there was none."""
        if not self.count:
            return None
        return {
            "count": self.count,
            "mean": self.mean,
            "sd": self.deviation,
            "min": self.low,
            "max": self.high,
            "bin_edges": self.edges.tolist(),
            "bins": self.bins.tolist(),
        }


@dataclass(eq=False)
class CategoryStatistics:
    """What there is of one category.

    Attributes:
        tracks: how many.
        accepted, refused: tracks that a reviewer accepted, or sent back, as they are.
        proposals: tracks of a detector that nobody accepted.
        present_s: how long the tracks are there, all together.
        keyframes: by provenance.
        cuboids: at frames, by provenance; those between keyframes are interpolated.
        sizes_m: length, width and height of the tracks, each by its mean.
        range_m: from the origin of the ego frame to the centres of cuboids, in the plane.
        speed_m_s: of cuboids, over ground.
        standing: cuboids slower than STANDS_M_S.
        points: of cuboids, where they were counted.
        seen: what attributes say of occlusion, visibility and truncation: cuboids by name and value.
    """

    tracks: int = 0
    accepted: int = 0
    refused: int = 0
    proposals: int = 0
    present_s: float = 0.0
    keyframes: Counter[Provenance] = field(default_factory=Counter)
    cuboids: Counter[Provenance] = field(default_factory=Counter)
    sizes_m: tuple[Spread, Spread, Spread] = field(
        default_factory=lambda: (Spread(SIZE_EDGES_M), Spread(SIZE_EDGES_M), Spread(SIZE_EDGES_M))
    )
    range_m: Spread = field(default_factory=lambda: Spread(RANGE_EDGES_M))
    speed_m_s: Spread = field(default_factory=lambda: Spread(SPEED_EDGES_M_S))
    standing: int = 0
    points: Spread = field(default_factory=lambda: Spread(POINT_EDGES))
    seen: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def keyframe_count(self) -> int:
        return self.keyframes.total()

    @property
    def cuboid_count(self) -> int:
        return self.cuboids.total()

    @property
    def keyframes_per_100(self) -> float | None:
        """Keyframes per 100 cuboids; None without cuboids."""
        return 100 * self.keyframe_count / self.cuboid_count if self.cuboid_count else None

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON values; null where there is none."""
        return {
            "tracks": self.tracks,
            "cuboids": self.cuboid_count,
            "keyframes": self.keyframe_count,
            "keyframes_per_100_cuboids": self.keyframes_per_100,
            "present_s": self.present_s,
            "review": {
                "accepted": self.accepted,
                "refused": self.refused,
                "undecided": self.tracks - self.accepted - self.refused,
            },
            "proposals": self.proposals,
            "keyframe_provenance": _by_name(self.keyframes),
            "cuboid_provenance": _by_name(self.cuboids),
            "size_m": {
                side: spread.as_json() for side, spread in zip(SIDES, self.sizes_m, strict=True)
            },
            "range_m": self.range_m.as_json(),
            "speed_m_s": self.speed_m_s.as_json(),
            "standing_cuboids": self.standing,
            "points": self.points.as_json(),
            "seen": {
                name: dict(sorted(counts.items())) for name, counts in sorted(self.seen.items())
            },
        }


def _by_name(counts: Counter[Provenance]) -> dict[str, int]:
    return {one.value: counts[one] for one in Provenance if counts[one]}


@dataclass(eq=False)
class LabelStatistics:
    """What there is of all categories.

    Attributes:
        categories: by key.
        frames: how many frames were looked at.
        duration_s: of the logs, from the first to the last of these frames.
        driven_m: way of the ego between them; None where poses are not known.
        keyframes_elsewhere: keyframes that are at none of these frames, and do not count.
    """

    categories: dict[str, CategoryStatistics] = field(default_factory=dict)
    frames: int = 0
    duration_s: float = 0.0
    driven_m: float | None = None
    keyframes_elsewhere: int = 0

    def add_tracks(
        self,
        tracks: Sequence[Track],
        approval: Approval,
        frame_times_ns: IntArray | None = None,
        *,
        all_frames: bool = True,
    ) -> None:
        """Take the tracks of a log in.

        Args:
            tracks: those that are chosen.
            approval: what reviewers decided on them.
            frame_times_ns: of the frames at which cuboids will be counted, increasing; keyframes
                before the first and after the last do not count. None: all keyframes count.
            all_frames: whether these are all frames of the log; of some, only keyframes at their
                very times count.
        """
        for track in tracks:
            one = self.categories.setdefault(track.category, CategoryStatistics())
            one.tracks += 1
            one.accepted += track.id in approval.accepted
            one.refused += track.id in approval.refused and track.id not in approval.accepted
            one.proposals += is_proposal(track)
            one.present_s += sum(span.end_ns - span.start_ns for span in track.presence) / 1e9
            columns = track.columns
            codes = columns.provenances
            if frame_times_ns is not None:
                first_ns, last_ns = frame_times_ns[0], frame_times_ns[-1]
                times_ns = columns.times_ns
                counts = (
                    (first_ns <= times_ns) & (times_ns <= last_ns)
                    if all_frames
                    else np.isin(times_ns, frame_times_ns)
                )
                self.keyframes_elsewhere += len(codes) - int(np.count_nonzero(counts))
                codes = codes[counts]
            for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
                one.keyframes[PROVENANCES[code]] += int(count)
            for spread, side_m in zip(one.sizes_m, columns.sizes_lwh_m.mean(axis=0), strict=True):
                spread.add(np.array([side_m]))

    def add_frame(
        self,
        tracks: Sequence[Track],
        states: Sequence[TrackState | None],
        ego_m: FloatArray | None = None,
        points: Mapping[int, int] | None = None,
    ) -> None:
        """Take the cuboids of a frame in.

        Args:
            tracks: as given to `add_tracks`.
            states: of each, in the world frame; None where it is not there or not chosen.
            ego_m: the ego's place and axes as its pose `world_SE3_ego` has them, the first two rows
                of its inverse, (2, 4); None where poses are not known.
            points: how many points a cuboid has, by its place in `states`.
        """
        self.frames += 1
        rows: dict[str, list[int]] = {}
        for row, (track, state) in enumerate(zip(tracks, states, strict=True)):
            if state is not None:
                rows.setdefault(track.category, []).append(row)
        for category, places in rows.items():
            one = self.categories.setdefault(category, CategoryStatistics())
            there = [state for row in places if (state := states[row]) is not None]
            one.cuboids.update(state.provenance for state in there)
            speeds = np.array([state.speed_m_s for state in there])
            one.speed_m_s.add(speeds)
            one.standing += int(np.count_nonzero(speeds < STANDS_M_S))
            if ego_m is not None:
                centers_m = np.array([state.cuboid.center_m for state in there])
                in_ego_m = centers_m @ ego_m[:, :3].T + ego_m[:, 3]
                one.range_m.add(np.hypot(in_ego_m[:, 0], in_ego_m[:, 1]))
            if points is not None:
                one.points.add(np.array([points[row] for row in places], dtype=float))
            for state in there:
                _add_seen(one.seen, state.attributes)

    def total(self) -> CategoryStatistics:
        """Counts of all categories together, without sizes, ranges and speeds."""
        total = CategoryStatistics()
        for one in self.categories.values():
            total.tracks += one.tracks
            total.accepted += one.accepted
            total.refused += one.refused
            total.proposals += one.proposals
            total.present_s += one.present_s
            total.keyframes.update(one.keyframes)
            total.cuboids.update(one.cuboids)
            total.standing += one.standing
        return total

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        total = self.total()
        return {
            "frames": self.frames,
            "hours": self.duration_s / 3600,
            "kilometres": None if self.driven_m is None else self.driven_m / 1000,
            "tracks": total.tracks,
            "cuboids": total.cuboid_count,
            "keyframes": total.keyframe_count,
            "keyframes_elsewhere": self.keyframes_elsewhere,
            "keyframes_per_100_cuboids": total.keyframes_per_100,
            "categories": {key: one.as_json() for key, one in sorted(self.categories.items())},
        }


def _add_seen(seen: dict[str, Counter[str]], attributes: Mapping[str, Scalar]) -> None:
    for name, value in attributes.items():
        if not any(part in name for part in _SEEN):
            continue
        counts = seen.setdefault(name, Counter())
        key = f"{value:.1f}" if isinstance(value, float) else str(value)
        if key in counts or len(counts) < MOST_VALUES:
            counts[key] += 1
        else:
            counts["other values"] += 1
