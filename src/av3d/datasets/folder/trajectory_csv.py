"""Ego poses as a CSV file: timestamp_ns, x_m, y_m, z_m, qw, qx, qy, qz of `world_SE3_ego`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.folder.stamps import MAX_TIME_NS
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.logs.trajectory import Trajectory
from av3d.reading import MAX_TEXT_BYTES, decoded, read_bytes
from av3d.types import FloatArray, IntArray

COLUMNS = ("timestamp_ns", "x_m", "y_m", "z_m", "qw", "qx", "qy", "qz")
MAX_VALUE = 1e9
"""Largest position in metres."""

LONG_TABLE = 200_000
"""From so many bytes on (2,000 poses) a table is read by pyarrow, which takes .2 s to import."""


def read_trajectory(path: Path) -> Trajectory:
    """Read the poses; columns may be in any order, further columns are ignored.

    Raises:
        InputFileError: a column is missing, or a line has a value that is not a number.
        TrajectoryError: there are no poses, or their times do not increase.
    """
    data = read_bytes(path, "trajectory", MAX_TEXT_BYTES)
    read = _read_at_once(data) if len(data) >= LONG_TABLE else None
    times, table = read or _read_by_line(decoded(data, path), path)
    return trajectory_of_table(times, table, path)


def trajectory_of_table(
    times_ns: Sequence[int] | IntArray, table: FloatArray, path: Path
) -> Trajectory:
    """The trajectory of times (N,) and rows (N, 7) of x, y, z, qw, qx, qy, qz, `world_SE3_ego`.

    Raises:
        InputFileError: a quaternion is zero.
        TrajectoryError: there are no poses, or their times do not increase.
    """
    weak = np.flatnonzero(np.linalg.norm(table[:, 3:], axis=1) < 1e-6)
    if len(weak):
        raise InputFileError(
            f"the quaternion of pose {int(weak[0])} is zero", path, "write 1,0,0,0 for no rotation"
        )
    try:
        poses = (
            SE3.from_quaternion(table[:, 3:], table[:, :3]) if len(table) else SE3.identity((0,))
        )
    except NotARigidTransformError as error:
        raise InputFileError(error.what, path, "correct the poses") from error
    return Trajectory(times_ns, poses, source=str(path))


def _read_at_once(data: bytes) -> tuple[IntArray, FloatArray] | None:
    """Times (N,) and values (N, 7) of a long table; None where anything at all is unusual in it."""
    body = data.find(b"\n")
    if data.find(b"x", body) >= 0 or data.find(b"X", body) >= 0:
        return None  # pyarrow would take 0x10 for a number
    import pyarrow as pa
    from pyarrow import csv as fast_csv

    kinds = {COLUMNS[0]: pa.int64(), **dict.fromkeys(COLUMNS[1:], pa.float64())}
    try:
        table = fast_csv.read_csv(
            pa.py_buffer(data),
            convert_options=fast_csv.ConvertOptions(
                column_types=kinds, include_columns=list(COLUMNS), null_values=[]
            ),
        )
    except (pa.ArrowException, KeyError):
        return None  # reading line by line says which one is wrong
    if not table.num_rows:
        return None
    # Not to_numpy(), which would import pandas first, for half a second.
    columns = [
        np.concatenate([np.from_dlpack(chunk) for chunk in table[name].chunks]) for name in COLUMNS
    ]
    times: IntArray = columns[0]
    values: FloatArray = np.stack(columns[1:], axis=1)
    del table
    pa.default_memory_pool().release_unused()  # for an hour, 60 MB that would stay
    fine = times.min() >= 0 and times.max() < MAX_TIME_NS
    return (times, values) if fine and (np.abs(values) <= MAX_VALUE).all() else None


def _read_by_line(text: str, path: Path) -> tuple[Sequence[int], FloatArray]:
    """Times and values (N, 7), with an error that names the line."""
    try:
        # strict: a NUL byte or an open quote is an error and not part of a value.
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InputFileError(f"is not CSV: {error}", path, "save it as CSV with commas") from error
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputFileError(
            f"column {missing[0]} is missing", path, f"start the file with {','.join(COLUMNS)}"
        )
    positions = [header.index(name) for name in COLUMNS]
    times: list[int] = []
    values: list[list[float]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not row or all(not cell.strip() for cell in row):
            continue
        if len(row) < len(header):
            raise InputFileError(
                f"line {line} has {len(row)} values, the header {len(header)}",
                path,
                "complete the line or remove it",
            )
        times.append(_timestamp(row[positions[0]], line, path))
        values.append([_number(row[at], header[at], line, path) for at in positions[1:]])
    return times, np.array(values, dtype=np.float64).reshape(-1, 7)


def write_trajectory(trajectory: Trajectory, path: Path) -> None:
    """Write the samples of a trajectory: positions to 0.1 micrometre, quaternions to 12 digits."""
    lines = [",".join(COLUMNS)]
    quaternions = trajectory.world_SE3_ego.quaternion_wxyz
    for time, position, quaternion in zip(
        trajectory.timestamps_ns, trajectory.world_SE3_ego.translation_m, quaternions, strict=True
    ):
        numbers = [f"{value:.7f}" for value in position] + [f"{value:.12f}" for value in quaternion]
        lines.append(",".join([str(int(time)), *numbers]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _timestamp(cell: str, line: int, path: Path) -> int:
    try:
        value = int(cell.strip())
    except ValueError:
        value = -1
    if not 0 <= value < MAX_TIME_NS:
        raise InputFileError(
            f"line {line}: {cell.strip()!r} is not a time in whole nanoseconds",
            path,
            "write the time without point or exponent",
        )
    return value


def _number(cell: str, column: str, line: int, path: Path) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > MAX_VALUE:
        raise InputFileError(
            f"line {line}: {column} is {cell.strip()!r}, not a finite number",
            path,
            "correct the pose or remove the line",
        )
    return value
