"""What a point file holds, whatever its format: coordinates, and values that need to be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.datasets.point_values import PointTimes, Values, find, with_return
from av3d.errors import InputFileError

MAX_POINTS = 20_000_000
"""A file that claims more is refused before memory is asked for; large sweeps have 300,000."""

MAX_UNPACKED_BYTES = 512 * 1024**2
"""All values of a file together, unpacked; a large sweep has 10 MB."""

COPY_AGAIN = "copy the file again"

_AXES = tuple((axis, f"{axis}_m") for axis in "xyz")


@dataclass(frozen=True, eq=False)
class PointFile:
    """The values of a point file as they are.

    Attributes:
        points_m: coordinates in the sensor frame, (N, 3), not checked yet.
        values: further numbers by name, each (N,).
        rows: how many points the file has, with those left out because they have no return.
        intensity_scale: the intensity that stands for 1, where the file itself says so.
        times: what times of points mean, where the format says so.
    """

    points_m: npt.NDArray[Any]
    values: Values
    rows: int
    intensity_scale: float | None = None
    times: PointTimes | None = None


def points_of_columns(columns: Mapping[str, npt.NDArray[Any]], path: Path) -> PointFile:
    """The points of a table with columns x, y and z; rows without a return are left out.

    Args:
        columns: numbers of any type, each (N,); those of other kinds are left out.
        path: the file, for messages.

    Raises:
        InputFileError: there is no x, y or z.
    """
    columns = {name: column for name, column in columns.items() if column.dtype.kind in "fiub"}
    axes = [find(columns, names) for names in _AXES]
    if any(axis is None for axis in axes):
        known = " ".join(columns)[:200] or "none"
        raise InputFileError(
            f"sweep has no fields x, y, z (its fields: {known})", path, "name the fields x, y, z"
        )
    places = [np.ascontiguousarray(columns[axis]) for axis in axes if axis is not None]
    measured = with_return(*places)
    kept: Any = slice(None) if measured.all() else measured
    points_m = np.empty((len(places[0][kept]), 3), dtype=np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        for axis, column in enumerate(places):
            points_m[:, axis] = column[kept]
    values = {
        # In this machine's byte order, and no view that would keep the whole file alive.
        name: column[kept].astype(column.dtype.newbyteorder("="))
        for name, column in columns.items()
        if name not in axes
    }
    return PointFile(points_m, values, len(measured))
