"""Points that hang together, seen from above."""

from __future__ import annotations

from collections import deque

import numpy as np

from av3d.types import BoolArray, FloatArray

CELL_M, LINK_CELLS = 0.2, 2
"""Points in cells so near to each other belong together."""


def connected(points_m: FloatArray, meant: BoolArray) -> BoolArray:
    """Which points (N, 2 or 3) hang together with those that are meant (N,), (N,)."""
    if not len(points_m):
        return np.zeros(0, dtype=bool)
    cells = np.floor(points_m[:, :2] / CELL_M).astype(np.int64)
    cells -= cells.min(axis=0) - LINK_CELLS
    columns = int(cells[:, 1].max()) + 2 * LINK_CELLS
    keys = cells[:, 0] * columns + cells[:, 1]
    unreached = set(keys.tolist())
    ways = range(-LINK_CELLS, LINK_CELLS + 1)
    steps = [dx * columns + dy for dx in ways for dy in ways]
    reached = set(keys[meant].tolist())
    unreached -= reached
    waiting = deque(reached)
    while waiting and unreached:
        here = waiting.popleft()
        for step in steps:
            if here + step in unreached:
                unreached.remove(here + step)
                reached.add(here + step)
                waiting.append(here + step)
    return np.isin(keys, np.fromiter(reached, dtype=np.int64, count=len(reached)))
