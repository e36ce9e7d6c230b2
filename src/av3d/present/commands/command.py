"""One thing that the user can do, as a row of the table of commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

MENUS = ("File", "Edit", "View", "Cuboid", "Track", "Timeline", "QA", "Help")


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
        needs_log: whether it is there only while a log is open.
        workspace: "annotate" or "review" for a command that is there in one of them only; its keys
            may mean something else in the other one.
        tip: what it does, where the title does not say it all; for tooltips and the palette.
    """

    name: str
    title: str
    menu: str
    action: Callable[[Workspace, str], None]
    keys: tuple[str, ...] = ()
    enabled: Callable[[Workspace], bool] = always
    checked: Callable[[Workspace], bool] | None = None
    separated: bool = False
    tip: str = ""
    needs_log: bool = True
    workspace: str = ""

    @property
    def key(self) -> str:
        """The key that is shown, "" if there is none."""
        return self.keys[0] if self.keys else ""


def has_selection(workspace: Workspace) -> bool:
    """Whether a track is selected."""
    return workspace.session.selected is not None


def has_cameras(workspace: Workspace) -> bool:
    """Whether the log has images."""
    return bool(workspace.session.log.cameras)


def has_lidars(workspace: Workspace) -> bool:
    """Whether there is more than one LiDAR to choose from."""
    return len(workspace.session.log.lidars) > 1


class CommandTable:
    """The commands by name and by key.

    Args:
        commands: the rows.

    Raises:
        CommandError: two commands with one name, or one key in the same workspace. A key that a
            command of one workspace shares with one of both is the former's in its workspace.
    """

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self.commands = commands
        self._by_name: dict[str, Command] = {}
        self._by_key: dict[tuple[str, str], Command] = {}
        for command in commands:
            if command.name in self._by_name:
                raise CommandError(f"two commands are named {command.name}")
            self._by_name[command.name] = command
            for key in command.keys:
                other = self._by_key.setdefault((command.workspace, key), command)
                if other is not command:
                    raise CommandError(f"{key} is the key of {other.name} and of {command.name}")

    def without_log(self) -> CommandTable:
        """The commands that are there while no log is open."""
        return CommandTable(tuple(row for row in self.commands if not row.needs_log))

    def by_name(self, name: str) -> Command:
        """A command; CommandError if there is none of that name."""
        if name not in self._by_name:
            raise CommandError(f"there is no command {name!r}")
        return self._by_name[name]

    def by_key(self, key: str, workspace: str = "annotate") -> Command | None:
        """The command of a key such as "Shift+Right" in a workspace."""
        return self._by_key.get((workspace, key)) or self._by_key.get(("", key))

    def of_menu(self, menu: str, workspace: str | None = None) -> tuple[Command, ...]:
        """The commands of one menu in the order of the table; None: of all workspaces."""
        return tuple(
            command
            for command in self.commands
            if command.menu == menu and workspace in (None, command.workspace or workspace)
        )
