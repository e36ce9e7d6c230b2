"""Points in NumPy's files (.npz, .npy) and in raw floats (.bin)."""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.point_file import (
    COPY_AGAIN,
    MAX_POINTS,
    MAX_UNPACKED_BYTES,
    PointFile,
    points_of_columns,
)
from av3d.datasets.point_values import PointTimes
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep
from av3d.reading import open_file, read_bytes

COLUMNS = ("x", "y", "z", "intensity", "time_offset_s")
"""Values of a point in .npy and .bin files that nobody has described."""

NPZ_TIMES = PointTimes("time_offset_ns", "ns", absolute=False, from_first=False)
TABLE_TIMES = PointTimes("time_offset_s", "s", absolute=False, from_first=False)

_NPY: Any = np.lib.format  # has no type annotations in numpy 1.26

_BROKEN_HEADER = (
    ValueError, SyntaxError, TypeError, LookupError, OverflowError, RecursionError, MemoryError,
    tokenize.TokenError,
)  # fmt: skip
"""What numpy raises while it reads a header, which is a Python expression."""


def read_npz(path: Path) -> PointFile:
    """Read an .npz file with the arrays of docs/formats/folder.md.

    Raises:
        InputFileError: it cannot be read, is damaged, or an array has the wrong shape or kind.
    """
    arrays = _npz_arrays(path)
    if "points_m" in arrays:
        points = _numbers(arrays["points_m"], "points_m", path)
    elif "points" in arrays and "unit_m" in arrays:
        unit = arrays["unit_m"]
        _numbers(unit, "unit_m", path)
        if unit.shape != () or not 0 < unit < np.inf:
            raise InputFileError("unit_m is not one positive number", path, "store 0.005, say")
        points = _numbers(arrays["points"], "points", path).astype(np.float64) * float(unit)
    else:
        raise InputFileError(
            f"has no array points_m, only {' '.join(sorted(arrays)) or 'nothing'}",
            path,
            "store points_m of shape (N, 3)",
        )
    if points.ndim != 2 or points.shape[1] != 3:
        raise InputFileError(f"points have shape {points.shape}, expected (N, 3)", path)
    values: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        if name in ("points_m", "points", "unit_m"):
            continue
        if array.shape != (len(points),):
            raise InputFileError(
                f"{name} has shape {array.shape}, expected ({len(points)},)",
                path,
                "store one value per point",
            )
        values[name] = _numbers(array, name, path)
    times = values.get(NPZ_TIMES.field)
    if times is not None and not np.issubdtype(times.dtype, np.integer):
        raise InputFileError(f"time_offset_ns holds {times.dtype}", path, "store whole numbers")
    intensity = values.get("intensity")
    whole = intensity is not None and intensity.dtype.kind == "u"
    if intensity is not None and not whole:
        _check_intensity(intensity, path)
    return PointFile(
        points,
        values,
        len(points),
        float(np.iinfo(intensity.dtype).max) if intensity is not None and whole else None,
        None if times is None else NPZ_TIMES,
    )


