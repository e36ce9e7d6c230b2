"""Which labels of a log are exported: what people choose, and what of it a writer is given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from av3d.errors import Av3dError
from av3d.logs.accumulation import points_in_cuboids
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.approval import approved_tracks
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Provenance
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track

ANY, APPROVED = "any", "approved"
REVIEW_STATES = (ANY, APPROVED)
"""Review states to choose from: everything, or what a reviewer accepted and nobody changed since."""


class SelectionError(Av3dError):
    """A choice that nothing can fulfil."""


@dataclass(frozen=True)
class Selection:
    """What of the labels is exported. The default is everything but proposals.

    Attributes:
        categories: keys of the project's ontology; empty: all.
        frames: first and last frame, counted from 0, of each stretch; empty: all. Other frames are
            not written at all: no sweep, no image, no label.
        min_points: points that the sweep has in a cuboid, at least.
        max_distance_m: from the origin of the ego frame to the centre of a cuboid, in the plane.
        review: ANY or APPROVED, which is what a reviewer has accepted and nobody changed since.
        provenance: where cuboids come from; empty: from anywhere.
        proposals: also tracks of a detector that nobody has accepted yet.
        min_score: of tracks that have a score.

    Raises:
        SelectionError: numbers that no cuboid can fulfil, or a review state that there is not.
    """

    categories: tuple[str, ...] = ()
    frames: tuple[tuple[int, int], ...] = ()
    min_points: int = 0
    max_distance_m: float = math.inf
    review: str = ANY
    provenance: tuple[Provenance, ...] = ()
    proposals: bool = False
    min_score: float | None = None

    def __post_init__(self) -> None:
        for first, last in self.frames:
            if first < 0 or last < first:
                raise SelectionError(
                    f"no frames from {first} to {last}", "selection", "give first and last, from 0"
                )
        if self.min_points < 0 or not self.max_distance_m > 0:
            raise SelectionError(
                f"at least {self.min_points} points within {self.max_distance_m} m",
                "selection",
                "points are 0 or more, distances above 0",
            )
        if self.review not in REVIEW_STATES:
            raise SelectionError(
                f"no review state {self.review!r}", "selection", f"use {' or '.join(REVIEW_STATES)}"
            )
        if self.min_score is not None and not math.isfinite(self.min_score):
            raise SelectionError(f"no score {self.min_score}", "selection", "give a number")

    @property
    def is_all(self) -> bool:
        """Whether nothing but proposals is left out."""
        return self == Selection(proposals=self.proposals)

    def as_json(self) -> dict[str, Any]:
        """What was chosen, as JSON values; what was not is left out."""
        chosen: dict[str, Any] = {"proposals": self.proposals}
        if self.categories:
            chosen["categories"] = list(self.categories)
        if self.frames:
            chosen["frames"] = [list(stretch) for stretch in self.frames]
        if self.min_points:
            chosen["min_points"] = self.min_points
        if math.isfinite(self.max_distance_m):
            chosen["max_distance_m"] = self.max_distance_m
        if self.review != ANY:
            chosen["review"] = self.review
        if self.provenance:
            chosen["provenance"] = [str(one) for one in self.provenance]
        if self.min_score is not None:
            chosen["min_score"] = self.min_score
        return chosen

    def tracks(
        self, tracks: Sequence[Track], events: Iterable[Event] = ()
    ) -> tuple[tuple[Track, ...], Mapping[str, list[str]]]:
        """The tracks that are chosen.

        Args:
            tracks: of one log, in the project's categories.
            events: of the same log; decisions of reviewers are among them.

        Returns:
            The tracks, and the names of those that are left out by why.
        """
        approved = approved_tracks(tracks, events) if self.review == APPROVED else None
        kept: list[Track] = []
        left_out: dict[str, list[str]] = {}
        for track in tracks:
            score = score_of(track)
            if self.categories and track.category not in self.categories:
                why = "other categories"
            elif not self.proposals and is_proposal(track):
                why = "proposals that nobody accepted"
            elif approved is not None and track.id not in approved:
                why = "not approved"
            elif self.min_score is not None and score is not None and score < self.min_score:
                why = f"scores below {self.min_score}"
            else:
                kept.append(track)
                continue
            left_out.setdefault(why, []).append(track.name)
        return tuple(kept), left_out

    def chosen_frames(self, log: Log) -> Sequence[Frame]:
        """The frames of a log that are chosen, in order of time.

        Raises:
            SelectionError: the log has none of them.
        """
        if not self.frames:
            return log.frames
        wanted = np.zeros(len(log.frames), dtype=bool)
        for first, last in self.frames:
            wanted[first : last + 1] = True
        if not wanted.any():
            raise SelectionError(
                f"log {log.name} has frames 0 to {len(log.frames) - 1}, none of those chosen",
                log.source,
                "choose others, or leave the log out",
            )
        return [log.frames[index] for index in np.flatnonzero(wanted).tolist()]

    @property
    def chooses_cuboids(self) -> bool:
        """Whether single cuboids of a track can be left out."""
        return bool(self.min_points or self.provenance or math.isfinite(self.max_distance_m))


EVERYTHING = Selection(proposals=True)
"""What a writer is given when nobody chooses."""


@dataclass
class CuboidFilter:
    """Leaves single cuboids out, and counts them.

    Attributes:
        log: whose sweeps have the points.
        selection: what is chosen.
        left_out: how many cuboids were left out, by why.
    """

    log: Log
    selection: Selection
    left_out: Counter[str] = field(default_factory=Counter)

    def __call__(self, states: list[TrackState | None], frame: Frame) -> list[TrackState | None]:
        """The states of a frame, None also for those that are not chosen."""
        selection = self.selection
        if not selection.chooses_cuboids:
            return states
        kept = [
            state if state and self._is_from(state) and self._is_near(state, frame) else None
            for state in states
        ]
        return self._with_points(kept, frame) if selection.min_points else kept

    def _is_from(self, state: TrackState) -> bool:
        wanted = self.selection.provenance
        if not wanted or state.provenance in wanted:
            return True
        self.left_out[f"{state.provenance} cuboids"] += 1
        return False

    def _is_near(self, state: TrackState, frame: Frame) -> bool:
        limit_m = self.selection.max_distance_m
        if not math.isfinite(limit_m):
            return True
        ego_SE3_world = self.log.world_SE3_ego(frame.timestamp_ns).inverse()
        x_m, y_m, _ = ego_SE3_world.transform(state.cuboid.frame_SE3_cuboid.translation_m[None])[0]
        if math.hypot(x_m, y_m) <= limit_m:
            return True
        self.left_out[f"farther than {limit_m:g} m"] += 1
        return False

    def _with_points(
        self, states: list[TrackState | None], frame: Frame
    ) -> list[TrackState | None]:
        least = self.selection.min_points
        ego_SE3_world = self.log.world_SE3_ego(frame.timestamp_ns).inverse()
        cloud_m = self.log.cloud(frame.index).points_m
        kept = list(states)
        for row, state in enumerate(states):
            if state is None:
                continue
            cuboid = state.cuboid.in_frame(ego_SE3_world)
            [near] = points_in_cuboids(cloud_m, [cuboid])
            if np.count_nonzero(cuboid.contains(cloud_m[near])) < least:
                self.left_out[f"fewer than {least} points"] += 1
                kept[row] = None
        return kept
