"""Values, attributes, presence and the history of what is selected: read, typed, dragged, stepped."""

from __future__ import annotations

import pytest

from av3d.present.drawing import Text
from av3d.present.panes.pane import Button
from av3d.store.project import open_project
from av3d.tracks.interpolation import Model


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def place(pane, name):
    """Where a control is, in pixels of the pane."""
    zones = [zone for drawing in pane.drawings.values() for zone in drawing.zones]
    return next(zone.rect.centre for zone in zones if zone.argument == name)


def click(workspace, pane, name, button=Button.LEFT):
    x, y = place(pane, name)
    at = (pane.rect.x + x, pane.rect.y + y)
    workspace.move(*at)
    workspace.press(*at, button)
    workspace.release(*at, button)


def drag(workspace, pane, name, dx):
    x, y = place(pane, name)
    at = (pane.rect.x + x, pane.rect.y + y)
    workspace.move(*at)
    workspace.press(*at, Button.LEFT)
    for step in range(1, 11):
        workspace.move(at[0] + dx * step / 10, at[1])
    return at[0] + dx, at[1]


def type_into(workspace, text, *, then="Enter"):
    workspace.session.fields.typed(text)
    workspace.key(then)


@pytest.fixture
def inspecting(editing, settle):
    """Car 1 is selected in labels that can be edited."""
    editing.session.select("car-1")
    settle(editing)
    return editing


def entries(project):
    with open_project(project) as opened:
        return [entry.command for entry in opened.journal()]


def test_a_typed_length_is_kept_as_one_step_of_undo(inspecting, project, settle):
    session = inspecting.session
    click(inspecting, inspecting.inspector, "value.length")
    assert session.fields.active.text == "4.40"
    type_into(inspecting, "4.4+0.3")
    assert session.selected_box().cuboid.length_m == pytest.approx(4.7)
    assert entries(project)[-1] == "Resize Car 1"
    inspecting.key("Ctrl+Z")
    assert session.selected_box().cuboid.length_m == pytest.approx(4.4)


def test_esc_and_an_untouched_text_change_nothing(inspecting, project):
    before = entries(project)
    click(inspecting, inspecting.inspector, "value.length")
    type_into(inspecting, "9", then="Esc")
    click(inspecting, inspecting.inspector, "value.x")
    inspecting.key("Enter")
    assert entries(project) == before


def test_tab_keeps_and_goes_on_to_the_next_field(inspecting):
    click(inspecting, inspecting.inspector, "value.length")
    type_into(inspecting, "5", then="Tab")
    assert inspecting.session.fields.active.name == "value.width"
    assert inspecting.session.selected_box().cuboid.length_m == pytest.approx(5.0)
    inspecting.key("Shift+Tab")
    assert inspecting.session.fields.active.name == "value.length"


def test_what_is_no_value_is_refused_and_says_what_is_allowed(inspecting, settle):
    inspector = inspecting.inspector
    click(inspecting, inspector, "value.height")
    type_into(inspecting, "tall")
    settle(inspecting)
    assert inspecting.session.fields.active.text == "tall"
    assert "height: type 0.01 to 100 m" in words_of(inspector)
    inspecting.key("Esc")
    settle(inspecting)
    assert "height: type 0.01 to 100 m" not in words_of(inspector)
    assert inspecting.session.selected_box().cuboid.height_m == pytest.approx(1.6)


def test_dragging_a_field_previews_and_is_one_step(inspecting, project):
    session = inspecting.session
    before = entries(project)
    end = drag(inspecting, inspecting.inspector, "value.y", 60)
    assert session.edits.previewing
    assert session.selected_box().cuboid.center_m[1] == pytest.approx(0.5)
    assert entries(project) == before
    inspecting.release(*end, Button.LEFT)
    assert entries(project) == [*before, "Move Car 1"]
    assert session.selected_box().cuboid.center_m[1] == pytest.approx(0.5)


def test_esc_while_dragging_a_field_returns_to_the_value_before(inspecting, project):
    before = entries(project)
    end = drag(inspecting, inspecting.inspector, "value.yaw", 60)
    inspecting.key("Esc")
    inspecting.release(*end, Button.LEFT)
    assert not inspecting.session.edits.previewing
    assert entries(project) == before


def test_the_wheel_over_a_field_steps_and_a_row_of_notches_is_one_step_of_undo(
    inspecting, project, clock, settle
):
    before = entries(project)
    pane = inspecting.inspector
    x, y = place(pane, "value.width")
    inspecting.move(pane.rect.x + x, pane.rect.y + y)
    for _ in range(3):
        inspecting.wheel(pane.rect.x + x, pane.rect.y + y, 1)
    clock.now_s += 1
    settle(inspecting)
    assert inspecting.session.selected_box().cuboid.width_m == pytest.approx(1.9 + 3 * 0.05)
    assert entries(project) == [*before, "Resize Car 1"]


def test_a_value_of_the_world_frame_is_set_in_the_world_frame(inspecting, settle):
    session = inspecting.session
    session.go_to(6)
    inspecting.run("inspector.world")
    settle(inspecting)
    assert "13.00" in words_of(inspecting.inspector)
    click(inspecting, inspecting.inspector, "value.x")
    type_into(inspecting, "14")
    box = session.selected_box()
    assert box.state.cuboid.center_m[0] == pytest.approx(14.0)
    assert box.cuboid.center_m[0] == pytest.approx(11.0)


