"""How far the review of a log is: by track, category, author and plan, and the trail that led there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from av3d.store.review_trail import Act, Standing, TaskMove, acts, task_moves
from av3d.store.view import ProjectView
from av3d.tracks.approval import Approval, approval_of
from av3d.tracks.decision import Decision, Decisions, Verdict
from av3d.tracks.document import Document
from av3d.tracks.issue import Issue, issues_of
from av3d.tracks.proposal import is_proposal
from av3d.tracks.review_plan import PlanProgress, plans_of, progress
from av3d.tracks.track import Track


class TrackState(StrEnum):
    """What reviewers say of a track as it is now."""

    APPROVED = "approved"
    """As a whole, or with a task in which it is from first to last."""
    IN_PART = "approved in part"
    """With a task that holds a part of it."""
    SENT_BACK = "sent back"
    """It, or a finding on it; or somebody is about to fix it."""
    CHANGED = "changed since"
    """It was decided on as a whole or with a task, and changed after that: nobody has seen it so."""
    OPEN = "not reviewed"
    """Nobody has decided on it."""


@dataclass(frozen=True)
class ReviewedTrack:
    """A track and what reviewers say of it.

    Attributes:
        track: as it is now.
        state: what they say.
        decision: what counts, or, of one that was changed since, what counted; None for none.
    """

    track: Track
    state: TrackState
    decision: Decision | None

    def as_dict(self) -> dict[str, Any]:
        """The track and its state as JSON values."""
        one = self.decision
        return {
            "id": self.track.id,
            "name": self.track.name,
            "category": self.track.category,
            "state": self.state.value,
            "author": "" if one is None else one.author,
            "tier": None if one is None else one.tier,
            "time_ns": None if one is None else one.time_ns,
            "note": "" if one is None else one.note,
        }


@dataclass(frozen=True)
class ReviewSummary:
    """How far the review of a log is.

    Attributes:
        log: its name.
        tracks: all that are labels, as in the document.
        plans: how far each plan is.
        issues: by number.
        acts: what was decided and taken back, the oldest first.
        task_moves: how its tasks went, the oldest first.
    """

    log: str
    tracks: tuple[ReviewedTrack, ...]
    plans: tuple[PlanProgress, ...]
    issues: tuple[Issue, ...]
    acts: tuple[Act, ...]
    task_moves: tuple[TaskMove, ...]

    def counts(self) -> Mapping[TrackState, int]:
        """How many tracks are in each state."""
        found = Counter(one.state for one in self.tracks)
        return {state: found[state] for state in TrackState}

    def by_category(self) -> Mapping[str, Mapping[TrackState, int]]:
        """The same by category, sorted."""
        found = Counter((one.track.category, one.state) for one in self.tracks)
        categories = sorted({one.track.category for one in self.tracks})
        return {name: {s: found[name, s] for s in TrackState} for name in categories}

    def by_author(self) -> Mapping[str, Mapping[str, int]]:
        """By author what they decided and how much of it counts, those who decided most first."""
        made = Counter(act.author for act in self.acts if not act.withdrawn)
        found: dict[str, Mapping[str, int]] = {}
        for author, count in made.most_common():
            own = [act for act in self.acts if act.author == author and not act.withdrawn]
            counts = {verdict.value: 0 for verdict in Verdict}
            counts |= Counter(act.decision.verdict.value for act in own)
            counting = sum(act.standing is Standing.COUNTS for act in own)
            found[author] = {"decisions": count, **counts, "counting": counting}
        return found

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return {
            "log": self.log,
            "counts": _words(self.counts()),
            "by_category": {name: _words(one) for name, one in self.by_category().items()},
            "by_author": self.by_author(),
            "plans": [plan.as_dict() for plan in self.plans],
            "issues": [issue.as_dict() for issue in self.issues],
            "tracks": [one.as_dict() for one in self.tracks],
            "trail": [act.as_dict() for act in self.acts],
            "tasks": [move.as_dict() for move in self.task_moves],
        }


def review_summary(project: ProjectView, log: str) -> ReviewSummary:
    """How far the review of a log is, all as of one moment.

    Raises:
        StoreError: there is no such log, or the journal makes no sense.
    """
    with project.reading() as connection:
        document = project.document_in(connection, log)
        trail = acts(connection, log, document, project.where)
        moves = task_moves(connection, log, project.where)
    events = tuple(document.events.values())
    tracks = tuple(document.tracks.values())
    decisions = Decisions(events)
    plans = tuple(progress(plan, tracks, decisions) for plan in plans_of(events))
    return ReviewSummary(
        log, reviewed_tracks(document), plans, issues_of(events), trail, moves
    )  # fmt: skip


def reviewed_tracks(document: Document) -> tuple[ReviewedTrack, ...]:
    """What reviewers say of the tracks of a log as they are now; proposals are no labels yet."""
    events = document.events.values()
    tracks = [track for track in document.tracks.values() if not is_proposal(track)]
    approval, decisions = approval_of(tracks, events), Decisions(events)
    before: dict[str, Decision] = {}
    for decision in decisions.all:
        if not decision.finding_id or decision.is_old:
            before |= dict.fromkeys((decision.track_id, *decision.digests), decision)
    return tuple(_reviewed(track, approval, decisions, before.get(track.id)) for track in tracks)


def _reviewed(
    track: Track, approval: Approval, decisions: Decisions, before: Decision | None
) -> ReviewedTrack:
    ruled = approval.decisions.get(track.id)
    if track.id in approval.accepted:
        return ReviewedTrack(track, TrackState.APPROVED, ruled)
    if track.id in approval.refused:
        return ReviewedTrack(track, TrackState.SENT_BACK, ruled)
    if track.id in approval.done_ns:
        with_task = [one for one in decisions.all if one.task_id and one.holds_for(track)]
        return ReviewedTrack(track, TrackState.IN_PART, with_task[-1])
    state = TrackState.OPEN if before is None else TrackState.CHANGED
    return ReviewedTrack(track, state, before)


def _words(counts: Mapping[TrackState, int]) -> dict[str, int]:
    return {state.value: count for state, count in counts.items()}
