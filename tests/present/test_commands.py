from __future__ import annotations

import pytest

from av3d.present.commands import COMMANDS, MENUS, CommandError, CommandTable
from av3d.present.commands import Command as Row


def test_no_two_commands_share_a_name_or_a_key():
    CommandTable(COMMANDS)


def test_a_key_that_is_used_twice_is_refused_with_both_names():
    rows = (
        Row("a", "A", "File", lambda w, _: None, ("X",)),
        Row("b", "B", "File", lambda w, _: None, ("X",)),
    )
    with pytest.raises(CommandError, match="X is the key of a and of b"):
        CommandTable(rows)


def test_every_menu_has_commands_and_every_command_of_a_menu_is_in_a_known_menu():
    table = CommandTable(COMMANDS)
    assert all(table.of_menu(menu) for menu in MENUS)
    assert {command.menu for command in COMMANDS} <= {"", *MENUS}


def test_a_disabled_command_does_nothing(workspace):
    workspace.session.select(None)
    before = workspace.main.bev
    workspace.run("view.centre")
    assert workspace.main.bev == before


def test_an_unknown_command_is_an_error(workspace):
    with pytest.raises(CommandError, match=r"no command 'fly'"):
        workspace.run("fly")


def test_every_zone_that_is_drawn_names_a_command(workspace, settle):
    table = CommandTable(COMMANDS)
    workspace.session.select("car-1")
    workspace.open_menu("View")
    workspace.palette.begin()
    workspace.toasts.show("error", "Fit failed", "Only 3 points.")
    settle(workspace)
    for pane in (*workspace.visible_panes(), *workspace.overlays):
        for drawing in pane.drawings.values():
            for zone in drawing.zones:
                # A place may have a tip only.
                assert zone.command or zone.tip
                if zone.command:
                    table.by_name(zone.command)


def test_a_dialog_is_not_asked_about_what_only_another_one_previews(editing, settle):
    session = editing.session
    session.select("car-1")
    editing.run("track.duplicate")
    [previewed] = [t for t in session.tracks if t.id not in session.labels.document.tracks]
    session.select(previewed.id)
    editing.run("track.number")
    assert editing.dialog.dialog is None
    assert session.selection == ("car-1",)
