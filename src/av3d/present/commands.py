"""The table of commands: menus, keys, palette and help are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError
from av3d.present.playback import SPEEDS
from av3d.render.colours import PointColour

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

MENUS = ("File", "View", "Track", "Timeline", "Help")


class CommandError(Av3dError):
    """A command table in which a name or key is used twice, or a command that does not exist."""


def always(_workspace: Workspace) -> bool:
    """A command that is always enabled."""
    return True


@dataclass(frozen=True)
class Command:
    """One thing that the user can do.

    Attributes:
        name: used by zones and key files, for example "frame.next".
        title: what menus, palette and help say.
        menu: one of MENUS, or "" for commands that only buttons and keys reach.
        action: does it; the text is the argument of the zone, "" from keys and menus.
        keys: default keys, for example "Shift+Right"; the first is shown.
        enabled: whether it can be done now.
        checked: whether it is on, for commands that switch something.
        separated: a line above it in the menu.
    """

    name: str
    title: str
    menu: str
    action: Callable[[Workspace, str], None]
    keys: tuple[str, ...] = ()
    enabled: Callable[[Workspace], bool] = always
    checked: Callable[[Workspace], bool] | None = None
    separated: bool = False

    @property
    def key(self) -> str:
        """The key that is shown, "" if there is none."""
        return self.keys[0] if self.keys else ""


def _has_selection(workspace: Workspace) -> bool:
    return workspace.session.selected is not None


def _has_cameras(workspace: Workspace) -> bool:
    return bool(workspace.session.log.cameras)


def _next_colour(workspace: Workspace, _argument: str) -> None:
    colours = [PointColour.HEIGHT, PointColour.INTENSITY, PointColour.DISTANCE]
    supply = workspace.session.supply
    index = colours.index(supply.colour) if supply.colour in colours else -1
    supply.colour = colours[(index + 1) % len(colours)]


def _has_lidars(workspace: Workspace) -> bool:
    return len(workspace.session.log.lidars) > 1


def _next_lidar(workspace: Workspace, _argument: str) -> None:
    """All LiDARs together, then each by itself."""
    supply = workspace.session.supply
    choices = [None, *workspace.session.log.lidars]
    supply.lidar = choices[(choices.index(supply.lidar) + 1) % len(choices)]


def _next_speed(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    index = SPEEDS.index(session.playback.speed)
    session.playback.set_speed(SPEEDS[(index + 1) % len(SPEEDS)], session.frame, session.clock())


def _set_main(mode: str) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.session.main_mode = mode

    return action


def _step(frames: int) -> Callable[[Workspace, str], None]:
    return lambda workspace, _: workspace.session.go_to(workspace.session.frame + frames)


def _toggle_follow(workspace: Workspace, _argument: str) -> None:
    workspace.session.follow = not workspace.session.follow


def _toggle_camera_follow(workspace: Workspace, _argument: str) -> None:
    workspace.session.follow_camera = not workspace.session.follow_camera


def _toggle_loop(workspace: Workspace, _argument: str) -> None:
    workspace.session.playback.loop = not workspace.session.playback.loop


def _point_size(step: int) -> Callable[[Workspace, str], None]:
    def action(workspace: Workspace, _argument: str) -> None:
        workspace.main.point_px = min(max(workspace.main.point_px + step, 1), 8)

    return action


def _toggle_findings(workspace: Workspace, _argument: str) -> None:
    workspace.findings.open = not workspace.findings.open


def _all_tracks(workspace: Workspace, _argument: str) -> None:
    workspace.tracks.all_tracks = not workspace.tracks.all_tracks


COMMANDS: tuple[Command, ...] = (
    Command("app.screenshot", "Save picture of the window", "File",
            lambda w, _: w.ask("screenshot"), ("Ctrl+P",)),
    Command("log.check", "Check this log", "File", lambda w, _: w.findings.begin(),
            enabled=lambda w: not w.findings.checkup.running, separated=True),
    Command("log.findings", "Findings of the check", "File", _toggle_findings,
            enabled=lambda w: w.findings.open or w.findings.checkup.report is not None,
            checked=lambda w: w.findings.open),
    Command("log.check_save", "Save pictures and proposals of the check", "File",
            lambda w, _: w.findings.checkup.save(Path.cwd()), enabled=lambda w: w.findings.saves),
    Command("log.check_stop", "Stop checking", "", lambda w, _: w.findings.checkup.cancel()),
    Command("finding.show", "Go to a finding", "", lambda w, a: w.findings.choose(int(a))),
    Command("app.quit", "Quit", "File", lambda w, _: w.ask("quit"), ("Ctrl+Q",), separated=True),
    Command("view.bev", "Bird's-eye view", "View", _set_main("bev"), ("Ctrl+1",),
            checked=lambda w: w.session.main_mode == "bev"),
    Command("view.3d", "3D view", "View", _set_main("3d"), ("Ctrl+2",),
            checked=lambda w: w.session.main_mode == "3d"),
    Command("view.follow", "Follow selected track", "View", _toggle_follow, ("L",),
            checked=lambda w: w.session.follow),
    Command("view.centre", "Centre on selected track", "View",
            lambda w, _: w.main.centre_on_selection(), ("Z",), _has_selection),
    Command("view.all", "Show surroundings of the vehicle", "View",
            lambda w, _: w.main.show_all(), ("Shift+Z",)),
    Command("view.closer", "Zoom in", "View", lambda w, _: w.main.zoom(1.25), ("+", "=")),
    Command("view.further", "Zoom out", "View", lambda w, _: w.main.zoom(0.8), ("-",)),
    Command("points.colour", "Next colour of points", "View", _next_colour, ("P",),
            separated=True),
    Command("points.lidar", "Points of the next LiDAR, or of all", "View", _next_lidar,
            ("Shift+P",), _has_lidars),
    Command("points.larger", "Larger points", "View", _point_size(1), ("]",)),
    Command("points.smaller", "Smaller points", "View", _point_size(-1), ("[",)),
    Command("camera.next", "Next camera", "View", lambda w, _: w.session.next_camera(), ("V",),
            _has_cameras, separated=True),
    Command("camera.previous", "Previous camera", "View", lambda w, _: w.session.next_camera(-1),
            ("Shift+V",), _has_cameras),
    Command("camera.follow", "Camera follows selected track", "View", _toggle_camera_follow,
            ("Shift+L",), _has_cameras, checked=lambda w: w.session.follow_camera),
    Command("camera.fit", "Show whole image", "View", lambda w, _: w.camera.set_mode("fit"), (),
            _has_cameras),
    Command("camera.fill", "Fill the pane with the image", "View",
            lambda w, _: w.camera.set_mode("fill"), (), _has_cameras),
    Command("camera.show", "Make a camera large", "", lambda w, a: w.session.show_camera(a)),
    Command("layout.full", "Pane fills the window", "View", lambda w, _: w.toggle_full(),
            ("F11",), checked=lambda w: w.full is not None, separated=True),
    Command("layout.tab", "Points or camera", "", lambda w, _: w.toggle_tab()),
    Command("layout.reset", "Usual sizes of panes", "View", lambda w, _: w.reset_splits()),
    Command("view.theme", "Light theme", "View", lambda w, _: w.session.toggle_theme(), (),
            checked=lambda w: w.session.theme.name == "light"),
    Command("track.next", "Next track", "Track", lambda w, _: w.session.select_step(1), ("Tab",)),
    Command("track.previous", "Previous track", "Track", lambda w, _: w.session.select_step(-1),
            ("Shift+Tab",)),
    Command("track.clear", "Clear the selection", "Track", lambda w, _: w.escape(), ("Esc",)),
    Command("track.select", "Select a track", "", lambda w, a: w.session.select(a)),
    Command("tracks.search", "Find a track", "Track", lambda w, _: w.begin_search(), ("/", "Ctrl+F"),
            separated=True),
    Command("tracks.clear_search", "Clear the search", "", lambda w, _: w.set_query("")),
    Command("tracks.sort", "Sort by name, points or distance", "Track",
            lambda w, _: w.tracks.next_sort()),
    Command("tracks.all", "Tracks of all frames", "Track", _all_tracks,
            checked=lambda w: w.tracks.all_tracks),
    Command("tracks.category", "Show only a category", "", lambda w, a: w.tracks.toggle_category(a)),
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
            ("PageDown",), _has_selection, separated=True),
    Command("key.previous", "Previous keyframe", "Timeline",
            lambda w, _: w.session.go_to_keyframe(-1), ("PageUp",), _has_selection),
    Command("palette.open", "Search tracks, frames, commands", "Help",
            lambda w, _: w.open_palette(), ("Ctrl+K",)),
    Command("help.keys", "Keys", "Help", lambda w, _: w.toggle_help(), ("F1",)),
    Command("menu.open", "Open a menu", "", lambda w, a: w.open_menu(a)),
    Command("menu.run", "Choose in a menu", "", lambda w, a: w.run_from_overlay(a)),
    Command("palette.run", "Choose in the palette", "", lambda w, a: w.run_palette_row(int(a))),
    Command("palette.track", "Select a track and show it", "", lambda w, a: w.show_track(a)),
    Command("timeline.scrub", "Go to the time under the pointer", "", lambda _w, _: None),
    Command("timeline.key", "Go to a keyframe", "", lambda _w, _: None),
    Command("toast.close", "Close a message", "", lambda w, a: w.close_toast(int(a))),
)  # fmt: skip

RESERVED_KEYS = frozenset(
    {
        "W", "A", "S", "D", "Q", "E", "R", "F", "T", "G", "C", "H", "K", "N", "B", "Del", "Shift+Del",
        "Ctrl+Z", "Ctrl+Shift+Z", "Alt+Right", "Alt+Left", *"1234567890",
    }
)  # fmt: skip
"""Keys that people know from labelling; editing will use them, so viewing must not."""

HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("←", "→"), "frame"),
    (("Shift",), "10 frames"),
    (("Space",), "play"),
    (("Tab",), "next track"),
    (("L",), "follow"),
    (("Z",), "centre"),
    (("V",), "next camera"),
    (("F11",), "fill window"),
    (("F1",), "all keys"),
)
"""What the status bar says: the keys that are used most."""


class CommandTable:
    """The commands by name and by key.

    Args:
        commands: the rows.

    Raises:
        CommandError: two commands with one name, or one key.
    """

    def __init__(self, commands: tuple[Command, ...] = COMMANDS) -> None:
        self.commands = commands
        self._by_name: dict[str, Command] = {}
        self._by_key: dict[str, Command] = {}
        for command in commands:
            if command.name in self._by_name:
                raise CommandError(f"two commands are named {command.name}")
            self._by_name[command.name] = command
            for key in command.keys:
                if key in self._by_key:
                    raise CommandError(
                        f"{key} is the key of {self._by_key[key].name} and of {command.name}"
                    )
                self._by_key[key] = command

    def by_name(self, name: str) -> Command:
        """A command; CommandError if there is none of that name."""
        if name not in self._by_name:
            raise CommandError(f"there is no command {name!r}")
        return self._by_name[name]

    def by_key(self, key: str) -> Command | None:
        """The command of a key such as "Shift+Right"."""
        return self._by_key.get(key)

    def of_menu(self, menu: str) -> tuple[Command, ...]:
        """The commands of one menu in the order of the table."""
        return tuple(command for command in self.commands if command.menu == menu)
