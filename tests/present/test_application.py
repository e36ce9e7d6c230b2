"""The application without its window: opening logs, and what is remembered of them."""

from __future__ import annotations

import pytest

from av3d.errors import Av3dError
from av3d.present.application import Application
from av3d.present.no_log import is_no_log, no_log
from av3d.present.settings import RecentLog, Settings
from av3d.present.settings_file import SettingsFile
from av3d.present.tasks import WorkQueue
from av3d.present.workspace import Workspace
from av3d.render.colours import PointColour


def measure(text, style):
    return len(text) * style.size * 0.5


class Running:
    """An application and its window's workspace, driven frame by frame."""

    def __init__(self, tmp_path, log, clock):
        self.file = SettingsFile(tmp_path / "settings.toml", clock)
        self.opened = []
        self.log = log
        self.clock = clock
        self.application = Application(
            self.file,
            sample=lambda: tmp_path / "sample",
            open_log=self.open_log,
            works=WorkQueue(clock, lambda run: run()),
            wall_clock=lambda: 1000 + clock.now_s,
        )
        self.show(self.application.session)

    def open_log(self, path):
        self.opened.append(path)
        if path.endswith("broken"):
            raise Av3dError("not a log", path, "choose another")
        return self.log

    def show(self, session):
        self.workspace = Workspace(session, measure, self.application.keymap.table())
        self.application.attach(self.workspace)

    def frame(self, count=3):
        for _ in range(count):
            self.workspace.tick()
            self.workspace.refresh()
            for request in self.workspace.take_requests():
                assert self.application.request(request)
            self.application.tick(self.workspace)
            session = self.application.take_next()
            if session is not None:
                kept = self.workspace.toasts.toasts
                self.show(session)
                self.workspace.toasts.take_over(kept)

    @property
    def toasts(self):
        return [f"{toast.title}: {toast.text}" for toast in self.workspace.toasts.toasts]

    @property
    def recent(self):
        return [(log.path, log.frame) for log in self.file.settings.recent]


