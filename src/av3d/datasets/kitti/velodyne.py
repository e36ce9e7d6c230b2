"""Point clouds as KITTI stores them: x, y, z, reflectance as little-endian float32, no header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.reading import read_bytes
from av3d.types import Float32Array

LIDAR = "velodyne"

BYTES_PER_POINT = 16


class VelodyneFiles(SweepStream):
    """Sweeps that are .bin files; a frame without a file has a sweep without points.

    Args:
        timestamps_ns: strictly increasing times, (N,).
        paths: one file, or None, for each time.
    """

    def __init__(self, timestamps_ns: npt.ArrayLike, paths: list[Path | None]) -> None:
        super().__init__(timestamps_ns)
        self._paths = paths

    def read(self, index: int) -> Sweep:
        path = self._paths[index]
        timestamp_ns = int(self.timestamps_ns[index])
        if path is None:
            return Sweep(LIDAR, timestamp_ns, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
        points_m, intensity = read_points(path)
        return Sweep(LIDAR, timestamp_ns, points_m, intensity)

    def path(self, index: int) -> Path | None:
        return self._paths[index]


def read_points(path: Path) -> tuple[Float32Array, Float32Array]:
    """Points (N, 3) in the velodyne frame and intensities (N,) scaled to 0..1.

    Raises:
        InputFileError: the file cannot be read, is empty or cut off, or has points that are not
            finite.
    """
    data = read_bytes(path, "points")
    if not data:
        raise InputFileError("the point cloud is empty, 0 bytes", path, "copy the file again")
    if len(data) % BYTES_PER_POINT:
        raise InputFileError(
            f"the point cloud is truncated: {len(data):,} bytes are not a multiple of "
            f"{BYTES_PER_POINT} (x, y, z, reflectance as float32)",
            path,
            "copy the file again",
        )
    table = np.frombuffer(data, dtype="<f4").reshape(-1, 4)
    points_m = checked_points(table[:, :3], path)
    intensity = np.nan_to_num(table[:, 3]).astype(np.float32)
    # KITTI's reflectance is 0..1; data converted from other LiDARs often carries 0..255.
    if intensity.max(initial=0.0) > 1.0:
        intensity /= 255.0
    return points_m, np.clip(intensity, 0.0, 1.0)


def points_bytes(sweep: Sweep) -> bytes:
    """The content of a .bin file with the points of a sweep."""
    table = np.zeros((len(sweep), 4), dtype="<f4")
    table[:, :3] = sweep.points_m
    if sweep.intensity is not None:
        table[:, 3] = sweep.intensity
    return table.tobytes()
