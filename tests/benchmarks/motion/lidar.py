"""Protocol e: what points add. The fill of `av3d.assist`, as a user gets it, behind the interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from motion.measuring import Task
from motion.models import Given, Interpolator, States
from motion.noise import NoiseLevel

from av3d.assist.fill import fill_track
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.motion.measurements import TILT_RAD
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

RADIUS_M = 40.0
MIN_POINTS = 5
"""Frames with fewer points inside are occluded."""
OCCLUDED_FRAMES = 10
"""A span goes through an occlusion of at most so many frames; a longer one ends it."""
TWO_S = 1e6
"""A spacing that leaves the first and the last frame."""
SPACINGS_S = (1.0, 2.0, 3.0, 5.0, TWO_S)


@dataclass(frozen=True, eq=False)
class _TrackFit:
    track: Track
    log: Log

    def states(self, times_ns: IntArray) -> States:
        tracks = [self.track] * len(times_ns)
        there = states_in_sweep(tracks, times_ns.tolist(), self.log)
        found = [state for state in there if state is not None]
        assert len(found) == len(times_ns)
        pose = SE3.stack([state.cuboid.frame_SE3_cuboid for state in found])
        stated = [
            covariance
            for state in found
            if (
                covariance := state.covariance
                if state.covariance is not None
                else self._noise(state)
            )
            is not None
        ]
        covariances = np.stack(stated) if 0 < len(stated) == len(found) else None
        return States(pose.translation_m, pose.rotation, covariances)

    def _noise(self, state: TrackState) -> FloatArray | None:
        """What the keyframe of a state says of its doubt, (6, 6)."""
        keyframe = self.track.keyframe_at(state.timestamp_ns)
        if keyframe is None or keyframe.noise is None:
            return None
        along_m, across_m, up_m, yaw_rad = keyframe.noise.as_list()
        return np.diag(np.square([along_m, across_m, up_m, TILT_RAD, TILT_RAD, yaw_rad]))


class InLog:
    """A track in its log: what av3d shows in its sweeps, with the fill from points or without it.

    Args:
        logs: by name, each with all of its true tracks.
        fill: whether points are asked.
        neighbours: whether the fill knows the true tracks of everything else.
    """

    def __init__(
        self, logs: Mapping[str, tuple[Log, Sequence[Track]]], *, fill: bool, neighbours: bool
    ) -> None:
        self.name = "av3d with points" if fill else "av3d"
        self._logs, self._fill, self._neighbours = logs, fill, neighbours

    def fit(self, given: Given) -> _TrackFit:
        log, tracks = self._logs[given.log]
        poses = SE3.trusted(given.rotations, given.centers_m)
        manual = [
            Keyframe(time_ns, Cuboid(pose, given.size_lwh_m), Provenance.MANUAL)
            for time_ns, pose in zip(given.times_ns.tolist(), poses, strict=True)
        ]
        track = Track(given.track_id, given.category, tuple(manual))
        if not self._fill:
            return _TrackFit(track, log)
        others = [other for other in tracks if other.id != track.id] if self._neighbours else []
        filled = fill_track(
            log, track, track.start_ns, track.end_ns,
            others=others, motion=motion_of_category(given.category),
        )  # fmt: skip
        return _TrackFit(filled.after, log)


def motion_of_category(name: str) -> Motion:
    category = default().category(name)
    return Motion.FREE if category is None else category.motion


def lidar_tasks(
    models: Sequence[Interpolator], levels: Sequence[NoiseLevel], longest_s: float, edits: bool
) -> Iterator[Task]:
    """Keyframes at spacings that the logs are long enough for, and two; edits as in protocol a."""
    for model in models:
        for level in levels:
            for spacing_s in SPACINGS_S:
                if spacing_s < longest_s or spacing_s == TWO_S:
                    yield Task("c", model, level, 0, spacing_s)
            if edits:
                yield Task("a", model, level, 0)


def longest_s(times_ns: Sequence[IntArray]) -> float:
    """Duration of the longest span."""
    return float(np.max([(times[-1] - times[0]) / 1e9 for times in times_ns]))
