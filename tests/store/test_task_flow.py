from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.store.errors import StoreError
from av3d.store.task_flow import (
    check_new,
    moved,
    removed,
    reviewer_tier,
    task_facts,
    tier_of,
    unanswered,
    waiting,
)
from av3d.store.tasks import Author, Role, Task, TaskState
from av3d.tracks.approval import approval_of
from av3d.tracks.decision import Verdict
from av3d.tracks.document import Document
from av3d.tracks.issue import IssueState, issues_of
from av3d.tracks.operations.decisions import approve_track, decide_track
from av3d.tracks.operations.issues import open_issue, set_state
from av3d.tracks.operations.life import write_note
from av3d.tracks.operations.review_plans import plan_review
from av3d.tracks.review_plan import ReviewPlan
from store.projects import LOG, car

NEW, LABELLING, REVIEW, DONE = TaskState
PEOPLE = (
    Author("anna"),
    Author("ada", role=Role.REVIEWER),
    Author("lea", role=Role.LEAD),
)
TASK = Task("t", LOG, 0, 150, "first half", REVIEW)
LABELS = Document.of([car("a", 0.0, 1.0), car("b", 0.0, 1.0, number=8), late := car("c", number=9)])


def go(
    task: Task, state: TaskState, document: Document = LABELS, *, who: str = "ada", force: str = ""
) -> tuple[Task, Document]:
    after, changes = moved(task, state, document, PEOPLE, author=who, time_ns=5, force=force)
    return after, document.apply(changes)


def accepted(document: Document) -> frozenset[str]:
    return approval_of(tuple(document.tracks.values()), document.events.values()).accepted


def test_where_nobody_is_entered_everybody_reviews() -> None:
    assert tier_of((), "anybody") == 1
    assert [tier_of(PEOPLE, name) for name in ("anna", "ada", "lea", "stranger")] == [0, 1, 2, 0]
    with pytest.raises(StoreError, match=r"anna is no reviewer .*author set anna --role reviewer"):
        reviewer_tier(PEOPLE, "anna", "approve Car 7")
    assert reviewer_tier(PEOPLE, "lea", "approve Car 7") == 2


def test_everybody_hands_a_task_in() -> None:
    for state in (NEW, LABELLING):
        task, document = go(replace(TASK, state=state), REVIEW, who="anna")
        assert task.state is REVIEW
        assert document is not None
        assert document.events == {}


@pytest.mark.parametrize("state", [LABELLING, NEW, DONE])
def test_what_was_handed_in_is_moved_by_reviewers_only(state: TaskState) -> None:
    with pytest.raises(StoreError, match=f"anna is no reviewer .*review → {state.value}"):
        go(TASK, state, who="anna")
    task, _ = go(TASK, state)
    assert task.state is state


def test_what_is_done_is_approved_as_it_is() -> None:
    task, document = go(TASK, DONE)
    assert task.state is DONE
    assert accepted(document) == {"a", "b", "c"}
    changed = document.apply(write_note(document, "b", "longer"))
    assert accepted(changed) == {"a", "c"}
    facts = task_facts(task, changed)
    assert (facts.tracks, facts.approved, facts.changed) == (3, 2, 1)
    _, again = go(task, DONE, changed)
    assert accepted(again) == {"a", "b", "c"}


def test_what_is_opened_again_is_not_approved_any_more() -> None:
    task, document = go(TASK, DONE)
    task, document = go(task, LABELLING, document)
    assert task.state is LABELLING
    assert document.events == {}
    with pytest.raises(StoreError, match="anna is no reviewer"):
        go(replace(TASK, state=DONE), REVIEW, who="anna")


def test_what_was_not_handed_in_is_not_done() -> None:
    with pytest.raises(StoreError, match=r"is labelling and was not handed in .*task submit"):
        go(replace(TASK, state=LABELLING), DONE)
    with pytest.raises(StoreError, match="not made as one that is done"):
        check_new(replace(TASK, state=DONE))


