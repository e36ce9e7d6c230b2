from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.present.dock import (
    Bounds,
    DockError,
    Drop,
    Split,
    Tabs,
    activated,
    arrange_tree,
    bounds_of,
    closed,
    drop_at,
    opened,
    panes_of,
    plain,
    resized,
    tree_of,
)
from av3d.present.drawing import Rect

TREE = Split("row", 0.25, Tabs(("list",)), Split("column", 0.5, Tabs(("a", "b")), Tabs(("c",))))
ROOM = Rect(0, 0, 801, 601)
SMALL = {name: Bounds(50, 40) for name in "abcdefgh"}


@st.composite
def trees(draw, names=tuple("abcdefgh")):
    """Any tree that has each of some panes once."""
    if len(names) == 1 or (len(names) < 4 and draw(st.booleans())):
        return Tabs(names, draw(st.sampled_from(names)))
    cut = draw(st.integers(1, len(names) - 1))
    return Split(
        draw(st.sampled_from(["row", "column"])),
        draw(st.floats(0.01, 0.99)),
        draw(trees(names[:cut])),
        draw(trees(names[cut:])),
    )


def test_a_row_and_a_column():
    arranged = arrange_tree(TREE, ROOM, {"list": Bounds(100, 40)})
    assert [(place.tabs.active, place.rect) for place in arranged.places] == [
        ("list", Rect(0, 0, 200, 601)),
        ("a", Rect(201, 0, 600, 300)),
        ("c", Rect(201, 301, 600, 300)),
    ]
    assert [gutter.rect for gutter in arranged.gutters] == [
        Rect(200, 0, 1, 601),
        Rect(201, 300, 600, 1),
    ]


@given(tree=trees(), width=st.integers(200, 3000), height=st.integers(200, 2000))
def test_places_and_gutters_cover_the_room_and_never_overlap(tree, width, height):
    room = Rect(10, 36, width, height)
    arranged = arrange_tree(tree, room, SMALL)
    rects = [p.rect for p in arranged.places] + [g.rect for g in arranged.gutters]
    assert sum(rect.width * rect.height for rect in rects) == width * height
    for number, rect in enumerate(rects):
        assert rect.x >= room.x
        assert rect.y >= room.y
        assert rect.right <= room.right
        assert rect.bottom <= room.bottom
        for other in rects[number + 1 :]:
            assert not (rect.width and rect.height and rect.overlaps(other))


@given(tree=trees())
def test_panes_keep_their_smallest_size_where_there_is_room_for_all(tree):
    least = bounds_of(tree, SMALL)
    room = Rect(0, 0, least.min_width + 7, least.min_height + 5)
    for place in arrange_tree(tree, room, SMALL).places:
        assert place.rect.width >= 50
        assert place.rect.height >= 40


@given(tree=trees())
def test_what_is_written_to_a_file_is_read_as_it_was(tree):
    again = tree_of(plain(tree), "abcdefgh")
    assert list(panes_of(again)) == list(panes_of(tree))
    assert plain(again) == plain(tree)


@given(
    tree=trees(),
    pane=st.sampled_from("abcdefgh"),
    target=st.sampled_from(["", *"abcdefgh"]),
    side=st.sampled_from(["left", "right", "top", "bottom", "centre"]),
)
def test_a_pane_that_is_moved_is_there_once_and_no_other_is_lost(tree, pane, target, side):
    moved = opened(tree, pane, target, side)
    assert sorted(panes_of(moved)) == sorted(panes_of(tree))


@given(tree=trees(), order=st.permutations("abcdefgh"))
def test_panes_can_be_closed_in_any_order_down_to_the_last(tree, order):
    for number, pane in enumerate(order[:-1], start=1):
        tree = closed(tree, pane)
        assert len(list(panes_of(tree))) == 8 - number
    assert closed(tree, order[-1]) == tree == Tabs((order[-1],))


def test_a_pane_goes_below_another_one():
    moved = opened(TREE, "b", "list", "bottom")
    assert moved.first == Split("column", 0.5, Tabs(("list",)), Tabs(("b",)))


def test_a_pane_becomes_a_tab_in_front():
    assert opened(TREE, "list", "c", "centre") == Split(
        "column", 0.5, Tabs(("a", "b")), Tabs(("c", "list"), "list")
    )


def test_a_pane_goes_beside_all_others():
    moved = opened(TREE, "c", "", "left")
    assert moved.first == Tabs(("c",))
    assert moved.fraction == 0.25


def test_the_neighbour_of_a_closed_tab_shows():
    assert closed(Tabs(("a", "b", "c"), "b"), "b").active == "c"
    assert closed(Tabs(("a", "b", "c"), "a"), "b").active == "a"


def test_a_tab_is_brought_to_the_front():
    assert activated(TREE, "b").second.first.active == "b"


def test_a_nested_gutter_is_dragged():
    gutter = arrange_tree(TREE, ROOM, {}).gutters[1]
    tree = resized(TREE, gutter.path, gutter.fraction_at(500, 450))
    assert tree.second.fraction == pytest.approx(0.75)
    assert arrange_tree(tree, ROOM, {}).gutters[1].rect.y == 450


def test_a_pane_of_one_height_keeps_it():
    bounds = {"bar": Bounds(100, 56, 56), "view": Bounds(100, 100)}
    tree = Split("column", 0.5, Tabs(("view",)), Tabs(("bar",)))
    arranged = arrange_tree(tree, Rect(0, 0, 800, 897), bounds)
    assert arranged.places[1].rect == Rect(0, 841, 800, 56)
    assert arranged.gutters[0].fixed


@pytest.mark.parametrize(
    ("place", "drop"),
    [
        ((500, 150), Drop("a", "centre", Rect(201, 0, 600, 300))),
        ((230, 150), Drop("a", "left", Rect(201, 0, 300, 300))),
        ((500, 280), Drop("a", "bottom", Rect(201, 150, 600, 150))),
        ((500, 595), Drop("", "bottom", Rect(0, 450.75, 801, 150.25))),
        ((100, 300), None),
        ((900, 300), None),
    ],
)
def test_where_a_pane_goes_that_is_let_go(place, drop):
    arranged = arrange_tree(TREE, ROOM, {})
    assert drop_at(arranged, ROOM, "list", *place) == drop


def test_panes_of_another_version_are_left_out():
    value = plain(TREE)
    value["second"]["second"]["panes"] = ["later"]
    assert list(panes_of(tree_of(value, ["list", "a", "b"]))) == ["list", "a", "b"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"panes": []},
        {"panes": "a"},
        {"panes": ["a", "a"]},
        {"split": "across", "fraction": 0.5},
        {"split": "row", "fraction": 1.5, "first": {"panes": ["a"]}, "second": {"panes": ["b"]}},
        {"split": "row", "fraction": True, "first": {"panes": ["a"]}, "second": {"panes": ["b"]}},
        {"split": "row", "fraction": 0.5, "first": {"panes": ["a"]}},
    ],
)
def test_a_broken_layout_is_refused(value):
    with pytest.raises(DockError):
        tree_of(value, ["a", "b"])
