"""Things that move: clusters of sweeps that follow each other on a smooth way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.qa.roaming import Clusters
from av3d.types import FloatArray, IntArray

FASTEST_M_S = 40.0
SLOWEST_M_S = 0.5
LEAST_SEEN = 5
LEAST_S = 1.0
LEAST_WAY_M = 1.5
"""What was seen less often, for less time or over a shorter way may be noise."""
STRAIGHT = 0.7
"""The way from the first place to the last, as part of the way over all of them."""
ROUGH_M = 0.4
"""Standard deviation of places about a smooth way: the middle of what is visible wanders a little."""
GATE_M = 1.0
"""A cluster this near to where a thing should be now is that thing."""
LONGEST_GAP_S = 0.7
"""A thing that was not seen for longer is lost."""
TOGETHER_M, ALIKE_M_S, ALIKE = 4.0, 1.0, 0.2
"""What stays so near, at a velocity as much alike, is one thing: the front and the back of a car."""


@dataclass(frozen=True, eq=False)
class Roamer:
    """A thing that moves, in the K sweeps in which it was seen.

    Attributes:
        frames: of the log, (K,).
        times_s: since the log's first frame, (K,).
        centers_m: middle of its visible points, world frame, (K, 3).
        sizes_m: extents of these along the ego's axes, (K, 3).
        speed_m_s: over its whole way.
        points: most points that it had.
    """

    frames: IntArray
    times_s: FloatArray
    centers_m: FloatArray
    sizes_m: FloatArray
    speed_m_s: float
    points: int

    def goes_with(self, other: Roamer) -> bool:
        """Whether this and another one move together: two parts of one thing, or two that are a pair."""
        middle_s = (
            max(self.times_s[0], other.times_s[0]) + min(self.times_s[-1], other.times_s[-1])
        ) / 2
        (place_m, velocity_m_s), (other_m, other_m_s) = self._at(middle_s), other._at(middle_s)
        gap_s = max(self.times_s[0], other.times_s[0]) - min(self.times_s[-1], other.times_s[-1])
        allowed_m_s = ALIKE_M_S + ALIKE * max(self.speed_m_s, other.speed_m_s)
        return bool(
            gap_s <= LEAST_S
            and np.hypot(*(velocity_m_s - other_m_s)) <= allowed_m_s
            and np.hypot(*(place_m - other_m)) <= TOGETHER_M
        )

    def _at(self, time_s: float) -> tuple[FloatArray, FloatArray]:
        """Place and velocity on the ground at a time, from what was seen next to it, (2,) each."""
        near = np.argsort(np.abs(self.times_s - time_s), kind="stable")[:LEAST_SEEN]
        since_s = self.times_s[near] - self.times_s[near].mean()
        places_m = self.centers_m[near, :2]
        velocity_m_s = (since_s @ places_m) / (since_s @ since_s)
        here_m = places_m.mean(axis=0) + (time_s - self.times_s[near].mean()) * velocity_m_s
        return np.asarray(here_m), np.asarray(velocity_m_s)


def roamers(sweeps: Sequence[Clusters]) -> list[Roamer]:
    """The things that move among clusters that are not fixed.

    Args:
        sweeps: the clusters of each sweep, in order of time.
    """
    chains: list[list[tuple[int, int]]] = []
    open_ones: list[int] = []
    for number, sweep in enumerate(sweeps):
        open_ones = [
            one
            for one in open_ones
            if sweep.time_s - sweeps[chains[one][-1][0]].time_s <= LONGEST_GAP_S
        ]
        for one, row in _links(sweeps, chains, open_ones, sweep):
            chains[one].append((number, row))
        linked = {chain[-1][1] for chain in chains if chain[-1][0] == number}
        for row in range(len(sweep.counts)):
            if row not in linked:
                open_ones.append(len(chains))
                chains.append([(number, row)])
    found = (_roamer(sweeps, chain) for chain in chains)
    return [one for one in found if one is not None]


def _links(
    sweeps: Sequence[Clusters],
    chains: Sequence[Sequence[tuple[int, int]]],
    open_ones: Sequence[int],
    sweep: Clusters,
) -> list[tuple[int, int]]:
    """Chains and the clusters with which they go on, the best first and each once."""
    offers: list[tuple[float, int, int]] = []
    for one in open_ones:
        chain = chains[one]
        expected_m, gate_m = _expected(sweeps, chain, sweep.time_s)
        at, last = chain[-1]
        apart_m = np.hypot(*(sweep.centers_m[:, :2] - expected_m).T)
        change = np.abs(sweep.sizes_m - sweeps[at].sizes_m[last]).max(axis=1)
        for row in np.flatnonzero((apart_m <= gate_m) & (change <= gate_m + GATE_M)).tolist():
            # What has gone far already is believed before what has just appeared.
            offers.append((float(apart_m[row]) + float(change[row]) - min(len(chain), 5), one, row))
    links: dict[int, int] = {}
    taken: set[int] = set()
    for _, one, row in sorted(offers):
        if one not in links and row not in taken:
            links[one] = row
            taken.add(row)
    return list(links.items())


def _expected(
    sweeps: Sequence[Clusters], chain: Sequence[tuple[int, int]], time_s: float
) -> tuple[FloatArray, float]:
    """Where a chain should be at a time, (2,), and how far from there it may be."""
    at, row = chain[-1]
    here_m = sweeps[at].centers_m[row, :2]
    step_s = time_s - sweeps[at].time_s
    if len(chain) == 1:
        return here_m, GATE_M + FASTEST_M_S * step_s / 2
    before, earlier = chain[max(len(chain) - 4, 0)]
    passed_s = sweeps[at].time_s - sweeps[before].time_s
    velocity_m_s = (here_m - sweeps[before].centers_m[earlier, :2]) / passed_s
    # A turn or a brake: 5 m/s² over the time.
    return here_m + step_s * velocity_m_s, GATE_M + 2.5 * (step_s + passed_s / 2) ** 2


def _roamer(sweeps: Sequence[Clusters], chain: Sequence[tuple[int, int]]) -> Roamer | None:
    """A chain as a thing that moves; None if it is none."""
    times_s = np.array([sweeps[at].time_s for at, _ in chain])
    span_s = float(times_s[-1] - times_s[0])
    if len(chain) < LEAST_SEEN or span_s < LEAST_S:
        return None
    centers_m = np.array([sweeps[at].centers_m[row] for at, row in chain])
    places_m = centers_m[:, :2] - centers_m[0, :2]
    way_m = float(np.hypot(*places_m[-1]))
    steps_m = float(np.hypot(*np.diff(places_m, axis=0).T).sum())
    speed_m_s = way_m / span_s
    if not (SLOWEST_M_S <= speed_m_s <= FASTEST_M_S) or way_m < max(
        LEAST_WAY_M, STRAIGHT * steps_m
    ):
        return None
    # Each place against the line from the one before to the one after: a turn or a brake bends a way
    # by centimetres from one sweep to the next, and noise of places is sqrt(1.5) times as large there.
    part = ((times_s[1:-1] - times_s[:-2]) / (times_s[2:] - times_s[:-2]))[:, None]
    expected_m = (1 - part) * places_m[:-2] + part * places_m[2:]
    rough_m = np.sqrt(((places_m[1:-1] - expected_m) ** 2).sum(axis=1).mean() / (2 * 1.5))
    if rough_m > ROUGH_M:
        return None
    return Roamer(
        np.array([sweeps[at].frame for at, _ in chain], dtype=np.int64),
        times_s,
        centers_m,
        np.array([sweeps[at].sizes_m[row] for at, row in chain]),
        speed_m_s,
        max(int(sweeps[at].counts[row]) for at, row in chain),
    )
