"""Handles dragged in the main view, with the pointer that the window hands on."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.present.handles import HandleKind
from av3d.present.panes.pane import Button
from av3d.tracks.operations import life


@pytest.fixture
def selected(editing, settle):
    """Car 1 is selected, and the view is on it."""
    editing.session.select("car-1")
    editing.main.centre_on_selection()
    settle(editing)
    return editing


def handle_place(pane, kind, signs=(0, 0, 0)):
    """Where a handle is, in pixels of the window."""
    [found] = [h for h in pane.handling.handles if (h.kind, h.signs) == (kind, signs)]
    return pane.rect.x + found.place_px[0], pane.rect.y + found.place_px[1]


def drag(workspace, start, by, settle, *, keep=True, modifiers=()):
    workspace.move(*start)
    workspace.press(*start, Button.LEFT)
    workspace.session.modifiers = frozenset(modifiers)
    for part in (0.3, 0.7, 1.0):
        workspace.move(start[0] + part * by[0], start[1] + part * by[1])
        settle(workspace)
    if keep:
        workspace.release(start[0] + by[0], start[1] + by[1], Button.LEFT)
        settle(workspace)
    workspace.session.modifiers = frozenset()


def test_the_body_follows_the_pointer_from_above(selected, settle):
    session, pane = selected.session, selected.main
    before = session.selected_box().cuboid
    start = handle_place(pane, HandleKind.MOVE)
    # Beside the middle, where no handle is.
    grabbed = (start[0] + 12, start[1] + 12)
    drag(selected, grabbed, (40, -24), settle)
    after = session.selected_box().cuboid
    scale = pane.bev.metres_per_pixel
    assert after.center_m - before.center_m == pytest.approx([24 * scale, -40 * scale, 0], abs=1e-6)
    assert session.labels.edits == 1
    selected.key("Ctrl+Z")
    assert session.selected_box().cuboid.center_m == pytest.approx(before.center_m)


def test_a_face_follows_the_pointer_and_the_opposite_one_stays(selected, settle):
    session, pane = selected.session, selected.main
    before = session.selected_box().cuboid
    start = handle_place(pane, HandleKind.FACE, (1, 0, 0))
    drag(selected, start, (0, -30), settle)
    after = session.selected_box().cuboid
    grown_m = 30 * pane.bev.metres_per_pixel
    assert after.length_m - before.length_m == pytest.approx(grown_m, abs=1e-6)
    assert after.center_m[0] - before.center_m[0] == pytest.approx(grown_m / 2, abs=1e-6)


def test_the_knob_turns(selected, settle):
    session, pane = selected.session, selected.main
    start = handle_place(pane, HandleKind.YAW)
    middle = handle_place(pane, HandleKind.MOVE)
    radius = middle[1] - start[1]
    # To where the ring is left of the middle: a quarter turn.
    drag(selected, start, (middle[0] - radius - start[0], radius), settle)
    forward = session.selected_box().cuboid.frame_SE3_cuboid.rotation[:, 0]
    assert forward == pytest.approx([0, 1, 0], abs=1e-6)


def test_escape_during_a_drag_takes_it_back(selected, settle):
    session, pane = selected.session, selected.main
    before = session.selected_track
    start = handle_place(pane, HandleKind.FACE, (1, 0, 0))
    drag(selected, start, (0, -30), settle, keep=False)
    assert session.edits.previewing
    assert session.hint.startswith("length")
    selected.key("Esc")
    assert session.selected_track is before
    assert session.selected == "car-1"
    assert not session.dragging


def test_a_click_on_a_handle_changes_nothing(selected, settle):
    start = handle_place(selected.main, HandleKind.FACE, (1, 0, 0))
    drag(selected, start, (1, 0), settle)
    assert selected.session.labels.edits == 0
    assert not selected.session.edits.previewing


def test_a_drag_of_a_cuboid_that_is_not_selected_only_shifts_the_view(editing, settle):
    session, pane = editing.session, editing.main
    session.select(None)
    settle(editing)
    outlines = dict(pane.outlines)
    x, y = outlines["car-1"].mean(axis=0)
    drag(editing, (pane.rect.x + x, pane.rect.y + y), (30, 10), settle)
    assert session.labels.edits == 0


def test_while_dragging_only_the_value_is_told(selected, settle):
    start = handle_place(selected.main, HandleKind.FACE, (1, 0, 0))
    drag(selected, start, (0, -30), settle, keep=False)
    texts = [shape.text for layer in selected.main.drawings.values() for shape in layer.shapes
             if hasattr(shape, "text")]  # fmt: skip
    assert not any(text.startswith("Car") for text in texts)
    assert any(text.startswith("length 5.") for text in texts)


def test_several_selected_move_as_one_body(selected, settle):
    session, pane = selected.session, selected.main
    session.select_many(["car-1", "pedestrian-1"])
    settle(selected)
    before = {k: session.box_of(k).cuboid.center_m for k in session.selection}
    start = handle_place(pane, HandleKind.MOVE)
    drag(selected, (start[0] + 12, start[1] + 12), (40, 0), settle)
    moved = {k: session.box_of(k).cuboid.center_m - before[k] for k in session.selection}
    assert moved["car-1"] == pytest.approx(moved["pedestrian-1"])
    assert np.linalg.norm(moved["car-1"]) > 0.5
    assert session.labels.edits == 1


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("signs", [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_faces_stay_under_the_pointer_in_3d(selected, settle, signs, zoom):
    session, pane = selected.session, selected.main
    session.main_mode = "3d"
    pane.orbit = pane.orbit.orbited(0.6, 0)
    pane.zoom(zoom)
    settle(selected)
    shown = {(h.kind, h.signs): h for h in pane.handling.handles if h.visible}
    if (HandleKind.FACE, signs) not in shown:
        pane.orbit = pane.orbit.orbited(np.pi, 0)
        settle(selected)
    handle = next(h for h in pane.handling.handles if (h.kind, h.signs) == (HandleKind.FACE, signs))
    place = np.array(handle.place_px)
    outward = session.selected_box().cuboid.frame_SE3_cuboid.rotation @ signs
    [pixels], _ = pane.projector.project((handle.point_m + 0.8 * outward)[None])
    way = pixels - place
    start = np.add(place, (pane.rect.x, pane.rect.y))
    drag(selected, start, way, settle)
    after = next(h for h in pane.handling.handles if (h.kind, h.signs) == (HandleKind.FACE, signs))
    assert np.subtract(after.place_px, place) == pytest.approx(way, abs=1.0), str(
        (after.place_px, place, way, session.labels.edits, pane.rect)
    )
    assert session.labels.edits == 1


class TestInTheCamera:
    """The image may be exposed at another time than the sweep."""

    @pytest.fixture
    def shown(self, selected, settle):
        selected.session.go_to(4)
        settle(selected)
        return selected

    @pytest.mark.parametrize(
        ("kind", "signs"),
        [
            (HandleKind.FACE, (-1, 0, 0)),
            (HandleKind.CORNER, (-1, -1, -1)),
            (HandleKind.CORNER, (-1, 1, 1)),
            (HandleKind.MOVE, (0, 0, 0)),
        ],
    )
    def test_a_handle_follows_the_pointer(self, shown, settle, kind, signs):
        session, pane = shown.session, shown.camera
        handle = next(h for h in pane.handling.handles if (h.kind, h.signs) == (kind, signs))
        assert handle.visible
        place = np.array(handle.place_px)
        if kind is HandleKind.FACE:
            grip = pane.handling.grip
            outward = grip.cuboid.frame_SE3_cuboid.rotation @ signs
            [pixels], _ = grip.projector.project((handle.point_m + 0.3 * outward)[None])
            way = pixels - place
        else:
            way = np.array([14.0, 9.0])
        drag(shown, np.add(place, (pane.rect.x, pane.rect.y)), way, settle)
        after = next(h for h in pane.handling.handles if (h.kind, h.signs) == (kind, signs))
        if kind is not HandleKind.MOVE:
            assert np.subtract(after.place_px, place) == pytest.approx(way, abs=1.0)
        assert session.labels.edits == 1
        assert session.selected_track.keyframe_at(session.timestamp_ns) is not None


def test_a_drag_is_kept_though_a_work_ended_in_the_middle_of_it(selected, settle):
    session, pane = selected.session, selected.main
    before = session.selected_box().cuboid
    start = handle_place(pane, HandleKind.FACE, (1, 0, 0))
    drag(selected, start, (0, -30), settle, keep=False)
    session.edits.do("Note", lambda d: life.write_note(d, "car-2", "dented"))
    selected.release(start[0], start[1] - 30, Button.LEFT)
    grown_m = 30 * pane.bev.metres_per_pixel
    after = session.selected_box().cuboid
    assert after.length_m - before.length_m == pytest.approx(grown_m, abs=1e-6)
    assert session.track("car-2").note == "dented"
    assert session.labels.edits == 2


def test_hidden_tracks_have_no_handles_and_do_not_go_along(selected, settle):
    session, pane = selected.session, selected.main
    other = session.track("pedestrian-1")
    session.select_many(["car-1", "pedestrian-1"])
    session.hide(["pedestrian-1"])
    settle(selected)
    start = handle_place(pane, HandleKind.MOVE)
    drag(selected, (start[0] + 12, start[1] + 12), (40, -24), settle)
    assert session.labels.edits == 1
    assert session.track("pedestrian-1") is other
    session.hide(["car-1"])
    settle(selected)
    assert pane.handling.handles == ()
