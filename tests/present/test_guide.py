"""The first task: which step is next is told by the labels, not by the buttons that were pressed."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.present.application import Application, first_task_project, is_sample
from av3d.present.drawing import Text
from av3d.present.guide import STEPS
from av3d.present.settings_file import SettingsFile
from av3d.present.tasks import WorkQueue
from av3d.present.workspace import Workspace
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.life import create, delete


@pytest.fixture
def task(editing, settle):
    """An empty project, and the guide at its beginning."""
    session = editing.session
    session.edits.do("Delete all", lambda d: delete(d, [track.id for track in session.tracks]))
    session.go_to(5)
    editing.guide.begin()
    settle(editing)
    return editing


def cuboid_at(session, frame):
    """Of the car that drives as fast as the vehicle, in the world."""
    return Cuboid.from_yaw([10 + 0.5 * frame, 0.0, 0.8], [4.4, 1.9, 1.6], 0.0)


def make(session):
    time_ns = session.timestamp_ns
    session.edits.do(
        "Make",
        lambda d: create(d, "car", time_ns, cuboid_at(session, session.frame), track_id="mine"),
    )
    session.select("mine")


def keyframe(session):
    time_ns = session.timestamp_ns
    session.edits.do(
        "Move", lambda d: set_keyframe(d, "mine", time_ns, cuboid_at(session, session.frame))
    )


def now(workspace):
    step = workspace.guide.task.step
    return step.key if step else "done"


def test_each_step_is_over_when_what_it_asks_for_is_there(task, settle):
    session = task.session
    assert now(task) == "start"
    task.run("guide.run", "frame.first")
    assert now(task) == "make"
    make(session)
    assert now(task) == "heading"
    task.run("guide.next")
    assert now(task) == "forward"
    task.key("Shift+Right")
    assert now(task) == "move"
    keyframe(session)
    assert now(task) == "last"
    task.key("End")
    keyframe(session)
    settle(task)
    if now(task) == "suggested":
        session.go_to(5)
        keyframe(session)
    assert now(task) == "done"
    settle(task)
    said = " ".join(s.text for s in task.guide.drawings["all"].shapes if isinstance(s, Text))
    assert "keyframes, 12 frames" in said


def test_it_goes_on_where_the_labels_are(task):
    session = task.session
    session.go_to(0)
    make(session)
    session.go_to(10)
    keyframe(session)
    task.guide.stop()
    assert not task.guide.visible
    task.guide.begin()
    assert now(task) == "last"


def test_the_pointer_passes_over_the_card_and_the_task_goes_on(task):
    card = task.guide.rect
    task.move(card.x + 20, card.y + 20)
    task.move(card.x + 20, card.y - 200)
    assert task.guide.visible


def test_undo_brings_a_step_back(task):
    session = task.session
    session.go_to(0)
    make(session)
    session.undo()
    assert now(task) == "make"


def test_the_card_lies_over_the_list_and_not_over_the_data(task, settle):
    for size in ((1920, 1080), (1366, 768), (1100, 640)):
        task.resize(*size)
        settle(task)
        rect = task.guide.rect
        for name in ("main", "camera", "timeline", "sides"):
            place = task.layout.panes.get(name)
            assert place is None or not rect.overlaps(place)


def test_its_words_name_the_keys_that_the_user_has(task, settle):
    task.keymap.rebind("frame.first", "F9")
    task.use_keys()
    settle(task)
    said = " ".join(s.text for s in task.guide.drawings["all"].shapes if isinstance(s, Text))
    assert "F9 goes to the first one" in said


def test_all_words_of_all_steps_name_commands_that_there_are(task):
    for step in STEPS:
        assert "{" not in task.guide._expanded(step.text)
        if step.command:
            task.table.by_name(step.command)


@pytest.fixture
def application(log, tmp_path, monkeypatch):
    monkeypatch.setenv("AV3D_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AV3D_CONFIG_DIR", str(tmp_path / "config"))

    made = Application(
        SettingsFile(tmp_path / "settings.toml"), sample=lambda: tmp_path / "sample_logs" / "crossing",
        open_log=lambda path: log, works=WorkQueue(start=lambda work: work()),
    )  # fmt: skip
    yield made
    made.close()


def shown(application):
    """The workspace of the next session, as the window makes it."""
    for _ in range(4):
        application.works.tick()
    session = application.take_next()
    workspace = Workspace(session, lambda text, style: len(text) * style.size * 0.5)
    application.attach(workspace)
    return workspace


def test_it_has_a_project_of_its_own_and_leaves_the_recent_logs_alone(application, tmp_path):
    application.request("first_task")
    workspace = shown(application)
    application.tick(workspace)
    assert workspace.guide.task is not None
    assert workspace.session.project_name == "first-task"
    assert first_task_project().is_relative_to(tmp_path / "data")
    assert application.settings.settings.recent == ()


def test_it_is_offered_with_the_sample_log_until_it_is_answered(application):
    application.request("sample")
    workspace = shown(application)
    assert workspace.guide.offered
    workspace.run("guide.not_now")
    [request] = workspace.take_requests()
    assert application.request(request)
    assert application.settings.settings.hints_seen == ("first-task",)
    application.request("sample")
    assert not shown(application).guide.offered


def test_other_logs_do_not_offer_it(application):
    application.request("open:/data/pandaset/001")
    assert not shown(application).guide.offered
    assert is_sample("/x/sample_logs/crossing")
    assert not is_sample("/data/pandaset/001")


def test_frames_in_which_the_track_is_not_there_are_not_good(task):
    session = task.session
    session.go_to(3)
    make(session)
    session.go_to(11)
    keyframe(session)
    assert np.array_equal(task.guide.task.progress.overlaps[:3], np.zeros(3))
