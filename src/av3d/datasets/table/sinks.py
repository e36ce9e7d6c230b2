"""Files that tables are written to, block by block."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from av3d.datasets.table.columns import Kind

Block = Mapping[str, Sequence[Any]]
"""Columns by name, all of one length; None where a cell is empty."""


class Sink(Protocol):
    """Takes the rows of a table."""

    def write(self, block: Block) -> None:
        """Append rows."""


@contextmanager
def sink(path: Path, columns: Mapping[str, Kind]) -> Iterator[Sink]:
    """A new file of a table, of the kind that its ending says: .csv or .parquet."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            yield _Csv(file, columns)
        return
    import pyarrow.parquet as pq

    schema = _schema(columns)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield _Parquet(writer, schema)


class _Csv:
    def __init__(self, file: Any, columns: Mapping[str, Kind]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._names = list(columns)
        self._writer.writerow(self._names)

    def write(self, block: Block) -> None:
        # None becomes an empty cell, a float the shortest text that is read as the same number.
        columns = [_cells(block[name]) for name in self._names]
        self._writer.writerows(zip(*columns, strict=True))


def _cells(values: Sequence[Any]) -> Sequence[Any]:
    if values and isinstance(values[0], bool):
        return ["true" if value else "false" for value in values]
    return values


class _Parquet:
    def __init__(self, writer: Any, schema: Any) -> None:
        self._writer, self._schema = writer, schema

    def write(self, block: Block) -> None:
        import pyarrow as pa

        arrays = [pa.array(block[field.name], type=field.type) for field in self._schema]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))


def _schema(columns: Mapping[str, Kind]) -> Any:
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.FLAG: pa.bool_(),
    }
    return pa.schema([pa.field(name, types[kind]) for name, kind in columns.items()])
