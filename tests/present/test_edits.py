"""Edits of a session on a real project file."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from av3d.errors import OutputError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.labels import Labels, LabelsError, default_project_path, labels_of
from av3d.present.loader import Loader
from av3d.present.session import Session
from av3d.store.project import open_project
from av3d.tracks.operations import life


def moved(box, by_m):
    pose = box.cuboid.frame_SE3_cuboid
    return Cuboid(SE3(pose.rotation, pose.translation_m + by_m), box.cuboid.size_lwh_m)


def stored(project, log):
    with open_project(project) as opened:
        return {track.id: track for track in opened.tracks(log.name)}


def test_a_preview_shows_in_the_main_view_and_in_the_image_and_writes_nothing(
    editing, project, log, settle
):
    session = editing.session
    session.select("car-1")
    settle(editing)
    edits = session.edits
    assert edits.preview(edits.set_cuboid("car-1", moved(session.selected_box(), [0, 1.0, 0])))
    settle(editing)
    assert session.selected_box().cuboid.center_m[1] == pytest.approx(1.0, abs=1e-9)
    [main] = [box for box in editing.main.boxes if box.track.id == "car-1"]
    [image] = [box for box in editing.camera.picture.boxes if box.track.id == "car-1"]
    assert main.cuboid.center_m[1] == pytest.approx(1.0, abs=1e-9)
    # Left is -x of the camera; it slides sideways, so a little less at the image's own time.
    assert image.cuboid.center_m[0] == pytest.approx(-1.0, abs=0.02)
    assert stored(project, log)["car-1"].keyframes[0].cuboid.center_m[1] == 0.0


def test_a_kept_preview_is_one_step_of_undo(editing, project, log):
    session = editing.session
    edits = session.edits
    session.select("car-1")
    start = session.selected_box()
    for step in (0.2, 0.6, 1.0):
        edits.preview(edits.set_cuboid("car-1", moved(start, [0, step, 0])))
    assert edits.keep("Move Car 1")
    assert stored(project, log)["car-1"].keyframes[0].cuboid.center_m[1] == pytest.approx(1.0)
    editing.key("Ctrl+Z")
    assert session.selected_box().cuboid.center_m[1] == 0.0
    assert stored(project, log)["car-1"].keyframes[0].cuboid.center_m[1] == 0.0
    editing.key("Ctrl+Shift+Z")
    assert stored(project, log)["car-1"].keyframes[0].cuboid.center_m[1] == pytest.approx(1.0)


def test_a_dropped_preview_leaves_everything_as_it_was(editing):
    session = editing.session
    session.select("car-1")
    before = session.selected_track
    edits = session.edits
    edits.preview(edits.set_cuboid("car-1", moved(session.selected_box(), [0, 1.0, 0])))
    edits.drop()
    assert session.selected_track is before
    assert session.labels.undoable is None


def test_an_edit_that_is_impossible_becomes_a_message(editing, settle):
    assert not editing.session.edits.do("Delete Car 9", lambda d: life.delete(d, ["car-9"]))
    settle(editing)
    [toast] = editing.toasts.toasts
    assert toast.title == "Delete Car 9: not done"
    assert "there is no such track" in toast.text


def test_an_edit_of_somebody_else_wins_and_is_told(editing, project, log, settle):
    with open_project(project) as other:
        document = other.document(log.name)
        other.apply(log.name, life.write_note(document, "car-1", "dented"), command="note")
    session = editing.session
    assert not session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    settle(editing)
    assert session.track("car-1").note == "dented"
    assert editing.toasts.toasts


def test_what_others_commit_appears_after_a_while(editing, project, log, clock, settle):
    with open_project(project) as other:
        document = other.document(log.name)
        other.apply(log.name, life.write_note(document, "car-2", "dented"), command="note")
    settle(editing)
    assert editing.session.track("car-2").note == ""
    clock.now_s += 4
    settle(editing)
    assert editing.session.track("car-2").note == "dented"


def test_a_project_is_made_with_the_first_edit_and_takes_the_labels_that_show(
    log, tracks, tmp_path, monkeypatch
):
    monkeypatch.setenv("AV3D_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("av3d.present.labels._own_labels", lambda log: tracks)
    path = default_project_path(log)
    session = Session(log, labels=labels_of(log), loader=Loader(threads=0))
    assert [track.id for track in session.tracks] == ["car-1", "car-2", "pedestrian-1"]
    assert not path.exists()
    assert session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    assert len(stored(path, log)) == 3
    session.undo()
    assert stored(path, log)["car-1"].note == ""
    assert session.labels.undoable is None
    session.labels.close()
    again = labels_of(log)
    assert len(again.tracks) == 3
    again.close()


def test_tracks_without_a_project_cannot_be_edited(session, settle):
    assert not session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    assert "cannot be edited" in session.messages[0].text
    assert not Labels(session.tracks).editable


def test_only_the_changed_track_is_placed_anew(editing, settle):
    session = editing.session
    settle(editing)
    before = {box.track.id: box for box in session.supply.boxes(0)}
    session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    after = {box.track.id: box for box in session.supply.boxes(0)}
    assert after["car-2"] is before["car-2"]
    assert after["car-1"].track.note == "red"
    assert np.array_equal(after["car-1"].cuboid.center_m, before["car-1"].cuboid.center_m)


def begun(log, tracks, tmp_path, monkeypatch):
    """A session of a log with labels of its own, before its first edit."""
    monkeypatch.setenv("AV3D_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("av3d.present.labels._own_labels", lambda log: tracks)
    return Session(log, labels=labels_of(log), loader=Loader(threads=0))


def test_where_no_project_can_be_made_the_edit_is_told_and_does_not_show(
    log, tracks, tmp_path, monkeypatch
):
    (tmp_path / "data").write_text("a file where the folder would be")
    session = begun(log, tracks, tmp_path, monkeypatch)
    edits = session.edits
    edits.preview(lambda d: life.write_note(d, "car-1", "red"))
    assert not edits.keep("Note")
    assert session.track("car-1").note == ""
    assert "the folder of the project cannot be made" in session.messages[0].text
    assert "folder of the project" in session.labels.failure


def test_labels_that_could_not_be_taken_over_are_there_the_next_time(
    log, tracks, tmp_path, monkeypatch
):
    def full(*_):
        raise OutputError("the disk is full")

    session = begun(log, tracks, tmp_path, monkeypatch)
    with monkeypatch.context() as patched:
        patched.setattr("av3d.present.labels._take_over", full)
        assert not session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    assert len(session.tracks) == 3
    again = labels_of(log)
    assert len(again.tracks) == 3
    again.close()


def test_labels_that_were_all_deleted_do_not_come_back(log, tracks, tmp_path, monkeypatch):
    session = begun(log, tracks, tmp_path, monkeypatch)
    assert session.edits.do("Delete", lambda d: life.delete(d, [track.id for track in tracks]))
    session.labels.close()
    again = labels_of(log)
    assert again.tracks == ()
    again.close()


def test_an_exception_while_keeping_leaves_what_is_kept_in_sight(editing, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug")

    edits, session = editing.session.edits, editing.session
    edits.preview(lambda d: life.write_note(d, "car-1", "red"))
    monkeypatch.setattr(session.labels.editor, "apply", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        edits.keep("Note")
    assert session.track("car-1").note == ""
    assert session.labels.failure == "a bug"


def test_steps_that_wait_are_kept_though_the_next_one_is_impossible(editing, project, log, clock):
    edits = editing.session.edits
    assert edits.preview_until("Note", lambda d: life.write_note(d, "car-1", "red"), 0.6)
    assert not edits.preview_until("Note", lambda d: life.write_note(d, "car-9", "red"), 0.6)
    clock.now_s += 1
    editing.tick()
    assert stored(project, log)["car-1"].note == "red"


def test_a_project_that_cannot_be_read_for_a_while_is_told_once(editing, clock, monkeypatch):
    def away():
        raise OutputError("the server does not answer")

    monkeypatch.setattr(editing.session.labels, "refresh", away)
    for _ in range(3):
        clock.now_s += 4
        editing.session.edits.poll()
    assert [message.title for message in editing.session.messages] == ["The project cannot be read"]


def test_a_server_that_does_not_answer_does_not_hold_up_the_window(
    editing, project, log, clock, monkeypatch
):
    labels, edits = editing.session.labels, editing.session.edits
    answers, ask = threading.Event(), labels.editor.news

    def slow():
        answers.wait(30)
        return ask()

    monkeypatch.setattr(Labels, "far", True)
    monkeypatch.setattr(labels.editor, "news", slow)
    with open_project(project) as other:
        other.apply(
            log.name, life.write_note(other.document(log.name), "car-2", "dented"), command="note"
        )
    for _ in range(3):
        clock.now_s += 4
        edits.poll()
    assert editing.session.track("car-2").note == ""
    answers.set()
    edits._answer.exception(timeout=30)
    clock.now_s += 4
    edits.poll()
    assert editing.session.track("car-2").note == "dented"


def test_what_a_server_has_told_does_not_count_after_an_edit(editing, clock, monkeypatch):
    labels, edits = editing.session.labels, editing.session.edits
    monkeypatch.setattr(Labels, "far", True)
    clock.now_s += 4
    edits.poll()
    edits._answer.exception(timeout=30)
    assert edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    position = labels.editor.position
    clock.now_s += 4
    edits.poll()
    assert labels.editor.position == position
    assert editing.session.track("car-1").note == "red"


def test_a_work_that_ends_after_its_log_was_closed_changes_nothing(editing, project, log):
    edits = editing.session.edits
    edits.close()
    with pytest.raises(LabelsError, match="closed meanwhile"):
        edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    assert stored(project, log)["car-1"].note == ""


def test_steps_by_keys_are_kept_when_the_log_is_closed(editing, project, log):
    edits = editing.session.edits
    assert edits.preview_until("Note", lambda d: life.write_note(d, "car-1", "red"), 0.6)
    edits.close()
    assert stored(project, log)["car-1"].note == "red"


def test_steps_in_another_frame_are_an_edit_of_their_own(editing, project, log, clock):
    session = editing.session
    session.select("car-1")
    for frame in (3, 4):
        session.go_to(frame)
        cuboid = moved(session.selected_box(), [0, 1.0, 0])
        assert session.edits.preview_until("Move", session.edits.set_cuboid("car-1", cuboid), 0.6)
    clock.now_s += 1
    session.edits.poll()
    keys = stored(project, log)["car-1"].times_ns
    assert {300_000_000, 400_000_000} <= set(keys)
    assert session.labels.edits == 2


def test_a_gesture_that_changes_nothing_does_not_make_what_a_dialog_asks_about(editing):
    edits = editing.session.edits
    assert edits.preview(lambda d: life.delete(d, ["car-1"]), asking=True)
    assert not edits.keep("Move Car 2")
    edits.drop()
    assert editing.session.track("car-1") is not None
    assert editing.session.labels.undoable is None
