from __future__ import annotations

from av3d.present.hints import hints
from av3d.present.keymap import Keymap
from av3d.present.workspace import Workspace


def keys(workspace):
    return {what: keys for keys, what in hints(workspace).keys}


def test_what_is_selected_decides_what_the_keys_are_said_to_do(editing):
    editing.session.select(None)
    assert keys(editing)["new cuboid"] == ("B",)
    assert keys(editing)["category"] == ("1–9",)
    assert "move" not in keys(editing)
    editing.session.select("car-1")
    assert hints(editing).title == "Move"
    assert keys(editing)["move"] == ("W", "A", "S", "D")


def test_labels_that_cannot_be_edited_have_no_hints_to_edit_them(workspace):
    workspace.session.select("car-1")
    assert "move" not in keys(workspace)
    assert keys(workspace)["frame"] == ("←", "→")


def test_review_has_keys_of_its_own(editing):
    editing.key("Alt+2")
    assert hints(editing).title == "Review"
    assert keys(editing)["accept"] == ("A",)


def test_hints_follow_the_keys_that_the_user_has_chosen(editing):
    keymap = Keymap()
    keymap.rebind("edit.fit", "F8")
    keymap.rebind("edit.flip")
    changed = Workspace(editing.session, editing.tip.measure, keymap.table())
    editing.session.select("car-1")
    assert keys(changed)["fit"] == ("F8",)
    assert "flip" not in keys(changed)
