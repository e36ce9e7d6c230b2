"""Starting: without a log, where the last session was left, and from one log to another."""

from __future__ import annotations

import shutil
import signal
import tomllib

import pytest

pytestmark = pytest.mark.window


def no_log(state):
    return state["log"] == "" and "start" in state["panes"]


@pytest.fixture
def other(street, tmp_path):
    """A second log beside a folder that is none."""
    folder = tmp_path / "logs" / "avenue"
    shutil.copytree(street, folder)
    settings = folder / "log.toml"
    settings.write_text(settings.read_text().replace('name = "street"', 'name = "avenue"'))
    (tmp_path / "logs" / "notes").mkdir()
    return folder


def on_frame(log, frame):
    return lambda s: (s["log"], s["frame"], s["shown"]["main"]) == (log, frame, frame)


def test_without_a_log_the_window_says_what_to_do_and_opens_one_by_its_path(start, other):
    app = start("--fresh", ready=no_log, cwd=other.parent)
    app.key("ctrl+o")
    app.wait(lambda s: s["opening"]["open"] and s["typing"])
    app.type("av")
    app.wait(lambda s: s["opening"]["listed"] == [f"{other}/"] and s["opening"]["chosen"] == 0)
    app.key("Tab")
    app.wait(lambda s: s["opening"]["text"] == f"{other}/" and s["typing"])
    # The cursor is behind what was completed: typing goes on there.
    app.type("la")
    app.wait(lambda s: s["opening"]["text"] == f"{other}/la")
    app.key("BackSpace", "BackSpace")
    app.wait(lambda s: s["opening"]["text"] == f"{other}/" and s["opening"]["chosen"] == 0)
    app.key("Return")
    state = app.wait(on_frame("avenue", 0), 30)
    assert not state["opening"]["open"]
    assert len(state["boxes"]["main"]) == 3
    assert app.quit() == 0


def test_a_wrong_path_is_told_and_the_log_that_shows_stays(start, street):
    app = start(street)
    app.key("ctrl+o")
    app.wait(lambda s: s["opening"]["open"] and s["typing"])
    app.type("/nowhere")
    app.wait(lambda s: s["opening"]["text"] == "/nowhere")
    app.key("Return")
    state = app.wait(lambda s: s["toasts"] and not s["busy"])
    assert state["toasts"][0].startswith("Log not opened: There is no such file or folder. ")
    assert state["log"] == "street"


def test_another_log_opens_in_the_same_window(start, street, other):
    app = start(street, cwd=other.parent)
    app.key("End")
    app.wait(on_frame("street", 11))
    app.key("ctrl+o")
    app.wait(lambda s: s["opening"]["open"] and s["typing"])
    app.type("avenue")
    app.wait(lambda s: s["opening"]["listed"] == [f"{other}/"] and s["opening"]["chosen"] == 0)
    app.key("Return")
    state = app.wait(on_frame("avenue", 0), 30)
    app.click(*app.place_of("car-1", state))
    app.wait(lambda s: s["selected"] == "car-1")
    assert app.quit() == 0


def test_without_arguments_the_last_log_is_open_where_it_was_left(start, street, tmp_path):
    app = start(street)
    app.key("Right", "Right", "Right")
    app.wait(on_frame("street", 3))
    assert app.quit() == 0
    [recent] = tomllib.loads((tmp_path / "config" / "settings.toml").read_text())["recent"]
    assert (recent["path"], recent["frame"]) == (str(street), 3)
    again = start()
    assert again.state["log"] == "street"
    again.wait(on_frame("street", 3))
    assert again.quit() == 0
    assert start("--fresh", ready=no_log).quit() == 0


def test_a_session_that_was_killed_is_told_of(start, street, tmp_path):
    app = start(street)
    app.process.send_signal(signal.SIGKILL)
    app.process.wait(10)
    again = start()
    state = again.wait(lambda s: s["toasts"])
    [toast] = state["toasts"]
    assert toast.startswith("The last session ended unexpectedly: No edits were made. Report: ")
    [report] = (tmp_path / "log").glob("crash-*.txt")
    assert str(report) in toast
    assert "log               street" in report.read_text()
