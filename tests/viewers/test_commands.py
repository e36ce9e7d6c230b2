"""Commands in the real window: by menu, by key and by the palette, and what their dialogs do."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.window


@pytest.fixture
def car(fresh):
    """Car 1 is selected in frame 5."""
    fresh.key("Tab", *["Right"] * 5)
    fresh.wait(lambda s: s["selected"] == "car-1" and s["frame"] == 5)
    return fresh


def choose(window, menu, command):
    """Click on a menu and on a row of it."""
    window.click(*window.state["menu"]["titles"][menu])
    state = window.wait(lambda s: command in s["menu"]["rows"])
    window.click(*state["menu"]["rows"][command])


def test_a_row_of_a_menu_splits_a_track_and_undo_joins_it(car):
    count = car.state["tracks"]
    choose(car, "Track", "track.split")
    state = car.wait(lambda s: s["tracks"] == count + 1)
    assert state["selected_name"] == "Car 3"
    car.key("ctrl+z")
    car.wait(lambda s: s["tracks"] == count)


def test_a_key_opens_a_dialog_that_shows_its_edit_and_escape_takes_it_back(car):
    count = car.state["tracks"]
    car.key("ctrl+d")
    car.wait(lambda s: s["dialog"] and s["dialog"]["name"] == "duplicate")
    car.wait(lambda s: len(s["boxes"]["main"]) == count + 1)
    car.key("Escape")
    state = car.wait(lambda s: s["dialog"] is None)
    assert state["tracks"] == count
    assert state["selected"] == "car-1"
    assert not state["editing"]["undoable"]


def test_the_palette_finds_an_operation_and_the_dialog_is_done_with_the_mouse(car):
    count = car.state["tracks"]
    car.key("ctrl+k")
    car.wait(lambda s: s["palette"] and s["typing"])
    car.type("duplicate track")
    car.key("Return")
    state = car.wait(lambda s: s["dialog"] and "do" in s["dialog"]["places"])
    car.click(*state["dialog"]["places"]["do"])
    state = car.wait(lambda s: s["dialog"] is None and s["tracks"] == count + 1)
    assert state["selected_name"] == "Car 3"
    car.key("ctrl+z")
    car.wait(lambda s: s["tracks"] == count)


def test_a_number_is_typed_into_a_dialog(car):
    car.key("ctrl+r")
    state = car.wait(lambda s: s["dialog"] and "dialog.number" in s["dialog"]["places"])
    car.click(*state["dialog"]["places"]["dialog.number"])
    car.wait(lambda s: s["typing"])
    car.type("44")
    car.key("Return")
    car.wait(lambda s: s["dialog"]["values"]["number"] == 44 and s["dialog"]["possible"])
    car.key("Return")
    car.wait(lambda s: s["selected_name"] == "Car 44")
    car.key("ctrl+z")
    car.wait(lambda s: s["selected_name"] == "Car 1")
