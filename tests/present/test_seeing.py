"""What the View menu switches, in the window without a window."""

import numpy as np
import pytest

from av3d.present.clouds import COLOUR_TITLES
from av3d.present.commands.seeing import SWITCHES
from av3d.present.drawing import Polyline, Text
from av3d.present.panes import scene
from av3d.present.seeing import Ghosts, ImageOverlay, Seeing
from av3d.render.colours import PointColour


def shapes(pane, layer, kind=object):
    return [shape for shape in pane.drawings[layer].shapes if isinstance(shape, kind)]


def texts(pane):
    return [s.text for layer in pane.drawings for s in shapes(pane, layer, Text)]


def seeing(workspace) -> Seeing:
    return workspace.session.supply.seeing


def test_p_goes_through_the_colours_that_say_something_and_back(workspace, settle):
    seen = []
    for _ in range(6):
        seen.append(workspace.session.supply.colour)
        workspace.key("P")
        settle(workspace)
    assert seen[:5] == [
        PointColour.HEIGHT, PointColour.INTENSITY, PointColour.DISTANCE, PointColour.CATEGORY,
        PointColour.CAMERA,
    ]  # fmt: skip
    assert seen[5] is PointColour.HEIGHT
    workspace.key("Ctrl+Shift+P")
    assert workspace.session.supply.colour is PointColour.HEIGHT


def test_every_colour_has_a_title():
    assert set(COLOUR_TITLES) == set(PointColour)


def test_the_list_of_colours_opens_below_its_button_and_marks_what_holds(workspace, settle):
    workspace.run("points.colour_list", "300 2 80 24")
    choices = workspace.session.choices
    assert choices.anchor.x == 300
    assert [item.title for item in choices.items if item.on] == ["Height"]
    choices.choose([item.title for item in choices.items].index("Category"))
    settle(workspace)
    assert workspace.session.supply.colour is PointColour.CATEGORY


def test_the_list_of_what_shows_switches(workspace):
    workspace.run("points.show_list")
    titles = [item.title for item in workspace.session.choices.items]
    assert len(titles) == len(SWITCHES)
    workspace.session.choices.choose(titles.index("Hide the ground"))
    assert workspace.session.supply.cloud_spec.ground_hidden


def test_more_and_fewer_sweeps(workspace, settle):
    own = len(workspace.session.supply.cloud(0).points_m)
    workspace.key("Shift+]")
    settle(workspace)
    assert (
        len(workspace.session.supply.cloud(0).points_m) == 2 * own
    )  # the first frame has one side
    workspace.key("Shift+]")
    assert workspace.session.supply.cloud_spec.sweeps_after == 2
    workspace.key("Shift+[")
    workspace.key("Shift+[")
    assert not workspace.session.supply.cloud_spec.is_merged
    for _ in range(5):
        workspace.run("points.sweeps")
    assert not workspace.session.supply.cloud_spec.is_merged


def test_counts_are_of_the_frames_own_points_whatever_shows(workspace, settle):
    before = dict(workspace.session.supply.counts(0))
    workspace.key("Shift+]")
    workspace.key("Ctrl+Shift+H")
    settle(workspace)
    assert dict(workspace.session.supply.counts(0)) == before


def test_an_edit_does_not_make_joined_points_wait(workspace, settle, tracks):
    workspace.key("Shift+]")
    settle(workspace)
    cloud = workspace.session.supply.cloud(0)
    workspace.session.set_tracks(tracks[:2])
    assert workspace.session.supply.cloud(0) is cloud
    settle(workspace)
    assert workspace.session.supply.cloud(0) is not None


def test_nothing_is_drawn_anew_where_nothing_changes(workspace, settle, monkeypatch):
    for key in ("Ctrl+T", "Ctrl+Shift+E", "Ctrl+Shift+C"):
        workspace.key(key)
    workspace.session.select("car-1")
    settle(workspace)
    drawn = []
    monkeypatch.setattr(scene, "splat", lambda *_, **__: drawn.append("points"))
    assert workspace.main.refresh() == {}
    assert drawn == []


def test_in_the_plain_case_scenery_has_no_shapes(workspace):
    assert workspace.main.drawings["scenery"].shapes == []
    assert workspace.main.drawings["ghosts"].shapes == []


