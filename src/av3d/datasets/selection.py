"""Which labels of a log are exported: what people choose, and what of it a writer is given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from av3d.errors import Av3dError
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.approval import Approval, approval_of
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Provenance
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import IntArray

ANY, APPROVED = "any", "approved"
REVIEW_STATES = (ANY, APPROVED)
"""Review states to choose from: everything, or what `av3d.tracks.approval` says is approved."""

OTHER_CATEGORIES = "other categories"
PROPOSALS = "proposals that nobody accepted"
NOT_APPROVED = "not approved"
"""Why something is left out, as the report says it."""


class SelectionError(Av3dError):
    """A choice that nothing can fulfil."""


@dataclass(frozen=True)
class LogTime:
    """A time of a log, as people write it.

    Attributes:
        ns: nanoseconds.
        since_start: whether they count from the start of the log, whichever it is; else they are a
            timestamp as it is stored.
    """

    ns: int
    since_start: bool = False

    def in_log(self, log: Log) -> int:
        """The timestamp in a log, ns."""
        return log.start_ns + self.ns if self.since_start else self.ns

    def __str__(self) -> str:
        return f"{self.ns / 1e9:g} s" if self.since_start else f"{self.ns} ns"


@dataclass(frozen=True)
class Selection:
    """What of the labels is exported. The default is everything but proposals.

    Attributes:
        categories: keys of the project's ontology; empty: all.
        frames: first and last frame, counted from 0, of each stretch; empty: all. Other frames are
            not written at all: no sweep, no image, no label.
        start, end: only frames of which the time is not before or after; None: all.
        min_points: points that the frame's cloud has in a cuboid, at least.
        max_distance_m: from the origin of the ego frame to the centre of a cuboid, in the ego's
            x-y plane.
        review: ANY or APPROVED, see `av3d.tracks.approval`.
        provenance: where cuboids come from; empty: from anywhere.
        proposals: also tracks of a detector that nobody has accepted yet.
        min_score: of tracks that have a score; those without stay.

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
    start: LogTime | None = None
    end: LogTime | None = None

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
        start, end = self.start, self.end
        if (
            start is not None
            and end is not None
            and start.since_start == end.since_start
            and end.ns < start.ns
        ):
            raise SelectionError(
                f"{end} is before {start}", "selection", "give an end after the start"
            )

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
        for name, time in (("from", self.start), ("to", self.end)):
            if time is not None:
                chosen[name] = {"ns": time.ns, "since_start": time.since_start}
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

    def approval(
        self,
        tracks: Sequence[Track],
        events: Iterable[Event],
    ) -> Approval | None:
        """What of a log's labels is approved; None where that does not matter."""
        return approval_of(tracks, events) if self.review == APPROVED else None

    def tracks(
        self,
        tracks: Sequence[Track],
        events: Iterable[Event] = (),
    ) -> tuple[tuple[Track, ...], Mapping[str, list[str]]]:
        """The tracks of which some cuboid may be chosen.

        Args:
            tracks: of one log, in the project's categories.
            events: of the same log; decisions of reviewers are among them.

        Returns:
            The tracks, and the names of those that are left out by why.
        """
        approval = self.approval(tracks, events)
        kept: list[Track] = []
        left_out: dict[str, list[str]] = {}
        for track in tracks:
            score = score_of(track)
            if self.categories and track.category not in self.categories:
                why = OTHER_CATEGORIES
            elif not self.proposals and is_proposal(track):
                why = PROPOSALS
            elif approval is not None and not approval.may_be(track):
                why = NOT_APPROVED
            elif self.min_score is not None and score is not None and score < self.min_score:
                why = f"scores below {self.min_score:g}"
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
        frames = log.frames
        if not self.frames and self.start is None and self.end is None:
            return frames
        wanted = np.full(len(frames), not self.frames)
        for first, last in self.frames:
            wanted[first : last + 1] = True
        if self.start is not None:
            wanted &= frames.timestamps_ns >= self.start.in_log(log)
        if self.end is not None:
            wanted &= frames.timestamps_ns <= self.end.in_log(log)
        if not wanted.any():
            raise SelectionError(
                f"log {log.name} has none of the frames that are chosen: it has frames 0 to "
                f"{len(frames) - 1} in {(log.end_ns - log.start_ns) / 1e9:.2f} s",
                log.source,
                "choose others, or leave the log out",
            )
        return ChosenFrames(frames, np.flatnonzero(wanted))

    @property
    def chooses_cuboids(self) -> bool:
        """Whether single cuboids of a track can be left out."""
        return bool(
            self.min_points
            or self.provenance
            or math.isfinite(self.max_distance_m)
            or self.review == APPROVED
        )


