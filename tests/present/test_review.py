# ruff: noqa: F811  # fixtures are imported
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.present.panes.pane import Button
from av3d.store.project import open_project
from av3d.store.tasks import Author, Role
from av3d.tracks.change import Change
from av3d.tracks.operations.life import delete as delete_track
from faulty_labels import checks, leaps, pane, reviewing, tracks, words_of  # noqa: F401

PERIOD_NS = 100_000_000


def test_the_riskiest_finding_is_looked_at_first(reviewing):
    assert leaps(reviewing) == ["jumper-1", "jumper-2"]
    assert reviewing.session.selected == "jumper-1"
    assert reviewing.session.main_mode == "bev"
    assert reviewing.session.camera == "front_camera"
    assert reviewing.session.frame == 5
    assert "Leap" in words_of(reviewing.queue)
    assert "0.2 m" in words_of(reviewing.queue)
    assert "Car 1" in words_of(reviewing.queue)


def test_a_decision_is_kept_in_the_project_and_the_next_finding_shows(reviewing, project, log):
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


def test_fix_opens_annotate_at_the_frame_of_the_finding(reviewing, settle):
    finding = reviewing.review.finding
    reviewing.key("F")
    settle(reviewing)
    session = reviewing.session
    assert reviewing.desk.base == "annotate"
    assert session.selected == finding.track_id
    assert session.timestamp_ns == finding.timestamp_ns
    assert session.labels.editable


def test_sending_back_asks_for_a_line(reviewing):
    finding = reviewing.review.finding
    reviewing.key("X")
    fields = reviewing.session.fields
    assert fields.active.name == "review.note"
    fields.typed("off the points in frame 5")
    reviewing.key("Enter")
    decision = reviewing.review.record.decisions.on_finding(finding.id, finding.digest)
    assert (decision.verdict, decision.note) == ("sent_back", "off the points in frame 5")
    [issue] = reviewing.issues.all
    assert issue.messages[0].text == "off the points in frame 5"
    assert (issue.finding_id, issue.track_ids) == (finding.id, finding.track_ids)
    assert issue.timestamp_ns == finding.timestamp_ns
    assert issue.place_m == pytest.approx((12.0, 4.0, 0.8))


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
    first = reviewing.review.finding
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
    assert first.track_id in leaps(reviewing)


def test_a_and_f_keep_their_meaning_in_annotate(editing):
    assert editing.table.by_key("A", "review").name == "review.accept"
    assert editing.table.by_key("A", "annotate").name != "review.accept"


def test_views_are_as_before_after_a_review(reviewing, settle):
    ghosts = reviewing.session.supply.seeing.ghosts
    reviewing.key("Alt+1")
    settle(reviewing)
    assert reviewing.session.supply.seeing.ghosts is not ghosts
    assert reviewing.session.follow_camera is False


def test_the_chart_shows_the_measure_of_the_finding(reviewing):
    words = words_of(pane(reviewing, "measure"))
    assert "Leap, m" in words
    assert "limit 0.2" in words


def test_a_press_on_the_time_line_goes_to_its_frame(reviewing):
    timeline = pane(reviewing, "review_timeline")
    x = timeline.rect.x + timeline.x_of(reviewing.session.log.frames[9].timestamp_ns)
    reviewing.press(x, timeline.rect.y + 12, Button.LEFT)
    reviewing.release(x, timeline.rect.y + 12, Button.LEFT)
    assert reviewing.session.frame == 9


def test_when_all_is_decided_the_queue_says_so(reviewing, settle):
    for _ in range(6):
        reviewing.key("A")
    settle(reviewing)
    assert reviewing.review.open == ()
    assert any("Every finding is decided" in text for text in words_of(reviewing.queue))


def test_a_finding_of_two_tracks_names_and_selects_both(reviewing):
    near = next(one for one in reviewing.review.findings if one.check == "near")
    reviewing.review.show(near.id)
    reviewing.refresh()
    assert set(reviewing.session.selection) == {"jumper-2", "jumper-3"}
    assert "Car 2 and Car 3" in words_of(reviewing.queue)


def test_a_decision_on_two_tracks_is_void_once_the_other_was_changed(reviewing, settle):
    near = next(one for one in reviewing.review.findings if one.check == "near")
    reviewing.review.show(near.id)
    reviewing.key("A")
    assert reviewing.review.state(near) == "accepted"
    reviewing.key("Alt+1")
    settle(reviewing)
    resize(reviewing, near.track_ids[1])
    assert reviewing.review.state(near) is None


def resize(workspace, track_id):
    session = workspace.session
    session.go_to(0)
    cuboid = session.box_of(track_id).cuboid
    size = np.add(cuboid.size_lwh_m, [0.05, 0, 0])
    edit = session.edits.set_cuboid(track_id, replace(cuboid, size_lwh_m=size))
    assert session.edits.do("Resize", edit)


