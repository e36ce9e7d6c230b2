"""Parquet files: written in blocks of rows, read without trusting what they claim."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from av3d.datasets.feather import Table
from av3d.datasets.waymo.components import schema_of
from av3d.errors import InputFileError
from av3d.reading import read_bytes

BLOCK_ROWS = 16_384
"""Rows that wait in memory until they are written together."""

MAX_ROWS = 5_000_000
"""A table that claims more is refused; a segment has some 20,000 cuboids."""
MAX_UNPACKED_BYTES = 512 * 1024**2
"""All columns that are read, as the file states it."""

COPY_AGAIN = "copy the file again"


class ComponentWriter:
    """Writes one component of one segment; use it in a `with` block.

    Args:
        folder: of the export.
        component: one of COMPONENTS.
        file_name: of the segment, without ending.
    """

    def __init__(self, folder: Path, component: str, file_name: str) -> None:
        import pyarrow.parquet as pq

        self._schema = schema_of(component)
        (folder / component).mkdir(exist_ok=True)
        path = folder / component / f"{file_name}.parquet"
        self._writer = pq.ParquetWriter(str(path), self._schema, compression="snappy")
        self._rows: list[Sequence[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def add(self, row: Sequence[Any]) -> None:
        """Add a row, values in the order of the columns; None stands for no value."""
        self._rows.append(row)
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        rows, self._rows = self._rows, []
        if rows:
            arrays = [
                pa.array(column, type=field.type)
                for column, field in zip(zip(*rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))


def read_component(
    path: Path, what: str, required: Sequence[str], optional: Sequence[str]
) -> Table:
    """Columns of a component that hold numbers or text.

    Args:
        path: the file.
        what: what it is for the user: "boxes".
        required: columns that must be there, with a value in each row.
        optional: whole numbers that may be missing; a row without a value has 0.

    Raises:
        InputFileError: the file cannot be read, is truncated or damaged, claims too much, lacks a
            column, or a column has no value in some row or is neither numbers nor text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = read_bytes(path, what)
    if not data:
        raise InputFileError(f"{what}: the file is empty, 0 bytes", path, COPY_AGAIN)
    if not (data.startswith(b"PAR1") and data.endswith(b"PAR1")):
        raise InputFileError(f"{what}: not a whole Parquet file", path, COPY_AGAIN)
    try:
        # Texts stay numbers into a list of words: a small file may repeat a long text very often.
        texts = [name for name in required if name.startswith("key.")]
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=texts)
        names = list(file.schema_arrow.names)
        _check_claims(file, [*required, *optional], path, what)
        missing = [name for name in required if name not in names]
        if missing:
            raise InputFileError(
                f"{what}: there is no column {missing[0]!r}", path, "give a component of Waymo's"
            )
        wanted = [*required, *(name for name in optional if name in names)]
        table = file.read(columns=wanted, use_threads=False)
        table.validate(full=True)
        return {name: _column(table.column(name), name, path, name in required) for name in wanted}
    # Arrow's own errors are ValueError, OSError, KeyError, NotImplementedError and MemoryError.
    except (pa.ArrowException, ValueError, OSError, KeyError, MemoryError) as error:
        raise InputFileError(f"{what}: damaged: {error}"[:300], path, COPY_AGAIN) from error


def _check_claims(file: Any, columns: Sequence[str], path: Path, what: str) -> None:
    metadata = file.metadata
    if not 0 <= metadata.num_rows <= MAX_ROWS:
        raise InputFileError(
            f"{what}: {metadata.num_rows:,} rows, limit {MAX_ROWS:,}", path, COPY_AGAIN
        )
    unpacked = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        chunks = [row_group.column(index) for index in range(row_group.num_columns)]
        unpacked += sum(
            max(chunk.total_uncompressed_size, 0) for chunk in chunks
            if chunk.path_in_schema in columns
        )  # fmt: skip
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"{what}: unpacks to {unpacked:,} bytes, limit {MAX_UNPACKED_BYTES:,}", path, COPY_AGAIN
        )


def _column(column: Any, name: str, path: Path, required: bool) -> Any:
    import pyarrow as pa

    if column.null_count and required:
        row = next(row for row, value in enumerate(column) if not value.is_valid)
        raise InputFileError(
            f"column {name!r} has no value in row {row}", path, "correct or remove the row"
        )
    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        words: list[Any] = []
        for chunk in column.chunks:
            known = chunk.dictionary.to_pylist()
            words += [known[index] for index in chunk.indices.to_pylist()]
        array = np.empty(len(words), dtype=object)
        array[:] = words
        return array
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(column.to_pylist(), dtype=object)
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        whole = column.cast(pa.int64()).fill_null(0)
        return np.array(whole.to_pylist(), dtype=np.int64)
    if pa.types.is_floating(kind) and required:
        return np.array(column.cast(pa.float64()).to_pylist(), dtype=np.float64)
    raise InputFileError(f"column {name!r} is {kind}, not what the component has", path, COPY_AGAIN)