EVERYTHING = Selection(proposals=True)
"""What a writer is given when nobody chooses."""


class ChosenFrames(Sequence[Frame]):
    """Some frames of a log; like those of `Frames`, each is made when it is asked for.

    Args:
        frames: all of the log.
        indices: of those that are chosen, in order, (N,).
    """

    def __init__(self, frames: Sequence[Frame], indices: IntArray) -> None:
        self._frames = frames
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> ChosenFrames: ...

    def __getitem__(self, index: int | slice) -> Frame | ChosenFrames:
        if isinstance(index, slice):
            return ChosenFrames(self._frames, self._indices[index])
        return self._frames[int(self._indices[index])]


@dataclass
class CuboidFilter:
    """Leaves single cuboids out, and counts them.

    Attributes:
        log: whose sweeps have the points.
        selection: what is chosen.
        approval: what is approved, if that is chosen.
        left_out: how many cuboids were left out, by why. Each counts once, however often a writer
            asks for the states of its frame.
    """

    log: Log
    selection: Selection
    approval: Approval | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    _counted: set[int] = field(default_factory=set)

    def __call__(
        self, states: list[TrackState | None], frame: Frame, tracks: Sequence[Track]
    ) -> list[TrackState | None]:
        """The states of a frame, None also for those that are not chosen.

        Args:
            states: of all tracks that are exported, in the world frame.
            frame: at which they are.
            tracks: whose they are, in the same order.
        """
        if not self.selection.chooses_cuboids or not any(states):
            return states
        why = self._reasons(states, frame, tracks)
        if frame.index not in self._counted:
            self._counted.add(frame.index)
            self.left_out.update(reason for reason in why if reason)
        return [None if reason else state for state, reason in zip(states, why, strict=True)]

    def _reasons(
        self, states: list[TrackState | None], frame: Frame, tracks: Sequence[Track]
    ) -> list[str]:
        """Why each state is left out; "" where it is not, or there is none."""
        ego_SE3_world = self.log.world_SE3_ego(frame.timestamp_ns).inverse()
        limit_m, least = self.selection.max_distance_m, self.selection.min_points
        wanted, approval = self.selection.provenance, self.approval
        why: list[str] = [""] * len(states)
        cloud_m = None
        for row, (state, track) in enumerate(zip(states, tracks, strict=True)):
            if state is None:
                continue
            if approval is not None and not approval.is_approved(track.id, frame.timestamp_ns):
                why[row] = NOT_APPROVED
                continue
            if wanted and state.provenance not in wanted:
                why[row] = f"{state.provenance} cuboids"
                continue
            cuboid = state.cuboid.in_frame(ego_SE3_world)
            if math.hypot(cuboid.center_m[0], cuboid.center_m[1]) > limit_m:
                why[row] = f"farther than {limit_m:g} m"
                continue
            if least:
                if cloud_m is None:  # read only where a cuboid has come so far
                    cloud_m = self.log.cloud(frame.index).points_m
                if np.count_nonzero(cuboid.contains(cloud_m)) < least:
                    why[row] = f"fewer than {least} points"
        return why