def test_what_has_no_label_moves_the_view_to_its_place(reviewing, settle):
    lost = next(one for one in reviewing.review.findings if one.check == "lost")
    reviewing.review.show(lost.id)
    settle(reviewing)
    assert reviewing.session.frame == 4
    ego_x_m = reviewing.session.log.world_SE3_ego(lost.timestamp_ns).translation_m[0]
    assert reviewing.main.bev.center_m == pytest.approx((30.0 - ego_x_m, -8.0))
    assert reviewing.session.selected is None


def test_a_repair_puts_the_finding_right_as_one_step_of_undo(reviewing, settle):
    finding = reviewing.review.finding
    reviewing.key("R")
    settle(reviewing)
    assert reviewing.session.track(finding.track_id).keyframe_at(finding.timestamp_ns) is None
    assert finding.track_id not in leaps(reviewing)
    assert reviewing.review.tally().fixed == 1
    reviewing.key("Ctrl+Z")
    settle(reviewing)
    assert finding.track_id in leaps(reviewing)
    assert reviewing.review.tally().fixed == 0


def test_the_queue_is_ordered_and_filtered(reviewing):
    review = reviewing.review
    assert [one.risk for one in review.rows] == sorted(
        (one.risk for one in review.rows), reverse=True
    )
    reviewing.run("review.order", "time")
    times = [one.timestamp_ns for one in review.rows]
    assert times == sorted(times)
    reviewing.run("review.filter", "note")
    assert {one.check for one in review.rows} == {"leap"}
    reviewing.key("A")
    reviewing.run("review.filter", "decided")
    assert [review.state(one) for one in review.rows] == ["accepted"]


def test_an_issue_is_answered_and_resolved(reviewing):
    reviewing.key("X")
    reviewing.session.fields.typed("rear edge is off")
    reviewing.key("Enter")
    [issue] = reviewing.issues.all
    reviewing.run("issue.show", issue.id)
    reviewing.key("C")
    reviewing.session.fields.typed("better now")
    reviewing.key("Ctrl+Enter")
    reviewing.key("E")
    [issue] = reviewing.issues.all
    assert [one.text for one in issue.messages] == ["rear edge is off", "better now", ""]
    assert issue.state == "resolved"
    reviewing.refresh()
    words = words_of(reviewing.note)
    assert {"resolved", "better now", "pinned to frame 5 and a point"} <= set(words)


def test_a_whole_track_is_approved_until_it_is_changed(reviewing, settle):
    track_id = reviewing.session.selected
    reviewing.key("Shift+A")
    assert reviewing.review.record.on_track(track_id).verdict == "approved"
    reviewing.key("Alt+1")
    settle(reviewing)
    resize(reviewing, track_id)
    record = reviewing.review.record
    assert record.on_track(track_id) is None
    assert record.changed_since(track_id).verdict == "approved"
    reviewing.key("Ctrl+Z")
    assert record.on_track(track_id).verdict == "approved"


def test_an_annotator_cannot_approve(reviewing, project):
    author = reviewing.session.labels.editor.project.author
    with open_project(project) as opened:
        opened.commit({"": [Change(None, Author(author, role=Role.ANNOTATOR))]}, command="authors")
    reviewing.key("Shift+A")
    assert reviewing.review.record.on_track(reviewing.session.selected) is None
    assert reviewing.session.messages[-1].title == "Nothing was approved"


def test_a_plan_makes_a_queue_of_tracks_and_counts_what_was_seen(reviewing, settle):
    reviewing.run("review.plan")
    reviewing.dialog.set("percent", 100.0)
    reviewing.dialog.do()
    reviewing.run("review.source", "plan")
    assert len(reviewing.review.rows) == 3
    reviewing.review.step(1)
    reviewing.key("A")
    settle(reviewing)
    assert "1 of 3 tracks reviewed" in words_of(reviewing.queue)
    progress = reviewing.review.record.progress(reviewing.inspecting)
    assert (progress.all.seen, progress.all.chosen) == (1, 3)


def test_findings_of_the_frame_are_marked_with_their_place_in_the_queue(reviewing, settle):
    reviewing.review.show(reviewing.review.rows[0].id)
    reviewing.session.go_to(7)
    settle(reviewing)
    assert [(mark.number, mark.track_id) for mark in reviewing.main.remarks] == [(2, "jumper-2")]
    drawn = reviewing.main.drawings["remarks"]
    assert [zone.command for zone in drawn.zones] == ["review.show"]
    reviewing.key("Shift+R")
    settle(reviewing)
    assert reviewing.main.remarks == ()


def test_a_riskier_finding_that_comes_in_later_is_shown_unless_the_reviewer_has_moved(
    reviewing, settle
):
    review, [first, second, *_] = reviewing.review, reviewing.review.rows
    half = reviewing.inspecting._halves[0]
    half.findings = (second,)
    reviewing.inspecting._take()
    review.current = ""
    settle(reviewing)
    assert review.current == second.id
    half.findings = (first, second)
    reviewing.inspecting._take()
    settle(reviewing)
    assert review.current == first.id
    reviewing.key("J")
    settle(reviewing)
    assert review.current == second.id