def test_panning_draws_no_scenery_that_is_off(workspace, settle):
    workspace.main.zoom(1.3)
    assert "scenery" not in workspace.main.refresh()


@pytest.mark.parametrize("mode", ["view.bev", "view.3d"])
@pytest.mark.parametrize("command", ["view.ego_path", "view.trails", "view.frustums"])
def test_scenery_is_drawn_in_both_views(workspace, settle, mode, command):
    workspace.session.go_to(5)
    workspace.run(mode)
    workspace.run(command)
    settle(workspace)
    lines = shapes(workspace.main, "scenery", Polyline)
    assert lines
    assert np.isfinite([point for line in lines for point in line.points]).all()
    workspace.run(command)
    settle(workspace)
    assert workspace.main.drawings["scenery"].shapes == []


def test_cameras_have_their_names_in_the_scenery(workspace, settle):
    workspace.run("view.frustums")
    settle(workspace)
    assert "front" in [text.text for text in shapes(workspace.main, "scenery", Text)]


def test_ghosts_are_at_the_neighbouring_keyframes_then_every_5th_frame_then_none(workspace, settle):
    from av3d.present.panes.scenery import ghosts

    session = workspace.session
    session.select("car-1")
    session.go_to(6)
    settle(workspace)
    track = session.selected_track
    assert session.supply.seeing.ghosts is Ghosts.KEYFRAMES
    # The car drives as fast as the ego: at its keyframes it was elsewhere in the world.
    assert [round(float(c.center_m[0])) for c in ghosts(session, track, 6)] == [7, 12]
    workspace.run("view.ghosts")
    assert len(ghosts(session, track, 6)) == 3  # frames 0, 5 and 10
    workspace.run("view.ghosts")
    assert ghosts(session, track, 6) == []
    settle(workspace)
    assert workspace.main.drawings["ghosts"].shapes == []


def test_a_standing_track_has_no_ghosts(workspace, settle):
    workspace.session.select("pedestrian-1")
    workspace.session.go_to(3)
    settle(workspace)
    assert workspace.main.drawings["ghosts"].shapes == []


def test_the_legend_says_what_the_colours_mean_and_can_go(workspace, settle):
    assert "Height above ground" in texts(workspace.main)
    workspace.key("P")
    workspace.key("P")
    settle(workspace)
    assert "Distance" in texts(workspace.main)
    assert "80 m" in texts(workspace.main)
    workspace.key("Ctrl+L")
    settle(workspace)
    assert "Distance" not in texts(workspace.main)


def test_crop_needs_a_selection(workspace, settle):
    command = workspace.table.by_name("points.crop")
    assert not command.enabled(workspace)
    workspace.session.select("car-1")
    assert command.enabled(workspace)
    workspace.key("O")
    settle(workspace)
    assert seeing(workspace).crop


def test_points_on_the_large_image_are_of_that_camera_alone(workspace, settle):
    plain = workspace.camera.picture.pixels.copy()
    workspace.key("I")
    settle(workspace)
    assert seeing(workspace).overlay("front_camera") is ImageOverlay.POINTS
    assert seeing(workspace).overlay("back_camera") is ImageOverlay.NONE
    assert (workspace.camera.picture.pixels != plain).any(axis=2).mean() > 0.001
    workspace.key("I")
    settle(workspace)
    np.testing.assert_array_equal(workspace.camera.picture.pixels, plain)


def test_the_check_dims_the_image_and_the_header_tells_its_time(workspace, settle):
    plain = workspace.camera.picture.pixels[..., :3].mean()
    workspace.key("Shift+I")
    settle(workspace)
    assert workspace.camera.picture.pixels[..., :3].mean() < 0.7 * plain
    assert "0.0 ms from sweep" in workspace.camera_head.exposure()[0]
    assert "global shutter" in workspace.camera_head.exposure()[0]


def test_points_on_all_images_and_on_none(workspace):
    workspace.run("camera.all_points")
    assert set(seeing(workspace).by_camera.values()) == {ImageOverlay.POINTS}
    assert len(seeing(workspace).by_camera) == 2
    workspace.run("camera.all_points")
    assert seeing(workspace).overlays == ()


def test_what_is_seen_is_part_of_what_is_wanted(workspace, settle):
    workspace.run("points.ground")
    settle(workspace)
    cloud = workspace.session.supply.cloud(0)
    assert cloud is not None
    assert cloud.hidden is not None
