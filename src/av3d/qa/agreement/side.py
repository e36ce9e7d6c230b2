"""One set of labels as it is compared: its cuboids at the frames of a log, in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.logs.log import Log
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.proposal import SCORE, score_of
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray, IntArray, Scalar

LONGEST_STEP_S = 1.5
"""Velocities are told over steps of at most this length, as in the nuScenes devkit; twice it between
the cuboid before and the one after."""


@dataclass(frozen=True, eq=False)
class Side:
    """Labels at F frames of a log: N cuboids, those of a frame side by side.

    Attributes:
        title: what people call these labels.
        tracks: all of them, T.
        times_ns: of the frames, increasing, (F,).
        frames: the frame of each cuboid, ascending, (N,).
        rows: its place in `tracks`, (N,).
        centers_m: world frame, (N, 3).
        rotations: world from cuboid, (N, 3, 3).
        sizes_lwh_m: (N, 3).
        ranges_m: horizontal distance from the ego, (N,).
        scores: how sure a detector was, NaN where there is no score, (N,).
        attributes: those in force, N.
        has_identity: False for detections that nobody has linked: each is a track by itself.
    """

    title: str
    tracks: tuple[Track, ...]
    times_ns: IntArray
    frames: IntArray
    rows: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    sizes_lwh_m: FloatArray
    ranges_m: FloatArray
    scores: FloatArray
    attributes: Sequence[Mapping[str, Scalar]]
    has_identity: bool = True

    @staticmethod
    def of(
        title: str,
        tracks: Sequence[Track],
        log: Log,
        times_ns: IntArray | None = None,
        *,
        has_identity: bool = True,
    ) -> Side:
        """Labels of a log, each cuboid as the sweep of its frame shows it.

        Args:
            title: what people call these labels.
            tracks: with IDs that differ.
            log: the log.
            times_ns: at which they are compared, increasing; default: the frames of the log.
            has_identity: see the class.
        """
        asked = np.asarray(log.frames.timestamps_ns if times_ns is None else times_ns, np.int64)
        there = [_frames_of(track, asked) for track in tracks]
        owners = np.repeat(np.arange(len(tracks), dtype=np.int64), [len(one) for one in there])
        frames = np.concatenate([np.zeros(0, np.int64), *there])
        order = np.lexsort((owners, frames))
        frames, owners = frames[order], owners[order]
        centers_m, rotations = np.empty((len(frames), 3)), np.empty((len(frames), 3, 3))
        sizes_lwh_m, free = np.empty((len(frames), 3)), np.ones(len(frames), dtype=bool)
        by_track = np.argsort(owners, kind="stable")
        ends = np.cumsum([0, *(len(one) for one in there)])
        for track, start, end in zip(tracks, ends, ends[1:], strict=False):
            mine = by_track[start:end]
            # What is stored is taken as it is; only what lies between has to be computed.
            columns = track.columns
            places = np.searchsorted(columns.times_ns, asked[frames[mine]])
            places = np.minimum(places, len(columns) - 1)
            exact = columns.times_ns[places] == asked[frames[mine]]
            rows, places = mine[exact], places[exact]
            centers_m[rows], rotations[rows] = columns.centers_m[places], columns.rotations[places]
            sizes_lwh_m[rows], free[rows] = columns.sizes_lwh_m[places], False
        between = np.flatnonzero(free)
        of_each = [tracks[k] for k in owners.tolist()]
        found = states_in_sweep(
            [of_each[row] for row in between.tolist()], asked[frames[between]].tolist(), log
        )
        for row, state in zip(between.tolist(), found, strict=True):
            assert state is not None
            centers_m[row], sizes_lwh_m[row] = state.cuboid.center_m, state.cuboid.size_lwh_m
            rotations[row] = state.cuboid.frame_SE3_cuboid.rotation
        times_of_each = asked[frames].tolist()
        attributes = [
            track.attributes_at(ns) for track, ns in zip(of_each, times_of_each, strict=True)
        ]
        ego_m = log.trajectory.at_nearest(asked).translation_m.reshape(-1, 3)
        ranges_m = np.hypot(*(centers_m - ego_m[frames])[:, :2].T)
        return Side(
            title, tuple(tracks), asked, frames, owners, centers_m, rotations, sizes_lwh_m,
            ranges_m, _scores(of_each, attributes), attributes, has_identity,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def yaws_rad(self) -> FloatArray:
        """Headings in the world, (N,)."""
        return np.asarray(np.arctan2(self.rotations[:, 1, 0], self.rotations[:, 0, 0]))

    @cached_property
    def categories(self) -> list[str]:
        """The category of each cuboid, N."""
        return [self.tracks[row].category for row in self.rows.tolist()]

    @cached_property
    def starts(self) -> IntArray:
        """Where the cuboids of each frame begin, and the end of all, (F + 1,)."""
        return np.searchsorted(self.frames, np.arange(len(self.times_ns) + 1)).astype(np.int64)

    @cached_property
    def velocities_m_s(self) -> FloatArray:
        """Horizontal velocities, (N, 2): way from the cuboid before to the one after, by their time.

        At the ends of a track, of the one step there is; NaN where that is too long, and for a track
        of one cuboid. So the nuScenes devkit has it (`NuScenes.box_velocity`).
        """
        found = np.full((len(self), 2), np.nan)
        order = np.lexsort((self.frames, self.rows))
        if len(order) < 2:
            return found
        rows, times_ns = self.rows[order], self.times_ns[self.frames[order]]
        same = rows[1:] == rows[:-1]
        first, last = np.arange(len(order)), np.arange(len(order))
        first[1:][same] -= 1
        last[:-1][same] += 1
        steps = last - first
        with np.errstate(divide="ignore", invalid="ignore"):
            took_s = (times_ns[last] - times_ns[first]) / NS_PER_S
            way_m = self.centers_m[order[last], :2] - self.centers_m[order[first], :2]
            velocities = way_m / took_s[:, None]
        velocities[(steps == 0) | (took_s > LONGEST_STEP_S * steps)] = np.nan
        found[order] = velocities
        return found


def _frames_of(track: Track, times_ns: IntArray) -> IntArray:
    """Frames in which a track is there, increasing."""
    edges = [
        np.searchsorted(times_ns, [span.start_ns, span.end_ns + 1]).tolist()
        for span in track.presence
    ]
    parts = [np.arange(first, last, dtype=np.int64) for first, last in edges]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _scores(tracks: Sequence[Track], attributes: Sequence[Mapping[str, Scalar]]) -> FloatArray:
    """The score of each cuboid: its own, else that of its track."""
    of_track: dict[str, float] = {}
    found = np.full(len(tracks), np.nan)
    for k, (track, values) in enumerate(zip(tracks, attributes, strict=True)):
        own = values.get(SCORE)
        if isinstance(own, int | float) and not isinstance(own, bool):
            found[k] = own
            continue
        if track.id not in of_track:
            score = score_of(track)
            of_track[track.id] = np.nan if score is None else score
        found[k] = of_track[track.id]
    return found


def times_of(log: Log, sides: Iterable[Sequence[Track]], *, frames: bool = True) -> IntArray:
    """When labels of a log are compared: at its frames, or at keyframes.

    Labels may say more than the log has sweeps, as where only the first ones are on the disk: keyframes
    that are more than half a step from all frames count, too.

    Args:
        log: the log.
        sides: tracks whose keyframes are asked.
        frames: whether the frames of the log count; else only keyframes do.
    """
    times_ns = [track.columns.times_ns for tracks in sides for track in tracks]
    asked = np.unique(np.concatenate([np.zeros(0, np.int64), *times_ns]))
    if not frames:
        return np.asarray(asked)
    own_ns = np.asarray(log.frames.timestamps_ns, dtype=np.int64)
    half_ns = int(np.median(np.diff(own_ns))) // 2 if len(own_ns) > 1 else 0
    places = np.clip(np.searchsorted(own_ns, asked), 1, max(1, len(own_ns) - 1))
    nearest = np.minimum(
        np.abs(own_ns[places - 1] - asked),
        np.abs(own_ns[np.minimum(places, len(own_ns) - 1)] - asked),
    )
    return np.asarray(np.union1d(own_ns, asked[nearest > half_ns]))


def joined(sides: Sequence[Side]) -> Side:
    """The same labels of several logs, one behind the other: they have no frame or track in common."""
    frames = np.cumsum([0, *(len(side.times_ns) for side in sides)])
    tracks = np.cumsum([0, *(len(side.tracks) for side in sides)])
    whole = Side(
        sides[0].title,
        tuple(track for side in sides for track in side.tracks),
        np.concatenate([side.times_ns for side in sides]),
        np.concatenate([side.frames + first for side, first in zip(sides, frames, strict=False)]),
        np.concatenate([side.rows + first for side, first in zip(sides, tracks, strict=False)]),
        np.concatenate([side.centers_m for side in sides]),
        np.concatenate([side.rotations for side in sides]),
        np.concatenate([side.sizes_lwh_m for side in sides]),
        np.concatenate([side.ranges_m for side in sides]),
        np.concatenate([side.scores for side in sides]),
        [values for side in sides for values in side.attributes],
        all(side.has_identity for side in sides),
    )
    # Of the tracks of one log, whose times increase.
    whole.__dict__["velocities_m_s"] = np.concatenate([side.velocities_m_s for side in sides])
    return whole
