"""Checks beside the window, while people label."""

from __future__ import annotations

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.present import inspecting
from av3d.present.tasks import WorkQueue
from faulty_labels import Leap, checks, tracks, words_of  # noqa: F401  # fixtures, too

PERIOD_NS = 100_000_000


def rest(workspace, settle, clock):
    """Nothing is edited for some time."""
    for _ in range(3):
        clock.now_s += 1
        settle(workspace)


def test_an_edit_is_checked_again_by_itself(editing, settle, clock):
    editing.session.works = WorkQueue(start=lambda run: run())
    rest(editing, settle, clock)
    assert "jumper-3" not in {one.track_id for one in editing.flags.open if one.check == "leap"}
    session = editing.session
    session.go_to(4)
    cuboid = session.box_of("jumper-3").cuboid
    moved = Cuboid.from_yaw(np.add(cuboid.center_m, [3.0, 0, 0]), cuboid.size_lwh_m, 0.0)
    assert session.edits.do("Move", session.edits.set_cuboid("jumper-3", moved))
    rest(editing, settle, clock)
    [found] = [one for one in editing.flags.of_track("jumper-3") if one.check == "leap"]
    assert found.timestamp_ns == 4 * PERIOD_NS
    assert "Leap 3.0 m, limit 0.2" in [mark.text for mark in session.marks["jumper-3"]]
    assert editing.status_bar.findings == "5 findings"


def test_checks_wait_while_a_gesture_lasts(editing, settle, clock):
    session = editing.session
    session.works = WorkQueue(start=lambda run: run())
    cuboid = session.box_of("jumper-3").cuboid
    moved = Cuboid.from_yaw(np.add(cuboid.center_m, [3.0, 0, 0]), cuboid.size_lwh_m, 0.0)
    assert session.edits.preview(session.edits.set_cuboid("jumper-3", moved))
    rest(editing, settle, clock)
    assert editing.inspecting.findings == ()
    assert not editing.inspecting.looking


def test_background_checks_can_be_switched_off_and_asked_for(editing, settle, clock):
    editing.session.works = WorkQueue(start=lambda run: run())
    editing.key("Shift+F7")
    clock.now_s += 5
    settle(editing)
    assert editing.inspecting.findings == ()
    editing.key("F7")
    settle(editing)
    settle(editing)
    assert editing.inspecting.findings


def test_f3_goes_to_the_riskiest_finding_and_the_inspector_tells(editing, settle, clock):
    editing.session.works = WorkQueue(start=lambda run: run())
    rest(editing, settle, clock)
    editing.key("F3")
    settle(editing)
    assert (editing.session.selected, editing.session.frame) == ("jumper-1", 5)
    assert "Leap 2.0 m, limit 0.2" in words_of(editing.inspector)
    editing.key("Ctrl+Shift+R")
    assert editing.session.track("jumper-1").keyframe_at(5 * PERIOD_NS) is None
    assert editing.session.labels.editor.project.journal()[-1].command == "Repair leap of Car 1"


def test_only_tracks_with_findings_are_listed_on_demand(editing, settle, clock):
    editing.session.works = WorkQueue(start=lambda run: run())
    rest(editing, settle, clock)
    editing.run("finding.only")
    assert [track.id for track in editing.tracks.rows] == ["jumper-1", "jumper-2", "jumper-3"]
    editing.key("F3")
    editing.key("Ctrl+Shift+R")
    rest(editing, settle, clock)
    assert [track.id for track in editing.tracks.rows] == ["jumper-2", "jumper-3"]


def test_a_check_with_a_defect_is_named_once_and_the_others_go_on(
    editing, settle, clock, monkeypatch
):
    class Broken(Leap):
        id, title = "broken", "Broken"

        def measure(self, subject):
            raise ZeroDivisionError("of nothing")

    monkeypatch.setattr(inspecting, "all_checks", lambda: (Broken(), Leap()))
    editing.session.works = WorkQueue(start=lambda run: run())
    said = []
    monkeypatch.setattr(editing.session, "say", lambda *words: said.append(words))
    for _ in range(2):
        editing.inspecting.ask()
        for _ in range(3):
            settle(editing)
    assert {finding.check for finding in editing.inspecting.findings} == {"leap"}
    ((level, title, why),) = [words for words in said if "Broken" in words[1]]
    assert (level, title) == ("error", "The check Broken has failed")
    assert "ZeroDivisionError: of nothing" in why
