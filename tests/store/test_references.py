from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.store.project import open_project
from av3d.store.references import LogReference
from store.projects import history


class NoSweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        raise AssertionError("the store must not read points")


def make_log(path: Path, name: str = "drive", times: tuple[int, ...] = (0, 100)) -> Log:
    rig = Rig("car", {"top": LidarMount(SE3.identity())}, {})
    lidars = {"top": NoSweeps(times)}
    trajectory = Trajectory.identity()
    return Log(
        name=name,
        kind="folder",
        path=path,
        rig=rig,
        trajectory=trajectory,
        lidars=lidars,
        cameras={},
    )


def test_a_log_is_added_once(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        first = project.add_log(make_log(tmp_path))
        assert project.add_log(make_log(tmp_path)) == first
        assert (first.name, first.kind, first.path) == ("drive", "folder", tmp_path)
        assert history(project)[1:] == [(2, "fixed", "add log drive")]


def test_a_log_that_was_moved_is_told_apart_from_a_new_one(
    project_url: str, tmp_path: Path
) -> None:
    (tmp_path / "moved").mkdir()
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        assert project.add_log(make_log(tmp_path / "moved")).path == tmp_path / "moved"
        assert history(project)[2:] == [(3, "fixed", "log drive was moved")]
        assert project.check().clean


def test_adding_a_log_cannot_be_undone(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        project.add_log(make_log(tmp_path))
        assert project.undo() is None
        assert len(project.logs()) == 1


def test_two_who_add_the_same_log_at_the_same_moment_both_succeed(
    project_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_project(project_url, create=True) as mine, open_project(project_url) as theirs:
        look = mine._reference

        def look_and_wait(new: LogReference) -> LogReference | None:
            found = look(new)
            theirs.add_log(make_log(tmp_path))
            return found

        monkeypatch.setattr(mine, "_reference", look_and_wait)
        assert mine.add_log(make_log(tmp_path)).path == tmp_path
        assert len(mine.logs()) == 1
        assert len(mine.journal()) == 2


def test_logs_are_listed_in_the_order_in_which_they_were_added(project_url: str, tmp_path) -> None:
    with open_project(project_url, create=True) as project:
        for name in ("zoo", "Äpfel", "airport", "雨 drive"):
            project.add_log(make_log(tmp_path, name))
        assert [log.name for log in project.logs()] == ["zoo", "Äpfel", "airport", "雨 drive"]


def test_a_path_that_is_no_unicode_text_gives_one_line(project_url: str, tmp_path: Path) -> None:
    with open_project(project_url, create=True) as project:
        with pytest.raises(Av3dError) as caught:
            project.add_log(make_log(tmp_path / "caf\udce9"))
        assert "\n" not in str(caught.value)
        assert project.logs() == ()


REFERENCE = LogReference("drive", "folder", "/logs/drive", "../logs/drive", "f1", 0, 100)


def test_a_log_is_the_same_wherever_it_lies() -> None:
    assert REFERENCE.is_same_log(replace(REFERENCE, path="/mnt/drive", fingerprint="f2"))
    assert not REFERENCE.is_same_log(replace(REFERENCE, end_ns=200))
    assert not REFERENCE.is_same_log(replace(REFERENCE, dataset="kitti"))


def test_a_log_is_found_beside_its_project_when_both_were_moved(tmp_path: Path) -> None:
    (tmp_path / "logs" / "drive").mkdir(parents=True)
    (tmp_path / "projects").mkdir()
    assert REFERENCE.located(tmp_path / "projects" / "p.av3d").path == tmp_path / "logs" / "drive"
    assert REFERENCE.located(None).path == Path("/logs/drive")
