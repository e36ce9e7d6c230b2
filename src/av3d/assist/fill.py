"""Fill a track between its keyframes with what the LiDAR saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.assist.following import Follower, Outcome, Visit
from av3d.assist.path import Path
from av3d.assist.surroundings import Surroundings
from av3d.assist.unaided import Unaided
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.motion import Motion
from av3d.tracks.change import Change
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.motion.heading import join_heading, split_heading
from av3d.tracks.motion.learning import learned_hand
from av3d.tracks.noise import Noise
from av3d.tracks.operations.common import in_force
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray, IntArray

HAND = np.array([0.06, 0.06, 0.03, np.radians(1.2)])
"""How exact a keyframe is that does not say it, and of which too few are known to tell: along, across,
up (metres) and yaw."""
LEAST_NOISE = 1e-3
"""A keyframe that is called exact is believed to a millimetre and a milliradian."""
SHARED = np.array([0.05, 0.01, 0.02, 0.0])
"""Errors that all sweeps share, those of the shape: as standard deviations along, across, up and in yaw.
The ends of an object are seen worse than its sides."""
LIMBS = np.array([0.1, 0.1, 0.0, np.inf])
"""More of them for people: limbs swing and bags hang, so that where their middle is has to be guessed;
and the heading is not seen at all."""
ROUNDS = 2


class FillError(Av3dError):
    """A track that cannot be filled from points."""


@dataclass(frozen=True)
class FilledSweep:
    """What became of one sweep.

    Attributes:
        timestamp_ns: of its frame.
        outcome: whether the object was measured in it.
        why: in words, where it was not.
        points: in the cuboid, after thinning out.
    """

    timestamp_ns: int
    outcome: Outcome
    why: str
    points: int


@dataclass(frozen=True, eq=False)
class Fill:
    """A track as its keyframes and the points tell it together.

    Attributes:
        before: the track.
        keyframes: FITTED ones at the sweeps of the span that have no other, with their noise.
        sweeps: what became of these sweeps, in the same order.
        start_ns, end_ns: the span.
    """

    before: Track
    keyframes: tuple[Keyframe, ...]
    sweeps: tuple[FilledSweep, ...]
    start_ns: int
    end_ns: int

    @property
    def after(self) -> Track:
        """The track with these keyframes in place of older FITTED ones in the span."""
        kept = [
            keyframe
            for keyframe in self.before.keyframes
            if keyframe.provenance is not Provenance.FITTED
            or not self.start_ns <= keyframe.timestamp_ns <= self.end_ns
        ]
        taken = {keyframe.timestamp_ns for keyframe in kept}
        new = [keyframe for keyframe in self.keyframes if keyframe.timestamp_ns not in taken]
        return replace(self.before, keyframes=(*kept, *new))

    @property
    def changes(self) -> tuple[Change, ...]:
        """For one transaction; none if nothing changes."""
        change = Change(self.before, self.after)
        return () if change.is_empty else (change,)

    @property
    def measured(self) -> int:
        """In how many sweeps the object was measured."""
        return sum(sweep.outcome is Outcome.MEASURED for sweep in self.sweeps)


def fill_track(
    log: Log,
    track: Track,
    start_ns: int,
    end_ns: int,
    *,
    others: Sequence[Track] = (),
    motion: Motion = Motion.FREE,
) -> Fill:
    """Fill a track from its keyframes and the points of every sweep in a span.

    The object's shape is gathered from the points in its cuboids and found again in every sweep; what
    that measures is fused with the keyframes, each as exact as it is. Keyframes hold when the beam
    passed (docs/adr/0006), and so do the results; points are moved there as the object moves. FITTED
    keyframes in the span are not asked; they come from such a fill.

    Args:
        log: the log; it must have points.
        track: the track.
        start_ns: begin of the span; its sweeps are filled as far as the track is present.
        end_ns: its end, included.
        others: other tracks of the log; the points in their cuboids are left out.
        motion: how the object can move, by its category.

    Raises:
        FillError: the track is static, or has no keyframe that somebody vouches for, or no sweep of the
            span has points.
    """
    if track.static:
        raise FillError(
            "the track stands still for the whole log", track.name, "call it not static"
        )
    keyframes = [
        keyframe
        for keyframe in track.keyframes
        if keyframe.provenance is not Provenance.FITTED
        or not start_ns <= keyframe.timestamp_ns <= end_ns
    ]
    if not keyframes:
        raise FillError(
            "the track has no keyframe but fitted ones", track.name, "set or confirm one first"
        )
    keyframes = _around(keyframes, start_ns, end_ns)
    by_time = {keyframe.timestamp_ns: keyframe for keyframe in keyframes}
    frames = {
        frame.timestamp_ns: frame.index
        for frame in log.frames
        if start_ns <= frame.timestamp_ns <= end_ns and track.is_present(frame.timestamp_ns)
    }
    times_ns = np.array(sorted({*by_time, *frames}), dtype=np.int64)
    rows = [row for row, time_ns in enumerate(times_ns.tolist()) if time_ns in by_time]
    if len(rows) < len(times_ns):
        _check_points(log, list(frames.values()), track)
    cuboids = _Straight(keyframes, times_ns)
    anchor_m = keyframes[0].cuboid.center_m.copy()
    beam_ns = np.maximum.accumulate(log.beam_times_ns(times_ns, cuboids.centers_m))
    size_lwh_m = np.median(cuboids.sizes_lwh_m[rows], axis=0)
    path = Path.unmeasured(beam_ns, motion, float(size_lwh_m[0]))
    columns = KeyframeColumns.of(keyframes)
    sigmas = _sigmas(columns, track)
    for row, keyframe, own in zip(rows, keyframes, sigmas, strict=True):
        place_m = keyframe.cuboid.center_m - anchor_m
        path.measure(row, np.array([*place_m, cuboids.yaws_rad[row]]), np.diag(own**2))
    unaided = Unaided.of(replace(columns, times_ns=beam_ns[rows]), track, motion, beam_ns)
    follower = Follower(
        path,
        np.array([frames.get(time_ns, -1) for time_ns in times_ns.tolist()], dtype=np.int64),
        rows,
        join_heading(np.zeros(len(times_ns)), cuboids.tilts_rad),
        size_lwh_m,
        Surroundings(log, anchor_m, [other for other in others if other.id != track.id]),
        None if unaided is None else unaided.coordinates(anchor_m, cuboids.yaws_rad),
    )
    follower.follow(ROUNDS)
    shared = np.sqrt(SHARED**2 + 1 / np.sum(1 / sigmas**2, axis=0))
    if unaided is not None and motion is Motion.LEGGED:
        shared = np.hypot(shared, LIMBS)
    return _result(
        track,
        follower,
        unaided,
        shared,
        times_ns,
        cuboids.sizes_lwh_m,
        anchor_m,
        (start_ns, end_ns),
    )


def _around(keyframes: list[Keyframe], start_ns: int, end_ns: int) -> list[Keyframe]:
    """The keyframes in a span, and the nearest to each side where the span does not begin with one."""
    first = max((k.timestamp_ns for k in keyframes if k.timestamp_ns <= start_ns), default=start_ns)
    last = min((k.timestamp_ns for k in keyframes if k.timestamp_ns >= end_ns), default=end_ns)
    return [keyframe for keyframe in keyframes if first <= keyframe.timestamp_ns <= last]


def _check_points(log: Log, frames: Sequence[int], track: Track) -> None:
    if not any(len(log.cloud(index)) for index in frames):
        raise FillError(
            f"the {len(frames)} sweeps of the span have no points",
            f"{track.name} in {log.name}",
            "fill it where the log has points, or set keyframes by hand",
        )


def _sigmas(columns: KeyframeColumns, track: Track) -> FloatArray:
    """How exact each keyframe is, (N, 4): as it says, or as its hand is known to be."""
    hand = track.interpolation.hand or learned_hand([columns])
    usual = HAND if hand is None else np.array(hand.as_list())
    found = np.tile(usual, (len(columns), 1))
    if columns.noises is not None:
        stated = np.isfinite(columns.noises)
        found[stated] = columns.noises[stated]
    return np.maximum(found, LEAST_NOISE)


class _Straight:
    """Keyframes joined by straight lines: sizes and tilts, and where to look at first.

    Attributes:
        centers_m: world frame, (N, 3).
        yaws_rad: (N,).
        tilts_rad: as of `split_heading`, (N, 2).
        sizes_lwh_m: (N, 3).
    """

    def __init__(self, keyframes: Sequence[Keyframe], times_ns: IntArray) -> None:
        poses = SE3.stack([keyframe.cuboid.frame_SE3_cuboid for keyframe in keyframes])
        start_ns = keyframes[0].timestamp_ns
        known = np.array([k.timestamp_ns - start_ns for k in keyframes]) / NS_PER_S
        asked = (times_ns - start_ns) / NS_PER_S

        def joined(values: FloatArray) -> FloatArray:
            columns = values.reshape(len(keyframes), -1)
            return np.stack([np.interp(asked, known, column) for column in columns.T], axis=1)

        yaws, tilts = split_heading(poses.rotation)
        self.centers_m = joined(poses.translation_m)
        self.yaws_rad = joined(yaws)[:, 0]
        self.tilts_rad = joined(tilts)
        self.sizes_lwh_m = joined(np.stack([k.cuboid.size_lwh_m for k in keyframes]))


def _result(
    track: Track,
    follower: Follower,
    unaided: Unaided | None,
    shared: FloatArray,
    times_ns: IntArray,
    sizes_lwh_m: FloatArray,
    anchor_m: FloatArray,
    span: tuple[int, int],
) -> Fill:
    keyframes: list[Keyframe] = []
    sweeps: list[FilledSweep] = []
    for row, visit in sorted(follower.visits.items()):
        time_ns = int(times_ns[row])
        local = follower.pose(row)
        pose = SE3(local.rotation, local.translation_m + anchor_m)
        sigmas = np.sqrt(np.diag(follower.path.body_covariance(row)) + shared**2)
        if unaided is not None:
            pose, sigmas = unaided.joined(row, pose, sigmas)
        size_lwh_m = (
            track.keyframes[0].cuboid.size_lwh_m if not track.free_size else sizes_lwh_m[row]
        )
        keyframes.append(
            Keyframe(
                time_ns,
                Cuboid(pose, size_lwh_m),
                Provenance.FITTED,
                in_force(track, time_ns).attributes,
                Noise(*sigmas.tolist()),
            )
        )
        sweeps.append(_sweep(time_ns, visit))
    return Fill(track, tuple(keyframes), tuple(sweeps), *span)


def _sweep(time_ns: int, visit: Visit) -> FilledSweep:
    return FilledSweep(time_ns, visit.outcome, visit.why, visit.points)
