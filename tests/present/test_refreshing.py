"""Panes wait for the next picture when one has taken long enough."""

from __future__ import annotations

import pytest

from av3d.present.refreshing import BUDGET_S, WAITS_AT_MOST, _in_turns


@pytest.fixture
def slow(workspace, clock, monkeypatch):
    """A workspace of which drawing the main view, or nothing of it, takes more than a picture has."""
    workspace.refresh()
    refreshed = []
    for pane in workspace.panes:
        monkeypatch.setattr(pane, "refresh", _noted(pane.refresh, pane.name, refreshed, clock))
    return workspace, refreshed


def _noted(refresh, name, refreshed, clock):
    def noted():
        refreshed.append(name)
        if name == "main":
            clock.now_s += 2 * BUDGET_S
        return refresh()

    return noted


def test_what_is_looked_at_comes_first_and_the_others_wait(slow):
    workspace, refreshed = slow
    workspace.refresh()
    assert refreshed == ["main", "camera"]
    assert workspace.refreshing.waiting
    assert workspace.active


def test_no_pane_waits_for_ever(slow):
    workspace, refreshed = slow
    for _ in range(WAITS_AT_MOST + 1):
        workspace.refresh()
    assert {pane.name for pane in workspace.visible_panes()} == set(refreshed)
    assert not workspace.refreshing.waiting


def test_in_time_all_are_drawn_at_once(workspace):
    workspace.session.frame = 3
    workspace.tick()
    assert {"main", "timeline"} <= workspace.refresh().keys()
    assert not workspace.refreshing.waiting


def test_pictures_are_asked_of_a_pane_that_has_waited_since_it_is_there(slow):
    workspace, _ = slow
    workspace.strip._pictures.clear()
    assert "strip0" not in workspace.images()


def test_after_a_change_of_theme_no_pane_waits(slow):
    workspace, refreshed = slow
    workspace.run("view.theme")
    workspace.refresh()
    assert {pane.name for pane in workspace.visible_panes()} == set(refreshed)


class Turn:
    def __init__(self, name, turns=1):
        self.name, self.turns = name, turns


def test_a_pane_that_needs_several_turns_has_more_of_them():
    panes = [Turn("camera"), Turn("strip", 3), Turn("sides")]
    order = [pane.name for pane in _in_turns(panes)]
    assert order == ["camera", "strip", "sides", "strip"]
    assert [pane.name for pane in _in_turns(panes[1:2])] == ["strip"]
