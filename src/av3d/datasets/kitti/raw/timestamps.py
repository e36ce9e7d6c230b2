"""The timestamps.txt of a stream: one date and time a line, to the nanosecond, line n for file n."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from av3d.errors import InputFileError
from av3d.reading import read_text
from av3d.types import IntArray

EARLIEST, LATEST = np.datetime64("1970-01-01", "ns"), np.datetime64("2200-01-01", "ns")


def read_timestamps(path: Path) -> IntArray:
    """Times in nanoseconds since 1970, (N,).

    The files give local time without a zone; it is taken as UTC, so that differences are right.

    Raises:
        InputFileError: the file cannot be read, or a line is no date and time.
    """
    lines = read_text(path, "timestamps").splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    words = [line.strip().replace(" ", "T", 1) for line in lines]
    try:
        times = np.array(words, dtype="datetime64[ns]")
    except ValueError:
        # Found line by line only now that there is something to find.
        times = np.array([_time(word, path, row) for row, word in enumerate(words, start=1)])
    wrong = np.isnat(times) | (times < EARLIEST) | (times > LATEST)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise _error(words[row], path, row + 1)
    return np.asarray(times.astype(np.int64))


def timestamp_text(time_ns: int) -> str:
    """A time as these files have it."""
    return str(np.datetime64(time_ns, "ns")).replace("T", " ", 1)


def _time(word: str, path: Path, row: int) -> np.datetime64:
    try:
        return np.datetime64(word, "ns")
    except ValueError as error:
        raise _error(word, path, row) from error


def _error(word: str, path: Path, row: int) -> InputFileError:
    return InputFileError(
        f"not a time: {word[:40]!r}",
        f"{path} line {row}",
        "write it like 2011-09-26 13:02:25.594360375",
    )
