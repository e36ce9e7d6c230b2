"""The trail and the summary of a review, through a project: what counts, and what was changed since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from av3d.store.exchange import read_text, write_text
from av3d.store.project import Project, open_project
from av3d.store.review_summary import ReviewSummary, TrackState, review_summary
from av3d.store.review_trail import Standing
from av3d.store.task_flow import moved
from av3d.store.tasks import Task, TaskState
from av3d.tracks.change import Change
from av3d.tracks.decision import Verdict
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.operations.decisions import (
    approve_track,
    decide,
    send_back_track,
    track_decision_id,
    withdraw,
)
from av3d.tracks.operations.issues import open_issue, reply
from av3d.tracks.operations.life import delete, write_note
from av3d.tracks.operations.review_plans import plan_review
from av3d.tracks.review_plan import ReviewPlan
from store.projects import LOG, car, new_project, rain

ADA = {"author": "ada", "tier": 1}


def labelled(location: str | Path) -> Project:
    """Entries 1 to 3: the ontology, the log, three cars."""
    project = new_project(location, author="anna")
    tracks = [car(name, number=row + 1) for row, name in enumerate("abc")]
    project.apply(LOG, [Change(None, one) for one in (*tracks, rain())], command="draw")
    return project


def do(project: Project, operation, *given: object, by: str = "ada", **more: object) -> int:
    """Make an operation an entry of the journal; its number."""
    changes = operation(project.document(LOG), *given, **more)
    return project.apply(LOG, changes, command=operation.__name__, author=by)


def states(summary: ReviewSummary) -> dict[str, str]:
    return {one.track.id: one.state.value for one in summary.tracks}


def trail(summary: ReviewSummary) -> list[tuple[int, str, str, str]]:
    return [(act.entry, act.author, act.did, act.standing.value) for act in summary.acts]


def test_a_change_after_approval_shows_the_track_as_unreviewed(project_url: str) -> None:
    with labelled(project_url) as project:
        approved = do(project, approve_track, "a", **ADA, time_ns=5)
        summary = review_summary(project, LOG)
        assert states(summary) == {"a": "approved", "b": "not reviewed", "c": "not reviewed"}
        assert trail(summary) == [(approved, "ada", "approved", "counts")]
        edited = do(project, write_note, "a", "too short", by="anna")
        summary = review_summary(project, LOG)
        assert states(summary)["a"] == "changed since"
        (act,) = summary.acts
        assert act.standing is Standing.CHANGED
        assert [(edit.entry, edit.author, edit.command) for edit in act.changed_by] == [
            (edited, "anna", "write_note")
        ]
        project.undo()
        assert states(review_summary(project, LOG))["a"] == "approved"
        assert project.check().clean


def test_what_was_said_before_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        first = do(project, send_back_track, "a", **ADA, time_ns=5, note="too short")
        again = do(project, approve_track, "a", **ADA, time_ns=6)
        over = do(project, send_back_track, "a", author="lea", tier=2, time_ns=7, by="lea")
        gone = do(project, withdraw, track_decision_id("a", "lea"), by="lea")
        back = do(project, approve_track, "a", author="lea", tier=2, time_ns=9, by="lea")
        assert trail(review_summary(project, LOG)) == [
            (first, "ada", "sent back", "replaced"),
            (again, "ada", "approved", "overruled"),
            (over, "lea", "sent back", "withdrawn"),
            (gone, "lea", "withdrew: sent back", "withdrawn"),
            (back, "lea", "approved", "counts"),
        ]


def test_an_undo_is_an_act_too(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        do(project, approve_track, "a", **ADA, time_ns=5, by="anna")
        project.undo()
        project.redo()
        acts = review_summary(project, LOG).acts
        assert [(act.did, act.kind.value, act.standing.value) for act in acts] == [
            ("approved", "do", "withdrawn"),
            ("withdrew: approved", "undo", "withdrawn"),
            ("approved", "redo", "counts"),
        ]


def test_a_deleted_track_leaves_its_trail(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        do(project, approve_track, "a", **ADA, time_ns=5)
        entry = do(project, delete, ["a"], by="anna")
        summary = review_summary(project, LOG)
        assert "a" not in states(summary)
        (act,) = summary.acts
        assert (act.standing, act.decision.track_id) == (Standing.CHANGED, "a")
        assert [edit.entry for edit in act.changed_by] == [entry]


def test_findings_and_other_events_are_told_apart(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        track = project.document(LOG).tracks["b"]
        do(
            project, decide, "f", Verdict.ACCEPTED, **ADA, time_ns=5, start_ns=0, end_ns=9,
            track_ids=("b",), track_digest=track.digest, check="speed",
        )  # fmt: skip
        summary = review_summary(project, LOG)
        assert states(summary)["b"] == "not reviewed"
        (act,) = summary.acts
        assert (act.did, act.decision.check, act.standing) == ("accepted", "speed", "counts")
        assert summary.by_author() == {
            "ada": {
                "decisions": 1, "accepted": 1, "fixing": 0, "sent_back": 0, "approved": 0,
                "counting": 1,
            }
        }  # fmt: skip


def test_what_an_older_av3d_accepted_is_approved_and_changed_since(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        track = project.document(LOG).tracks["a"]
        values = {"state": "accepted", "author": "ada", "track_digest": track.digest}
        event = Event("review/speed/a/0", REVIEW, 0, 9, values, track_ids=("a",))
        project.apply(LOG, [Change(None, event)], command="accept", author="ada")
        assert states(review_summary(project, LOG))["a"] == "approved"
        do(project, write_note, "a", "?")
        assert states(review_summary(project, LOG))["a"] == "changed since"


def test_a_task_that_is_done_approves_and_its_way_is_told(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        task = Task("t", LOG, 0, 100, "all")
        project.commit({"": [Change(None, task)]}, command="plan")
        for state, who in ((TaskState.REVIEW, "anna"), (TaskState.DONE, "ada")):
            document = project.document(LOG)
            after, changes = moved(task, state, document, (), author=who, time_ns=5)
            project.commit({"": [Change(task, after)], LOG: changes}, command="go", author=who)
            task = after
        do(project, write_note, "b", "?")
        summary = review_summary(project, LOG)
        assert states(summary) == {"a": "approved", "b": "changed since", "c": "approved"}
        (act,) = summary.acts
        assert (act.author, act.decision.task_id, act.standing) == ("ada", "t", "counts")
        assert {edit.track_id for edit in act.changed_by} == {"b"}
        assert [(one.author, one.before, one.after) for one in summary.task_moves] == [
            ("anna", "", "new"), ("anna", "new", "review"), ("ada", "review", "done"),
        ]  # fmt: skip


def test_a_part_of_a_track_is_approved_in_part(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        task = Task("t", LOG, 0, 50, "half", TaskState.REVIEW)
        document = project.document(LOG)
        after, changes = moved(task, TaskState.DONE, document, (), author="ada", time_ns=5)
        project.commit({"": [Change(None, after)], LOG: changes}, command="done")
        assert set(states(review_summary(project, LOG)).values()) == {"approved in part"}


def test_what_was_seen_is_counted_by_plan_category_and_state(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        van = replace(car("v"), category="van", number=1)
        project.apply(LOG, [Change(None, van)], command="draw")
        do(project, plan_review, ReviewPlan("p", "all", 1.0), 0, 100)
        do(project, approve_track, "a", **ADA, time_ns=5)
        do(project, send_back_track, "v", **ADA, time_ns=6)
        found = review_summary(project, LOG)
        (plan,) = found.plans
        assert (plan.all.seen, plan.all.chosen) == (2, 4)
        assert {name: seen.seen for name, seen in plan.by_category.items()} == {"car": 1, "van": 1}
        assert found.counts()[TrackState.APPROVED] == 1
        assert found.by_category()["van"][TrackState.SENT_BACK] == 1
        assert found.as_dict()["counts"] == {
            "approved": 1, "approved in part": 0, "sent back": 1, "changed since": 0,
            "not reviewed": 2,
        }  # fmt: skip


def test_two_who_review_at_once_are_both_heard(tmp_path: Path) -> None:
    labelled(tmp_path / "p.av3d").close()
    with (
        open_project(tmp_path / "p.av3d", author="ada") as ada,
        open_project(tmp_path / "p.av3d", author="mira") as mira,
    ):
        both = ada.edit(LOG), mira.edit(LOG)
        for editor, name, tier in zip(both, ("ada", "mira"), (1, 2), strict=True):
            changes = approve_track(editor.document, "a", author=name, tier=tier, time_ns=5)
            editor.apply(changes, command="approve Car 1")
        for editor in both:
            editor.refresh()
        key = open_issue(both[0].document, text="?", author="ada", time_ns=6, timestamp_ns=0)
        both[0].apply(key, "open")
        both[1].refresh()
        for editor, name in zip(both, ("ada", "mira"), strict=True):
            said = reply(editor.document, key[0].id, text=name, author=name, time_ns=7)
            editor.apply(said, "reply")
        found = review_summary(mira, LOG)
        assert {act.author: act.standing.value for act in found.acts} == {
            "ada": "overruled", "mira": "counts",
        }  # fmt: skip
        (issue,) = found.issues
        assert {message.text for message in issue.messages} == {"?", "ada", "mira"}


def test_the_record_goes_along_with_the_projects_text(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        do(project, approve_track, "a", **ADA, time_ns=5)
        do(project, open_issue, text="?", author="ada", time_ns=6, timestamp_ns=0, track_ids=["b"])
        do(project, plan_review, ReviewPlan("p", "all", 1.0), 0, 100)
        do(project, write_note, "a", "longer", by="anna")
        known = review_summary(project, LOG)
        write_text(project, tmp_path / "p.jsonl")
    with read_text(tmp_path / "p.jsonl", tmp_path / "q.av3d") as copy:
        assert review_summary(copy, LOG).as_dict() == known.as_dict()
