"""The recorder's CSV and JSON files, with errors that name file and line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from av3d.errors import InputFileError
from av3d.reading import read_text

MAX_TIME_US = 4 * 10**15
"""Later than 2096: a typing error."""


def read_rows(path: Path, what: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The lines of a table, by column; all `columns` are there."""
    lines = list(csv.reader(read_text(path, what).splitlines()))
    if not lines or not set(columns) <= set(lines[0]):
        raise InputFileError(
            f"{what} has no columns {','.join(columns)}", path, "export the drive again"
        )
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(lines[0]):
            raise InputFileError(
                f"line {number} has {len(line)} values", path, "export the drive again"
            )
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def times_ns(rows: list[dict[str, str]], path: Path) -> npt.NDArray[np.int64]:
    """The column time_us in nanoseconds, which is what av3d counts in, (N,)."""
    times = []
    for number, row in enumerate(rows, start=2):
        text = row["time_us"]
        if not (text.isascii() and text.isdigit() and int(text[:20]) < MAX_TIME_US):
            raise InputFileError(f"line {number}: time_us is {text!r}", path, "correct it")
        times.append(int(text) * 1000)
    return np.array(times, dtype=np.int64)


def numbers(
    rows: list[dict[str, str]], columns: tuple[str, ...], path: Path
) -> npt.NDArray[np.float64]:
    """Columns of finite numbers, (N, C)."""
    values = np.empty((len(rows), len(columns)))
    for number, row in enumerate(rows):
        for at, column in enumerate(columns):
            try:
                values[number, at] = float(row[column])
            except ValueError:
                values[number, at] = np.nan
            if not np.isfinite(values[number, at]):
                raise InputFileError(
                    f"line {number + 2}: {column} is {row[column]!r}", path, "correct it"
                )
    return values


def read_json(path: Path, what: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        data = json.loads(read_text(path, what))
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{what} is not JSON: {error}", path, "copy it again") from error
    if not isinstance(data, dict):
        raise InputFileError(f"{what} is not a JSON object", path, "copy it again")
    return data
