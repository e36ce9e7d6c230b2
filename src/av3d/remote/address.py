"""Addresses of remote logs, also those that came through a Path, and the local folders for them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.+)", re.DOTALL)
"""More than one letter, so that C:/ is a drive."""

_folders: dict[str, str] = {}
"""Remote address of each mirror's local path."""


def remote_address(path: str | Path) -> str | None:
    """The address "s3://bucket/log" if a path is one; None for a path on this machine.

    Path("s3://bucket/log") turns two slashes into one: that is undone. What exists on this machine
    under such a name is that. "file:///data/log" is a path on this machine.
    """
    text = os.fspath(path)
    found = _ADDRESS.fullmatch(text)
    if found is None or found[1].lower() == "file" or os.path.lexists(text):
        return None
    return f"{found[1].lower()}://{found[2].rstrip('/')}"


def plain_path(path: str | Path) -> Path:
    """A path on this machine, of "file:///data/log", too; ~ is the home folder."""
    text = os.fspath(path)
    found = _ADDRESS.fullmatch(text)
    if found is not None and found[1].lower() == "file" and not os.path.lexists(text):
        return Path("/" + unquote(found[2]))
    return Path(path).expanduser()


def is_remote(path: str | Path) -> bool:
    """Whether this is an address of something elsewhere."""
    return remote_address(path) is not None


def last_name(address: str) -> str:
    """The last part of an address, as the name of a folder or file here."""
    name = unquote(
        address.split("://", 1)[1].split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    )
    name = re.sub(r"[\x00-\x1f/\\]", "_", name)[:100]
    return name if name.strip(". ") else "log"


def note(folder: Path, address: str) -> None:
    """Remember that a local folder or file stands for an address."""
    _folders[os.fspath(folder)] = address


def source_text(path: Path) -> str:
    """What to tell people, and to keep: the remote address, or the absolute path on this machine."""
    text = os.path.normpath(path.absolute())
    for folder, address in _folders.items():
        if text == folder:
            return address
        if text.startswith(folder + os.sep):
            inside = text[len(folder) + 1 :].replace(os.sep, "/")
            return f"{address}/{quote(inside) if address.startswith('http') else inside}"
    return str(path.absolute())
