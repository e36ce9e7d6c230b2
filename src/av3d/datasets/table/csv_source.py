"""CSV files, line by line."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.table.columns import Kind
from av3d.datasets.table.sources import MAX_ROWS, Table, wanted
from av3d.errors import InputFileError
from av3d.reading import MAX_BYTES, open_file
from av3d.types import BoolArray, FloatArray, IntArray

MAX_LINE_BYTES = 1_000_000
MAX_CELL = 100_000
"""Characters."""
SEPARATORS = ",;\t"
BLOCK_ROWS = 20_000
TRUE, FALSE = ("true", "1"), ("false", "0")


def csv_header(path: Path) -> tuple[str, ...]:
    """The names in the first line."""
    with open_file(path, "table") as file:
        return _Lines(file, path).header


def read_csv(path: Path, columns: Mapping[str, Kind]) -> Table:
    """See `read_table`. The separator is a comma, a semicolon or a tab, as in the header."""
    with open_file(path, "table") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise InputFileError(
                f"table has {size:,} bytes, limit {MAX_BYTES:,}", path, "split it by logs"
            )
        lines = _Lines(file, path)
        kinds, unread = wanted(lines.header, columns, path)
        read = _Columns(lines.header, kinds, path)
        for number, cells in lines.rows():
            read.add(number, cells)
        return read.table(unread)


class _Lines:
    """The records of a file and the lines that they end on."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._number = 0
        first = self._next()
        if not first.strip():
            raise DatasetError("table has no header", path, "name the columns in the first line")
        self._separator = max(SEPARATORS, key=first.count)
        self._reader = csv.reader(self._texts(first), delimiter=self._separator, strict=True)
        header = self._record()
        assert header is not None  # the first line has something in it
        self.header = tuple(name.strip() for name in header)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The records after the header; empty lines are left out."""
        while (cells := self._record()) is not None:
            if not cells:
                continue
            if len(cells) != len(self.header):
                raise self._wrong(
                    f"{len(cells)} cells, and the header has {len(self.header)}",
                    "put cells with a separator, a quote or a line break in quotes",
                )
            yield self._number, cells

    def _record(self) -> list[str] | None:
        limit = csv.field_size_limit(MAX_CELL)
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise self._wrong(str(error), "correct its quotes") from error
        finally:
            csv.field_size_limit(limit)

    def _texts(self, first: str) -> Iterator[str]:
        yield first
        while line := self._next():
            yield line

    def _next(self) -> str:
        try:
            line = self._file.readline(MAX_LINE_BYTES)
        except OSError as error:
            raise InputFileError(
                f"cannot read table: {error.strerror or error}", self._path, "restore the file"
            ) from error
        self._number += bool(line)
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise self._wrong(f"longer than {MAX_LINE_BYTES:,} bytes", "give a CSV file")
        if self._number == 1:
            if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise DatasetError("table is UTF-16 text", self._path, "save it as UTF-8")
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._wrong(f"byte {error.start} is not UTF-8", "save it as UTF-8") from error
        if "\0" in text:
            raise self._wrong("holds a zero character", "save it as UTF-8")
        return text

    def _wrong(self, what: str, fix: str) -> DatasetError:
        return DatasetError(f"line {self._number}: {what}", self._path, fix)


class _Columns:
    """Collects cells, and makes arrays of them block by block: as text they take more memory."""

    def __init__(self, header: Sequence[str], kinds: Mapping[str, Kind], path: Path) -> None:
        self._path, self._kinds = path, kinds
        self._at = [(header.index(name), name) for name in kinds]
        self._cells: dict[str, list[str]] = {name: [] for name in kinds}
        self._block_lines: list[int] = []
        self._lines: list[IntArray] = []
        self._numbers: dict[str, list[FloatArray]] = {name: [] for name in self._of(Kind.NUMBER)}
        self._whole: dict[str, list[tuple[IntArray, BoolArray]]] = {
            name: [] for name in (*self._of(Kind.WHOLE), *self._of(Kind.FLAG))
        }
        self._texts: dict[str, list[str]] = {name: [] for name in self._of(Kind.TEXT)}
        self._known: dict[str, str] = {}
        self._rows = 0

    def _of(self, kind: Kind) -> tuple[str, ...]:
        return tuple(name for name, own in self._kinds.items() if own == kind)

    def add(self, line: int, cells: Sequence[str]) -> None:
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise DatasetError(
                f"table has more than {MAX_ROWS:,} rows", self._path, "split it by logs"
            )
        for place, name in self._at:
            self._cells[name].append(cells[place].strip())
        self._block_lines.append(line)
        if len(self._block_lines) == BLOCK_ROWS:
            self._finish()

    def _finish(self) -> None:
        for name in self._numbers:
            values = self._converted(name, _number, np.nan)
            self._numbers[name].append(np.array(values, dtype=np.float64))
        for name in self._whole:
            parse = _flag if self._kinds[name] == Kind.FLAG else _whole
            values = self._converted(name, parse, None)
            known = np.array([value is not None for value in values], dtype=np.bool_)
            whole = np.array([value or 0 for value in values], dtype=np.int64)
            self._whole[name].append((whole, known))
        for name, texts in self._texts.items():
            # Most texts are there thousands of times.
            texts.extend(self._known.setdefault(text, text) for text in self._cells[name])
        self._lines.append(np.array(self._block_lines, dtype=np.int64))
        self._block_lines = []
        for cells in self._cells.values():
            cells.clear()

    def _converted(
        self, name: str, parse: Callable[[str], float | int], empty: float | None
    ) -> list[float | int | None]:
        found: list[float | int | None] = []
        for line, cell in zip(self._block_lines, self._cells[name], strict=True):
            try:
                found.append(parse(cell) if cell else empty)
            except ValueError as error:
                raise DatasetError(
                    f"line {line}: {name} is {_short(cell)}, not {self._kinds[name].value}",
                    self._path,
                    "correct it",
                ) from error
        return found

    def table(self, unread: tuple[str, ...]) -> Table:
        """All that was added."""
        self._finish()
        return Table(
            self._path,
            self._rows,
            {name: np.concatenate(parts) for name, parts in self._numbers.items()},
            {
                name: (
                    np.concatenate([values for values, _ in parts]),
                    np.concatenate([known for _, known in parts]),
                )
                for name, parts in self._whole.items()
            },
            self._texts,
            np.concatenate(self._lines),
            "line",
            unread,
        )


def _number(cell: str) -> float:
    if "_" in cell:  # Python reads 1_000
        raise ValueError(cell)
    return float(cell)


def _whole(cell: str) -> int:
    if "_" in cell or len(cell) > 40:
        raise ValueError(cell)
    try:
        value = int(cell)
    except ValueError:
        number = float(cell)  # tables of numbers write 12.0; beyond 2^53 they would have rounded
        if not number.is_integer() or abs(number) > 2**53:
            raise
        value = int(number)
    if not -(2**63) <= value < 2**63:
        raise ValueError(cell)
    return value


def _flag(cell: str) -> int:
    word = cell.lower()
    if word in TRUE:
        return 1
    if word in FALSE:
        return 0
    raise ValueError(cell)


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else f"{cell[:37]}...")
