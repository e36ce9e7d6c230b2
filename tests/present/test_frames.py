"""The pane Frames: one track in many frames at once, edited in each, together, and by keys."""

from __future__ import annotations

import time

import numpy as np
import pytest

from av3d.present.cell_painter import CellPainter
from av3d.present.panes.pane import Button
from av3d.present.side_view import BY_NAME


@pytest.fixture
def frames(editing, settle):
    editing.session.select("car-1")
    editing.session.go_to(5)
    editing.desk.open("frames")
    editing.desk.full = "frames"
    editing.relayout()
    settle(editing)
    return editing.frames


def cell_of(pane, frame):
    return next(cell for cell in pane.cells.cells() if cell.frame == frame)


def middle_of(pane, frame, side="top"):
    return pane.rects()[frame, side].centre


def click(workspace, pane, place, *modifiers):
    workspace.session.modifiers = frozenset(modifiers)
    x, y = place[0] + pane.rect.x, place[1] + pane.rect.y
    workspace.move(x, y)
    workspace.press(x, y, Button.LEFT)
    workspace.release(x, y, Button.LEFT)
    workspace.session.modifiers = frozenset()
    workspace.refresh()


def drag(workspace, pane, place, way, *modifiers):
    workspace.session.modifiers = frozenset(modifiers)
    x, y = place[0] + pane.rect.x, place[1] + pane.rect.y
    workspace.move(x, y)
    workspace.press(x, y, Button.LEFT)
    for part in (0.4, 1.0):
        workspace.move(x + way[0] * part, y + way[1] * part)
        workspace.refresh()
    workspace.release(x + way[0], y + way[1], Button.LEFT)
    workspace.session.modifiers = frozenset()
    workspace.refresh()


def edge_px(pane, frame, side, signs):
    cell = cell_of(pane, frame)
    point_m = cell.cuboid.frame_SE3_cuboid.transform(np.array(signs) * cell.cuboid.size_lwh_m / 2)
    return pane.view(cell, BY_NAME[side]).projector.project(point_m[None])[0][0]


def test_frames_in_which_the_track_is_there_show_with_their_points(frames):
    assert frames.cells.frames == tuple(range(12))
    assert all(len(frames.cells.points(cell).points_m) > 100 for cell in frames.cells.cells())


def test_where_nothing_is_selected_it_says_what_to_do(frames, editing, settle):
    editing.session.select(None)
    settle(editing)
    words = [getattr(shape, "text", "") for shape in frames.drawings["cells"].shapes]
    assert " ".join(words).strip().endswith("in many frames at once.")


@pytest.mark.parametrize("notches", [0, -3])
@pytest.mark.parametrize(
    ("side", "signs"),
    [("top", (1, 0, 0)), ("top", (0, -1, 0)), ("side", (-1, 0, 0)), ("side", (0, 0, 1)),
     ("front", (0, 1, 0)), ("front", (0, 0, -1))],
)  # fmt: skip
def test_an_edge_of_a_cell_goes_where_the_pointer_goes(frames, editing, side, signs, notches):
    frames.wheel(*middle_of(frames, 3), notches, shift=False)
    editing.refresh()
    start = edge_px(frames, 3, side, signs)
    view = frames.view(cell_of(frames, 3), BY_NAME[side])
    outwards = start - view.projector.project(cell_of(frames, 3).cuboid.center_m[None])[0][0]
    way = outwards / np.hypot(*outwards) * 9
    drag(editing, frames, start, way)
    after = cell_of(frames, 3).cuboid
    point_m = after.frame_SE3_cuboid.transform(np.array(signs) * after.size_lwh_m / 2)
    now = view.projector.project(point_m[None])[0][0]
    assert np.hypot(*(now - start - way)) < 1.0
    assert editing.session.labels.edits == 1
    assert cell_of(frames, 3).keyed
    assert editing.session.frame == 5


def test_a_click_changes_nothing_and_chooses_the_frame(frames, editing):
    click(editing, frames, middle_of(frames, 3))
    click(editing, frames, middle_of(frames, 6), "Shift")
    assert frames.cells.chosen == {3, 4, 5, 6}
    click(editing, frames, middle_of(frames, 5), "Ctrl")
    assert frames.cells.chosen == {3, 4, 6}
    assert editing.session.labels.edits == 0


