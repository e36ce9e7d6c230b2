from __future__ import annotations

import pytest

from av3d.present.drawing import Rect, Text, Zone
from av3d.present.keymap import Keymap
from av3d.present.tips import tip_of

PLACE = Rect(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (Zone(PLACE, "camera.next", tip="The next one"), "The next one (F8)"),
        (Zone(PLACE, "camera.next", tip="The next one (V)"), "The next one (F8)"),
        (Zone(PLACE, "", tip="The next one (V)"), "The next one (F8)"),
        (Zone(PLACE, "camera.show", "back", "Make it large"), "Make it large"),
        (Zone(PLACE, "", tip="As in 2024 (draft)"), "As in 2024 (draft)"),
        (Zone(PLACE, "camera.next"), ""),
    ],
)
def test_a_tip_has_the_key_that_its_command_has_now(zone, words):
    keymap = Keymap()
    keymap.rebind("camera.next", "F8")
    assert tip_of(zone, keymap.table()) == words


def test_a_command_without_a_key_has_a_tip_without_one():
    keymap = Keymap()
    keymap.rebind("camera.next")
    assert tip_of(Zone(PLACE, "camera.next", tip="Next (V)"), keymap.table()) == "Next"


def visible_labels(pane, zone):
    """Whether words stand within a zone; a lone icon is none."""
    words = [
        shape for drawing in pane.drawings.values() for shape in drawing.shapes
        if isinstance(shape, Text)
        and any(letter.isalnum() and ord(letter) < 0x2FFF for letter in shape.text)
    ]  # fmt: skip
    return any(
        zone.rect.x - 2 <= text.x < zone.rect.right and zone.rect.y <= text.y <= zone.rect.bottom
        for text in words
    )


@pytest.mark.parametrize("workspace_of", ["Alt+1", "Alt+2"])
def test_every_place_that_can_be_pressed_has_words_or_a_tip(editing, settle, workspace_of):
    editing.key(workspace_of)
    editing.session.select("car-1")
    editing.toasts.show("error", "Fit failed", "Only 3 points.", details="why")
    for pane in ("history", "messages", "about_log", "inspector"):
        editing.desk.open(pane)
        settle(editing)
        mute = [
            (shown.name, zone.command, zone.argument)
            for shown in (*editing.visible_panes(), *editing.visible_overlays())
            for drawing in shown.drawings.values()
            for zone in drawing.zones
            if not zone.tip and not visible_labels(shown, zone)
        ]
        assert mute == []


def test_a_long_tip_is_broken_at_320_pixels_and_stays_in_the_window(workspace, settle, clock):
    zone = Zone(Rect(0, 0, 400, 30), "", "x", "word " * 60 + "/a/path/without/spaces" * 8)
    workspace.move(1910, 1070)
    workspace.mouse.over = workspace.status_bar
    workspace.status_bar._hot = zone
    clock.now_s += 1
    rect = workspace.tip.place(1920, 1080)
    assert rect.width <= 320
    assert rect.x >= 0
    assert rect.right <= 1920
    assert rect.y >= 0
    assert rect.bottom <= 1080
