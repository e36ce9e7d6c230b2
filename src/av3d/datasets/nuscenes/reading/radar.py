"""Radar points of nuScenes: PCD files with one row per cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.rhythm import whole_times
from av3d.logs.sweep import checked_points
from av3d.reading import read_bytes
from av3d.types import BoolArray, Float32Array, IntArray

_FIX = "download the file again"
_HEADER_BYTES = 4096
_KINDS = {("F", "4"): "<f4", ("F", "8"): "<f8"} | {
    (letter, str(size)): f"<{code}{size}"
    for letter, code in (("I", "i"), ("U", "u"))
    for size in (1, 2, 4, 8)
}
_NEEDED = ("x", "y", "z", "rcs", "vx", "vy", "vx_comp", "vy_comp")
_FLOATS = frozenset(_NEEDED)


@dataclass(frozen=True, eq=False)
class RadarSweep:
    """One measurement of a radar, in its sensor frame (x forward, y left, z up).

    Attributes:
        radar: the channel.
        timestamp_ns: when it was measured.
        points_m: (N, 3) float32.
        velocity_m_s: (N, 2) float32, x and y, relative to the moving radar.
        velocity_over_ground_m_s: the same with the ego motion taken out.
        rcs_dbsm: radar cross section, (N,) float32.
        extra: the file's other columns, each (N,): dyn_prop, ambig_state, invalid_state, id ...
    """

    radar: str
    timestamp_ns: int
    points_m: Float32Array
    velocity_m_s: Float32Array
    velocity_over_ground_m_s: Float32Array
    rcs_dbsm: Float32Array
    extra: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.points_m)

    @property
    def is_valid(self) -> BoolArray:
        """Which points pass the filters that the nuScenes toolkit applies unless told otherwise, (N,).

        They are valid (invalid_state 0), of known motion (dyn_prop 0 to 6) and of unambiguous speed
        (ambig_state 3). Columns that the file lacks are not asked.
        """
        good: BoolArray = np.ones(len(self), dtype=bool)
        for name, allowed in (
            ("invalid_state", (0,)), ("dyn_prop", range(7)), ("ambig_state", (3,)),
        ):  # fmt: skip
            if name in self.extra:
                good &= np.isin(self.extra[name], list(allowed))
        return good


class RadarFiles:
    """The measurements of one radar in time order; each is read when it is asked for.

    Args:
        name: the channel.
        ego_SE3_radar: takes its points into the ego frame.
        timestamps_ns: strictly increasing, (N,).
        paths: files, (N,).
        samples: token of the sample that each belongs to, "" for those between samples, (N,).
    """

    def __init__(
        self,
        name: str,
        ego_SE3_radar: SE3,
        timestamps_ns: npt.ArrayLike,
        paths: Sequence[Path],
        samples: Sequence[str],
    ) -> None:
        self.name = name
        self.ego_SE3_radar = ego_SE3_radar
        self.timestamps_ns: IntArray = whole_times(timestamps_ns)
        self.samples = tuple(samples)
        self._paths = paths

    def __len__(self) -> int:
        return len(self.timestamps_ns)

    def read(self, index: int) -> RadarSweep:
        """Read one measurement; InputFileError says what is wrong with its file."""
        path = self._paths[index]
        columns = read_columns(path)
        xyz = np.stack([columns[axis] for axis in "xyz"], axis=-1)
        # The files of nuScenes say "no points" with one point that is not a number.
        if len(xyz) and np.isnan(xyz[0]).any():
            columns = {name: values[:0] for name, values in columns.items()}
            xyz = xyz[:0]
        measured = [_finite(columns, names, path) for names in (
            ("vx", "vy"), ("vx_comp", "vy_comp"), ("rcs",),
        )]  # fmt: skip
        return RadarSweep(
            self.name,
            int(self.timestamps_ns[index]),
            checked_points(xyz, path),
            measured[0],
            measured[1],
            measured[2][:, 0],
            {name: values for name, values in columns.items() if name not in _FLOATS},
        )

    def path(self, index: int) -> Path:
        """The file of one measurement."""
        return self._paths[index]


def read_columns(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The columns of a binary PCD file with one value per field.

    Format: Point Cloud Library, "The PCD file format", version 0.7.

    Raises:
        InputFileError: it is no such file, is truncated, or lacks a column of a radar.
    """
    data = read_bytes(path, "radar points")
    at = data.find(b"\nDATA ", 0, _HEADER_BYTES) + 1
    end = data.find(b"\n", at, _HEADER_BYTES) + 1
    if not at or not end:
        raise InputFileError("not a PCD file: it has no line DATA", path, _FIX)
    header = {
        words[0]: words[1:]
        for line in data[:end].decode("ascii", "replace").splitlines()
        if (words := line.split())
    }
    if header["DATA"] != ["binary"]:
        raise InputFileError(f"PCD data are {' '.join(header['DATA'])[:40]!r}", path, "use binary")
    names = header.get("FIELDS", [])
    kinds = [
        _KINDS.get(pair)
        for pair in zip(header.get("TYPE", []), header.get("SIZE", []), strict=False)
    ]
    counts = header.get("COUNT", ["1"] * len(names))
    fits = len(names) == len(kinds) == len(set(names)) and counts == ["1"] * len(names)
    if not fits or None in kinds:
        raise InputFileError("the header of the PCD file contradicts itself", path, _FIX)
    lacking = [name for name in _NEEDED if name not in names]
    if lacking:
        raise InputFileError(f"the column {lacking[0]!r} is missing", path, _FIX)
    dtype = np.dtype([(name, str(kind)) for name, kind in zip(names, kinds, strict=True)])
    count = "".join(header.get("POINTS", header.get("WIDTH", [])))
    # At most nine digits, because Python refuses to convert thousands.
    points = int(count) if count.isascii() and count.isdigit() and len(count) <= 9 else -1
    if not 0 <= points * dtype.itemsize <= len(data) - end:
        raise InputFileError(
            f"the file says {count[:12] or 'no number of'} points of {dtype.itemsize} bytes, "
            f"{len(data) - end:,} bytes are there", path, _FIX,
        )  # fmt: skip
    table = np.frombuffer(data, dtype=dtype, count=points, offset=end)
    return {name: np.ascontiguousarray(table[name]) for name in names}


def _finite(
    columns: Mapping[str, npt.NDArray[Any]], names: tuple[str, ...], path: Path
) -> Float32Array:
    values: Float32Array = np.stack([columns[name] for name in names], axis=-1).astype(np.float32)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise InputFileError(f"{' or '.join(names)} of point {row} is not finite", path, _FIX)
    return values