def read_npy(path: Path, columns: Sequence[str] | None = None) -> PointFile:
    """Read an .npy file: an array (N, C) of floats, or one of records with named fields.

    Args:
        path: the file.
        columns: what the values of a point are; None: as many of COLUMNS as there are.

    Raises:
        InputFileError: it cannot be read, is damaged, or an array has the wrong shape or kind.
    """
    with open_file(path, "sweep") as stream:
        array = _read_array(stream, os.fstat(stream.fileno()).st_size, path)
    if array.dtype.names:
        fields = {name: array[name].reshape(-1) for name in array.dtype.names}
        return points_of_columns(fields, path)
    widths = (3, 4, 5) if columns is None else (len(columns),)
    if array.ndim != 2 or array.shape[1] not in widths:
        expected = " or ".join(f"(N, {width})" for width in widths)
        raise InputFileError(
            f"array has shape {array.shape}, expected {expected}",
            path,
            "store x, y, z, then intensity, then time offset in seconds, or name the columns in "
            "log.toml",
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise InputFileError(
            f"array holds {array.dtype}, expected float32 or float64", path, "store metres"
        )
    return _of_table(array, columns, path)


def read_bin(path: Path, columns: Sequence[str]) -> PointFile:
    """Read raw little-endian float32 values.

    Args:
        path: the file.
        columns: what the values of a point are.

    Raises:
        InputFileError: it cannot be read, or is no whole number of points.
    """
    data = read_bytes(path, "sweep")
    width = len(columns)
    if len(data) % (4 * width):
        raise InputFileError(
            f"{len(data):,} bytes are not a whole number of points of {width} float32 values",
            path,
            "copy the file again, or set columns in log.toml",
        )
    if len(data) // (4 * width) > MAX_POINTS or len(data) > MAX_UNPACKED_BYTES:
        raise InputFileError(
            f"sweep has {len(data) // (4 * width):,} points, limit {MAX_POINTS:,}", path
        )
    return _of_table(np.frombuffer(data, dtype="<f4").reshape(-1, width), columns, path)


def write_npz(sweep: Sweep, path: Path, unit_m: float | None = None) -> None:
    """Write a sweep as a compressed .npz file.

    Args:
        sweep: intensity is stored in 256 steps if `unit_m` is given, else as float32.
        path: file to write.
        unit_m: round coordinates to multiples of this and store them as whole numbers, which
            takes a third of the space; None stores float32 metres.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    if unit_m is None:
        arrays["points_m"] = sweep.points_m
    else:
        whole = np.round(sweep.points_m.astype(np.float64) / unit_m)
        small = not len(whole) or np.abs(whole).max() < 2**15
        arrays["points"] = whole.astype(np.int16 if small else np.int32)
        arrays["unit_m"] = np.float64(unit_m)  # type: ignore[assignment]
    if sweep.intensity is not None:
        arrays["intensity"] = (
            sweep.intensity
            if unit_m is None
            else np.round(np.clip(sweep.intensity, 0, 1) * 255).astype(np.uint8)
        )
    if sweep.time_offset_ns is not None:
        offset = sweep.time_offset_ns
        fits = not len(offset) or np.abs(offset).max() < 2**31
        arrays["time_offset_ns"] = offset.astype(np.int32 if fits else np.int64)
    arrays.update(sweep.extra)
    # Written member by member with a fixed date, so that equal sweeps give equal files.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w") as stream:
                _NPY.write_array(stream, np.asarray(array, order="F"), allow_pickle=False)


def _of_table(table: npt.NDArray[Any], columns: Sequence[str] | None, path: Path) -> PointFile:
    names = list(columns or COLUMNS[: table.shape[1]])
    places = [names.index(axis) for axis in "xyz"]
    points = table[:, :3] if places == [0, 1, 2] else table[:, places]
    values = {
        name: table[:, at].astype(table.dtype.newbyteorder("="))
        for at, name in enumerate(names)
        if at not in places
    }
    if "intensity" in values:
        _check_intensity(values["intensity"], path)
    return PointFile(
        points, values, len(table), times=TABLE_TIMES if TABLE_TIMES.field in values else None
    )


def _numbers(array: npt.NDArray[Any], name: str, path: Path) -> npt.NDArray[Any]:
    if array.dtype.kind not in "fiub":
        raise InputFileError(f"{name} holds {array.dtype}, not numbers", path, "store numbers")
    return array


def _check_intensity(values: npt.NDArray[Any], path: Path) -> None:
    if not np.isfinite(values).all():
        raise InputFileError("an intensity is not a finite number", path, "store 0 to 1")


def _npz_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with open_file(path, "sweep") as file, zipfile.ZipFile(file) as archive:
            arrays: dict[str, npt.NDArray[Any]] = {}
            members = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED_BYTES:
                raise InputFileError(
                    f"the arrays unpack to {unpacked:,} bytes, limit {MAX_UNPACKED_BYTES:,}",
                    path,
                    COPY_AGAIN,
                )
            for member in members:
                with archive.open(member) as stream:
                    arrays[member.filename[:-4]] = _read_array(stream, member.file_size, path)
            return arrays
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise InputFileError(f"not a readable .npz file: {error}", path, COPY_AGAIN) from error
    except EOFError as error:
        raise InputFileError("sweep is truncated", path, COPY_AGAIN) from error


def _read_array(stream: IO[bytes], size: int, path: Path) -> npt.NDArray[Any]:
    """One array in NPY format; its header is checked against `size` before memory is asked for."""
    try:
        version = _NPY.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise InputFileError(f"NPY version {version} is not known", path, COPY_AGAIN)
        old = version == (1, 0)
        read_header = _NPY.read_array_header_1_0 if old else _NPY.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
        if dtype.hasobject:
            raise InputFileError(
                "an array holds Python objects, which may carry code", path, "store plain numbers"
            )
        if any(length < 0 for length in shape) or (shape and shape[0] > MAX_POINTS):
            raise InputFileError(f"an array of shape {shape} is not a sweep", path, COPY_AGAIN)
        count = 1
        for length in shape:
            count *= int(length)
        if count * dtype.itemsize > size or count > 5 * MAX_POINTS:
            raise InputFileError(
                f"sweep is truncated: {count:,} values of {dtype.itemsize} bytes do not fit into "
                f"{size:,} bytes",
                path,
                COPY_AGAIN,
            )
        data = stream.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise InputFileError(f"sweep is truncated, {len(data):,} bytes", path, COPY_AGAIN)
        array = np.frombuffer(data, dtype=dtype)
        return array.reshape(shape, order="F" if fortran else "C")
    except _BROKEN_HEADER as error:
        raise InputFileError(f"not a readable NPY array: {error}", path, COPY_AGAIN) from error
    except zlib.error as error:
        raise InputFileError(f"sweep is damaged: {error}", path, COPY_AGAIN) from error
