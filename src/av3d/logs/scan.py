"""When a LiDAR's beam pointed where: a sweep's own point times as a function of direction.

Directions are in the sensor frame at the time of the shot, because that is where the rotor turns
evenly; points whose ego motion has been removed are taken back first (`av3d.logs.compensation`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import wrap_angle_rad
from av3d.logs.sweep import Sweep
from av3d.types import FloatArray, IntArray

FEWEST_POINTS = 200
"""A sweep with fewer says nothing about the scan."""

_BINS = 128
"""Steps of time into which a sweep is cut to see where the beam points; 2.8 degrees of a turn."""
_NEAR_AXIS_M = 0.5
"""Points closer to the axis have no azimuth worth the name."""
_FOCUS = 0.95
"""Length of the mean direction of a step's points (1: all alike) from which on a beam is one; beams
that look up to 18 degrees to the side of each other still pass."""
_SCATTER_RAD = 0.1
"""How far the steps may scatter around an even turn."""
_MOST_TURN_RAD = 1.25 * 2 * np.pi
"""A sweep of more than that sees places twice: time is no function of azimuth."""
_LEAST_TURN_RAD = 0.5
_CONE_RAD = np.radians(1.5)
"""How far from a direction points tell the time of it where the LiDAR does not spin."""
_NEIGHBOURS = 16
_MOST_DIRECTIONS = 20_000
"""Points that are kept of a sweep to look times up by direction."""


class ScanTimes(Protocol):
    """Tells when the beam pointed at places."""

    @property
    def nbytes(self) -> int:
        """Memory held."""

    def offset_ns(self, positions_m: FloatArray) -> FloatArray:
        """Time of the shot minus that of the sweep, (N,), NaN where it is not known.

        Args:
            positions_m: places in the sensor frame at the time of the shot, (N, 3).
        """


@dataclass(frozen=True, eq=False)
class Spin:
    """A turn about the sensor's z axis.

    Attributes:
        clockwise: seen from above (from +z).
        turned_rad: angle turned at each knot, against +x in the direction of turning, increasing,
            not wrapped, (K,).
        knot_offset_ns: time of each knot minus that of the sweep, increasing, (K,).
    """

    clockwise: bool
    turned_rad: FloatArray
    knot_offset_ns: FloatArray

    @property
    def nbytes(self) -> int:
        return self.turned_rad.nbytes + self.knot_offset_ns.nbytes

    @property
    def period_ns(self) -> float:
        """Time of one turn."""
        turn_ns = float(self.knot_offset_ns[-1] - self.knot_offset_ns[0])
        return turn_ns * 2 * np.pi / float(self.turned_rad[-1] - self.turned_rad[0])

    def offset_ns(self, positions_m: FloatArray) -> FloatArray:
        """See `ScanTimes`. A place that the turn does not reach gets the time of its nearer end."""
        azimuth = np.arctan2(positions_m[..., 1], positions_m[..., 0])
        turned = -azimuth if self.clockwise else azimuth
        # The turn that lies around the middle of the sweep: what is seen twice, at both ends of a
        # turn that overlaps itself, is seen once in there.
        middle = (self.turned_rad[0] + self.turned_rad[-1]) / 2
        unwrapped = middle + wrap_angle_rad(turned - middle)
        return np.interp(unwrapped, self.turned_rad, self.knot_offset_ns)

    def agrees_with(self, other: Spin, within_ns: float) -> bool:
        """Whether both tell the same time for all directions, apart from which end a seam is at."""
        if self.clockwise != other.clockwise:
            return False
        angles = np.linspace(-np.pi, np.pi, 72, endpoint=False)
        around = np.stack([np.cos(angles), np.sin(angles), np.zeros(72)], axis=1)
        apart = (self.offset_ns(around) - other.offset_ns(around)) / self.period_ns
        return bool((np.abs(apart - np.round(apart)) * self.period_ns <= within_ns).all())


@dataclass(frozen=True, eq=False)
class Directions:
    """Shots by direction, for scans of any pattern.

    Attributes:
        directions: unit vectors, (N, 3).
        shot_offset_ns: time of each minus that of the sweep, (N,).
    """

    directions: FloatArray
    shot_offset_ns: FloatArray

    @property
    def nbytes(self) -> int:
        # The tree holds the directions a second time, and about as much again.
        return 3 * self.directions.nbytes + self.shot_offset_ns.nbytes

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.directions)

    def offset_ns(self, positions_m: FloatArray) -> FloatArray:
        """See `ScanTimes`: the median time of the nearest shots; NaN where none passed near."""
        distance_m = np.linalg.norm(positions_m, axis=-1, keepdims=True)
        places = positions_m / np.maximum(distance_m, 1e-9)
        reach = 2 * np.sin(_CONE_RAD / 2)
        _, rows = self._tree.query(places, k=_NEIGHBOURS, distance_upper_bound=reach)
        found = rows < len(self.directions)
        times = np.where(found, self.shot_offset_ns[np.where(found, rows, 0)], np.nan)
        known = found.sum(axis=1) >= 3
        result = np.full(len(places), np.nan)
        if known.any():
            result[known] = np.nanmedian(times[known], axis=1)
        return result


def measure_scan(points_m: npt.NDArray[Any], time_offset_ns: IntArray) -> ScanTimes | None:
    """What the times of a sweep's points say about the scan.

    Robust against noise, double returns, a few points with wrong times, beams that do not all look
    the same way, and parts of the turn without returns.

    Args:
        points_m: in the sensor frame at the time of their shot, (N, 3).
        time_offset_ns: time of each point minus that of the sweep, (N,).

    Returns:
        A spin where time is a function of azimuth, else the shots by direction; None where there are
        too few points.
    """
    if len(points_m) < FEWEST_POINTS:
        return None
    points = np.asarray(points_m, dtype=np.float64)
    times = np.asarray(time_offset_ns, dtype=np.float64)
    low, high = np.percentile(times, [0.1, 99.9])
    kept = (times >= low) & (times <= high)
    spin = _measure_spin(points[kept], times[kept]) if high > low else None
    return spin or _directions(points[kept], times[kept])


def _measure_spin(points_m: FloatArray, times_ns: FloatArray) -> Spin | None:
    reach_m = np.hypot(points_m[:, 0], points_m[:, 1])
    away = reach_m > _NEAR_AXIS_M
    if away.sum() < FEWEST_POINTS:
        return None
    x, y = points_m[away, 0] / reach_m[away], points_m[away, 1] / reach_m[away]
    times = times_ns[away]
    start, length = float(times.min()), float(np.ptp(times))
    if length <= 0:
        return None
    step = np.minimum(((times - start) / length * _BINS).astype(np.int64), _BINS - 1)
    count = np.bincount(step, minlength=_BINS)
    rows = np.flatnonzero(count >= 5)
    if len(rows) < _BINS // 16:
        return None
    mean_x, mean_y, mean_t = (
        np.bincount(step, values, _BINS)[rows] / count[rows] for values in (x, y, times)
    )
    if float(np.median(np.hypot(mean_x, mean_y))) < _FOCUS:
        return None
    azimuth = np.arctan2(mean_y, mean_x)
    turn = wrap_angle_rad(np.diff(azimuth)) / np.diff(mean_t)
    rate = float(np.median(turn))
    if rate == 0 or not _LEAST_TURN_RAD <= abs(rate) * length <= _MOST_TURN_RAD:
        return None
    # Steps without returns may lie between two that have some: count turns along an even rotation,
    # refined twice, and take the rest as departures from it.
    middle = len(rows) // 2
    line = np.array([rate, azimuth[middle] - rate * mean_t[middle]])
    for _ in range(2):
        even = np.polyval(line, mean_t)
        departure = wrap_angle_rad(azimuth - even)
        line = line + np.polyfit(mean_t, departure, 1)
    departure = wrap_angle_rad(azimuth - np.polyval(line, mean_t))
    if float(np.median(np.abs(departure))) > _SCATTER_RAD:
        return None
    return _spin(line, mean_t, departure, start, length)


def _spin(
    line: FloatArray, times_ns: FloatArray, departure: FloatArray, start_ns: float, length_ns: float
) -> Spin | None:
    """The turn with what is left of unevenness after smoothing over an eighth of it."""
    knots = np.linspace(start_ns, start_ns + length_ns, 17)
    weight = np.exp(-0.5 * ((knots[:, None] - times_ns) / (length_ns / 16)) ** 2)
    uneven = (weight * departure).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)
    azimuth = np.polyval(line, knots) + uneven
    clockwise = bool(line[0] < 0)
    turned = -azimuth if clockwise else azimuth
    if not (np.diff(turned) > 0).all():
        return None
    return Spin(clockwise, turned, knots)


def _directions(points_m: FloatArray, times_ns: FloatArray) -> Directions | None:
    distance_m = np.linalg.norm(points_m, axis=1)
    rows = np.flatnonzero(distance_m > 1e-6)
    if len(rows) < FEWEST_POINTS:
        return None
    # Evenly over the sweep, which is in the order of beams or of time.
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_DIRECTIONS)).astype(np.int64)]
    return Directions(points_m[rows] / distance_m[rows, None], times_ns[rows])


class StampMoment(StrEnum):
    """Which moment of its turn a sweep's timestamp is."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


def even_spin(
    *, clockwise: bool, azimuth_at_stamp_rad: float, stamp: StampMoment, period_ns: float
) -> Spin:
    """The spin of a LiDAR that turns evenly, from what its maker or driver says.

    Args:
        clockwise: direction of turning, seen from above.
        azimuth_at_stamp_rad: where the beam points at the sweep's timestamp, counter-clockwise from
            the sensor's x axis.
        stamp: which moment of the turn the timestamp is.
        period_ns: time of one turn.
    """
    start = {StampMoment.START: 0.0, StampMoment.MIDDLE: -0.5, StampMoment.END: -1.0}[stamp]
    part = np.array([start, start + 1.0])
    at_stamp = -azimuth_at_stamp_rad if clockwise else azimuth_at_stamp_rad
    return Spin(clockwise, at_stamp + 2 * np.pi * part, part * period_ns)


def timed_by(spin: Spin, sweep: Sweep) -> Sweep:
    """The sweep with a time for each point, told by its azimuth; one that has times is unchanged."""
    if sweep.time_offset_ns is not None:
        return sweep
    offset_ns = np.rint(spin.offset_ns(sweep.points_m.astype(np.float64))).astype(np.int64)
    return replace(sweep, time_offset_ns=offset_ns)
