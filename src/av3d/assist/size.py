"""The one size of a track: what its keyframes say, by what could be seen, and what its points say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.assist.ground import Ground
from av3d.assist.surroundings import Moving, Surroundings, thinned
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.ontology.category import Category
from av3d.ontology.motion import Motion
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.operations.anchors import Anchor, resized, with_cuboid
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

SIDES = ("length", "width", "height")
MOST_FRAMES = 40
"""Of a longer track, so many frames are looked at, evenly spread; those with keyframes first."""
REACH_M = 0.25
"""How far beyond the cuboid points are taken for its own: it may be too small."""
SURE_M = 0.1
"""Points are gathered where the cuboid is known so well, as a standard deviation along and across."""
CELL_M, MOST_POINTS = 0.05, 4000
NEAR_M, FEWEST = 0.2, 3
"""A face is seen where so many cells with points are so near to it."""
CLEARANCE_M, CLEARANCE = 0.3, 0.15
"""What is lower above the ground, in metres or parts of the height, may be ground."""
HAND_M, HAND = 0.1, 0.02
"""How exactly a side is set that is seen from both ends, in metres or, of a long one, parts of it."""
BLIND = (2.0, 1.5, 1.0)
"""How much less exactly where none, one or both of its faces are seen."""
STRAY_M = (0.2, 0.2, 0.1)
"""How far the outermost points may be outside of where faces are put: mirrors stick out."""
UNSEEN_M, SPARSE_M = (0.8, 0.5, 0.05), (300.0, 300.0, 40.0)
"""Mean length of a side beyond the outermost points, for bumpers are round and backs turned away: this,
and this over the number of points."""
OUTER = 200
"""One in so many points at each end does not count."""
STRANGE, STRANGE_M = 0.2, 4.0
"""How often the outermost points are none of the object, and over what range they then are."""
GRID_M = 0.01
LIMBS = 0.25
"""How much sides of people and animals change, in parts of them, where the category tells no limits."""


class SizeError(Av3dError):
    """A track whose size cannot be estimated."""


@dataclass(frozen=True)
class SideSize:
    """One side of an object.

    Attributes:
        size_m: most plausible length, the mean of what is possible.
        sigma_m: its standard deviation.
        at_least_m: from the outermost point to the outermost; None where there were too few. Of the
            height: from the ground to the highest points.
        both_ends: in how many frames points lay on both of its faces (of the height: at the top, with
            the ground known).
    """

    size_m: float
    sigma_m: float
    at_least_m: float | None
    both_ends: int


@dataclass(frozen=True, eq=False)
class TrackSize:
    """The size of a track, and what it rests on.

    Attributes:
        track: as it is.
        sides: length, width and height.
        frames: how many frames were looked at.
        with_points: in how many of them there were points on the object.
        anchors: the point of each keyframe's cuboid that stays where it is when it takes the size.
    """

    track: Track
    sides: tuple[SideSize, SideSize, SideSize]
    frames: int
    with_points: int
    anchors: tuple[Anchor, ...]

    @property
    def size_lwh_m(self) -> FloatArray:
        """Length, width and height, to the millimetre, (3,)."""
        return np.array([round(side.size_m, 3) for side in self.sides])

    @property
    def changes(self) -> tuple[Change, ...]:
        """All keyframes take the size, each with its anchor fixed; for one transaction."""
        track, size_lwh_m = self.track, self.size_lwh_m
        if track.static:
            cuboid = resized(track.keyframes[0].cuboid, size_lwh_m, self.anchors[0], track)
            keyframes = tuple(with_cuboid(keyframe, cuboid) for keyframe in track.keyframes)
        else:
            keyframes = tuple(
                with_cuboid(keyframe, resized(keyframe.cuboid, size_lwh_m, anchor, track))
                for keyframe, anchor in zip(track.keyframes, self.anchors, strict=True)
            )
        change = Change(track, replace(track, keyframes=keyframes, free_size=False))
        return () if change.is_empty else (change,)


def track_size(
    log: Log, track: Track, *, category: Category | None = None, others: Sequence[Track] = ()
) -> TrackSize:
    """The size of a rigid object, each side for itself; of people and animals a mean, with wide doubt.

    What is usual in its category, what people set, and what points show is multiplied on a grid. A
    keyframe counts by what was seen of the side at its time; keyframes of the very same size count
    once, for nobody decided each of them. The points are gathered in the object's frame over all
    frames: the side is at least as long as they reach, and the less points there are, the longer it
    may be beyond them.

    Args:
        log: the log.
        track: the track.
        category: what is usual for it.
        others: other tracks of the log; the points in their cuboids are left out.

    Raises:
        SizeError: the log has no frame in which the track is present.
    """
    times_ns, indices = _frames(log, track)
    if not len(times_ns):
        raise SizeError(
            f"no frame of log {log.name} shows the track", track.name, "correct its presence"
        )
    seen = _Seen(log, track, [other for other in others if other.id != track.id])
    for time_ns, index in zip(times_ns.tolist(), indices.tolist(), strict=True):
        seen.look(time_ns, index)
    extents_m, points = seen.extents()
    sides = []
    for axis in range(3):
        extent_m = None if extents_m is None else float(extents_m[axis])
        if extent_m is not None and not math.isfinite(extent_m):
            extent_m = None
        mean_m, sigma_m = _posterior(
            axis, _hands(track, seen.ends, axis), extent_m, points, category
        )
        sigma_m = math.hypot(sigma_m, _sway_m(category, axis))
        both = sum(ends[axis] == 2 for ends in seen.ends.values())
        sides.append(SideSize(mean_m, sigma_m, extent_m, both))
    return TrackSize(
        track,
        (sides[0], sides[1], sides[2]),
        len(times_ns),
        seen.with_points,
        _anchors(log, track),
    )


def is_rigid(category: Category | None) -> bool:
    """Whether objects of a category have one size; people and animals stretch their legs and arms."""
    return category is None or category.motion is not Motion.LEGGED


def _sway_m(category: Category | None, axis: int) -> float:
    """Standard deviation of a side about its mean over time, metres; 0 for what is rigid.

    Steps and arms change length and width; the height stays.
    """
    if axis == 2 or category is None or is_rigid(category):
        return 0.0
    if category.smallest_lwh_m is None or category.largest_lwh_m is None:
        return LIMBS * category.size_lwh_m[axis]
    return (category.largest_lwh_m[axis] - category.smallest_lwh_m[axis]) / 4


def _frames(log: Log, track: Track) -> tuple[IntArray, IntArray]:
    """Times and indices of the frames to look at: those of keyframes, then the others, evenly."""
    present = [frame for frame in log.frames if track.is_present(frame.timestamp_ns)]
    keyed = [frame for frame in present if track.keyframe_at(frame.timestamp_ns) is not None]
    others = [frame for frame in present if track.keyframe_at(frame.timestamp_ns) is None]
    chosen = _evenly(keyed, MOST_FRAMES)
    chosen = sorted([*chosen, *_evenly(others, MOST_FRAMES - len(chosen))], key=lambda f: f.index)
    return (
        np.array([frame.timestamp_ns for frame in chosen], dtype=np.int64),
        np.array([frame.index for frame in chosen], dtype=np.int64),
    )


def _evenly(values: Sequence[Frame], most: int) -> list[Frame]:
    if len(values) <= most:
        return list(values)
    return [values[row] for row in np.linspace(0, len(values) - 1, most).round().astype(int)]


class _Seen:
    """What frames show of an object, in its own frame.

    Attributes:
        ends: for the frames looked at by time, how many of the two faces of each side have points.
        with_points: in how many of them there are points.
    """

    def __init__(self, log: Log, track: Track, others: Sequence[Track]) -> None:
        self.ends: dict[int, tuple[int, int, int]] = {}
        self.with_points = 0
        self._log, self._track = log, track
        sizes_lwh_m = track.columns.sizes_lwh_m
        self._half_m = np.max(sizes_lwh_m, axis=0) / 2
        self._anchor_m = track.columns.centers_m[0].copy()
        self._surroundings = Surroundings(log, self._anchor_m, others)
        self._ground = Ground(np.array([*(2 * self._half_m[:2]), np.median(sizes_lwh_m[:, 2])]))
        self._points: list[FloatArray] = []
        self._heights_m: list[float] = []

    def look(self, time_ns: int, index: int) -> None:
        """Take in a frame."""
        (state,) = states_in_sweep([self._track], time_ns, self._log)
        if state is None:
            return
        world = state.cuboid.frame_SE3_cuboid
        pose = SE3.trusted(world.rotation, world.translation_m - self._anchor_m)
        half_m = state.cuboid.size_lwh_m / 2
        beam_ns = int(self._log.beam_times_ns([time_ns], world.translation_m[None])[0])
        moving = Moving(pose, beam_ns, np.asarray(state.velocity_m_s), state.yaw_rate_rad_s)
        around = self._surroundings.around(index, moving, half_m + REACH_M + 0.5)
        self._ground.see(index, beam_ns, around, pose)
        above = self._ground.above_bottom_m(beam_ns, pose)
        floor_m = -half_m[2] + (0.0 if above is None else above[0])
        low_m = floor_m + min(CLEARANCE_M, CLEARANCE * 2 * half_m[2])
        own = (np.abs(around[:, :2]) <= half_m[:2] + REACH_M).all(axis=1)
        own &= (around[:, 2] > low_m) & (around[:, 2] < half_m[2] + REACH_M)
        points, _ = thinned(around[own], CELL_M, MOST_POINTS)
        ends = [0, 0, 0]
        if len(points) >= FEWEST:
            self.with_points += 1
            if _is_sure(state):
                self._points.append(points)
            for axis in range(2):
                for sign in (-1, 1):
                    near = np.abs(sign * points[:, axis] - half_m[axis]) < NEAR_M
                    ends[axis] += int(near.sum() >= FEWEST)
            top_m = float(np.partition(points[:, 2], -FEWEST)[-FEWEST])
            ends[2] = int(abs(top_m - half_m[2]) < NEAR_M) + int(above is not None)
            if above is not None:
                self._heights_m.append(top_m - floor_m)
        self.ends[time_ns] = (ends[0], ends[1], ends[2])

    def extents(self) -> tuple[FloatArray | None, int]:
        """Length, width and height of the points together, (3,), and how many there are, thinned out.

        The outermost points of all do not count; what flies alone belongs to nothing. The height is
        NaN where the ground is not known.
        """
        if not self._points:
            return None, 0
        points, _ = thinned(np.concatenate(self._points), CELL_M, 100 * MOST_POINTS)
        if len(points) < 2 * FEWEST:
            return None, len(points)
        first = max(FEWEST, len(points) // OUTER) - 1
        last = len(points) - 1 - first
        flat = np.partition(points[:, :2], (first, last), axis=0)
        heights = np.sort(self._heights_m)
        height_m = heights[-1 - len(heights) // 5] if len(heights) else math.nan
        return np.array([*(flat[last] - flat[first]), height_m]), len(points)


def _is_sure(state: TrackState) -> bool:
    if state.provenance is not Provenance.INTERPOLATED or state.covariance is None:
        return True
    return bool((np.diag(state.covariance)[:2] <= SURE_M**2).all())


def _hands(
    track: Track, ends: dict[int, tuple[int, int, int]], axis: int
) -> list[tuple[float, float]]:
    """Lengths of a side as keyframes have it, and their standard deviations.

    Fitted keyframes have taken their size from others.
    """
    known = [k for k in track.keyframes if k.provenance is not Provenance.FITTED]
    found: dict[float, float] = {}
    for keyframe in known or track.keyframes:
        length_m = float(keyframe.cuboid.size_lwh_m[axis])
        seen = ends.get(keyframe.timestamp_ns, (0, 0, 0))[axis]
        exact_m = max(HAND * length_m, min(HAND_M, HAND_M * length_m))
        sigma_m = BLIND[seen] * exact_m
        found[length_m] = min(found.get(length_m, sigma_m), sigma_m)
    return list(found.items())


def _posterior(
    axis: int,
    hands: Sequence[tuple[float, float]],
    extent_m: float | None,
    points: int,
    category: Category | None,
) -> tuple[float, float]:
    """Mean and standard deviation of a side, metres.

    Hands err by Student's t with four degrees of freedom: now and then one is far off.
    """
    longest_m = max([*(length for length, _ in hands), extent_m or 0.0])
    grid = np.arange(GRID_M, 2 * longest_m + 1.0, GRID_M)
    logs = np.zeros(len(grid))
    for length_m, sigma_m in hands:
        logs -= 2.5 * np.log1p(((grid - length_m) / sigma_m) ** 2 / 4)
    if extent_m is not None:
        beyond_m = UNSEEN_M[axis] + SPARSE_M[axis] / points
        reach = _log_reach(grid - extent_m, STRAY_M[axis], beyond_m)
        logs += np.logaddexp(reach + math.log(1 - STRANGE), math.log(STRANGE / STRANGE_M))
    if category is not None and category.smallest_lwh_m and category.largest_lwh_m:
        spread_m = (category.largest_lwh_m[axis] - category.smallest_lwh_m[axis]) / 4
        logs -= 0.5 * ((grid - category.size_lwh_m[axis]) / spread_m) ** 2
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean_m = float(weights @ grid)
    return mean_m, math.sqrt(float(weights @ (grid - mean_m) ** 2))


def _log_reach(beyond_m: FloatArray, stray_m: float, mean_m: float) -> FloatArray:
    """Log density of how far a side goes on beyond its points.

    A normal error of the points and an exponential rest that none of them hit: an exponentially
    modified Gaussian. E. Grushka, "Characterization of exponentially modified Gaussian peaks in
    chromatography", Analytical Chemistry 44 (1972) 1733.
    """
    rate = 1 / mean_m
    z = (rate * stray_m**2 - beyond_m) / (math.sqrt(2) * stray_m)
    # erfc for large arguments is 0; its logarithm goes on as -z² - log(z).
    tail = np.array([math.erfc(value) if value < 25 else 0.0 for value in z.tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(
            tail > 0,
            np.log(np.maximum(tail, 1e-300)),
            -(z**2) - np.log(np.maximum(z, 1e-300) * math.sqrt(math.pi)),
        )
    return np.asarray(math.log(rate / 2) + rate / 2 * (rate * stray_m**2 - 2 * beyond_m) + logs)


def _anchors(log: Log, track: Track) -> tuple[Anchor, ...]:
    """The corner of each keyframe's cuboid at the bottom that the LiDAR sees best.

    A hand puts the faces there that have points; when the size changes it is the others that move.
    Beside the object, where the LiDAR sees neither its front nor its back, the middle stays. A static
    track has one cuboid: that of the keyframe seen from nearest decides.
    """
    ego_SE3_lidar = log.rig.lidar(log.reference_lidar).ego_SE3_lidar
    anchors: list[Anchor] = []
    distances: list[float] = []
    for keyframe in track.keyframes:
        time_ns = min(max(keyframe.timestamp_ns, log.start_ns), log.end_ns)
        lidar_m = (log.world_SE3_ego(time_ns) @ ego_SE3_lidar).translation_m
        at_m = keyframe.cuboid.frame_SE3_cuboid.inverse().transform(lidar_m)
        distances.append(float(np.linalg.norm(at_m)))
        outside = np.abs(at_m[:2]) > keyframe.cuboid.size_lwh_m[:2] / 2
        x, y = np.where(outside, np.sign(at_m[:2]), 0.0).tolist()
        anchors.append((x, y, -1.0))
    if track.static:
        anchors = [anchors[int(np.argmin(distances))]] * len(anchors)
    return tuple(anchors)