@pytest.fixture
def running(tmp_path, log, clock, monkeypatch):
    monkeypatch.setenv("AV3D_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("AV3D_DATA_DIR", str(tmp_path))
    made = []

    def start():
        made.append(Running(tmp_path, log, clock))
        return made[-1]

    yield start
    for one in made:
        one.application.close()


def test_no_log_is_a_log_that_shows_nothing():
    log = no_log()
    assert is_no_log(log)
    assert len(log.frames) == 1
    assert len(log.lidars["none"].read(0)) == 0
    assert not log.cameras


def test_without_a_log_only_bars_and_the_start_page_show(running):
    one = running()
    one.frame()
    assert {pane.name for pane in one.workspace.visible_panes()} == {
        "top_bar",
        "start",
        "status_bar",
    }
    assert one.recent == []


def test_without_a_log_there_are_no_commands_about_one(running):
    one = running()
    table = one.workspace.table
    assert table.by_key("Ctrl+O").name == "log.open"
    assert table.by_key("Space") is None
    assert set(one.workspace.top_bar.menus) == {"File", "View", "Help"}
    one.workspace.key("Space")
    one.workspace.key("Esc")
    one.frame()
    assert one.toasts == []


def test_a_log_that_is_opened_shows_and_becomes_the_most_recent_one(running):
    one = running()
    one.workspace.run("log.show", "/logs/street")
    one.frame()
    assert one.opened == ["/logs/street"]
    assert one.workspace.session.log.name == "street"
    one.workspace.session.go_to(7)
    one.frame()
    assert one.recent == [("/logs/street", 7)]


def test_a_log_that_cannot_be_opened_is_told_with_details(running):
    one = running()
    one.workspace.run("log.show", "/logs/broken")
    one.frame()
    assert one.toasts == ["Log not opened: Not a log. /logs/broken. Choose another."]
    [toast] = one.workspace.toasts.toasts
    assert toast.buttons[0][:2] == ("Copy details", "text.copy")
    assert not one.workspace.session.has_log


def test_a_log_opens_where_it_was_left(running):
    one = running()
    recent = (RecentLog("/logs/street", 5, "", 9), RecentLog("/logs/other", 3, "", 2))
    one.file.set(Settings(recent=recent))
    assert one.application.restore()
    one.frame()
    assert one.workspace.session.frame == 9
    one.workspace.run("log.recent", "/logs/other")
    one.frame()
    assert one.workspace.session.frame == 2
    assert one.recent[0] == ("/logs/other", 2)


def test_without_recent_logs_there_is_nothing_to_restore(running):
    assert not running().application.restore()


def test_a_project_that_is_not_there_any_more_is_told_and_the_log_shows(running):
    one = running()
    recent = RecentLog("/logs/street", 5, "/gone/project.sqlite", 1)
    one.file.set(Settings(recent=(recent,)))
    one.application.restore()
    one.frame()
    assert one.workspace.session.has_log
    assert one.toasts[0].startswith("The project of this log is not there: /gone/project.sqlite")


def test_closing_the_log_goes_back_to_the_start_page(running):
    one = running()
    one.workspace.run("log.show", "/logs/street")
    one.frame()
    one.workspace.run("log.close")
    one.frame()
    assert not one.workspace.session.has_log
    assert one.workspace.start.recent[0].path == "/logs/street"


def test_a_log_is_taken_from_the_list(running):
    one = running()
    one.file.set(Settings(recent=(RecentLog("/logs/a", 5), RecentLog("/logs/b", 3))))
    one.workspace.run("log.forget", "/logs/a")
    one.frame()
    assert one.recent == [("/logs/b", 0)]


def test_the_sample_log_opens_by_its_folder(running, tmp_path):
    one = running()
    one.workspace.run("log.sample")
    one.frame(6)
    assert one.opened == [str(tmp_path / "sample")]


def test_how_things_look_is_kept_for_the_next_time(running):
    one = running()
    one.workspace.run("view.theme")
    one.frame()
    one.application.begin(one.log, "/logs/street")
    one.show(one.application.session)
    one.workspace.main.point_px = 5
    one.workspace.session.supply.colour = PointColour.INTENSITY
    one.workspace.session.playback.set_speed(2.0, 0, 0.0)
    one.frame()
    one.application.close()
    again = running()
    again.application.restore()
    again.frame()
    session = again.workspace.session
    assert session.theme.name == "light"
    assert again.workspace.main.point_px == 5
    assert (session.supply.colour, session.playback.speed) == (PointColour.INTENSITY, 2.0)


def test_chosen_keys_count_in_the_window(running, tmp_path):
    (tmp_path / "keys.toml").write_text('"frame.next" = ["F9"]\n')
    one = running()
    one.application.begin(one.log, "/logs/street")
    one.show(one.application.session)
    one.workspace.key("F9")
    assert one.workspace.session.frame == 1


def test_bad_files_are_told_in_the_window(running, tmp_path):
    (tmp_path / "keys.toml").write_text('"frame.nxt" = ["F9"]\n')
    (tmp_path / "settings.toml").write_text("scale = 7\n")
    one = running()
    one.frame()
    assert [text.partition(":")[0] for text in one.toasts] == [
        "Some keys are not as you chose them",
        "Some settings are not as you chose them",
    ]


def test_two_windows_with_one_log_do_not_overwrite_each_other_for_ever(running, clock):
    one, other = running(), running()
    for window, frame in ((one, 3), (other, 8)):
        window.application.begin(window.log, "/logs/street")
        window.show(window.application.session)
        window.workspace.session.go_to(frame)
    writes = []
    for _ in range(4):
        for window in (one, other):
            clock.now_s += 10
            window.frame(1)
            writes.append((window.file.path.stat().st_mtime_ns, window.file.changed))
    assert len({stamp for stamp, _ in writes[3:]}) == 1
    assert not writes[-1][1]


def test_a_picture_of_the_window_is_not_remembered(running):
    one = running()
    one.application.begin(one.log, "/logs/street", remembered=False)
    one.show(one.application.session)
    one.frame()
    assert one.recent == []


def test_the_situation_names_log_and_journal(running):
    one = running()
    assert one.application.situation() == ("", "", None)
    one.application.begin(one.log, "/logs/street")
    one.show(one.application.session)
    assert one.application.situation()[0] == "street"
