from __future__ import annotations

import json
from dataclasses import replace

import pytest

from av3d.store import journal
from av3d.store.errors import StoreError
from av3d.store.journal import EntityChange
from av3d.store.project import Project
from av3d.tracks.change import Change
from av3d.tracks.history import Kind
from store.projects import LOG, box, car, damage, history, new_project, rain


@pytest.fixture
def project(project_url: str):
    with new_project(project_url, "drive", "other", author="lead", session="s") as project:
        yield project


def test_entries_tell_who_did_what_in_which_order(project: Project) -> None:
    project.apply(LOG, [Change(None, car("a"))], command="create", author="mira")
    project.apply("other", [Change(None, car("a"))], command="create too", author="jonas")
    entries = project.journal()
    assert [entry.id for entry in entries] == [1, 2, 3, 4, 5]
    assert [(entry.author, entry.command, entry.logs) for entry in entries[1:]] == [
        ("lead", "add log drive", ()),
        ("lead", "add log other", ()),
        ("mira", "create", ("drive",)),
        ("jonas", "create too", ("other",)),
    ]
    assert entries[0].kind is Kind.FIXED
    assert history(project, "other") == [(5, "do", "create too")]


def test_the_journal_keeps_the_difference_and_not_the_track(project: Project) -> None:
    track = car("a", *range(200))
    project.apply(LOG, [Change(None, track)], command="create")
    (stored,) = project.tracks(LOG)
    moved = replace(stored.keyframes[1], cuboid=box(77.5))
    keyframes = (stored.keyframes[0], moved, *stored.keyframes[2:])
    project.apply(LOG, [Change(stored, stored.with_keyframes(keyframes))], command="move")
    (change,) = project.journal()[-1].changes
    assert change.delta == {"keyframes": {"100": {"center_m": [[1.0, 2.0, 3.0], [77.5, 2.0, 3.0]]}}}
    assert change.before == stored.digest == track.digest
    assert len(json.dumps(change.delta)) < 100


def test_every_entry_has_the_digest_of_all_before_it(project: Project) -> None:
    project.apply(LOG, [Change(None, car("a"))], command="create")
    previous = journal.FIRST_DIGEST
    for entry in project.entries():
        assert entry.digest == entry.computed_digest(previous)
        previous = entry.digest
    entry = project.journal()[-1]
    for other in (
        replace(entry, author="x"),
        replace(entry, time_ns=entry.time_ns + 1),
        replace(entry, changes=()),
        replace(entry, target=1),
    ):
        assert other.computed_digest(project.journal()[-2].digest) != entry.digest


def test_entries_are_read_in_pages(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(5):
        project.apply(LOG, [Change(None, rain(f"e{k}"))], command=f"rain {k}")
    whole = project.journal()
    monkeypatch.setattr(journal, "PAGE", 3)
    assert project.journal() == whole
    assert [entry.id for entry in project.entries(3, 7)] == [3, 4, 5, 6, 7]
    assert [entry.id for entry in project.entries(7)] == [7, 8]
    assert list(project.entries(9)) == []


def test_entries_about_a_track_are_those_that_changed_it(project: Project) -> None:
    project.apply(LOG, [Change(None, car("a")), Change(None, car("b", number=8))], command="both")
    project.apply("other", [Change(None, car("a"))], command="elsewhere")
    for x_m in (2.0, 3.0, 4.0):
        before = project.document(LOG).tracks["a"]
        project.apply(LOG, [Change(before, car("a", x_m, 1.0))], command=f"to {x_m}")
    about = project.entries_about("track", "a", log_name=LOG)
    assert [entry.command for entry in about] == ["both", "to 2.0", "to 3.0", "to 4.0"]
    assert [entry.id for entry in project.entries_about("track", "a")] == [4, 5, 6, 7, 8]
    newest = project.entries_about("track", "a", log_name=LOG, limit=2)
    assert [entry.id for entry in newest] == [7, 8]
    assert project.entries_about("track", "nobody") == ()


def test_a_change_taken_back_twice_is_the_change() -> None:
    change = EntityChange.of(LOG, Change(car("a"), car("a", 5.0, 1.0, 2.0)))
    back = change.reversed()
    assert back == EntityChange.of(LOG, Change(car("a", 5.0, 1.0, 2.0), car("a")))
    assert back.reversed() == change


def test_a_damaged_entry_gives_one_line(project_url: str, project: Project) -> None:
    project.apply(LOG, [Change(None, car("a"))], command="create")
    damage(project_url, "UPDATE change SET delta = 'oops' WHERE entry = 4")
    for read in (project.journal, lambda: project.entries_about("track", "a"), project.undo):
        with pytest.raises(StoreError, match="entry 4 of the journal makes no sense") as caught:
            read()
        assert caught.value.where == project.where
    damage(project_url, "UPDATE journal SET kind = 'oops' WHERE id = 4")
    with pytest.raises(StoreError, match="entry 4 of the journal is of no kind: 'oops'"):
        project.history()
