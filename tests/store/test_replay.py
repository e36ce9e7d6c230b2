from __future__ import annotations

import pytest

from av3d.store.errors import StoreError
from av3d.store.project import Project
from av3d.store.tasks import Author, Task, TaskState
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.history import Kind
from store.projects import LOG, car, damage, history, ids, new_project, rain


@pytest.fixture
def project(project_url: str):
    """Entries 4 to 8: a car, a second one with rain, the first moves, an undo of that, a deletion."""
    with new_project(project_url, "drive", "other") as project:
        project.apply(LOG, [Change(None, car("a"))], command="create a")
        made = [Change(None, car("b", number=8)), Change(None, rain("e", "b"))]
        project.apply(LOG, made, command="create b")
        stored = project.document(LOG).tracks["a"]
        project.apply(LOG, [Change(stored, car("a", 5.0, 1.0))], command="move a")
        project.undo()
        stored = project.document(LOG).tracks["a"]
        project.apply(LOG, [Change(stored, None)], command="delete a")
        yield project


TEXTS = [
    Document(),
    Document(),
    Document(),
    Document(),
    Document.of([car("a")]),
    Document.of([car("a"), car("b", number=8)], [rain("e", "b")]),
    Document.of([car("a", 5.0, 1.0), car("b", number=8)], [rain("e", "b")]),
    Document.of([car("a"), car("b", number=8)], [rain("e", "b")]),
    Document.of([car("b", number=8)], [rain("e", "b")]),
]
"""What the log held after each entry, from before the first on."""


def test_the_past_is_what_it_was(project: Project) -> None:
    for entry, document in enumerate(TEXTS):
        assert project.document_at(LOG, entry).as_text() == document.as_text()
        assert project.document_at("other", entry).as_text() == ""


@pytest.mark.parametrize("entry", [-1, 9, 10**12])
def test_an_entry_that_is_not_there_is_refused(project: Project, entry: int) -> None:
    with pytest.raises(StoreError, match=rf"no entry {entry} in the journal.*use 0 to 8"):
        project.document_at(LOG, entry)
    with pytest.raises(StoreError, match=f"no entry {entry} in the journal"):
        project.restore(entry)
    assert project.position == 8


@pytest.mark.parametrize("entry", range(9))
def test_going_back_is_an_entry_that_can_be_taken_back(project: Project, entry: int) -> None:
    done = project.restore(entry, log_name=LOG)
    if entry == 8:
        assert done is None
        return
    assert project.document(LOG).as_text() == TEXTS[entry].as_text()
    assert history(project)[-1] == (9, "do", f"restore entry {entry} of drive")
    project.undo()
    assert project.document(LOG).as_text() == TEXTS[8].as_text()
    project.redo()
    assert project.document(LOG).as_text() == TEXTS[entry].as_text()
    assert project.check().clean


def test_one_log_goes_back_without_the_others(project: Project) -> None:
    project.apply("other", [Change(None, car("x"))], command="create x")
    project.restore(4, log_name=LOG)
    assert ids(project.tracks(LOG)) == ["a"]
    assert ids(project.tracks("other")) == ["x"]
    project.restore(4)
    assert project.tracks("other") == ()


def test_everything_goes_back_but_logs_and_the_first_ontology_stay(project: Project) -> None:
    task = Task("t", LOG, 0, 9)
    project.commit({"": [Change(None, task), Change(None, Author("mira"))]}, command="plan")
    labelling = Task("t", LOG, 0, 9, state=TaskState.LABELLING)
    project.commit({"": [Change(task, labelling)]}, command="begin")
    project.restore(9)
    assert project.tasks() == (task,)
    ontology = project.ontology()
    project.restore(0)
    assert (project.tasks(), project.authors(), project.tracks(LOG)) == ((), (), ())
    assert [log.name for log in project.logs()] == ["drive", "other"]
    assert project.ontology() == ontology
    project.undo()
    assert ids(project.authors()) == ["mira"]
    assert project.check().clean


def test_a_project_that_had_no_ontology_yet_keeps_the_one_it_has(project: Project) -> None:
    """As one of an older version, which gets its ontology after its first entries."""
    ontology = project.ontology()
    project.commit({"": [Change(ontology, None)]}, command="none yet", kind=Kind.FIXED)
    project.commit({"": [Change(None, ontology)]}, command="ontology", kind=Kind.FIXED)
    project.restore(9)
    assert project.ontology() == ontology
    project.restore(4)
    assert ids(project.tracks(LOG)) == ["a"]
    assert project.ontology() == ontology


def test_going_back_to_a_log_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(StoreError, match="no log 'night'"):
        project.restore(4, log_name="night")
    with pytest.raises(StoreError, match="no log 'night'"):
        project.document_at("night", 4)


def test_a_journal_that_does_not_fit_what_is_stored_is_named(
    project_url: str, project: Project
) -> None:
    damage(project_url, "UPDATE track SET number = 99 WHERE id = 'b'")
    for read in (lambda: project.document_at(LOG, 4), lambda: project.restore(4)):
        with pytest.raises(
            StoreError, match=r"entry 5 of the journal does not fit track b"
        ) as caught:
            read()
        assert caught.value.where == project.where
    assert project.position == 8
