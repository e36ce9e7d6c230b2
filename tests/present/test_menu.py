from __future__ import annotations

import pytest

from av3d.present.commands import COMMANDS, MENUS
from av3d.present.reasons import why_not

FALLBACK = "It would change nothing now"


def open_menu(workspace, settle, name):
    workspace.open_menu(name)
    settle(workspace)
    return workspace.menu


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1100, 640)])
@pytest.mark.parametrize("name", MENUS)
def test_every_command_of_a_menu_is_in_the_window_or_scrolls_into_it(editing, settle, name, size):
    editing.resize(*size)
    menu = open_menu(editing, settle, name)
    assert menu.rect.right <= size[0]
    assert menu.rect.bottom <= size[1]
    editing.key("End")
    settle(editing)
    last = editing.table.of_menu(name, editing.desk.base)[-1].name
    assert last in [zone.argument for zone in menu.drawings["all"].zones]


def test_the_keyboard_alone_opens_a_menu_and_runs_a_command(workspace, settle):
    workspace.key("F10")
    settle(workspace)
    assert workspace.top_bar.open_menu == "File"
    for _ in range(2):
        workspace.key("Right")
        settle(workspace)
    assert workspace.top_bar.open_menu == "View"
    workspace.key("3")
    settle(workspace)
    assert workspace.menu.chosen == "view.3d"
    workspace.key("Enter")
    assert workspace.session.main_mode == "3d"
    assert not workspace.menu.visible


def test_a_command_that_cannot_be_done_says_why(workspace, settle):
    menu = open_menu(workspace, settle, "View")
    zone = next(z for z in menu.drawings["all"].zones if z.argument == "view.centre")
    assert zone.command == ""
    assert "Select a track first" in zone.tip


def test_with_nothing_selected_every_grey_command_has_a_reason_of_its_own(editing):
    editing.session.select(None)
    unsaid = [
        command.name for command in COMMANDS
        if command.menu and why_not(editing, command) == FALLBACK
    ]  # fmt: skip
    assert unsaid == []


def test_a_track_that_is_not_here_is_named(editing):
    editing.session.go_to(11)
    editing.session.select("pedestrian-1")
    if editing.session.selected_box() is None:
        reason = why_not(editing, editing.table.by_name("edit.fit"))
        assert reason == "Pedestrian 1 is not there in this frame"
