from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from av3d.store import journal
from av3d.store.conflict import ConflictError
from av3d.store.errors import StoreError
from av3d.store.project import Project, open_project
from av3d.tracks.change import Change
from av3d.tracks.document import EditError
from av3d.tracks.operations.life import delete
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track
from store.projects import LOG, car, history, ids, new_project, rain


@pytest.fixture
def project(project_url: str):
    """A project with one car, made by somebody else."""
    with new_project(project_url, author="lead", session="import") as project:
        project.apply(LOG, [Change(None, car("a"))], command="import")
        yield project


def at(project: Project, x_m: float) -> Change:
    """The car, moved from where it is stored to a place."""
    return Change(project.document(LOG).tracks["a"], car("a", x_m, 1.0))


def place(document) -> float:
    return document.tracks["a"].keyframes[0].cuboid.center_m[0]


def test_an_edit_is_shown_stored_and_in_the_journal(project: Project) -> None:
    editor = project.edit(LOG)
    entry = editor.apply([at(project, 5.0)], "move")
    assert entry is not None
    assert place(editor.document) == place(project.document(LOG)) == 5.0
    assert (entry.id, editor.position) == (4, 4)
    assert history(project, LOG) == [(3, "do", "import"), (4, "do", "move")]


def test_an_edit_that_changes_nothing_leaves_no_entry(project: Project) -> None:
    editor = project.edit(LOG)
    there_and_back = [at(project, 5.0), at(project, 5.0).reversed()]
    assert editor.apply(there_and_back, "hesitate") is None
    assert editor.apply([], "nothing") is None
    assert project.position == 3


def test_undo_and_redo_are_entries_of_their_own(project: Project) -> None:
    editor = project.edit(LOG)
    editor.apply([at(project, 5.0)], "move")
    undone = editor.undo()
    assert undone is not None
    assert (undone.target, place(editor.document)) == (4, 0.0)
    redone = editor.redo()
    assert redone is not None
    assert (redone.target, place(editor.document)) == (4, 5.0)
    assert history(project, LOG)[1:] == [
        (4, "do", "move"),
        (5, "undo", "undo move"),
        (6, "redo", "redo move"),
    ]
    assert place(project.document(LOG)) == 5.0


def test_an_edit_after_undo_ends_what_can_be_redone(project: Project) -> None:
    editor = project.edit(LOG)
    editor.apply([at(project, 5.0)], "move")
    editor.undo()
    editor.apply([at(project, 6.0)], "move elsewhere")
    assert editor.redo() is None
    assert place(editor.document) == 6.0


def test_undo_goes_back_in_its_own_session_only(project: Project) -> None:
    mine, theirs = project.edit(LOG, session="mine"), project.edit(LOG, session="theirs")
    mine.apply([Change(None, car("b", number=8))], "create b")
    theirs.refresh()
    theirs.apply([at(project, 5.0)], "move a")
    mine.undo()
    assert ids(mine.document.tracks.values()) == ["a"]
    assert place(mine.document) == 5.0
    assert mine.undo() is None
    assert project.history("theirs").undoable == 5


def test_undo_that_another_change_is_in_the_way_of_shows_both_versions(project: Project) -> None:
    mine = project.edit(LOG, session="mine")
    mine.apply([at(project, 5.0)], "move")
    theirs = project.edit(LOG, session="theirs")
    theirs.apply([at(project, 9.0)], "move away")
    with pytest.raises(ConflictError, match=r"Car 7 was changed by lead .*\(move away\)") as caught:
        mine.undo()
    (conflict,) = caught.value.conflicts
    versions = (conflict.base, conflict.mine, conflict.theirs)
    assert [version.keyframes[0].cuboid.center_m[0] for version in versions] == [5.0, 0.0, 9.0]
    assert place(project.document(LOG)) == 9.0
    theirs.undo()
    mine.undo()
    assert place(mine.document) == 0.0


def test_redo_of_a_creation_shows_who_made_another_track_of_that_id(project: Project) -> None:
    mine = project.edit(LOG)
    mine.apply([Change(None, car("b", 1.0, number=8))], "create")
    mine.undo()
    project.apply(LOG, [Change(None, car("b", 2.0, number=9))], command="create too")
    with pytest.raises(ConflictError, match="Car 9 is already there") as caught:
        mine.redo()
    (conflict,) = caught.value.conflicts
    assert conflict.base is None
    assert conflict.mine.name == "Car 8"


def test_what_others_refer_to_cannot_be_undone(project: Project) -> None:
    mine = project.edit(LOG, session="mine")
    mine.apply([Change(None, car("truck", number=8))], "create")
    theirs = project.edit(LOG, session="theirs")
    towed = replace(theirs.document.tracks["a"], relations=(Relation(TOWED_BY, "truck"),))
    theirs.apply([Change(theirs.document.tracks["a"], towed)], "relate")
    with pytest.raises(EditError, match="track a refers to track truck"):
        mine.undo()
    assert ids(project.tracks(LOG)) == ["a", "truck"]
    theirs.undo()
    mine.undo()
    assert ids(mine.document.tracks.values()) == ["a"]


def test_undo_of_a_deletion_brings_back_relations_and_mentions(project: Project) -> None:
    editor = project.edit(LOG)
    trailer = car("trailer", number=8, relations=(Relation(TOWED_BY, "a"),))
    editor.apply([Change(None, trailer), Change(None, rain("e", "a", "trailer"))], "label")
    before = editor.document.as_text()
    editor.apply(delete(editor.document, ["a"]), "delete")
    assert editor.document.tracks["trailer"].relations == ()
    assert editor.document.events["e"].track_ids == ("trailer",)
    editor.undo()
    assert editor.document.as_text() == before == project.document(LOG).as_text()


