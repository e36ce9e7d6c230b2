"""The thirteen tables of a nuScenes database, written row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from av3d.datasets.nuscenes.official import ATTRIBUTES, CATEGORIES, VISIBILITIES
from av3d.geometry.se3 import SE3

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
        self._rows: list[Row] = []
        self._before = b"[\n"

    def add(self, row: Row) -> None:
        """Append a row."""
        self._rows.append(row)
        if len(self._rows) == BLOCK_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left, and the end of the list."""
        try:
            self._flush()
            self._file.write(b"[\n]\n" if self._before == b"[\n" else b"\n]\n")
        finally:
            self._file.close()

    def _flush(self) -> None:
        if self._rows:
            self._file.write(self._before + b",\n".join(map(ascii_json, self._rows)))
            self._before = b",\n"
            self._rows.clear()


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
    """Write a small JSON file that people can read, too."""
    text = json.dumps(content, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")


def pose_fields(a_SE3_b: SE3) -> Row:
    """A pose as the columns `translation` (x, y, z) and `rotation` (w, x, y, z), in full precision."""
    return {
        "translation": a_SE3_b.translation_m.tolist(),
        "rotation": a_SE3_b.quaternion_wxyz.tolist(),
    }


def rotations(poses: Sequence[SE3], remembered: Iterable[bool]) -> list[list[float]]:
    """The column `rotation` of many poses.

    Args:
        poses: the poses, N.
        remembered: which of them are asked for again and again and so remember their quaternion, as
            those of keyframes; the others are computed together, N.
    """
    found = [
        pose.quaternion_wxyz.tolist() if is_kept else []
        for pose, is_kept in zip(poses, remembered, strict=True)
    ]
    rest = [row for row, rotation in enumerate(found) if not rotation]
    batch = SE3.stack([poses[row] for row in rest]).quaternion_wxyz.tolist()
    for row, rotation in zip(rest, batch, strict=True):
        found[row] = rotation
    return found
