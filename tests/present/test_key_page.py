from __future__ import annotations

import pytest

from av3d.present.commands import COMMANDS
from av3d.present.commands.mouse import GESTURES
from av3d.present.drawing import Text
from av3d.present.keymap import Keymap


@pytest.fixture
def page(workspace, settle, tmp_path):
    workspace.keymap_path = tmp_path / "keys.toml"
    workspace.key("F1")
    settle(workspace)
    return workspace.help


def said(page):
    return [shape.text for shape in page.drawings["all"].shapes if isinstance(shape, Text)]


def lines(page):
    return [line for _, group in page.groups() for line in group]


def test_it_lists_every_command_that_has_a_key_and_every_gesture_of_the_mouse(page):
    listed = {line.command.name for line in lines(page) if line.command}
    assert {command.name for command in COMMANDS if command.keys} <= listed
    gestures = [(line.gesture, line.title) for line in lines(page) if line.gesture]
    assert gestures == [(one.gesture, one.title) for one in GESTURES]


def test_it_is_searched_by_words_and_by_keys(page, workspace, settle):
    page._typed("rotate")
    assert "edit.turn_left" in [line.command.name for line in lines(page) if line.command]
    page._typed("ctrl+z")
    assert [line.command.name for line in lines(page) if line.command] == ["edit.undo"]
    page._typed("qqqq")
    settle(workspace)
    assert "No command matches 'qqqq'. Clear the search." in said(page)


def test_a_new_key_counts_at_once_everywhere_and_is_kept(page, workspace, settle):
    workspace.run("keys.change", "palette.open")
    workspace.key("Ctrl+F9")
    assert page.waiting == ""
    assert Keymap.load(workspace.keymap_path).keys("palette.open") == ("Ctrl+F9",)
    page.close()
    settle(workspace)
    assert "Ctrl+F9" in [
        shape.text for shape in workspace.top_bar.drawings["all"].shapes if isinstance(shape, Text)
    ]
    workspace.key("Ctrl+K")
    assert not workspace.palette.open
    workspace.key("Ctrl+F9")
    assert workspace.palette.open


def test_a_key_that_is_taken_names_its_owner_and_changes_only_when_it_is_wanted(
    page, workspace, settle
):
    page._typed("whole image")
    workspace.run("keys.change", "camera.fit")
    workspace.key("V")
    settle(workspace)
    assert page.conflict == ("V", ("Next camera",))
    assert "V is the key of Next camera" in said(page)
    assert workspace.keymap.keys("camera.next") == ("V",)
    workspace.run("keys.cancel")
    assert workspace.keymap.keys("camera.fit") == ()
    workspace.run("keys.change", "camera.fit")
    workspace.key("V")
    workspace.run("keys.use")
    assert workspace.keymap.keys("camera.fit") == ("V",)
    assert workspace.keymap.keys("camera.next") == ()
    workspace.run("keys.reset", "camera.next")
    assert workspace.keymap.keys("camera.next") == ("V",)


def test_keys_are_taken_away_and_all_come_back(page, workspace):
    workspace.run("keys.change", "camera.next")
    workspace.run("keys.remove")
    assert workspace.keymap.keys("camera.next") == ()
    workspace.run("keys.reset_all")
    assert not workspace.keymap.any_changed


def test_escape_cannot_be_given_away_and_leaves_the_key_as_it_is(page, workspace):
    workspace.run("keys.change", "camera.next")
    workspace.key("Esc")
    assert page.visible
    assert page.waiting == ""
    assert workspace.keymap.keys("camera.next") == ("V",)


def test_keys_do_not_reach_what_lies_below(page, workspace):
    page.session.fields.close("keys.search")
    workspace.key("Right")
    assert workspace.session.frame == 0
    assert page.visible


def test_a_disk_that_refuses_is_told_and_the_keys_count_all_the_same(
    page, workspace, settle, tmp_path
):
    (tmp_path / "file").write_text("")
    workspace.keymap_path = tmp_path / "file" / "keys.toml"
    workspace.run("keys.change", "camera.fit")
    workspace.key("Ctrl+F8")
    assert workspace.table.by_name("camera.fit").keys == ("Ctrl+F8",)
    assert page.problem
