from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.drawing import Rect
from av3d.present.layout import SMALLEST, arrange, fold_step, gutter_at, line_named


def test_the_full_size_is_that_of_the_picture():
    panes = arrange(1920, 1080).panes
    assert panes["top_bar"] == Rect(0, 0, 1920, 36)
    assert panes["tracks"] == Rect(0, 36, 279, 786)
    assert panes["main_head"] == Rect(280, 36, 640, 28)
    assert panes["camera_head"] == Rect(921, 36, 619, 28)
    assert panes["main"].bottom == panes["camera"].bottom == 656
    assert panes["strip"] == Rect(280, 657, 1260, 165)
    assert panes["timeline_head"] == Rect(0, 823, 1540, 32)
    assert panes["timeline"].bottom == 1056
    assert panes["inspector"].x == 1541
    assert panes["status_bar"] == Rect(0, 1056, 1920, 24)


def test_1366_by_768_reaches_step_4():
    layout = arrange(1366, 768)
    assert layout.step == 4
    assert layout.panes["tracks"].width == 220
    assert layout.panes["inspector"].width == 300
    assert layout.panes["strip"].height == 24
    assert layout.panes["timeline_head"].height + layout.panes["timeline"].height == 150
    assert abs(layout.panes["main"].width - 423) <= 8
    # Side and front view stack into tabs: one view, and room for the values below it.
    assert layout.panes["sides"].height == 176
    assert layout.panes["inspector"].height > 480


@pytest.mark.parametrize(
    ("size", "step"),
    [((2560, 1440), 0), ((1920, 1080), 0), ((1760, 1000), 1), ((1650, 950), 2), ((1590, 950), 3),
     ((1366, 768), 4), ((1190, 700), 5)],
)  # fmt: skip
def test_folds_step_by_step(size, step):
    assert fold_step(*size) == step


def test_the_camera_becomes_a_tab_at_step_5():
    assert "camera" not in arrange(1150, 700).panes
    tab = arrange(1150, 700, main_tab="camera").panes
    assert "main" not in tab
    assert {"camera", "camera_head"} <= set(tab)


def test_a_window_below_the_smallest_size_says_so():
    assert arrange(SMALLEST[0] - 1, 800).too_small
    assert not arrange(*SMALLEST).too_small


@pytest.mark.parametrize("full", [None, "camera"])
@pytest.mark.parametrize("size", [(1000, 800), (1100, 639), (700, 400), (1, 1)])
def test_below_the_smallest_size_nothing_else_has_a_place(size, full):
    assert arrange(*size, full=full).panes == {"too_small": Rect(0, 0, *size)}


def test_a_full_pane_leaves_only_the_bars():
    layout = arrange(1920, 1080, full="camera")
    assert set(layout.panes) == {"top_bar", "status_bar", "camera_head", "camera"}
    assert layout.panes["camera"].width == 1920


@given(width=st.integers(1100, 4000), height=st.integers(640, 2400))
def test_panes_fill_the_window_and_never_overlap(width, height):
    layout = arrange(width, height)
    rects = list(layout.panes.values())
    for number, rect in enumerate(rects):
        assert rect.width >= 1
        assert rect.height >= 1
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.right <= width
        assert rect.bottom <= height
        assert not any(rect.overlaps(other) for other in rects[number + 1 :])
    gutters = sum(rect.width * rect.height for rect in layout.gutters.values())
    covered = sum(rect.width * rect.height for rect in rects)
    assert covered >= width * height - gutters - 2 * (width + height)


@given(x=st.floats(0, 1920), y=st.floats(0, 1080), name=st.sampled_from(
    ["left", "right", "timeline", "main", "strip", "sides"]))  # fmt: skip
def test_wherever_a_gutter_is_dragged_every_pane_keeps_room(x, y, name):
    line = line_named(arrange(1920, 1080), name)
    moved = arrange(1920, 1080, {name: line.fraction_at(x, y)})
    assert moved.panes["main"].width >= 280
    assert moved.panes["camera"].width >= 280
    assert moved.panes["main"].height >= 180
    assert moved.panes["tracks"].width >= 220
    assert moved.panes["timeline"].height >= 52
    assert moved.panes["inspector"].height >= 200


def test_sizes_are_kept_as_fractions_of_the_window():
    fraction = line_named(arrange(1920, 1080), "left").fraction_at(384, 500)
    assert arrange(1920, 1080, {"left": fraction}).panes["tracks"].width == 384
    assert arrange(2400, 1080, {"left": fraction}).panes["tracks"].width == 504


def test_review_is_as_in_the_picture():
    panes = arrange(1920, 1080, workspace="review").panes
    assert panes["queue"] == Rect(0, 36, 360, 1020)
    assert panes["main_head"] == Rect(361, 36, 1018, 28)
    assert panes["main"].bottom == 876
    assert panes["decision"] == Rect(361, 877, 1018, 56)
    assert panes["review_timeline"] == Rect(361, 934, 1018, 122)
    assert panes["camera_head"] == Rect(1380, 36, 540, 28)
    assert panes["camera"].bottom == 368
    assert panes["sides"] == Rect(1380, 369, 540, 140)
    assert panes["measure"].bottom == 687
    assert panes["note"].bottom == 1056


@given(width=st.integers(1100, 4000), height=st.integers(640, 2400))
def test_the_decision_keeps_its_height(width, height):
    assert arrange(width, height, workspace="review").panes["decision"].height == 56


def test_a_gutter_is_found_a_few_pixels_beside_it():
    layout = arrange(1920, 1080)
    assert gutter_at(layout, 277, 400) == "left"
    assert gutter_at(layout, 500, 400) is None
