"""Lines that share corners, drawn in as few strokes as their graph allows.

A window pays for every stroke, not for its length; and where two strokes meet, the corner has a joint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from av3d.types import FloatArray

MEETS_PX = 1e-6


def chained(
    lines: Sequence[tuple[int, FloatArray]], corners: tuple[tuple[int, int], ...]
) -> list[FloatArray]:
    """Join lines where they meet at a common corner.

    Args:
        lines: number of the line and its points (N, 2), in the order along it; several with the same
            number where a line is interrupted.
        corners: for each number the corners at which the whole line starts and ends.

    Returns:
        Polylines (M, 2) that cover the lines. Lines that were cut do not reach their corner and stay
        apart there.
    """
    parts: dict[int, list[FloatArray]] = {}
    for number, points in lines:
        parts.setdefault(number, []).append(points)
    strokes: list[list[FloatArray]] = []
    for walk in _walks(tuple(sorted(parts)), corners):
        strokes.append([])
        for number, forward in walk:
            for points in parts[number] if forward else reversed(parts[number]):
                onward = points if forward else points[::-1]
                stroke = strokes[-1]
                if stroke and _meet(stroke[-1][-1], onward[0]):
                    stroke.append(onward[1:])
                elif stroke:
                    strokes.append([onward])
                else:
                    stroke.append(onward)
    return [np.concatenate(stroke) if len(stroke) > 1 else stroke[0] for stroke in strokes]


def _meet(first: FloatArray, second: FloatArray) -> bool:
    (x, y), (u, v) = first.tolist(), second.tolist()
    return bool(abs(x - u) <= MEETS_PX and abs(y - v) <= MEETS_PX)


@cache
def _walks(
    numbers: tuple[int, ...], corners: tuple[tuple[int, int], ...]
) -> tuple[tuple[tuple[int, bool], ...], ...]:
    """Walks along all lines, each once: their numbers and whether they go from start to end.

    A walk that starts where an odd number of lines meet ends at another such corner, which leaves
    fewer of them (Euler); the few visible sides of a cuboid make at most some dozens of graphs.
    """
    left = list(numbers)
    walks = []
    while left:
        degree = Counter(corner for number in left for corner in corners[number])
        corner = next((c for c, count in degree.items() if count % 2), corners[left[0]][0])
        walk = []
        while (found := next((n for n in left if corner in corners[n]), None)) is not None:
            left.remove(found)
            forward = corners[found][0] == corner
            walk.append((found, forward))
            corner = corners[found][1 if forward else 0]
        walks.append(tuple(walk))
    return tuple(walks)
