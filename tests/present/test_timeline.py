"""The timeline, through the workspace: what a hand does to lanes, keys, ends of presence and spans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.present.drawing import Box, Text
from av3d.present.lanes import LaneMode
from av3d.present.marks import Mark, MarkKind
from av3d.present.panes.pane import Button
from av3d.present.theme import LANE
from av3d.present.time_span import TimeSpan
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.keyframes import delete_keyframe, move_keyframe

PERIOD_NS = 100_000_000


def place(workspace, frame, track_id=None, dx=0.0):
    """A frame on the ruler, or on the lane of a track, in pixels of the window."""
    timeline = workspace.timeline
    y = 10.0 if track_id is None else timeline.lane_y(track_id)
    return (
        timeline.rect.x + timeline.x_of(frame * PERIOD_NS) + dx,
        timeline.rect.y + y,
    )


def drag(workspace, start, *through, button=Button.LEFT, release=True):
    workspace.move(*start)
    workspace.press(*start, button)
    for point in through:
        workspace.move(*point)
    if release:
        workspace.release(*(through or (start,))[-1], button)


def words_of(pane):
    return [s.text for d in pane.drawings.values() for s in d.shapes if isinstance(s, Text)]


def tip_at(workspace, x, y):
    rect = workspace.timeline.rect
    zone = workspace.timeline.zone_at(x - rect.x, y - rect.y)
    return zone.tip if zone is not None else ""


def key_frames(workspace, track_id):
    return [t // PERIOD_NS for t in workspace.session.track(track_id).times_ns]


def presence(workspace, track_id):
    spans = workspace.session.track(track_id).presence
    return [(span.start_ns // PERIOD_NS, span.end_ns // PERIOD_NS) for span in spans]


# Frames


def test_a_press_on_the_ruler_goes_to_its_frame_and_a_drag_scrubs(workspace):
    drag(workspace, place(workspace, 4), release=False)
    assert workspace.session.frame == 4
    workspace.move(*place(workspace, 9, dx=2))
    assert workspace.session.frame == 9


def test_esc_while_scrubbing_goes_back_to_where_it_began(workspace):
    drag(workspace, place(workspace, 4), place(workspace, 9), release=False)
    workspace.key("Esc")
    assert workspace.session.frame == 0


def test_a_press_on_an_empty_place_of_a_lane_goes_to_its_frame_and_selects_nothing(workspace):
    drag(workspace, place(workspace, 3, "car-1"))
    assert (workspace.session.frame, workspace.session.selected) == (3, None)


def test_a_click_on_a_key_goes_to_its_frame_and_selects_its_track(workspace):
    drag(workspace, place(workspace, 5, "pedestrian-1"))
    assert (workspace.session.frame, workspace.session.selected) == (5, "pedestrian-1")


def test_the_wheel_zooms_time_at_the_pointer(workspace, settle):
    timeline = workspace.timeline
    x, y = place(workspace, 8, "car-1")
    workspace.wheel(x, y, 4)
    settle(workspace)
    assert timeline.end_ns - timeline.start_ns < 600_000_000
    assert timeline.rect.x + timeline.x_of(8 * PERIOD_NS) == pytest.approx(x, abs=0.01)
    assert timeline.zoomed


def test_zoomed_in_one_may_look_elsewhere_until_the_frame_changes(workspace, settle):
    timeline = workspace.timeline
    workspace.wheel(*place(workspace, 11, "car-1"), 4)
    settle(workspace)
    assert timeline.start_ns > 0
    workspace.key("Right")
    settle(workspace)
    assert timeline.start_ns <= PERIOD_NS <= timeline.end_ns


def test_a_right_drag_moves_time_with_the_pointer(workspace, settle):
    timeline = workspace.timeline
    workspace.wheel(*place(workspace, 0, "car-1"), 4)
    settle(workspace)
    x, y = place(workspace, 3, "car-1")
    drag(workspace, (x, y), (x - 5, y), (x - 60, y), button=Button.RIGHT)
    assert timeline.rect.x + timeline.x_of(3 * PERIOD_NS) == pytest.approx(x - 60, abs=0.1)


def test_a_press_on_the_bar_of_the_whole_log_shows_that_part(workspace, settle):
    timeline = workspace.timeline
    workspace.wheel(*place(workspace, 0, "car-1"), 6)
    settle(workspace)
    rect = timeline.rect
    drag(workspace, (rect.right - 30, rect.bottom - 6))
    assert timeline.end_ns == timeline.bounds_ns[1]
    workspace.run("timeline.whole")
    assert not timeline.zoomed


def test_a_frame_or_a_time_is_typed_into_the_head(workspace, settle):
    workspace.key("Ctrl+J")
    fields = workspace.session.fields
    fields.typed("0.7 s")
    fields.key("Enter")
    assert workspace.session.frame == 7
    workspace.key("Ctrl+J")
    fields.typed("70")
    fields.key("Enter")
    settle(workspace)
    assert workspace.session.frame == 7
    assert "the last one is 11" in workspace.toasts.toasts[0].text


# Lanes


def test_lanes_begin_with_the_selected_track_and_go_by_distance(workspace, settle):
    workspace.session.select("pedestrian-1")
    settle(workspace)
    assert [track.id for track in workspace.timeline.visible] == ["pedestrian-1", "car-1", "car-2"]


def test_lanes_stay_when_a_track_is_selected_on_them(workspace, settle):
    workspace.session.select("car-1")
    settle(workspace)
    before = [track.id for track in workspace.timeline.visible]
    drag(workspace, place(workspace, 0, "pedestrian-1"))
    settle(workspace)
    assert workspace.session.selected == "pedestrian-1"
    assert [track.id for track in workspace.timeline.visible] == before


def test_lanes_by_category_have_headings_that_fold(workspace, settle):
    workspace.run("lanes.category")
    timeline = workspace.timeline
    rows = [(row.category, row.track and row.track.name) for row in timeline.rows]
    assert rows == [
        ("car", None), ("car", "Car 1"), ("car", "Car 2"),
        ("pedestrian", None), ("pedestrian", "Pedestrian 1"),
    ]  # fmt: skip
    drag(workspace, (timeline.rect.x + 40, timeline.rect.y + 22 + LANE / 2))
    assert [row.track and row.track.name for row in timeline.rows] == [None, None, "Pedestrian 1"]


def test_lanes_of_the_frame_and_of_the_selection(workspace):
    workspace.run("lanes.frame")
    workspace.session.go_to(9)
    assert [track.id for track in workspace.timeline.visible] == ["car-1", "car-2"]
    workspace.session.select_many(["car-2", "pedestrian-1"])
    workspace.run("lanes.selected")
    assert [track.id for track in workspace.timeline.visible] == ["car-2", "pedestrian-1"]


def test_nothing_selected_says_what_to_do(workspace, settle):
    workspace.run("lanes.selected")
    settle(workspace)
    assert "Select a track to see its lane." in words_of(workspace.timeline)


def test_the_eye_of_a_lane_hides_its_track_in_the_views(workspace, settle):
    timeline = workspace.timeline
    y = timeline.rect.y + timeline.lane_y("car-2")
    drag(workspace, (timeline.rect.x + timeline.labels - 12, y))
    settle(workspace)
    assert workspace.session.hidden == {"car-2"}
    assert "car-2" not in dict(workspace.main.outlines)
    assert timeline.lane_y("car-2") is not None


def test_a_lane_with_a_thousand_keys_is_a_bar_and_not_a_thousand_shapes(workspace, settle, tracks):
    [track, *_] = tracks
    first = track.keyframes[0]
    keys = tuple(
        replace(first, timestamp_ns=n * 1_000_000, provenance=Provenance.IMPORTED)
        for n in range(1000)
    )
    workspace.session.set_tracks([track.with_keyframes(keys)])
    settle(workspace)
    drawing = workspace.timeline.drawings["lane 0"]
    assert len(drawing.shapes) < 40
    # Each of them can still be taken hold of.
    x = workspace.timeline.x_of(501_000_000)
    hit = workspace.timeline.hit(x, workspace.timeline.lane_y(track.id))
    assert (hit.kind, hit.timestamp_ns) == ("key", 501_000_000)


# Certainty, suggestions and remarks


def test_uncertain_frames_stand_higher_at_the_foot_of_the_lane_and_a_tip_says_how_much(
    workspace, settle
):
    settle(workspace)
    x, y = place(workspace, 6, "car-1")
    tip = tip_at(workspace, x, y + 12)
    assert tip.startswith("Frame 6: expected overlap with the truth ")
    assert "uncertainty" in tip


def test_n_goes_to_the_suggested_keyframe_which_the_head_names(workspace, settle):
    session = workspace.session
    session.select("car-1")
    settle(workspace)
    wanted = session.certainties.suggestion(session.selected_track).time_ns // PERIOD_NS
    assert f"Suggested key: {wanted}" in words_of(workspace.timeline_head)
    workspace.key("N")
    assert session.frame == wanted
    assert 0 < wanted < 11


def test_a_track_with_one_keyframe_has_no_suggestion_and_says_why(editing, settle):
    session = editing.session
    session.select("pedestrian-1")
    session.go_to(5)
    editing.run("key.suggested")
    assert session.frame != 5
    session.edits.do("One key", lambda document: delete_keyframe(document, "pedestrian-1", 0))
    editing.key("N")
    assert "One keyframe says nothing" in session.messages[-1].text


def test_the_least_certain_frame_of_all_tracks_is_selected_and_told(workspace, settle):
    workspace.key("Ctrl+N")
    for _ in range(200):
        settle(workspace)
        if workspace.session.selected:
            break
    judged = {
        track.id: workspace.session.certainties.of(track).least[1]
        for track in workspace.session.tracks
    }
    assert workspace.session.selected == min(judged, key=judged.get)
    assert "Expected overlap" in workspace.toasts.toasts[-1].text


def test_remarks_show_beside_the_keys_with_their_words(workspace, settle):
    mark = Mark(5 * PERIOD_NS, MarkKind.FINDING, "Speed jumps by 4 m/s")
    workspace.session.marks = {"car-1": (mark,)}
    settle(workspace)
    x, y = place(workspace, 5, "car-1", dx=13)
    assert tip_at(workspace, x, y) == "Speed jumps by 4 m/s"


# Keys and ends of presence are dragged


def test_a_key_is_dragged_to_another_frame_as_one_step_of_undo(editing):
    start = place(editing, 5, "pedestrian-1")
    drag(editing, start, place(editing, 6, "pedestrian-1"), place(editing, 8, "pedestrian-1"))
    assert key_frames(editing, "pedestrian-1") == [0, 8]
    assert editing.session.frame == 8
    editing.key("Ctrl+Z")
    assert key_frames(editing, "pedestrian-1") == [0, 5]
    assert editing.session.labels.undoable is None


def test_a_key_is_not_dragged_onto_another(editing):
    drag(
        editing, place(editing, 0, "car-1"), place(editing, 9, "car-1"), place(editing, 11, "car-1")
    )
    assert key_frames(editing, "car-1") == [9, 11]


def test_esc_while_a_key_is_dragged_leaves_everything_as_it_was(editing):
    drag(
        editing, place(editing, 5, "pedestrian-1"), place(editing, 8, "pedestrian-1"), release=False
    )
    assert key_frames(editing, "pedestrian-1") == [0, 8]
    editing.key("Esc")
    assert key_frames(editing, "pedestrian-1") == [0, 5]
    assert editing.session.frame == 5


def test_a_click_on_a_key_that_trembles_changes_nothing(editing):
    start = place(editing, 5, "pedestrian-1")
    drag(editing, start, (start[0] + 3, start[1]))
    assert editing.session.labels.undoable is None


def test_the_end_of_presence_is_dragged_while_keys_stay(editing):
    end = place(editing, 5, "pedestrian-1", dx=8)
    drag(editing, end, place(editing, 7, "pedestrian-1"), place(editing, 9, "pedestrian-1"))
    assert presence(editing, "pedestrian-1") == [(0, 9)]
    assert key_frames(editing, "pedestrian-1") == [0, 5]
    editing.key("Ctrl+Z")
    assert presence(editing, "pedestrian-1") == [(0, 5)]


def test_an_end_that_reaches_the_next_span_closes_the_gap(editing):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(4 * PERIOD_NS, 6 * PERIOD_NS)
    editing.run("span.absent")
    assert presence(editing, "car-1") == [(0, 3), (7, 11)]
    drag(editing, place(editing, 3, "car-1", dx=8), place(editing, 6, "car-1"))
    assert presence(editing, "car-1") == [(0, 11)]


def test_a_press_on_an_end_changes_nothing(editing):
    drag(editing, place(editing, 5, "pedestrian-1", dx=8))
    assert editing.session.labels.undoable is None


def test_a_press_on_an_end_does_not_make_what_a_dialog_asks_about(editing, settle):
    session = editing.session
    session.select("car-1")
    editing.run("track.duplicate")
    settle(editing)
    assert session.edits.previewing
    drag(editing, place(editing, 5, "pedestrian-1", dx=8))
    assert session.labels.undoable is None
    assert len(session.labels.tracks) == 3


# Spans


def test_shift_and_drag_choose_a_span_over_the_tracks_of_the_lanes(workspace, settle):
    session = workspace.session
    session.modifiers = frozenset({"Shift"})
    drag(workspace, place(workspace, 2, "car-1"), place(workspace, 6, "car-2"))
    assert session.span == TimeSpan(2 * PERIOD_NS, 6 * PERIOD_NS)
    assert {"car-1", "car-2"} <= set(session.selection)
    settle(workspace)
    assert "5 frames, 0.400 s" in words_of(workspace.timeline)


def test_esc_drops_the_span_before_the_selection(workspace):
    session = workspace.session
    session.select("car-1")
    session.span = TimeSpan(0, PERIOD_NS)
    workspace.key("Esc")
    assert (session.span, session.selected) == (None, "car-1")


def test_ends_of_the_span_are_dragged_on_the_ruler(workspace):
    workspace.session.span = TimeSpan(2 * PERIOD_NS, 6 * PERIOD_NS)
    drag(workspace, place(workspace, 6), place(workspace, 9))
    assert workspace.session.span == TimeSpan(2 * PERIOD_NS, 9 * PERIOD_NS)


def test_a_span_from_and_to_the_frame_that_shows(workspace):
    session = workspace.session
    session.go_to(3)
    workspace.key("Shift+Home")
    session.go_to(7)
    workspace.key("Shift+End")
    assert session.span == TimeSpan(3 * PERIOD_NS, 7 * PERIOD_NS)


def test_playing_in_a_loop_stays_in_the_span(workspace, clock):
    session = workspace.session
    session.span = TimeSpan(3 * PERIOD_NS, 5 * PERIOD_NS)
    workspace.run("play.loop")
    workspace.key("Space")
    seen = []
    for _ in range(9):
        seen.append(session.frame)
        clock.now_s += 0.1
        session.tick()
    assert seen == [3, 4, 5, 3, 4, 5, 3, 4, 5]


@pytest.mark.parametrize(
    ("command", "frames"),
    [("span.convert", [0, 4, 5, 6, 11]), ("span.flip", [0, 3, 4, 6, 7, 11])],
)
def test_edits_on_a_span_are_one_step_of_undo(editing, command, frames):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(4 * PERIOD_NS, 6 * PERIOD_NS)
    before = session.selected_track
    editing.run(command)
    assert key_frames(editing, "car-1") == frames
    editing.key("Ctrl+Z")
    assert session.selected_track == before


def test_keyframes_of_a_span_are_deleted_simplified_and_confirmed(editing):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(4 * PERIOD_NS, 11 * PERIOD_NS)
    editing.run("span.confirm")
    assert session.selected_track.keyframes[-1].provenance is Provenance.MANUAL
    editing.run("span.convert")
    editing.run("span.delete")
    assert key_frames(editing, "car-1") == [0]


def test_a_track_keeps_its_last_keyframe_and_says_so(editing, settle):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(0, 11 * PERIOD_NS)
    editing.run("span.delete")
    settle(editing)
    assert key_frames(editing, "car-1") == [0, 11]
    assert "delete the track instead" in editing.toasts.toasts[0].text


def test_there_in_the_span_joins_what_it_touches(editing):
    session = editing.session
    session.select("pedestrian-1")
    session.span = TimeSpan(6 * PERIOD_NS, 8 * PERIOD_NS)
    editing.run("span.present")
    assert presence(editing, "pedestrian-1") == [(0, 8)]


def test_an_edit_that_changes_nothing_says_so(editing, settle):
    session = editing.session
    session.select("car-1")
    session.span = TimeSpan(2 * PERIOD_NS, 4 * PERIOD_NS)
    editing.run("span.confirm")
    settle(editing)
    assert "Confirm: nothing to do" in editing.toasts.toasts[0].title


def test_a_right_click_offers_what_fits_the_place(workspace, settle):
    choices = workspace.session.choices
    drag(workspace, place(workspace, 5, "pedestrian-1"), button=Button.RIGHT)
    assert "Delete keyframe" in [item.title for item in choices.items]
    choices.close()
    workspace.session.span = TimeSpan(2 * PERIOD_NS, 6 * PERIOD_NS)
    drag(workspace, place(workspace, 4, "car-1"), button=Button.RIGHT)
    titles = {item.title: item.enabled for item in choices.items}
    assert titles["Delete keyframes in the span"]


# Drawing


def test_only_the_lane_of_an_edited_track_is_drawn_again(editing, settle):
    settle(editing)
    session = editing.session
    session.edits.preview(
        lambda document: move_keyframe(document, "pedestrian-1", 5 * PERIOD_NS, 7 * PERIOD_NS)
    )
    changed = [name for name in editing.timeline.refresh() if name.startswith("lane ")]
    rows = [row.track.id for row in editing.timeline.rows]
    assert changed == [f"lane {rows.index('pedestrian-1')}"]


def test_a_new_frame_draws_the_playhead_and_no_lane(workspace, settle):
    workspace.session.select("car-1")
    settle(workspace)
    workspace.session.go_to(3)
    assert set(workspace.timeline.refresh()) <= {"playhead", "overview"}


@pytest.mark.parametrize("mode", list(LaneMode))
def test_lanes_do_not_overlap_in_any_mode(workspace, settle, mode):
    workspace.timeline.lanes.mode = mode
    workspace.session.select("car-1")
    settle(workspace)
    for name, drawing in workspace.timeline.drawings.items():
        if name.startswith("lane ") and drawing.shapes:
            top = 22 + int(name.split()[1]) * LANE
            boxes = [shape.rect for shape in drawing.shapes if isinstance(shape, Box)]
            assert all(top <= box.y and box.bottom <= top + LANE for box in boxes)
