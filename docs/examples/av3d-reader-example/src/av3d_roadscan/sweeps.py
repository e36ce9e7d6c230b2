"""Scans: one CSV file a turn, with the time of every point."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.reading import read_text

HEADER = "x,y,z,reflectivity,dt_us"
LONGEST_US = 1_000_000


class Scans(SweepStream):
    """The scans of a drive. Nothing is read before `read` is called."""

    def __init__(
        self, lidar: str, timestamps_ns: npt.NDArray[np.int64], paths: Sequence[Path]
    ) -> None:
        super().__init__(timestamps_ns)
        self._lidar = lidar
        self._paths = paths

    def path(self, index: int) -> Path:
        return self._paths[index]

    def read(self, index: int) -> Sweep:
        path = self._paths[index]
        header, _, body = read_text(path, "scan").partition("\n")
        if header.strip() != HEADER:
            raise InputFileError(f"scan does not start with {HEADER}", path, "copy it again")
        try:
            table = np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2)
            table = table.reshape(-1, 5)
        except ValueError as error:
            raise InputFileError(f"scan is damaged: {error}", path, "copy it again") from error
        dt_us = table[:, 4]
        if not (np.abs(dt_us) <= LONGEST_US).all():  # False for NaN, too
            raise InputFileError("a dt_us is not a time within a second", path, "copy it again")
        return Sweep(
            self._lidar,
            int(self.timestamps_ns[index]),
            checked_points(table[:, :3], path),
            # RoadScan counts reflectivity in percent; av3d wants 0 to 1.
            np.clip(np.nan_to_num(table[:, 3] / 100), 0, 1).astype(np.float32),
            np.rint(dt_us * 1000).astype(np.int64),
        )