def test_undo_of_an_import_takes_all_of_it_away(project: Project) -> None:
    editor = project.edit(LOG)
    many = [Change(None, car(f"t{k}", number=k + 10)) for k in range(150)]
    before = editor.document.as_text()
    editor.apply(many, "import 150")
    assert len(project.tracks(LOG)) == 151
    editor.undo()
    assert project.document(LOG).as_text() == editor.document.as_text() == before


def test_a_session_goes_on_after_reopening(project_url: str) -> None:
    with new_project(project_url) as project:
        editor = project.edit(LOG, session="monday")
        editor.apply([Change(None, car("a"))], "create a")
        editor.apply([Change(None, car("b", number=8))], "create b")
        editor.undo()
    with open_project(project_url) as project:
        other, editor = project.edit(LOG, session="tuesday"), project.edit(LOG, session="monday")
        assert other.undo() is None
        assert (editor.history.undoable, editor.history.redoable) == (3, 4)
        editor.redo()
        assert ids(editor.document.tracks.values()) == ["a", "b"]
        editor.undo()
        editor.undo()
        assert editor.undo() is None
        assert editor.document.as_text() == project.document(LOG).as_text() == ""


def test_refresh_takes_over_what_was_committed_between_own_edits(project: Project) -> None:
    mine, theirs = project.edit(LOG), project.edit(LOG)
    mine.apply([Change(None, car("b", number=8))], "create b")
    assert theirs.refresh() == {("track", "b")}
    theirs.apply([Change(None, car("c", number=9)), Change(None, rain("e", "c"))], "create c")
    theirs.apply([Change(theirs.document.tracks["b"], None)], "delete b")
    # Without a refresh of its own, an edit brings what was missed with it.
    mine.apply([at(project, 5.0)], "move a")
    assert mine.position == project.position
    assert mine.document.as_text() == project.document(LOG).as_text()
    assert mine.refresh() == set()


def test_an_edit_of_another_log_is_no_news(project_url: str) -> None:
    with new_project(project_url, "one", "two") as project:
        editor = project.edit("one")
        project.apply("two", [Change(None, car("a"))], command="create")
        assert editor.refresh() == set()
        assert editor.position == project.position
        assert editor.document.as_text() == ""


def test_news_are_of_one_moment(
    project_url: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit while news are read must not make a track refer to one that is not there yet."""
    editor = project.edit(LOG)
    project.apply(LOG, [at(project, 5.0)], command="move")
    read = journal.changed_since
    with open_project(project_url) as other:

        def read_and_wait(*arguments):
            found = read(*arguments)
            moved = other.document(LOG).tracks["a"]
            towed = replace(moved, relations=(Relation(TOWED_BY, "truck"),))
            truck = car("truck", number=8)
            other.apply(LOG, [Change(None, truck), Change(moved, towed)], command="relate")
            return found

        monkeypatch.setattr(journal, "changed_since", read_and_wait)
        assert editor.refresh() == {("track", "a")}
    monkeypatch.undo()
    assert (place(editor.document), editor.document.tracks["a"].relations) == (5.0, ())
    assert editor.refresh() == {("track", "a"), ("track", "truck")}
    assert editor.document.as_text() == project.document(LOG).as_text()


def test_what_is_committed_is_acknowledged_even_if_it_cannot_be_read_then(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = project.edit(LOG)
    project.apply(LOG, [Change(None, car("b", number=8))], command="create b")

    def fail(*_: object) -> None:
        raise StoreError("the network is gone")

    monkeypatch.setattr(project, "news", fail)
    entry = editor.apply([at(project, 5.0)], "move")
    assert entry is not None
    assert place(editor.document) == 5.0
    monkeypatch.undo()
    assert editor.refresh() == {("track", "a"), ("track", "b")}
    assert editor.document.as_text() == project.document(LOG).as_text()
    assert editor.history.undoable == entry.id


def test_two_editors_of_one_session_undo_each_others_edits(project_url: str) -> None:
    with new_project(project_url, "one", "two") as project:
        one, two = project.edit("one", session="s"), project.edit("two", session="s")
        one.apply([Change(None, car("a"))], "create a")
        two.apply([Change(None, car("b"))], "create b")
        one.refresh()
        assert one.history.undoable == 5
        one.undo()
        two.refresh()
        assert two.document.as_text() == ""
        assert (two.history.undoable, two.history.redoable) == (4, 5)


def digest(track: Track | None) -> str | None:
    return track.digest if track else None


EDITS: dict[str, Callable[[Track], Track | None]] = {
    "move": lambda track: car("a", 5.0, 1.0),
    "move further": lambda track: car("a", 6.0, 1.0),
    "rename": lambda track: replace(track, category="truck"),
    "delete": lambda track: None,
}


@pytest.mark.parametrize("first", EDITS)
@pytest.mark.parametrize("second", EDITS)
def test_the_second_of_two_edits_of_a_track_conflicts_whatever_they_are(
    tmp_path, first: str, second: str
) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a"))], command="import")
        one, two = project.edit(LOG), project.edit(LOG)
        base = one.document.tracks["a"]
        one.apply([Change(base, EDITS[first](base))], first)
        wanted = EDITS[second](two.document.tracks["a"])
        changes = [Change(two.document.tracks["a"], wanted), Change(None, car("b", number=8))]
        with pytest.raises(ConflictError) as caught:
            two.apply(changes, second)
        (conflict,) = caught.value.conflicts
        shown = (conflict.base, conflict.mine, conflict.theirs)
        assert list(map(digest, shown)) == list(map(digest, (base, wanted, EDITS[first](base))))
        assert two.document.tracks["a"] == base  # until it is refreshed
        two.refresh()
        assert project.document(LOG).as_text() == two.document.as_text() == one.document.as_text()
        assert "b" not in two.document.tracks
