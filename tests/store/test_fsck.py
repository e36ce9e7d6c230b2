"""Every kind of damage to a project's rows is found, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from av3d.store.project import Project, open_project
from av3d.store.tasks import Author, Task
from av3d.tracks.change import Change
from store.projects import LOG, car, damage, findings, new_project, rain


def labelled(location: str | Path, session: str = "s") -> Project:
    """Entries 3 and 4 make cars a and b, 5 an event, 6 moves a, 7 takes that back, 8 makes it again."""
    project = new_project(location, session=session)
    project.apply(LOG, [Change(None, car("a"))], command="create a")
    project.apply(LOG, [Change(None, car("b", number=8))], command="create b")
    project.apply(LOG, [Change(None, rain("e", "a"))], command="rain")
    moved = Change(project.document(LOG).tracks["a"], car("a", 5.0, 1.0))
    project.apply(LOG, [moved], command="move")
    project.undo()
    project.redo()
    project.commit(
        {"": [Change(None, Author("mira")), Change(None, Task("t", LOG, 0, 9))]}, command=""
    )
    return project


def found(location: str, *statements: str) -> list[tuple[str, str]]:
    labelled(location).close()
    damage(location, *statements)
    with open_project(location) as project:
        return findings(project)


def test_a_sound_project_has_no_findings_and_is_counted(project_url: str) -> None:
    with labelled(project_url) as project:
        report = project.check()
    assert report.clean
    assert (report.entries, report.changes, report.logs) == (9, 10, 1)
    assert (report.tracks, report.keyframes, report.others) == (2, 4, 5)


def test_progress_is_told_by_pages(project_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("av3d.store.journal.PAGE", 4)
    told: list[tuple[int, int]] = []
    with labelled(project_url) as project:
        project.check(lambda done, total: told.append((done, total)))
    assert told == [(4, 9), (8, 9), (9, 9)]


NOT_THE_JOURNAL = "what is stored is not what the journal gives"
NOT_WRITTEN = "it is not what was written, or one before it is missing"

DAMAGE: dict[str, tuple[str, str, str]] = {
    "a keyframe moved": (
        "UPDATE keyframe SET x_m = x_m + 0.001 WHERE track_key = 1 AND timestamp_ns = 100",
        "track a of log drive",
        NOT_THE_JOURNAL,
    ),
    "a keyframe at another time": (
        "UPDATE keyframe SET timestamp_ns = 101 WHERE track_key = 1 AND timestamp_ns = 100",
        "track a of log drive",
        NOT_THE_JOURNAL,
    ),
    "a keyframe gone": (
        "DELETE FROM keyframe WHERE track_key = 2 AND timestamp_ns = 0",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a keyframe of another provenance": (
        "UPDATE keyframe SET provenance = 'model' WHERE track_key = 2",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a keyframe turned by the last bit": (
        "UPDATE keyframe SET qw = qw * (1 + 2.5e-16) WHERE track_key = 2",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a number changed": (
        "UPDATE track SET number = 70 WHERE id = 'b'",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a note changed": (
        "UPDATE track SET note = 'who knows' WHERE id = 'b'",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "attributes of another type": (
        "UPDATE track SET attributes = '{\"seen\":1.0}' WHERE id = 'b'",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "an interpolation that nobody has said": (
        "UPDATE track SET interpolation = '{\"model\":\"linear\"}' WHERE id = 'b'",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a noise that nobody has measured": (
        "UPDATE keyframe SET noise = '[0.1,0.1,0.1,0.1]' WHERE track_key = 2",
        "track b of log drive",
        NOT_THE_JOURNAL,
    ),
    "a digest changed": (
        "UPDATE track SET digest = '00' WHERE id = 'b'",
        "track b of log drive",
        "its digest is not that of its value",
    ),
    "a track and its keyframes gone": (
        "DELETE FROM keyframe WHERE track_key = 2; DELETE FROM track WHERE id = 'b'",
        "track b of log drive",
        "it is in the journal but not in the tables",
    ),
    "a track that nobody made": (
        "INSERT INTO track SELECT 9, log_id, 'ghost', category, number, static, free_size,"
        " attributes, relations, note, presence, digest, NULL FROM track WHERE id = 'b'",
        "track ghost of log drive",
        "it is in the tables but not in the journal",
    ),
    "keyframes of a track that is gone": (
        "DELETE FROM track WHERE id = 'b'",
        "keyframes of track_key 2",
        "there are keyframes of a track that is not there",
    ),
    "a track in a log that is not there": (
        "UPDATE track SET log_id = 7 WHERE id = 'b'",
        "tracks of log_id 7",
        "there are tracks of a log that is not there",
    ),
    "an event changed": (
        "UPDATE entity SET value = replace(value, 'rain', 'snow') WHERE kind = 'event'",
        "event e of log drive",
        NOT_THE_JOURNAL,
    ),
    "an event's digest changed": (
        "UPDATE entity SET digest = '00' WHERE kind = 'event'",
        "event e of log drive",
        "its digest is not that of its value",
    ),
    "a task in a state that there is not": (
        "UPDATE entity SET value = replace(value, '\"new\"', '\"old\"') WHERE kind = 'task'",
        "task t",
        "the project holds a task that makes no sense: 'old' is not a valid TaskState",
    ),
    "an author gone": (
        "DELETE FROM entity WHERE kind = 'author'",
        "author mira",
        "it is in the journal but not in the tables",
    ),
    "an entity in a log that is not there": (
        "UPDATE entity SET log_id = 7 WHERE kind = 'event'",
        "event e of log #7",
        "it is in the tables but not in the journal",
    ),
    "a log called by another name": (
        "UPDATE log SET name = 'other'",
        "journal entry 3",
        NOT_WRITTEN,
    ),
    "another author in the journal": (
        "UPDATE journal SET author = 'nobody' WHERE id = 6",
        "journal entry 6",
        NOT_WRITTEN,
    ),
    "another time in the journal": (
        "UPDATE journal SET time_ns = time_ns + 1 WHERE id = 9",
        "journal entry 9",
        NOT_WRITTEN,
    ),
    "another command in the journal": (
        "UPDATE journal SET command = 'tidy up' WHERE id = 1",
        "journal entry 1",
        NOT_WRITTEN,
    ),
    "a digest of the journal changed": (
        "UPDATE journal SET digest = '00' WHERE id = 4",
        "journal entry 5",
        NOT_WRITTEN,
    ),
    "an entry gone": (
        "DELETE FROM change WHERE entry = 5; DELETE FROM journal WHERE id = 5",
        "journal entry 6",
        "entry 5 is missing before it",
    ),
    "some entries gone": (
        "DELETE FROM change WHERE entry BETWEEN 4 AND 5; DELETE FROM journal WHERE id IN (4, 5)",
        "journal entry 6",
        "entries 4 to 5 are missing before it",
    ),
    "the first entry gone": (
        "DELETE FROM change WHERE entry = 1; DELETE FROM journal WHERE id = 1",
        "journal entry 2",
        "entry 1 is missing before it",
    ),
    "the last entry gone": (
        "DELETE FROM change WHERE entry = 9; DELETE FROM journal WHERE id = 9",
        "task t",
        "it is in the tables but not in the journal",
    ),
    "two entries in the other order": (
        "UPDATE journal SET id = 100 WHERE id = 3; UPDATE journal SET id = 3 WHERE id = 4; "
        "UPDATE journal SET id = 4 WHERE id = 100",
        "journal entry 3",
        NOT_WRITTEN,
    ),
    "a change gone": (
        "DELETE FROM change WHERE entry = 6",
        "journal entry 7",
        "track a is not what it starts from",
    ),
    "changes of an entry in the other order": (
        "UPDATE change SET position = 7 WHERE entry = 9 AND position = 0",
        "journal entry 9",
        NOT_WRITTEN,
    ),
    "changes of an entry that is gone": (
        "DELETE FROM journal WHERE id = 9",
        "changes of entry 9",
        "there are changes of an entry that is not there",
    ),
    "another difference": (
        "UPDATE change SET delta = replace(delta, '5.0', '5.5') WHERE entry = 6",
        "journal entry 6",
        NOT_WRITTEN,
    ),
    "a difference that fits nothing": (
        "UPDATE change SET delta = '{\"number\":[1,2]}' WHERE entry = 6",
        "journal entry 6",
        "entry 6 of the journal does not fit track a: "
        "a difference starts from another value of /number",
    ),
    "a difference that is no JSON": (
        "UPDATE change SET delta = '{oops' WHERE entry = 6",
        "journal entry 6",
        "entry 6 of the journal makes no sense: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
    ),
    "a difference of numbers that are none": (
        "UPDATE change SET delta = replace(delta, '5.0', 'NaN') WHERE entry = 6",
        "journal entry 6",
        "it makes no sense: Out of range float values are not JSON compliant",
    ),
    "an entry of no kind": (
        "UPDATE journal SET kind = 'oops' WHERE id = 6",
        "journal entry 6",
        "entry 6 of the journal is of no kind: 'oops'",
    ),
    "an undo of another entry": (
        "UPDATE journal SET target = 4 WHERE id = 7",
        "journal entry 7",
        "it takes back entry 4, but entry 6 was next",
    ),
    "an undo of nothing": (
        "UPDATE journal SET session = 'other' WHERE id = 7",
        "journal entry 7",
        "it takes back entry 6, but nothing was next",
    ),
    "a redo of what was not taken back": (
        "UPDATE journal SET kind = 'redo' WHERE id = 7",
        "journal entry 7",
        "it repeats entry 6, but nothing was next",
    ),
    "attributes that are no JSON": (
        "UPDATE track SET attributes = '{' WHERE id = 'b'",
        "tracks of log drive",
        "track b makes no sense: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1); none of them was compared",
    ),
    "an event that is no JSON": (
        "UPDATE entity SET value = '' WHERE kind = 'event'",
        "event e of log drive",
        "event e makes no sense: Expecting value: line 1 column 1 (char 0)",
    ),
    "an ontology that is a list": (
        "UPDATE entity SET value = '[]' WHERE kind = 'ontology'",
        "ontology ontology",
        "ontology ontology makes no sense",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(tmp_path: Path, name: str) -> None:
    statements, where, what = DAMAGE[name]
    assert (where, what) in found(
        str(tmp_path / "p.av3d"),
        *statements.split("; "),
    )


@pytest.mark.parametrize("name", list(DAMAGE)[::4])
def test_damage_is_found_on_a_server_too(postgres_url: str, name: str) -> None:
    statements, where, what = DAMAGE[name]
    assert (where, what) in found(postgres_url, *statements.split("; "))


@pytest.mark.parametrize(
    ("column", "value"), [("x_m", "'west'"), ("qw", "x'00ff'"), ("timestamp_ns", "'now'")]
)
def test_values_of_another_type_are_a_finding(tmp_path: Path, column: str, value: str) -> None:
    """SQLite stores anything anywhere."""
    statement = f"UPDATE keyframe SET {column} = {value} WHERE track_key = 2 AND timestamp_ns = 100"
    places = {where for where, _ in found(str(tmp_path / "p.av3d"), statement)}
    assert places & {"track b of log drive", "tracks of log drive"}


def test_after_many_findings_no_more_are_told(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        many = [Change(None, car(f"t{k}", number=k)) for k in range(150)]
        project.apply(LOG, many, command="import")
    damage(tmp_path / "p.av3d", "UPDATE track SET note = 'x'")
    with open_project(tmp_path / "p.av3d") as project:
        assert len(findings(project)) == 100
