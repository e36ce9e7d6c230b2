"""PCD files of the Point Cloud Library: text, binary or compressed, with any fields.

Source of the format: "The PCD (Point Cloud Data) file format", Point Cloud Library documentation; the
layout of compressed data (two sizes, then LZF of field after field) from the description of PCDWriter.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.numbers_as_text import read_rows
from av3d.datasets.folder.point_file import (
    COPY_AGAIN,
    MAX_POINTS,
    MAX_UNPACKED_BYTES,
    PointFile,
    points_of_columns,
)
from av3d.errors import InputFileError
from av3d.reading import read_bytes

MAX_HEADER_BYTES = 64 * 1024
MAX_POINT_BYTES = 64 * 1024
"""Bytes of one point; descriptors of features have a few thousand."""

_TYPES = {
    ("F", 4): "<f4", ("F", 8): "<f8",
    **{("I", size): f"<i{size}" for size in (1, 2, 4, 8)},
    **{("U", size): f"<u{size}" for size in (1, 2, 4, 8)},
}  # fmt: skip

_PADDING = "_"
_COLOURS = ("rgb", "rgba")
"""Colours are bytes packed into a float."""


@dataclass(frozen=True)
class _Field:
    name: str
    kind: np.dtype[Any]
    count: int
    """Values per point."""

    @property
    def nbytes(self) -> int:
        return self.kind.itemsize * self.count


@dataclass(frozen=True)
class _Header:
    fields: Sequence[_Field]
    points: int
    data: str
    """ascii, binary or binary_compressed."""
    nbytes: int

    @property
    def point_bytes(self) -> int:
        return sum(field.nbytes for field in self.fields)


def read_pcd(path: Path) -> PointFile:
    """Read a PCD file. Fields with several values per point, and padding, are left out.

    Raises:
        InputFileError: the file cannot be read, is truncated or damaged, claims more points than
            MAX_POINTS, or has no x, y, z.
    """
    data = read_bytes(path, "sweep")
    if not data:
        raise InputFileError("sweep is empty, 0 bytes", path, COPY_AGAIN)
    header = _read_header(data, path)
    if header.data == "ascii":
        columns = _read_text(data[header.nbytes :], header, path)
    elif header.data == "binary":
        columns = _read_binary(data, header, path)
    else:
        columns = _read_compressed(data, header, path)
    for name in columns:
        if name.lower() in _COLOURS and columns[name].dtype == np.dtype("<f4"):
            columns[name] = np.ascontiguousarray(columns[name]).view("<u4")
    return points_of_columns(columns, path)


def _read_header(data: bytes, path: Path) -> _Header:
    entries: dict[str, list[str]] = {}
    at = 0
    while "DATA" not in entries:
        end = data.find(b"\n", at, MAX_HEADER_BYTES)
        if end < 0:
            what = "sweep is not a PCD file" if "FIELDS" not in entries else "header has no DATA"
            raise InputFileError(what, path, COPY_AGAIN)
        words = data[at:end].decode("utf-8", "replace").split()
        at = end + 1
        if words and not words[0].startswith("#"):
            key = "FIELDS" if words[0].upper() == "COLUMNS" else words[0].upper()
            entries[key] = words[1:]
    names = entries.get("FIELDS", [])
    if not names:
        raise InputFileError("sweep is not a PCD file: it has no FIELDS", path, COPY_AGAIN)
    sizes = _whole(entries, "SIZE", len(names), path)
    counts = _whole(entries, "COUNT", len(names), path, [1] * len(names))
    types = [word.upper() for word in entries.get("TYPE", [])]
    fields = []
    for name, size, kind, count in zip(names, sizes, types, counts, strict=False):
        if (kind, size) not in _TYPES:
            raise InputFileError(
                f"field {name[:40]} has type {kind[:8]} of {size} bytes", path, "store F, I or U"
            )
        fields.append(_Field(name, np.dtype(_TYPES[kind, size]), count))
    if len(fields) != len(names):
        raise InputFileError(f"{len(names)} FIELDS and {len(types)} TYPEs", path, COPY_AGAIN)
    kept = [name for name in names if name != _PADDING]
    doubled = [name for name in kept if kept.count(name) > 1]
    if doubled:
        raise InputFileError(f"sweep has two fields {doubled[0][:40]}", path, "rename one")
    header = _Header(fields, _points(entries, path), " ".join(entries["DATA"]).lower(), at)
    if header.data not in ("ascii", "binary", "binary_compressed"):
        raise InputFileError(
            f"DATA is {header.data[:40]!r}", path, "store ascii, binary or binary_compressed"
        )
    if header.point_bytes > MAX_POINT_BYTES:
        raise InputFileError(f"a point has {header.point_bytes:,} bytes", path, COPY_AGAIN)
    if header.points > MAX_POINTS or header.points * header.point_bytes > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"sweep claims {header.points:,} points of {header.point_bytes} bytes, limit "
            f"{MAX_POINTS:,} points and {MAX_UNPACKED_BYTES:,} bytes",
            path,
            COPY_AGAIN,
        )
    return header


def _points(entries: Mapping[str, list[str]], path: Path) -> int:
    (width,) = _whole(entries, "WIDTH", 1, path, [-1])
    (height,) = _whole(entries, "HEIGHT", 1, path, [1])
    in_rows = width * height if width >= 0 else -1
    (points,) = _whole(entries, "POINTS", 1, path, [in_rows])
    if points < 0:
        raise InputFileError("the header has neither WIDTH nor POINTS", path, COPY_AGAIN)
    if in_rows not in (-1, points):
        raise InputFileError(
            f"POINTS is {points:,}, but WIDTH times HEIGHT {in_rows:,}", path, COPY_AGAIN
        )
    return points


def _whole(
    entries: Mapping[str, list[str]],
    key: str,
    count: int,
    path: Path,
    default: list[int] | None = None,
) -> list[int]:
    words = entries.get(key)
    if words is None and default is not None:
        return default
    words = words or []
    if len(words) != count or not all(w.isascii() and w.isdigit() and len(w) < 12 for w in words):
        raise InputFileError(
            f"{key} is {' '.join(words)[:40]!r}, not {count} whole numbers", path, COPY_AGAIN
        )
    return [int(word) for word in words]


def _is_kept(field: _Field) -> bool:
    return field.count == 1 and field.name != _PADDING


def _read_text(text: bytes, header: _Header, path: Path) -> dict[str, npt.NDArray[Any]]:
    kinds = [field.kind for field in header.fields for _ in range(field.count)]
    rows = iter(read_rows(text, kinds, header.points, path))
    columns: dict[str, npt.NDArray[Any]] = {}
    for field in header.fields:
        values = [next(rows) for _ in range(field.count)]
        if _is_kept(field):
            columns[field.name] = values[0]
    return columns


def _read_binary(data: bytes, header: _Header, path: Path) -> dict[str, npt.NDArray[Any]]:
    expected = header.points * header.point_bytes
    if len(data) - header.nbytes < expected:
        raise InputFileError(
            f"sweep is truncated: {len(data) - header.nbytes:,} bytes of points, "
            f"{header.points:,} points have {expected:,}",
            path,
            COPY_AGAIN,
        )
    names, formats, offsets, offset = [], [], [], 0
    for field in header.fields:
        if _is_kept(field):
            names.append(field.name)
            formats.append(field.kind)
            offsets.append(offset)
        offset += field.nbytes
    layout = np.dtype(
        {"names": names, "formats": formats, "offsets": offsets, "itemsize": header.point_bytes}
    )
    table = np.frombuffer(data, layout, header.points, header.nbytes)
    return {name: table[name] for name in names}


def _read_compressed(data: bytes, header: _Header, path: Path) -> dict[str, npt.NDArray[Any]]:
    expected = header.points * header.point_bytes
    start = header.nbytes + 8
    if len(data) < start:
        raise InputFileError("sweep is truncated after its header", path, COPY_AGAIN)
    packed, unpacked = struct.unpack_from("<II", data, header.nbytes)
    if packed > len(data) - start:
        raise InputFileError(
            f"sweep is truncated: {len(data) - start:,} of {packed:,} compressed bytes",
            path,
            COPY_AGAIN,
        )
    if unpacked != expected:
        raise InputFileError(
            f"sweep unpacks to {unpacked:,} bytes, {header.points:,} points have {expected:,}",
            path,
            COPY_AGAIN,
        )
    from av3d.datasets.folder.lzf import unpack_lzf

    values = np.empty(expected, dtype=np.uint8)
    # Copied, because compiled code wants an array that may be written.
    if unpack_lzf(np.frombuffer(data, np.uint8, packed, start).copy(), values) != expected:
        raise InputFileError("the compressed points are damaged", path, COPY_AGAIN)
    columns: dict[str, npt.NDArray[Any]] = {}
    at = 0
    for field in header.fields:
        if _is_kept(field):
            columns[field.name] = np.frombuffer(values, field.kind, header.points, at)
        at += field.nbytes * header.points
    return columns
