from __future__ import annotations

import pytest

from av3d.present.exchange import export_formats, import_formats
from av3d.present.tasks import WorkQueue
from av3d.tracks.operations.life import delete


@pytest.fixture
def ready(editing):
    """Works run at once."""
    editing.session.works = WorkQueue(editing.session.clock, start=lambda work: work())
    return editing


def told(workspace):
    workspace.tick()
    workspace.tick()
    return [(toast.kind, toast.title, toast.text) for toast in workspace.toasts.toasts]


def run(workspace, command, format, path):
    workspace.run(command)
    workspace.exchange.format = format
    workspace.exchange.path = str(path)
    workspace.run("exchange.go")
    return told(workspace)


def test_formats_are_those_of_the_registry():
    assert {"nuscenes", "kitti-tracking", "folder"} <= {name for name, _ in export_formats()}
    assert "pandaset" in {name for name, _ in import_formats()}


def test_labels_go_out_and_come_back_as_one_edit(ready, tmp_path):
    session = ready.session
    [(kind, title, text)] = run(ready, "labels.export", "folder", tmp_path / "out")
    assert (kind, title) == ("info", "Labels exported")
    assert text.startswith("3 tracks with ")
    assert str(tmp_path / "out") in text
    assert not ready.exchange.visible
    files = list((tmp_path / "out").rglob("*.json"))

    session.edits.do("Delete Car 1", lambda d: delete(d, ["car-1"]))
    assert len(session.tracks) == 2
    labels = next(path for path in files if "car-1" in path.read_text())
    run(ready, "labels.import", "folder", labels)
    assert "Labels imported" in [title for _, title, _ in told(ready)]
    assert {track.id for track in session.tracks} == {"car-1", "car-2", "pedestrian-1"}
    session.undo()
    assert len(session.tracks) == 2


def test_a_folder_that_is_not_empty_is_refused_and_told(ready, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    [(kind, title, _)] = run(ready, "labels.export", "folder", tmp_path)
    assert (kind, title) == ("error", "Labels not exported")
    assert [path.name for path in tmp_path.glob("*.txt")] == ["mine.txt"]


def test_a_file_that_is_not_there_is_told(ready, tmp_path):
    [(kind, title, _)] = run(ready, "labels.import", "folder", tmp_path / "none.json")
    assert (kind, title) == ("error", "Labels not imported")
    assert len(ready.session.tracks) == 3


def test_escape_closes_it_and_does_nothing(ready):
    ready.run("labels.export")
    assert ready.exchange.visible
    ready.key("Esc")
    assert not ready.exchange.visible
    assert told(ready) == []


def test_what_is_only_previewed_is_not_exported(ready, tmp_path):
    session = ready.session
    session.edits.preview(lambda d: delete(d, ["car-1"]), asking=True)
    run(ready, "labels.export", "folder", tmp_path / "out")
    assert any("car-1" in path.read_text() for path in (tmp_path / "out").rglob("*.json"))


def test_the_home_of_nobody_is_told_as_a_file_that_is_not_there(ready):
    [(kind, title, _)] = run(ready, "labels.import", "folder", "~nobody-of-this-name/labels.json")
    assert (kind, title) == ("error", "Labels not imported")