def test_a_click_on_a_number_goes_there(frames, editing):
    rect = frames.column_rects()[8]
    click(editing, frames, (rect.centre[0], rect.y + 5))
    assert editing.session.frame == 8


def test_with_alt_all_chosen_frames_move_alike_as_one_edit(frames, editing):
    click(editing, frames, middle_of(frames, 3))
    click(editing, frames, middle_of(frames, 7), "Ctrl")
    before = {frame: cell_of(frames, frame).cuboid.center_m for frame in (3, 7)}
    way = 0.0, 12.0
    metres = 12.0 * frames.view(cell_of(frames, 3), BY_NAME["top"]).metres_per_pixel
    x, y = middle_of(frames, 3)
    drag(editing, frames, (x + 6, y), way, "Alt")
    for frame, centre_m in before.items():
        assert cell_of(frames, frame).cuboid.center_m - centre_m == pytest.approx(
            [0, -metres, 0], abs=1e-6
        )
    assert editing.session.labels.edits == 1
    editing.key("Ctrl+Z")
    assert cell_of(frames, 3).cuboid.center_m == pytest.approx(before[3])


def test_escape_takes_a_drag_back(frames, editing):
    start = edge_px(frames, 3, "top", (1, 0, 0))
    x, y = start[0] + frames.rect.x, start[1] + frames.rect.y
    before = cell_of(frames, 3).cuboid
    editing.move(x, y)
    editing.press(x, y, Button.LEFT)
    editing.move(x + 20, y)
    editing.key("Esc")
    editing.release(x + 20, y, Button.LEFT)
    assert cell_of(frames, 3).cuboid == before
    assert editing.session.labels.edits == 0


def test_keys_are_for_the_cell_under_the_pointer(frames, editing):
    x, y = middle_of(frames, 4)
    editing.move(x + frames.rect.x, y + frames.rect.y)
    editing.key("K")
    assert cell_of(frames, 4).keyed
    assert not cell_of(frames, 5).keyed
    editing.key("Del")
    assert not cell_of(frames, 4).keyed
    assert editing.session.labels.edits == 2


def test_several_keyframes_are_one_edit(frames, editing):
    click(editing, frames, middle_of(frames, 2))
    click(editing, frames, middle_of(frames, 4), "Shift")
    editing.run("frames.keep")
    assert [cell.frame for cell in frames.cells.cells() if cell.keyed] == [0, 2, 3, 4, 11]
    editing.run("frames.flip")
    assert cell_of(frames, 3).cuboid.frame_SE3_cuboid.rotation[0, 0] == pytest.approx(-1)
    assert editing.session.labels.edits == 2


def test_a_fit_of_several_frames_is_one_edit(frames, editing, settle):
    click(editing, frames, middle_of(frames, 2))
    click(editing, frames, middle_of(frames, 3), "Shift")
    editing.run("frames.fit")
    while editing.session.works.busy:
        editing.tick()
        time.sleep(0.01)
    settle(editing)
    fitted = [cell.frame for cell in frames.cells.cells() if cell.provenance == "fitted"]
    assert fitted == [2, 3, 11]
    assert editing.session.labels.edits == 1


def test_cells_that_reach_beyond_the_picture_are_cut_off(frames):
    views = [
        (cell, frames.view(cell, side), frames.cells.points(cell))
        for cell in frames.cells.cells()
        for side in frames.sides
    ]
    rects = [view.rect for _, view, _ in views]
    low, wide = min(r.bottom for r in rects) - 20, max(r.right for r in rects) - 30
    painter = CellPainter()
    painter.paint((round(wide), round(low)), 1.0, views)
    whole = CellPainter()
    whole.paint((round(wide) + 60, round(low) + 400), 1.0, views)
    kept = whole.pixels[: painter.pixels.shape[0], : painter.pixels.shape[1]]
    # Only dots across the border are missing.
    assert (painter.pixels != kept).any(axis=2).mean() < 0.01
