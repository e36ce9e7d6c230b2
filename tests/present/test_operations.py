"""Dialogs of operations on tracks: what they say, preview, do and take back."""

from __future__ import annotations

import pytest

from av3d.present.operations import copies
from av3d.present.panes.pane import Button
from av3d.present.time_span import TimeSpan
from av3d.tracks.operations.presence import begin_here, end_here

PERIOD_NS = 100_000_000


@pytest.fixture(autouse=True)
def empty_clipboard():
    yield
    copies.CLIPBOARD.track = None


def place_of(workspace, argument):
    """Middle of a control of the dialog, in pixels of the window."""
    dialog = workspace.dialog
    zones = [zone for drawing in dialog.drawings.values() for zone in drawing.zones]
    [rect] = [zone.rect for zone in zones if zone.argument == argument]
    x, y = rect.centre
    return dialog.rect.x + x, dialog.rect.y + y


def click(workspace, argument, settle):
    place = place_of(workspace, argument)
    workspace.press(*place, Button.LEFT)
    workspace.release(*place, Button.LEFT)
    settle(workspace)


@pytest.fixture
def merging(editing, settle):
    """Car 1 ends at frame 4, Car 2 begins at frame 7; both are selected, and merging is asked about."""
    edits = editing.session.edits
    edits.do("End", lambda d: end_here(d, "car-1", 4 * PERIOD_NS))
    edits.do("Begin", lambda d: begin_here(d, "car-2", 7 * PERIOD_NS))
    editing.session.select_many(["car-1", "car-2"])
    editing.key("J")
    settle(editing)
    return editing


def test_a_dialog_shows_its_edit_while_it_is_open_and_changes_nothing(merging):
    session = merging.session
    assert merging.dialog.visible
    assert {track.id for track in session.tracks} == {"car-1", "pedestrian-1"}
    assert set(session.labels.document.tracks) == {"car-1", "car-2", "pedestrian-1"}
    assert session.labels.edits == 2


def test_the_lines_say_what_would_happen(merging):
    assert merging.dialog.lines[0] == "Car 2 becomes part of Car 1."
    assert merging.dialog.lines[1] == "The object is away in the gap of 0.30 s."


def test_enter_does_it_as_one_step_of_undo(merging, settle):
    session = merging.session
    merging.key("Enter")
    settle(merging)
    assert set(session.labels.document.tracks) == {"car-1", "pedestrian-1"}
    assert session.selection == ("car-1",)
    session.undo()
    assert set(session.labels.document.tracks) == {"car-1", "car-2", "pedestrian-1"}


def test_escape_leaves_everything_as_it_was_the_selection_too(merging, settle):
    session = merging.session
    merging.key("Esc")
    settle(merging)
    assert not merging.dialog.visible
    assert {track.id for track in session.tracks} == {"car-1", "car-2", "pedestrian-1"}
    assert session.selection == ("car-1", "car-2")
    assert not session.edits.previewing


def test_resting_on_an_option_shows_it_and_leaving_shows_what_is_chosen(merging, settle):
    session = merging.session
    merging.move(*place_of(merging, "pick.kept=car-2"))
    assert {track.id for track in session.tracks} == {"car-2", "pedestrian-1"}
    merging.move(5, 500)
    assert {track.id for track in session.tracks} == {"car-1", "pedestrian-1"}


def test_a_click_on_an_option_chooses_it(merging, settle):
    click(merging, "pick.kept=car-2", settle)
    click(merging, "switch.bridge", settle)
    assert merging.dialog.lines[1] == "The object counts as there in the gap of 0.30 s."
    click(merging, "do", settle)
    [track] = [t for t in merging.session.labels.tracks if t.category == "car"]
    assert track.id == "car-2"
    assert len(track.presence) == 1


def test_one_can_go_to_other_frames_while_a_dialog_is_open(merging):
    merging.session.go_to(3)
    merging.key("Right")
    assert merging.session.frame == 4
    assert merging.dialog.visible


def test_an_undo_meanwhile_makes_the_plan_anew(merging, settle):
    merging.session.undo()
    settle(merging)
    assert merging.dialog.visible
    assert any("overlap" in line for line in merging.dialog.lines)


def test_what_is_impossible_is_said_and_cannot_be_done(editing, settle):
    editing.session.select("car-1")
    editing.run("track.number")
    editing.dialog.set("number", 2.0)
    settle(editing)
    assert not editing.dialog.possible
    assert "Car 2" in editing.dialog.lines[0]
    editing.key("Enter")
    assert editing.session.labels.document.track("car-1").number == 1


def test_an_amount_is_typed_dragged_and_stepped(editing, settle):
    editing.session.select("car-1")
    editing.run("track.duplicate")
    settle(editing)
    click(editing, "dialog.forward", settle)
    editing.session.fields.typed("3+0.5")
    editing.key("Enter")
    assert editing.dialog.dialog.values["forward"] == 3.5
    settle(editing)
    x, y = place_of(editing, "dialog.forward")
    editing.press(x, y, Button.LEFT)
    editing.move(x + 20, y)
    editing.release(x + 20, y, Button.LEFT)
    assert editing.dialog.dialog.values["forward"] == pytest.approx(4.0)
    settle(editing)
    editing.wheel(x, y, -1)
    assert editing.dialog.dialog.values["forward"] == pytest.approx(3.9)


def test_a_duplicate_lies_beside_and_is_selected(editing, settle):
    session = editing.session
    session.select("car-1")
    editing.run("track.duplicate")
    editing.key("Enter")
    [new] = [t for t in session.labels.tracks if t.number == 3]
    assert session.selection == (new.id,)
    first = session.labels.document.track("car-1").keyframes[0].cuboid.center_m
    assert new.keyframes[0].cuboid.center_m - first == pytest.approx([0, 2.4, 0])


