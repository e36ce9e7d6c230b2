from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.errors import Av3dError
from av3d.store.conflict import ConflictError
from av3d.store.tasks import Author, Role, Task, TaskState, new_task_id
from av3d.tracks.change import Change
from store.projects import LOG, ids, new_project


def test_tasks_and_authors_come_back_as_they_were(project_url: str) -> None:
    tasks = [
        Task("t2", "other", 0, 5, "Kreuzung", TaskState.REVIEW, "mira", "ö\n車"),
        Task("t1", "other", 0, 5),
        Task("t3", LOG, -(2**62) + 1, 2**62 - 1, state=TaskState.DONE),
    ]
    authors = [Author("mira", "Mira Ü.", Role.LEAD, "nur vormittags"), Author("Jonas")]
    with new_project(project_url, LOG, "other") as project:
        project.commit({"": [Change(None, one) for one in (*tasks, *authors)]}, command="plan")
        assert project.tasks() == (tasks[2], tasks[1], tasks[0])
        assert project.tasks("other") == (tasks[1], tasks[0])
        assert project.authors() == (authors[1], authors[0])
        assert project.check().clean


def test_a_task_goes_through_its_states_and_back(project_url: str) -> None:
    with new_project(project_url) as project:
        task = Task("t", LOG, 0, 9)
        project.commit({"": [Change(None, task)]}, command="new task")
        for state in (TaskState.LABELLING, TaskState.REVIEW, TaskState.DONE):
            after = replace(task, state=state)
            project.commit({"": [Change(task, after)]}, command=state.value)
            task = after
        (change,) = project.journal()[-1].changes
        assert change.delta == {"state": ["review", "done"]}
        project.undo()
        assert project.tasks()[0].state is TaskState.REVIEW


def test_two_who_take_a_task_do_not_both_get_it(project_url: str) -> None:
    with new_project(project_url) as project:
        task = Task("t", LOG, 0, 9)
        project.commit({"": [Change(None, task)]}, command="new task")
        mine, theirs = (replace(task, assignee=name) for name in ("mira", "jonas"))
        project.commit({"": [Change(task, theirs)]}, command="take", author="jonas")
        with pytest.raises(ConflictError, match="task on drive was changed by jonas"):
            project.commit({"": [Change(task, mine)]}, command="take", author="mira")
        assert project.tasks() == (theirs,)


def test_a_deleted_author_is_gone_and_comes_back(project_url: str) -> None:
    with new_project(project_url) as project:
        project.commit({"": [Change(None, Author("mira"))]}, command="add")
        project.commit({"": [Change(Author("mira"), None)]}, command="remove")
        assert project.authors() == ()
        project.undo()
        assert ids(project.authors()) == ["mira"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Task("t", LOG, 9, 0),
        lambda: Task("", LOG, 0, 9),
        lambda: Task("t", "a\nb", 0, 9),
        lambda: Task("t", LOG, 0, 2**62),
        lambda: Task("t", LOG, 0, 9, title="nul \x00"),
        lambda: Task("t", LOG, 0, 9, note="\udcff"),
        lambda: Author(""),
        lambda: Author("mira\x1b[2J"),
        lambda: Author("mira", note="\udcff"),
    ],
)
def test_what_cannot_be_stored_is_refused(make) -> None:
    with pytest.raises(Av3dError):
        make()


def test_new_tasks_have_identities_of_their_own() -> None:
    assert len({new_task_id() for _ in range(100)}) == 100
