"""A JSON file of lists that grow side by side; none of them is ever whole in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any


class GrowingLists:
    """Lists of rows on disk, one after the other in a file when the block ends well.

    Args:
        path: the file.
        head: what comes first in the file, by key.
        keys: of the lists, in the order in which they stand in the file.
    """

    def __init__(self, path: Path, head: Mapping[str, Any], keys: Sequence[str]) -> None:
        self._path = path
        self._head = head
        self._stack = ExitStack()
        self._files: dict[str, IO[bytes]] = {
            # Nameless: a process that is killed leaves nothing of them.
            key: self._stack.enter_context(TemporaryFile(dir=path.parent))  # noqa: SIM115
            for key in keys
        }
        self.counts = dict.fromkeys(keys, 0)

    def __enter__(self) -> GrowingLists:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is None:
                self._write()

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """One more row of a list, on a line of its own."""
        self._files[key].write((",\n " if self.counts[key] else "\n ").encode() + _json(row))
        self.counts[key] += 1

    def _write(self) -> None:
        with self._path.open("wb") as out:
            start = b"{"
            for key, value in self._head.items():
                out.write(start + _json(key) + b": " + _json(value))
                start = b",\n"
            for key, rows in self._files.items():
                out.write(start + _json(key) + b": [")
                rows.seek(0)
                shutil.copyfileobj(rows, out, 1 << 20)
                out.write(b"\n]" if self.counts[key] else b"]")
                start = b",\n"
            out.write(b"}\n")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
