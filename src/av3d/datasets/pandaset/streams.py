"""PandaSet's two LiDARs, which share one file per sweep."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.pandaset.layout import seconds_to_ns
from av3d.datasets.pandaset.pickles import numbers_of, read_table
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.cache import ByteCache
from av3d.logs.sweep import FARTHEST_M, Sweep, SweepStream, checked_points
from av3d.types import FloatArray, IntArray

LIDARS = {"pandar64": 0, "pandar_gt": 1}
"""Name → value of the column d. The Pandar64 spins and is the reference, the PandarGT looks ahead."""

SHARED_BYTES = 32 * 1024 * 1024
"""Decoded files kept until the other LiDAR has taken its part: about four sweeps."""

_MAX_OFFSET_S = 10.0
"""A point whose time is further from its sweep's belongs to another sweep or clock."""

SPIN_START_NS = -99_745_000
SPIN_NS_PER_RAD = 99_781_000 / (2 * np.pi)
"""The Pandar64's beam starts at the back, clockwise seen from above, and is back there at the
sweep's timestamp. Fitted to the points of ten sweeps of log 002, which scatter around it by .9 ms
(one standard deviation), because the 64 beams do not all point the same way."""


@dataclass(frozen=True, eq=False)
class _Table:
    """One decoded file, rows of both LiDARs: points in the world frame (3, N), the rest (N,)."""

    points_world_m: FloatArray
    intensity: npt.NDArray[np.float32]
    time_ns: IntArray
    lidar: npt.NDArray[np.uint8]
    extra: Mapping[str, npt.NDArray[Any]]

    @property
    def nbytes(self) -> int:
        arrays: list[npt.NDArray[Any]] = [self.points_world_m, self.intensity, self.time_ns]
        return sum(array.nbytes for array in (*arrays, self.lidar, *self.extra.values()))

    def rows(self, value: int) -> slice | IntArray:
        """The rows of one LiDAR; a slice, which copies nothing, where they are in a row."""
        rows = np.flatnonzero(self.lidar == value)
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return slice(int(rows[0]), int(rows[-1]) + 1)
        return rows


class SweepFiles:
    """The files `lidar/NN.pkl.gz`, each decoded once for both LiDARs.

    Args:
        paths: files by frame number.
        semantics: files of annotations/semseg by frame number; frames may be absent.
        timestamps_ns: time of each frame number.
    """

    def __init__(
        self,
        paths: Mapping[int, Path],
        semantics: Mapping[int, Path],
        timestamps_ns: Mapping[int, int],
    ) -> None:
        self.paths = paths
        self._semantics = semantics
        self._timestamps_ns = timestamps_ns
        self._cache: ByteCache[_Table] = ByteCache(SHARED_BYTES, lambda table: table.nbytes)

    def read(self, number: int) -> _Table:
        """Decode one file; InputFileError says what is wrong with it."""
        return self._cache.get(number, lambda: self._decode(number))

    def _decode(self, number: int) -> _Table:
        path = self.paths[number]
        table = read_table(path, ("x", "y", "z", "i", "t", "d"))
        points_m = np.stack([_numbers(table, name, path) for name in "xyz"])
        if not _all_within(points_m, -FARTHEST_M, FARTHEST_M):
            # Checked before points leave the world frame, so that the message counts rows.
            checked_points(points_m.T, path)
        seconds = _numbers(table, "t", path)
        middle_s = self._timestamps_ns[number] / 1e9
        if not _all_within(seconds, middle_s - _MAX_OFFSET_S, middle_s + _MAX_OFFSET_S):
            row = int(np.flatnonzero(~(np.abs(seconds - middle_s) <= _MAX_OFFSET_S))[0])
            raise InputFileError(
                f"the time of point {row} is {seconds[row]!r}, the sweep is at {middle_s:.6f} s",
                path,
                "download the file again",
            )
        intensity = _numbers(table, "i", path)
        largest = sys.float_info.max
        if not _all_within(intensity, -largest, largest):
            row = int(np.flatnonzero(~np.isfinite(intensity))[0])
            raise InputFileError(
                f"the intensity of point {row} is {intensity[row]}", path, "download the file again"
            )
        lidar = _numbers(table, "d", path)
        known = (lidar == 0) | (lidar == 1)
        if not known.all():
            row = int(np.flatnonzero(~known)[0])
            raise InputFileError(
                f"point {row} is of LiDAR d={lidar[row]:g}, expected 0 or 1", path,
                "download the file again",
            )  # fmt: skip
        return _Table(
            points_m,
            np.clip(intensity / 255, 0.0, 1.0).astype(np.float32),
            seconds_to_ns(seconds),
            lidar.astype(np.uint8),
            self._read_semantics(number, len(seconds)),
        )

    def _read_semantics(self, number: int, points: int) -> Mapping[str, npt.NDArray[Any]]:
        path = self._semantics.get(number)
        if path is None:
            return {}
        classes = _numbers(read_table(path, ("class",)), "class", path)
        if len(classes) != points:
            raise InputFileError(
                f"{len(classes):,} semantic labels for {points:,} points of "
                f"{self.paths[number].name}",
                path,
                "download both files again, or remove the labels",
            )
        if not ((classes >= 0) & (classes <= 255)).all():
            raise InputFileError(
                "a semantic class is not in 0 to 255", path, "download the file again"
            )
        return {"semantic": classes.astype(np.uint8)}


