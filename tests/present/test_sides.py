"""Side views: what is dragged follows the pointer, views stay still meanwhile and turn with the box."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import Trajectory
from av3d.present.panes.pane import Button
from av3d.present.side_view import BY_NAME, outline_px

EDGES = [
    ("top", "front"), ("top", "back"), ("top", "left"), ("top", "right"),
    ("side", "front"), ("side", "back"), ("side", "top"), ("side", "bottom"),
    ("front", "left"), ("front", "right"), ("front", "top"), ("front", "bottom"),
]  # fmt: skip
SIZE_OF = {"front": 0, "back": 0, "left": 1, "right": 1, "top": 2, "bottom": 2}


def wanted(editing, settle, track="car-1"):
    session = editing.session
    session.select(track)
    settle(editing)
    return editing.sides


def handle_of(pane, side, name):
    return next(h for h in pane.handlings[side].handles if h.name == name)


def drag(pane, start, way, *, release=True):
    pane.move(*start)
    assert pane.press(*start, Button.LEFT, 1)
    x, y = start
    for part in (0.3, 0.7, 1.0):
        to = x + way[0] * part, y + way[1] * part
        pane.drag(*to, 0.0, 0.0)
        pane.refresh()
    if release:
        pane.release(x + way[0], y + way[1])


@pytest.mark.parametrize(
    ("side", "face", "notches"),
    [(*edge, zoom) for n, edge in enumerate(EDGES) for zoom in (0, (1, -4)[n % 2])],
)
def test_an_edge_goes_where_the_pointer_goes(editing, settle, side, face, notches):
    pane = wanted(editing, settle)
    rect = pane.rects()[side]
    pane.wheel(*rect.centre, notches, shift=False)
    settle(editing)
    handle = handle_of(pane, side, face)
    view = pane.view(BY_NAME[side])
    start = np.array(handle.place_px)
    middle = editing.session.selected_box().cuboid.center_m
    outwards = start - view.projector.project(middle[None])[0][0]
    way = outwards / np.linalg.norm(outwards) * 12
    drag(pane, handle.place_px, way)
    settle(editing)
    after = editing.session.selected_box().cuboid
    now = view.projector.project(
        after.frame_SE3_cuboid.transform(np.array(handle.signs) * after.size_lwh_m / 2)[None]
    )[0][0]
    assert np.hypot(*(now - (start + way))) < 1.0
    grown = 12 * view.metres_per_pixel
    before = np.array([4.4, 1.9, 1.6])
    assert after.size_lwh_m[SIZE_OF[face]] == pytest.approx(before[SIZE_OF[face]] + grown, abs=1e-6)
    assert editing.session.labels.edits == 1


@pytest.fixture
def on_a_slope(log):
    """The vehicle drives up, rolled and turning."""
    times_ns = log.frames.timestamps_ns
    log.trajectory = Trajectory(
        times_ns,
        SE3.stack(
            [
                SE3.from_euler(0.04, -0.09, 0.02 * n, [0.5 * n, 0, 0.05 * n])
                for n in range(len(times_ns))
            ]
        ),
    )


@pytest.mark.parametrize(
    ("side", "face", "notches"), [(*edge, (0, -2)[n % 2]) for n, edge in enumerate(EDGES)]
)
def test_so_it_does_on_a_tilted_cuboid_from_a_pitched_vehicle(
    on_a_slope, editing, settle, side, face, notches
):
    session = editing.session
    tilt = Cuboid(SE3.from_euler(0.1, -0.2, 0.7, [10, 1, 1]), np.array([4.4, 1.9, 1.6]))
    session.edits.do("Tilt", session.edits.set_cuboid("car-1", tilt))
    pane = wanted(editing, settle)
    pane.wheel(*pane.rects()[side].centre, notches, shift=False)
    settle(editing)
    handle = handle_of(pane, side, face)
    view = pane.view(BY_NAME[side])
    start = np.array(handle.place_px)
    drag(pane, handle.place_px, (7, -5))
    after = session.selected_box().cuboid
    now = view.projector.project(
        after.frame_SE3_cuboid.transform(np.array(handle.signs) * after.size_lwh_m / 2)[None]
    )[0][0]
    # Along the edge's own way it is under the pointer; across it, it cannot go.
    along = (now - start) / np.hypot(*(now - start))
    assert abs((now - start - (7, -5)) @ along) < 1.0
    assert np.allclose(after.frame_SE3_cuboid.rotation, tilt.frame_SE3_cuboid.rotation, atol=1e-9)


@pytest.mark.parametrize("side", ["top", "side", "front"])
def test_the_body_moves_in_the_plane_of_the_view(on_a_slope, editing, settle, side):
    pane = wanted(editing, settle)
    session = editing.session
    before = session.selected_box().cuboid
    view = pane.view(BY_NAME[side])
    x, y = view.projector.project(before.center_m[None])[0][0]
    drag(pane, (x + 9, y + 6), (11, 8))
    after = session.selected_box().cuboid
    now = view.projector.project(after.center_m[None])[0][0]
    assert np.hypot(*(now - (x + 11, y + 8))) < 1.0
    deep = BY_NAME[side].axes[2]
    way = before.frame_SE3_cuboid.rotation.T @ (after.center_m - before.center_m)
    assert abs(way[deep]) < 1e-9


def test_views_stay_while_something_is_dragged_and_go_after_it_when_it_has_left_the_middle(
    editing, settle, clock
):
    pane = wanted(editing, settle)
    side = BY_NAME["top"]
    before = pane.view(side)
    handle = handle_of(pane, "top", "front")
    drag(pane, handle.place_px, (60, 0), release=False)
    assert pane.view(side).metres_per_pixel == before.metres_per_pixel
    assert pane.view(side).frame_SE3_view == before.frame_SE3_view
    pane.release(handle.place_px[0] + 60, handle.place_px[1])
    settle(editing)
    assert pane.easing
    assert editing.active
    clock.now_s += 1.0
    settle(editing)
    assert not pane.easing
    box = editing.session.selected_box().cuboid
    outline = outline_px(box, pane.view(side).projector)
    assert outline.mean(axis=0) == pytest.approx(pane.rects()["top"].centre, abs=1.0)


def test_a_small_drag_leaves_the_views_where_they_are(editing, settle, clock):
    pane = wanted(editing, settle)
    before = pane.view(BY_NAME["top"])
    drag(pane, handle_of(pane, "top", "front").place_px, (9, 0))
    clock.now_s += 1.0
    settle(editing)
    assert pane.view(BY_NAME["top"]).frame_SE3_view == before.frame_SE3_view


def test_views_turn_with_the_box_when_the_turn_is_over(editing, settle):
    pane = wanted(editing, settle)
    knob = next(h for h in pane.handlings["top"].handles if h.kind.value == "yaw")
    drag(pane, knob.place_px, (0, -40))
    settle(editing)
    box = editing.session.selected_box().cuboid
    assert box.frame_SE3_cuboid.rotation[1, 0] > 0.1
    assert pane.view(BY_NAME["top"]).frame_SE3_view.rotation == pytest.approx(
        box.frame_SE3_cuboid.rotation
    )


def test_the_wheel_zooms_about_the_pointer_and_a_double_click_shows_all_again(editing, settle):
    pane = wanted(editing, settle)
    side = BY_NAME["side"]
    before = pane.view(side)
    x, y = pane.rects()["side"].x + 40.0, pane.rects()["side"].y + 30.0
    under = before.projector.ray(x, y)[0]
    pane.wheel(x, y, 2, shift=False)
    settle(editing)
    assert pane.view(side).metres_per_pixel < before.metres_per_pixel
    assert pane.view(side).projector.ray(x, y)[0] == pytest.approx(under)
    pane.press(x, y, Button.LEFT, 2)
    assert pane.view(side).metres_per_pixel == before.metres_per_pixel


def test_the_right_button_moves_a_view_and_changes_nothing(editing, settle):
    pane = wanted(editing, settle)
    x, y = pane.rects()["top"].centre
    before = handle_of(pane, "top", "front").place_px
    pane.press(x, y, Button.RIGHT, 1)
    pane.drag(x + 15, y - 8, 15, -8)
    pane.release(x + 15, y - 8)
    settle(editing)
    after = handle_of(pane, "top", "front").place_px
    assert np.subtract(after, before) == pytest.approx([15, -8])
    assert editing.session.labels.edits == 0


def test_a_click_changes_nothing(editing, settle):
    pane = wanted(editing, settle)
    x, y = handle_of(pane, "top", "front").place_px
    pane.press(x, y, Button.LEFT, 1)
    pane.release(x, y)
    assert editing.session.labels.edits == 0
    assert not editing.session.edits.previewing


def test_clipped_to_the_box_nothing_before_or_behind_it_shows(editing, settle):
    pane = wanted(editing, settle)
    whole = pane.images()["sides_front"].pixels.copy()
    editing.run("sides.clip")
    settle(editing)
    clipped = pane.images()["sides_front"].pixels
    assert (whole != clipped).any()
    assert clipped[..., :3].sum() < whole[..., :3].sum()


def test_with_the_pointer_on_an_edge_the_key_for_all_faces_is_for_that_one(editing, settle):
    pane = wanted(editing, settle)
    x, y = handle_of(pane, "top", "front").place_px
    editing.move(pane.rect.x + x, pane.rect.y + y)
    before = editing.session.selected_box().cuboid.size_lwh_m
    editing.key("U")
    after = editing.session.selected_box().cuboid.size_lwh_m
    assert after[0] < before[0]
    assert after[1:] == pytest.approx(before[1:])
