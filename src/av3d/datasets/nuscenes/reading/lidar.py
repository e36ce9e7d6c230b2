"""LiDAR sweeps of nuScenes: files of five floats per point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.reading import read_bytes
from av3d.types import IntArray

POINT_BYTES = 20

TURN_NS = 50_000_000
"""LIDAR_TOP turns at 20 Hz, clockwise seen from above, from the left of the vehicle to the left; the
sweep is stamped at the end of the turn. What shows it is in docs/formats/nuscenes.md."""


def spin_ns(directions_m: npt.ArrayLike) -> IntArray:
    """When the beam of LIDAR_TOP passes some directions, minus the sweep's stamp, -TURN_NS to 0.

    Args:
        directions_m: in the sensor frame (x right, y forward), (..., 3).
    """
    at = np.asarray(directions_m, dtype=np.float64)
    turned_rad = (np.pi - np.arctan2(at[..., 1], at[..., 0])) % (2 * np.pi)
    return np.asarray(np.rint(TURN_NS * (turned_rad / (2 * np.pi) - 1.0)).astype(np.int64))


class LidarFiles(SweepStream):
    """The sweeps of one LiDAR.

    Args:
        name: the channel.
        timestamps_ns: (N,).
        paths: files, (N,).
        absent: indices of sweeps whose file is not there; they have no points.
        semantics: files with a class per point, by index of the sweep.
        may_be_empty: whether a file of 0 bytes is a sweep without points and not a damaged one.
        is_spinning: whether the scan is that of nuScenes' own LIDAR_TOP.
        compensated: whether ego motion is removed from the points, as nuScenes does it.
    """

    def __init__(
        self,
        name: str,
        timestamps_ns: npt.ArrayLike,
        paths: Sequence[Path],
        absent: frozenset[int],
        semantics: dict[int, Path],
        *,
        may_be_empty: bool,
        is_spinning: bool,
        compensated: bool,
    ) -> None:
        super().__init__(timestamps_ns)
        self.absent = absent
        self._name = name
        self._paths = paths
        self._semantics = semantics
        self._may_be_empty = may_be_empty
        self.is_spinning = is_spinning
        self._compensated = compensated

    def read(self, index: int) -> Sweep:
        timestamp_ns, path = int(self.timestamps_ns[index]), self._paths[index]
        data = b"" if index in self.absent else read_bytes(path, "sweep")
        if not (data or self._may_be_empty or index in self.absent):
            raise InputFileError("sweep is empty, 0 bytes", path, "download the file again")
        if len(data) % POINT_BYTES:
            raise InputFileError(
                f"sweep has {len(data):,} bytes, not {POINT_BYTES} for each point", path,
                "it is truncated: download the file again",
            )  # fmt: skip
        values = np.frombuffer(data, dtype="<f4").reshape(-1, 5)
        points_m = checked_points(values[:, :3], path)
        intensity = values[:, 3]
        if not np.isfinite(intensity).all():
            row = int(np.flatnonzero(~np.isfinite(intensity))[0])
            raise InputFileError(
                f"the intensity of point {row} is {intensity[row]}", path, "download the file again"
            )
        extra: dict[str, npt.NDArray[np.generic]] = {"ring": self._rings(values[:, 4], path)}
        if index in self._semantics and index not in self.absent:
            extra["semantic"] = self._classes(self._semantics[index], len(points_m))
        return Sweep(
            self._name,
            timestamp_ns,
            points_m,
            np.clip(intensity / np.float32(255), 0.0, 1.0),
            None,
            extra,
            motion_compensated=self._compensated,
        )

    def path(self, index: int) -> Path | None:
        return self._paths[index]

    def measured_ns(self, index: int, positions_m: npt.ArrayLike) -> IntArray | None:
        if not self.is_spinning:
            return None
        return np.asarray(self.timestamps_ns[index] + spin_ns(positions_m), dtype=np.int64)

    @staticmethod
    def _rings(values: npt.NDArray[np.float32], path: Path) -> npt.NDArray[np.uint16]:
        with np.errstate(invalid="ignore"):
            is_ring = (values >= 0) & (values < 2**16) & (values == np.floor(values))
        if not is_ring.all():
            row = int(np.flatnonzero(~is_ring)[0])
            raise InputFileError(
                f"the ring of point {row} is {values[row]}", path, "download the file again"
            )
        return values.astype(np.uint16)

    @staticmethod
    def _classes(path: Path, points: int) -> npt.NDArray[np.uint8]:
        data = read_bytes(path, "point classes")
        if len(data) != points:
            raise InputFileError(
                f"{len(data):,} classes for {points:,} points", path, "download the file again"
            )
        return np.frombuffer(data, dtype=np.uint8)
