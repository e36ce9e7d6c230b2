"""The thirteen tables of a nuScenes database, written row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import orjson

from av3d.datasets.nuscenes.official import ATTRIBUTES, CATEGORIES, VISIBILITIES
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray

TABLES = (
    "category", "attribute", "visibility", "instance", "sensor", "calibrated_sensor", "ego_pose",
    "log", "scene", "sample", "sample_data", "sample_annotation", "map",
)  # fmt: skip
BLOCK_ROWS = 1024
"""So many rows of a table are kept before they are written."""

Row = dict[str, Any]


class Tables:
    """The tables in a new folder; the fixed ones are filled in. To be used in a `with` block.

    Rows are written while the export runs, so that memory does not grow with them. Numbers must be
    finite: orjson would write null for others.

    Args:
        folder: the version folder; it is made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._tables = {name: TableFile(folder / f"{name}.json") for name in TABLES}
        for name, entries in (("category", CATEGORIES), ("attribute", ATTRIBUTES)):
            for e in entries:
                self.add(name, {"token": e.token, "name": e.name, "description": e.description})
        for e in VISIBILITIES:
            self.add(
                "visibility", {"description": e.description, "token": e.token, "level": e.name}
            )

    def add(self, table: str, row: Row) -> None:
        """Append a row, which must not change any more."""
        self._tables[table].add(row)

    def file(self, table: str) -> TableFile:
        """The file of a table, for those who have many rows for it."""
        return self._tables[table]

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for table in self._tables.values():
            table.close()


class TableFile:
    """One table: a JSON list with one row per line, quick to write, and two exports can be diffed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._lines: list[str] = []
        self._before = "[\n"

    def add(self, row: Row) -> None:
        """Append a row."""
        self.add_texts((ascii_json(row).decode(),))

    def add_texts(self, lines: Iterable[str]) -> None:
        """Append rows that are JSON in ASCII already."""
        self._lines.extend(lines)
        if len(self._lines) >= BLOCK_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left, and the end of the list."""
        try:
            self._flush()
            self._file.write(b"[\n]\n" if self._before == "[\n" else b"\n]\n")
        finally:
            self._file.close()

    def _flush(self) -> None:
        if self._lines:
            self._file.write((self._before + ",\n".join(self._lines)).encode("ascii"))
            self._before = ",\n"
            self._lines.clear()


class Chain:
    """Rows of one sensor or object in order of time, linked by `prev` and `next`, "" at both ends.

    A row is written as soon as the next one is known.

    Args:
        write: writes a row.
    """

    def __init__(self, write: Callable[[Row], None]) -> None:
        self._write = write
        self._last: Row | None = None
        self.first_token = ""
        self.count = 0

    @property
    def last_token(self) -> str:
        """Token of the row added last, "" before there is one or after the end."""
        return "" if self._last is None else str(self._last["token"])

    def add(self, row: Row) -> None:
        """Append a row; its `prev` and `next` are set here."""
        self.count += 1
        last = self._last
        if last is None:
            row["prev"] = ""
            self.first_token = row["token"]
        else:
            row["prev"] = last["token"]
            last["next"] = row["token"]
            self._write(last)
        self._last = row

    def end(self) -> None:
        """Write the last row."""
        if self._last is not None:
            self._last["next"] = ""
            self._write(self._last)
            self._last = None


def ascii_json(value: object) -> bytes:
    """JSON values in ASCII: the toolkit opens files in whatever encoding its user's system has."""
    data = orjson.dumps(value)
    return data if data.isascii() else json.dumps(value).encode("ascii")


def write_json(path: Path, content: object) -> None:
    """Write a JSON file that people can read, too."""
    data = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    if not data.isascii():
        data = json.dumps(content, indent=2).encode("ascii")
    path.write_bytes(data + b"\n")


def pose_fields(a_SE3_b: SE3) -> Row:
    """A pose as the columns `translation` (x, y, z) and `rotation` (w, x, y, z), in full precision."""
    return {
        "translation": a_SE3_b.translation_m.tolist(),
        "rotation": a_SE3_b.quaternion_wxyz.tolist(),
    }


def number_lists(values: FloatArray) -> list[str]:
    """Each row of finite numbers (N, M) as JSON without its brackets, N; every digit is kept."""
    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return text[2:-2].split("],[") if len(values) else []
