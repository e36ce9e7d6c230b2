"""Which key does what: the keys of the command table, with those that the user has chosen instead."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from av3d.errors import Av3dError, OutputError
from av3d.files import new_file
from av3d.present.commands import COMMANDS, Command, CommandError, CommandTable

MODIFIERS = ("Ctrl", "Alt", "Shift")
"""In the order in which a key is written."""

KEY_NAMES = (
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    *(f"F{number}" for number in range(1, 13)),
    "Left", "Right", "Up", "Down", "Home", "End", "PageUp", "PageDown", "Space", "Tab", "Enter",
    "Esc", "Del", "Backspace", "+", "-", "=", "/", "[", "]", ",", ".", ";", "'", "`", "\\",
)  # fmt: skip
"""Keys that a command can have, as they are written."""

FIXED_KEY = "Esc"
"""Closes what is open, whatever else is changed, so that nobody gets stuck."""

_BY_LOWER = {name.lower(): name for name in (*KEY_NAMES, *MODIFIERS)} | {
    "control": "Ctrl", "escape": "Esc", "return": "Enter", "delete": "Del", "pgup": "PageUp",
    "pgdn": "PageDown", "spacebar": "Space", "plus": "+", "minus": "-",
}  # fmt: skip


class KeymapError(Av3dError):
    """A key map that does not fit the commands, or a key that there is not.

    Attributes:
        details: one line per problem.
    """

    def __init__(
        self, what: str, where: str | Path = "", fix: str = "", lines: Sequence[str] = ()
    ) -> None:
        super().__init__(what, where, fix)
        self._lines = tuple(lines)

    @property
    def details(self) -> tuple[str, ...]:
        return self._lines


def key_named(text: str) -> str:
    """A key as the window names it: "ctrl + shift+z" is "Ctrl+Shift+Z".

    Raises:
        KeymapError: there is no such key.
    """
    plain = text.strip()
    # The key "+" itself, alone or as in "Ctrl++".
    plus = plain == "+" or plain.endswith("++")
    parts = [*plain[:-2].split("+"), "+"] if plus else plain.split("+")
    parts = [part for part in parts if part] if plus else parts
    names = [_BY_LOWER.get(part.strip().lower(), "") for part in parts]
    *modifiers, key = names
    if key not in KEY_NAMES or any(name not in MODIFIERS for name in modifiers):
        raise KeymapError(
            f"there is no key {text!r}", "", 'write it as "Shift+Right", "Ctrl+Z", "F5" or "["'
        )
    if key == "=" and "Shift" in modifiers:
        key, modifiers = "+", [name for name in modifiers if name != "Shift"]
    return "+".join([*(name for name in MODIFIERS if name in modifiers), key])


class Keymap:
    """The keys of all commands.

    Args:
        commands: the table with the default keys.

    Attributes:
        problem: what did not fit in the file that was loaded, as one message; None if all did.
    """

    def __init__(self, commands: tuple[Command, ...] = COMMANDS) -> None:
        self._rows = {command.name: command for command in commands}
        self._chosen: dict[str, tuple[str, ...]] = {}
        self._unknown: dict[str, Any] = {}
        self.problem: KeymapError | None = None

    @classmethod
    def load(cls, path: Path, commands: tuple[Command, ...] = COMMANDS) -> Keymap:
        """The key map of a file; without a file, or where it cannot be used, the default keys.

        A key that the file gives to two commands goes to the first one of the table; a key that it
        takes from a command without giving that another one is its user's, and is told.

        Args:
            path: TOML, command = ["key", ...]; an empty list takes all keys from a command.
            commands: the table with the default keys.
        """
        keymap = cls(commands)
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return keymap
        except (OSError, ValueError, RecursionError) as error:
            keymap.problem = KeymapError(
                f"the key map cannot be read: {error}",
                path,
                "the usual keys are used; mend the file",
            )
            return keymap
        lines = keymap._take(_flat(table))
        if lines:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            keymap.problem = KeymapError(
                f"{lines[0]}{more}", path, "all other keys are as in the file", lines
            )
        return keymap

    def _take(self, table: Mapping[str, Any]) -> list[str]:
        """Take keys over from a file; returns a line for each thing that does not fit."""
        lines: list[str] = []
        self._unknown = {name: keys for name, keys in table.items() if name not in self._rows}
        lines += [f"there is no command {name!r}" for name in self._unknown]
        owners: dict[tuple[str, str], str] = {}
        for name in (name for name in self._rows if name in table):
            value = table[name]
            wanted = [value] if isinstance(value, str) else value
            if not isinstance(wanted, list) or not all(isinstance(key, str) for key in wanted):
                lines.append(f'the keys of {name} are no list such as ["Ctrl+P"]')
                continue
            keys: list[str] = []
            for text in wanted:
                try:
                    key = key_named(text)
                except KeymapError as error:
                    lines.append(f"{name}: {error.what}")
                    continue
                owner = owners.setdefault((self._rows[name].workspace, key), name)
                if owner != name:
                    lines.append(f"{key} is given to {owner} and to {name}")
                elif self._is_fixed(key, name):
                    lines.append(f"{key} closes what is open and cannot be given to {name}")
                elif key not in keys:
                    keys.append(key)
            self._chosen[name] = tuple(keys)
        for name, command in self._rows.items():
            if FIXED_KEY in command.keys and FIXED_KEY not in self._chosen.get(name, (FIXED_KEY,)):
                self._chosen[name] = (FIXED_KEY, *self._chosen[name])
                lines.append(f"{FIXED_KEY} stays with {name}")
            if name in self._chosen:
                continue
            for key in command.keys:
                winner = self._winner(command, key)
                if winner:
                    lines.append(f"{key} is now the key of {winner}, not of {name}")
        return lines

    def _is_fixed(self, key: str, name: str) -> bool:
        return key == FIXED_KEY and FIXED_KEY not in self._rows[name].keys

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of a command; CommandError if there is none of that name."""
        if name in self._chosen:
            return self._chosen[name]
        row = self._row(name)
        return tuple(key for key in row.keys if not self._winner(row, key))

    def _winner(self, row: Command, key: str) -> str:
        """The command that a default key of `row` was given to instead, "" if it was not."""
        for other, keys in self._chosen.items():
            chosen = self._rows[other]
            if key not in keys or other == row.name or chosen.workspace not in ("", row.workspace):
                continue
            # A command of one workspace covers one of both that has its key by default, but not one
            # that its user has given it to.
            if key not in chosen.keys or chosen.workspace == row.workspace:
                return other
        return ""

    def changed(self, name: str) -> bool:
        """Whether the keys of a command are not the default ones."""
        return self.keys(name) != self._row(name).keys

    @property
    def any_changed(self) -> bool:
        """Whether a command has other keys than the default ones."""
        return any(self.changed(name) for name in self._rows)

    def table(self) -> CommandTable:
        """The command table with these keys."""
        return CommandTable(
            tuple(replace(row, keys=self.keys(name)) for name, row in self._rows.items())
        )

    def conflicts(self, name: str, keys: Sequence[str]) -> tuple[Command, ...]:
        """The other commands that have one of these keys now, in the same workspace or in both.

        Not those that share a key with this one by default.
        """
        this = self._row(name)
        wanted = {key_named(key) for key in keys}
        return tuple(
            row for other, row in self._rows.items()
            if other != name
            and (row.workspace == this.workspace or "" in (row.workspace, this.workspace))
            and (wanted & set(self.keys(other))) - (set(this.keys) & set(row.keys))
        )  # fmt: skip

    def rebind(self, name: str, *keys: str, take: bool = False) -> tuple[Command, ...]:
        """Give a command these keys instead of those it has.

        Args:
            name: the command.
            keys: its keys, the one to show first; none takes all keys from it.
            take: take the keys from other commands that have them.

        Returns:
            The other commands that have one of the keys. Without `take` nothing was changed then.

        Raises:
            CommandError: there is no such command.
            KeymapError: there is no such key, or it is Esc, which is no other command's.
        """
        row = self._row(name)
        named = tuple(dict.fromkeys(key_named(key) for key in keys))
        if any(self._is_fixed(key, name) for key in named):
            raise KeymapError(f"{FIXED_KEY} closes what is open", row.title, "use another key")
        if FIXED_KEY in row.keys and FIXED_KEY not in named:
            raise KeymapError(f"{FIXED_KEY} closes what is open", row.title, f"keep {FIXED_KEY}")
        others = self.conflicts(name, named)
        if others and not take:
            return others
        for other in others:
            left = tuple(key for key in self.keys(other.name) if key not in named)
            self._choose(other.name, left)
        self._choose(name, named)
        return others

    def _choose(self, name: str, keys: tuple[str, ...]) -> None:
        self._chosen[name] = keys
        # The default keys, when nobody else has them, are not a choice: a later version may change them.
        if keys == self._rows[name].keys and not self.conflicts(name, keys):
            del self._chosen[name]

    def reset(self, name: str | None = None) -> None:
        """Give a command, or all of them, their default keys again.

        A default key of the command that another one has been given is taken back from it.
        """
        if name is None:
            self._chosen = {}
            return
        self.rebind(name, *self._row(name).keys, take=True)

    def save(self, path: Path) -> None:
        """Write the keys that are not the default ones; what the file had for unknown commands stays.

        Raises:
            OutputError: the disk refuses; the file is as it was.
        """
        table = {name: list(self.keys(name)) for name in self._rows if self.changed(name)}
        text = tomli_w.dumps({**table, **self._unknown})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the keys cannot be kept: {error.strerror}",
                path.parent,
                "make the folder writable",
            ) from error
        with new_file(path) as aside:
            aside.write_text(
                "# Keys of av3d: command = [keys]. See docs/guide/keys.md.\n" + text,
                encoding="utf-8",
            )

    def _row(self, name: str) -> Command:
        if name not in self._rows:
            raise CommandError(f"there is no command {name!r}")
        return self._rows[name]


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Names with dots, whether they were written as "frame.next" = ... or as frame.next = ..."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{above}{key}.")
        else:
            found[above + key] = value
    return found
