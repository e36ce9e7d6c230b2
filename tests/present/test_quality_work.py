from __future__ import annotations

import pytest

from av3d.present import inspecting
from av3d.present.tasks import WorkQueue
from av3d.store.project import open_project
from av3d.store.tasks import Author, Role, Task, TaskState
from av3d.tracks.change import Change
from av3d.tracks.decision import Verdict
from av3d.tracks.issue import IssueState
from av3d.tracks.operations.life import delete


@pytest.fixture
def ready(editing, monkeypatch):
    """Works run at once; checks have tests of their own."""
    monkeypatch.setattr(inspecting, "all_checks", tuple)
    editing.session.works = WorkQueue(editing.session.clock, start=lambda work: work())
    return editing


def told(workspace):
    workspace.tick()
    workspace.tick()
    return [(toast.title, toast.text) for toast in workspace.toasts.toasts]


def with_task(workspace, state):
    editor = workspace.session.labels.editor
    task = Task("task", editor.log_name, 0, 1_100_000_000, "Street", state)
    editor.project.commit({"": [Change(None, task)]}, command="task")


def state_of_task(project):
    with open_project(project) as opened:
        [task] = opened.tasks()
    return task.state


def open_an_issue(workspace):
    workspace.run("issue.new")
    workspace.dialog.set("text", "rear edge is off")
    workspace.dialog.do()


def test_a_task_goes_from_labelling_to_review_and_is_done(ready, project):
    with_task(ready, TaskState.LABELLING)
    ready.key("Ctrl+Alt+R")
    assert state_of_task(project) is TaskState.REVIEW
    ready.key("Ctrl+Alt+D")
    assert state_of_task(project) is TaskState.DONE
    assert ("Task Street", "It is done.") in told(ready)


def test_an_open_issue_keeps_a_task_from_being_done(ready, project):
    with_task(ready, TaskState.REVIEW)
    open_an_issue(ready)
    ready.key("Ctrl+Alt+D")
    assert state_of_task(project) is TaskState.REVIEW
    [(title, text)] = told(ready)
    assert title == "Task Street: not done"
    assert "Issue 1" in text


def test_handing_in_with_something_unanswered_asks_first(ready, project):
    with_task(ready, TaskState.LABELLING)
    open_an_issue(ready)
    ready.key("Ctrl+Alt+R")
    assert state_of_task(project) is TaskState.LABELLING
    assert ready.dialog.dialog.title == "Hand Street in all the same?"
    assert ready.dialog.lines == (
        "1 issue open: Issue 1. See 'List of all issues' (Shift+C) in Review.",
    )
    ready.key("Enter")
    assert state_of_task(project) is TaskState.REVIEW
    assert ready.dialog.dialog is None
    assert ("Task Street", "It is handed in for review.") in told(ready)


def test_who_thinks_again_has_not_handed_in(ready, project):
    with_task(ready, TaskState.LABELLING)
    ready.session.select("car-1")
    ready.review.decide_track(Verdict.SENT_BACK)
    ready.key("Ctrl+Alt+R")
    assert ready.dialog.lines == ("1 track sent back and not changed since: Car 1.",)
    ready.key("Esc")
    assert state_of_task(project) is TaskState.LABELLING


def test_who_answers_while_it_is_asked_still_hands_in(ready, project, settle):
    with_task(ready, TaskState.LABELLING)
    open_an_issue(ready)
    ready.key("Ctrl+Alt+R")
    ready.issues.show(ready.issues.all[0].id)
    ready.issues.set_state(IssueState.RESOLVED)
    settle(ready)
    assert ready.dialog.lines == ("Nothing is open.",)
    ready.dialog.do()
    assert state_of_task(project) is TaskState.REVIEW


def test_an_annotator_cannot_say_that_a_task_is_done(ready, project):
    author = ready.session.labels.editor.project.author
    with open_project(project) as opened:
        opened.commit({"": [Change(None, Author(author, role=Role.ANNOTATOR))]}, command="author")
    with_task(ready, TaskState.REVIEW)
    ready.key("Ctrl+Alt+D")
    assert state_of_task(project) is TaskState.REVIEW
    assert "no reviewer" in told(ready)[0][1]


def test_differences_to_another_project_are_gone_through(ready, project, log, tmp_path, settle):
    other = tmp_path / "other.sqlite"
    with open_project(other, create=True) as opened:
        opened.add_log(log)
        tracks = {track.id: track for track in ready.session.tracks}
        opened.apply(log.name, [Change(None, track) for track in tracks.values()], command="import")
        opened.apply(
            log.name, delete(opened.document(log.name), ["pedestrian-1"]), command="delete"
        )
    ready.run("labels.compare", str(other))
    for _ in range(4):
        settle(ready)
    assert ready.desk.base == "review"
    [difference] = ready.review.rows
    assert (difference.check, difference.track_ids) == ("agreement.extra", ("pedestrian-1",))
    ready.key("T")
    settle(ready)
    assert "pedestrian-1" not in ready.session.labels.document.tracks
    ready.key("Ctrl+Z")
    assert "pedestrian-1" in ready.session.labels.document.tracks
    ready.run("labels.compare_end")
    assert ready.review.sources.source == "checks"


def test_a_report_is_written_beside_the_window(ready, tmp_path, monkeypatch):
    monkeypatch.setattr("av3d.qa.inspection.all_checks", tuple)
    target = tmp_path / "report.html"
    ready.run("report.save", str(target))
    assert ("Report saved", str(target)) in told(ready)
    assert "street" in target.read_text()
