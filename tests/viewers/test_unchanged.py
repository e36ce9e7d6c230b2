from __future__ import annotations

import pytest

from av3d_viewers import unchanged
from av3d_viewers.unchanged import PICTURE_STAYS, STAYS, Unchanged

PANES = ("main", "camera", "tracks")


class Surface:
    """A pane of which only its container matters here."""

    def __init__(self, container):
        self.container = container


class Scissors:
    """What is called of OpenGL."""

    def __init__(self):
        self.on = False

    def glEnable(self, _what):
        self.on = True

    def glDisable(self, _what):
        self.on = False

    def glScissor(self, *_rect):
        pass


@pytest.fixture
def drawn(monkeypatch):
    """Draws a frame; gives the panes that are drawn in it."""
    shown = dict.fromkeys(PANES, True)
    monkeypatch.setattr(
        unchanged.dpg, "configure_item", lambda item, *, show: shown.__setitem__(item, show)
    )
    panes = Unchanged()
    panes._gl = Scissors()
    surfaces = {name: Surface(name) for name in PANES}

    def frame(*changed, pictured=(), arranged="usual", allowed=True):
        panes.begin(surfaces, changed, pictured, arranged, allowed=allowed)
        seen = {name for name, there in shown.items() if there}
        # Where panes are left out, the picture that is there must not be cleared.
        assert panes._gl.on or seen == set(PANES)
        panes.end()
        assert all(shown.values())
        assert not panes._gl.on
        return seen

    return frame


def test_while_nothing_is_held_every_pane_is_drawn(drawn):
    assert all(drawn(allowed=False) == set(PANES) for _ in range(10))


def test_a_pane_that_changed_is_drawn_for_some_frames_then_left_out(drawn):
    for _ in range(PICTURE_STAYS):
        assert drawn() == set(PANES)
    assert drawn("main") == {"main"}
    for _ in range(STAYS - 1):
        assert drawn() == {"main"}
    assert drawn() == set()


def test_a_pane_is_drawn_until_its_new_picture_is_there(drawn):
    for _ in range(PICTURE_STAYS):
        drawn()
    assert drawn("main", pictured=["main"]) == {"main"}
    assert drawn("main") == {"main"}
    for _ in range(PICTURE_STAYS - 2):
        assert drawn() == {"main"}
    assert drawn() == set()


def test_panes_in_other_places_are_all_drawn(drawn):
    for _ in range(PICTURE_STAYS + 1):
        drawn()
    assert drawn("main", arranged="a menu above") == set(PANES)


def test_after_a_frame_without_leave_all_are_drawn_again(drawn):
    for _ in range(PICTURE_STAYS + 1):
        drawn()
    drawn(allowed=False)
    assert drawn() == set(PANES)
