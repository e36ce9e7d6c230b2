"""The table of commands: menus, keys, palette and help are made from it.

Each module here has the rows of one kind; a command is added as a row and is at once in its menu, in the
palette, on the page of keys and in the file by which keys are changed.
"""

from __future__ import annotations

from av3d.present.commands import (
    application,
    cameras,
    checks,
    editing,
    help,
    operations,
    panes,
    proposals,
    quality,
    review,
    seeing,
    selecting,
    side_views,
    spans,
    timeline,
)
from av3d.present.commands.command import MENUS, Command, CommandError, CommandTable

COMMANDS: tuple[Command, ...] = (
    *application.COMMANDS,
    *editing.COMMANDS,
    *seeing.COMMANDS,
    *cameras.COMMANDS,
    *panes.COMMANDS,
    *side_views.COMMANDS,
    *operations.COMMANDS,
    *proposals.COMMANDS,
    *selecting.COMMANDS,
    *timeline.COMMANDS,
    *spans.COMMANDS,
    *review.COMMANDS,
    *checks.COMMANDS,
    *quality.COMMANDS,
    *help.COMMANDS,
)

__all__ = ["COMMANDS", "MENUS", "Command", "CommandError", "CommandTable"]
