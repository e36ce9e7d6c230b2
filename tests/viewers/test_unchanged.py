from __future__ import annotations

from types import SimpleNamespace

import pytest

from av3d_viewers import unchanged
from av3d_viewers.unchanged import PICTURE_STAYS, Unchanged
from av3d_viewers.window import Window

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

    def frame(*changed, pictured=(), arranged="usual", last=False):
        panes.begin(surfaces, changed, pictured, arranged, last=last)
        seen = {name for name, there in shown.items() if there}
        # Where panes are left out, the picture that is there must not be cleared.
        assert panes._gl.on or seen == set(PANES)
        panes.end()
        assert not panes._gl.on
        return seen

    frame.panes, frame.shown = panes, shown
    return frame


def test_a_pane_that_changed_is_drawn_then_left_out(drawn):
    assert drawn() == set(PANES)
    assert drawn("main") == {"main"}
    assert drawn() == set()


def test_a_pane_is_drawn_until_its_new_picture_is_there(drawn):
    drawn()
    assert drawn("main", pictured=["main"]) == {"main"}
    for _ in range(PICTURE_STAYS - 1):
        assert drawn() == {"main"}
    assert drawn() == set()


def test_panes_in_other_places_are_all_drawn(drawn):
    drawn()
    assert drawn("main", arranged="a menu above") == set(PANES)
    assert drawn("main", arranged="a menu above") == {"main"}


def test_before_the_window_rests_all_are_drawn_once(drawn):
    drawn()
    assert drawn("main") == {"main"}
    assert drawn(last=True) == set(PANES)
    assert drawn(last=True) == set()
    assert drawn("main") == {"main"}
    assert drawn(last=True) == set(PANES)


def test_for_a_picture_of_the_window_all_are_shown(drawn):
    drawn()
    assert drawn("main") == {"main"}
    drawn.panes.show_all()
    assert all(drawn.shown.values())
    assert drawn() == set(PANES)


def test_a_pane_that_the_layout_takes_away_is_left_to_it(drawn):
    drawn()
    drawn()
    panes, shown = drawn.panes, drawn.shown
    panes.begin({"main": Surface("main")}, ["main"], [], "without the others", last=False)
    panes.end()
    assert shown == {"main": True, "camera": False, "tracks": False}


def test_a_frame_that_fails_leaves_no_holes_in_the_window(drawn):
    def fails():
        raise ValueError("a pane")

    drawn()
    assert drawn("main") == {"main"}
    window = Window.__new__(Window)
    window._unchanged, window._frame = drawn.panes, fails
    window.workspace = SimpleNamespace(toasts=SimpleNamespace(show=lambda *_: None))
    window._prepare()
    assert all(drawn.shown.values())


def test_what_a_text_field_leaves_behind_is_drawn_over(drawn):
    places = [SimpleNamespace(name=name, rect=None, images=dict) for name in PANES]
    fields = SimpleNamespace(active=None)
    window = Window.__new__(Window)
    window._unchanged, window._theme, window._size, window._awake = drawn.panes, None, (), 1
    window._textures = SimpleNamespace(fresh=set(), late=set())
    window._surfaces = {name: Surface(name) for name in PANES}
    window.workspace = SimpleNamespace(
        visible_panes=lambda: places, visible_overlays=list, active=False,
        session=SimpleNamespace(fields=fields),
    )  # fmt: skip

    def left_out(field):
        fields.active = field
        window._leave_out({})
        return set(PANES) - {name for name, there in drawn.shown.items() if there}

    field = SimpleNamespace(pane="main")
    assert left_out(field) == set()
    assert left_out(field) == {"camera", "tracks"}
    assert left_out(field) == set()  # before the window rests
    assert left_out(None) == set()
    assert left_out(None) == set(PANES)
