"""The timeline in the real window, on labels that can be edited."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.window

PERIOD_NS = 100_000_000


def place(app, frame, track_id=None, dx=0.0):
    """A frame on the ruler or on a lane, in pixels of the window."""
    state = app.state
    x, y, _, _ = state["panes"]["timeline"]
    left, right, start_ns, end_ns = state["timeline"]["axis"]
    share = (frame * PERIOD_NS - start_ns) / (end_ns - start_ns)
    lane_y = 10 if track_id is None else state["timeline"]["lanes"][track_id]
    return x + left + share * (right - left) + dx, y + lane_y


def key_frames(state):
    return [time_ns // PERIOD_NS for time_ns in state["timeline"]["keys_ns"]]


def test_a_key_is_dragged_to_another_frame_and_back_by_undo(fresh):
    fresh.click(*place(fresh, 5, "pedestrian-1"))
    fresh.wait(lambda s: s["selected"] == "pedestrian-1" and s["frame"] == 5)
    fresh.drag(place(fresh, 5, "pedestrian-1"), place(fresh, 8, "pedestrian-1"), 1)
    state = fresh.wait(lambda s: key_frames(s) == [0, 8])
    assert state["frame"] == 8
    fresh.key("ctrl+z")
    fresh.wait(lambda s: key_frames(s) == [0, 5])


def test_the_end_of_presence_is_dragged(fresh):
    fresh.click(*place(fresh, 5, "pedestrian-1"))
    fresh.wait(lambda s: s["selected"] == "pedestrian-1")
    fresh.drag(place(fresh, 5, "pedestrian-1", dx=8), place(fresh, 9, "pedestrian-1"), 1)
    fresh.wait(lambda s: s["timeline"]["presence_ns"] == [[0, 9 * PERIOD_NS]])
    fresh.key("ctrl+z")
    fresh.wait(lambda s: s["timeline"]["presence_ns"] == [[0, 5 * PERIOD_NS]])


def test_a_span_is_chosen_by_keys_and_dropped_by_escape(fresh):
    fresh.key("Right", "Right", "shift+Home")
    fresh.wait(lambda s: s["timeline"]["span"] == [2 * PERIOD_NS, 11 * PERIOD_NS])
    fresh.key("Escape")
    fresh.wait(lambda s: s["timeline"]["span"] is None)


def test_a_frame_is_typed_and_n_goes_to_the_suggested_keyframe(fresh):
    fresh.key("ctrl+j")
    fresh.wait(lambda s: s["typing"])
    fresh.type("0.7 s")
    fresh.key("Return")
    fresh.wait(lambda s: s["frame"] == 7 and not s["typing"])
    fresh.key("Tab")
    fresh.wait(lambda s: s["selected"] == "car-1")
    fresh.key("n")
    assert 0 < fresh.wait(lambda s: s["frame"] != 7)["frame"] < 11
