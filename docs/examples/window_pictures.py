"""The pictures of the window in README.md and the guide, made by the program of the sample log.

    python docs/examples/window_pictures.py docs/images

Needs Xvfb (`apt install xvfb`). Commands are run as a person would: by the palette's names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOG = Path(__file__).parents[2] / "sample_logs" / "crossing"


@dataclass(frozen=True)
class Shot:
    """A picture: its file name, what `av3d open` is given, commands that are run before, its size."""

    name: str
    options: tuple[str, ...]
    commands: tuple[tuple[str, str], ...] = ()
    size: str = "1366x768"


CAR = ("--frame", "11", "--select", "Car 1")
SHOTS = (
    Shot("window.png", CAR, size="1920x1080"),
    Shot("window-light.png", CAR, (("view.theme", ""), ("view.3d", ""))),
    Shot("window-review.png", CAR, (("workspace.review", ""),)),
    Shot("window-palette.png", CAR, (("palette.open", ""), ("palette.say", "rotate"))),
    Shot("window-keys.png", CAR, (("help.keys", ""),)),
    Shot("window-about.png", CAR, (("about.log", ""),)),
    Shot("window-first-task.png", (), (("first_task", ""),)),
)

SCRIPT = """
import sys
from av3d.present.application import Application
from av3d.present.workspace import Workspace

commands = {commands!r}
attach = Application.attach


def attached(application, workspace):
    attach(application, workspace)
    workspace.guide.offered = False
    for name, argument in commands if workspace.session.has_log else ():
        if name == "palette.say":
            workspace.palette.set_query(argument)
            workspace.session.fields.active.text = argument
        elif name == "first_task":
            workspace.guide.begin()
        else:
            workspace.run(name, argument)


Application.attach = attached
from av3d.cli.main import main
sys.argv = ["av3d", "open", *{arguments!r}]
main()
"""


def take(shot: Shot, folder: Path, home: Path) -> None:
    """Open the window, run the commands, write the picture."""
    target = folder / shot.name
    arguments = [str(LOG), "--size", shot.size, *shot.options, "--screenshot", str(target)]
    if shot.name == "window-first-task.png":
        # A project of its own, without labels, as the first task has it.
        arguments += ["--project", str(home / "first-task.sqlite")]
    script = SCRIPT.format(commands=shot.commands, arguments=arguments)
    # Paths of whoever makes them are nobody's business.
    kept = {"CONFIG": ".config/av3d", "DATA": ".local/share/av3d", "LOG": ".local/state/av3d"}
    places = {f"AV3D_{name}_DIR": str(home / place) for name, place in kept.items()}
    places["HOME"] = str(home)
    subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", sys.executable, "-c", script],
        env={**os.environ, **places}, check=True,
    )  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Write all pictures, or those that are named, into a folder."""
    folder = Path(arguments[0])
    wanted = set(arguments[1:])
    for shot in SHOTS:
        if not wanted or shot.name in wanted:
            with tempfile.TemporaryDirectory() as home:
                take(shot, folder, Path(home))


if __name__ == "__main__":
    main(sys.argv[1:])
