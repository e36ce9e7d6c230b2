"""Sweeps as .npz, .npy or .bin files."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.folder.layout import LidarSettings
from av3d.errors import InputFileError
from av3d.logs.scan import timed_by
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.reading import open_file, read_bytes
from av3d.types import NS_PER_S, Float32Array, IntArray

MAX_POINTS = 20_000_000
"""A file that claims more is refused before memory is asked for; large sweeps have 300,000."""

MAX_UNPACKED_BYTES = 1024**3
"""All arrays of an .npz file together; a large sweep has 10 MB."""

COPY_AGAIN = "copy the file again"

_NPY: Any = np.lib.format  # has no type annotations in numpy 1.26


class SweepFiles(SweepStream):
    """The sweeps of one LiDAR, one file each."""

    def __init__(
        self,
        lidar: str,
        timestamps_ns: npt.ArrayLike,
        paths: Sequence[Path],
        settings: LidarSettings,
    ) -> None:
        super().__init__(timestamps_ns)
        self._lidar = lidar
        self._paths = paths
        self._settings = settings

    def read(self, index: int) -> Sweep:
        sweep = read_sweep(
            self._paths[index], self._lidar, int(self.timestamps_ns[index]), self._settings
        )
        spin = self._settings.spin
        return sweep if spin is None else timed_by(spin.spin, sweep)

    def path(self, index: int) -> Path | None:
        return self._paths[index]


def read_sweep(
    path: Path, lidar: str, timestamp_ns: int, settings: LidarSettings | None = None
) -> Sweep:
    """Read one sweep; the suffix says how it is stored.

    Raises:
        InputFileError: the file is missing, empty, truncated, of the wrong shape, or holds
            coordinates that are not finite.
    """
    settings = settings or LidarSettings()
    try:
        if path.stat().st_size == 0:
            raise InputFileError("sweep is empty, 0 bytes", path, COPY_AGAIN)
        suffix = path.suffix.lower()
        if suffix == ".npz":
            return _sweep_of_arrays(_read_npz(path), path, lidar, timestamp_ns, settings)
        table = _read_npy(path) if suffix == ".npy" else _read_bin(path, settings.columns)
    except OSError as error:
        raise InputFileError(
            f"cannot read sweep: {error.strerror or error}", path, "restore the file"
        ) from error
    return _sweep_of_table(table, path, lidar, timestamp_ns, settings)


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


def _read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
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


def _read_npy(path: Path) -> npt.NDArray[Any]:
    with open_file(path, "sweep") as stream:
        array = _read_array(stream, os.fstat(stream.fileno()).st_size, path)
    if array.ndim != 2 or array.shape[1] not in (3, 4, 5):
        raise InputFileError(
            f"array has shape {array.shape}, expected (N, 3), (N, 4) or (N, 5)",
            path,
            "store x, y, z, then intensity, then time offset in seconds",
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise InputFileError(
            f"array holds {array.dtype}, expected float32 or float64", path, "store metres"
        )
    return array


def _read_bin(path: Path, columns: int) -> npt.NDArray[Any]:
    size = path.stat().st_size
    if size % (4 * columns):
        raise InputFileError(
            f"{size:,} bytes are not a whole number of points of {columns} float32 values",
            path,
            "copy the file again, or set columns in log.toml",
        )
    if size // (4 * columns) > MAX_POINTS:
        raise InputFileError(
            f"sweep has {size // (4 * columns):,} points, limit {MAX_POINTS:,}", path
        )
    return np.frombuffer(read_bytes(path, "sweep"), dtype="<f4").reshape(-1, columns)


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
    except (ValueError, SyntaxError, TypeError, OverflowError) as error:
        raise InputFileError(f"not a readable NPY array: {error}", path, COPY_AGAIN) from error
    except zlib.error as error:
        raise InputFileError(f"sweep is damaged: {error}", path, COPY_AGAIN) from error


def _sweep_of_arrays(
    arrays: Mapping[str, npt.NDArray[Any]],
    path: Path,
    lidar: str,
    timestamp_ns: int,
    settings: LidarSettings,
) -> Sweep:
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
    checked = checked_points(points, path)
    extra: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        if name in ("points_m", "points", "unit_m"):
            continue
        if array.shape != (len(checked),):
            raise InputFileError(
                f"{name} has shape {array.shape}, expected ({len(checked)},)",
                path,
                "store one value per point",
            )
        extra[name] = _numbers(array, name, path)
    intensity = extra.pop("intensity", None)
    offset = extra.pop("time_offset_ns", None)
    if offset is not None and not np.issubdtype(offset.dtype, np.integer):
        raise InputFileError(f"time_offset_ns holds {offset.dtype}", path, "store whole numbers")
    return Sweep(
        lidar,
        timestamp_ns,
        checked,
        None if intensity is None else _unit_intensity(intensity, path),
        None if offset is None else offset.astype(np.int64),
        extra,
        settings.motion_compensated,
    )


def _sweep_of_table(
    table: npt.NDArray[Any], path: Path, lidar: str, timestamp_ns: int, settings: LidarSettings
) -> Sweep:
    points = checked_points(table[:, :3], path)
    intensity: Float32Array | None = None
    offset_ns: IntArray | None = None
    if table.shape[1] > 3:
        intensity = _unit_intensity(table[:, 3] / settings.intensity_scale, path)
    if table.shape[1] > 4:
        offset_s = table[:, 4].astype(np.float64)
        if not np.isfinite(offset_s).all() or (np.abs(offset_s) > 60).any():
            raise InputFileError(
                "a time offset is not a number of seconds within a minute of the sweep", path
            )
        offset_ns = np.round(offset_s * NS_PER_S).astype(np.int64)
    return Sweep(
        lidar,
        timestamp_ns,
        points,
        intensity,
        offset_ns,
        motion_compensated=settings.motion_compensated,
    )


def _numbers(array: npt.NDArray[Any], name: str, path: Path) -> npt.NDArray[Any]:
    is_real = np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)
    if not (is_real or array.dtype == np.bool_):
        raise InputFileError(f"{name} holds {array.dtype}, not numbers", path, "store numbers")
    return array


def _unit_intensity(values: npt.NDArray[Any], path: Path) -> Float32Array:
    """Intensity as float32 in 0..1; whole numbers count in steps of their type's range."""
    if np.issubdtype(values.dtype, np.unsignedinteger):
        return (values / np.iinfo(values.dtype).max).astype(np.float32)
    scaled = values.astype(np.float32)
    if not np.isfinite(scaled).all():
        raise InputFileError("an intensity is not a finite number", path, "store 0 to 1")
    return np.clip(scaled, 0.0, 1.0)
