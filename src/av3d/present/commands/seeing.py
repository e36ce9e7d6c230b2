"""Commands that change how points and cuboids are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from av3d.logs.accumulation import MovingPoints
from av3d.present.choices import Choice
from av3d.present.clouds import COLOUR_TITLES, SWEEP_STEPS, available_colours
from av3d.present.commands.choosing import choices_of
from av3d.present.commands.command import Command, has_cameras, has_lidars, has_selection
from av3d.present.drawing import Rect
from av3d.present.seeing import Ghosts, ImageOverlay
from av3d.render.colours import PointColour, point_colour

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

MOVING_TITLES = {
    MovingPoints.WITH_TRACK: "Moving points go with their track",
    MovingPoints.AS_MEASURED: "Moving points stay where they were",
    MovingPoints.LEFT_OUT: "Moving points are left out",
}
SWITCHES = (
    "points.ground", "points.crop", "points.legend", "view.frustums", "view.ego_path",
    "view.trails", "view.ghosts", "camera.points", "camera.check",
)  # fmt: skip
"""What the button Show offers."""


def colours(workspace: Workspace) -> tuple[PointColour, ...]:
    """The colourings that the log has something to say about."""
    session = workspace.session
    cloud = session.supply.cloud(session.frame)
    return cloud.available if cloud is not None else available_colours(session.log)


def _set_colour(workspace: Workspace, argument: str) -> None:
    workspace.session.supply.colour = point_colour(argument)


def _step_colour(step: int) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        choices = colours(workspace)
        supply = workspace.session.supply
        at = choices.index(supply.colour) if supply.colour in choices else -step
        supply.colour = choices[(at + step) % len(choices)]

    return action


def _choose_colour(workspace: Workspace, argument: str) -> None:
    """A list below the button; the argument is its place in the header."""
    supply = workspace.session.supply
    items = tuple(
        Choice(
            COLOUR_TITLES[colour],
            lambda colour=colour: _set_colour(workspace, colour.value),  # type: ignore[misc]
            on=colour is supply.colour,
        )
        for colour in colours(workspace)
    )
    workspace.session.choices.open("main_head", _anchor(argument), items)


def _choose_shown(workspace: Workspace, argument: str) -> None:
    """What can be shown or hidden, as a list below the button."""
    there = [*SWITCHES, *(("view.remarks",) if workspace.desk.base == "review" else ())]
    items = choices_of(workspace, there, ("view.frustums", "camera.points", "view.remarks"))
    workspace.session.choices.open("main_head", _anchor(argument), items)


def _anchor(argument: str) -> Rect:
    """A place written as "x y width height"; from keys and menus the corner of the header."""
    parts = [float(part) for part in argument.split()]
    return Rect(*parts) if len(parts) == 4 else Rect(0, 0, 0, 28)


def _next_lidar(workspace: Workspace, _argument: str) -> None:
    """All LiDARs together, then each by itself."""
    supply = workspace.session.supply
    choices = [None, *workspace.session.log.lidars]
    supply.lidar = choices[(choices.index(supply.lidar) + 1) % len(choices)]


def _step_sweeps(step: int, *, around: bool = False) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        supply = workspace.session.supply
        now = supply.cloud_spec.sweeps_after
        at = max((n for n, count in enumerate(SWEEP_STEPS) if count <= now), default=0) + step
        at = at % len(SWEEP_STEPS) if around else min(max(at, 0), len(SWEEP_STEPS) - 1)
        supply.cloud_spec = supply.cloud_spec.with_sweeps(SWEEP_STEPS[at])

    return action


def _next_moving(workspace: Workspace, _argument: str) -> None:
    supply = workspace.session.supply
    choices = list(MovingPoints)
    moving = choices[(choices.index(supply.cloud_spec.moving) + 1) % len(choices)]
    supply.cloud_spec = replace(supply.cloud_spec, moving=moving)
    workspace.session.say("info", MOVING_TITLES[moving])


def _toggle_ground(workspace: Workspace, _argument: str) -> None:
    supply = workspace.session.supply
    hidden = not supply.cloud_spec.ground_hidden
    supply.cloud_spec = replace(supply.cloud_spec, ground_hidden=hidden)


def _toggle(name: str) -> Callable[[Workspace, str], None]:
    """Switch a field of `Seeing`."""

    def action(workspace: Workspace, _argument: str) -> None:
        supply = workspace.session.supply
        changed: dict[str, Any] = {name: not getattr(supply.seeing, name)}
        supply.seeing = replace(supply.seeing, **changed)

    return action


def _is_on(name: str) -> Callable[[Workspace], bool]:
    return lambda workspace: bool(getattr(workspace.session.supply.seeing, name))


def _next_ghosts(workspace: Workspace, _argument: str) -> None:
    supply = workspace.session.supply
    choices = [Ghosts.KEYFRAMES, Ghosts.FRAMES, Ghosts.NONE]
    ghosts = choices[(choices.index(supply.seeing.ghosts) + 1) % len(choices)]
    supply.seeing = replace(supply.seeing, ghosts=ghosts)
    workspace.session.say("info", f"Ghosts of the selected cuboid: {ghosts.value}")


def _toggle_overlay(overlay: ImageOverlay) -> Callable[[Workspace, str], None]:
    """Switch what lies over the images of the large camera."""

    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        now = session.supply.seeing.overlay(session.camera)
        wanted = ImageOverlay.NONE if now is overlay else overlay
        session.supply.seeing = session.supply.seeing.with_overlay(session.camera, wanted)

    return action


def _has_overlay(overlay: ImageOverlay) -> Callable[[Workspace], bool]:
    return lambda w: w.session.supply.seeing.overlay(w.session.camera) is overlay


def _toggle_all_overlays(workspace: Workspace, _argument: str) -> None:
    """Points on all cameras, or on none."""
    session = workspace.session
    wanted = ImageOverlay.NONE if _all_have_points(workspace) else ImageOverlay.POINTS
    for camera in session.log.cameras:
        session.supply.seeing = session.supply.seeing.with_overlay(camera, wanted)


def _all_have_points(workspace: Workspace) -> bool:
    seeing = workspace.session.supply.seeing
    return all(
        seeing.overlay(camera) is not ImageOverlay.NONE for camera in workspace.session.log.cameras
    )


def _set_main(mode: str) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.session.main_mode = mode

    return action


def _toggle_follow(workspace: Workspace, _argument: str) -> None:
    workspace.session.follow = not workspace.session.follow


def _point_size(step: int) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.main.point_px = min(max(workspace.main.point_px + step, 1), 8)

    return action


COMMANDS: tuple[Command, ...] = (
    Command("view.bev", "Bird's-eye view", "View", _set_main("bev"), ("Ctrl+1",),
            checked=lambda w: w.session.main_mode == "bev"),
    Command("view.3d", "3D view", "View", _set_main("3d"), ("Ctrl+2",),
            checked=lambda w: w.session.main_mode == "3d"),
    Command("view.follow", "Follow selected track", "View", _toggle_follow, ("L",),
            checked=lambda w: w.session.follow),
    Command("view.centre", "Centre on selected track", "View",
            lambda w, _: w.main.centre_on_selection(), ("Z",), has_selection),
    Command("view.all", "Show surroundings of the vehicle", "View",
            lambda w, _: w.main.show_all(), ("Shift+Z",)),
    Command("view.closer", "Zoom in", "View", lambda w, _: w.main.zoom(1.25), ("+", "=")),
    Command("view.further", "Zoom out", "View", lambda w, _: w.main.zoom(0.8), ("-",)),
    Command("points.colour", "Next colour of points", "View", _step_colour(1), ("P",),
            separated=True),
    Command("points.colour_back", "Previous colour of points", "View", _step_colour(-1),
            ("Ctrl+Shift+P",)),
    Command("points.colour_list", "Choose the colour of points", "", _choose_colour),
    Command("points.colour_by", "Colour points by a value", "", _set_colour),
    Command("points.show_list", "Choose what shows", "", _choose_shown),
    Command("points.lidar", "Points of the next LiDAR, or of all", "View", _next_lidar,
            ("Shift+P",), has_lidars),
    Command("points.larger", "Larger points", "View", _point_size(1), ("]",)),
    Command("points.smaller", "Smaller points", "View", _point_size(-1), ("[",)),
    Command("points.more_sweeps", "More sweeps before and after", "View", _step_sweeps(1),
            ("Shift+]",), lambda w: w.session.supply.cloud_spec.sweeps_after < SWEEP_STEPS[-1],
            tip="Points of the frames around join those of this one"),
    Command("points.fewer_sweeps", "Fewer sweeps before and after", "View", _step_sweeps(-1),
            ("Shift+[",), lambda w: w.session.supply.cloud_spec.is_merged),
    Command("points.sweeps", "Next number of sweeps", "", _step_sweeps(1, around=True)),
    Command("points.moving", "Moving points of other sweeps", "View", _next_moving, ("Ctrl+M",),
            lambda w: w.session.supply.cloud_spec.is_merged,
            tip="They go with their track, stay where they were, or are left out"),
    Command("points.ground", "Hide the ground", "View", _toggle_ground, ("Ctrl+Shift+H",),
            checked=lambda w: w.session.supply.cloud_spec.ground_hidden),
    Command("points.crop", "Only points at the selected track", "View", _toggle("crop"), ("O",),
            lambda w: has_selection(w) or w.session.supply.seeing.crop, _is_on("crop"),
            tip="Points within 2 m of its cuboid"),
    Command("points.legend", "Legend of point colours", "View", _toggle("legend"), ("Ctrl+L",),
            checked=_is_on("legend")),
    Command("view.frustums", "What the cameras see", "View", _toggle("frustums"),
            ("Ctrl+Shift+C",), has_cameras, _is_on("frustums"), separated=True),
    Command("view.ego_path", "Path of the vehicle", "View", _toggle("ego_path"),
            ("Ctrl+Shift+E",), checked=_is_on("ego_path")),
    Command("view.trails", "Trails of all tracks", "View", _toggle("trails"), ("Ctrl+T",),
            checked=_is_on("trails")),
    Command("view.ghosts", "Ghosts of the selected cuboid", "View", _next_ghosts, ("Ctrl+G",),
            checked=lambda w: w.session.supply.seeing.ghosts is not Ghosts.NONE,
            tip="At its neighbouring keyframes, at every 5th frame, or none"),
    Command("camera.points", "Points on the large image", "View",
            _toggle_overlay(ImageOverlay.POINTS), ("I",), has_cameras,
            _has_overlay(ImageOverlay.POINTS), separated=True),
    Command("camera.check", "Check the calibration of the large image", "View",
            _toggle_overlay(ImageOverlay.CHECK), ("Shift+I",), has_cameras,
            _has_overlay(ImageOverlay.CHECK),
            tip="Outlines in the points (pink) should lie on edges of the image (white)"),
    Command("camera.all_points", "Points on all images", "View", _toggle_all_overlays,
            ("Ctrl+Shift+I",), has_cameras, lambda w: has_cameras(w) and _all_have_points(w)),
)  # fmt: skip
