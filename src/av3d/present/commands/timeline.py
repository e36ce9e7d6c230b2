"""Commands about time: playing, frames, keyframes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.commands.command import Command, has_selection
from av3d.present.playback import SPEEDS

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def _next_speed(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    index = SPEEDS.index(session.playback.speed)
    session.playback.set_speed(SPEEDS[(index + 1) % len(SPEEDS)], session.frame, session.clock())


def _step(frames: int) -> Callable[[Workspace, str], None]:
    return lambda workspace, _: workspace.session.go_to(workspace.session.frame + frames)


def _toggle_loop(workspace: Workspace, _argument: str) -> None:
    workspace.session.playback.loop = not workspace.session.playback.loop


COMMANDS: tuple[Command, ...] = (
    Command("play.toggle", "Play or stop", "Timeline", lambda w, _: w.session.toggle_play(),
            ("Space",), checked=lambda w: w.session.playback.playing),
    Command("play.speed", "Next speed", "Timeline", _next_speed),
    Command("play.loop", "Begin again at the end", "Timeline", _toggle_loop,
            checked=lambda w: w.session.playback.loop),
    Command("frame.next", "Next frame", "Timeline", _step(1), ("Right",), separated=True),
    Command("frame.previous", "Previous frame", "Timeline", _step(-1), ("Left",)),
    Command("frame.next10", "10 frames on", "Timeline", _step(10), ("Shift+Right",)),
    Command("frame.previous10", "10 frames back", "Timeline", _step(-10), ("Shift+Left",)),
    Command("frame.first", "First frame", "Timeline", lambda w, _: w.session.go_to(0), ("Home",)),
    Command("frame.last", "Last frame", "Timeline",
            lambda w, _: w.session.go_to(w.session.frames - 1), ("End",)),
    Command("frame.go", "Go to a frame", "", lambda w, a: w.session.go_to(int(a))),
    Command("key.next", "Next keyframe", "Timeline", lambda w, _: w.session.go_to_keyframe(1),
            ("PageDown",), has_selection, separated=True),
    Command("key.previous", "Previous keyframe", "Timeline",
            lambda w, _: w.session.go_to_keyframe(-1), ("PageUp",), has_selection),
    Command("timeline.scrub", "Go to the time under the pointer", "", lambda _w, _: None),
    Command("timeline.key", "Go to a keyframe", "", lambda _w, _: None),
)  # fmt: skip
