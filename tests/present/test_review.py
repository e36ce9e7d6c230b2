from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.present.drawing import Text
from av3d.present.panes.pane import Button
from av3d.present.tasks import WorkQueue
from av3d.store.project import open_project
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.life import delete as delete_track
from av3d.tracks.track import Track


def jumping(number, frame, metres):
    """A car that stands, but in one frame is elsewhere."""
    keyframes = tuple(
        Keyframe(
            index * 100_000_000,
            Cuboid.from_yaw(
                [10.0 + metres * (index == frame), 4.0 * number, 0.8], [4.4, 1.9, 1.6], 0
            ),
            Provenance.FITTED,
        )
        for index in range(12)
    )
    return Track(f"jumper-{number}", "car", keyframes, number=number)


@pytest.fixture
def tracks():
    return jumping(1, 5, 2.0), jumping(2, 7, 0.5), jumping(3, 0, 0.0)


@pytest.fixture
def reviewing(editing, settle):
    """A workspace in Review, with everything looked at."""
    session = editing.session
    session.works = WorkQueue(start=lambda run: run())
    editing.key("Alt+2")
    for _ in range(4):
        settle(editing)
    return editing


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def accelerations(workspace):
    return [c.track_id for c in workspace.review.open if c.check == "acceleration"]


def pane(workspace, name):
    return next(pane for pane in workspace.panes if pane.name == name)


def test_the_riskiest_concern_is_looked_at_first(reviewing):
    assert accelerations(reviewing) == ["jumper-1", "jumper-2"]
    assert reviewing.session.selected == "jumper-1"
    assert reviewing.session.main_mode == "bev"
    assert reviewing.session.camera == "front_camera"
    assert 3 <= reviewing.session.frame <= 7
    assert "Acceleration" in words_of(reviewing.queue)
    assert "Car 1" in words_of(reviewing.queue)


def test_a_decision_is_kept_in_the_project_and_the_next_concern_shows(reviewing, project, log):
    first = reviewing.review.current
    reviewing.key("A")
    assert reviewing.review.current not in ("", first)
    assert first not in [c.id for c in reviewing.review.open]
    with open_project(project) as opened:
        [event] = opened.document(log.name).events.values()
    assert event.label == "review"
    assert event.attributes["state"] == "accepted"
    assert event.attributes["author"]
    assert reviewing.review.tally().accepted == 1


def test_accepting_twice_goes_on_and_decides_once(reviewing):
    first = reviewing.review.current
    reviewing.key("A")
    reviewing.review.show(first)
    reviewing.key("A")
    assert reviewing.review.current != first
    assert reviewing.review.tally().accepted == 1


def test_a_decision_is_undone_with_one_key(reviewing):
    first = reviewing.review.current
    reviewing.key("A")
    reviewing.key("Ctrl+Z")
    assert first in [c.id for c in reviewing.review.open]


def test_j_k_and_tab_go_through_the_queue(reviewing):
    ids = [c.id for c in reviewing.review.open]
    reviewing.key("J")
    assert reviewing.review.current == ids[1]
    reviewing.key("K")
    assert reviewing.review.current == ids[0]
    reviewing.key("Tab")
    assert reviewing.review.current == ids[1]
    assert reviewing.review.tally().reviewed == 0


def test_fix_opens_annotate_at_the_frame_of_the_concern(reviewing, settle):
    concern = reviewing.review.concern
    reviewing.key("F")
    settle(reviewing)
    session = reviewing.session
    assert reviewing.desk.base == "annotate"
    assert session.selected == concern.track_id
    assert session.timestamp_ns == concern.timestamp_ns
    assert session.labels.editable


def test_sending_back_asks_for_a_line(reviewing):
    concern = reviewing.review.concern
    reviewing.key("X")
    fields = reviewing.session.fields
    assert fields.active.name == "review.note"
    fields.typed("off the points in frame 5")
    reviewing.key("Enter")
    event = reviewing.session.labels.document.events[concern.id]
    assert event.note == "off the points in frame 5"
    assert event.attributes["state"] == "sent_back"


def test_without_a_line_nothing_is_sent_back(reviewing):
    reviewing.key("X")
    reviewing.key("Enter")
    assert reviewing.session.labels.document.events == {}


def test_review_is_read_only(reviewing):
    session = reviewing.session
    box = session.selected_box()
    assert not session.labels.editable
    assert not session.edits.do("Move", session.edits.set_cuboid(box.track.id, box.cuboid))
    assert not session.edits.do("Delete", lambda document: delete_track(document, [box.track.id]))
    assert len(session.tracks) == 3


def test_a_later_edit_makes_a_decision_void(reviewing, settle):
    first = reviewing.review.concern
    reviewing.key("A")
    reviewing.key("Alt+1")
    settle(reviewing)
    session = reviewing.session
    session.go_to(0)
    cuboid = session.box_of(first.track_id).cuboid
    size = np.add(cuboid.size_lwh_m, [0.05, 0, 0])
    edit = session.edits.set_cuboid(first.track_id, replace(cuboid, size_lwh_m=size))
    assert session.edits.do("Resize", edit)
    reviewing.key("Alt+2")
    for _ in range(4):
        settle(reviewing)
    assert first.track_id in accelerations(reviewing)


def test_a_and_f_keep_their_meaning_in_annotate(editing):
    assert editing.table.by_key("A", "review").name == "review.accept"
    assert editing.table.by_key("A", "annotate").name != "review.accept"


def test_views_are_as_before_after_a_review(reviewing, settle):
    ghosts = reviewing.session.supply.seeing.ghosts
    reviewing.key("Alt+1")
    settle(reviewing)
    assert reviewing.session.supply.seeing.ghosts is not ghosts
    assert reviewing.session.follow_camera is False


def test_another_measure_is_chosen_for_the_chart(reviewing):
    assert any("m/s²" in text for text in words_of(pane(reviewing, "measure")))
    reviewing.run("review.measure", "size")
    reviewing.refresh()
    assert "Size change, m" in words_of(pane(reviewing, "measure"))


def test_a_press_on_the_time_line_goes_to_its_frame(reviewing):
    timeline = pane(reviewing, "review_timeline")
    x = timeline.rect.x + timeline.x_of(reviewing.session.log.frames[9].timestamp_ns)
    reviewing.press(x, timeline.rect.y + 12, Button.LEFT)
    reviewing.release(x, timeline.rect.y + 12, Button.LEFT)
    assert reviewing.session.frame == 9


def test_when_all_is_decided_the_queue_says_so(reviewing):
    for _ in range(20):
        reviewing.key("A")
    reviewing.refresh()
    assert reviewing.review.open == ()
    assert any("Every concern is decided" in text for text in words_of(reviewing.queue))
