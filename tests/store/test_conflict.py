from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from av3d.store.conflict import ConflictError
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track
from store.projects import LOG, box, car, new_project, rain


def conflict(project, *changes: Change) -> ConflictError:
    with pytest.raises(ConflictError) as caught:
        project.apply(LOG, changes, command="edit", author="me")
    return caught.value


def test_a_conflict_says_who_changed_what_and_how(project_url: str) -> None:
    with new_project(project_url) as project:
        old = car("a")
        project.apply(LOG, [Change(None, old)], command="import", author="lead")
        stored = project.document(LOG).tracks["a"]
        project.apply(LOG, [Change(stored, car("a", 5.0, 1.0))], command="move", author="mira")
        error = conflict(project, Change(old, car("a", 6.0, 1.0)))
        (found,) = error.conflicts
        assert (found.kind, found.id, found.name, found.made) == ("track", "a", "Car 7", False)
        assert found.entry == project.journal()[-1]
        places = [t.keyframes[0].cuboid.center_m[0] for t in (found.base, found.mine, found.theirs)]
        assert places == [0.0, 6.0, 5.0]
        assert found.sentence.startswith("Car 7 was changed by mira at ")
        assert found.sentence.endswith("(move)")
        assert error.where == project.where
        assert "nothing was changed" in error.fix


def test_times_are_told_from_the_start_of_the_log(tmp_path: Path) -> None:
    def at(x_m: float) -> Track:
        return replace(car("a"), keyframes=(Keyframe(2_500_000_000, box(x_m)),))

    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, at(0.0))], command="import")
        project.apply(LOG, [Change(at(0.0), at(5.0))], command="move", author="mira")
        assert conflict(project, Change(at(0.0), at(6.0))).details == (
            "Car 7, yours: keyframe at 2.50 s moved 6.00 m backwards",
            "Car 7, of mira: keyframe at 2.50 s moved 5.00 m backwards",
        )


def test_what_was_deleted_meanwhile_is_said_to_be(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a"))], command="import")
        project.apply(LOG, [Change(project.tracks(LOG)[0], None)], command="tidy", author="mira")
        (found,) = conflict(project, Change(car("a"), car("a", 5.0, 1.0))).conflicts
        assert found.theirs is None
        assert found.sentence.startswith("Car 7 was deleted by mira")


def test_events_conflict_as_tracks_do(project_url: str) -> None:
    with new_project(project_url) as project:
        project.apply(LOG, [Change(None, rain("e"))], command="rain")
        project.apply(LOG, [Change(rain("e"), rain("e", note="heavy"))], command="note")
        (found,) = conflict(project, Change(rain("e"), rain("e", note="light"))).conflicts
        assert [e.note for e in (found.base, found.mine, found.theirs)] == ["", "light", "heavy"]
        assert found.name == "Rain"


def test_of_many_conflicts_three_are_told(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        tracks = [car(f"t{k}", number=k) for k in range(5)]
        project.apply(LOG, [Change(None, track) for track in tracks], command="import")
        error = conflict(project, *(Change(None, track) for track in tracks))
    assert len(error.conflicts) == 5
    assert "Car 2 is already there" in error.what
    assert "Car 3" not in error.what
    assert error.what.endswith("and 2 more")


def test_a_track_that_was_never_stored_conflicts_with_nothing(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        (found,) = conflict(project, Change(car("a"), car("a", 5.0, 1.0))).conflicts
    assert (found.theirs, found.entry) == (None, None)
    assert found.sentence == "Car 7 was deleted"
