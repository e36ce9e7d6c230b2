"""Parquet files, row group by row group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.dataset import DatasetError
from av3d.datasets.table.columns import Kind
from av3d.datasets.table.sources import MAX_ROWS, Table, wanted
from av3d.errors import InputFileError
from av3d.reading import local_file, open_file

MAX_UNPACKED_BYTES = 2 * 1024**3
"""All columns that are read, as the file states it."""
BATCH_ROWS = 20_000
COPY_AGAIN = "copy the file again"


def parquet_header(path: Path) -> tuple[str, ...]:
    """The names of the columns."""
    import pyarrow as pa

    with _opened(path) as file:
        try:
            return tuple(file.schema_arrow.names)
        except pa.ArrowException as error:
            raise ValueError(str(error)) from error


def read_parquet(path: Path, columns: Mapping[str, Kind]) -> Table:
    """See `read_table`."""
    import pyarrow as pa

    with _opened(path) as file:
        try:
            header = list(file.schema_arrow.names)
            kinds, unread = wanted(header, columns, path)
            _check_claims(file, kinds, path)
            parts: dict[str, list[Any]] = {name: [] for name in kinds}
            rows = 0
            for batch in file.iter_batches(BATCH_ROWS, columns=list(kinds), use_threads=False):
                for name, kind in kinds.items():
                    parts[name].append(_values(batch.column(name), kind, name, rows, path))
                rows += batch.num_rows
        # Arrow's own errors are ValueError, OSError, KeyError, NotImplementedError and MemoryError.
        except (pa.ArrowException, ValueError, OSError, KeyError, MemoryError) as error:
            raise InputFileError(f"table is damaged: {error}"[:300], path, COPY_AGAIN) from error
    numbers = {n: _joined(parts[n], np.float64) for n, k in kinds.items() if k == Kind.NUMBER}
    whole = {
        name: (
            _joined([values for values, _ in parts[name]], np.int64),
            _joined([known for _, known in parts[name]], np.bool_),
        )
        for name, kind in kinds.items()
        if kind in (Kind.WHOLE, Kind.FLAG)
    }
    texts = {
        name: [text for part in parts[name] for text in part]
        for name, kind in kinds.items()
        if kind == Kind.TEXT
    }
    return Table(path, rows, numbers, whole, texts, np.arange(rows), "row", unread)


def _opened(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    open_file(path, "table").close()  # what is no file, such as a pipe, the library would wait for
    here = local_file(path, "table")
    try:
        return pq.ParquetFile(here)
    except FileNotFoundError as error:
        raise InputFileError("there is no such file", path, "check the path") from error
    except (pa.ArrowException, ValueError, OSError, MemoryError) as error:
        raise InputFileError(f"is no Parquet table: {error}"[:300], path, COPY_AGAIN) from error


def _check_claims(file: Any, kinds: Mapping[str, Kind], path: Path) -> None:
    """Refuse what the file says is too much, before memory is asked for."""
    metadata = file.metadata
    if not 0 <= metadata.num_rows <= MAX_ROWS:
        raise DatasetError(
            f"table has {metadata.num_rows:,} rows, limit {MAX_ROWS:,}", path, "split it by logs"
        )
    unpacked = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for column in range(row_group.num_columns):
            chunk = row_group.column(column)
            if chunk.path_in_schema.split(".")[0] in kinds:
                unpacked += max(chunk.total_uncompressed_size, 0)
    if unpacked > MAX_UNPACKED_BYTES:
        raise DatasetError(
            f"table unpacks to {unpacked:,} bytes, limit {MAX_UNPACKED_BYTES:,}", path,
            "split it by logs",
        )  # fmt: skip


def _values(column: Any, kind: Kind, name: str, before: int, path: Path) -> Any:
    """A piece of a column; `before` rows are in front of it."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_null(column.type):
        column = column.cast(pa.string() if kind == Kind.TEXT else pa.int64())
    if kind == Kind.TEXT:
        if not (
            _is_text(column.type) or _is_number(column.type) or pa.types.is_boolean(column.type)
        ):
            raise _other_kind(name, column, kind, path)
        return ["" if text is None else text for text in column.cast(pa.string()).to_pylist()]
    if kind in (Kind.FLAG, Kind.WHOLE):
        return _whole(column, kind, name, before, path)
    if not _is_number(column.type):
        raise _other_kind(name, column, kind, path)
    values = column.cast(pa.float64())
    return np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _whole(
    column: Any, kind: Kind, name: str, before: int, path: Path
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    import pyarrow as pa

    known = np.array(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    if pa.types.is_timestamp(column.type) and kind == Kind.WHOLE:
        column = column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64())
    fits = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not (fits if kind == Kind.WHOLE else pa.types.is_boolean(column.type) or fits):
        raise _other_kind(name, column, kind, path)
    if pa.types.is_floating(column.type):
        numbers = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
        known &= ~np.isnan(numbers)
        numbers = np.where(known, numbers, 0.0)
        wrong = np.flatnonzero((np.abs(numbers) > 2**53) | (numbers != np.round(numbers)))
        if len(wrong):
            raise DatasetError(
                f"row {before + wrong[0]}: {name} is {numbers[wrong[0]]}, not {kind.value}", path,
                "store it as int64",
            )  # fmt: skip
        return numbers.astype(np.int64), known
    filled = column.cast(pa.int64()).fill_null(0)
    return np.array(filled.to_numpy(zero_copy_only=False), dtype=np.int64), known


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _other_kind(name: str, column: Any, kind: Kind, path: Path) -> DatasetError:
    return DatasetError(
        f"column {name} holds {column.type}, not {kind.value}", path, "give it another type"
    )


def _joined(parts: list[Any], dtype: Any) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])
