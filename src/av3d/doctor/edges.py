"""Edges that LiDAR and camera both see: where depth or brightness jumps in a sweep and in an image."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from av3d.logs.sweep import Sweep
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray

RING_NAMES = ("ring", "laser_number", "channel", "laser_id")
"""Names under which readers keep the number of the laser that measured a point."""

NEAREST_M, FARTHEST_M = 2.0, 60.0
"""Edges closer than this are on the vehicle itself; beyond it they are too few pixels apart."""

JUMP_M, JUMP_PART = 0.5, 0.06
"""Two neighbours belong to different things if their ranges differ by more than both of these."""

SLOPE = 0.3
"""Beside a depth edge ranges change by less than this part of the jump; else it is a slanted wall."""

GAP_STEPS = 2.5
"""Neighbours on a scan line are at most this many usual steps apart."""

BRIGHTNESS_JUMP = 0.08
"""Least change of intensity (0..1) of an edge between two paints on one surface."""

ROW_RAD = np.radians(0.03)
"""Width of the bins in which elevations are counted to find scan lines."""

HIGHEST_RAD = np.radians(2.0)
"""Scan lines further apart than this do not tell where an edge between them is."""


@dataclass(frozen=True, eq=False)
class EdgePoints:
    """Places on the outlines of things, in the frame of the sweep's points.

    An edge lies between two neighbouring beams: in the middle of them on the average, at the range
    of the nearer thing.

    Attributes:
        points_m: the places, (N, 3).
        across: unit vectors across the edge, square to the ray: from one beam to the other, (N, 3).
        width_rad: angle between the two beams, (N,).
        source: row of the sweep's point that is on the nearer thing, (N,).
        is_depth: whether depth jumps there; else brightness does, (N,).
    """

    points_m: FloatArray
    across: FloatArray
    width_rad: FloatArray
    source: IntArray
    is_depth: BoolArray

    def __len__(self) -> int:
        return len(self.points_m)

    def of(self, rows: IntArray | BoolArray) -> EdgePoints:
        """Some of the edges."""
        return EdgePoints(*(getattr(self, name)[rows] for name in _FIELDS))

    @classmethod
    def joined(cls, parts: list[EdgePoints]) -> EdgePoints:
        """All edges of several lists, at least one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))


_FIELDS = ("points_m", "across", "width_rad", "source", "is_depth")


def scan_lines(sweep: Sweep, points_m: FloatArray) -> IntArray:
    """The scan line of each point, (N,), numbered upwards: its laser where known.

    Else by elevation: lasers are dense in it, and there are few points between two of them.

    Args:
        sweep: gives the lasers' numbers, if it has them.
        points_m: its points seen from the sensor at the time of the shot, (N, 3).
    """
    flat_m = np.hypot(points_m[:, 0], points_m[:, 1])
    elevation = np.arctan2(points_m[:, 2], flat_m)
    for name in RING_NAMES:
        ring = sweep.extra.get(name)
        if ring is None or ring.dtype.kind not in "iu" or len(ring) == 0:
            continue
        numbers, row = np.unique(ring, return_inverse=True)
        if 4 <= len(numbers) <= 512:
            count = np.bincount(row)
            mean = np.bincount(row, weights=elevation) / count
            rank = np.empty(len(numbers), dtype=np.int64)
            rank[np.argsort(mean)] = np.arange(len(numbers))
            return np.asarray(rank[row])
    bins = np.floor((elevation + np.pi / 2) / ROW_RAD).astype(np.int64)
    histogram = np.bincount(bins, minlength=round(np.pi / ROW_RAD) + 2).astype(np.float64)
    smooth = cv2.GaussianBlur(histogram[None], (0, 0), 1.5)[0]
    valley = np.zeros(len(smooth), dtype=bool)
    valley[1:-1] = (smooth[1:-1] <= smooth[:-2]) & (smooth[1:-1] < smooth[2:])
    return np.asarray(np.cumsum(valley)[bins])


def depth_edges(sweep: Sweep, points_m: Float32Array | None = None) -> EdgePoints:
    """Outlines of things in a sweep, and edges between paints of different brightness.

    Along a scan line: neighbouring beams that hit things at different ranges, or the same surface
    where its intensity jumps. Across scan lines: things whose top stands before what is behind.

    Args:
        sweep: in its sensor frame.
        points_m: its points in the sensor frame at the time of their shot, (N, 3) (see
            `av3d.logs.compensation.as_shot_m`); None: those of the sweep. The edges are in the
            frame of these points.
    """
    points = np.asarray(sweep.points_m if points_m is None else points_m, dtype=np.float64)
    range_m = np.linalg.norm(points, axis=1)
    rows = np.flatnonzero(range_m > 0.5)
    line = scan_lines(sweep, points)
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    rows = rows[np.lexsort((azimuth[rows], line[rows]))]
    if len(rows) == 0:
        return EdgePoints(
            np.empty((0, 3)),
            np.empty((0, 3)),
            np.empty(0),
            np.empty(0, dtype=np.int64),
            np.empty(0, dtype=np.bool_),
        )
    scan = _Scan(points[rows], range_m[rows], azimuth[rows], line[rows], rows)
    parts = [_along(scan), _across(scan)]
    if sweep.intensity is not None:
        parts.append(_painted(scan, np.asarray(sweep.intensity, dtype=np.float64)[rows]))
    return EdgePoints.joined(parts)


