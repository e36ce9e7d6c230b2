"""Gestures in the window, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.present import trails
from av3d.present.drawing import Text
from av3d.present.labels import Labels
from av3d.present.panes.pane import Button


def centre_of(workspace, track_id):
    """Where a cuboid is in the main view, in pixels of the window."""
    outline = dict(workspace.main.outlines)[track_id]
    x, y = np.asarray(outline).mean(axis=0)
    return workspace.main.rect.x + x, workspace.main.rect.y + y


def click(workspace, x, y, button=Button.LEFT):
    workspace.move(x, y)
    workspace.press(x, y, button)
    workspace.release(x, y, button)


def drag(workspace, start, end, button=Button.RIGHT):
    workspace.move(*start)
    workspace.press(*start, button)
    workspace.move(*end)
    workspace.release(*end, button)


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def test_a_click_on_a_cuboid_from_above_selects_its_track_in_all_views(workspace, settle):
    click(workspace, *centre_of(workspace, "car-1"))
    settle(workspace)
    assert workspace.session.selected == "car-1"
    assert workspace.state()["views_of_selected"] == ["main", "camera"]
    assert "Car 1" in words_of(workspace.inspector)


def test_a_click_on_empty_ground_clears_the_selection(workspace):
    workspace.session.select("car-1")
    click(workspace, workspace.main.rect.x + 20, workspace.main.rect.y + 20)
    assert workspace.session.selected is None


def test_a_click_in_the_large_camera_selects(workspace):
    box = next(b for b in workspace.camera.picture.boxes if b.track.id == "car-1")
    view = workspace.camera.view
    u, v = box.hull_px.mean(axis=0)
    rect = workspace.camera.rect
    click(workspace, rect.x + u * view.scale + view.offset_px[0],
          rect.y + v * view.scale + view.offset_px[1])  # fmt: skip
    assert workspace.session.selected == "car-1"


def test_a_click_on_a_cuboid_in_the_strip_selects_and_beside_it_makes_the_camera_large(
    workspace, settle
):
    camera, rect = workspace.strip.tiles()[0]
    box = workspace.strip._pictures[0].boxes[0]
    view = workspace.strip.view(camera, rect)
    u, v = box.hull_px.mean(axis=0)
    x = workspace.strip.rect.x + rect.x + u * view.scale + view.offset_px[0]
    y = workspace.strip.rect.y + rect.y + v * view.scale + view.offset_px[1]
    click(workspace, x, y)
    assert workspace.session.selected == box.track.id == "car-2"
    assert workspace.session.camera == "front_camera"
    click(
        workspace, workspace.strip.rect.x + rect.x + 20, workspace.strip.rect.y + rect.bottom - 20
    )
    assert workspace.session.camera == "back_camera"


def test_a_click_in_the_list_selects(workspace):
    rows = [z for z in workspace.tracks.drawings["rows"].zones if z.command == "track.select"]
    rect = workspace.tracks.rect
    x, y = rows[1].rect.centre
    click(workspace, rect.x + x, rect.y + y)
    assert workspace.session.selected == "car-2"


def test_a_right_drag_moves_the_view_with_the_pointer(workspace, settle):
    start = centre_of(workspace, "car-1")
    drag(workspace, start, (start[0] + 60, start[1] - 25))
    settle(workspace)
    assert centre_of(workspace, "car-1") == pytest.approx((start[0] + 60, start[1] - 25), abs=0.01)
    assert workspace.session.selected is None


def test_the_wheel_zooms_at_the_pointer(workspace, settle):
    place = centre_of(workspace, "car-1")
    scale = workspace.main.bev.metres_per_pixel
    workspace.wheel(*place, 3)
    settle(workspace)
    assert centre_of(workspace, "car-1") == pytest.approx(place, abs=0.01)
    assert workspace.main.bev.metres_per_pixel < scale


def test_follow_keeps_the_selected_track_in_the_middle(workspace, settle):
    workspace.session.select("pedestrian-1")
    workspace.key("L")
    for frame in (0, 4):
        workspace.session.go_to(frame)
        settle(workspace)
        assert centre_of(workspace, "pedestrian-1") == pytest.approx(
            (workspace.main.rect.centre[0], workspace.main.rect.centre[1]), abs=1
        )


def test_panning_by_hand_ends_following(workspace):
    workspace.session.select("car-1")
    workspace.key("L")
    drag(workspace, (500, 300), (540, 300))
    assert not workspace.session.follow


def test_a_left_drag_turns_the_3d_view(workspace, settle):
    workspace.key("Ctrl+2")
    before = workspace.main.orbit.azimuth_rad
    drag(workspace, (500, 300), (600, 300), Button.LEFT)
    assert workspace.main.orbit.azimuth_rad != before
    settle(workspace)
    assert {track for track, _ in workspace.main.outlines} >= {"car-1", "pedestrian-1"}


@pytest.mark.parametrize(
    ("key", "frame"),
    [("Right", 4), ("Left", 2), ("Shift+Right", 11), ("Shift+Left", 0), ("Home", 0), ("End", 11)],
)
def test_step_keys(workspace, key, frame):
    workspace.session.go_to(3)
    assert workspace.key(key)
    assert workspace.session.frame == frame


def test_a_camera_without_an_image_says_so(workspace, settle):
    workspace.session.show_camera("back_camera")
    workspace.session.go_to(7)
    settle(workspace)
    assert "No image for this camera at frame 7." in words_of(workspace.camera)
    assert workspace.camera.track_at(100, 100) is None


def test_searching_narrows_the_list_and_says_when_nothing_matches(workspace, settle):
    workspace.set_query("ped")
    settle(workspace)
    assert [track.id for track in workspace.tracks.rows] == ["pedestrian-1"]
    workspace.set_query("vna")
    settle(workspace)
    assert "No track matches 'vna'. Clear the search." in " ".join(words_of(workspace.tracks))


def test_a_log_without_tracks_says_what_to_do(workspace, settle):
    workspace.session.set_tracks(())
    settle(workspace)
    assert any(text.startswith("No tracks yet.") for text in words_of(workspace.tracks))


def test_only_tracks_of_the_frame_are_listed_until_all_are_asked_for(workspace):
    workspace.session.go_to(9)
    assert len(workspace.tracks.rows) == 2
    workspace.run("tracks.all")
    assert len(workspace.tracks.rows) == 3


def test_sorting_by_points_puts_the_fullest_cuboid_first(workspace, settle):
    workspace.run("tracks.sort", "points")
    settle(workspace)
    counts = workspace.session.supply.counts(0)
    assert workspace.tracks.list.sort == "points"
    listed = [counts[track.id] for track in workspace.tracks.rows]
    assert listed == sorted(listed, reverse=True)
    assert counts["car-1"] > 250 > counts["pedestrian-1"]


def test_the_inspector_shows_values_with_units(workspace, settle):
    workspace.session.select("car-1")
    settle(workspace)
    shown = words_of(workspace.inspector)
    assert {"10.00", "0.00", "0.80", "4.40", "1.90", "1.60", "m", "°"} <= set(shown)
    assert "18.0 km/h" in shown


def test_between_keys_the_inspector_names_both(workspace, settle):
    workspace.session.select("car-1")
    workspace.session.go_to(4)
    settle(workspace)
    shown = words_of(workspace.inspector)
    assert "Interpolated" in shown
    assert {"0 manual", "11 fitted"} <= set(shown)


def test_escape_closes_what_is_open_before_it_clears_the_selection(workspace):
    workspace.session.select("car-1")
    workspace.key("F1")
    workspace.key("Esc")
    assert (workspace.help.open, workspace.session.selected) == (False, "car-1")
    workspace.key("Esc")
    assert workspace.session.selected is None


def test_f11_lets_the_pane_under_the_pointer_fill_the_window(workspace):
    workspace.move(*workspace.camera.rect.centre)
    workspace.key("F11")
    assert workspace.desk.full == "camera"
    assert workspace.camera.rect.width == workspace.layout.width
    workspace.key("F11")
    assert workspace.desk.full is None


def test_a_dragged_splitter_changes_both_panes(workspace):
    before = workspace.main.rect.width
    gutter = workspace.layout.gutters["main"]
    drag(workspace, (gutter.x, 300), (gutter.x + 80, 300), Button.LEFT)
    assert workspace.main.rect.width == pytest.approx(before + 80, abs=2)


def test_a_menu_opens_runs_a_command_and_closes(workspace, settle):
    workspace.open_menu("View")
    settle(workspace)
    zone = next(z for z in workspace.menu.drawings["all"].zones if z.argument == "view.3d")
    x, y = zone.rect.centre
    click(workspace, workspace.menu.rect.x + x, workspace.menu.rect.y + y)
    assert workspace.session.main_mode == "3d"
    assert not workspace.menu.visible


def test_a_press_outside_a_menu_only_closes_it(workspace, settle):
    workspace.open_menu("Help")
    settle(workspace)
    click(workspace, *centre_of(workspace, "car-1"))
    assert not workspace.menu.visible
    assert workspace.session.selected is None


def test_the_palette_finds_tracks_frames_and_commands(workspace):
    workspace.key("Ctrl+K")
    workspace.palette.set_query("car 2")
    assert workspace.palette.results()[0].title == "Car 2"
    workspace.key("Enter")
    assert workspace.session.selected == "car-2"
    workspace.key("Ctrl+K")
    workspace.palette.set_query("frame 6")
    workspace.key("Enter")
    assert workspace.session.frame == 6
    workspace.key("Ctrl+K")
    workspace.palette.set_query("3d")
    workspace.key("Enter")
    assert workspace.session.main_mode == "3d"


def test_keys_go_to_the_palette_while_it_is_open(workspace):
    workspace.key("Ctrl+K")
    workspace.key("Right")
    assert workspace.session.frame == 0
    workspace.key("Esc")
    assert not workspace.palette.open


def test_information_leaves_after_five_seconds_and_errors_stay(workspace, clock):
    workspace.toasts.show("info", "Picture saved")
    workspace.toasts.show("error", "Fit failed", "Only 3 points.")
    clock.now_s += 6
    workspace.tick()
    assert [toast.title for toast in workspace.toasts.toasts] == ["Fit failed"]


def test_a_tip_shows_after_the_pointer_has_rested(workspace, clock, settle):
    zone = next(z for z in workspace.main_head.drawings["all"].zones if z.command == "view.follow")
    x, y = zone.rect.centre
    workspace.move(workspace.main_head.rect.x + x, workspace.main_head.rect.y + y)
    assert not workspace.tip.visible
    clock.now_s += 0.6
    assert workspace.tip.text.startswith("Keep the selected track")


def test_nothing_is_drawn_again_while_nothing_changes(workspace):
    assert workspace.refresh() == {}
    assert not workspace.active


def test_a_step_redraws_the_panes_that_show_the_frame(workspace, settle):
    workspace.key("Right")
    workspace.tick()
    changed = workspace.refresh()
    assert {"main", "camera", "strip", "timeline", "top_bar"} <= set(changed)
    assert "ruler" not in changed["timeline"]


def test_an_old_picture_is_dimmed_while_the_next_one_is_waited_for(workspace, clock, monkeypatch):
    monkeypatch.setattr(workspace.session.supply, "want", lambda *args, **kwargs: None)
    workspace.session.go_to(9)
    workspace.tick()
    workspace.refresh()
    assert workspace.main.shown == 0
    assert not workspace.main.dimmed
    clock.now_s += 0.3
    assert workspace.main.dimmed
    assert workspace.camera.picture.dimmed


def test_an_unreadable_sweep_is_said_in_the_pane_and_in_a_message(log, tracks, clock, settle):
    from av3d.errors import InputFileError
    from av3d.present.loader import Loader
    from av3d.present.session import Session
    from av3d.present.workspace import Workspace

    def broken(index):
        raise InputFileError("sweep is truncated", f"{index}.bin", "copy the file again")

    log.lidars["top"].read = broken
    session = Session(log, tracks, loader=Loader(threads=0), clock=clock)
    workspace = Workspace(session, lambda text, style: len(text) * 7.0)
    settle(workspace)
    assert "sweep is truncated" in workspace.toasts.toasts[0].text
    assert any("sweep is truncated" in text for text in words_of(workspace.main))
    assert workspace.camera.picture.shown == ("front_camera", 0)


def test_themes_change_the_chrome_and_not_the_canvas(workspace, settle):
    canvas, panel = workspace.session.theme.canvas, workspace.session.theme.panel
    workspace.run("view.theme")
    settle(workspace)
    assert workspace.session.theme.canvas == canvas
    assert workspace.session.theme.panel != panel
    assert workspace.tracks.drawings["rows"].shapes[0].fill == workspace.session.theme.panel


def test_the_exposure_time_is_said_with_its_side(workspace):
    assert workspace.camera_head.exposure()[0] == "exposed at sweep time, boxes at image time"


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1150, 700)])
def test_texts_stay_inside_their_panes(workspace, settle, size):
    workspace.session.select("car-1")
    workspace.resize(*size)
    settle(workspace)
    for pane in workspace.visible_panes():
        if pane.name in ("main", "camera", "strip"):
            continue
        for drawing in pane.drawings.values():
            for shape in drawing.shapes:
                if isinstance(shape, Text):
                    right = shape.x + workspace.main.measure(shape.text, shape.style)
                    assert shape.x >= -1, (pane.name, shape.text)
                    assert right <= pane.width + 1, (pane.name, shape.text)


def test_the_camera_follows_into_one_that_no_pane_shows(workspace, settle):
    workspace.resize(1366, 768)
    settle(workspace)
    assert workspace.strip.views() == {}
    assert workspace.session.camera == "front_camera"
    workspace.session.select("car-2")
    workspace.session.follow_camera = True
    settle(workspace)
    assert workspace.session.camera == "back_camera"


@pytest.mark.parametrize("size", [(1000, 560), (700, 400), (200, 120)])
def test_a_window_that_is_too_small_only_says_so(workspace, settle, size):
    workspace.open_palette()
    workspace.resize(*size)
    workspace.tick()
    drawn = workspace.refresh()
    assert set(drawn) == {"too_small"}
    texts = [shape for shape in drawn["too_small"]["all"].shapes if isinstance(shape, Text)]
    said = " ".join(text.text for text in texts)
    assert said == "Window too small to edit safely Make it at least 1100 × 640 pixels."
    assert all(text.x >= 0 for text in texts)
    assert workspace.state()["shown"] == {"main": None, "camera": None}


def test_in_a_window_that_is_too_small_only_quitting_works(workspace):
    workspace.resize(700, 400)
    assert not workspace.key("Right")
    assert workspace.session.frame == 0
    assert workspace.key("Ctrl+Q")
    assert workspace.take_requests() == ["quit"]


def test_a_track_that_is_not_there_has_a_message_of_its_own(workspace, tracks, settle):
    workspace.session.load_labels(lambda: Labels(tracks), "Car 99")
    settle(workspace)
    toast = workspace.toasts.toasts[0]
    assert toast.title == "Track not found"
    assert "'Car 99'" in toast.text


def test_the_trail_of_a_long_track_is_made_in_blocks(session, monkeypatch):
    monkeypatch.setattr(trails, "TRAIL_BLOCK", 4)
    monkeypatch.setattr(trails, "TRAIL_FRAMES", 1)
    track = session.tracks[0]
    made = {frame: trails.make_trail(session.log, track, frame) for frame in (0, 5, 11, 40)}
    assert {frame: trail.frames.tolist() for frame, trail in made.items()} == {
        0: [0, 1, 2, 3, 4],
        5: [3, 4, 5, 6, 7, 8],
        11: [7, 8, 9, 10, 11],
        40: [],
    }
    assert made[5].world_floor_m.shape == (6, 3)
