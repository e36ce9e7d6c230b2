"""Who is who: one object in several tracks, two tracks that exchange their objects."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import chdtrc

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, PairCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.qa.onward import LOOK_S, Onward
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.identity import swap
from av3d.tracks.operations.merging import plan_reidentify
from av3d.types import NS_PER_S, IntArray

MISS_M_PER_S = 0.5
"""What the next move of a driver or walker adds to a miss for each second between two frames."""
PLACE_M = 0.15
"""How exactly careful labels place a centre, standard deviation per axis."""
SIZE_PART = 0.1
"""How exactly they measure a side, as part of it."""
ACCELERATION_M_S2 = {Motion.STATIC: 0.05, Motion.WHEELED: 2.0, Motion.LEGGED: 1.0, Motion.FREE: 2.0}
"""How the velocity changes while nobody looks: standard deviation of what a second adds."""
VAGUE_M = 1.5
"""Where the place is less certain than so, any car of a queue would fit."""
STANDS_M_S = 0.5
"""What is slower on both sides of a gap stood there all the time."""
FARTHEST = 60.0
"""A chi-square of seven degrees of freedom beyond this is less likely than 1 to 1e10."""
BETTER = 0.5
"""Exchanged, two tracks go on with at most this part of the miss that they have as they are."""


class IdentitySwap(PairCheck):
    """Two tracks that exchange their objects."""

    id = "swap"
    title = "ID swap"
    sentence = (
        "By how much two tracks go on more smoothly if they exchange places from a frame on: misses "
        "of place and velocity, both tracks together. Above the limit the IDs were mixed up there."
    )
    severity = Severity.ERROR
    unit = "m"
    digits = 1
    fix = "Exchange the two tracks from there on"
    defaults = alike(1.0)
    reach_m = 40.0

    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        limits_m = self.limit_for(one), self.limit_for(other)
        if limits_m[0] is None or limits_m[1] is None:
            return
        limit_m = max(limits_m[0], limits_m[1])
        first, second = Onward.of(one), Onward.of(other)
        # Both have to go on badly: half of the gain each, at least half of that.
        rows, others = first.breaks(limit_m / 4), second.breaks(limit_m / 4)
        if not len(rows) or not len(others):
            return
        pairs = _at_once(first, rows, second, others)
        if not len(pairs):
            return
        a, b = pairs.T
        with np.errstate(invalid="ignore"):
            straight_m = first.misses_m(a, first, a + 1) + second.misses_m(b, second, b + 1)
            crossed_m = first.misses_m(a, second, b + 1) + second.misses_m(b, first, a + 1)
            gains_m = straight_m - crossed_m
            steps_s = np.maximum(first.times_s[a + 1], second.times_s[b + 1]) - np.minimum(
                first.times_s[a], second.times_s[b]
            )
            allowed_m = limit_m + 2 * MISS_M_PER_S * steps_s
            found = (gains_m > allowed_m) & (crossed_m < BETTER * straight_m)
        last_ns = 0
        for k in np.flatnonzero(found).tolist():
            start_ns = min(int(one.times_ns[a[k]]), int(other.times_ns[b[k]]))
            # Frames of the smoothed velocities around an exchange look like it, too.
            near = [j for j in np.flatnonzero(found) if abs(int(a[j] - a[k])) <= 2]
            if start_ns <= last_ns or gains_m[k] < gains_m[near].max():
                continue
            end_ns = max(int(one.times_ns[a[k] + 1]), int(other.times_ns[b[k] + 1]))
            last_ns = start_ns
            gain_m, most_m = float(gains_m[k]), float(allowed_m[k])
            yield self.about(
                one, other, (start_ns, end_ns), end_ns, gain_m, most_m,
                f"Goes on as {other.track.name}, which goes on as {one.track.name}: exchanged, both "
                f"fit better by {self.words(gain_m)}, limit {self.words(most_m)}",
            )  # fmt: skip

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        one, other = finding.track_ids
        return swap(document, one, other, finding.end_ns, last_ns=finding.start_ns)


class Fragment(PairCheck):
    """One object that got a second track after it was lost."""

    id = "fragment"
    title = "Fragment"
    sentence = (
        "How likely one object, lost and found again, is as far off in place, velocity and size as "
        "the begin of one track is from the end of another. Above the limit they may be one object."
    )
    severity = Severity.NOTE
    unit = "%"
    digits = 0
    weight = 70
    fix = "Make them one track, away in between"
    defaults = alike(10.0)
    reach_m = 0.0
    gap_s = 5.0
    gap_reach_m = 60.0

    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        if one.track.category != other.track.category:
            return
        limit = self.limit_for(one)
        if limit is None or not len(one.frames) or not len(other.frames):
            return
        lost, found = (one, other) if one.times_ns[-1] < other.times_ns[0] else (other, one)
        last_ns, first_ns = int(lost.times_ns[-1]), int(found.times_ns[0])
        gap_s = (first_ns - last_ns) / NS_PER_S
        if not 0 < gap_s <= self.gap_s:
            return
        value = 100.0 * likelihood(lost, found)
        if value > limit:
            yield self.about(
                found, lost, (last_ns, first_ns), first_ns, value, limit,
                f"Begins {gap_s:.1f} s after {lost.track.name} ends, where that one would be: "
                f"fits {self.words(value)}, limit {self.words(limit)}",
            )  # fmt: skip

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        found_id, lost_id = finding.track_ids
        return plan_reidentify(document, lost_id, found_id).changes


CHECKS: list[type[Check]] = [IdentitySwap, Fragment]


def likelihood(lost: Subject, found: Subject) -> float:
    """How likely one object is as far off as one track's begin is from another one's end, 0 to 1.

    Velocities change by white noise of acceleration. Pinned to what it was on both sides of a gap of
    T seconds, the velocity leaves the place uncertain by q T³ / 12 (a Brownian bridge, integrated;
    q of Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 2001,
    ch. 6); the velocity itself changes by q T. Miss, change and the logarithms of the sizes over
    their deviations make a chi-square of seven degrees of freedom.

    Args:
        lost: the track that ends.
        found: the track that begins later.
    """
    end, begin = Onward.of(lost), Onward.of(found)
    gap_s = float(begin.times_s[0] - end.times_s[-1])
    before, after = end.before_m_s[-1].tolist(), begin.after_m_s[0].tolist()
    # A track of one frame has no velocity: it goes on with that of the other one.
    known = [velocity for velocity in (before, after) if math.isfinite(velocity[0])]
    noise_m_s = ACCELERATION_M_S2[lost.motion]
    if max((math.hypot(*velocity) for velocity in known), default=0.0) < STANDS_M_S:
        noise_m_s = ACCELERATION_M_S2[Motion.STATIC]
    spread_m2 = noise_m_s**2 * gap_s**3 / (12 if len(known) == 2 else 3)
    if spread_m2 > VAGUE_M**2:
        return 0.0
    squared = 0.0
    for axis in (0, 1):
        mean_m_s = sum(velocity[axis] for velocity in known) / max(len(known), 1)
        missed_m = float(begin.places_m[0, axis] - end.places_m[-1, axis]) - mean_m_s * gap_s
        change = after[axis] - before[axis] if len(known) == 2 else 0.0
        squared += missed_m**2 / (2 * PLACE_M**2 + spread_m2)
        squared += change**2 / (2 * (PLACE_M / LOOK_S) ** 2 + noise_m_s**2 * gap_s)
    if squared > FARTHEST:
        return 0.0
    sizes = np.log(found.usual_size_lwh_m / lost.usual_size_lwh_m)
    return float(chdtrc(7.0, squared + (sizes**2).sum() / (2 * SIZE_PART**2)))


def _at_once(first: Onward, rows: IntArray, second: Onward, others: IntArray) -> IntArray:
    """Pairs of rows of two tracks after which both break at the same time, (K, 2)."""
    begins, ends = first.times_s[rows], first.times_s[rows + 1]
    other_begins, other_ends = second.times_s[others], second.times_s[others + 1]
    met = (begins[:, None] < other_ends) & (other_begins < ends[:, None])
    a, b = np.nonzero(met)
    return np.stack([rows[a], others[b]], axis=1)