@dataclass(frozen=True, eq=False)
class _Scan:
    """Points sorted by scan line and then by azimuth."""

    points_m: FloatArray
    range_m: FloatArray
    azimuth_rad: FloatArray
    line: IntArray
    source: IntArray

    def steps(self) -> FloatArray:
        """Usual azimuth step of each point's scan line, (N,)."""
        usual = np.zeros(int(self.line.max(initial=0)) + 1)
        starts = np.flatnonzero(np.diff(self.line, prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(self.line)], strict=True):
            if stop - start > 8:
                usual[self.line[start]] = np.median(np.diff(self.azimuth_rad[start:stop]))
        return np.asarray(usual[self.line])

    def edges(self, near: IntArray, far: IntArray, *, is_depth: bool) -> EdgePoints:
        """Edges between beams, at the range of the near ones."""
        first = self.points_m[near] / self.range_m[near, None]
        second = self.points_m[far] / self.range_m[far, None]
        across = second - first
        middle = (first + second) / np.linalg.norm(first + second, axis=1, keepdims=True)
        width = np.linalg.norm(across, axis=1)
        return EdgePoints(
            middle * self.range_m[near, None],
            across / np.maximum(width, 1e-12)[:, None],
            width,
            self.source[near],
            np.full(len(near), is_depth),
        )


def _along(scan: _Scan) -> EdgePoints:
    """Depth edges between neighbours of a scan line."""
    range_m, line = scan.range_m, scan.line
    if len(range_m) < 4:
        return scan.edges(*_none(), is_depth=True)
    left = np.arange(1, len(range_m) - 2)
    right = left + 1
    steps = np.diff(scan.azimuth_rad)
    close = (np.diff(line) == 0) & (steps < GAP_STEPS * scan.steps()[:-1])
    change = np.diff(range_m)
    jump = np.abs(change[left])
    nearer = np.minimum(range_m[left], range_m[right])
    is_edge = close[left] & (jump > np.maximum(JUMP_M, JUMP_PART * nearer)) & _within(nearer)
    # The nearer thing goes on beside the edge, and neither side is a wall seen at a slant.
    before, after = np.abs(change[left - 1]), np.abs(change[left + 1])
    left_near = range_m[left] < range_m[right]
    near_close = np.where(left_near, close[left - 1], close[left + 1])
    near_change = np.where(left_near, before, after)
    far_close = np.where(left_near, close[left + 1], close[left - 1])
    far_change = np.where(left_near, after, before)
    is_edge &= near_close & (near_change < SLOPE * jump)
    is_edge &= ~far_close | (far_change < SLOPE * jump)
    left, right, left_near = left[is_edge], right[is_edge], left_near[is_edge]
    return scan.edges(
        np.where(left_near, left, right), np.where(left_near, right, left), is_depth=True
    )


def _across(scan: _Scan) -> EdgePoints:
    """Depth edges at the tops of things: the next scan line above sees past them."""
    above, below = _beside(scan, 1), _beside(scan, -1)
    at = np.flatnonzero((above >= 0) & (below >= 0) & _within(scan.range_m))
    range_m = scan.range_m[at]
    jump = scan.range_m[above[at]] - range_m
    # The ground, too, is further away one line up; but it was nearer by as much one line down.
    is_edge = jump > 2 * np.maximum(JUMP_M, JUMP_PART * range_m)
    is_edge &= np.abs(scan.range_m[below[at]] - range_m) < SLOPE * jump
    at = at[is_edge]
    edges = scan.edges(at, above[at], is_depth=True)
    return edges.of(edges.width_rad < HIGHEST_RAD)


def _beside(scan: _Scan, lines_up: int) -> IntArray:
    """The point of the scan line above or below that has the nearest azimuth, (N,); -1 for none."""
    found = np.full(len(scan.line), -1, dtype=np.int64)
    usual = scan.steps()
    lines = np.unique(scan.line)
    starts = np.searchsorted(scan.line, lines)
    spans = list(zip(starts, [*starts[1:], len(scan.line)], strict=True))
    pairs = pairwise(spans)
    for (start, stop), (first, last) in pairs if lines_up > 0 else ((b, a) for a, b in pairs):
        if min(stop - start, last - first) < 8:
            continue
        azimuth, others = scan.azimuth_rad[start:stop], scan.azimuth_rad[first:last]
        right = np.clip(np.searchsorted(others, azimuth), 1, len(others) - 1)
        right -= azimuth - others[right - 1] < others[right] - azimuth
        is_near = np.abs(others[right] - azimuth) < usual[start]
        found[start:stop] = np.where(is_near, first + right, -1)
    return found


def _painted(scan: _Scan, intensity: FloatArray) -> EdgePoints:
    """Edges of brightness between neighbours of a scan line, on one surface."""
    count = len(intensity)
    if count < 6:
        return scan.edges(*_none(), is_depth=False)
    left = np.arange(1, count - 2)
    right = left + 1
    steps = np.diff(scan.azimuth_rad)
    smooth = np.abs(np.diff(scan.range_m)) < 0.5 * JUMP_PART * scan.range_m[:-1]
    close = (np.diff(scan.line) == 0) & (steps < GAP_STEPS * scan.steps()[:-1]) & smooth
    change = np.diff(intensity)
    is_edge = close[left - 1] & close[left] & close[left + 1] & _within(scan.range_m[left])
    step = np.abs(change[left])
    # A step between two paints, not the noise of one.
    steady = np.maximum(np.abs(change[left - 1]), np.abs(change[left + 1]))
    is_edge &= (step > BRIGHTNESS_JUMP) & (steady < 0.5 * step)
    return scan.edges(left[is_edge], right[is_edge], is_depth=False)


def _within(range_m: FloatArray) -> BoolArray:
    return np.asarray((range_m > NEAREST_M) & (range_m < FARTHEST_M))


def _none() -> tuple[IntArray, IntArray]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
