"""Tables read without trusting them: the known columns as arrays, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.table.columns import ATTRIBUTE, Kind
from av3d.types import BoolArray, FloatArray, IntArray

MAX_ROWS = 5_000_000
"""A table with more is refused: a drive of an hour at 10 Hz has 3,600,000 cuboids with 100 in each."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table that somebody asked for.

    Attributes:
        path: the file.
        rows: how many.
        numbers: columns of numbers, NaN where a cell is empty.
        whole: columns of whole numbers, and which cells are not empty.
        texts: columns of text, "" where a cell is empty.
        places: where each row is in the file, (N,).
        unit: what `places` count: lines from 1, of which the header is one, or rows from 0.
        unread: names of further columns.
    """

    path: Path
    rows: int
    numbers: Mapping[str, FloatArray]
    whole: Mapping[str, tuple[IntArray, BoolArray]]
    texts: Mapping[str, Sequence[str]]
    places: IntArray
    unit: str
    unread: tuple[str, ...] = ()

    def __contains__(self, name: object) -> bool:
        return name in self.numbers or name in self.whole or name in self.texts

    def place_of(self, row: int) -> str:
        """Where a row is, for messages: "line 12"."""
        return f"{self.unit} {self.places[row]}"

    def required_numbers(self, *names: str) -> FloatArray:
        """Columns of finite numbers side by side, (N, len(names)).

        Raises:
            DatasetError: a cell is empty or not finite; says which.
        """
        values = np.column_stack([self.numbers[name] for name in names])
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, column = wrong[0].tolist()
            what = "empty" if np.isnan(values[row, column]) else "not a finite number"
            raise self.wrong(row, f"{names[column]} is {what}")
        return values

    def required_whole(self, name: str) -> IntArray:
        """A column of whole numbers without empty cells, (N,)."""
        values, known = self.whole[name]
        if not known.all():
            raise self.wrong(int(np.flatnonzero(~known)[0]), f"{name} is empty")
        return values

    def required_texts(self, name: str) -> Sequence[str]:
        """A column of text without empty cells."""
        values = self.texts[name]
        if "" in values:
            raise self.wrong(values.index(""), f"{name} is empty")
        return values

    def wrong(self, row: int, what: str, fix: str = "correct it") -> DatasetError:
        """The error that something is wrong with a row."""
        return DatasetError(f"{self.place_of(row)}: {what}", self.path, fix)

    def only(self, rows: IntArray) -> Table:
        """The table with some of its rows."""
        return Table(
            self.path,
            len(rows),
            {name: values[rows] for name, values in self.numbers.items()},
            {name: (values[rows], known[rows]) for name, (values, known) in self.whole.items()},
            {name: [values[row] for row in rows.tolist()] for name, values in self.texts.items()},
            self.places[rows],
            self.unit,
            self.unread,
        )


def read_table(path: Path, columns: Mapping[str, Kind]) -> Table:
    """Read a .csv or .parquet file.

    Args:
        path: the file.
        columns: what to read, where it is there; columns of attributes are read besides, as text.

    Raises:
        InputFileError: the file cannot be read.
        DatasetError: it is no table, or a cell is not what its column holds; says which.
    """
    if path.suffix.lower() == ".parquet":
        from av3d.datasets.table.parquet_source import read_parquet

        return read_parquet(path, columns)
    from av3d.datasets.table.csv_source import read_csv

    return read_csv(path, columns)


def header_of(path: Path) -> tuple[str, ...]:
    """The names of the columns of a file; none where it is no table. Never raises."""
    from av3d.errors import Av3dError

    try:
        if not path.is_file():
            return ()
        if path.suffix.lower() == ".parquet":
            from av3d.datasets.table.parquet_source import parquet_header

            return parquet_header(path)
        if path.suffix.lower() == ".csv":
            from av3d.datasets.table.csv_source import csv_header

            return csv_header(path)
    except (Av3dError, OSError, ValueError):
        pass
    return ()


def wanted(
    header: Sequence[str], columns: Mapping[str, Kind], path: Path
) -> tuple[dict[str, Kind], tuple[str, ...]]:
    """The columns of a header that are read, and the names of the others.

    Raises:
        DatasetError: a name is there twice.
    """
    for name in header:
        if header.count(name) > 1:
            raise DatasetError(f"two columns are called {name!r}", path, "rename or remove one")
    kinds = {
        name: columns.get(name, Kind.TEXT)
        for name in header
        if name in columns or name.startswith(ATTRIBUTE)
    }
    return kinds, tuple(name for name in header if name not in kinds)
