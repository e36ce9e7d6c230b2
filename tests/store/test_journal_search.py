from __future__ import annotations

from pathlib import Path

import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.store.journal_search import Wanted, entity_names, find_entries, find_tracks, read_found
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.store.tasks import Task
from av3d.tracks.change import Change
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

CUBOID = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.5, 1.9, 1.6], 0.1)


def car(track_id: str, number: int) -> Track:
    return Track(track_id, "car", (Keyframe(0, CUBOID),), number=number)


def fill(project: Project) -> None:
    """Entries 2 to 6; "a" of log two is deleted and another track takes its name."""
    logs = [LogReference(name, "folder", "", "", "", 0, 9) for name in ("one", "two")]
    project.commit({"": [Change(None, log) for log in logs]}, command="logs")
    project.apply("one", [Change(None, car("a", 4))], command="draw", author="Ada")
    project.apply("two", [Change(None, car("a", 4)), Change(None, car("b", 5))], command="draw")
    project.apply("two", [Change(car("a", 4), None)], command="delete", author="Ada")
    things = {
        "two": [Change(None, Event("e", "cut_in", 0, 1))],
        "": [Change(None, Task("t", "two", 0, 1))],
    }
    project.commit(things, command="others")


@pytest.mark.parametrize(
    ("wanted", "entries"),
    [
        (Wanted(), [1, 2, 3, 4, 5, 6]),
        (Wanted(author="Ada"), [3, 5]),
        (Wanted(log="two"), [4, 5, 6]),
        (Wanted(track_ids=("a",)), [3, 4, 5]),
        (Wanted(log="two", track_ids=("a",), author="Ada"), [5]),
        (Wanted(until_ns=0), []),
        (Wanted(since_ns=0), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_entries_are_found(project_url: str, wanted: Wanted, entries: list[int]) -> None:
    with open_project(project_url, create=True, author="me") as project:
        fill(project)
        with project.reading() as connection:
            assert find_entries(connection, wanted) == entries
            assert [entry.id for entry in read_found(connection, entries)] == entries


def test_a_name_means_tracks_that_are_there_before_those_that_were_deleted(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        fill(project)
        with project.reading() as connection:
            (track,) = find_tracks(connection, "car 4")
            assert (track.log, track.id, track.deleted) == ("one", "a", False)
            (track,) = find_tracks(connection, "CAR 4", "two")
            assert (track.log, track.id, track.deleted) == ("two", "a", True)
            assert find_tracks(connection, "Car 9") == []


def test_names_of_what_is_there_and_was(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        fill(project)
        keys = [
            ("two", "track", "a"), ("two", "track", "b"), ("two", "event", "e"), ("", "task", "t"),
            ("", "log", "one"), ("", "ontology", "ontology"), ("two", "track", "never"),
        ]  # fmt: skip
        with project.reading() as connection:
            names = entity_names(connection, keys)
    assert [names.get(key) for key in keys] == [
        "Car 4", "Car 5", "Cut in", "task t", "log one", "ontology av3d", None,
    ]  # fmt: skip
