from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.store.database import StoreError
from av3d.store.project import ConflictError, open_project
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track


class NoSweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        raise AssertionError("the store must not read points")


def make_log(path: Path, name: str = "drive", times: tuple[int, ...] = (0, 100)) -> Log:
    return Log(
        name=name,
        kind="folder",
        path=path,
        rig=Rig("car", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory.identity(),
        lidars={"top": NoSweeps(times)},
        cameras={},
    )


def make_track(track_id: str = "a", x_m: float = 1.0, roll_rad: float = 0.1) -> Track:
    pose = SE3.from_euler(roll_rad, -0.2, 3.1, [x_m, 2.0, 3.0])
    later = SE3.from_euler(roll_rad, -0.2, -3.1, [x_m + 1, 2.0, 3.0])
    size = np.array([4.5, 1.9, 1.6])
    return Track(
        id=track_id,
        category="car",
        number=7,
        keyframes=(
            Keyframe(0, Cuboid(pose, size), Provenance.IMPORTED, {"occluded": 2}),
            Keyframe(100, Cuboid(later, size), Provenance.MANUAL),
        ),
        presence=(Span(0, 40), Span(60, 100)),
        attributes={"colour": "weiß", "parked": True, "score": 0.5},
    )


def test_tracks_come_back_as_they_were_stored(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        project.apply("drive", [Change(None, make_track())], command="import")
    with open_project(project_url) as project:
        (track,) = project.tracks("drive")
    assert track.as_json() == make_track().as_json()
    assert track.keyframes[0].provenance is Provenance.IMPORTED
    assert track.presence == (Span(0, 40), Span(60, 100))
    assert track.attributes == {"colour": "weiß", "parked": True, "score": 0.5}


def test_any_cuboid_survives_the_database(project_url: str, tmp_path: Path) -> None:
    numbers = itertools.count()
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))

        @settings(max_examples=40, deadline=None)
        @given(
            x_m=st.floats(-1e7, 1e7),
            angles=st.tuples(*[st.floats(-3.14, 3.14)] * 3),
            size=st.tuples(*[st.floats(0.01, 50)] * 3),
            time_ns=st.integers(1 - 2**62, 2**62 - 1),
        )
        def survives(
            x_m: float,
            angles: tuple[float, float, float],
            size: tuple[float, float, float],
            time_ns: int,
        ) -> None:
            cuboid = Cuboid(SE3.from_euler(*angles, [x_m, -x_m, 0.3]), np.array(size))
            track = Track(f"track {next(numbers)}", "car", (Keyframe(time_ns, cuboid),))
            project.apply("drive", [Change(None, track)], command="create")
            (found,) = [one for one in project.tracks("drive") if one.id == track.id]
            assert found.digest == track.digest
            back = found.keyframes[0].cuboid
            np.testing.assert_array_equal(back.center_m, cuboid.center_m)
            np.testing.assert_array_equal(back.size_lwh_m, cuboid.size_lwh_m)
            np.testing.assert_allclose(
                back.frame_SE3_cuboid.rotation, cuboid.frame_SE3_cuboid.rotation, atol=1e-12
            )

        survives()


def test_an_edit_replaces_the_track_and_is_in_the_journal(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        project.apply("drive", [Change(None, make_track())], command="create", author="mira")
        (before,) = project.tracks("drive")
        project.apply(
            "drive", [Change(before, make_track(x_m=9.0))], command="move", author="jonas"
        )
        (after,) = project.tracks("drive")
        journal = project.journal()
    assert after.keyframes[0].cuboid.center_m[0] == 9.0
    assert [(entry.author, entry.command, len(entry.changes)) for entry in journal[2:]] == [
        ("mira", "create", 1),
        ("jonas", "move", 1),
    ]


def test_a_change_that_starts_from_an_old_value_is_refused_whole(
    project_url: str, tmp_path: Path
) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        project.apply("drive", [Change(None, make_track())], command="create")
        stale = make_track(x_m=5.0)
        with pytest.raises(ConflictError, match=r"Car 7 was changed by .* \(create\)"):
            project.apply(
                "drive",
                [Change(None, make_track("b")), Change(stale, make_track(x_m=6.0))],
                command="move",
            )
        assert [track.id for track in project.tracks("drive")] == ["a"]
        assert len(project.journal("drive")) == 1


def test_creating_a_track_that_is_there_is_refused(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        project.apply("drive", [Change(None, make_track())], command="create")
        with pytest.raises(ConflictError, match="already there"):
            project.apply("drive", [Change(None, make_track())], command="create")


def test_a_deleted_track_leaves_no_keyframes_behind(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        project.add_log(make_log(tmp_path))
        project.apply("drive", [Change(None, make_track())], command="create")
        (track,) = project.tracks("drive")
        project.apply("drive", [Change(track, None)], command="delete")
        assert project.tracks("drive") == ()
    with sqlite3.connect(tmp_path / "p.av3d") as connection:
        assert connection.execute("select count(*) from keyframe").fetchone() == (0,)


def test_two_logs_keep_their_tracks_apart(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path, "one"))
        project.add_log(make_log(tmp_path, "two"))
        project.apply("one", [Change(None, make_track("a"))], command="create")
        project.apply("two", [Change(None, make_track("a", 8.0))], command="create")
        assert project.tracks("one")[0].keyframes[0].cuboid.center_m[0] == 1.0
        assert project.tracks("two")[0].keyframes[0].cuboid.center_m[0] == 8.0


def test_an_unknown_log_is_named_with_those_there_are(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path, "one"))
        with pytest.raises(StoreError, match=r"no log 'two'.*logs in this project: one"):
            project.tracks("two")


def test_another_log_of_the_same_name_is_refused(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        with pytest.raises(StoreError, match="another log named 'drive'"):
            project.add_log(make_log(tmp_path, times=(5, 500)))


def test_a_log_that_moved_with_its_project_is_found(tmp_path: Path) -> None:
    first = tmp_path / "première place"
    (first / "log").mkdir(parents=True)
    with open_project(first / "p.av3d", create=True) as project:
        project.add_log(make_log(first / "log"))
    second = tmp_path / "second"
    first.rename(second)
    with open_project(second / "p.av3d") as project:
        assert project.log("drive").path == second / "log"


def test_a_missing_project_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such project"):
        open_project(tmp_path / "p.av3d")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("my shopping list")
    with pytest.raises(StoreError, match="not an av3d project"):
        open_project(tmp_path / "notes.txt", create=True)
    assert (tmp_path / "notes.txt").read_text() == "my shopping list"


def test_a_project_of_a_newer_version_is_refused_politely(tmp_path: Path) -> None:
    open_project(tmp_path / "p.av3d", create=True).close()
    with sqlite3.connect(tmp_path / "p.av3d") as connection:
        connection.execute("update meta set value = '99' where key = 'schema_version'")
    with pytest.raises(StoreError, match=r"schema version 99.*update av3d"):
        open_project(tmp_path / "p.av3d")


def test_a_folder_or_a_missing_parent_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        open_project(tmp_path, create=True)
    with pytest.raises(StoreError, match="does not exist"):
        open_project(tmp_path / "no" / "p.av3d", create=True)


def test_a_url_names_the_same_database_as_its_path(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        project.add_log(make_log(tmp_path))
    with open_project(f"sqlite:///{tmp_path / 'p.av3d'}") as project:
        assert [entry.name for entry in project.logs()] == ["drive"]
