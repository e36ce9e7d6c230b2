"""How a task goes from labelling to review and is done: who may move it, and what is in the way.

A task that is done has been approved with the tracks that are in it as they are: what is changed later
is not approved any more. So both are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from av3d.store.errors import StoreError
from av3d.store.tasks import Author, Role, Task, TaskState
from av3d.tracks.approval import approval_of
from av3d.tracks.change import Change
from av3d.tracks.decision import (
    ANNOTATOR_TIER,
    LEAD_TIER,
    REVIEWER_TIER,
    Decisions,
    Verdict,
    decision_of,
)
from av3d.tracks.document import Document
from av3d.tracks.issue import Issue, issues_of
from av3d.tracks.operations.decisions import approve_task, task_decision_id, withdraw
from av3d.tracks.proposal import is_proposal
from av3d.tracks.review_plan import plans_of, progress
from av3d.tracks.track import Track

TIERS: Mapping[Role, int] = {
    Role.ANNOTATOR: ANNOTATOR_TIER,
    Role.REVIEWER: REVIEWER_TIER,
    Role.LEAD: LEAD_TIER,
}
SHOWN = 5
"""Tracks and issues that a message names; more are counted."""


def tier_of(authors: Iterable[Author], name: str) -> int:
    """How much the word of an author counts; see `av3d.tracks.decision`.

    Where nobody is entered everybody is a reviewer; else who is not entered is an annotator.
    """
    roles = {author.id: author.role for author in authors}
    return TIERS[roles.get(name, Role.ANNOTATOR)] if roles else REVIEWER_TIER


def reviewer_tier(authors: Iterable[Author], name: str, what: str) -> int:
    """The tier of an author who wants to do what only reviewers may.

    Args:
        authors: those that are entered in the project.
        name: of the author.
        what: the author wants to do, "approve Car 21", for the message.

    Raises:
        StoreError: the author is an annotator.
    """
    tier = tier_of(authors, name)
    if tier < REVIEWER_TIER:
        raise StoreError(
            f"{name} is no reviewer of this project", what,
            f"let a reviewer do it, or enter one: `av3d project author set {name} --role reviewer`",
        )  # fmt: skip
    return tier


def check_may_set_role(authors: Iterable[Author], name: str) -> None:
    """Check that an author may say who is a reviewer: a lead, where there is one.

    Args:
        authors: those that are entered in the project.
        name: of the author.

    Raises:
        StoreError: there are leads, and the author is none.
    """
    leads = [author.id for author in authors if author.role is Role.LEAD]
    if leads and name not in leads:
        raise StoreError(f"{name} is no lead of this project", "--role", f"ask {leads[0]}")


@dataclass(frozen=True)
class Waiting:
    """What is in the way of a task that is to be done.

    Attributes:
        unseen: by name of a review plan the tracks that it asks for and nobody has seen as they are.
        issues: open ones, pinned to a time of the task.
    """

    unseen: Mapping[str, tuple[Track, ...]]
    issues: tuple[Issue, ...]

    @property
    def words(self) -> str:
        """What it is, in one line; "" for nothing."""
        parts = [
            f"{_count(len(tracks), 'track')} of review plan {name!r} not seen as they are now: "
            f"{_named(track.name for track in tracks)}"
            for name, tracks in self.unseen.items()
        ]
        if self.issues:
            named = _named(issue.name for issue in self.issues)
            parts.append(f"{_count(len(self.issues), 'issue')} open: {named}")
        return "; ".join(parts)


def tracks_in(task: Task, document: Document) -> tuple[Track, ...]:
    """The tracks that are there at some time of a task; proposals are no labels yet."""
    return tuple(
        track
        for track in document.tracks.values()
        if not is_proposal(track)
        and any(s.start_ns <= task.end_ns and task.start_ns <= s.end_ns for s in track.presence)
    )


def waiting(task: Task, document: Document) -> Waiting:
    """What is in the way of a task that is to be done.

    Args:
        task: which.
        document: the labels of its log.
    """
    events = document.events.values()
    inside = {track.id: track for track in tracks_in(task, document)}
    decisions = Decisions(events)
    unseen: dict[str, tuple[Track, ...]] = {}
    for plan in plans_of(events):
        found = progress(plan, tuple(document.tracks.values()), decisions).unseen
        left = tuple(inside[track_id] for track_id in found if track_id in inside)
        if left:
            unseen[plan.name] = left
    return Waiting(unseen, open_issues_in(task, document))


def open_issues_in(task: Task, document: Document) -> tuple[Issue, ...]:
    """The open issues that are pinned to a time of a task, by number."""
    return tuple(
        issue
        for issue in issues_of(document.events.values())
        if issue.is_open and issue.timestamp_ns <= task.end_ns and task.start_ns <= issue.end_ns
    )


@dataclass(frozen=True)
class Unanswered:
    """What reviewers have said of the labels of a task, and nobody has done anything about yet.

    It is in nobody's way: a task is handed in all the same, but not without a word.

    Attributes:
        issues: open ones, pinned to a time of the task.
        sent_back: tracks of the task that were sent back and are as they were then.
    """

    issues: tuple[Issue, ...]
    sent_back: tuple[Track, ...]

    @property
    def issue_words(self) -> str:
        """How many issues are open, and which; "" for none."""
        named = _named(issue.name for issue in self.issues)
        return f"{_count(len(self.issues), 'issue')} open: {named}" if self.issues else ""

    @property
    def track_words(self) -> str:
        """How many tracks were sent back, and which; "" for none."""
        named = _named(track.name for track in self.sent_back)
        count = _count(len(self.sent_back), "track")
        return f"{count} sent back and not changed since: {named}" if self.sent_back else ""


def unanswered(task: Task, document: Document) -> Unanswered:
    """What whoever hands a task in may have missed.

    Args:
        task: which.
        document: the labels of its log.
    """
    approval = approval_of(tuple(document.tracks.values()), document.events.values())
    return Unanswered(
        open_issues_in(task, document),
        tuple(
            track
            for track in tracks_in(task, document)
            if track.id in approval.refused
            and approval.decisions[track.id].verdict is Verdict.SENT_BACK
        ),
    )


@dataclass(frozen=True)
class TaskFacts:
    """How far a task is.

    Attributes:
        task: which.
        tracks: how many are there at some time of it.
        approved: of these, how many are approved as they are, somehow.
        changed: of those that it was approved with, how many were changed or deleted since.
        waiting: what is in the way of being done.
    """

    task: Task
    tracks: int
    approved: int
    changed: int
    waiting: Waiting

    def as_dict(self) -> dict[str, Any]:
        """The facts as JSON values."""
        return {
            **self.task.as_json(),
            "tracks": self.tracks,
            "approved": self.approved,
            "changed_since": self.changed,
            "unseen": {
                name: [track.id for track in tracks] for name, tracks in self.waiting.unseen.items()
            },
            "open_issues": [issue.number for issue in self.waiting.issues],
        }


def task_facts(task: Task, document: Document) -> TaskFacts:
    """How far a task is.

    Args:
        task: which.
        document: the labels of its log.
    """
    inside = tracks_in(task, document)
    approval = approval_of(tuple(document.tracks.values()), document.events.values())
    event = document.events.get(task_decision_id(task.id))
    record = None if event is None else decision_of(event)
    held = () if record is None else [t for t in document.tracks.values() if record.holds_for(t)]
    return TaskFacts(
        task, len(inside), sum(approval.may_be(track) for track in inside),
        0 if record is None else len(record.digests) - len(held), waiting(task, document),
    )  # fmt: skip


def moved(
    task: Task,
    state: TaskState,
    document: Document,
    authors: Iterable[Author],
    *,
    author: str,
    time_ns: int,
    note: str = "",
    force: str = "",
) -> tuple[Task, tuple[Change, ...]]:
    """A task that goes on or back.

    Everybody hands a task in: new and labelling → review. A reviewer sends it back: review →
    labelling; or approves it: review → done, when nothing is in the way; or opens it again. What is
    done and becomes done again is approved with its tracks as they are now.

    Args:
        task: as it is.
        state: where it goes.
        document: the labels of its log.
        authors: those that are entered in the project.
        author: who moves it.
        time_ns: now, since 1970.
        note: what the author says; it is kept with the approval.
        force: why the task is done though something is in the way; kept in the note.

    Returns:
        The task, and the changes to the labels of its log that belong to the same transaction.

    Raises:
        StoreError: the author may not do that, or something is in the way.
    """
    before = task.state
    if state is before and state is not TaskState.DONE:
        return task, ()
    where = f"task {task.name!r}"
    tier = tier_of(authors, author)
    if TaskState.DONE in (before, state) or before is TaskState.REVIEW:
        tier = reviewer_tier(authors, author, f"{where}: {before.value} → {state.value}")
    if state is not TaskState.DONE:
        record = task_decision_id(task.id)
        changes = withdraw(document, record) if record in document.events else ()
        return replace(task, state=state), changes
    if before not in (TaskState.REVIEW, TaskState.DONE) and not force:
        raise StoreError(
            f"it is {before.value} and was not handed in for review", where,
            f"first: `av3d project task submit {task.name!r}`",
        )  # fmt: skip
    left = waiting(task, document).words
    if left and not force:
        raise StoreError(
            left, where, "review them, or say why it is done all the same: --force REASON"
        )
    reason = f"done though {left or f'it was {before.value}'}: {force}" if force else ""
    said = "\n".join(text for text in (note, reason) if text)
    changes = approve_task(
        document, task.id, task.start_ns, task.end_ns, tracks_in(task, document),
        author=author, tier=tier, time_ns=time_ns, note=said,
    )  # fmt: skip
    kept = "\n".join(text for text in (task.note, reason) if text)
    return replace(task, state=state, note=kept), changes


def check_new(task: Task) -> None:
    """Check that a task that is made does not pass over its review.

    Raises:
        StoreError: it is done from the beginning.
    """
    if task.state is TaskState.DONE:
        raise StoreError(
            "a task is not made as one that is done", f"task {task.name!r}",
            "make it, hand it in and have it reviewed: `av3d project task submit`, `done`",
        )  # fmt: skip


def removed(
    task: Task, document: Document, authors: Iterable[Author], *, author: str
) -> tuple[Change, ...]:
    """What else changes when a task is taken away: its approval goes with it.

    Args:
        task: which.
        document: the labels of its log.
        authors: those that are entered in the project.
        author: who takes it away.

    Raises:
        StoreError: it is approved, and the author is no reviewer.
    """
    record = task_decision_id(task.id)
    if record not in document.events:
        return ()
    reviewer_tier(authors, author, f"task {task.name!r} is approved")
    return withdraw(document, record)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _named(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more