def test_a_split_makes_what_follows_a_track_of_its_own_and_selects_it(editing):
    session = editing.session
    session.select("car-1")
    session.go_to(5)
    editing.key("X")
    assert session.selected_track.name == "Car 3"
    assert session.selected_track.start_ns == 5 * PERIOD_NS
    assert session.labels.document.track("car-1").end_ns == 4 * PERIOD_NS


def test_find_again_ranks_the_tracks_that_begin_later(editing, settle):
    session = editing.session
    session.edits.do("End", lambda d: end_here(d, "car-1", 4 * PERIOD_NS))
    session.edits.do("Begin", lambda d: begin_here(d, "car-2", 7 * PERIOD_NS))
    session.select("car-1")
    editing.key("Shift+J")
    settle(editing)
    assert editing.dialog.dialog.values["found"] == "car-2"
    editing.key("Enter")
    assert [span.end_ns for span in session.labels.document.track("car-1").presence] == [
        4 * PERIOD_NS, 11 * PERIOD_NS,
    ]  # fmt: skip


def test_find_again_says_where_there_is_nothing_to_find(editing, settle):
    editing.session.select("car-1")
    editing.run("track.find_again")
    settle(editing)
    assert not editing.dialog.visible
    assert editing.toasts.toasts[-1].title == "No track could be Car 1"


def test_a_number_key_chooses_a_category_in_the_dialog(editing, settle):
    session = editing.session
    session.select("car-1")
    editing.key("Shift+C")
    options = editing.dialog.dialog.inputs(editing.dialog.dialog.values)[0].options
    editing.key(options[1].hotkey)
    editing.key("Enter")
    assert session.labels.document.track("car-1").category == options[1].key


def test_a_batch_edit_moves_all_frames_of_the_span_and_no_others(editing):
    session = editing.session
    before = [session.box_of("car-1", frame).cuboid.center_m for frame in range(12)]
    session.select("car-1")
    session.span = TimeSpan(4 * PERIOD_NS, 6 * PERIOD_NS)
    editing.run("span.change")
    editing.dialog.set("left", 0.5)
    assert editing.dialog.lines[0].startswith("Car 1 changed in frames 4 to 6")
    editing.key("Enter")
    moved = [
        float((session.box_of("car-1", frame).cuboid.center_m - before[frame])[1])
        for frame in range(12)
    ]
    assert moved == pytest.approx(
        [0.5 if 4 <= frame <= 6 else 0.0 for frame in range(12)], abs=0.03
    )


def test_simplify_says_how_many_keyframes_stay(editing):
    session = editing.session
    session.select("car-1")
    editing.run("span.track")
    editing.run("span.convert")
    editing.run("track.simplify")
    assert editing.dialog.lines == ("Nothing would change.",)
    editing.dialog.set("manual", True)
    assert editing.dialog.lines[0] == "2 of 12 keyframes stay, 10 go."


def test_deleting_little_work_is_done_at_once_and_much_is_asked_about(editing):
    session = editing.session
    session.select("car-1")
    editing.run("span.track")
    editing.run("span.convert")
    editing.key("Shift+Del")
    assert editing.dialog.visible
    assert editing.dialog.modal
    assert editing.dialog.lines[0] == "11 keyframes by hand would go. Undo brings them back."
    editing.key("Esc")
    assert "car-1" in session.labels.document.tracks
    session.select("car-2")
    editing.key("Shift+Del")
    assert "car-2" not in session.labels.document.tracks


def test_a_copied_track_is_pasted_as_the_vehicle_saw_it(editing):
    session = editing.session
    session.select("pedestrian-1")
    session.go_to(0)
    editing.run("track.copy")
    session.go_to(4)
    editing.run("track.paste")
    editing.dialog.set("place", "ego")
    editing.key("Enter")
    new = session.selected_track
    assert new.name == "Pedestrian 2"
    assert new.start_ns == 4 * PERIOD_NS
    # The vehicle has driven 2 m meanwhile.
    assert new.keyframes[0].cuboid.center_m == pytest.approx([14, 6, 0.9])


def test_presence_ends_here_and_says_where_it_is_so_already(editing, settle):
    session = editing.session
    session.select("car-1")
    session.go_to(4)
    editing.run("presence.until")
    assert session.labels.document.track("car-1").end_ns == 4 * PERIOD_NS
    editing.run("presence.until")
    settle(editing)
    assert editing.toasts.toasts[-1].title == "There until here: nothing to do"


def test_an_event_is_added_to_the_span_with_the_selected_tracks(editing):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(2 * PERIOD_NS, 4 * PERIOD_NS)
    editing.run("event.add")
    editing.dialog.set("label", "other")
    assert not editing.dialog.possible
    editing.dialog.set("other", "Near miss")
    editing.key("Enter")
    [event] = session.labels.document.events.values()
    assert (event.label, event.start_ns, event.track_ids) == (
        "near_miss", 2 * PERIOD_NS, ("car-1",),
    )  # fmt: skip


def test_the_selection_is_inverted_within_the_frame(editing):
    session = editing.session
    session.select("car-1")
    session.go_to(9)
    editing.run("tracks.invert")
    assert session.selection == ("car-2",)


def test_the_card_stays_within_a_small_window(editing, settle):
    editing.resize(1366, 768)
    editing.session.select("car-1")
    editing.run("span.change")
    settle(editing)
    rect, main = editing.dialog.rect, editing.layout.panes["main"]
    assert rect.x >= 0
    assert rect.bottom <= main.bottom
    assert rect.y >= main.y
