"""What a path that is being typed may become: the folders and logs that begin like it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from av3d.datasets.registry import kinds_of
from av3d.remote import is_remote

MOST = 300
"""Entries of a folder that are looked at; a folder of media has hundreds of thousands."""


@dataclass(frozen=True)
class Entry:
    """One line of a listing.

    Attributes:
        path: as text, with a slash at the end if it is a folder.
        name: what the line says.
        kinds: names of the datasets that know it as a log; none for a plain folder.
    """

    path: str
    name: str
    kinds: tuple[str, ...] = ()

    @property
    def is_log(self) -> bool:
        return bool(self.kinds)


@dataclass(frozen=True)
class Listing:
    """Answer to a text.

    Attributes:
        text: what was asked about.
        entries: the path itself if it is a log, then logs, then folders, each by name.
        problem: why there are none, as a sentence; "" otherwise.
        more: entries that were not looked at.
    """

    text: str
    entries: tuple[Entry, ...] = ()
    problem: str = ""
    more: int = 0


def list_folder(text: str, home: Path | None = None) -> Listing:
    """The logs and folders that a text may become.

    "/data/" lists that folder, "/data/pa" what in it begins with "pa", in any case. Takes as long as
    the disk does; not for the thread that draws.

    Args:
        text: as typed; a relative path is one of `home`.
        home: default: the working folder.
    """
    if is_remote(text):
        return Listing(text, problem="An address. Press Enter to open it.")
    base = home or Path.cwd()
    typed = os.path.expanduser(text)  # noqa: PTH111  (a Path would lose the slash at the end)
    whole = base / typed
    folder, begin = (whole, "") if not typed or typed.endswith("/") else (whole.parent, whole.name)
    entries: list[Entry] = []
    if typed and not begin:
        kinds = kinds_of(whole)
        if kinds:
            entries.append(Entry(_text(whole, folder=whole.is_dir()), f"{whole.name}/", kinds))
    try:
        found = sorted(_matching(folder, begin), key=lambda path: _natural(path.name))
    except FileNotFoundError:
        return Listing(text, tuple(entries), f"There is no folder {folder}.")
    except NotADirectoryError:
        return Listing(text, tuple(entries), f"{folder} is a file.")
    except OSError as error:
        return Listing(text, tuple(entries), f"{folder} cannot be read: {error.strerror}.")
    inside = [_entry(path) for path in found[:MOST]]
    logs = [entry for entry in inside if entry is not None and entry.is_log]
    folders = [entry for entry in inside if entry is not None and not entry.is_log]
    entries += [*logs, *folders]
    problem = ""
    if not entries:
        problem = (
            f"Nothing in {folder} begins with '{begin}'." if begin else "No folders or logs here."
        )
    return Listing(text, tuple(entries), problem, max(len(found) - MOST, 0))


def _matching(folder: Path, begin: str) -> list[Path]:
    with os.scandir(folder) as scan:
        return [
            folder / entry.name
            for entry in scan
            if entry.name.lower().startswith(begin.lower())
            # Hidden ones show only when their dot is typed.
            and (not entry.name.startswith(".") or begin.startswith("."))
        ]


def _entry(path: Path) -> Entry | None:
    """A log or a folder; None for any other file."""
    folder = path.is_dir()
    kinds = kinds_of(path)
    if not folder and not kinds:
        return None
    return Entry(_text(path, folder=folder), path.name + ("/" if folder else ""), kinds)


def _text(path: Path, *, folder: bool) -> str:
    return f"{os.path.normpath(path)}/" if folder else os.path.normpath(path)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts "2" before "10"."""
    return [
        (0, int(part[:18]), part) if part.isdigit() else (1, 0, part)
        for part in re.split("([0-9]+)", name.lower())
        if part
    ]
