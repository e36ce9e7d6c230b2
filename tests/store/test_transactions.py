from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.store.conflict import ConflictError
from av3d.store.errors import StoreError
from av3d.store.project import Project
from av3d.store.tasks import Author, Task
from av3d.tracks.change import Change
from av3d.tracks.document import EditError
from av3d.tracks.event import Event
from av3d.tracks.relation import TOWED_BY, Relation
from store.projects import LOG, car, damage, history, ids, new_project, rain


@pytest.fixture
def project(project_url: str):
    """A project with a truck, its trailer and an event of both."""
    with new_project(project_url) as project:
        trailer = car("trailer", number=2, relations=(Relation(TOWED_BY, "truck"),))
        made = [car("truck", number=1), trailer, rain("e", "truck", "trailer")]
        project.apply(LOG, [Change(None, entity) for entity in made], command="label")
        yield project


def refused(project: Project, *changes: Change, log: str = LOG) -> str:
    """The message; nothing may have been written."""
    text, position = project.document(LOG).as_text(), project.position
    with pytest.raises((EditError, StoreError)) as caught:
        project.commit({log: changes}, command="edit")
    assert (project.document(LOG).as_text(), project.position) == (text, position)
    assert project.check().clean
    return str(caught.value)


def test_a_truck_with_a_trailer_cannot_go_alone(project: Project) -> None:
    truck = project.document(LOG).tracks["truck"]
    assert "track trailer refers to track truck" in refused(project, Change(truck, None))


def test_a_track_that_takes_part_in_an_event_cannot_go_alone(project: Project) -> None:
    trailer = project.document(LOG).tracks["trailer"]
    assert "event e refers to track trailer" in refused(project, Change(trailer, None))


def test_nothing_may_refer_to_a_track_that_is_not_there(project: Project) -> None:
    truck = project.document(LOG).tracks["truck"]
    towed = replace(truck, relations=(Relation(TOWED_BY, "tank"),))
    assert "refers to track tank" in refused(project, Change(truck, towed))
    assert "refers to track tank" in refused(project, Change(None, rain("e2", "tank")))
    towed = car("new", number=3, relations=(Relation(TOWED_BY, "tank"),))
    assert "refers to track tank" in refused(project, Change(None, towed))


def test_all_that_belong_together_can_go_at_once(project: Project) -> None:
    document = project.document(LOG)
    gone = [Change(entity, None) for entity in (*document.tracks.values(), document.events["e"])]
    project.apply(LOG, gone, command="delete all")
    assert project.document(LOG).as_text() == ""
    assert project.check().clean


def test_what_is_refused_is_refused_whole(project: Project) -> None:
    truck = project.document(LOG).tracks["truck"]
    stale = car("truck", 9.0, number=1)
    message = refused(
        project,
        Change(None, car("new", number=3)),
        Change(truck, None),
        Change(stale, car("truck", 8.0, number=1)),
    )
    assert "changes an entity twice" in message
    with pytest.raises(ConflictError):
        project.commit(
            {
                LOG: [Change(stale, None), Change(None, car("new", number=3))],
                "": [Change(None, Author("mira"))],
            },
            command="edit",
        )
    assert ids(project.tracks(LOG)) == ["truck", "trailer"]
    assert project.authors() == ()


def test_labels_of_a_log_that_is_not_there_are_refused(project: Project) -> None:
    assert "no log 'night'" in refused(project, Change(None, car("a")), log="night")


def test_everything_must_be_where_it_is_looked_for(project: Project) -> None:
    assert "track a must be of a log" in refused(project, Change(None, car("a")), log="")
    message = refused(project, Change(None, Author("mira")), log=LOG)
    assert "author mira must be of the whole project" in message


@pytest.mark.parametrize("text", ["\udcff", "nul \x00"])
@pytest.mark.parametrize("what", ["author", "command", "session"])
def test_texts_that_no_database_can_hold_are_refused(
    project: Project, what: str, text: str
) -> None:
    given = {"command": "edit", what: text}
    with pytest.raises(StoreError, match=f"the {what} "):
        project.commit({LOG: [Change(None, car("a"))]}, **given)
    assert project.position == 3


@pytest.mark.parametrize("text", ["ü 車 🚗", "'; DROP TABLE track; --", "a\nb\t\u202e", "%s {} \\"])
def test_any_other_text_comes_back_as_it_was(project: Project, text: str) -> None:
    entry = project.commit(
        {LOG: [Change(None, rain("e2", note=text))]}, author=text, session=text, command=text
    )
    (found,) = project.entries(entry.id)
    assert (found.author, found.session, found.command) == (text, text, text)
    assert found == entry
    assert project.document(LOG).events["e2"].note == text
    assert project.history(text).undoable == entry.id
    assert project.check().clean


def test_several_logs_and_the_project_change_in_one_transaction(project_url: str) -> None:
    with new_project(project_url, "one", "two") as project:
        entry = project.commit(
            {
                "one": [Change(None, car("a"))],
                "two": [Change(None, car("a", 5.0))],
                "": [Change(None, Task("t", "one", 0, 9))],
            },
            command="set up",
        )
        assert entry.logs == ("one", "two")
        assert [(change.log, change.kind) for change in entry.changes] == [
            ("one", "track"),
            ("two", "track"),
            ("", "task"),
        ]
        project.undo()
        assert project.document("one").as_text() == project.document("two").as_text() == ""
        assert project.tasks() == ()


def test_a_transaction_without_changes_is_in_the_journal(project: Project) -> None:
    track = project.document(LOG).tracks["truck"]
    entry = project.commit({LOG: [Change(track, track)]}, command="look")
    assert (entry.id, entry.changes) == (4, ())
    assert history(project)[-1] == (4, "do", "look")
    assert project.check().clean


def test_many_keyframes_change_at_once(project: Project) -> None:
    """More than are looked up one by one: some moved, some gone, some new."""
    long = car("long", *range(300), number=3)
    project.apply(LOG, [Change(None, long)], command="make")
    stored = project.document(LOG).tracks["long"]
    other = car("long", *range(1, 251), number=3)
    kept = stored.keyframes[:20] + other.keyframes[20:]
    edited = replace(stored, keyframes=kept)
    project.apply(LOG, [Change(stored, edited)], command="edit")
    assert project.document(LOG).tracks["long"].digest == edited.digest
    project.undo()
    assert project.document(LOG).tracks["long"].digest == long.digest
    assert project.check().clean


def test_a_damaged_row_is_not_written_over(project_url: str, project: Project) -> None:
    """What the journal says and what is stored must agree where an edit touches it."""
    truck = project.document(LOG).tracks["truck"]
    damage(project_url, "UPDATE keyframe SET x_m = 77 WHERE timestamp_ns = 0")
    with pytest.raises(StoreError, match=r"not what the journal says.*project fsck"):
        project.apply(LOG, [Change(truck, car("truck", 5.0, 1.0, number=1))], command="move")
    assert project.position == 3


def test_a_log_name_may_have_any_characters(project_url: str) -> None:
    name = "Fahrt #7 · 雨 / 'quoted' %20"
    with new_project(project_url, name, "other") as project:
        project.apply(name, [Change(None, car("a"))], command="label")
        assert [log.name for log in project.logs()] == [name, "other"]
        assert ids(project.tracks(name)) == ["a"]
        assert project.check().clean


def test_an_event_may_take_place_at_the_limits_of_time(project: Project) -> None:
    event = Event("e2", "rain", -(2**62) + 1, 2**62 - 1)
    project.apply(LOG, [Change(None, event)], command="label")
    assert project.document(LOG).events["e2"] == event
