"""The pane Object: a track in all of its frames, each from the camera that sees it best."""

from __future__ import annotations

import pytest

from av3d.present.best_images import best_image, box_in
from av3d.present.panes.pane import Button


@pytest.fixture
def strip(editing, settle):
    editing.desk.open("object")
    editing.session.select("car-2")
    editing.session.go_to(6)
    for _ in range(4):
        settle(editing)
    return editing.object


def test_every_frame_has_a_tile_with_its_picture(strip):
    assert strip.frames == tuple(range(12))
    # The image of frame 7 was dropped.
    assert strip.shown == set(strip.tiles()) - {7}
    assert 6 in strip.tiles()


def test_the_camera_that_looks_there_is_the_best(log, tracks):
    ahead, behind = tracks[0], tracks[1]
    assert best_image(log, ahead, 3).camera == "front_camera"
    assert best_image(log, behind, 3).camera == "back_camera"


def test_a_frame_whose_image_was_dropped_is_not_seen(log, tracks):
    found = best_image(log, tracks[1], 7)
    assert found.camera == ""
    assert found.box is None


def test_the_whole_of_a_track_wins_over_a_larger_part(log, tracks):
    box = box_in(log, tracks[0], 3, "front_camera")
    found = best_image(log, tracks[0], 3)
    assert found.visible == pytest.approx(1.0)
    assert found.box.drawing.bounds_px == pytest.approx(box.drawing.bounds_px)


def test_a_click_goes_to_the_frame(strip, editing):
    x, y = strip.tiles()[4].centre
    editing.move(strip.rect.x + x, strip.rect.y + y)
    editing.press(strip.rect.x + x, strip.rect.y + y, Button.LEFT)
    assert editing.session.frame == 4


def test_the_pictures_of_a_later_frame_come_into_sight_with_it(strip, editing, settle):
    editing.session.go_to(11)
    settle(editing)
    assert 11 in strip.tiles()
    editing.session.go_to(0)
    settle(editing)
    assert 0 in strip.tiles()


def test_where_nothing_is_selected_it_says_what_to_do(strip, editing, settle):
    editing.session.select(None)
    settle(editing)
    words = " ".join(getattr(shape, "text", "") for shape in strip.drawings["all"].shapes)
    assert "Select a track" in words
