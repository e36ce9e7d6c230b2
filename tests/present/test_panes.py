"""What the panes say and where, without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.logs.log import Log
from av3d.present import drawing
from av3d.present.drawing import Box, Drawing, Rect, Style, Text
from av3d.present.loader import Loader
from av3d.present.panes.ground import EdgePointer, draw_labels
from av3d.present.panes.pane import Button
from av3d.present.session import Session
from av3d.present.workspace import Workspace
from av3d.render.views import OrthographicView, PerspectiveView
from av3d.tracks.track import Track


def measure(text, style):
    return len(text) * style.size * 0.5


def shapes_of(pane, kind):
    return [s for drawing in pane.drawings.values() for s in drawing.shapes if isinstance(s, kind)]


def words_of(pane):
    return [shape.text for shape in shapes_of(pane, Text)]


def test_labels_that_cannot_be_edited_are_said_to_be_read_only(workspace):
    words = words_of(workspace.top_bar)
    assert "Read-only" in words
    assert not any("saved" in text for text in words)


def test_all_letters_are_among_those_that_the_window_loads_before_it_measures_them(workspace):
    loaded = {value for value in vars(drawing).values() if isinstance(value, Style)}
    used = {text.style for pane in workspace.panes for text in shapes_of(pane, Text)}
    assert used <= loaded


def test_the_top_bar_says_that_edits_are_kept(editing):
    assert "All edits saved" in words_of(editing.top_bar)


def test_the_top_bar_says_why_an_edit_was_not_kept(editing):
    editing.session.labels.failure = "disk is full: /data/labels.sqlite"
    editing.refresh()
    [text] = [text for text in words_of(editing.top_bar) if text.startswith("Not saved")]
    assert text == "Not saved. Disk is full."


def test_a_click_on_a_workspace_goes_there_and_shows_which_it_is(workspace, settle):
    settle(workspace)
    zone = next(
        z for z in workspace.top_bar.drawings["all"].zones
        if (z.command, z.argument) == ("layout.show", "Review")
    )  # fmt: skip
    workspace.press(*zone.rect.centre, Button.LEFT)
    assert workspace.desk.base == "review"
    workspace.key("Alt+1")
    assert workspace.desk.base == "annotate"


def test_values_of_the_inspector_have_a_true_minus(workspace, settle):
    workspace.session.select("car-2")
    settle(workspace)
    assert "−15.00" in words_of(workspace.inspector)
    assert not any("-" in text for text in words_of(workspace.inspector) if text[1:2].isdigit())


def test_attributes_lose_their_prefix_and_a_tip_has_it(workspace, settle, tracks):
    track: Track = replace(tracks[0], attributes={"pandaset.object_motion": "Parked", "n": -1})
    workspace.session.set_tracks([track])
    workspace.session.select(track.id)
    settle(workspace)
    words = words_of(workspace.inspector)
    assert "object motion" in words
    assert "−1" in words
    tips = [zone.tip for zone in workspace.inspector.drawings["body"].zones]
    assert "pandaset.object_motion" in tips


def test_the_list_is_by_category_and_number_whatever_the_log(workspace, settle, tracks):
    workspace.session.set_tracks([tracks[2], tracks[1], tracks[0]])
    settle(workspace)
    assert [track.name for track in workspace.tracks.rows] == ["Car 1", "Car 2", "Pedestrian 1"]
    assert "Name" in words_of(workspace.tracks)
    workspace.run("tracks.sort")
    settle(workspace)
    assert "Points" in words_of(workspace.tracks)


def test_a_selection_out_of_sight_has_an_arrow_that_centres_the_view(workspace, settle):
    workspace.main.bev = replace(workspace.main.bev, center_m=(200.0, 0.0))
    workspace.session.select("car-1")
    settle(workspace)
    assert "Car 1 · 10.0 m" in words_of(workspace.main)
    (zone,) = workspace.main.drawings["tags"].zones
    x, y = zone.rect.centre
    x, y = x + workspace.main.rect.x, y + workspace.main.rect.y
    workspace.move(x, y)
    workspace.press(x, y, Button.LEFT)
    workspace.release(x, y, Button.LEFT)
    settle(workspace)
    assert workspace.session.selected == "car-1"
    assert "Car 1 · 10.0 m" not in words_of(workspace.main)
    assert workspace.main.bev.center_m == pytest.approx((10.0, 0.0))


@pytest.mark.parametrize(
    ("point_m", "direction"),
    [([0, 90, 0], (-1, 0)), ([0, -90, 0], (1, 0)), ([-90, 0, 0], (0, 1))],
)
def test_the_arrow_points_left_right_and_back_from_above(point_m, direction):
    view = OrthographicView(400, 300, center_m=(0.0, 0.0), metres_per_pixel=0.1)
    arrow = EdgePointer.towards(view, np.array(point_m, float), (400, 300), "Car 1", measure)
    assert arrow.direction == pytest.approx(direction, abs=0.02)
    assert 0 <= arrow.tip[0] <= 400
    assert 0 <= arrow.tip[1] <= 300
    assert arrow.place.x >= 4
    assert arrow.place.right <= 396


def test_the_arrow_points_down_to_what_is_behind_an_orbit_camera():
    view = PerspectiveView(400, 300, target_m=(8.0, 0.0, 0.0), distance_m=34.0)
    arrow = EdgePointer.towards(view, np.array([-90.0, 0, 0]), (400, 300), "Car 1", measure)
    assert arrow.direction == pytest.approx((0, 1), abs=0.02)


@pytest.mark.parametrize("centre_m", [(14.0, 0.0), (0.0, 14.0), (-30.0, -20.0)])
def test_labels_of_the_ground_are_whole_and_leave_tags_alone(centre_m):
    view = OrthographicView(400, 300, center_m=centre_m, metres_per_pixel=0.11)
    tag = Rect(150, 100, 80, 30)
    drawing = Drawing(measure)
    draw_labels(drawing, view, (400, 300), [tag])
    plates = [shape.rect for shape in drawing.shapes if isinstance(shape, Box)]
    assert len(plates) >= 2
    for plate in plates:
        assert plate.x >= 0
        assert plate.y >= 0
        assert plate.right <= 400
        assert plate.bottom <= 300
        assert not plate.overlaps(tag)


def test_with_one_camera_there_is_no_strip(workspace, settle, log):
    one = Log(
        name="street", kind="folder", path=log.path, rig=log.rig, trajectory=log.trajectory,
        lidars=log.lidars, cameras={"front_camera": log.cameras["front_camera"]},
    )  # fmt: skip
    alone = Workspace(Session(one, loader=Loader(threads=0)), measure)
    settle(alone)
    assert "strip" in workspace.layout.panes
    assert "strip" not in alone.layout.panes
    assert alone.main.height == workspace.main.height + 166
    assert "next camera" in words_of(workspace.status_bar)
    assert "next camera" not in words_of(alone.status_bar)


def test_few_tiles_are_in_the_middle_of_the_strip(workspace):
    ((_, rect),) = workspace.strip.tiles()
    assert rect.centre[0] == pytest.approx(workspace.strip.width / 2, abs=1)
    assert rect.width / rect.height == pytest.approx(640 / 360, abs=0.02)


def test_keys_of_the_help_page_are_not_in_the_colour_of_what_is_selected(workspace, settle):
    workspace.toggle_help()
    settle(workspace)
    assert all(text.colour != workspace.session.theme.accent_text
               for text in shapes_of(workspace.help, Text))  # fmt: skip


def test_a_small_window_shows_one_side_view_and_titles_that_open(workspace, settle):
    workspace.session.select("car-1")
    workspace.resize(1366, 768)
    settle(workspace)
    assert list(workspace.sides.rects()) == ["top"]
    assert "fitted" not in words_of(workspace.inspector)
    front = next(z for z in workspace.sides_head.drawings["all"].zones if z.argument == "front")
    workspace.sides_head.press(*front.rect.centre, Button.LEFT, 1)
    zones = workspace.inspector.drawings["body"].zones
    title = next(z for z in zones if z.argument == "section.Provenance")
    assert title.tip == "Show provenance"
    workspace.inspector.press(*title.rect.centre, Button.LEFT, 1)
    settle(workspace)
    assert list(workspace.sides.rects()) == ["front"]
    assert "Manual key" in words_of(workspace.inspector)


def test_tracks_that_come_after_the_points_are_drawn(log, tracks):
    late = Session(log, loader=Loader(threads=0))
    workspace = Workspace(late, measure)
    for _ in range(3):
        workspace.tick()
        workspace.refresh()
    assert workspace.main.outlines == []
    late.set_tracks(tracks)
    late.select("car-1")
    workspace.refresh()
    for _ in range(3):
        workspace.tick()
        workspace.refresh()
    assert {track_id for track_id, _ in workspace.main.outlines} >= {"car-1", "car-2"}
    assert not workspace.main.drawings["boxes"].zones


def test_a_pointer_that_comes_before_the_first_picture_is_no_error(session):
    new = Workspace(session, lambda text, style: len(text) * style.size * 0.5)
    ((_, rect),) = new.strip.tiles()
    new.move(new.strip.rect.x + rect.centre[0], new.strip.rect.y + rect.centre[1])
    assert new.hovered_pane is new.strip
    assert new.strip.showing("car-1") == []
