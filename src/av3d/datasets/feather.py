"""Tables in Feather files (Arrow IPC files), read without trusting what they claim.

A table of a megabyte may say that it unpacks to hundreds of gigabytes, or that it has 2⁶² rows, and
Arrow would ask for that memory before it finds out. So the sizes that the file's own records state
are added up first. Source of the layout: Apache Arrow, "Arrow Columnar Format", sections
"Serialization and Interprocess Communication (IPC)" and "File Format", and the schemas
format/Message.fbs and format/File.fbs that it refers to.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.reading import read_bytes
from av3d.types import FloatArray, IntArray

MAX_ROWS = 5_000_000
"""A table that claims more is refused; a large sweep has 300,000 points."""

MAX_UNPACKED_BYTES = 512 * 1024**2
"""All columns of a table together; a large sweep has 10 MB."""

MAGIC = b"ARROW1"
COPY_AGAIN = "copy the file again"

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3

_DTYPES = {"halffloat": "f2", "float": "f4", "double": "f8"} | {
    f"{sign}int{8 * size}": f"{sign or 'i'}{size}" for sign in ("", "u") for size in (1, 2, 4, 8)
}
"""numpy's types by Arrow's names."""

_OTHERS = {"bool": "?", "string": "O", "large_string": "O", "string_view": "O"}

Table = Mapping[str, npt.NDArray[Any]]
"""Columns by name, all of one length; text is an array of str objects."""


def read_feather(path: Path, what: str, columns: Sequence[str] | None = None) -> Table:
    """The columns of a Feather file (version 2), with or without compression.

    Args:
        path: the file.
        what: what it is for the user: "sweep", "poses".
        columns: the columns that must be there; others are not unpacked. None: all that hold
            numbers, truth values or text.

    Raises:
        InputFileError: the file cannot be read, is truncated or damaged, claims more than MAX_ROWS
            or MAX_UNPACKED_BYTES, lacks a column, or a column has no value in some row or is
            neither numbers nor text.
    """
    data = read_bytes(path, what)
    if not data:
        raise InputFileError(f"{what} is empty, 0 bytes", path, COPY_AGAIN)
    if not data.startswith(MAGIC):
        raise InputFileError(f"{what} is not a Feather file (version 2)", path, COPY_AGAIN)
    if not data.endswith(MAGIC):
        raise InputFileError(f"{what} is truncated, {len(data):,} bytes", path, COPY_AGAIN)
    try:
        rows, unpacked = _claimed(data)
    except (struct.error, ValueError, IndexError) as error:
        raise InputFileError(f"{what} is damaged: {error}", path, COPY_AGAIN) from error
    if rows > MAX_ROWS:
        raise InputFileError(f"{what} has {rows:,} rows, limit {MAX_ROWS:,}", path, COPY_AGAIN)
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"{what} unpacks to {unpacked:,} bytes, limit {MAX_UNPACKED_BYTES:,}", path, COPY_AGAIN
        )
    return _read(data, path, what, columns)


def numbers(table: Table, name: str, path: Path) -> FloatArray:
    """A column as finite float64, (N,). InputFileError names the first row that is not."""
    column = table[name]
    if column.dtype.kind not in "fiu":
        raise InputFileError(f"column {name!r} is {_kind(column)}, not numbers", path, COPY_AGAIN)
    values = column.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise InputFileError(
            f"column {name!r}, row {wrong[0]}: {values[wrong[0]]} is not a finite number",
            path,
            "correct or remove the row",
        )
    return values


def whole_numbers(table: Table, name: str, path: Path) -> IntArray:
    """A column of integers as int64, (N,). InputFileError if it holds anything else."""
    column = table[name]
    if column.dtype.kind not in "iu" or (
        column.dtype == np.uint64 and column.size and column.max() >= 2**63
    ):
        raise InputFileError(
            f"column {name!r} is {_kind(column)}, not whole numbers of 64 bits", path, COPY_AGAIN
        )
    return column.astype(np.int64)


def texts(table: Table, name: str, path: Path) -> list[str]:
    """A column of text. InputFileError if it holds anything else."""
    column = table[name]
    if column.dtype != np.dtype(object):
        raise InputFileError(f"column {name!r} is {_kind(column)}, not text", path, COPY_AGAIN)
    return [str(value) for value in column]


def _kind(column: npt.NDArray[Any]) -> str:
    return "text" if column.dtype == np.dtype(object) else str(column.dtype)


def _read(data: bytes, path: Path, what: str, columns: Sequence[str] | None) -> Table:
    import pyarrow as pa

    try:
        names = list(pa.ipc.open_file(pa.py_buffer(data)).schema.names)
        wanted = list(names) if columns is None else list(columns)
        missing = [name for name in wanted if name not in names]
        if missing:
            raise InputFileError(
                f"{what} has no column {missing[0]!r}",
                path,
                f"give a table with the columns {', '.join(wanted)}",
            )
        doubled = [name for name in wanted if names.count(name) > 1]
        if doubled:
            raise InputFileError(f"{what} has two columns {doubled[0]!r}", path, "remove one")
        options = pa.ipc.IpcReadOptions(
            included_fields=[names.index(name) for name in wanted], use_threads=False
        )
        table = pa.ipc.open_file(pa.py_buffer(data), options=options).read_all()
        table.validate(full=True)
        found: dict[str, npt.NDArray[Any]] = {}
        for name in wanted:
            column = _column(table.column(name), name, path, required=columns is not None)
            if column is not None:
                found[name] = column
    # Arrow's own errors are ValueError, OSError, KeyError, NotImplementedError and MemoryError.
    except (pa.ArrowException, ValueError, OSError, MemoryError) as error:
        raise InputFileError(f"{what} is damaged: {error}"[:300], path, COPY_AGAIN) from error
    return found


def _column(column: Any, name: str, path: Path, *, required: bool) -> npt.NDArray[Any] | None:
    """A column as an array; None if it is of another kind or has gaps and nobody asked for it."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = str(column.type)
    if kind not in _DTYPES and kind not in _OTHERS:
        if required:
            raise InputFileError(
                f"column {name!r} is {kind}, neither numbers nor text", path, COPY_AGAIN
            )
        return None
    if column.null_count:
        if required:
            row = next(row for row, value in enumerate(column) if not value.is_valid)
            raise InputFileError(
                f"column {name!r} has no value in row {row}", path, "correct or remove the row"
            )
        return None
    if kind in _OTHERS:
        return np.array(column.to_pylist(), dtype=_OTHERS[kind])
    # Arrow's own to_numpy imports pandas, which takes longer than opening a whole log.
    dtype = np.dtype(_DTYPES[kind])
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype, len(chunk), chunk.offset * dtype.itemsize)
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.asarray(np.concatenate([np.empty(0, dtype), *parts]))


