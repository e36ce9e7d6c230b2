"""Every command of the table is reached by its menu, by a key and by the palette, and its action runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.doctor.examination import Report
from av3d.doctor.finding import Curve, Finding, Severity
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.present import inspecting, wishes
from av3d.present.commands import COMMANDS
from av3d.present.keymap import KEY_NAMES, Keymap
from av3d.present.labels import labels_of
from av3d.present.loader import Loader
from av3d.present.operations import copies
from av3d.present.panes.pane import Button
from av3d.present.quality_work import TaskList
from av3d.present.review_sources import Source
from av3d.present.session import Session
from av3d.present.tasks import Work, WorkQueue
from av3d.present.time_span import TimeSpan
from av3d.present.workspace import Workspace
from av3d.qa.finding import Finding as Found
from av3d.qa.finding import Severity as Risk
from av3d.qa.registry import all_checks
from av3d.store.tasks import Task, TaskState
from av3d.tracks.change import Change
from av3d.tracks.decision import Verdict
from av3d.tracks.issue import IssueState
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.belonging import relate
from av3d.tracks.operations.events import add_event
from av3d.tracks.operations.keyframes import delete_keyframe
from av3d.tracks.operations.presence import cut_presence
from av3d.tracks.operations.review_plans import plan_review
from av3d.tracks.proposal import proposed
from av3d.tracks.review_plan import ReviewPlan
from av3d.tracks.track import Track

PERIOD_NS = 100_000_000
LISTED = tuple(command.name for command in COMMANDS if command.menu)
FREE_KEYS = tuple(
    f"{held}+{key}"
    for held in ("Ctrl+Alt+Shift", "Ctrl+Alt")
    for key in KEY_NAMES
    if f"{held}+{key}" not in {key for command in COMMANDS for key in command.keys}
)
"""For commands that have no key of their own."""


class Ground(SweepStream):
    """A flat road with a block where the first car is."""

    def read(self, index):
        random = np.random.default_rng(index)
        ground = random.uniform([-40, -40, 0], [60, 40, 0.02], (2000, 3))
        car = random.uniform([8, -1, 0.1], [12, 1, 1.5], (300, 3))
        points = np.concatenate([ground, car]).astype(np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points)


@pytest.fixture
def log(log):
    """The street with two LiDARs, so that there is one to choose."""
    times = log.lidars["top"].timestamps_ns
    lidars = {"top": Ground(times), "left": Ground(times)}
    mounts = dict.fromkeys(lidars, LidarMount(SE3.identity()))
    return Log(
        name=log.name, kind=log.kind, path=log.path, rig=Rig("test", mounts, log.rig.cameras),
        trajectory=log.trajectory, lidars=lidars, cameras=log.cameras,
    )  # fmt: skip


@pytest.fixture
def tracks(tracks):
    """With a car that jumps by two metres, which a check finds."""
    keyframes = tuple(
        Keyframe(
            index * PERIOD_NS,
            Cuboid.from_yaw([10.0 + 2.0 * (index == 5), 8.0, 0.8], [4.4, 1.9, 1.6], 0.0),
            Provenance.FITTED,
        )
        for index in range(12)
    )
    return (*tracks, Track("jumper", "car", keyframes, number=9))


class Differences:
    """One difference to other labels."""

    version = 0

    def __init__(self, workspace):
        found = workspace.session.track("car-1")
        self.findings = (
            Found("moved", Risk.NOTE, ("car-1",), "Car 1", "car", 0, 0, 0, 1.0, 0.5, "moved", 50,
                  found.digest),
        )  # fmt: skip

    def poll(self):
        """Nothing changes."""

    def take_theirs(self, finding):
        return lambda document: delete_keyframe(document, "car-1", 11 * PERIOD_NS)

    take_average = take_theirs


class Ran:
    """The commands that were run; each does what it does in the window, too."""

    def __init__(self):
        self.names = []

    def row(self, command):
        def action(workspace, argument):
            self.names.append(command.name)
            command.action(workspace, argument)

        return replace(command, action=action)


class Window:
    """One workspace for all commands: what each has changed is taken back before the next."""

    def __init__(self, log, project, clock, settle):
        self.ran = Ran()
        self.waits = False
        self.held = []
        works = WorkQueue(clock, start=lambda run: self.held.append(run) if self.waits else run())
        session = Session(
            log, labels=labels_of(log, project), loader=Loader(threads=0), works=works, clock=clock
        )
        self.keymap = Keymap(tuple(map(self.ran.row, COMMANDS)))
        without = [name for name in LISTED if not self.keymap.keys(name)]
        for name, key in zip(without, FREE_KEYS, strict=False):
            self.keymap.rebind(name, key)
        measure = lambda text, style: len(text) * style.size * 0.5  # noqa: E731
        self.workspace = Workspace(session, measure, self.keymap.table())
        self.workspace.keymap = self.keymap
        self.seeing = session.supply.seeing
        self.settle = settle

    def begin(self, command):
        """The first car is selected in frame 5, with a span, in the usual layout; nothing is open."""
        workspace, session = self.workspace, self.workspace.session
        self.waits = False
        session.works.cancel()
        while self.held:
            self.held.pop()()
        session.works.tick()
        if session.playback.playing:
            session.toggle_play()
        session.tool = ""
        if session.fields.active is not None:
            session.fields.close(session.fields.active.name)
        for overlay in workspace.overlays:
            overlay.close()
        while session.labels.undoable is not None:
            session.undo()
        workspace.desk.go(command.workspace or "annotate")
        session.supply.seeing = self.seeing
        workspace.tick()
        session.hide(())
        session.go_to(5)
        session.select("car-1")
        session.span = TimeSpan(2 * PERIOD_NS, 8 * PERIOD_NS)
        workspace.take_requests()

    def prepare(self, name):
        """What one command needs beside that."""
        workspace, session = self.workspace, self.workspace.session
        do = session.edits.do
        match name:
            case "track.merge" | "track.swap" | "track.copy_shape":
                session.select_many(["car-1", "car-2"])
            case "presence.here" | "presence.only_here":
                session.select("pedestrian-1")
                session.go_to(9)
            case "presence.join":
                do("Hide", lambda d: cut_presence(d, "car-1", 4 * PERIOD_NS, 4 * PERIOD_NS))
            case "track.retime" | "key.confirm":
                session.go_to(11)
            case "track.unrelate":
                do("Relate", lambda d: relate(d, "car-1", "towed_by", "car-2"))
            case "event.change":
                do("Event", lambda d: add_event(d, "cut_in", 0, 0))
            case "track.paste":
                workspace.run("track.copy")
            case "edit.paste" | "edit.paste_new":
                workspace.run("edit.copy")
            case "edit.undo":
                workspace.run("edit.flip")
            case "edit.redo":
                workspace.run("edit.flip")
                workspace.run("edit.undo")
            case "tracks.show_all":
                workspace.run("tracks.hide")
            case "timeline.whole":
                axis = workspace.timeline.axis
                bounds_ns = workspace.timeline.bounds_ns
                workspace.timeline.show(axis.showing(0, 3 * PERIOD_NS, bounds_ns))
            case "points.fewer_sweeps" | "points.moving":
                workspace.run("points.fewer_sweeps")
                workspace.run("points.more_sweeps")
            case "points.more_sweeps":
                for _ in range(9):
                    workspace.run("points.fewer_sweeps")
            case "log.check":
                # The check has tests of its own, and takes its time.
                self.waits = True
            case "work.cancel":
                self.waits = True
                session.works.add(Work("Waiting", lambda _report: None))
                session.works.tick()
            case "log.findings" | "log.check_save":
                self._check()
            case _ if name.startswith("proposal."):
                jumper = session.track("jumper")
                do("Propose", lambda _: [Change(jumper, proposed(jumper, 0.5))], by_hand=False)
                session.select("jumper")
            case _ if name.startswith("frames."):
                workspace.desk.open("frames")
                self.settle(workspace)
                if not workspace.frames.cells.targets:
                    workspace.run("frames.all")
            case "review.drop_plan":
                plan = ReviewPlan("plan", "Sample", fraction=0.1)
                do("Plan", lambda d: plan_review(d, plan, 0, 11 * PERIOD_NS))
            case "review.theirs" | "review.average" | "labels.compare_end":
                workspace.review.sources.differences = Differences(workspace)
                workspace.desk.go("review")
                workspace.review.show_source(Source.DIFFERENCES)
                workspace.review.step(1)
            case "issue.resolve" | "issue.wont_fix" | "issue.reopen":
                self._review()
                workspace.review.decide(Verdict.SENT_BACK, "off the points")
                workspace.issues.show(workspace.issues.all[0].id)
                if name == "issue.reopen":
                    workspace.issues.set_state(IssueState.RESOLVED)
            case "issue.new" | "review.plan":
                pass
            case "task.submit" | "task.send_back" | "task.done":
                state = TaskState.NEW if name == "task.submit" else TaskState.REVIEW
                editor = session.labels.editor
                task = Task(name, editor.log_name, 0, 11 * PERIOD_NS, "Street", state)
                editor.project.commit({"": [Change(None, task)]}, command="task")
                workspace.task_list = TaskList(session)
            case "finding.next" | "finding.previous" | "finding.repair" | "finding.only":
                session.select("jumper")
                workspace.inspecting.ask()
                for _ in range(4):
                    workspace.tick()
            case _ if name.startswith(("review.", "issue.", "view.remarks")):
                self._review()

    def _review(self):
        """What the checks found is gone through."""
        workspace = self.workspace
        workspace.desk.go("review")
        workspace.review.show_source(Source.CHECKS)
        for _ in range(4):
            workspace.tick()

    def _check(self):
        """Something was found in the log that has a picture."""
        curve = Curve("speed, m/s", np.arange(4.0), np.array([1.0, 9, 1, 1]), (1.0, 2.0))
        jump = Finding("poses.jump", Severity.ERROR, "a jump", "pose 3", curve=curve)
        checkup = self.workspace.findings.checkup
        checkup.report = Report("street", (jump,), ("poses.jump",))

    def click_in_menu(self, command):
        """Open its menu and press its row."""
        workspace = self.workspace
        workspace.open_menu(command.menu)
        workspace.refresh()
        rows = [
            zone.rect
            for drawing in workspace.menu.drawings.values()
            for zone in drawing.zones
            if zone.argument == command.name
        ]
        x, y = rows[0].centre
        place = workspace.menu.rect.x + x, workspace.menu.rect.y + y
        workspace.press(*place, Button.LEFT)
        workspace.release(*place, Button.LEFT)

    def press_key(self, command):
        self.workspace.key(command.key)

    def find_in_palette(self, command):
        """Type its title, go down to its line, Enter."""
        workspace = self.workspace
        workspace.run("palette.open")
        workspace.session.fields.typed(command.title)
        found = [line.command for line in workspace.palette.results()]
        for _ in range(found.index(command.name)):
            workspace.key("Down")
        workspace.key("Enter")


@pytest.fixture
def window(log, project, clock, settle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Nobody plays here: without the frames ahead there is a fourth of the pictures to make.
    monkeypatch.setattr(wishes, "AHEAD", 1)
    jumps = tuple(check for check in all_checks() if check.id == "teleport")
    monkeypatch.setattr(inspecting, "all_checks", lambda: jumps)
    made = Window(log, project, clock, settle)
    yield made
    copies.CLIPBOARD.track = None
    made.workspace.session.labels.close()


@pytest.mark.parametrize("way", ["click_in_menu", "press_key", "find_in_palette"])
def test_every_command_is_reached_and_runs(window, way):
    workspace, missed = window.workspace, {}
    for name in LISTED:
        if (name, way) == ("palette.open", "find_in_palette"):
            continue  # it is open
        command = workspace.table.by_name(name)
        window.begin(command)
        window.prepare(name)
        if not workspace.can(command):
            missed[name] = "cannot be done in this state"
            continue
        window.ran.names.clear()
        getattr(window, way)(command)
        errors = [message.text for message in workspace.session.messages if message.kind == "error"]
        workspace.session.messages.clear()
        if name not in window.ran.names:
            missed[name] = "was not run"
        elif errors:
            missed[name] = errors
    assert not missed, "\n".join(f"{name}: {why}" for name, why in missed.items())
