"""Side views: what is dragged follows the pointer, the views stay still meanwhile and turn with the box."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.present.panes.pane import Button
from av3d.present.side_view import BY_NAME

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
    pane = editing.sides
    return pane


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


@pytest.mark.parametrize("notches", [0, 3, -4])
@pytest.mark.parametrize(("side", "face"), EDGES)
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
    if not rect.contains(*start):
        pytest.skip("enlarged, this edge is not in sight")
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
