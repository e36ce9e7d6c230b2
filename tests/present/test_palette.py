from __future__ import annotations

import pytest

from av3d.present.commands import COMMANDS
from av3d.present.palette import SYNONYMS
from av3d.present.panes.pane import Button
from av3d.present.settings import RecentLog


def titles(workspace, query):
    return [found.title for found in workspace.palette.search.results(query)]


def test_other_programs_words_are_those_of_commands_that_there_are():
    assert SYNONYMS.keys() <= {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    ("query", "title"),
    [("bev", "Bird's-eye view"), ("undo", "Undo"), ("rotate", "Turn left"),
     ("shortcuts", "Keys and mouse"),
     ("shwo surroundings", "Show surroundings of the vehicle"), ("front", "Camera: front"),
     ("review", "Review"), ("pedestrian", "Pedestrian 1")],
)  # fmt: skip
def test_it_forgives_and_knows_other_words(editing, query, title):
    editing.session.select("car-1")
    assert title in titles(editing, query)[:6]


def test_a_number_is_a_frame_or_a_track(workspace):
    assert titles(workspace, "2")[0] == "Frame 2"
    assert "Car 2" in titles(workspace, "2")


def test_a_time_is_the_frame_nearest_to_it(workspace):
    found = workspace.palette.search.results("0.52 s")[0]
    assert (found.title, found.note, found.command, found.argument) == (
        "Time 0.520 s", "frame 5", "frame.go", "5",
    )  # fmt: skip
    assert not any(title.startswith("Time") for title in titles(workspace, "99 s"))


def test_recent_logs_are_found_by_name(workspace):
    workspace.start.recent = (RecentLog("/data/pandaset/019"),)
    found = workspace.palette.search.results("pandaset")[0]
    assert (found.title, found.command, found.argument) == (
        "Open 019", "log.recent", "/data/pandaset/019",
    )  # fmt: skip


def test_what_cannot_be_done_is_there_with_the_reason_and_does_nothing(editing):
    editing.session.select(None)
    editing.key("Ctrl+K")
    editing.palette.set_query("flip the heading of the track")
    found = editing.palette.results()[0]
    assert (found.command, found.reason) == ("edit.flip", "Select a track first")
    editing.key("Enter")
    assert editing.palette.open
    assert editing.palette.query == "flip the heading of the track"


def test_what_was_used_last_comes_first(workspace):
    workspace.key("Ctrl+K")
    workspace.palette.set_query("whole image")
    workspace.key("Enter")
    assert not workspace.palette.open
    assert titles(workspace, "")[0] == "Show whole image"


def test_arrows_and_the_wheel_scroll_a_long_list(workspace, settle):
    workspace.key("Ctrl+K")
    settle(workspace)
    palette = workspace.palette
    assert len(palette.results()) > palette.ROWS
    for _ in range(palette.ROWS + 2):
        workspace.key("Down")
    settle(workspace)
    chosen = str(palette.chosen)
    assert palette.chosen == palette.ROWS + 2
    assert chosen in [zone.argument for zone in palette.drawings["all"].zones]
    palette.wheel(100, 100, 20, shift=False)
    settle(workspace)
    assert "0" in [zone.argument for zone in palette.drawings["all"].zones]


def test_a_click_runs_a_line(workspace, settle):
    workspace.key("Ctrl+K")
    workspace.palette.set_query("frame 7")
    settle(workspace)
    palette = workspace.palette
    x, y = palette.drawings["all"].zones[0].rect.centre
    workspace.press(palette.rect.x + x, palette.rect.y + y, Button.LEFT)
    assert workspace.session.frame == 7
    assert not palette.open
