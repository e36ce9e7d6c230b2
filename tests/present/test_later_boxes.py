"""Cuboids of images that other threads make show as soon as they are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present import supply as supplying
from av3d.present.refreshing import WAITS_AT_MOST


@pytest.fixture
def moved(workspace, monkeypatch):
    """A workspace of which more tracks have moved than are placed anew at once."""
    monkeypatch.setattr(supplying, "FEW", 0)
    supply = workspace.session.supply
    supply.set_tracks([farther(track) for track in supply.tracks], workspace.session.frame)
    return workspace


def farther(track):
    """The same track, 2 m along."""

    def along(cuboid):
        pose = cuboid.frame_SE3_cuboid
        place_m = pose.translation_m + np.array([2.0, 0.0, 0.0])
        return Cuboid(SE3(pose.rotation, place_m), cuboid.size_lwh_m)

    keyframes = (replace(key, cuboid=along(key.cuboid)) for key in track.keyframes)
    return replace(track, keyframes=tuple(keyframes))


def lines(pane):
    return [getattr(shape, "points", ()) for shape in pane.drawings["boxes"].shapes]


def lines_drawn_anew(workspace, pane, settle):
    pane.forget()
    settle(workspace)
    return lines(pane)


@pytest.mark.parametrize("name", ["camera", "strip"])
def test_cuboids_that_are_placed_later_are_drawn_when_they_are_there(moved, settle, name):
    pane = getattr(moved, name)
    before = lines(pane)
    for _ in range(WAITS_AT_MOST + 2):
        moved.refresh()
    assert lines(pane) == before
    settle(moved)
    assert lines(pane) != before
    assert lines(pane) == lines_drawn_anew(moved, pane, settle)


@pytest.mark.parametrize("name", ["camera", "strip"])
def test_cuboids_that_are_there_before_the_image_are_drawn_with_it(
    moved, settle, name, monkeypatch
):
    with monkeypatch.context() as late:
        late.setattr(moved.session.supply, "picture", lambda *_: None)
        for _ in range(WAITS_AT_MOST + 2):
            settle(moved)
    settle(moved)
    pane = getattr(moved, name)
    assert lines(pane) == lines_drawn_anew(moved, pane, settle)