def test_an_attribute_is_set_from_this_frame_on_and_taken_away_again(inspecting, settle):
    session = inspecting.session
    session.go_to(6)
    settle(inspecting)
    click(inspecting, inspecting.inspector, "attribute.motion=stopped")
    assert session.selected_track.attributes_at(600_000_000)["motion"] == "stopped"
    assert "motion" not in session.selected_track.attributes_at(500_000_000)
    settle(inspecting)
    click(inspecting, inspecting.inspector, "attribute.motion=stopped")
    assert "motion" not in session.selected_track.attributes_at(600_000_000)


def test_an_attribute_of_the_whole_track_holds_everywhere(inspecting, settle):
    session = inspecting.session
    inspecting.inspector.attributes.set_scope("whole")
    session.go_to(6)
    settle(inspecting)
    click(inspecting, inspecting.inspector, "attribute.motion=parked")
    track = session.selected_track
    assert [track.attributes_at(time_ns)["motion"] for time_ns in (0, 600_000_000)] == [
        "parked"
    ] * 2


def test_the_category_is_chosen_from_the_ontology(inspecting, settle):
    click(inspecting, inspecting.inspector, "category")
    settle(inspecting)
    assert "Truck" in words_of(inspecting.choices)
    inspecting.key("2")
    assert inspecting.session.selected_track.name == "Truck 1"
    assert not inspecting.session.choices.items


def test_esc_closes_a_list_of_choices_and_keeps_the_selection(inspecting, settle):
    click(inspecting, inspecting.inspector, "category")
    settle(inspecting)
    inspecting.key("Esc")
    assert not inspecting.session.choices.items
    assert inspecting.session.selected == "car-1"


def test_the_motion_model_is_chosen(inspecting, settle):
    click(inspecting, inspecting.inspector, "tab.track")
    settle(inspecting)
    click(inspecting, inspecting.inspector, "model")
    settle(inspecting)
    inspecting.key("Down")
    inspecting.key("Enter")
    assert inspecting.session.selected_track.interpolation.model is Model.STATIC


def test_presence_begins_and_ends_here(inspecting, settle):
    session = inspecting.session
    click(inspecting, inspecting.inspector, "tab.track")
    session.go_to(3)
    settle(inspecting)
    click(inspecting, inspecting.inspector, "presence.0")
    session.go_to(8)
    settle(inspecting)
    click(inspecting, inspecting.inspector, "presence.1")
    [span] = session.selected_track.presence
    assert (span.start_ns, span.end_ns) == (300_000_000, 800_000_000)


def test_a_note_may_have_several_lines(inspecting):
    inspecting.run("track.note")
    assert inspecting.session.fields.active.lines > 1
    type_into(inspecting, "dented\nleft door", then="Ctrl+Enter")
    assert inspecting.session.selected_track.note == "dented\nleft door"


def test_a_number_that_is_taken_is_refused_with_a_message(inspecting, settle):
    click(inspecting, inspecting.inspector, "tab.track")
    settle(inspecting)
    click(inspecting, inspecting.inspector, "number")
    type_into(inspecting, "2")
    assert inspecting.session.selected_track.number == 1
    settle(inspecting)
    assert any("not done" in toast.title for toast in inspecting.toasts.toasts)


def test_several_tracks_show_what_they_have_in_common_and_are_edited_together(
    inspecting, project, settle
):
    session = inspecting.session
    session.select_many(["car-1", "car-2"])
    settle(inspecting)
    shown = words_of(inspecting.inspector)
    assert "2 tracks selected" in shown
    assert "4.40" in shown
    assert "mixed" in shown
    before = len(entries(project))
    click(inspecting, inspecting.inspector, "value.length")
    type_into(inspecting, "4.6")
    assert [session.track(i).keyframes[0].cuboid.length_m for i in ("car-1", "car-2")] == [4.6, 4.6]
    assert len(entries(project)) == before + 1


def test_labels_that_cannot_be_edited_open_no_field(workspace, settle):
    workspace.session.select("car-1")
    settle(workspace)
    click(workspace, workspace.inspector, "value.x")
    assert workspace.session.fields.active is None


def test_the_column_scrolls_where_it_does_not_fit_and_the_wheel_then_changes_no_value(
    inspecting, project, settle
):
    inspecting.resize(1366, 640)
    settle(inspecting)
    pane = inspecting.inspector
    for title in ("section.Attributes", "section.Provenance", "section.Certainty"):
        pane.scroll_to(pane.furthest)
        settle(inspecting)
        click(inspecting, pane, title)
        settle(inspecting)
    assert pane.furthest > 0
    before = entries(project)
    pane.scroll_to(0)
    settle(inspecting)
    x, y = place(pane, "shared")
    for _ in range(4):
        inspecting.wheel(pane.rect.x + x, pane.rect.y + y, -1)
        settle(inspecting)
    assert pane.furthest > 0
    assert place(pane, "shared")[1] < y
    assert entries(project) == before


def test_the_history_of_a_track_tells_its_own_edits(inspecting, settle):
    inspecting.run("track.note")
    type_into(inspecting, "red", then="Ctrl+Enter")
    inspecting.run("inspector.history")
    settle(inspecting)
    settle(inspecting)
    assert "Note: Car 1" in words_of(inspecting.inspector)
    inspecting.session.select("car-2")
    settle(inspecting)
    settle(inspecting)
    assert "Note: Car 1" not in words_of(inspecting.inspector)
