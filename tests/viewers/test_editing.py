"""Cuboids made and changed in the real window, with mouse and keys."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytestmark = pytest.mark.window


@pytest.fixture(scope="module")
def app(display, street, tmp_path_factory, start_app):
    folder = tmp_path_factory.mktemp("editing")
    running = start_app(folder / "state.json", street, "--project", str(folder / "labels.sqlite"))
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait(10)


@pytest.fixture
def empty(app):
    """Nothing is selected, the view is from above, frame 0."""
    # Modifiers first: on a busy machine the window may still see them held when the next key comes.
    app.key("ctrl+1", "shift+z")
    app.key("Escape", "Escape", "Home")
    app.wait(lambda s: s["frame"] == 0 and s["selected"] is None and s["main_mode"] == "bev")
    return app


def place(state, pane, handle):
    x, y, _, _ = state["panes"][pane]
    left, top = state["handles"][pane][handle]
    return x + left, y + top


def reach(app, place):
    """Move the pointer; the window has seen it there and taken all gestures before."""
    app.move(*place)
    app.wait(lambda s: np.allclose(s["pointer"], place, atol=0.6))


def hold(app, start, by, *keys):
    """Press and drag; the button stays down."""
    for key in keys:
        app._xdotool("keydown", key)
    reach(app, start)
    app._xdotool("mousedown", "1")
    time.sleep(0.1)
    for part in np.linspace(0, 1, 6)[1:]:
        reach(app, np.array(start) + part * np.array(by))


def drop(app, *keys):
    app._xdotool("mouseup", "1")
    for key in keys:
        app._xdotool("keyup", key)


def let_go():
    """A slow window sees a modifier for a while after it was released; the next key is without it."""
    time.sleep(0.5)


def steady(app):
    """The state once handles stay where they are: a slow window shows a key's effect late."""
    last, since = None, time.monotonic()

    def stays(state):
        nonlocal last, since
        if state["handles"] != last or state["busy"]:
            last, since = state["handles"], time.monotonic()
        return time.monotonic() - since > 0.8

    return app.wait(stays, 20)


def draw(app):
    """A cuboid around the block of points ahead, by Ctrl and drag; returns the state then."""
    before = app.state["editing"]["edits"]
    x, y, width, height = app.state["panes"]["main"]
    # 0.11 m per pixel, 14 m ahead in the middle: the block is at x 8.2 to 11.8, y -0.8 to 0.8.
    middle = x + width / 2, y + height / 2 + (14 - 10) / 0.11
    hold(app, (middle[0] - 13, middle[1] + 23), (26, -46), "ctrl")
    drop(app, "ctrl")
    let_go()
    return app.wait(lambda s: s["editing"]["edits"] == before + 1 and s["handles"]["main"], 15)


def test_ctrl_drag_makes_a_cuboid_and_undo_takes_it_away(empty):
    state = draw(empty)
    cuboid = state["editing"]["cuboid"]
    assert cuboid["center_m"][:2] == pytest.approx([10, 0], abs=0.5)
    assert state["editing"]["project"].endswith("labels.sqlite")
    empty.key("ctrl+z")
    empty.wait(lambda s: s["selected"] is None)


def test_a_face_is_dragged_from_above_and_escape_takes_it_back(empty):
    state = draw(empty)
    before = state["editing"]["cuboid"]["size_lwh_m"]
    empty.key("z")
    empty.wait(lambda s: s["handles"]["main"] != state["handles"]["main"])
    state = steady(empty)
    hold(empty, place(state, "main", "front"), (0, -40))
    empty.wait(lambda s: s["editing"]["dragging"])
    empty.key("Escape")
    empty.wait(lambda s: not s["editing"]["previewing"])
    drop(empty)
    state = empty.wait(lambda s: s["editing"]["cuboid"]["size_lwh_m"] == pytest.approx(before))
    hold(empty, place(state, "main", "front"), (0, -40))
    drop(empty)
    edits = state["editing"]["edits"]
    after = empty.wait(
        lambda s: s["editing"]["edits"] == edits + 1 and not s["editing"]["dragging"]
    )
    assert after["editing"]["cuboid"]["size_lwh_m"][0] > before[0] + 0.5
    assert after["editing"]["cuboid"]["size_lwh_m"][1] == pytest.approx(before[1])
    # The handle is where the pointer has left it.
    assert place(after, "main", "front")[1] == pytest.approx(
        place(state, "main", "front")[1] - 40, abs=1.5
    )


def test_a_face_is_dragged_in_3d(empty):
    state = draw(empty)
    empty.key("ctrl+2")
    empty.wait(lambda s: s["main_mode"] == "3d")
    let_go()
    empty.key("z")
    empty.wait(lambda s: s["main_mode"] == "3d" and "top" in s["handles"]["main"])
    state = steady(empty)
    edits, before = state["editing"]["edits"], state["editing"]["cuboid"]["size_lwh_m"]
    faces = {"front", "back", "left", "right"} & set(state["handles"]["main"])
    assert faces, state["handles"]["main"]
    hold(empty, place(state, "main", min(faces)), (6, 25))
    drop(empty)
    after = empty.wait(lambda s: s["editing"]["edits"] == edits + 1)
    assert after["editing"]["cuboid"]["size_lwh_m"] != pytest.approx(before)


def test_a_corner_is_dragged_in_the_camera(empty):
    draw(empty)
    empty.wait(lambda s: "back left top" in s["handles"]["camera"])
    state = steady(empty)
    edits, before = state["editing"]["edits"], state["editing"]["cuboid"]["size_lwh_m"]
    corner = place(state, "camera", "back left top")
    hold(empty, corner, (-12, -9))
    drop(empty)
    after = empty.wait(lambda s: s["editing"]["edits"] == edits + 1)
    assert after["editing"]["cuboid"]["size_lwh_m"] != pytest.approx(before)
    after = steady(empty)
    moved = np.subtract(place(after, "camera", "back left top"), corner)
    assert moved == pytest.approx([-12, -9], abs=1.5)


def test_a_key_moves_it_and_is_kept_by_itself(empty):
    state = draw(empty)
    edits, before = state["editing"]["edits"], state["editing"]["cuboid"]["center_m"]
    empty.key("w", "w")
    after = empty.wait(
        lambda s: s["editing"]["edits"] == edits + 1 and not s["editing"]["previewing"]
    )
    moved = np.subtract(after["editing"]["cuboid"]["center_m"], before)
    assert np.linalg.norm(moved) == pytest.approx(0.10, abs=1e-6)
    empty.key("ctrl+z")
    empty.wait(lambda s: s["editing"]["cuboid"]["center_m"] == pytest.approx(before))


def test_a_click_on_a_handle_changes_nothing(empty):
    state = draw(empty)
    edits = state["editing"]["edits"]
    empty.click(*place(state, "main", "front"))
    time.sleep(0.5)
    assert empty.state["editing"]["edits"] == edits


def test_the_box_tool_makes_a_cuboid_by_a_click(empty):
    edits = empty.state["editing"]["edits"]
    empty.key("b")
    state = empty.wait(lambda s: s["editing"]["tool"] == "box")
    x, y, width, height = state["panes"]["main"]
    empty.click(x + width / 2, y + height / 2 + (14 - 10) / 0.11)
    state = empty.wait(lambda s: s["editing"]["edits"] == edits + 1)
    assert state["editing"]["tool"] == ""
    assert state["editing"]["cuboid"]["center_m"][:2] == pytest.approx([10, 0], abs=1.0)
