"""What the detections themselves tell: how noisy the detector is, and what its scores are worth.

Detectors score as they like: 0 to 1, or any number. What a score is worth shows in the log: of the
detections with such a score, how many are seen again, frame after frame, where a motion leads? Those
that nothing goes on from are mostly false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import isotonic_regression

from av3d.tracks.linking.beliefs import heading_difference
from av3d.tracks.linking.habits import Habits, Seen
from av3d.tracks.linking.smoothing import smoothed, unfolded
from av3d.types import BoolArray, FloatArray, IntArray

LONG = 6
"""A fragment of so many detections tells what the noise is."""
KNOWN_BEFORE = 40
"""What is assumed of the noise counts as much as so many detections."""
TO_DEVIATION = 1.4826
"""From the median of absolute values to the standard deviation of a normal distribution."""
FREEDOM = 1.4
"""Residuals of a smoothed path are smaller than the noise: the path follows the detections."""
SMALLEST = np.array([0.04, 0.03, 0.02, 0.05])
LARGEST = np.array([3.0, 1.5, 1.0, 0.4])
REAL_HITS, REAL_S = 4, 0.7
"""A fragment with so many detections, or that lasts so long, and is seen in most frames, is no chance."""
SEEN_SHARE = 0.6
TELLING = 15
"""Fragments of so many detections tell how often the detector finds what is there."""
USUAL_PART = 0.9
PRIOR = 4.0
"""Half and half, with the weight of so many detections, holds where there are few."""
MOST_CHANCE = 0.5
SURE = 0.4
"""A detection that is more probable than this may begin a track."""
BEST_PART = 0.8
"""And so may those nearly as probable as the best of their category."""


def learnt_noise(fragments: Sequence[IntArray], seen: Seen, habits: Habits) -> Habits:
    """Expectations with the noise that the fragments show.

    Args:
        fragments: detections of each, in order of time.
        seen: the detections.
        habits: what was assumed of the categories.
    """
    residuals: list[list[FloatArray]] = [[] for _ in habits.names]
    for rows in fragments:
        if len(rows) < LONG:
            continue
        kind = int(seen.kinds[rows[0]])
        places_m, yaws_rad = smooth_path(rows, seen, habits)
        away, _ = heading_difference(seen.yaws_rad[rows], yaws_rad)
        off = seen.places_m[rows] - places_m
        sizes = seen.log_sizes[rows] - np.median(seen.log_sizes[rows], axis=0)
        residuals[kind].append(np.column_stack([off, away, sizes]))
    noise = habits.noise.copy()
    for kind, parts in enumerate(residuals):
        if not parts:
            continue
        found = np.abs(np.concatenate(parts))
        spread = TO_DEVIATION * np.array(
            [
                np.median(found[:, :2]) * FREEDOM,
                np.median(found[:, 2]) * FREEDOM,
                np.median(found[:, 3]) * FREEDOM,
                np.median(found[:, 4:]),
            ]
        )
        weight = len(found) / (len(found) + KNOWN_BEFORE)
        learnt = np.exp(
            weight * np.log(np.maximum(spread, SMALLEST)) + (1 - weight) * np.log(noise[kind])
        )
        noise[kind] = np.clip(learnt, SMALLEST, LARGEST)
    return replace(habits, noise=noise)


def smooth_path(rows: IntArray, seen: Seen, habits: Habits) -> tuple[FloatArray, FloatArray]:
    """Places (N, 3) and headings (N,) of an object at its detections, smoothed.

    Args:
        rows: its detections, in order of time.
        seen: all detections.
        habits: of the categories.
    """
    kind = int(seen.kinds[rows[0]])
    times_s, noise = seen.times_s[rows], habits.noise[kind]
    along, across = habits.along[kind], habits.across[kind]
    plane = float(np.hypot(along, across)) / np.sqrt(2)
    places_m = smoothed(
        times_s,
        seen.places_m[rows],
        noise[[0, 0, 1]],
        np.array([plane, plane, min(0.5, along)]),
    )
    votes = np.maximum(seen.scores[rows] - seen.scores.min(), 0) + 1e-6
    steers = bool(habits.steers[kind])
    yaws_rad = unfolded(times_s, seen.yaws_rad[rows], votes, places_m, steers=steers)
    agility = habits.turn[kind : kind + 1]
    yaws_rad = smoothed(times_s, yaws_rad[:, None], noise[2:3], agility)[:, 0]
    return places_m, yaws_rad


def seen_share(rows: IntArray, seen: Seen) -> float:
    """In what part of the frames from the first to the last detection there is one."""
    return len(rows) / float(seen.frames[rows[-1]] - seen.frames[rows[0]] + 1)


def worth_of_scores(fragments: Sequence[IntArray], seen: Seen, habits: Habits) -> FloatArray:
    """For each detection, how probable it is by its score that it is of a real object, (N,).

    Rises with the score, and is worked out for each category apart.

    Args:
        fragments: what follows when every detection may begin a track.
        seen: the detections.
        habits: of the categories.
    """
    real = np.zeros(len(seen))
    hits = min(REAL_HITS, len(seen.frame_times_s))
    shares = _usual_shares(fragments, seen, len(habits.names))
    for rows in fragments:
        lasts_s = seen.times_s[rows[-1]] - seen.times_s[rows[0]]
        enough = len(rows) >= hits or (len(rows) >= 3 and lasts_s >= REAL_S)
        if enough and seen_share(rows, seen) >= shares[seen.kinds[rows[0]]]:
            real[rows] = 1.0
    worth = np.empty(len(seen))
    for kind in range(len(habits.names)):
        rows = np.flatnonzero(seen.kinds == kind)
        if not len(rows):
            continue
        scores, place, counts = np.unique(
            seen.scores[rows], return_inverse=True, return_counts=True
        )
        sums = np.bincount(place, real[rows], minlength=len(scores))
        rising = isotonic_regression(sums / counts, weights=counts.astype(float))
        blocks = np.asarray(rising.x)
        runs = _runs(blocks)
        sizes = np.bincount(runs, counts)[runs]
        shrunk = (blocks * sizes + PRIOR / 2) / (sizes + PRIOR)
        rising_worth = np.maximum.accumulate(shrunk)
        # Chance, and what is not there and looks the same in each frame, go on too. The lowest scores
        # show how often, unless the detector gave nothing that is below half.
        chance = min(MOST_CHANCE, float(rising_worth[0]))
        worth[rows] = ((rising_worth - chance) / (1 - chance))[place]
    return worth


def _usual_shares(fragments: Sequence[IntArray], seen: Seen, kinds: int) -> FloatArray:
    """The share of frames in which what is real is seen at least, by category, (K,).

    Where the detector misses much, that is less.
    """
    found: list[list[float]] = [[] for _ in range(kinds)]
    for rows in fragments:
        if len(rows) >= TELLING:
            found[int(seen.kinds[rows[0]])].append(seen_share(rows, seen))
    return np.array([min(SEEN_SHARE, USUAL_PART * np.median(part or [1.0])) for part in found])


def sure_ones(worth: FloatArray, seen: Seen) -> BoolArray:
    """Which detections may begin a track, (N,): the more probable ones; in each category some.

    Args:
        worth: of each by its score, (N,).
        seen: the detections.
    """
    best = np.zeros(int(seen.kinds.max(initial=0)) + 1)
    np.maximum.at(best, seen.kinds, worth)
    return np.asarray(worth >= np.minimum(SURE, BEST_PART * best[seen.kinds]))


def _runs(values: FloatArray) -> IntArray:
    """The number of the run of equal values that each is in."""
    return np.concatenate([[0], np.cumsum(np.diff(values) > 0)]).astype(np.int64)
