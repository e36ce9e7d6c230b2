"""What a tooltip says: the words of a place and the key that does the same, as the user has it."""

from __future__ import annotations

import re

from av3d.present.commands import COMMANDS, CommandTable
from av3d.present.drawing import Zone
from av3d.present.keymap import KeymapError, key_named

_KEY = re.compile(r"\s*\(([^()\s]+)\)$")


def tip_of(zone: Zone, table: CommandTable) -> str:
    """The words of a tooltip, "" for none.

    A key that a pane has written behind its words, "Keep it in the middle (L)", is the one that its
    command has by default; here it becomes the one that the command has now.

    Args:
        zone: the place under the pointer.
        table: the commands with their keys.
    """
    words, written = _without_key(zone.tip)
    if not words:
        return ""
    names = {command.name: command for command in table.commands}
    command = names.get(zone.command) if zone.command else None
    if written and (command is None or written not in _defaults(command.name)):
        command = next((row for row in table.commands if written in _defaults(row.name)), None)
    if command is None or not command.key or (zone.argument and not written):
        return words
    return f"{words} ({command.key})"


def _without_key(tip: str) -> tuple[str, str]:
    """The words and the key in brackets behind them."""
    found = _KEY.search(tip)
    if found is None:
        return tip, ""
    try:
        return tip[: found.start()], key_named(found.group(1))
    except KeymapError:
        return tip, ""


_DEFAULTS = {command.name: command.keys for command in COMMANDS}


def _defaults(name: str) -> tuple[str, ...]:
    return _DEFAULTS.get(name, ())
