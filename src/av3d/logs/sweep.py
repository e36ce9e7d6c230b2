"""LiDAR sweeps and the streams they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.rhythm import whole_times
from av3d.types import Float32Array, IntArray


@dataclass(frozen=True, eq=False)
class Sweep:
    """One LiDAR revolution.

    Attributes:
        lidar: name of the LiDAR, or "ego" for a cloud merged from all LiDARs in the ego frame.
        timestamp_ns: reference time of the sweep; the points are given in the sensor frame at it.
        points_m: (N, 3) float32 in the sensor frame (ego frame if lidar is "ego").
        intensity: (N,) float32 scaled to 0..1, or None if the LiDAR has none.
        time_offset_ns: (N,) time of each point minus timestamp_ns, or None if unknown.
        extra: further values per point, each (N,): ring, semantic label, LiDAR index ...
        motion_compensated: whether the points already are where they would be if all had been
            measured at timestamp_ns from the ego pose at that time (ego motion removed).
    """

    lidar: str
    timestamp_ns: int
    points_m: Float32Array
    intensity: Float32Array | None = None
    time_offset_ns: IntArray | None = None
    extra: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    motion_compensated: bool = False

    def __len__(self) -> int:
        return len(self.points_m)

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        arrays = [self.points_m, self.intensity, self.time_offset_ns, *self.extra.values()]
        return sum(array.nbytes for array in arrays if array is not None)

    def in_frame(self, a_SE3_sensor: SE3, lidar: str) -> Sweep:
        """The same points in frame a, under another name.

        They stay float32, so frame a must be near: in map coordinates of a million metres a point
        would be off by centimetres.
        """
        rotation = a_SE3_sensor.rotation.astype(np.float32)
        # Not as (N, 3) @ (3, 3), for which BLAS takes three times as long and all cores.
        moved = np.einsum("ij,jn->in", rotation, np.ascontiguousarray(self.points_m.T))
        moved += a_SE3_sensor.translation_m.astype(np.float32)[:, None]
        points = np.ascontiguousarray(moved.T)
        return replace(self, lidar=lidar, points_m=points)


class SweepStream(ABC):
    """The sweeps of one LiDAR in time order; each is read when it is asked for.

    Args:
        timestamps_ns: strictly increasing reference times, (N,).

    Attributes:
        absent: indices of sweeps whose points are not there, because their files were not
            downloaded; they read as sweeps without points.
    """

    absent: frozenset[int] = frozenset()

    def __init__(self, timestamps_ns: npt.ArrayLike) -> None:
        self.timestamps_ns: IntArray = whole_times(timestamps_ns)

    def __len__(self) -> int:
        return len(self.timestamps_ns)

    @abstractmethod
    def read(self, index: int) -> Sweep:
        """Read one sweep from its source; InputFileError says what is wrong with it."""

    def path(self, index: int) -> Path | None:
        """The file that holds the sweep, if it has one of its own."""
        return None

    def notes(self) -> tuple[str, ...]:
        """What the reader told from the data and assumed, in words for the user; may read sweeps."""
        return ()

    def measured_ns(self, index: int, positions_m: npt.ArrayLike) -> IntArray | None:
        """When the beam of sweep `index` passed some places, where the reader knows the scan.

        Args:
            index: the sweep.
            positions_m: places in the sensor frame at the time when the beam passed, (..., 3).

        Returns:
            Times, (...); None: the scan is measured from the times of the sweep's points.
        """
        return None


FARTHEST_M = 1e8
"""Largest coordinate of a point, also in a world frame; beyond it float32 squares lose all sense."""


def checked_points(points_m: npt.NDArray[Any], where: str | Path) -> Float32Array:
    """Points as (N, 3) float32.

    Raises:
        InputFileError: wrong shape, complex numbers, or values that are not finite or beyond
            FARTHEST_M; names the first such point.
    """
    if points_m.ndim != 2 or points_m.shape[1] != 3:
        raise InputFileError(f"points have shape {points_m.shape}, expected (N, 3)", where)
    if np.iscomplexobj(points_m):
        raise InputFileError("points are complex numbers", where, "store metres")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is found below
        points = np.ascontiguousarray(points_m, dtype=np.float32)
    if not points.size or (points.min() >= -FARTHEST_M and points.max() <= FARTHEST_M):
        return points  # quicker than looking at each point, and False if one is not a number
    with np.errstate(invalid="ignore"):
        finite = (np.abs(points) <= FARTHEST_M).all(axis=1)  # False for NaN, too
    if not finite.all():
        bad = int((~finite).sum())
        first = int(np.flatnonzero(~finite)[0])
        raise InputFileError(
            f"{bad} of {len(finite)} points have coordinates that are not finite or beyond "
            f"{FARTHEST_M:.0e} m (first: point {first})",
            where,
            "remove these points from the cloud",
        )
    return points
