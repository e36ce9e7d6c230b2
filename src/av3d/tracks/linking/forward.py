"""The first pass: frame by frame, forward in time, detections become fragments of tracks.

Sure detections are assigned first and may begin a track; unsure ones only continue what is left (after
Zhang et al., ByteTrack, ECCV 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from av3d.tracks.linking.association import assigned, costs, crowding
from av3d.tracks.linking.beliefs import Beliefs
from av3d.tracks.linking.habits import Habits, Seen
from av3d.types import BoolArray, FloatArray, IntArray

YOUNG_STEPS = 4.0
"""A track with one or two detections is followed for so many frames without another."""
LOST_M = 12.0
"""A track is given up when nobody could say any more within so many metres where it is."""
SIZE_SHARE = 0.15
"""How much a detection changes the size that the next is compared with."""


@dataclass(eq=False)
class _Open:
    """Tracks that are followed, as columns of N rows."""

    beliefs: Beliefs = field(default_factory=Beliefs.empty)
    log_sizes: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    last_s: FloatArray = field(default_factory=lambda: np.empty(0))
    hits: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    fragments: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.fragments)

    def kept(self, rows: BoolArray) -> _Open:
        return _Open(
            self.beliefs[rows],
            self.log_sizes[rows],
            self.last_s[rows],
            self.hits[rows],
            self.fragments[rows],
        )


def fragments_of(seen: Seen, habits: Habits, sure: BoolArray) -> list[IntArray]:
    """Detections of the same object, as far as they can be followed from frame to frame.

    Args:
        seen: the detections.
        habits: of their categories.
        sure: which of them may begin a track, (N,).

    Returns:
        For each fragment the detections, in order of time; at most one of a frame. What is in none of
        them is unsure and continues nothing.
    """
    found: list[list[int]] = []
    tracked = _Open()
    ends = np.searchsorted(seen.frames, np.arange(len(seen.frame_times_s) + 1))
    young_s = YOUNG_STEPS * seen.step_s
    crowded = crowding(seen, len(habits.names))
    before_s = float(seen.frame_times_s[0]) if len(seen.frame_times_s) else 0.0
    for frame, time_s in enumerate(seen.frame_times_s.tolist()):
        step_s = time_s - before_s
        before_s = time_s
        if len(tracked):
            tracked.beliefs = tracked.beliefs.after(step_s, habits)
            tracked = tracked.kept(_still_followed(tracked, time_s, young_s, habits))
        rows = np.arange(ends[frame], ends[frame + 1])
        if not len(rows):
            continue
        free = np.ones(len(tracked), dtype=bool)
        firsts = rows[sure[rows]]
        for chosen in (firsts, rows[~sure[rows]]):
            _continue(tracked, chosen, free, seen, habits, crowded, found, time_s)
        taken = {row for fragment in tracked.fragments.tolist() for row in found[fragment][-1:]}
        _begin([row for row in firsts.tolist() if row not in taken], tracked, seen, habits, found)
    return [np.array(fragment, dtype=np.int64) for fragment in found]


def _still_followed(tracked: _Open, time_s: float, young_s: float, habits: Habits) -> BoolArray:
    kinds = tracked.beliefs.kinds
    silent_s = time_s - tracked.last_s
    patience_s = np.where(
        tracked.hits < 3, np.minimum(young_s, habits.gap_s[kinds]), habits.gap_s[kinds]
    )
    # However slow the sensor is, one frame without a detection ends no track.
    spread = np.sqrt(np.trace(tracked.beliefs.covariances[:, :2, :2], axis1=1, axis2=2))
    return np.asarray((silent_s <= np.maximum(patience_s, young_s)) & (spread < LOST_M))


def _continue(
    tracked: _Open,
    rows: IntArray,
    free: BoolArray,
    seen: Seen,
    habits: Habits,
    crowded: FloatArray,
    found: list[list[int]],
    time_s: float,
) -> None:
    """Assign detections of a frame to tracks that have none of it yet."""
    candidates = np.flatnonzero(free)
    if not len(rows) or not len(candidates):
        return
    silent_s = time_s - tracked.last_s[candidates]
    cost = costs(
        tracked.beliefs[candidates],
        tracked.log_sizes[candidates],
        seen.places_m[rows],
        seen.yaws_rad[rows],
        seen.log_sizes[rows],
        seen.kinds[rows],
        habits,
        silent_s,
        crowded,
    )
    of_tracks, of_rows = assigned(cost)
    of_tracks, chosen = candidates[of_tracks], rows[of_rows]
    if not len(chosen):
        return
    tracked.beliefs.update(of_tracks, seen.places_m[chosen], seen.yaws_rad[chosen], habits)
    share = np.maximum(SIZE_SHARE, 1 / (tracked.hits[of_tracks] + 1.0))[:, None]
    sizes = tracked.log_sizes[of_tracks]
    tracked.log_sizes[of_tracks] = sizes + share * (seen.log_sizes[chosen] - sizes)
    tracked.last_s[of_tracks] = time_s
    tracked.hits[of_tracks] += 1
    free[of_tracks] = False
    for fragment, row in zip(tracked.fragments[of_tracks].tolist(), chosen.tolist(), strict=True):
        found[fragment].append(row)


def _begin(
    rows: list[int], tracked: _Open, seen: Seen, habits: Habits, found: list[list[int]]
) -> None:
    """Begin a track with each of some detections."""
    if not rows:
        return
    chosen = np.array(rows, dtype=np.int64)
    new = Beliefs.of_newcomers(
        seen.places_m[chosen], seen.yaws_rad[chosen], seen.kinds[chosen], habits
    )
    tracked.beliefs = Beliefs.joined(tracked.beliefs, new)
    tracked.log_sizes = np.concatenate([tracked.log_sizes, seen.log_sizes[chosen]])
    tracked.last_s = np.concatenate([tracked.last_s, seen.times_s[chosen]])
    tracked.hits = np.concatenate([tracked.hits, np.ones(len(rows), dtype=np.int64)])
    names = np.arange(len(found), len(found) + len(rows))
    tracked.fragments = np.concatenate([tracked.fragments, names])
    found.extend([row] for row in rows)
