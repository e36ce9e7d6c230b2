"""PLY files: the vertices with all their scalar properties, from text or binary of either byte order.

Source of the format: Greg Turk, "The PLY Polygon File Format", Stanford University, 1994.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.numbers_as_text import MAX_TEXT_BYTES, read_rows
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
MAX_LISTS = 1_000_000
"""Lists before the vertices can only be skipped one by one."""

_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4",
    "float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2",
    "int32": "i4", "uint32": "u4", "int64": "i8", "uint64": "u8", "float32": "f4",
    "float64": "f8",
}  # fmt: skip

_PREFIX = "scalar_"
"""CloudCompare writes it before the names of its fields."""


@dataclass(frozen=True)
class _Property:
    name: str
    kind: np.dtype[Any]
    length: np.dtype[Any] | None = None
    """Type of the number of values, if it is a list."""


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    @property
    def has_lists(self) -> bool:
        return any(property.length is not None for property in self.properties)

    @property
    def nbytes(self) -> int:
        return sum(property.kind.itemsize for property in self.properties)


@dataclass(frozen=True)
class _Header:
    order: str
    elements: Sequence[_Element]
    nbytes: int


def read_ply(path: Path) -> PointFile:
    """Read the vertices of a PLY file; other elements are skipped.

    Raises:
        InputFileError: the file cannot be read, is truncated or damaged, claims more points than
            MAX_POINTS, has no vertices, or these have no x, y, z.
    """
    data = read_bytes(path, "sweep")
    if not data:
        raise InputFileError("sweep is empty, 0 bytes", path, COPY_AGAIN)
    header = _read_header(data, path)
    before: list[_Element] = []
    for element in header.elements:
        if element.name == "vertex":
            return points_of_columns(_vertices(data, header, before, element, path), path)
        before.append(element)
    raise InputFileError("sweep has no element vertex", path, "store points as vertices")


def _vertices(
    data: bytes, header: _Header, before: Sequence[_Element], vertex: _Element, path: Path
) -> dict[str, npt.NDArray[Any]]:
    names = [property.name.removeprefix(_PREFIX) for property in vertex.properties]
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise InputFileError(f"vertices have two properties {doubled[0][:40]}", path, "rename one")
    if vertex.has_lists or not names:
        raise InputFileError(
            "vertices have lists or no properties", path, "store x, y, z and single values"
        )
    if vertex.count > MAX_POINTS or vertex.count * vertex.nbytes > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"sweep claims {vertex.count:,} points of {vertex.nbytes} bytes, limit {MAX_POINTS:,} "
            f"points and {MAX_UNPACKED_BYTES:,} bytes",
            path,
            COPY_AGAIN,
        )
    kinds = [property.kind for property in vertex.properties]
    if header.order == "=":
        text = data[header.nbytes :]
        skipped = sum(element.count for element in before)
        if skipped:
            if len(text) > MAX_TEXT_BYTES or skipped > text.count(b"\n"):
                raise InputFileError("sweep is truncated before its points", path, COPY_AGAIN)
            text = text.split(b"\n", skipped)[-1]
        return dict(zip(names, read_rows(text, kinds, vertex.count, path), strict=True))
    layout = np.dtype(list(zip(names, kinds, strict=True)))
    start = header.nbytes
    for element in before:
        start = _skip(data, start, element, header.order, path)
    if len(data) - start < vertex.count * layout.itemsize:
        raise InputFileError(
            f"sweep is truncated: {max(len(data) - start, 0):,} bytes of points, "
            f"{vertex.count:,} points have {vertex.count * layout.itemsize:,}",
            path,
            COPY_AGAIN,
        )
    table = np.frombuffer(data, layout, vertex.count, start)
    return {name: table[name] for name in names}


def _skip(data: bytes, start: int, element: _Element, order: str, path: Path) -> int:
    """Where the bytes of an element end."""
    if not element.has_lists:
        return start + element.count * element.nbytes
    if element.count * len(element.properties) > MAX_LISTS:
        raise InputFileError(
            f"{element.count:,} lists ({element.name[:40]}) stand before the points",
            path,
            "store the vertices first",
        )
    try:
        for _ in range(element.count):
            for property in element.properties:
                if property.length is None:
                    start += property.kind.itemsize
                    continue
                (count,) = struct.unpack_from(order + property.length.char, data, start)
                if count < 0:
                    raise InputFileError(f"a list has {count} values", path, COPY_AGAIN)
                start += property.length.itemsize + int(count) * property.kind.itemsize
    except struct.error as error:
        raise InputFileError("sweep is truncated before its points", path, COPY_AGAIN) from error
    return start


def _read_header(data: bytes, path: Path) -> _Header:
    if data[:4] not in (b"ply\n", b"ply\r"):
        raise InputFileError("sweep is not a PLY file", path, COPY_AGAIN)
    order = ""
    elements: list[_Element] = []
    at = 0
    while True:
        end = data.find(b"\n", at, MAX_HEADER_BYTES)
        if end < 0:
            raise InputFileError("the header of the PLY file does not end", path, COPY_AGAIN)
        line = data[at:end].decode("utf-8", "replace").strip()
        at = end + 1
        words = line.split()
        if not words or words[0] in ("ply", "comment", "obj_info"):
            continue
        if words[0] == "end_header":
            break
        if words[0] == "format" and len(words) == 3 and words[1] in _ORDERS:
            order = _ORDERS[words[1]]
        elif words[0] == "element" and len(words) == 3 and _is_count(words[2]):
            elements.append(_Element(words[1], int(words[2])))
        elif words[0] == "property" and elements and order and _is_property(words):
            kinds = [np.dtype(order + _TYPES[word]) for word in words[1:-1] if word != "list"]
            length = kinds[0] if words[1] == "list" else None
            elements[-1].properties.append(_Property(words[-1], kinds[-1], length))
        else:
            raise InputFileError(f"header line {line[:60]!r} is not known", path, COPY_AGAIN)
    if not order:
        raise InputFileError("the header names no format", path, COPY_AGAIN)
    return _Header(order, elements, at)


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 12


def _is_property(words: Sequence[str]) -> bool:
    """`property float x`, or `property list uchar int vertex_indices`."""
    if len(words) == 5 and words[1] == "list":
        return words[3] in _TYPES and words[2] in _TYPES and _TYPES[words[2]][0] in "iu"
    return len(words) == 3 and words[1] in _TYPES
