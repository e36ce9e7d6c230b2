"""Argoverse 2's two LiDARs, which share one file per sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.datasets.feather import numbers, read_feather, whole_numbers
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.cache import ByteCache
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.types import NS_PER_S, Float32Array, IntArray, Uint8Array

LASERS: Mapping[str, range] = {"up_lidar": range(0, 32), "down_lidar": range(32, 64)}
"""Laser numbers of each LiDAR. With the log's extrinsics every laser of these ranges keeps one
elevation to .05 degrees; the other way round they scatter three times as much."""

SHARED_BYTES = 96 * 1024 * 1024
"""Decoded files kept until the other LiDAR has taken its part: about thirty sweeps."""

BOX_TIME_NS = 53_000_000
"""When cuboids hold, after a sweep's timestamp: the middle of the sweep, whose points are measured
from 0 to 106 ms after it. Evidence: docs/formats/argoverse2.md."""

COLUMNS = ("x", "y", "z", "intensity", "laser_number", "offset_ns")


@dataclass(frozen=True, eq=False)
class _Cloud:
    """One decoded file: points (N, 3) in the ego frame at the sweep's timestamp, the rest (N,)."""

    points_ego_m: Float32Array
    intensity: npt.NDArray[np.float32]
    laser_number: Uint8Array
    time_offset_ns: IntArray

    @property
    def nbytes(self) -> int:
        return (
            self.points_ego_m.nbytes
            + self.intensity.nbytes
            + self.laser_number.nbytes
            + self.time_offset_ns.nbytes
        )


NO_POINTS = _Cloud(
    np.zeros((0, 3), np.float32),
    np.zeros(0, np.float32),
    np.zeros(0, np.uint8),
    np.zeros(0, np.int64),
)


class SweepFiles:
    """The files `sensors/lidar/<time>.feather`, each decoded once for both LiDARs.

    Args:
        paths: files by time.
    """

    def __init__(self, paths: Mapping[int, Path]) -> None:
        self.paths = paths
        self._cache: ByteCache[_Cloud] = ByteCache(SHARED_BYTES, lambda cloud: cloud.nbytes)

    def read(self, timestamp_ns: int) -> _Cloud:
        """The points of one time; none where there is no file.

        Raises:
            InputFileError: says what is wrong with the file.
        """
        path = self.paths.get(timestamp_ns)
        if path is None:
            return NO_POINTS
        return self._cache.get(timestamp_ns, lambda: read_cloud(path))


def read_cloud(path: Path) -> _Cloud:
    """Decode one file; InputFileError says what is wrong with it."""
    table = read_feather(path, "sweep", COLUMNS)
    for axis in "xyz":
        if table[axis].dtype.kind != "f":
            raise InputFileError(
                f"column {axis!r} is {table[axis].dtype}, not metres as floating-point numbers",
                path,
                "copy the file again",
            )
    points_m = checked_points(np.column_stack([table[axis] for axis in "xyz"]), path)
    intensity = numbers(table, "intensity", path)
    offset_ns = whole_numbers(table, "offset_ns", path)
    late = np.flatnonzero(np.abs(offset_ns) > NS_PER_S)
    if len(late):
        raise InputFileError(
            f"point {late[0]} was measured {offset_ns[late[0]] / NS_PER_S:.3f} s after its sweep",
            path,
            "copy the file again",
        )
    laser = whole_numbers(table, "laser_number", path)
    unknown = np.flatnonzero((laser < 0) | (laser > max(LASERS["down_lidar"])))
    if len(unknown):
        raise InputFileError(
            f"point {unknown[0]} is of laser {laser[unknown[0]]}, expected 0 to 63",
            path,
            "copy the file again",
        )
    return _Cloud(
        points_m,
        np.clip(intensity / 255, 0.0, 1.0).astype(np.float32),
        laser.astype(np.uint8),
        offset_ns,
    )


class Argoverse2Sweeps(SweepStream):
    """The sweeps of one of the two LiDARs.

    Args:
        files: the files, shared by both LiDARs.
        lidar: key of LASERS.
        timestamps_ns: times of the log's frames, (N,); some may have no file.
        ego_SE3_lidar: where the LiDAR sits.
    """

    def __init__(
        self, files: SweepFiles, lidar: str, timestamps_ns: IntArray, ego_SE3_lidar: SE3
    ) -> None:
        super().__init__(timestamps_ns)
        self.absent = frozenset(np.flatnonzero(~np.isin(timestamps_ns, list(files.paths))).tolist())
        self._files = files
        self._lidar = lidar
        self._lidar_SE3_ego = ego_SE3_lidar.inverse()

    def read(self, index: int) -> Sweep:
        timestamp_ns = int(self.timestamps_ns[index])
        cloud = self._files.read(timestamp_ns)
        lasers = LASERS[self._lidar]
        rows = np.flatnonzero(
            (cloud.laser_number >= lasers.start) & (cloud.laser_number < lasers.stop)
        )
        # The files hold points of the ego frame; in double precision they come back as they were.
        points_m = self._lidar_SE3_ego.transform(cloud.points_ego_m[rows])
        return Sweep(
            self._lidar,
            timestamp_ns,
            points_m.astype(np.float32),
            cloud.intensity[rows],
            cloud.time_offset_ns[rows],
            {"laser_number": cloud.laser_number[rows]},
            # The dataset has taken ego motion out, up to the sweep's timestamp.
            motion_compensated=True,
        )

    def path(self, index: int) -> Path | None:
        return self._files.paths.get(int(self.timestamps_ns[index]))

    def measured_ns(self, index: int, positions_m: npt.ArrayLike) -> IntArray:
        """The middle of the sweep wherever the place is.

        Two LiDARs half a turn apart see each place twice, 50 ms apart, and the cuboids of the
        dataset run smoothly in between.
        """
        shape = np.asarray(positions_m).shape[:-1]
        return np.full(shape, self.timestamps_ns[index] + BOX_TIME_NS, dtype=np.int64)
