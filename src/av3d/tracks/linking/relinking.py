"""The second pass: fragments of tracks that are the same object become one.

Labelling has the whole log: each fragment is followed on beyond its end, and back before its start, and
both must meet. Filters over the last and over the first detections of all fragments run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.tracks.linking.beliefs import VX, VY, YAW, Beliefs, heading_difference
from av3d.tracks.linking.habits import Habits, Seen
from av3d.types import BoolArray, FloatArray, IntArray

ENOUGH = 16
"""So many detections tell where an object was and how fast at an end of a fragment."""
GATE = 24.0
"""Largest squared Mahalanobis distance of two beliefs about place and velocity (6 degrees of freedom):
one in 1,900 of the same object is further off."""
SIZE_GATE = 12.0
STANDS_M_S = 0.6
"""What is slower than this at both ends of a gap, and where it was, has stood there all the time."""
STANDS_FOR_S = 12.0
"""So long it may have been hidden."""
MOVES_FOR = 1.5
"""A gap in the path of what moves may be this many times as long as the category's longest."""


def relinked(fragments: Sequence[IntArray], seen: Seen, habits: Habits) -> list[IntArray]:
    """Fragments put together where one goes on as another.

    Args:
        fragments: detections of each, in order of time.
        seen: the detections.
        habits: of the categories.

    Returns:
        As given, fewer.
    """
    if len(fragments) < 2:
        return list(fragments)
    order = sorted(range(len(fragments)), key=lambda one: (fragments[one][0], one))
    fragments = [fragments[one] for one in order]
    ends = _ends(fragments, seen, habits, late=True)
    starts = _ends(fragments, seen, habits, late=False)
    first_s = np.array([seen.times_s[rows[0]] for rows in fragments])
    last_s = np.array([seen.times_s[rows[-1]] for rows in fragments])
    sizes = np.array([np.median(seen.log_sizes[rows], axis=0) for rows in fragments])
    found = _meetings(ends, starts, first_s, last_s, sizes, habits)
    goes_on: dict[int, int] = {}
    taken: set[int] = set()
    for _, one, other in sorted(found):
        if one not in goes_on and other not in taken:
            goes_on[one] = other
            taken.add(other)
    whole: list[IntArray] = []
    for one in range(len(fragments)):
        if one in taken:
            continue
        parts, at = [fragments[one]], one
        while at in goes_on:
            at = goes_on[at]
            parts.append(fragments[at])
        whole.append(np.concatenate(parts))
    return whole


def _ends(fragments: Sequence[IntArray], seen: Seen, habits: Habits, *, late: bool) -> Beliefs:
    """What is believed of each object at its last (or first) detection."""
    count = len(fragments)
    used = [rows[-ENOUGH:] if late else rows[:ENOUGH][::-1] for rows in fragments]
    lengths = np.array([len(rows) for rows in used])
    table = np.zeros((count, ENOUGH), dtype=np.int64)
    for place, rows in enumerate(used):
        table[place, : len(rows)] = rows
    begins = table[:, 0]
    beliefs = Beliefs.of_newcomers(
        seen.places_m[begins], seen.yaws_rad[begins], seen.kinds[begins], habits
    )
    for step in range(1, ENOUGH):
        going = np.flatnonzero(lengths > step)
        if not len(going):
            break
        rows, before = table[going, step], table[going, step - 1]
        part = beliefs[going].after(seen.times_s[rows] - seen.times_s[before], habits)
        part.update(np.arange(len(going)), seen.places_m[rows], seen.yaws_rad[rows], habits)
        beliefs.means[going], beliefs.covariances[going] = part.means, part.covariances
    return beliefs


def _meetings(
    ends: Beliefs,
    starts: Beliefs,
    first_s: FloatArray,
    last_s: FloatArray,
    sizes: FloatArray,
    habits: Habits,
) -> list[tuple[float, int, int]]:
    """Cost, fragment, and the one that may go on as it."""
    found: list[tuple[float, int, int]] = []
    kinds = ends.kinds
    for one in range(len(kinds)):
        gaps_s = first_s - last_s[one]
        # Fragments are in order of their starts.
        later = np.arange(
            np.searchsorted(first_s, last_s[one], "right"),
            np.searchsorted(first_s, last_s[one] + STANDS_FOR_S, "right"),
        )
        later = later[kinds[later] == kinds[one]]
        if not len(later):
            continue
        there = starts[later]
        stands = _stand(ends, one, there)
        gaps = gaps_s[later]
        longest = np.where(stands, STANDS_FOR_S, MOVES_FOR * habits.gap_s[kinds[one]])
        reached = np.flatnonzero(gaps <= longest)
        if not len(reached):
            continue
        later, there, gaps, stands = later[reached], there[reached], gaps[reached], stands[reached]
        here = ends[np.full(len(later), one)]
        after = here.after(np.where(stands, np.minimum(gaps, 0.5), gaps), habits)
        off = there.means[:, :6] - after.means[:, :6]
        spread = there.covariances[:, :6, :6] + after.covariances[:, :6, :6]
        squared = np.einsum("ni,ni->n", off, np.linalg.solve(spread, off[:, :, None])[:, :, 0])
        size = ((sizes[later] - sizes[one]) ** 2).sum(axis=1)
        size = size / (2 * habits.noise[kinds[one], 3] ** 2)
        away, _ = heading_difference(there.means[:, YAW], after.means[:, YAW])
        turned = np.minimum(
            away**2 / (there.covariances[:, YAW, YAW] + after.covariances[:, YAW, YAW]), 9
        )
        volume = np.linalg.slogdet(spread)[1]
        fits = (squared <= GATE) & (size <= SIZE_GATE)
        cost = squared + size + turned + volume
        found += [(float(cost[row]), one, int(later[row])) for row in np.flatnonzero(fits).tolist()]
    return found


def _stand(ends: Beliefs, one: int, there: Beliefs) -> BoolArray:
    """Whether an object stands at its end, and others at their start."""
    speed = np.hypot(*ends.means[one, VX : VY + 1])
    speeds = np.hypot(there.means[:, VX], there.means[:, VY])
    return np.asarray((speed < STANDS_M_S) & (speeds < STANDS_M_S))
