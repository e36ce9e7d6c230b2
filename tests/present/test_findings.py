from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.doctor.finding import Curve, Finding, Severity
from av3d.present.checkup import Checkup
from av3d.present.panes.pane import Button
from av3d.present.tasks import WorkQueue


@pytest.fixture
def checked(workspace):
    """The log was checked, on this thread; its images repeat, which is a fault of two cameras."""
    session = workspace.session
    session.works = WorkQueue(session.clock, start=lambda work: work())
    workspace.findings.checkup = Checkup(session.log, session.works)
    workspace.run("log.check")
    workspace.tick()
    workspace.refresh()
    return workspace


def press(workspace, command, argument=""):
    """Click on the zone of a command."""
    overlay = workspace.findings
    zones = [zone for drawing in overlay.drawings.values() for zone in drawing.zones]
    [zone] = [z for z in zones if (z.command, z.argument) == (command, argument)]
    x, y = zone.rect.centre
    workspace.press(overlay.rect.x + x, overlay.rect.y + y, Button.LEFT)
    workspace.release(overlay.rect.x + x, overlay.rect.y + y, Button.LEFT)
    workspace.tick()
    workspace.refresh()


def test_checking_the_log_lists_its_faults_where_the_tracks_are(checked):
    state = checked.state()["findings"]
    assert state["open"]
    assert not state["running"]
    assert "media.frozen-image" in state["checks"]
    assert checked.findings.rect == checked.layout.panes["tracks"]
    assert [toast.title for toast in checked.toasts.toasts] == [
        f"{len(checked.findings.checkup.report.faults)} faults"
    ]


def test_a_click_on_a_finding_goes_to_its_camera_and_frame(checked):
    checked.session.go_to(7)
    number = checked.state()["findings"]["checks"].index("media.frozen-image") + 1
    finding = checked.findings.findings[number]
    press(checked, "finding.show", str(number))
    assert checked.session.camera == finding.sensor
    assert checked.session.frame == finding.frame != 7
    assert checked.state()["findings"]["chosen"] == number


def test_a_chosen_finding_says_what_to_do(checked):
    press(checked, "finding.show", "0")
    shapes = checked.findings.drawings["all"].shapes
    words = " ".join(shape.text for shape in shapes if hasattr(shape, "text"))
    fix = checked.findings.findings[0].fix
    assert fix[1:] in words


def test_escape_closes_the_findings_and_the_menu_brings_them_back(checked):
    checked.key("Esc")
    assert not checked.state()["findings"]["open"]
    checked.run("log.findings")
    assert checked.state()["findings"]["open"]
    press(checked, "log.findings")
    assert not checked.state()["findings"]["open"]


def test_while_it_runs_the_window_stays_awake_and_says_how_far_it_is(workspace):
    later, session = [], workspace.session
    session.works = WorkQueue(session.clock, start=later.append)
    workspace.findings.checkup = Checkup(session.log, session.works)
    workspace.run("log.check")
    workspace.tick()
    assert workspace.active
    assert workspace.findings.checkup.progress.text == "Checking this log"
    assert session.works.words() == "Checking this log"
    workspace.run("log.check")
    assert len(later) == 1
    later[0]()
    workspace.tick()
    assert not workspace.findings.checkup.running


def test_a_check_that_is_cancelled_leaves_nothing_behind(workspace):
    later, session = [], workspace.session
    session.works = WorkQueue(session.clock, start=later.append)
    workspace.findings.checkup = Checkup(session.log, session.works)
    workspace.run("log.check")
    workspace.run("log.check_stop")
    later[0]()
    workspace.tick()
    assert workspace.findings.checkup.report is None
    assert not workspace.findings.checkup.running
    assert [toast.title for toast in workspace.toasts.toasts] == ["Checking this log: stopped"]


def test_findings_of_no_check_cannot_be_shown(workspace):
    workspace.run("log.findings")
    assert not workspace.state()["findings"]["open"]


def test_pictures_and_proposals_are_saved_beside_the_users_files(checked, tmp_path):
    checkup = checked.findings.checkup
    jump = Finding(
        "poses.jump", Severity.ERROR, "a jump", "pose 3",
        curve=Curve("speed, m/s", np.arange(4.0), np.array([1.0, 9, 1, 1]), (1.0, 2.0)),
    )  # fmt: skip
    checkup.report = replace(checkup.report, findings=(jump,))
    checkup.save(tmp_path)
    checked.tick()
    [folder] = tmp_path.iterdir()
    assert sorted(file.name for file in folder.iterdir()) == ["01-poses.jump.png", "report.json"]
    assert checked.toasts.toasts[-1].title == "Pictures and proposals saved"
