from __future__ import annotations

from av3d.geometry.cuboid import Cuboid
from av3d.store.project import open_project
from av3d.store.references import LogReference
from av3d.store.statistics import LogCounts, activity, count_labels, size_bytes
from av3d.tracks.change import Change
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track


def car(track_id: str, number: int) -> Track:
    cuboid = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.5, 1.9, 1.6], 0.1)
    return Track(track_id, "car", (Keyframe(0, cuboid),), number=number)


def test_labels_are_counted_by_log_and_work_by_author(project_url: str) -> None:
    with open_project(project_url, create=True, author="me") as project:
        logs = [LogReference(name, "folder", "", "", "", 0, 9) for name in ("one", "two")]
        project.commit({"": [Change(None, log) for log in logs]}, command="logs")
        labels = [
            Change(None, car("a", 1)),
            Change(None, car("b", 2)),
            Change(None, Event("e", "x", 0, 1)),
        ]
        entry = project.commit({"two": labels}, command="draw", author="Ada")
        with project.reading() as connection:
            assert count_labels(connection) == {"one": LogCounts(), "two": LogCounts(2, 2, 1)}
            found = activity(connection)
            assert [(who.author, who.entries) for who in found] == [("Ada", 1), ("me", 2)]
            assert found[0].last_ns == entry.time_ns
            assert size_bytes(connection, project) > 10_000
