"""Local folders that stand for remote ones: files come when they are read."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from av3d import reading
from av3d.errors import InputFileError, OutputError
from av3d.remote import address as addresses
from av3d.remote.content import (
    Budget,
    cache_folder,
    is_placeholder,
    limit_bytes,
    put_content,
    put_placeholder,
)
from av3d.remote.listing import Entry, RemoteError, file_system, list_files, told

LISTING_S = 60.0
"""A listing is good for so long: a command looks at a log's kind first and opens it then."""

logger = logging.getLogger(__name__)

_budget = Budget()
_mirrors: dict[str, Mirror] = {}
_lock = threading.Lock()


class Mirror:
    """What stands for one remote address; a `Source` of `av3d.reading`.

    Args:
        address: for example "s3://bucket/log".
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._base = base_of(address)
        self._tree = self._base / "tree"
        self._index = self._base / "index.json"
        self._system, _ = file_system(address)
        self._entries: dict[str, Entry] = {}
        self._gates = [threading.Lock() for _ in range(64)]
        self._listed_s = -LISTING_S
        self.path = self._tree / addresses.last_name(address)
        """The local folder, or the file if the address is one."""

    def refresh(self) -> None:
        """List the remote tree and make the local one like it; content that is still good stays."""
        if time.monotonic() - self._listed_s < LISTING_S:
            return
        known = self._read_index()
        try:
            entries = list_files(self.address)
        except RemoteError as error:
            # Without a network, what is here is better than nothing.
            if not known or not error.what.startswith(("cannot be reached", "no answer")):
                raise
            logger.warning("%s %s; what was fetched before is used", self.address, error.what)
            entries = known
        try:
            self._lay_out(entries, known)
        except OSError as error:
            raise OutputError(
                f"cannot keep the log's files: {error.strerror or error}",
                self._base,
                "free some space, or name another folder in AV3D_REMOTE_CACHE",
            ) from error
        self._entries = entries
        self._listed_s = time.monotonic()
        reading.attach(self._tree, self)
        addresses.note(self.path, self.address)

    def _lay_out(self, entries: dict[str, Entry], known: dict[str, Entry]) -> None:
        self._tree.mkdir(parents=True, exist_ok=True)
        present = self._present()
        for local in present - {self._local(name) for name in entries}:
            os.unlink(local)  # noqa: PTH108
        made: set[str] = set()
        unknown: list[str] = []
        for name, entry in entries.items():
            local = self._local(name)
            if local in present and known.get(name) == entry:
                continue
            folder = os.path.dirname(local)  # noqa: PTH120
            if folder not in made:
                Path(folder).mkdir(parents=True, exist_ok=True)
                made.add(folder)
            put_placeholder(Path(local), 1 if entry.size is None else entry.size)
            if entry.size is None:
                unknown.append(name)
        # Only now: until then, what is new in the listing is not known to be here.
        rows = {name: [entry.key, entry.size, entry.version] for name, entry in entries.items()}
        aside = self._base / f".{uuid.uuid4().hex}.part"
        aside.write_text(json.dumps({"address": self.address, "files": rows}), encoding="utf-8")
        aside.replace(self._index)
        self._entries = entries
        for name in unknown:
            self._fetch(Path(self._local(name)), name)

    def _local(self, name: str) -> str:
        return f"{self.path}{os.sep}{name.replace('/', os.sep)}" if name else str(self.path)

    def _present(self) -> set[str]:
        return {
            f"{place}{os.sep}{name}" for place, _, names in os.walk(self._tree) for name in names
        }

    def _read_index(self) -> dict[str, Entry]:
        try:
            rows = json.loads(self._index.read_text(encoding="utf-8"))["files"]
            return {name: Entry(*row) for name, row in rows.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # never listed, or damaged: then everything is fetched anew

    def open(self, path: Path) -> BinaryIO:
        """Open a file of the mirror with its content, which is fetched if it is not here."""
        for _ in range(3):  # another program may give it up right after it was fetched
            file = reading.open_here(path)
            facts = os.fstat(file.fileno())
            if not is_placeholder(facts):
                with suppress(OSError):
                    os.utime(file.fileno(), ns=(time.time_ns(), facts.st_mtime_ns))
                return file
            file.close()
            self._fetch(path, self._name(path))
        raise InputFileError(
            "the content was given up again at once", path, "raise AV3D_REMOTE_CACHE_GB"
        )

    def local_file(self, path: Path) -> Path:
        _budget.pinned.add(os.path.normpath(path.absolute()))
        self.open(path).close()
        return path

    def fetch_all(self, progress: Callable[[str, int, int], None]) -> None:
        """Fetch every file."""
        names = list(self._entries)
        for done, name in enumerate(names):
            progress("Fetching the log", done, len(names))
            self.local_file(Path(self._local(name)))
        progress("Fetching the log", len(names), len(names))

    def _name(self, path: Path) -> str:
        text = os.path.normpath(path.absolute())
        return text[len(str(self.path)) + 1 :].replace(os.sep, "/")

    def _fetch(self, path: Path, name: str) -> None:
        entry = self._entries.get(name)
        if entry is None:
            raise RemoteError("was not there when the log was opened", path, "open the log again")
        where = f"{self.address}/{name}" if name else self.address
        with self._gates[hash(name) % len(self._gates)]:
            if not is_placeholder(path.stat()):
                return
            aside = path.parent / f".{uuid.uuid4().hex}.part"
            try:
                with told(where):
                    self._system.get_file(entry.key, str(aside))
                size = aside.stat().st_size
                if entry.size is not None and size != entry.size:
                    raise RemoteError(
                        f"has {size:,} bytes and had {entry.size:,} when the log was opened",
                        where,
                        "open the log again",
                    )
                put_content(path, aside)
            finally:
                aside.unlink(missing_ok=True)
        _budget.added(cache_folder(), size)


def base_of(address: str) -> Path:
    """The folder of an address's mirror."""
    return cache_folder() / hashlib.sha256(address.encode()).hexdigest()[:24]


def local_path(path: str | Path) -> Path:
    """A path on this machine for a path or address.

    The folder of a remote log is listed; its files are fetched when they are read. What lies in a
    folder that was listed before is looked for there: it may be part of a log and nothing by itself
    (a scene of nuScenes, a sequence of KITTI).

    Raises:
        RemoteError: nothing is there, it is not allowed, or it cannot be reached.
        OutputError: there is no room for the local files.
    """
    address = addresses.remote_address(path)
    if address is None:
        return addresses.plain_path(path)
    limit_bytes()  # a wrong setting is told before anything is fetched
    above = address
    while above.count("/") >= 2:
        if (base_of(above) / "index.json").exists():
            inside = address[len(above) + 1 :]
            web = address.startswith("http")
            return _mirror(above).path / (unquote(inside) if web else inside)
        above = above.rsplit("/", 1)[0]
    return _mirror(address).path


def _mirror(address: str) -> Mirror:
    with _lock:
        mirror = _mirrors.get(f"{cache_folder()} {address}") or Mirror(address)
        mirror.refresh()
        _mirrors[f"{cache_folder()} {address}"] = mirror
        return mirror


def fetch_all(path: Path, progress: Callable[[str, int, int], None]) -> None:
    """Fetch all files of the mirror that a path belongs to, for readers that read on their own."""
    for mirror in list(_mirrors.values()):
        if path == mirror.path or mirror.path in path.parents:
            mirror.fetch_all(progress)
