"""Where a track would be while it is not there: in its gaps, and just before and after."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from av3d.types import NS_PER_S, FloatArray, IntArray

if TYPE_CHECKING:
    from av3d.qa.subject import Subject

AFTER_S = 0.6
"""The object is looked for this long before the first and after the last time that it is there; it covers
one frame of a log with two per second."""
RUN_UP_S = 0.5
"""The speed at an end is that over this time."""
MOST_PLACES = 15
"""Of one gap."""
BEFORE, AFTER = -1, -2


@dataclass(frozen=True, eq=False)
class Places:
    """Where a track would be at P frames in which it is not there.

    Attributes:
        frames: indices of the frames, (P,).
        times_ns: their timestamps, (P,).
        centers_m: world frame, (P, 3).
        rotations: world from cuboid, (P, 3, 3).
        sizes_lwh_m: (P, 3).
        part: number of the gap, counted from 0, or BEFORE or AFTER, (P,).
    """

    frames: IntArray
    times_ns: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray
    part: IntArray


def places_of(subject: Subject) -> Places | None:
    """Where a track would be in its gaps, on a straight way from end to end, and beyond its ends.

    Beyond the ends it goes on as fast as it went; one that was there for a single frame is taken to
    stand. None for a track that has neither gaps nor frames before or after it.
    """
    if not len(subject.frames):
        return None
    log_times_ns = subject.log.frames.timestamps_ns
    frames: list[int] = []
    centers_m: list[FloatArray] = []
    rows: list[int] = []
    part: list[int] = []

    def add(frame: int, center_m: FloatArray, row: int, number: int) -> None:
        frames.append(frame)
        centers_m.append(center_m)
        rows.append(row)
        part.append(number)

    stretches = subject.stretches
    for number, (one, other) in enumerate(pairwise(stretches)):
        last, first = one.stop - 1, other.start
        missing = np.arange(subject.frames[last] + 1, subject.frames[first])
        if len(missing) > MOST_PLACES:
            missing = missing[np.linspace(0, len(missing) - 1, MOST_PLACES).astype(np.int64)]
        length_ns = subject.times_ns[first] - subject.times_ns[last]
        for frame in missing.tolist():
            share = (int(log_times_ns[frame]) - subject.times_ns[last]) / length_ns
            center_m = (1 - share) * subject.centers_m[last] + share * subject.centers_m[first]
            add(frame, center_m, last if share < 0.5 else first, number)
    for end, side, number in ((0, -1, BEFORE), (len(subject.frames) - 1, 1, AFTER)):
        velocity = _velocity(subject, stretches[0] if side < 0 else stretches[-1], side)
        frame = int(subject.frames[end]) + side
        while 0 <= frame < len(log_times_ns):
            ahead_s = (int(log_times_ns[frame]) - int(subject.times_ns[end])) / NS_PER_S
            if abs(ahead_s) > AFTER_S:
                break
            add(frame, subject.centers_m[end] + ahead_s * velocity, end, number)
            frame += side
    if not frames:
        return None
    chosen = np.array(frames, dtype=np.int64)
    return Places(
        chosen, np.asarray(log_times_ns[chosen], dtype=np.int64), np.stack(centers_m),
        subject.rotations[rows], subject.sizes_lwh_m[rows], np.array(part, dtype=np.int64),
    )  # fmt: skip


def _velocity(subject: Subject, rows: slice, side: int) -> FloatArray:
    """Speed of the centre at an end of a stretch, world frame, (3,), in m/s."""
    times_ns = subject.times_ns[rows]
    end = len(times_ns) - 1 if side > 0 else 0
    other = int(np.argmin(np.abs(np.abs(times_ns - times_ns[end]) - RUN_UP_S * NS_PER_S)))
    if other == end:
        return np.zeros(3)
    centers_m = subject.centers_m[rows]
    apart_s = (times_ns[end] - times_ns[other]) / NS_PER_S
    return np.asarray((centers_m[end] - centers_m[other]) / apart_s)