def test_tracks_that_a_plan_asks_for_are_in_the_way_until_they_are_seen() -> None:
    plan = ReviewPlan("p", "all cars", categories=("car",))
    document = LABELS.apply(plan_review(LABELS, plan, 0, 200))
    with pytest.raises(
        StoreError, match=r"3 tracks of review plan 'all cars' not seen .*Car 7, Car"
    ):
        go(TASK, DONE, document)
    for name in ("a", "b", "c"):
        document = document.apply(
            approve_track(document, name, author="lea", tier=2, time_ns=1)
        )  # fmt: skip
    assert waiting(TASK, document).words == ""
    changed = document.apply(write_note(document, "c", "?"))
    assert waiting(TASK, changed).words.startswith("1 track of review plan")
    assert go(TASK, DONE, document)[0].state is DONE


def test_open_issues_of_its_time_are_in_the_way() -> None:
    document = LABELS
    for at_ns in (100, 180):
        document = document.apply(
            open_issue(document, text="?", author="ada", time_ns=1, timestamp_ns=at_ns)
        )
    assert waiting(TASK, document).words == "1 issue open: Issue 1"
    first = issues_of(document.events.values())[0]
    document = document.apply(
        set_state(document, first.id, IssueState.WONT_FIX, author="ada", time_ns=2)
    )
    assert waiting(TASK, document).words == ""


def test_who_forces_it_says_why_and_that_is_kept() -> None:
    document = LABELS.apply(
        open_issue(LABELS, text="?", author="ada", time_ns=1, timestamp_ns=0)
    )  # fmt: skip
    task, after = go(TASK, DONE, document, force="the customer waits")
    assert task.note == "done though 1 issue open: Issue 1: the customer waits"
    assert accepted(after) == {"a", "b", "c"}
    with pytest.raises(StoreError, match="anna is no reviewer"):
        go(TASK, DONE, document, who="anna", force="me too")


def test_the_approval_goes_with_the_task() -> None:
    _, document = go(TASK, DONE)
    assert removed(TASK, LABELS, PEOPLE, author="anna") == ()
    with pytest.raises(StoreError, match="anna is no reviewer"):
        removed(TASK, document, PEOPLE, author="anna")
    assert document.apply(removed(TASK, document, PEOPLE, author="ada")).events == {}


def test_only_tracks_of_its_time_belong_to_a_task() -> None:
    short = replace(TASK, end_ns=50)
    documents = Document.of([*LABELS.tracks.values(), replace(late, id="d", number=10)])
    assert task_facts(short, documents).tracks == 4
    assert task_facts(replace(TASK, start_ns=101, end_ns=150), documents).tracks == 0


def sent_back(document: Document, track_id: str) -> Document:
    """The track is sent back as it is now."""
    return document.apply(
        decide_track(document, track_id, Verdict.SENT_BACK, author="ada", tier=1, time_ns=3)
    )


def test_what_was_said_of_a_task_and_not_answered_is_told() -> None:
    nothing = unanswered(TASK, LABELS)
    assert (nothing.issue_words, nothing.track_words) == ("", "")
    document = sent_back(sent_back(LABELS, "a"), late.id)
    for at_ns in (40, 900):
        document = document.apply(
            open_issue(document, text="x", author="ada", time_ns=at_ns, timestamp_ns=at_ns)
        )
    found = unanswered(replace(TASK, end_ns=60), document)
    assert found.issue_words == "1 issue open: Issue 1"
    names = ", ".join(document.tracks[name].name for name in ("a", late.id))
    assert found.track_words == f"2 tracks sent back and not changed since: {names}"


def test_a_track_that_was_changed_or_approved_since_is_answered() -> None:
    document = sent_back(sent_back(LABELS, "a"), "b")
    document = document.apply(write_note(document, "a", "done"))
    document = document.apply(approve_track(document, "b", author="lea", tier=2, time_ns=4))
    assert unanswered(TASK, document).sent_back == ()
