"""Tables from PandaSet's pickles without running what a pickle may ask for.

A pickle is a program: loading it can call anything it names. Here only the few functions that
rebuild numpy arrays and pandas tables can be named, they cannot be changed while loading, and the
size of the unpacked data is bounded.
"""

from __future__ import annotations

import gzip
import importlib
import io
import math
import pickle
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.reading import read_bytes
from av3d.types import FloatArray

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
"""A PandaSet sweep unpacks to 8 MB, the largest cuboid table to 50 kB."""

MAX_ROWS = 20_000_000
"""A PandaSet sweep has 170,000. A few bytes can name an index of any length."""

_NUMPY = {
    "numpy": {"dtype", "ndarray"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
}
_PANDAS = {
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.internals.managers": {"BlockManager"},
    "pandas.core.internals.blocks": {"new_block"},
    "pandas.core.indexes.base": {"Index", "_new_Index"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.indexes.numeric": {"Int64Index", "UInt64Index", "Float64Index"},
    "pandas._libs.internals": {"_unpickle_block"},
}
_BUILTIN = {"builtins": {"slice"}, "__builtin__": {"slice"}, "_codecs": {"encode"}}
ALLOWED: Mapping[str, set[str]] = {
    **_NUMPY,
    # numpy 2 writes numpy._core where numpy 1 wrote numpy.core.
    **{module.replace(".core.", "._core."): names for module, names in _NUMPY.items()},
    **_PANDAS,
    **_BUILTIN,
}
"""Everything a pickle may name, by module. pandas 0.25 to 2.x and numpy 1 and 2 write these."""


def read_table(path: Path, columns: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Read columns of a pickled pandas table, plain or gzipped.

    Args:
        path: `.pkl` or `.pkl.gz`; which of the two it is, is seen from its first bytes.
        columns: those that must be there.

    Returns:
        All columns of the table by name, each (N,).

    Raises:
        InputFileError: the file is missing, empty, truncated, unreasonably large, asks for code to
            be run, is not a table or lacks a column. Nothing in it was run.
    """
    data = _unpack(path)
    try:
        table = _columns(_TableUnpickler(io.BytesIO(data)).load())
    except _RefusedError as error:
        raise InputFileError(
            f"the pickle asks to run {error}, which no table needs; nothing was run",
            path,
            "delete the file and download it again from a source that you trust",
        ) from error
    except MemoryError as error:
        raise InputFileError("the table does not fit into memory", path, "download it again") from (
            error
        )
    # Bytes that are not what they seem make numpy, pandas and pickle raise errors of any kind.
    except Exception as error:
        raise InputFileError(
            f"not a pickled pandas table ({type(error).__name__}: {error})",
            path,
            "download the file again",
        ) from error
    missing = [name for name in columns if name not in table]
    if missing:
        has = " ".join(sorted(table)) or "none"
        raise InputFileError(
            f"the table lacks the column {missing[0]!r}, it has {has}",
            path,
            "give a file of PandaSet's native layout",
        )
    return table


def numbers_of(column: npt.NDArray[Any], name: str, path: Path) -> FloatArray:
    """A column as float64, (N,). InputFileError if it holds anything but real numbers."""
    try:
        # numpy would leave out imaginary parts.
        if np.iscomplexobj(column):
            raise TypeError("complex numbers")
        return np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputFileError(
            f"column {name!r} is not made of numbers ({error})", path, "download the file again"
        ) from error


def _unpack(path: Path) -> bytes:
    packed = read_bytes(path)
    try:
        data = _gunzip(packed) if packed[:2] == b"\x1f\x8b" else packed
    except EOFError as error:
        raise InputFileError(
            f"the file is truncated, it stops after {len(packed):,} bytes",
            path,
            "download it again",
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputFileError(f"damaged gzip file: {error}", path, "download it again") from error
    if len(data) > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"the file unpacks to more than {MAX_UNPACKED_BYTES // 1024**2} MB", path,
            "delete it: a PandaSet table has a few MB",
        )  # fmt: skip
    if not data:
        raise InputFileError("the file is empty, 0 bytes", path, "download it again")
    return data


def _gunzip(packed: bytes) -> bytes:
    """Unpack, but not much more than MAX_UNPACKED_BYTES."""
    # A file of one piece, which is all that is ever seen, says at its end how long it is, modulo
    # 2**32. Unpacked in one go it takes a third less time than in the pieces of GzipFile.
    size = int.from_bytes(packed[-4:], "little")
    if size <= MAX_UNPACKED_BYTES:
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(packed, size + 1)
        if unpacker.eof and not unpacker.unused_data:
            return data
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        return file.read(MAX_UNPACKED_BYTES + 1)


def _columns(table: object) -> dict[str, npt.NDArray[Any]]:
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"it holds a {type(table).__name__}")
    if len(table) > MAX_ROWS:
        raise ValueError(f"it has {len(table):,} rows, the limit is {MAX_ROWS:,}")
    arrays = {str(name): np.asarray(table[name]) for name in table.columns}
    for name, array in arrays.items():
        if array.shape != (len(table),):
            raise ValueError(f"column {name!r} has the shape {array.shape}")
    return arrays


class _RefusedError(pickle.UnpicklingError):
    """The pickle named something outside the allow-list."""


class _ArrayType:
    """Stands in for numpy's array type, which pickles only hand to `_reconstruct`."""

    def __new__(cls) -> _ArrayType:
        raise _RefusedError("numpy.ndarray")


def _empty_array(_kind: object, shape: object, _code: object) -> npt.NDArray[Any]:
    """Stands in for numpy's `_reconstruct`, which would reserve memory for any shape asked for."""
    if shape != (0,):
        raise ValueError(f"an array starts with the shape {shape}")
    return np.ndarray((0,), dtype=np.int8)


def _scalar(kind: np.dtype[Any], data: object = b"") -> Any:
    """Stands in for numpy's `scalar`, which would reserve memory for any type asked for."""
    if not isinstance(kind, np.dtype) or kind.itemsize > 1024:
        raise ValueError(f"a value has the type {kind!r}")
    return np.core.multiarray.scalar(kind, data)  # type: ignore[attr-defined]


def _new_index(kind: Any, values: Mapping[str, Any]) -> Any:
    """Stands in for pandas' `_new_Index`, which would make an index of any length."""
    from pandas.core.indexes.base import _new_Index  # type: ignore[attr-defined]

    if "stop" in values:
        rows = range(values["start"], values["stop"], values["step"])
        if len(rows) > MAX_ROWS:
            raise ValueError(f"it has an index of {len(rows):,} rows, the limit is {MAX_ROWS:,}")
    return _new_Index(kind, values)


def _encode(text: str, encoding: str) -> bytes:
    """Stands in for `_codecs.encode`, by which old pickles spell bytes, without its other codecs."""
    if encoding != "latin1":
        raise _RefusedError(f"codec {encoding!r}")
    return text.encode("latin1")


def _check_values(state: object) -> None:
    """Refuse an array of objects with fewer of them than places: numpy would read past their list."""
    if not isinstance(state, tuple) or len(state) < 4 or not isinstance(state[-1], list):
        return
    shape = state[-4]
    if not isinstance(shape, tuple) or math.prod(shape) != len(state[-1]):
        raise ValueError(f"{len(state[-1])} values for an array of the shape {shape}")


_STAND_INS: Mapping[str, Any] = {
    "ndarray": _ArrayType,
    "_reconstruct": _empty_array,
    "scalar": _scalar,
    "_new_Index": _new_index,
    "encode": _encode,
}


class _TableUnpickler(pickle._Unpickler):
    """Python's own unpickler, which can be restricted further than the one written in C.

    With the C version a pickle can still set attributes of the classes and functions that it may
    name, and so change pandas for the rest of the program, or make tables by calling their classes.
    """

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        if name not in ALLOWED.get(module, ()):
            raise _RefusedError(f"{module}.{name}")
        if name in _STAND_INS:
            return _STAND_INS[name]
        if module.startswith("numpy._core"):
            module = module.replace("._core", ".core")
        if name in ("Int64Index", "UInt64Index", "Float64Index"):
            # pandas 2 has one Index for all of them.
            module, name = "pandas.core.indexes.base", "Index"
        if module == "__builtin__":
            module = "builtins"
        return getattr(importlib.import_module(module), name)

    def persistent_load(self, pid: Any) -> Any:
        raise _RefusedError("a persistent reference")

    def get_extension(self, code: int) -> None:
        raise _RefusedError(f"extension {code}")

    def load_build(self) -> None:
        target = self.stack[-2]  # type: ignore[attr-defined]
        if isinstance(target, type) or callable(target):
            raise _RefusedError(f"a change of {getattr(target, '__name__', target)!r}")
        if isinstance(target, np.ndarray):
            _check_values(self.stack[-1])  # type: ignore[attr-defined]
        pickle._Unpickler.load_build(self)  # type: ignore[attr-defined]

    def load_reduce(self) -> None:
        function = self.stack[-2]  # type: ignore[attr-defined]
        if isinstance(function, type) and function.__name__ not in _CALLED:
            raise _RefusedError(f"a call of {function.__name__!r}")
        pickle._Unpickler.load_reduce(self)  # type: ignore[attr-defined]

    def load_newobj(self) -> None:
        kind, arguments = self.stack[-2:]  # type: ignore[attr-defined]
        if arguments != ():
            raise _RefusedError(f"a call of {getattr(kind, '__name__', kind)!r}")
        pickle._Unpickler.load_newobj(self)  # type: ignore[attr-defined]

    def load_bytearray(self) -> None:
        # Python reserves what the length says before it looks whether there is as much.
        head: bytes = self.read(8)  # type: ignore[attr-defined]
        length = int.from_bytes(head, "little")
        if len(head) < 8 or length > MAX_UNPACKED_BYTES:
            raise EOFError
        value = bytearray(self.read(length))  # type: ignore[attr-defined]
        if len(value) < length:
            raise EOFError
        self.append(value)  # type: ignore[attr-defined]

    def load_other(self) -> None:
        raise _RefusedError("a call in a way that tables do not use")

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = load_other
    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray
    dispatch[pickle.INST[0]] = load_other
    dispatch[pickle.OBJ[0]] = load_other


_CALLED = {"dtype", "slice", "BlockManager"}
"""Classes that pickles of tables call; they make others empty and fill them."""
