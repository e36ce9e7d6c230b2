"""Tables of numbers as text, as PCD and PLY files have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.point_file import COPY_AGAIN
from av3d.errors import InputFileError

MAX_TEXT_BYTES = 64 * 1024**2
"""A million points; numbers take several times the memory of their text."""

MAX_ONE_BY_ONE = 5_000_000
"""Values that are read one by one; more take longer than anybody waits."""


def read_rows(
    text: bytes, kinds: Sequence[np.dtype[Any]], rows: int, path: Path
) -> list[npt.NDArray[Any]]:
    """The columns of the first rows of a table whose numbers are separated by white space.

    Args:
        text: the table, perhaps with more after it.
        kinds: type of each column.
        rows: how many rows there must be.
        path: the file, for messages.

    Raises:
        InputFileError: fewer rows, a row with too few or too many values, or no number.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise InputFileError(
            f"sweep has {len(text):,} bytes of text, limit {MAX_TEXT_BYTES:,}",
            path,
            "store it as a binary file",
        )
    if rows == 0:
        return [np.empty(0, kind) for kind in kinds]
    lines = text.split(b"\n", rows)[:rows]
    if len(lines) < rows or not lines[-1].strip():
        found = sum(bool(line.strip()) for line in lines)
        raise InputFileError(
            f"sweep is truncated: {found:,} rows, the header says {rows:,}", path, COPY_AGAIN
        )
    table = b"\n".join(lines)
    columns = _read_at_once(table, kinds, rows)
    if columns is None:  # with tabs, or with two spaces in a row to align columns
        columns = _read_at_once(b"\n".join(b" ".join(line.split()) for line in lines), kinds, rows)
    return _read_one_by_one(lines, kinds, path) if columns is None else columns


def _read_at_once(
    table: bytes, kinds: Sequence[np.dtype[Any]], rows: int
) -> list[npt.NDArray[Any]] | None:
    """By pyarrow, ten times as fast as numpy; None where anything at all is unusual in the table."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(at) for at in range(len(kinds))]
    try:
        read = csv.read_csv(
            pa.py_buffer(table),
            read_options=csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types={
                    name: pa.from_numpy_dtype(kind.newbyteorder("="))
                    for name, kind in zip(names, kinds, strict=True)
                },
                null_values=[],
            ),
        )
    except (pa.ArrowException, ValueError, OSError, MemoryError):
        return None
    if read.num_rows != rows:
        return None
    return [
        # Not to_numpy(), which would import pandas first, for half a second.
        np.concatenate([np.from_dlpack(chunk) for chunk in read[name].chunks])
        for name in names
    ]


def _read_one_by_one(
    lines: Sequence[bytes], kinds: Sequence[np.dtype[Any]], path: Path
) -> list[npt.NDArray[Any]]:
    """Number by number, with an error that names the row."""
    if len(lines) * len(kinds) > MAX_ONE_BY_ONE:
        raise InputFileError("the rows are not points of numbers", path, "store a binary file")
    columns: list[list[float]] = [[] for _ in kinds]
    for row, line in enumerate(lines):
        cells = line.split()
        if len(cells) != len(kinds):
            raise InputFileError(
                f"row {row} has {len(cells)} values, expected {len(kinds)}", path, COPY_AGAIN
            )
        for column, kind, cell in zip(columns, kinds, cells, strict=True):
            try:
                column.append(_number(cell, kind))
            except (ValueError, OverflowError) as error:
                text = cell[:40].decode("latin-1")
                raise InputFileError(
                    f"row {row}: {text!r} is no {kind.name}", path, COPY_AGAIN
                ) from error
    with np.errstate(over="ignore"):
        return [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]


def _number(cell: bytes, kind: np.dtype[Any]) -> float:
    if kind.kind == "f":
        return float(cell)
    value = int(cell)
    limits = np.iinfo(kind)
    if not limits.min <= value <= limits.max:
        raise OverflowError("out of range")
    return value