def _claimed(data: bytes) -> tuple[int, int]:
    """Rows and unpacked bytes of all batches of an Arrow file, as its records state them.

    Raises:
        struct.error, ValueError: a record lies outside the file or makes no sense.
    """
    # The file ends in the footer, its length and the magic.
    footer_bytes = int(_at(data, "<i", len(data) - len(MAGIC) - 4))
    footer_start = len(data) - len(MAGIC) - 4 - footer_bytes
    if not len(MAGIC) <= footer_start < len(data):
        raise ValueError(f"a footer of {footer_bytes:,} bytes")
    footer = _Record(data, footer_start + int(_at(data, "<I", footer_start)))
    rows = unpacked = 0
    for field, is_record in ((2, False), (3, True)):
        for block in footer.structs(field, 24):
            offset, metadata_bytes = struct.unpack_from("<qi", data, block)
            batch_rows, batch_bytes = _claimed_by_batch(data, offset, metadata_bytes)
            rows += batch_rows if is_record else 0
            unpacked += batch_bytes
            if batch_rows > MAX_ROWS or rows > MAX_ROWS or unpacked > MAX_UNPACKED_BYTES:
                return max(rows, batch_rows), unpacked
    return rows, unpacked


def _claimed_by_batch(data: bytes, offset: int, metadata_bytes: int) -> tuple[int, int]:
    """Rows and unpacked bytes of the batch whose message starts at an offset of the file."""
    if not 0 <= offset < len(data) or metadata_bytes < 8:
        raise ValueError(f"a batch at byte {offset:,}")
    # A length, since version 0.15 after a mark of four bytes.
    start = offset + (8 if _at(data, "<I", offset) == 0xFFFFFFFF else 4)
    message = _Record(data, start + int(_at(data, "<I", start)))
    kind = message.scalar(1, "<B")
    batch = message.record(2)
    if kind == _DICTIONARY_BATCH:
        batch = batch.record(1)
    elif kind != _RECORD_BATCH:
        raise ValueError(f"a message of kind {kind} where a batch should be")
    rows = batch.scalar(0, "<q")
    if rows < 0:
        raise ValueError(f"a batch of {rows:,} rows")
    body = offset + metadata_bytes
    unpacked = 0
    for buffer in batch.structs(2, 16):
        where, size = struct.unpack_from("<qq", data, buffer)
        if size < 0 or where < 0 or body + where + size > len(data):
            raise ValueError(f"a column of {size:,} bytes at byte {body + where:,}")
        packed = batch.has(3) and size >= 8
        stated = int(_at(data, "<q", body + where)) if packed else size
        # -1 says that the bytes that follow are not compressed.
        unpacked += size if stated == -1 else stated
        if stated < -1:
            raise ValueError(f"a column that unpacks to {stated:,} bytes")
    return rows, unpacked


class _Record:
    """A table of a FlatBuffer: fields by number, found through a list of offsets.

    Source: FlatBuffers documentation, "FlatBuffer Internals".
    """

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        self._offsets = position - int(_at(data, "<i", position))
        self._size = int(_at(data, "<H", self._offsets))

    def _field(self, number: int) -> int | None:
        entry = 4 + 2 * number
        offset = _at(self._data, "<H", self._offsets + entry) if entry + 2 <= self._size else 0
        return self._position + int(offset) if offset else None

    def has(self, number: int) -> bool:
        return self._field(number) is not None

    def scalar(self, number: int, form: str) -> int:
        """A number; 0 where it is left out."""
        field = self._field(number)
        return 0 if field is None else int(_at(self._data, form, field))

    def record(self, number: int) -> _Record:
        field = self._field(number)
        if field is None:
            raise ValueError(f"field {number} is missing")
        return _Record(self._data, field + int(_at(self._data, "<I", field)))

    def structs(self, number: int, size: int) -> Iterator[int]:
        """Positions of the entries, each of `size` bytes, of a list; none where it is left out."""
        field = self._field(number)
        if field is None:
            return
        start = field + int(_at(self._data, "<I", field))
        count = int(_at(self._data, "<I", start))
        if start + 4 + count * size > len(self._data):
            raise ValueError(f"a list of {count:,} entries")
        yield from range(start + 4, start + 4 + count * size, size)


def _at(data: bytes, form: str, position: int) -> Any:
    # A negative position would count from the end.
    if position < 0:
        raise ValueError(f"an offset of {position}")
    return struct.unpack_from(form, data, position)[0]
