"""A track as checks look at it: its states at the frames of the log in arrays, and what is seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from av3d.logs.log import Log
from av3d.ontology.category import Category
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.qa.course import Course
from av3d.qa.evidence import PointFacts
from av3d.qa.limits import Limits
from av3d.tracks.columns import CODES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray, Uint8Array


@dataclass(frozen=True, eq=False)
class Subject:
    """A track at the M frames in which it is there. Made once per track and kept until it is edited.

    Attributes:
        track: the track.
        log: its log.
        ontology: the project's.
        points: what the sweeps say of its cuboids, or None where nobody has looked, or nobody can.
    """

    track: Track
    log: Log
    ontology: Ontology
    points: PointFacts | None = field(default=None)

    @cached_property
    def frames(self) -> IntArray:
        """Indices of the frames in which the track is there, increasing, (M,)."""
        times_ns = self.log.frames.timestamps_ns
        there = np.zeros(len(times_ns), dtype=bool)
        for span in self.track.presence:
            first, last = np.searchsorted(times_ns, [span.start_ns, span.end_ns + 1])
            there[first:last] = True
        return np.flatnonzero(there).astype(np.int64)

    @cached_property
    def times_ns(self) -> IntArray:
        """Timestamps of these frames, (M,)."""
        return np.asarray(self.log.frames.timestamps_ns[self.frames], dtype=np.int64)

    @cached_property
    def category(self) -> Category | None:
        """None for one that the ontology does not know."""
        return self.ontology.category(self.track.category)

    @property
    def motion(self) -> Motion:
        """How objects of its category move."""
        return Motion.FREE if self.category is None else self.category.motion

    @property
    def kind_name(self) -> str:
        """What people call its category in a sentence: "car"."""
        title = self.track.category if self.category is None else self.category.title
        return title.replace("_", " ").lower()

    @cached_property
    def limits(self) -> Limits:
        """The numbers that checks go by."""
        return Limits.of(self.ontology, self.track.category)

    @cached_property
    def states(self) -> tuple[TrackState, ...]:
        """The track as the sweep of each frame shows it: where the beam met it; M of them."""
        times_ns = self.times_ns.tolist()
        found = states_in_sweep([self.track] * len(times_ns), times_ns, self.log)
        return tuple(state for state in found if state is not None)

    @cached_property
    def centers_m(self) -> FloatArray:
        """Centres in the world frame, (M, 3)."""
        if not self.states:
            return np.zeros((0, 3))
        return np.stack([state.cuboid.center_m for state in self.states])

    @cached_property
    def rotations(self) -> FloatArray:
        """Orientations, world from cuboid, (M, 3, 3)."""
        if not self.states:
            return np.zeros((0, 3, 3))
        return np.stack([state.cuboid.frame_SE3_cuboid.rotation for state in self.states])

    @cached_property
    def sizes_lwh_m(self) -> FloatArray:
        """Length, width and height, (M, 3)."""
        if not self.states:
            return np.zeros((0, 3))
        return np.stack([state.cuboid.size_lwh_m for state in self.states])

    @cached_property
    def usual_size_lwh_m(self) -> FloatArray:
        """Medians of length, width and height, (3,); of a track that is there in some frame."""
        return np.asarray(np.median(self.sizes_lwh_m, axis=0))

    @cached_property
    def yaws_rad(self) -> FloatArray:
        """Headings in the world, (M,)."""
        return np.asarray(np.arctan2(self.rotations[:, 1, 0], self.rotations[:, 0, 0]))

    @cached_property
    def met_ns(self) -> IntArray:
        """When the beam met the object in each frame, (M,): the clock that motion is measured by."""
        if not len(self.times_ns):
            return self.times_ns
        return np.asarray(self.log.beam_times_ns(self.times_ns, self.centers_m), dtype=np.int64)

    @cached_property
    def course(self) -> Course:
        """How it moves, as far as the noise of its cuboids lets one tell."""
        return Course(self.met_ns, self.centers_m, self.yaws_rad, self.stretches)

    @property
    def has_ground(self) -> bool:
        """Whether the world stands still: without ego poses it goes with the ego vehicle."""
        return not self.log.trajectory.is_identity

    @cached_property
    def provenances(self) -> Uint8Array:
        """Where each cuboid comes from, places in `av3d.tracks.columns.PROVENANCES`, (M,)."""
        columns = self.track.columns
        codes = np.full(len(self.times_ns), CODES[Provenance.INTERPOLATED], dtype=np.uint8)
        rows = np.clip(np.searchsorted(columns.times_ns, self.times_ns), 0, len(columns) - 1)
        exact = columns.times_ns[rows] == self.times_ns
        codes[exact] = columns.provenances[rows[exact]]
        return codes

    @cached_property
    def at_keyframe(self) -> BoolArray:
        """At which frames there is a keyframe, (M,)."""
        return np.isin(self.times_ns, self.track.columns.times_ns)

    @cached_property
    def ego_centers_m(self) -> FloatArray:
        """Place of the ego at these frames, world frame, (M, 3)."""
        if not len(self.times_ns):
            return np.zeros((0, 3))
        return np.stack(
            [self.log.world_SE3_ego(int(ns)).translation_m for ns in self.times_ns.tolist()]
        )

    @cached_property
    def ranges_m(self) -> FloatArray:
        """Horizontal distance from the ego, (M,)."""
        return np.asarray(np.hypot(*(self.centers_m - self.ego_centers_m)[:, :2].T))

    @cached_property
    def stretches(self) -> tuple[slice, ...]:
        """Rows that belong to one span of presence each: over a gap nothing is known of the motion."""
        edges = [
            np.searchsorted(self.times_ns, [span.start_ns, span.end_ns + 1]).tolist()
            for span in self.track.presence
        ]
        return tuple(slice(first, last) for first, last in edges if last > first)

    def with_points(self, points: PointFacts) -> Subject:
        """The same track with what the sweeps say of it; what was worked out of the rest stays."""
        found = replace(self, points=points)
        found.__dict__.update({k: v for k, v in self.__dict__.items() if k not in found.__dict__})
        return found
