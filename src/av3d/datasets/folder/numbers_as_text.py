"""Tables of numbers as text, as PCD and PLY files have them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.point_file import COPY_AGAIN
from av3d.errors import InputFileError

MAX_TEXT_BYTES = 256 * 1024**2
"""Numbers take up to four times the memory of their text."""


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
    table = text if len(lines) == text.count(b"\n") + 1 else b"\n".join(lines)
    columns = _read_at_once(table, kinds, rows)
    return _read_typed(table, kinds, path) if columns is None else columns


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
        return None  # two spaces in a row, perhaps; reading type by type says which row is wrong
    if read.num_rows != rows:
        return None
    return [
        # Not to_numpy(), which would import pandas first, for half a second.
        np.concatenate([np.from_dlpack(chunk) for chunk in read[name].chunks])
        for name in names
    ]


def _read_typed(table: bytes, kinds: Sequence[np.dtype[Any]], path: Path) -> list[npt.NDArray[Any]]:
    """Number by number, with an error that names the row."""
    layout = np.dtype([(str(at), kind) for at, kind in enumerate(kinds)])
    try:
        read = np.loadtxt(
            io.StringIO(table.decode("latin-1")), dtype=layout, comments=None, ndmin=1
        )
    except (ValueError, OverflowError) as error:
        raise InputFileError(f"a row is no point: {error}"[:300], path, COPY_AGAIN) from error
    return [np.ascontiguousarray(read[str(at)]) for at in range(len(kinds))]
