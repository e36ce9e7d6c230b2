"""What can be done with the selected tracks, as a list where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.choices import Choice
from av3d.present.drawing import Rect

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

NOT_OF_A_TRACK = (
    "tracks.search", "tracks.sort", "tracks.group", "tracks.all", "track.next", "track.previous",
    "track.below", "track.above", "track.all", "category.",
)  # fmt: skip
"""Commands of the menu Track that are about the list, or that the inspector offers with their names."""


def offer_track_menu(workspace: Workspace, pane: str, anchor: Rect) -> None:
    """Open the commands of the menu Track that can be run now.

    Args:
        workspace: runs them.
        pane: name of the pane that asks.
        anchor: where in the pane, in its pixels.
    """

    def choice(number: int, name: str) -> Choice:
        command = workspace.table.by_name(name)
        on = command.checked is not None and command.checked(workspace)
        separated = command.separated and number > 0
        return Choice(command.title, lambda: workspace.run(name), key=command.key, on=on,
                      separated=separated)  # fmt: skip

    names = [
        command.name
        for command in workspace.table.of_menu("Track")
        if command.enabled(workspace) and not command.name.startswith(NOT_OF_A_TRACK)
    ]
    items = tuple(choice(number, name) for number, name in enumerate(names))
    workspace.session.choices.open(pane, anchor, items)
