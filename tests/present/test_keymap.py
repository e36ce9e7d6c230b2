"""The key map: keys that a user chose instead of the default ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.present.commands import COMMANDS, Command, CommandError
from av3d.present.keymap import KEY_NAMES, Keymap, KeymapError, key_named


def command(name, *keys):
    return Command(name, name.capitalize(), "File", lambda workspace, argument: None, keys)


ROWS = (
    command("frame.next", "Right"),
    command("frame.previous", "Left"),
    command("view.closer", "+", "="),
    command("track.clear", "Esc"),
    command("tracks.sort"),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.toml"


def loaded(path, text):
    path.write_text(text)
    return Keymap.load(path, ROWS)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ctrl+shift+z", "Ctrl+Shift+Z"),
        ("Shift + Alt + Right", "Alt+Shift+Right"),
        ("f5", "F5"),
        ("+", "+"),
        ("Ctrl++", "Ctrl++"),
        ("Shift+=", "+"),
        ("Ctrl+Shift+=", "Ctrl++"),
        ("delete", "Del"),
        ("/", "/"),
    ],
)
def test_keys_are_understood_however_they_are_written(text, key):
    assert key_named(text) == key


@pytest.mark.parametrize("text", ["", "Ctrl", "Ctrl+", "Hyper+A", "Z+Ctrl", "AB", "F13"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(KeymapError, match="there is no key"):
        key_named(text)


def test_without_a_file_commands_have_their_default_keys(path):
    keymap = Keymap.load(path, ROWS)
    assert keymap.problem is None
    assert keymap.keys("view.closer") == ("+", "=")
    assert keymap.table().by_key("Right").name == "frame.next"


def test_keys_of_the_file_come_instead_of_the_default_ones(path):
    keymap = loaded(path, '"frame.next" = ["N", "ctrl+right"]\ntracks.sort = "F5"\n')
    assert keymap.problem is None
    table = keymap.table()
    assert table.by_key("N").name == table.by_key("Ctrl+Right").name == "frame.next"
    assert table.by_key("Right") is None
    assert table.by_key("F5").name == "tracks.sort"


def test_an_empty_list_takes_the_keys_from_a_command(path):
    keymap = loaded(path, '"frame.next" = []')
    assert (keymap.keys("frame.next"), keymap.problem) == ((), None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"frame.nxt" = ["N"]', ["frame.nxt"]),
        ('"frame.next" = ["Banana"]', ["frame.next", "Banana"]),
        ('"frame.next" = 5', ["frame.next", "no list"]),
        (
            '"frame.next" = ["N"]\n"frame.previous" = ["N"]',
            ["N is", "frame.next", "frame.previous"],
        ),
        ('"frame.next" = ["Left"]', ["Left", "frame.next", "frame.previous"]),
        ('"frame.next" = ["Esc"]', ["Esc", "frame.next"]),
        ('"track.clear" = ["C"]', ["Esc stays with track.clear"]),
    ],
)
def test_what_does_not_fit_is_told_by_name(path, text, words):
    keymap = loaded(path, text)
    for word in words:
        assert word in keymap.problem.what
    assert keymap.problem.where == str(path)
    assert len({key for row in ROWS for key in keymap.keys(row.name)}) == sum(
        len(keymap.keys(row.name)) for row in ROWS
    )
    assert keymap.table().by_key("Esc").name == "track.clear"


def test_several_problems_are_one_message_with_a_line_each(path):
    keymap = loaded(path, 'a = ["N"]\nb = ["M"]')
    assert "and 1 more" in str(keymap.problem)
    assert keymap.problem.details == ("there is no command 'a'", "there is no command 'b'")


@pytest.mark.parametrize("content", [b"frame = ", b"\xff"])
def test_a_file_that_is_no_toml_leaves_the_default_keys(path, content):
    path.write_bytes(content)
    keymap = Keymap.load(path, ROWS)
    assert "cannot be read" in str(keymap.problem)
    assert keymap.keys("frame.next") == ("Right",)


def test_a_free_key_is_given_at_once():
    keymap = Keymap(ROWS)
    assert keymap.rebind("frame.next", "N") == ()
    assert keymap.keys("frame.next") == ("N",)
    assert keymap.changed("frame.next")


def test_a_key_of_another_command_is_not_given_but_told():
    keymap = Keymap(ROWS)
    [other] = keymap.rebind("frame.next", "Left")
    assert other.name == "frame.previous"
    assert keymap.keys("frame.next") == ("Right",)


def test_a_key_is_taken_from_another_command_when_asked_for():
    keymap = Keymap(ROWS)
    [other] = keymap.rebind("frame.next", "=", take=True)
    assert other.name == "view.closer"
    assert keymap.keys("view.closer") == ("+",)
    assert keymap.table().by_key("=").name == "frame.next"


def test_two_commands_can_swap_their_keys():
    keymap = Keymap(ROWS)
    keymap.rebind("frame.next", "Left", take=True)
    keymap.rebind("frame.previous", "Right")
    table = keymap.table()
    assert (table.by_key("Left").name, table.by_key("Right").name) == (
        "frame.next",
        "frame.previous",
    )


@pytest.mark.parametrize(("name", "key"), [("frame.next", "Esc"), ("track.clear", "C")])
def test_escape_always_closes(name, key):
    with pytest.raises(KeymapError, match="Esc closes what is open"):
        Keymap(ROWS).rebind(name, key, take=True)


def test_an_unknown_command_is_refused():
    with pytest.raises(CommandError, match=r"frame\.nxt"):
        Keymap(ROWS).rebind("frame.nxt", "N")


def test_one_command_is_reset_and_gets_its_keys_back():
    keymap = Keymap(ROWS)
    keymap.rebind("frame.next", "Left", take=True)
    keymap.reset("frame.previous")
    assert keymap.keys("frame.previous") == ("Left",)
    assert keymap.keys("frame.next") == ()


def test_all_are_reset():
    keymap = Keymap(ROWS)
    keymap.rebind("frame.next", "Left", take=True)
    keymap.reset()
    assert [keymap.keys(row.name) for row in ROWS] == [row.keys for row in ROWS]


def test_what_is_saved_is_loaded_again_without_a_word(path):
    keymap = loaded(path, '"from.a_plugin" = ["F9"]')
    keymap.rebind("frame.next", "Left", take=True)
    keymap.save(path)
    again = Keymap.load(path, ROWS)
    assert again.problem.details == ("there is no command 'from.a_plugin'",)
    assert [again.keys(row.name) for row in ROWS] == [keymap.keys(row.name) for row in ROWS]
    assert "view.closer" not in path.read_text()


def test_every_default_key_is_a_key_that_can_be_written():
    assert [key for row in COMMANDS for key in row.keys if key_named(key) != key] == []
    assert all(key_named(name) == name for name in KEY_NAMES)


IN_WORKSPACES = (
    command("frame.next", "Right", "F"),
    replace(command("nudge", "F"), workspace="annotate"),
    replace(command("fix", "X"), workspace="review"),
    replace(command("swap", "X"), workspace="annotate"),
)


def test_commands_of_different_workspaces_may_have_one_key():
    keymap = Keymap(IN_WORKSPACES)
    assert keymap.rebind("nudge", "N") == ()
    assert keymap.rebind("fix", "N") == ()
    table = keymap.table()
    assert table.by_key("N", "annotate").name == "nudge"
    assert table.by_key("N", "review").name == "fix"


def test_a_key_shared_by_default_is_no_conflict():
    keymap = Keymap(IN_WORKSPACES)
    assert keymap.conflicts("nudge", ["F"]) == ()
    assert keymap.table().by_key("F", "annotate").name == "nudge"
    assert keymap.table().by_key("F", "review").name == "frame.next"


def test_a_key_of_a_command_of_both_workspaces_is_a_conflict_in_each():
    keymap = Keymap(IN_WORKSPACES)
    [other] = keymap.rebind("fix", "Right")
    assert other.name == "frame.next"
    keymap.rebind("fix", "Right", take=True)
    assert keymap.keys("frame.next") == ("F",)


def test_a_key_given_to_a_command_of_both_workspaces_is_its_own_in_each(path):
    path.write_text('"frame.next" = ["X"]')
    keymap = Keymap.load(path, IN_WORKSPACES)
    assert "X is now the key of frame.next" in str(keymap.problem)
    for workspace in ("annotate", "review"):
        assert keymap.table().by_key("X", workspace).name == "frame.next"
