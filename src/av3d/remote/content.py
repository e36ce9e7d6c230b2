"""The files of mirrors on this disk: placeholders until their content comes, placeholders again later.

A placeholder is a sparse file of the right size whose time of change is 0; so a folder tells by itself
what has been fetched, and a killed process leaves nothing half-done.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from av3d.errors import Av3dError

CACHE_GB = 20.0
"""Content of remote logs that is kept on this disk unless AV3D_REMOTE_CACHE_GB says otherwise."""
IN_USE_S = 60.0
"""Files read within this time are not given up: another program may be about to open them."""


def cache_folder() -> Path:
    """Where mirrors are: AV3D_REMOTE_CACHE, or a folder of the user's cache."""
    named = os.environ.get("AV3D_REMOTE_CACHE", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("av3d")) / "remote"


def limit_bytes() -> int:
    """What the content of all mirrors may take, from AV3D_REMOTE_CACHE_GB.

    Raises:
        Av3dError: the variable is not a positive number.
    """
    text = os.environ.get("AV3D_REMOTE_CACHE_GB", "").strip() or str(CACHE_GB)
    try:
        size = float(text)
    except ValueError:
        size = -1.0
    if not 0 < size < 1e6:
        raise Av3dError(
            f"AV3D_REMOTE_CACHE_GB is {text[:20]!r}", "environment", "write a number such as 20"
        )
    return int(size * 1e9)


def is_placeholder(facts: os.stat_result) -> bool:
    """Whether a file has no content yet."""
    return facts.st_mtime_ns == 0 and facts.st_size > 0


def put_placeholder(path: Path, size: int) -> None:
    """Let a file of this size stand there without content, in place of what is there."""
    aside = _aside(path)
    try:
        with aside.open("xb") as file:
            file.truncate(size)
        os.utime(aside, ns=(0, 0))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def put_content(path: Path, aside: Path) -> None:
    """Move a downloaded file into place, marked as content that was just used."""
    now_ns = time.time_ns()
    os.utime(aside, ns=(now_ns, now_ns))
    aside.replace(path)


def _aside(path: Path) -> Path:
    return path.parent / f".{uuid.uuid4().hex}.part"


class Budget:
    """Counts the content of all mirrors and gives up what was used longest ago."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Path, int] = {}
        self.pinned: set[str] = set()

    def added(self, folder: Path, size: int) -> None:
        """Content of this size was added below the cache folder; make room if it is too much."""
        with self._lock:
            if folder not in self._held:
                self._held[folder] = sum(size for _, size, _ in _contents(folder))
            else:
                self._held[folder] += size
            limit = limit_bytes()
            if self._held[folder] > limit:
                # A bit more than needed, because looking at all files takes a second.
                self._held[folder] = self._give_up(folder, int(limit * 0.9))

    def _give_up(self, folder: Path, limit: int) -> int:
        contents = sorted(_contents(folder))
        held = sum(size for _, size, _ in contents)
        latest_ns = time.time_ns() - int(IN_USE_S * 1e9)
        for used_ns, size, path in contents:
            if held <= limit or used_ns > latest_ns:
                break
            if path not in self.pinned:
                with suppress(OSError):  # somebody else has removed it
                    put_placeholder(Path(path), size)
                    held -= size
        return held


def _contents(folder: Path) -> Iterator[tuple[int, int, str]]:
    """When it was last used, bytes and path of each file with content below a folder."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - hundreds of thousands
            with suppress(OSError):
                facts = os.stat(path)  # noqa: PTH116
                if facts.st_size and not is_placeholder(facts):
                    yield facts.st_atime_ns, facts.st_size, path
