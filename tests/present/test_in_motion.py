"""While the pointer moves a cuboid, what takes long waits until it rests."""

from __future__ import annotations

import pytest

from av3d.present.handles import HandleKind
from av3d.present.panes.pane import Button, Pace
from av3d.present.session import MOTION_S


@pytest.fixture
def dragging(editing, settle):
    """Car 1 is held in the main view and has just been moved."""
    editing.session.select("car-1")
    editing.main.centre_on_selection()
    settle(editing)
    pane = editing.main
    [body] = [each for each in pane.handling.handles if each.kind is HandleKind.MOVE]
    x, y = pane.rect.x + body.place_px[0] + 12, pane.rect.y + body.place_px[1] + 12
    editing.move(x, y)
    editing.press(x, y, Button.LEFT)
    editing.move(x + 5, y)
    return editing


def test_a_cuboid_moves_until_the_pointer_has_rested(dragging, clock):
    assert dragging.session.in_motion
    assert dragging.active
    clock.now_s += MOTION_S + 0.01
    assert not dragging.session.in_motion


def test_the_pictures_of_points_wait_but_the_cuboid_does_not(dragging, clock):
    before = dragging.main.images()["main"].version
    assert "apart" in dragging.refresh()["main"]
    assert dragging.main.images()["main"].version == before
    clock.now_s += MOTION_S + 0.01
    dragging.refresh()
    assert dragging.main.images()["main"].version == before + 1


@pytest.mark.parametrize("pace", [Pace.TURNS, Pace.WORDS])
def test_other_panes_take_turns_and_all_have_had_theirs_at_rest(dragging, clock, pace):
    changed = dragging.refresh()
    waiting = [pane.name for pane in dragging.visible_panes() if pane.pace is pace]
    others = [name for name in waiting if name != "main"]
    assert len(others) > 1
    assert len([name for name in others if name in changed]) <= 1
    assert "main" in changed
    clock.now_s += MOTION_S + 0.01
    dragging.refresh()
    assert dragging.refresh() == {}


def test_every_camera_shows_the_cuboid_where_it_is_after_a_few_pictures(dragging):
    shown = set()
    for _ in range(8):
        shown |= {name for name, layers in dragging.refresh().items() if "apart" in layers}
    assert {"main", "camera"} <= shown


def test_handles_of_other_views_hide_while_one_is_dragged(dragging):
    for _ in range(4):
        dragging.refresh()
    assert dragging.main.handling.handles
    assert not any(handling.handles for handling in dragging.sides.handlings.values())


def test_frames_ahead_are_not_read_while_the_hand_scrubs(workspace, monkeypatch):
    asked = []
    supply = workspace.session.supply
    want = supply.want
    monkeypatch.setattr(
        supply,
        "want",
        lambda *given, ahead, **more: (asked.append(ahead), want(*given, ahead=ahead, **more)),
    )
    timeline = workspace.timeline
    y = timeline.rect.y + 10
    workspace.move(timeline.rect.x + timeline.x_of(0), y)
    workspace.press(timeline.rect.x + timeline.x_of(0), y, Button.LEFT)
    workspace.move(timeline.rect.x + timeline.x_of(500_000_000), y)
    workspace.tick()
    assert asked[-1] == 0
    workspace.release(timeline.rect.x + timeline.x_of(500_000_000), y, Button.LEFT)
    workspace.tick()
    assert asked[-1] > 0
