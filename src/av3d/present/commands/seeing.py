"""Commands that change how points and cuboids are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_lidars, has_selection
from av3d.render.colours import PointColour

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _next_colour(workspace: Workspace, _argument: str) -> None:
    colours = [PointColour.HEIGHT, PointColour.INTENSITY, PointColour.DISTANCE]
    supply = workspace.session.supply
    index = colours.index(supply.colour) if supply.colour in colours else -1
    supply.colour = colours[(index + 1) % len(colours)]


def _next_lidar(workspace: Workspace, _argument: str) -> None:
    """All LiDARs together, then each by itself."""
    supply = workspace.session.supply
    choices = [None, *workspace.session.log.lidars]
    supply.lidar = choices[(choices.index(supply.lidar) + 1) % len(choices)]


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
    Command("points.colour", "Next colour of points", "View", _next_colour, ("P",),
            separated=True),
    Command("points.lidar", "Points of the next LiDAR, or of all", "View", _next_lidar,
            ("Shift+P",), has_lidars),
    Command("points.larger", "Larger points", "View", _point_size(1), ("]",)),
    Command("points.smaller", "Smaller points", "View", _point_size(-1), ("[",)),
)  # fmt: skip
