"""Commands about the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_cameras

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _toggle_camera_follow(workspace: Workspace, _argument: str) -> None:
    workspace.session.follow_camera = not workspace.session.follow_camera


COMMANDS: tuple[Command, ...] = (
    Command("camera.next", "Next camera", "View", lambda w, _: w.session.next_camera(), ("V",),
            has_cameras, separated=True),
    Command("camera.previous", "Previous camera", "View", lambda w, _: w.session.next_camera(-1),
            ("Shift+V",), has_cameras),
    Command("camera.follow", "Camera follows selected track", "View", _toggle_camera_follow,
            ("Shift+L",), has_cameras, checked=lambda w: w.session.follow_camera),
    Command("camera.fit", "Show whole image", "View", lambda w, _: w.camera.set_mode("fit"), (),
            has_cameras),
    Command("camera.fill", "Fill the pane with the image", "View",
            lambda w, _: w.camera.set_mode("fill"), (), has_cameras),
    Command("camera.show", "Make a camera large", "", lambda w, a: w.session.show_camera(a)),
)  # fmt: skip
