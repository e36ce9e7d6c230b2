"""Panes that are docked, workspaces and the scale, in the real window."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = pytest.mark.window


@pytest.fixture
def usual(fresh):
    """The usual layout of Annotate, before and after."""
    yield fresh
    if fresh.state["workspace"] != "annotate":
        _press(fresh, "alt+1", lambda s: s["workspace"] == "annotate")
    _run(fresh, "Usual layout of panes")
    fresh.wait(lambda s: s["panes"]["tracks"][2] == 279 and s["panes"]["camera"][2] == 619)


def _press(app, key, condition):
    """Press a key until it has done its work: a window that draws slowly may miss a quick one."""
    for _ in range(3):
        app.key(key)
        try:
            return app.wait(condition, 5)
        except AssertionError as error:
            if "still waiting" not in str(error):
                raise
    app.key(key)
    return app.wait(condition)


def _run(app, title):
    """Run a command through the palette: it finds every one by its title."""
    _press(app, "ctrl+k", lambda s: s["palette"] and s["typing"])
    app.type(title)
    app.wait(lambda s: s["typed"] == title)
    _press(app, "Return", lambda s: not s["palette"])


def _middle(rect):
    x, y, width, height = rect
    return x + width / 2, y + height / 2


def test_a_gutter_is_dragged_and_the_panes_follow(usual):
    state = usual.state
    x, y, _, height = state["gutters"]["main"]
    usual.drag((x, y + height / 2), (x - 120, y + height / 2), 1)
    state = usual.wait(lambda s: s["panes"]["main"][2] < 540)
    assert abs(state["gutters"]["main"][0] - (x - 120)) <= 1
    assert state["panes"]["main"][2] + state["panes"]["camera"][2] == 640 + 619


def test_a_header_is_dragged_onto_another_pane_and_its_tab_brings_it_back(usual):
    state = usual.state
    x, y, _, _ = state["panes"]["camera_head"]
    target = _middle(state["panes"]["inspector"])
    usual.drag((x + 14, y + 14), target, 1)
    state = usual.wait(lambda s: ["inspector", "camera"] in s["places"])
    assert "camera" in state["panes"]
    assert "inspector" not in state["panes"]
    assert state["panes"]["main"][2] > 1200
    x, y, _, _ = state["panes"]["camera_bar"]
    usual.click(x + 30, y + 14)
    usual.wait(lambda s: "inspector" in s["panes"] and "camera" not in s["panes"])


def test_esc_takes_a_dragged_header_back(usual):
    before = usual.state["places"]
    x, y, _, _ = usual.state["panes"]["camera_head"]
    usual.move(x + 14, y + 14)
    usual._xdotool("mousedown", "1")
    usual.move(x + 30, y + 40)
    usual.move(*_middle(usual.state["panes"]["inspector"]))
    assert usual.wait(lambda s: s["dropping"])["dropping"] == ["camera", "inspector", "centre"]
    _press(usual, "Escape", lambda s: s["dropping"] is None)
    usual._xdotool("mouseup", "1")
    assert usual.wait(lambda s: s["dropping"] is None)["places"] == before


def test_the_second_view_shows_the_points_as_well(usual):
    _run(usual, "Second view")
    state = usual.wait(lambda s: "second" in s["panes"])
    assert state["panes"]["second"][2] >= 280


def test_review_and_back_with_a_click_and_a_key(usual):
    state = _press(usual, "alt+2", lambda s: s["workspace"] == "review")
    assert {"queue", "decision", "review_timeline", "measure", "note"} <= set(state["panes"])
    assert "tracks" not in state["panes"]
    _press(usual, "alt+1", lambda s: s["workspace"] == "annotate" and "tracks" in s["panes"])


def test_at_125_percent_the_pointer_meets_what_it_points_at(usual):
    state = _press(
        usual, "ctrl+equal", lambda s: s["scale"] == 1.25 and s["panes"]["top_bar"][2] == 1536
    )
    state = usual.wait(lambda s: "car-2" in s["boxes"]["main"] and not s["busy"])
    left, top, _, _ = state["panes"]["main"]
    x, y = state["boxes"]["main"]["car-2"]
    usual.click(1.25 * (left + x), 1.25 * (top + y))
    usual.wait(lambda s: s["selected"] == "car-2")
    _press(usual, "ctrl+minus", lambda s: s["scale"] == 1.0 and s["panes"]["top_bar"][2] == 1920)


def test_layout_workspace_and_scale_are_as_they_were_after_a_restart(start, street):
    first = start(street)
    _press(first, "ctrl+equal", lambda s: s["scale"] == 1.25)
    x, y, _, height = first.state["gutters"]["left"]
    first.drag((1.25 * x, 1.25 * (y + height / 2)), (1.25 * (x + 60), 1.25 * (y + height / 2)), 1)
    wide = first.wait(lambda s: s["gutters"]["left"][0] > x + 50)["gutters"]["left"]
    _press(first, "alt+2", lambda s: s["workspace"] == "review")
    try:
        assert first.quit() == 0
    except subprocess.TimeoutExpired:
        pytest.fail("the window did not end")
    again = start(street, ready=lambda s: s["workspace"] == "review")
    assert again.state["scale"] == 1.25
    state = _press(again, "alt+1", lambda s: s["workspace"] == "annotate")
    assert abs(state["gutters"]["left"][0] - wide[0]) <= 1
