"""Which tracks may be the object that was lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.tracks.document import Document
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.operations.seam import miss_m
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

MISS_M, MISS_M_PER_S = 0.3, 0.3
"""A usual miss: that of careful labels, and what a driver's or walker's next move adds for every
second in which nobody sees it. On public logs with known tracks, four fifths and more of all misses
after gaps of half a second to four seconds are below it."""

SIZE_PART = 0.2
"""A usual difference of length, width or height of one object that was labelled twice."""

OTHER_CATEGORY = 0.3
"""How plausible it is that one object got two categories, against one that got the same twice."""


@dataclass(frozen=True)
class Candidate:
    """A track that may be the object that was lost.

    Attributes:
        track_id: the track.
        name: what people call it.
        gap_s: time from the end of the lost track to its begin.
        miss_m: how far it begins from where the lost one would have got to.
        size_part: largest difference of length, width or height, as part of the size.
        has_same_category: whether the categories are the same.
        plausibility: from 0 to 1, to rank by; no probability.
    """

    track_id: str
    name: str
    gap_s: float
    miss_m: float
    size_part: float
    has_same_category: bool
    plausibility: float


def candidates(document: Document, track_id: str, max_gap_s: float = 10.0) -> tuple[Candidate, ...]:
    """The tracks that begin after a track ends, the most plausible continuation first.

    A track is the more plausible the nearer it begins to where the motion of the two would have led,
    the more alike the sizes are, and if the category is the same. Each of these is a factor
    1 / (1 + (difference / usual difference)²), which one wild value does not make zero.

    Args:
        document: the labels.
        track_id: the track that was lost.
        max_gap_s: the longest absence that is looked at.

    Raises:
        EditError: there is no such track.
    """
    lost = document.track(track_id)
    found = [
        _candidate(lost, other)
        for other in document.tracks.values()
        if 0 < other.start_ns - lost.end_ns <= max_gap_s * NS_PER_S
    ]
    return tuple(sorted(found, key=lambda c: (-c.plausibility, c.gap_s, c.track_id)))


def _candidate(lost: Track, other: Track) -> Candidate:
    gap_s = (other.start_ns - lost.end_ns) / NS_PER_S
    missed_m = miss_m(lost, lost.end_ns, other, other.start_ns)
    sizes = [
        cuboid_at(track, time_ns).size_lwh_m
        for track, time_ns in ((lost, lost.end_ns), (other, other.start_ns))
    ]
    size_part = float(np.expm1(np.abs(np.log(sizes[1] / sizes[0])).max()))
    has_same_category = lost.category == other.category
    plausibility = (
        _factor(missed_m / (MISS_M + MISS_M_PER_S * gap_s))
        * _factor(size_part / SIZE_PART)
        * (1.0 if has_same_category else OTHER_CATEGORY)
    )
    return Candidate(
        other.id, other.name, gap_s, missed_m, size_part, has_same_category, plausibility
    )


def _factor(times_usual: float) -> float:
    return 1.0 / (1.0 + times_usual**2)
