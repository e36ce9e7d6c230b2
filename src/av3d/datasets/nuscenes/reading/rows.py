"""Rows of the tables, read without keeping the tables of all scenes in memory.

The toolkit reads all tables of all scenes at once: half a minute and gigabytes for v1.0-trainval. A log
is one scene, so large tables are gone through in blocks and only rows that are asked for are decoded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import numpy as np

from av3d.datasets.nuscenes.tables import Row
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.reading import open_file
from av3d.types import FloatArray

WHOLE_BYTES = 32 * 1024 * 1024
"""Tables up to this size are decoded as a whole (v1.0-mini); larger ones are gone through."""
BLOCK_BYTES = 8 * 1024 * 1024
MAX_ROW_BYTES = 1024 * 1024
MAX_ROWS = 1_000_000
"""Most rows that one scene may have in a table: an hour at 20 Hz with a dozen sensors."""
MAX_TIME_US = 2**62 // 1000
"""Later times do not fit into nanoseconds of 64 bits."""

_FIX = "restore the table"


def read_rows(path: Path, key: str = "", wanted: Collection[str] = ()) -> list[Row]:
    """The rows of a table, all or those whose `key` is one of `wanted`, in the order of the file.

    Raises:
        InputFileError: the file cannot be read, is no list of rows, or is truncated.
    """
    try:
        with open_file(path, "table") as file:
            start = file.read(WHOLE_BYTES + 1)
            if len(start) > WHOLE_BYTES:
                if not key:
                    raise InputFileError(
                        f"table is larger than {WHOLE_BYTES // 1024**2} MB", path, _FIX
                    )
                return _scan(start, file, path, key, frozenset(wanted))
    except OSError as error:
        raise InputFileError(f"cannot read table: {error.strerror or error}", path, _FIX) from error
    rows = _decoded(start, path)
    if not isinstance(rows, list):
        raise InputFileError("table is not a list of rows", path, _FIX)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputFileError(f"row {number} is not an object", path, _FIX)
    if not key:
        return rows
    asked = frozenset(wanted)
    return [row for row in rows if text(row, key, path) in asked]


def _decoded(data: bytes, path: Path) -> object:
    if not data.strip():
        raise InputFileError(f"table is empty, {len(data)} bytes", path, _FIX)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"table is not valid JSON ({error})", path, _FIX) from error


def _scan(block: bytes, file: BinaryIO, path: Path, key: str, wanted: frozenset[str]) -> list[Row]:
    """Go through a large table block by block. Its rows are flat: none has another inside."""
    asked = frozenset(value.encode() for value in wanted)
    if not block.lstrip().startswith(b"["):
        raise InputFileError("table is not a list of rows", path, _FIX)
    rows: list[Row] = []
    rest = b""
    while block:
        rest += block
        end = rest.rfind(b"}") + 1
        parts, separator = _cut(rest[:end], key)
        for place in range(1, len(parts)):
            after = parts[place]
            token = after[: after.find(b'"')]
            if token not in asked:
                continue
            before = parts[place - 1]
            first = before.rfind(b"{")
            row = _decoded(before[first:] + separator + after[: after.find(b"}") + 1], path)
            if first < 0 or not isinstance(row, dict) or row.get(key) != token.decode():
                raise InputFileError(f"the row with {key} {token.decode()} is damaged", path, _FIX)
            if len(rows) == MAX_ROWS:
                raise InputFileError(f"more than {MAX_ROWS:,} rows of one scene", path, _FIX)
            rows.append(row)
        # Nobody else has the token of a row: when all are found the rest need not be read.
        if key == "token" and len(rows) >= len(asked):
            return rows
        rest = rest[end:]
        if len(rest) > MAX_ROW_BYTES:
            raise InputFileError("table is not a list of rows", path, _FIX)
        block = file.read(BLOCK_BYTES)
    if rest.strip() != b"]":
        raise InputFileError("table is truncated, it does not end with ]", path, _FIX)
    return rows


def _cut(text: bytes, key: str) -> tuple[list[bytes], bytes]:
    """Cut JSON before each text that a key has; returns the parts and what was between them."""
    quoted = f'"{key}"'.encode()
    pattern = re.compile(re.escape(quoted) + rb'\s*:\s*"')
    first = pattern.search(text)
    if first is None:
        return [text], b""
    # All rows are written alike, and a plain cut is several times as fast.
    parts = text.split(first[0])
    return (parts if len(parts) - 1 == text.count(quoted) else pattern.split(text)), first[0]


def by_token(rows: list[Row], path: Path) -> dict[str, Row]:
    """Rows by their token; InputFileError if two have the same."""
    found: dict[str, Row] = {}
    for row in rows:
        token = text(row, "token", path)
        if token in found:
            raise InputFileError(f"two rows have the token {token[:60]!r}", path, _FIX)
        found[token] = row
    return found


def linked(rows: dict[str, Row], row: Row, key: str, path: Path, target: str) -> Row:
    """The row that `key` of another row names; InputFileError if there is none."""
    token = text(row, key, path)
    if token not in rows:
        raise InputFileError(
            f"{key} {token[:60]!r} of row {str(row.get('token'))[:60]!r} is not in {target}.json",
            path,
            "restore the tables; they belong together",
        )
    return rows[token]


def text(row: Row, key: str, path: Path) -> str:
    """A value that is text."""
    value = row.get(key)
    if not isinstance(value, str):
        raise _wrong(row, key, path, "text")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a character, as "\ud800" in JSON
        raise _wrong(row, key, path, "Unicode text") from error
    return value


def flag(row: Row, key: str, path: Path) -> bool:
    """A value that is true or false."""
    value = row.get(key)
    if not isinstance(value, bool):
        raise _wrong(row, key, path, "true or false")
    return value


def whole(row: Row, key: str, path: Path, least: int, most: int) -> int:
    """A whole number within limits."""
    value = row.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(row, key, path, f"a whole number from {least} to {most}")
    return value


def time_ns(row: Row, path: Path) -> int:
    """The timestamp, which tables give in microseconds."""
    return whole(row, "timestamp", path, 0, MAX_TIME_US) * 1000


def numbers(row: Row, key: str, path: Path, shape: tuple[int, ...]) -> FloatArray:
    """Finite numbers of a shape."""
    value = row.get(key)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.array([math.nan])
    # Texts such as "1" become numbers in numpy.
    if array.shape != shape or not np.isfinite(array).all() or not _all_numbers(value):
        raise _wrong(row, key, path, " x ".join(map(str, shape)) + " finite numbers")
    return array


def pose(row: Row, path: Path) -> SE3:
    """The transform in the columns `rotation` (w, x, y, z) and `translation`."""
    rotation = numbers(row, "rotation", path, (4,))
    try:
        return SE3.from_quaternion(rotation, numbers(row, "translation", path, (3,)))
    except NotARigidTransformError as error:
        raise InputFileError(
            f"{error.what} in row {str(row.get('token'))[:60]!r}", path, "correct the row"
        ) from error


def poses(rows: list[Row], path: Path) -> SE3:
    """Those of many rows, batch of N."""
    rotation = np.array([numbers(row, "rotation", path, (4,)) for row in rows]).reshape(-1, 4)
    translation_m = np.array([numbers(row, "translation", path, (3,)) for row in rows])
    try:
        return SE3.from_quaternion(rotation, translation_m.reshape(-1, 3))
    except NotARigidTransformError:
        for row in rows:
            pose(row, path)  # says which
        raise


def _all_numbers(value: object) -> bool:
    if isinstance(value, list):
        return all(_all_numbers(part) for part in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(row: Row, key: str, path: Path, expected: str) -> InputFileError:
    token = row.get("token")
    named = f" of row {token[:60]!r}" if isinstance(token, str) else ""
    given = "is missing" if key not in row else f"is {str(row[key])[:60]!r}"
    return InputFileError(f"{key}{named} {given}, expected {expected}", path, "correct the row")
