"""Fewer keyframes: take away those that interpolation gives within a tolerance anyway."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.digests import canonical
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.change import Change
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.document import Document, EditError
from av3d.tracks.interpolation import Model
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.common import changed
from av3d.tracks.operations.keyframes import in_window
from av3d.tracks.operations.steady import Places, angle_rad, worst_of_gaps
from av3d.tracks.track import Track
from av3d.types import FloatArray

ROUNDING = 1e-9
"""Added to the tolerances (metres and radians), so that 0 takes away what is the same but for the
rounding of numbers."""


@dataclass(frozen=True)
class Simplified:
    """What simplifying does.

    Attributes:
        changes: to apply.
        removed: how many keyframes go.
        largest_m: how far a centre or a side is from where it was, at most, in metres.
        largest_rad: how far an orientation is turned, at most.
    """

    changes: tuple[Change, ...]
    removed: int
    largest_m: float
    largest_rad: float


def simplify(
    document: Document,
    track_ids: Iterable[str],
    tolerance_m: float,
    tolerance_rad: float,
    *,
    manual: bool = False,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> Simplified:
    """Take away keyframes where the motion of the others passes within a tolerance.

    Of a linear track, going on in time, the next keyframe kept is as far on as all between stay within
    the tolerance; so do all states. Any other is fitted to the keyframes that must stay; where it misses
    others, in each gap the one that is missed most stays too, and it is fitted again: in the end it
    passes every keyframe within the tolerance.
    These always stay: the first and last of every span of presence; those outside of presence; those
    with which an attribute changes; those that a person has set, unless asked for.

    Args:
        document: the labels.
        track_ids: the tracks.
        tolerance_m: for the centre and for each of length, width and height.
        tolerance_rad: for the orientation.
        manual: whether manual keyframes may go too.
        start_ns: only keyframes from this time on may go; default: all.
        end_ns: only keyframes up to this time, included, may go; default: all.

    Raises:
        EditError: a tolerance is negative or no number.
    """
    for tolerance in (tolerance_m, tolerance_rad):
        if not (math.isfinite(tolerance) and tolerance >= 0):
            raise EditError(f"a tolerance of {tolerance} is no distance", "", "give 0 or more")
    limits = (tolerance_m + ROUNDING, tolerance_rad + ROUNDING)
    changes: list[Change] = []
    removed, largest_m, largest_rad = 0, 0.0, 0.0
    for track_id in dict.fromkeys(track_ids):
        track = document.track(track_id)
        free = _removable(track, manual, start_ns, end_ns)
        if not any(free):
            continue
        linear = track.interpolation.model is Model.LINEAR
        after = _linear(track, free, limits) if linear else _smooth(track, free, limits)
        gone = len(track.keyframes) - len(after.keyframes)
        if gone:
            removed += gone
            metres, angles_rad = _off(track, after)
            largest_m = max(largest_m, float(metres.max()))
            largest_rad = max(largest_rad, float(angles_rad.max()))
            changes += changed(track, after)
    return Simplified(tuple(changes), removed, largest_m, largest_rad)


def deviation(one: Cuboid, other: Cuboid) -> tuple[float, float]:
    """How different two cuboids are: metres of the centre or of a side, radians of the orientation."""
    center_m = np.linalg.norm(one.center_m - other.center_m)
    side_m = np.abs(one.size_lwh_m - other.size_lwh_m).max()
    apart = np.linalg.norm(one.frame_SE3_cuboid.rotation - other.frame_SE3_cuboid.rotation)
    return float(max(center_m, side_m)), float(angle_rad(np.asarray(apart)))


def _removable(track: Track, manual: bool, start_ns: int | None, end_ns: int | None) -> list[bool]:
    """Which keyframes may go if the motion allows it."""
    keyframes = track.keyframes
    # 1, 1.0 and true are equal in Python but are different values.
    values = [canonical(dict(keyframe.attributes)) for keyframe in keyframes]
    free = [
        row > 0
        and values[row] == values[row - 1]
        and track.is_present(keyframe.timestamp_ns)
        and (manual or keyframe.provenance is not Provenance.MANUAL)
        and in_window(keyframe.timestamp_ns, start_ns, end_ns)
        for row, keyframe in enumerate(keyframes)
    ]
    for span in track.presence:
        first = bisect_left(track.times_ns, span.start_ns)
        after = bisect_right(track.times_ns, span.end_ns)
        if first < after:
            free[first] = free[after - 1] = False
    return free


def _linear(track: Track, free: Sequence[bool], limits: tuple[float, float]) -> Track:
    """The track with fewer keyframes by straight ways between neighbours."""
    kept = [
        track.keyframes[row]
        for left, right in _runs(free)
        for row, _ in _steps(track.columns, left, right, limits)
    ]
    return track.with_keyframes([*kept, track.keyframes[-1]])


def _smooth(track: Track, free: Sequence[bool], limits: tuple[float, float]) -> Track:
    """The track with fewer keyframes by the motion that is fitted to those that stay."""
    kept = [k for k, may_go in zip(track.keyframes, free, strict=True) if not may_go]
    while True:
        after = track.with_keyframes(kept)
        worst = worst_of_gaps(*_off(track, after), track.columns.times_ns, after, limits)
        if not len(worst):
            return after
        kept += [track.keyframes[row] for row in worst.tolist()]


def _off(track: Track, after: Track) -> tuple[FloatArray, FloatArray]:
    """How far a track with fewer keyframes is from each that there was; see `deviation`."""
    columns = track.columns
    was = Places(columns.centers_m, columns.rotations, columns.sizes_lwh_m)
    return Places.of(after, columns.times_ns).apart(was)


def _runs(free: Sequence[bool]) -> list[tuple[int, int]]:
    """Neighbours among the keyframes that stay in any case."""
    fixed = [row for row, may_go in enumerate(free) if not may_go]
    return list(itertools.pairwise(fixed))


def _steps(
    columns: KeyframeColumns, left: int, right: int, limits: tuple[float, float]
) -> Iterator[tuple[int, int]]:
    """Pairs of neighbours among the keyframes that are kept from one to another."""
    while left < right:
        # Ever farther, until one does not fit; then half-way between the last two. Every step that is
        # taken has been looked at, so it does not matter that a farther one might fit again.
        fits, step = left + 1, 2
        while left + step <= right and _fits(columns, left, left + step, limits):
            fits, step = left + step, step * 2
        beyond = min(left + step, right + 1)
        while beyond - fits > 1:
            middle = (fits + beyond) // 2
            if _fits(columns, left, middle, limits):
                fits = middle
            else:
                beyond = middle
        yield left, fits
        left = fits


def _fits(columns: KeyframeColumns, left: int, right: int, limits: tuple[float, float]) -> bool:
    metres, angles_rad = _deviations(columns, left, right)
    return bool((metres <= limits[0]).all() and (angles_rad <= limits[1]).all())


def _deviations(columns: KeyframeColumns, left: int, right: int) -> tuple[FloatArray, FloatArray]:
    """How far each keyframe between two others is from the way between these; see `deviation`."""
    rows = slice(left + 1, right)
    times_ns = columns.times_ns
    fraction = (times_ns[rows] - times_ns[left]) / (times_ns[right] - times_ns[left])
    start, end = (
        SE3.trusted(columns.rotations[row], columns.centers_m[row]) for row in (left, right)
    )
    way = start.interpolate(end, fraction)
    start_m, end_m = columns.sizes_lwh_m[left], columns.sizes_lwh_m[right]
    sizes_m = start_m + fraction[:, None] * (end_m - start_m)
    center_m = np.linalg.norm(columns.centers_m[rows] - way.translation_m, axis=1)
    side_m = np.abs(columns.sizes_lwh_m[rows] - sizes_m).max(axis=1)
    apart = np.linalg.norm(columns.rotations[rows] - way.rotation, axis=(1, 2))
    return np.maximum(center_m, side_m), angle_rad(apart)
