"""The sweeps of a drive, and when the beam passed a place.

The Velodyne HDL-64E turns ten times a second; the points of each of its lasers are stored counter-
clockwise as seen from above, which is taken for the sense of its rotation. `timestamps.txt` gives the
moment when it faces forward, in the middle of the turn; the files `_start` and `_end` give its ends.

Clouds of "…_sync" drives have the vehicle's motion taken out: at 10.7 m/s (tracking sequence 0001,
which comes from these drives) walls and ground behind the car close to 2 cm where a turn ends, which
1.07 m of motion would tear apart. Those of "…_extract" drives are as measured.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.datasets.kitti.velodyne import LIDAR, read_points
from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.reading import read_bytes
from av3d.types import Float32Array, IntArray

TURN_NS = 100_000_000


class RawSweeps(SweepStream):
    """Sweeps that are .bin files, or .txt files in unsynchronised drives.

    Args:
        timestamps_ns: moments of facing forward, strictly increasing, (N,).
        starts_ns, ends_ns: beginning and end of each turn, (N,); None: not known.
        folder: where the files are.
        names: their names, N.
        motion_compensated: whether the vehicle's motion has been taken out.
    """

    def __init__(
        self,
        timestamps_ns: npt.ArrayLike,
        starts_ns: IntArray | None,
        ends_ns: IntArray | None,
        folder: Path,
        names: list[str],
        *,
        motion_compensated: bool,
    ) -> None:
        super().__init__(timestamps_ns)
        self._folder = folder
        self._names = names
        self._motion_compensated = motion_compensated
        known = starts_ns is not None and ends_ns is not None
        self._starts_ns = starts_ns if known else None
        self._ends_ns = ends_ns if known else None

    def read(self, index: int) -> Sweep:
        path = self._folder / self._names[index]
        is_text = path.suffix.lower() == ".txt"
        points_m, intensity = _read_text_points(path) if is_text else read_points(path)
        timestamp_ns = int(self.timestamps_ns[index])
        offset_ns = self._beam_ns(index, points_m.astype(np.float64)) - timestamp_ns
        return Sweep(
            LIDAR,
            timestamp_ns,
            points_m,
            intensity,
            offset_ns,
            motion_compensated=self._motion_compensated,
        )

    def path(self, index: int) -> Path | None:
        return self._folder / self._names[index]

    def measured_ns(self, index: int, positions_m: npt.ArrayLike) -> IntArray:
        return self._beam_ns(index, np.asarray(positions_m, dtype=np.float64))

    def _beam_ns(self, index: int, positions_m: npt.NDArray[np.float64]) -> IntArray:
        """When the beam passed places (..., 3): start behind, forward in the middle, end behind."""
        forward = int(self.timestamps_ns[index])
        before = after = TURN_NS // 2
        if self._starts_ns is not None and self._ends_ns is not None:
            before = max(forward - int(self._starts_ns[index]), 0)
            after = max(int(self._ends_ns[index]) - forward, 0)
        turn = np.arctan2(positions_m[..., 1], positions_m[..., 0]) / np.pi
        return np.asarray(
            forward + np.round(np.where(turn < 0, turn * before, turn * after)).astype(np.int64)
        )


def _read_text_points(path: Path) -> tuple[Float32Array, Float32Array]:
    """Points and intensities of a text file of x, y, z and reflectance."""
    words = read_bytes(path, "points").split()
    if not words or len(words) % 4:
        raise InputFileError(
            f"{len(words)} values are no rows of x, y, z, reflectance", path, "copy the file again"
        )
    try:
        table = np.array(words, dtype=np.float64).reshape(-1, 4)
    except ValueError as error:
        raise InputFileError(
            f"a value is no number: {error}", path, "copy the file again"
        ) from error
    intensity = np.clip(np.nan_to_num(table[:, 3]), 0.0, 1.0).astype(np.float32)
    return checked_points(table[:, :3], path), intensity