class PandaSweeps(SweepStream):
    """The sweeps of one of the two LiDARs.

    Args:
        files: the files, shared by both LiDARs.
        lidar: key of LIDARS.
        numbers: frame numbers, in time order, (N,).
        timestamps_ns: their times, (N,).
        world_SE3_lidar: sensor pose at these times, batch of N.
    """

    def __init__(
        self,
        files: SweepFiles,
        lidar: str,
        numbers: list[int],
        timestamps_ns: IntArray,
        world_SE3_lidar: SE3,
    ) -> None:
        super().__init__(timestamps_ns)
        self.numbers = numbers
        self._files = files
        self._lidar = lidar
        self._world_SE3_lidar = world_SE3_lidar

    def read(self, index: int) -> Sweep:
        table = self._files.read(self.numbers[index])
        rows = table.rows(LIDARS[self._lidar])
        lidar_SE3_world = self._world_SE3_lidar[index].inverse()
        # As rows of x, y and z, in the order of the file: a third of the time of (N, 3) points.
        points_m = np.einsum("ij,jn->in", lidar_SE3_world.rotation, table.points_world_m[:, rows])
        points_m += lidar_SE3_world.translation_m[:, None]
        timestamp_ns = int(self.timestamps_ns[index])
        return Sweep(
            self._lidar,
            timestamp_ns,
            checked_points(points_m.T, self._files.paths[self.numbers[index]]),
            table.intensity[rows],
            table.time_ns[rows] - timestamp_ns,
            {name: values[rows] for name, values in table.extra.items()},
            # In the files points are in the world frame: ego motion has been taken out.
            motion_compensated=True,
        )

    def path(self, index: int) -> Path | None:
        return self._files.paths[self.numbers[index]]


class Pandar64Sweeps(PandaSweeps):
    """The spinning LiDAR, whose beam passes a place at a time that its direction tells."""

    def measured_ns(self, index: int, positions_m: npt.ArrayLike) -> IntArray:
        positions = np.asarray(positions_m, dtype=np.float64)
        # The sensor's y axis points backwards (see rig.toml); clockwise seen from above.
        turned_rad = np.arctan2(positions[..., 0], positions[..., 1]) % (2 * np.pi)
        spin_ns = np.rint(SPIN_START_NS + SPIN_NS_PER_RAD * turned_rad).astype(np.int64)
        return np.asarray(self.timestamps_ns[index] + spin_ns, dtype=np.int64)


def _numbers(table: Mapping[str, npt.NDArray[Any]], name: str, path: Path) -> FloatArray:
    return numbers_of(table[name], name, path)


def _all_within(values: FloatArray, low: float, high: float) -> bool:
    """Whether all values lie within bounds; False if one is not a number. Fast, as it mostly is."""
    return not values.size or bool(low <= values.min() and values.max() <= high)
