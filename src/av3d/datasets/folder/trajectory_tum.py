"""Ego poses as SLAM and GNSS tools write them: a time, a position, a quaternion x, y, z, w.

Source of the format: "File Formats", TUM RGB-D benchmark: lines `timestamp tx ty tz qx qy qz qw`, with
spaces between and comments after `#`. Tables with a header may have the columns in any order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.folder.stamps import times_of_text
from av3d.datasets.folder.trajectory_csv import MAX_VALUE, trajectory_of_table
from av3d.errors import InputFileError
from av3d.logs.trajectory import Trajectory
from av3d.reading import read_text
from av3d.types import FloatArray

NAMES = ("trajectory.txt", "trajectory.tum")

_TUM = (0, 1, 2, 3, 7, 4, 5, 6)
"""Columns of time, x, y, z, qw, qx, qy, qz in lines without header."""

_ALIASES = (
    r"(time_?stamps?|time|t|stamp|sec|seconds)([_ \[(]*(ns|us|ms|s|sec|nsec)[\])]?)?",
    *(rf"({axis}|t_?{axis}|p_?{axis}|{axis}_m|pos(ition)?[_.]{axis}|p_rs_r_{axis}[ \[\]m]*)"
      for axis in "xyz"),
    *(rf"(q_?{part}|rot[_.]{part}|orientation[_.]{part}|quat[_.]{part}|q_rs_{part}[ \[\]]*)"
      for part in "wxyz"),
)  # fmt: skip
"""Names of the eight columns in headers, in lower case."""

_UNIT = re.compile(r"[_ \[(](ns|us|ms|s|sec|nsec)[\])]?$")


def columns_of(header: Sequence[str]) -> list[int] | None:
    """Columns of time, x, y, z, qw, qx, qy, qz under a header; None if it has not all of them."""
    names = [name.strip().lower() for name in header]
    found = [
        next((at for at, name in enumerate(names) if re.fullmatch(alias, name)), None)
        for alias in _ALIASES
    ]
    known = [at for at in found if at is not None]
    return known if len(known) == len(found) else None


def split(line: str) -> list[str]:
    """The cells of a line, with commas, semicolons or white space between."""
    return [cell.strip() for cell in re.split(r"[,;]" if re.search("[,;]", line) else r"\s+", line)]


def read_tum(path: Path) -> Trajectory:
    """Read the poses; the unit of their times is told by the header, or by the times.

    Raises:
        InputFileError: a line has too few values or one that is no number.
        TrajectoryError: there are no poses, or their times do not increase.
    """
    lines = [
        (number, line.strip())
        for number, line in enumerate(read_text(path, "trajectory").splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    columns: Sequence[int] = _TUM
    unit = None
    if lines and lines[0][1][:1].isalpha():
        header = split(lines.pop(0)[1])
        found = columns_of(header)
        if found is None:
            raise InputFileError(
                f"the header {' '.join(header)[:80]!r} has not all columns of a trajectory",
                path,
                "name them timestamp, tx, ty, tz, qx, qy, qz, qw",
            )
        columns = found
        stated = _UNIT.search(header[columns[0]].lower())
        unit = {"sec": "s", "nsec": "ns"}.get(stated[1], stated[1]) if stated else None
    times: list[str] = []
    values: list[list[str]] = []
    for number, line in lines:
        cells = split(line)
        if len(cells) <= max(columns):
            raise InputFileError(
                f"line {number} has {len(cells)} values, expected timestamp tx ty tz qx qy qz qw",
                path,
                "complete the line or remove it",
            )
        times.append(cells[columns[0]])
        values.append([cells[at] for at in columns[1:]])
    table = _numbers(values, [number for number, _ in lines], path)
    return trajectory_of_table(times_of_text(times, unit, path), table, path)


def _numbers(values: Sequence[Sequence[str]], lines: Sequence[int], path: Path) -> FloatArray:
    try:
        table: FloatArray = np.array(values, dtype=np.float64).reshape(-1, 7)
    except ValueError:
        table = np.array([[_number(cell) for cell in row] for row in values]).reshape(-1, 7)
    wrong = np.flatnonzero(~(np.abs(table) <= MAX_VALUE).all(axis=1))
    if len(wrong):
        raise InputFileError(
            f"line {lines[int(wrong[0])]}: a value is not a finite number",
            path,
            "correct the pose or remove the line",
        )
    return table


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
