from __future__ import annotations

import pytest

from av3d.present.dock import panes_of
from av3d.present.panes.pane import Button
from av3d.present.workspace import Workspace


def drag(workspace, start, end):
    workspace.move(*start)
    workspace.press(*start, Button.LEFT)
    workspace.move(start[0] + 10, start[1] + 10)
    workspace.move(*end)


def head(workspace, pane):
    """A place in the header of a pane where there is no button."""
    rect = workspace.layout.panes.get(f"{pane}_head") or workspace.layout.panes[pane]
    return rect.x + 4, rect.y + 20


def test_a_header_is_dragged_onto_another_pane_and_becomes_a_tab(workspace):
    workspace.refresh()
    camera = workspace.layout.panes["camera"].centre
    drag(workspace, head(workspace, "timeline"), camera)
    assert workspace.drop.visible
    assert workspace.state()["dropping"] == ["timeline", "camera", "centre"]
    workspace.release(*camera, Button.LEFT)
    assert workspace.layout.panes["timeline"].width == 619
    assert "camera" not in workspace.layout.panes
    assert workspace.layout.panes["timeline_bar"].height == 28
    workspace.refresh()
    assert workspace.layout.panes["main"].bottom > 800


def test_a_tab_is_brought_to_the_front_by_a_click(workspace):
    workspace.desk.open("timeline")
    tree = workspace.desk.arrangement.tree
    assert tree is None or "timeline" in panes_of(tree)
    drag(workspace, head(workspace, "timeline"), workspace.layout.panes["camera"].centre)
    workspace.release(*workspace.layout.panes["camera"].centre, Button.LEFT)
    workspace.refresh()
    bar = workspace.layout.panes["timeline_bar"]
    workspace.press(bar.x + 20, bar.y + 14, Button.LEFT)
    workspace.release(bar.x + 20, bar.y + 14, Button.LEFT)
    assert "camera" in workspace.layout.panes
    assert "timeline" not in workspace.layout.panes


def test_a_header_that_is_dragged_a_little_stays(workspace):
    before = workspace.layout
    x, y = head(workspace, "camera")
    workspace.press(x, y, Button.LEFT)
    workspace.move(x + 4, y + 4)
    assert not workspace.drop.visible
    workspace.release(x + 4, y + 4, Button.LEFT)
    assert workspace.layout.panes == before.panes


def test_esc_leaves_a_dragged_pane_where_it_was(workspace):
    before = workspace.layout.panes
    drag(workspace, head(workspace, "camera"), workspace.layout.panes["tracks"].centre)
    assert workspace.drop.visible
    workspace.key("Esc")
    assert not workspace.drop.visible
    workspace.release(*workspace.layout.panes["tracks"].centre, Button.LEFT)
    assert workspace.layout.panes == before


def test_every_gutter_moves_with_the_pointer(workspace):
    for name, rect in dict(workspace.layout.gutters).items():
        x, y = rect.centre
        wide = rect.width > rect.height
        end = (x, y - 12) if wide else (x + 12, y)
        workspace.move(x, y)
        workspace.press(x, y, Button.LEFT)
        workspace.move(*end)
        workspace.release(*end, Button.LEFT)
        moved = workspace.layout.gutters[name].centre
        assert moved == pytest.approx(end, abs=1.5)
        workspace.desk.reset()


def test_a_closed_pane_gives_its_room_and_comes_back(workspace):
    workspace.desk.close("inspector")
    assert "inspector" not in workspace.layout.panes
    assert workspace.layout.panes["sides"].bottom == 1056
    workspace.desk.open("inspector")
    assert workspace.layout.panes["inspector"].x > 1000
    assert workspace.desk.is_open("inspector")


@pytest.mark.parametrize("key", ["Alt+1", "Alt+2"])
def test_every_pane_of_a_workspace_can_be_closed_and_opened_again(workspace, settle, key):
    workspace.key(key)
    desk = workspace.desk
    for name in [name for name in desk.dockable if desk.belongs(name)]:
        was_open = desk.is_open(name)
        desk.toggle(name)
        assert desk.is_open(name) is not was_open
        settle(workspace)
        desk.toggle(name)
        assert desk.is_open(name) is was_open
        settle(workspace)
    rects = list(workspace.layout.panes.values())
    for number, rect in enumerate(rects):
        assert not any(rect.overlaps(other) for other in rects[number + 1 :])


def test_panes_of_the_other_workspace_are_not_offered(workspace):
    assert not workspace.desk.belongs("queue")
    workspace.key("Alt+2")
    assert workspace.desk.belongs("queue")
    assert workspace.desk.belongs("main")


def test_a_closed_tab_leaves_its_neighbours(workspace, settle):
    workspace.desk.open("history")
    settle(workspace)
    bar = workspace.layout.panes["history_bar"]
    workspace.press(bar.right - 12, bar.y + 14, Button.LEFT)
    workspace.release(bar.right - 12, bar.y + 14, Button.LEFT)
    assert not workspace.desk.is_open("history")
    assert "inspector" in workspace.layout.panes


def test_the_usual_layout_comes_back(workspace):
    before = workspace.layout.panes
    workspace.desk.close("tracks")
    workspace.run("layout.reset")
    assert workspace.layout.panes == before


def test_an_own_layout_is_kept_beside_the_usual_one(workspace):
    workspace.desk.close("tracks")
    workspace.desk.save_as("  Wide   points ")
    assert workspace.desk.name == "Wide points"
    workspace.desk.show("Annotate")
    workspace.desk.reset()
    assert "tracks" in workspace.layout.panes
    workspace.desk.show("Wide points")
    assert "tracks" not in workspace.layout.panes
    workspace.desk.remove("Wide points")
    assert workspace.desk.name == "Annotate"


def test_layouts_are_the_same_after_a_restart(workspace):
    workspace.desk.close("tracks")
    workspace.desk.save_as("Mine")
    workspace.desk.drag_gutter("left", 400, 400)
    again = Workspace(workspace.session, workspace.tip.measure)
    assert again.desk.restore(workspace.desk.plain()) == []
    again.desk.show("Mine")
    assert again.layout.panes == workspace.layout.panes


def test_a_broken_layout_is_left_out_and_told(workspace):
    before = workspace.layout.panes
    problems = workspace.desk.restore(
        {
            "layouts": {
                "Annotate": {"tree": {"split": "row"}},
                "Mine": {"base": "night", "tree": {"panes": ["main"]}},
                "Other": 3,
            }
        }
    )
    assert len(problems) == 3
    assert workspace.desk.own == ()
    assert workspace.layout.panes == before


def test_a_fraction_too_large_for_a_number_is_told(workspace):
    tree = {
        "split": "row", "fraction": 10**400,
        "first": {"panes": ["main"]}, "second": {"panes": ["camera"]},
    }  # fmt: skip
    rows = {"Annotate": {"tree": tree}, "Review": {"sizes": {"left": 10**400}}}
    assert len(workspace.desk.restore({"layouts": rows})) == 2
