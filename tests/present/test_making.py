"""Cuboids made by gestures in the main view."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.present.panes.pane import Button


@pytest.fixture
def empty(editing, settle):
    """The street without labels, from above, closer."""
    session = editing.session
    for track_id in ("car-1", "car-2", "pedestrian-1"):
        session.select_also(track_id)
    editing.run("edit.delete_track")
    session.select(None)
    settle(editing)
    return editing


def window_px(pane, place_m):
    """Where a place of the ego frame shows, in pixels of the window."""
    [pixels], _ = pane.projector.project(np.array([[*place_m, 0.0][:3]]))
    return pane.rect.x + pixels[0], pane.rect.y + pixels[1]


def drag(workspace, start, end, settle, *modifiers):
    workspace.session.modifiers = frozenset(modifiers)
    workspace.move(*start)
    workspace.press(*start, Button.LEFT)
    for part in (0.4, 0.8, 1.0):
        workspace.move(*(np.add(start, part * np.subtract(end, start))))
        settle(workspace)
    workspace.release(*end, Button.LEFT)
    workspace.session.modifiers = frozenset()
    settle(workspace)


def test_ctrl_drag_fits_a_cuboid_to_the_points_inside(empty, settle):
    pane, session = empty.main, empty.session
    drag(empty, window_px(pane, (7.5, -1.5)), window_px(pane, (12.5, 1.5)), settle, "Ctrl")
    box = session.selected_box()
    assert box.track.category == session.category.key
    assert box.cuboid.center_m[:2] == pytest.approx([10, 0], abs=0.3)
    assert box.cuboid.center_m[2] - box.cuboid.height_m / 2 == pytest.approx(0.01, abs=0.1)
    assert session.labels.edits == 2


def test_shift_drag_takes_the_rectangle_as_it_is(empty, settle):
    pane, session = empty.main, empty.session
    drag(empty, window_px(pane, (7.5, -1.5)), window_px(pane, (12.5, 1.5)), settle, "Shift")
    box = session.selected_box()
    assert box.cuboid.size_lwh_m[:2] == pytest.approx([5.0, 3.0], abs=0.05)
    assert box.cuboid.center_m[:2] == pytest.approx([10, 0], abs=0.05)


def test_undo_takes_the_new_track_away(empty, settle):
    pane = empty.main
    drag(empty, window_px(pane, (7.5, -1.5)), window_px(pane, (12.5, 1.5)), settle, "Ctrl")
    empty.key("Ctrl+Z")
    assert empty.session.tracks == ()


@pytest.mark.parametrize("mode", ["bev", "3d"])
def test_with_the_tool_a_click_on_points_makes_a_cuboid_there(empty, settle, mode):
    pane, session = empty.main, empty.session
    session.main_mode = mode
    settle(empty)
    empty.key("B")
    assert session.tool == "box"
    place = window_px(pane, (10.0, 0.0, 0.8))
    empty.move(*place)
    empty.press(*place, Button.LEFT)
    empty.release(*place, Button.LEFT)
    settle(empty)
    assert session.selected_box().cuboid.center_m[:2] == pytest.approx([10, 0], abs=0.6)
    assert session.tool == ""


def test_a_rectangle_dragged_in_3d_lies_on_the_ground(empty, settle):
    pane, session = empty.main, empty.session
    session.main_mode = "3d"
    settle(empty)
    drag(empty, window_px(pane, (7, -2)), window_px(pane, (13, 2)), settle, "Shift")
    box = session.selected_box()
    assert box.cuboid.center_m[:2] == pytest.approx([10, 0], abs=0.6)
    assert box.cuboid.size_lwh_m[:2] == pytest.approx([6, 4], abs=0.6)


def test_escape_during_the_drag_makes_nothing(empty, settle):
    pane, session = empty.main, empty.session
    edits = session.labels.edits
    session.modifiers = frozenset({"Ctrl"})
    start = window_px(pane, (7.5, -1.5))
    empty.move(*start)
    empty.press(*start, Button.LEFT)
    empty.move(start[0] + 40, start[1] + 40)
    settle(empty)
    empty.key("Esc")
    empty.release(start[0] + 40, start[1] + 40, Button.LEFT)
    assert session.labels.edits == edits
    assert session.selected is None


def test_escape_puts_the_tool_away(empty):
    empty.key("B")
    empty.key("Esc")
    assert empty.session.tool == ""


def test_ctrl_click_adds_a_track_to_the_selection(editing, settle):
    session, pane = editing.session, editing.main
    session.select("car-1")
    settle(editing)
    outline = dict(pane.outlines)["pedestrian-1"].mean(axis=0)
    place = pane.rect.x + outline[0], pane.rect.y + outline[1]
    session.modifiers = frozenset({"Ctrl"})
    editing.move(*place)
    editing.press(*place, Button.LEFT)
    editing.release(*place, Button.LEFT)
    assert set(session.selection) == {"car-1", "pedestrian-1"}
    assert session.labels.edits == 0


def test_with_the_tool_a_click_on_an_image_makes_a_cuboid_of_what_it_shows(empty, settle):
    pane, session = empty.camera, empty.session
    camera = session.log.rig.camera("front_camera")
    [pixel], _ = camera.camera.project(
        camera.ego_SE3_camera.inverse().transform(np.array([[9.0, 0.2, 0.1]]))
    )
    view = pane.view
    place = np.add(pixel * view.scale + view.offset_px, (pane.rect.x + 0.5, pane.rect.y + 0.5))
    empty.key("B")
    empty.move(*place)
    assert session.hint.startswith("New Car")
    empty.press(*place, Button.LEFT)
    empty.release(*place, Button.LEFT)
    settle(empty)
    assert session.selected_box().cuboid.center_m[:2] == pytest.approx([10, 0], abs=0.6)


def test_number_keys_choose_what_new_cuboids_are(empty, settle):
    pane, session = empty.main, empty.session
    third = session.labels.ontology.categories[2].key
    empty.key("3")
    drag(empty, window_px(pane, (7.5, -1.5)), window_px(pane, (12.5, 1.5)), settle, "Shift")
    assert session.selected_track.category == third


def test_a_rectangle_that_is_too_narrow_makes_nothing_and_says_so(empty, settle):
    pane, session = empty.main, empty.session
    edits = session.labels.edits
    drag(empty, window_px(pane, (7.5, 0)), window_px(pane, (12.5, 0)), settle, "Ctrl")
    assert session.labels.edits == edits
    assert any(toast.title == "No cuboid made" for toast in empty.toasts.toasts)
