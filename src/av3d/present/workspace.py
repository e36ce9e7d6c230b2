"""The window without a window: panes, pointer, keys and commands.

The Dear PyGui application hands gestures to a Workspace and copies its drawings to the screen.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av3d.errors import Av3dError
from av3d.present.commands import COMMANDS, MENUS, Command, CommandTable
from av3d.present.desk import Desk
from av3d.present.drawing import Drawing, Measure
from av3d.present.editing import Editing
from av3d.present.flags import Flags
from av3d.present.hints import hints
from av3d.present.inspecting import Inspecting
from av3d.present.issues import Issues
from av3d.present.keymap import Keymap
from av3d.present.layout import Layout, arrange
from av3d.present.panes.about import AboutOverlay
from av3d.present.panes.about_log import AboutLogPane
from av3d.present.panes.bars import StatusBar, TopBar
from av3d.present.panes.camera import CameraPane
from av3d.present.panes.choices import ChoicesOverlay
from av3d.present.panes.decision import DecisionPane
from av3d.present.panes.dialog import DialogOverlay
from av3d.present.panes.dock_bar import DockBar, DropOverlay
from av3d.present.panes.exchange import ExchangeOverlay
from av3d.present.panes.findings import FindingsOverlay
from av3d.present.panes.frames import FramesPane
from av3d.present.panes.guide import GuideCard
from av3d.present.panes.heads import CameraHead, MainHead
from av3d.present.panes.history import HistoryPane
from av3d.present.panes.inspector import InspectorPane
from av3d.present.panes.issue import IssuePane
from av3d.present.panes.key_page import HelpOverlay
from av3d.present.panes.main import MainPane
from av3d.present.panes.menu import MenuOverlay
from av3d.present.panes.messages import MessagesPane
from av3d.present.panes.object_strip import ObjectPane
from av3d.present.panes.opening import OpenOverlay
from av3d.present.panes.overlays import Overlay
from av3d.present.panes.palette import PaletteOverlay
from av3d.present.panes.pane import Button, Pane, PaneImage
from av3d.present.panes.review import QueuePane
from av3d.present.panes.review_facts import MeasurePane
from av3d.present.panes.review_timeline import ReviewTimeline
from av3d.present.panes.sides import SidesPane
from av3d.present.panes.sides_head import SidesHead
from av3d.present.panes.start import StartPane, without_log
from av3d.present.panes.strip import StripPane
from av3d.present.panes.timeline import TimelinePane
from av3d.present.panes.timeline_head import TimelineHead
from av3d.present.panes.tips import TipOverlay
from av3d.present.panes.toasts import ToastOverlay
from av3d.present.panes.too_small import TooSmallPane
from av3d.present.panes.tracks import TracksPane
from av3d.present.pointer import Pointer
from av3d.present.quality_work import TaskList
from av3d.present.refreshing import Refreshing
from av3d.present.review import Review
from av3d.present.reviewing import Reviewing
from av3d.present.session import Session
from av3d.present.state import workspace_state
from av3d.present.wishes import Wishes

logger = logging.getLogger(__name__)


class Workspace:
    """All panes of one session.

    Args:
        session: what is being looked at.
        measure: width of a text in pixels.
        table: the commands.
    """

    session: Session
    editing: Editing
    main: MainPane
    camera: CameraPane
    tracks: TracksPane
    sides: SidesPane
    inspector: InspectorPane
    timeline: TimelinePane
    timeline_head: TimelineHead
    top_bar: TopBar
    findings: FindingsOverlay
    opening: OpenOverlay
    help: HelpOverlay
    about: AboutOverlay
    exchange: ExchangeOverlay
    guide: GuideCard
    menu: MenuOverlay
    palette: PaletteOverlay
    dialog: DialogOverlay
    desk: Desk
    inspecting: Inspecting
    review: Review
    flags: Flags
    issues: Issues
    task_list: TaskList
    note: IssuePane

    def __init__(
        self, session: Session, measure: Measure, table: CommandTable | None = None
    ) -> None:
        self.session = session
        self.editing = Editing(session)
        table = table or CommandTable(COMMANDS)
        self.table = table if session.has_log else table.without_log()
        self.keymap = Keymap()
        self.keymap_path: Path | None = None
        self.files: tuple[tuple[str, str], ...] = ()
        """Names and paths of the files of the application."""
        self.main = MainPane(session, measure, self.run)
        self.main_head = MainHead(session, measure, self.run)
        self.main_head.main = self.main
        self.second = MainPane(session, measure, self.run, name="second")
        self.camera = CameraPane(session, measure, self.run)
        self.camera_head = CameraHead(session, measure, self.run)
        self.camera_head.camera = self.camera
        self.strip = StripPane(session, measure, self.run)
        self.tracks = TracksPane(session, measure, self.run)
        self.timeline = TimelinePane(session, measure, self.run)
        self.timeline_head = TimelineHead(session, measure, self.run)
        self.timeline_head.timeline = self.timeline
        self.timeline_head.key_of = lambda name: self.table.by_name(name).key
        self.frames = FramesPane(session, measure, self.run)
        self.object = ObjectPane(session, measure, self.run)
        self.inspector = InspectorPane(session, measure, self.run)
        self.inspector.host = self.tracks.host = self
        self.history = HistoryPane(session, measure, self.run)
        self.messages = MessagesPane(session, measure, self.run)
        self.inspecting = Inspecting(session)
        self.review = Review(session, self.inspecting)
        self.flags = Flags(session, self.review)
        self.issues = Issues(session, self.review)
        self.task_list = TaskList(session)
        self.reviewing = Reviewing(self)
        self.queue = QueuePane(session, measure, self.run, self.review)
        self.note = IssuePane(session, measure, self.run, self.review, self.issues)
        self.sides = SidesPane(session, measure, self.run)
        self.sides_head = SidesHead(session, measure, self.run)
        self.sides_head.sides = self.sides
        self.top_bar = TopBar(session, measure, self.run)
        self.top_bar.menus = tuple(menu for menu in MENUS if self.table.of_menu(menu))
        self.status_bar = StatusBar(session, measure, self.run)
        self.status_bar.main = self.main
        self.menu = MenuOverlay(session, measure, self.run)
        self.help = HelpOverlay(session, measure, self.run)
        self.palette = PaletteOverlay(session, measure, self.run)
        self.toasts = ToastOverlay(session, measure, self.run)
        self.tip = TipOverlay(session, measure, self.run)
        self.choices = ChoicesOverlay(session, measure, self.run)
        self.drop = DropOverlay(session, measure, self.run)
        self.findings = FindingsOverlay(session, measure, self.run)
        self.dialog = DialogOverlay(session, measure, self.run)
        self.about_log = AboutLogPane(session, measure, self.run)
        self.about_log.checkup = self.findings.checkup
        self.about = AboutOverlay(session, measure, self.run)
        self.exchange = ExchangeOverlay(session, measure, self.run)
        self.guide = GuideCard(session, measure, self.run)
        self.start = StartPane(session, measure, self.run)
        self._name_keys()
        self.opening = OpenOverlay(session, measure, self.run)
        self.overlays: tuple[Overlay, ...] = (
            self.findings, self.guide, self.exchange, self.about, self.dialog, self.toasts,
            self.help, self.palette, self.opening, self.menu, self.choices, self.drop, self.tip,
        )  # fmt: skip
        for overlay in self.overlays:
            overlay.workspace = self
        self.panes: tuple[Pane, ...] = (
            self.top_bar, self.tracks, self.main_head, self.main, self.second, self.camera_head,
            self.camera, self.strip, self.timeline_head, self.timeline, self.frames, self.object,
            self.sides_head, self.sides, self.inspector, self.history, self.messages,
            self.about_log, self.queue, DecisionPane(session, measure, self.run, self.review),
            ReviewTimeline(session, measure, self.run, self.review),
            MeasurePane(session, measure, self.run, self.review), self.note, self.status_bar,
            TooSmallPane(session, measure, self.run), self.start,
        )  # fmt: skip
        self.panes += tuple(
            DockBar(session, measure, self.run, pane.name) for pane in self.panes if pane.title
        )
        self.opening_folder = ""
        self.layout: Layout = arrange(1920, 1080)
        self.desk = Desk(self)
        self.drop.desk = self.desk
        for pane in self.panes:
            if isinstance(pane, DockBar):
                pane.desk = self.desk
        self.mouse = Pointer(self)
        self.wishes = Wishes(self)
        self.refreshing = Refreshing(self)
        self._requests: list[str] = []
        self.resize(1920, 1080)

    # Layout

    def resize(self, width: int, height: int) -> None:
        """Lay the panes out for a window of this size."""
        self.layout = Layout(width, height, 0, False, {}, {})
        self.layout = self.desk.arrange(width, height)
        if not self.session.has_log and not self.layout.too_small:
            self.layout = without_log(self.layout)
        for pane in self.panes:
            rect = self.layout.panes.get(pane.name)
            if rect is not None:
                pane.rect = rect
        self.inspector.folded = self.layout.step >= 3
        self.main_head.tabbed = self.camera_head.tabbed = self.desk.shares_place
        self.top_bar.tabs, self.top_bar.tab = self.desk.tabs, self.desk.name
        self.top_bar.tips = self.desk.tips
        self.status_bar.show_hints = self.layout.step < 1 or width >= 1500

    # Keys

    def use_keys(self) -> None:
        """Use the keys of the key map from now on, and write them to its file.

        Raises:
            OutputError: the file cannot be written; the keys count all the same until the window closes.
        """
        table = self.keymap.table()
        self.table = table if self.session.has_log else table.without_log()
        self._name_keys()
        for pane in (*self.panes, *self.overlays):
            pane.forget()
        self.relayout()
        if self.keymap_path is not None:
            self.keymap.save(self.keymap_path)

    def _name_keys(self) -> None:
        """Tell panes the keys that they draw."""
        self.start.open_key = self.table.by_name("log.open").key
        self.top_bar.search_key = self.table.by_name("palette.open").key

    def relayout(self) -> None:
        """Lay the panes out again in the same window."""
        self.resize(self.layout.width, self.layout.height)

    def visible_panes(self) -> tuple[Pane, ...]:
        """The panes that have a place now."""
        return tuple(pane for pane in self.panes if pane.name in self.layout.panes)

    def visible_overlays(self) -> tuple[Overlay, ...]:
        """The overlays that show, from back to front; none over a window that is too small."""
        if self.layout.too_small:
            return ()
        return tuple(overlay for overlay in self.overlays if overlay.visible)

    # Time and work

    def tick(self) -> None:
        """Once per frame of the window: play, take over finished work, ask for what is missing."""
        session = self.session
        session.loader.drain()
        self.reviewing.tick()
        if session.has_log:
            self.status_bar.hints = hints(self)
        session.tick(ready=self.wishes.frame_shows())
        self.wishes.take_tracks()
        if session.follow_camera:
            self.camera.follow()
        self.wishes.report_errors()
        session.edits.poll()
        session.works.hold_quiet(self.in_use or session.edits.previewing)
        for message in session.messages:
            self.toasts.show(message.kind, message.title, message.text, details=message.details)
        session.messages.clear()
        for work in session.works.tick():
            told = work.message()
            if told is not None:
                self.toasts.show(told.kind, told.title, told.text, details=told.details)
        said = self.findings.take()
        if said is not None:
            self.toasts.show(*said)
        self.toasts.expire()
        self.wishes.tick()

    @property
    def in_use(self) -> bool:
        """Whether the user waits for each picture: holds something, plays, or has asked for a frame."""
        session = self.session
        return self.mouse.held is not None or session.playback.playing or session.loader.busy

    @property
    def active(self) -> bool:
        """Whether something moves by itself, so that the window must not wait for a gesture."""
        session = self.session
        tip_due = (
            self.hovered_pane is not None
            and self.hovered_pane.hot is not None
            and bool(self.hovered_pane.hot.tip)
            and not self.tip.visible
        )
        leaving = any(toast.until_s is not None for toast in self.toasts.toasts)
        working = session.works.busy or self.opening.waiting or session.edits.waiting
        moving = session.playback.playing or self.sides.easing or session.in_motion
        moving = moving or self.refreshing.waiting
        return moving or session.loader.busy or tip_due or leaving or working

    def refresh(self) -> dict[str, dict[str, Drawing]]:
        """Draw what has changed: drawings by pane and layer."""
        return self.refreshing.refresh()

    def images(self) -> Mapping[str, PaneImage]:
        """The pictures of all visible panes, by slot."""
        found: dict[str, PaneImage] = {}
        for pane in self.visible_panes():
            found.update(pane.images())
        return found

    # Commands

    def can(self, command: Command) -> bool:
        """Whether a command is there in this workspace and can be done now."""
        return command.workspace in ("", self.desk.base) and command.enabled(self)

    def run(self, name: str, argument: str = "") -> None:
        """Run a command of the table if it is enabled."""
        command = self.table.by_name(name)
        if not self.can(command):
            return
        try:
            command.action(self, argument)
        except Av3dError as error:
            self.session.say("error", f"{command.title}: not done", str(error))

    def key(self, key: str) -> bool:
        """A key was pressed, such as "Shift+Right"; returns whether it did something."""
        if self.layout.too_small:
            command = self.table.by_key(key, self.desk.base)
            if command is None or command.name != "app.quit":
                return False
            self.run(command.name)
            return True
        if key == "Esc" and self.mouse.cancel():
            return True
        if self.session.fields.key(key):
            return True
        for overlay in reversed(self.visible_overlays()):
            if overlay.key(key):
                return True
        command = self.table.by_key(key, self.desk.base)
        if command is None:
            if key == "Esc":
                self.escape()
            return False
        over = self.hovered_pane
        self.run(over.meant(command.name) if over is not None else command.name)
        return True

    def ask(self, what: str) -> None:
        """Ask the application for something that only it can do ("quit", "screenshot")."""
        self._requests.append(what)

    def take_requests(self) -> list[str]:
        """What was asked for since the last call."""
        requests, self._requests = self._requests, []
        return requests

    def escape(self) -> None:
        """Close what is open; if nothing is, leave the full pane, drop the span, or select nothing."""
        for overlay in (self.menu, self.help, self.opening, self.dialog, self.findings):
            if overlay.visible:
                overlay.close()
                return
        if self.session.tool:
            self.session.tool = self.session.hint = ""
        elif self.desk.full is not None:
            self.desk.toggle_full()
        elif self.session.span is not None:
            self.session.span = None
        else:
            self.session.select(None)

    def open_menu(self, name: str) -> None:
        """Open a menu, or close it if it is open."""
        self.top_bar.open_menu = None if self.top_bar.open_menu == name else name

    def run_from_overlay(self, name: str) -> None:
        """Close the menu and run the command."""
        self.menu.close()
        self.run(name)

    def begin_opening(self) -> None:
        """Ask for the path of a log, beginning where the last one was."""
        self.palette.close()
        self.opening.begin(self.opening_folder)

    def open_palette(self) -> None:
        self.palette.begin()

    def run_palette_row(self, number: int) -> None:
        """Run a line of the palette."""
        self.palette.run_row(number)

    def show_track(self, track_id: str) -> None:
        """Select a track, at a frame in which it is present, and bring it into sight."""
        session = self.session
        track = session.track(track_id)
        if track is None:
            return
        session.select(track_id)
        if not track.is_present(session.timestamp_ns):
            session.go_to_time(track.keyframes[0].timestamp_ns)
        self.main.centre_on_selection()

    def places(self) -> tuple[tuple[str, str], ...]:
        """Names and paths of what the program keeps."""
        return (
            ("project", self.session.labels.where if self.session.has_log else ""),
            ("log", self.session.log.source if self.session.has_log else ""),
            *self.files,
        )

    def toggle_help(self) -> None:
        if self.help.open:
            self.help.close()
        else:
            self.palette.close()
            self.help.begin()

    def begin_search(self) -> None:
        """Put the text cursor into the search of the track list."""
        self.tracks.begin_search()

    def set_query(self, text: str) -> None:
        """Search for tracks."""
        self.session.fields.close("tracks.search")
        self.tracks.query = text

    def close_toast(self, number: int) -> None:
        self.toasts.dismiss(number)

    # Pointer; coordinates are pixels of the window

    @property
    def hovered_pane(self) -> Pane | None:
        """The pane under the pointer."""
        return self.mouse.over

    def press(self, x: float, y: float, button: Button, clicks: int = 1) -> None:
        """A button went down."""
        self.mouse.press(x, y, button, clicks)

    def move(self, x: float, y: float) -> None:
        """The pointer moved."""
        self.mouse.move(x, y)

    def release(self, x: float, y: float, button: Button) -> None:
        """A button went up."""
        self.mouse.release(x, y, button)

    def wheel(self, x: float, y: float, notches: float, *, shift: bool = False) -> None:
        """The wheel turned; positive is away from the user."""
        self.mouse.wheel(x, y, notches, shift=shift)

    # For tests and scripts

    def shown(self) -> dict[str, Any]:
        """Frame of the main view, camera and frame of the large image; None where nothing shows."""
        panes = self.layout.panes
        return {
            "main": self.main.shown if "main" in panes else None,
            "camera": self.camera.picture.shown if "camera" in panes else None,
        }

    def state(self) -> dict[str, Any]:
        """What the window shows, as JSON values, so that tests need not guess from pixels."""
        return workspace_state(self)
