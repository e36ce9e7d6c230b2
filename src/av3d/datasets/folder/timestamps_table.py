"""`timestamps.csv` or `.txt`: when the files of a sensor were measured, where names do not say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.folder.stamps import times_of_text
from av3d.errors import InputFileError
from av3d.reading import read_text
from av3d.types import IntArray

NAMES = ("timestamps.csv", "timestamps.txt")
MAX_BYTES = 64 * 1024**2

_DATE_SPACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:)")
_UNIT = re.compile(r"[_\[( ](ns|us|ms|s|sec|nsec)[\])]?$")
_TIME_WORD = re.compile(r"time|stamp|^t$")
_NAME_WORD = re.compile(r"file|name|image|sweep|frame|index|cloud")


def times_of_files(
    table: Path, files: Sequence[str], unit: str | None
) -> tuple[IntArray, list[str]]:
    """Times in nanoseconds and names of the files of a folder that a table states.

    Args:
        table: one line per file, its name (with or without suffix) and its time, in either order,
            perhaps under a header; or only times, in the order of the files.
        files: names of the files there are.
        unit: unit of the times; None: told by the header or the times.

    Returns:
        Times (N,) and names, in the order of the table. Lines of files that are not there are left
        out, as those of files that were lost.

    Raises:
        InputFileError: the table cannot be read, a file is not in it, or a line is no time.
    """
    if table.stat().st_size > MAX_BYTES:
        raise InputFileError(f"the table has more than {MAX_BYTES:,} bytes", table, "shorten it")
    rows = _rows(read_text(table, "table of times"))
    if not rows:
        raise InputFileError(
            "the table of times is empty", table, "write the name and time of each file"
        )
    header = rows.pop(0) if not any(_has_digit(cell) for cell in rows[0]) else []
    unit = unit or _unit_of(header)
    widths = {len(row) for row in rows}
    if widths == {1}:
        return _in_order(table, files, [row[0] for row in rows], unit)
    if not widths or min(widths) < 2:
        raise InputFileError(
            "a line has not both the name and the time of a file", table, "complete it"
        )
    name_at, time_at = _columns(header, rows[0])
    by_name = {name: name for name in files}
    by_name |= {name.rpartition(".")[0]: name for name in files}
    texts: dict[str, str] = {}
    for row in rows:
        if max(name_at, time_at) >= len(row):
            raise InputFileError(f"line {' '.join(row)[:60]!r} is too short", table, "complete it")
        # Tables of other tools have paths; only what is in this folder counts.
        name = by_name.get(re.split(r"[/\\]", row[name_at])[-1])
        if name is None:
            continue
        if name in texts:
            raise InputFileError(f"two lines have the file {name}", table, "remove one")
        texts[name] = row[time_at]
    for name in files:
        if name not in texts:
            raise InputFileError(
                f"the file {name} has no line", table, "add one or remove the file"
            )
    return times_of_text(list(texts.values()), unit, table), list(texts)


def _in_order(
    table: Path, files: Sequence[str], texts: Sequence[str], unit: str | None
) -> tuple[IntArray, list[str]]:
    if len(texts) != len(files):
        raise InputFileError(
            f"{len(texts):,} times for {len(files):,} files",
            table,
            "write the name of each file before its time",
        )
    return times_of_text(texts, unit, table), sorted(files, key=_by_number)


def _by_number(name: str) -> list[tuple[int, int, str]]:
    """Orders frame_9 before frame_10."""
    parts = re.split(r"([0-9]+)", name)
    # At most 4,000 digits, because Python refuses to convert more; names have 255 letters.
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _rows(text: str) -> list[list[str]]:
    rows = []
    for text_line in text.splitlines():
        line = _DATE_SPACE.sub(r"\1T\2", text_line.strip())
        if line and not line.startswith("#"):
            cells = re.split(r"[,;\t]" if re.search(r"[,;\t]", line) else r" +", line)
            rows.append([cell.strip().strip('"') for cell in cells])
    return rows


def _has_digit(cell: str) -> bool:
    return any(character.isdigit() for character in cell)


def _unit_of(header: Sequence[str]) -> str | None:
    for cell in header:
        found = _UNIT.search(cell.lower())
        if found and _TIME_WORD.search(cell.lower()):
            return {"sec": "s", "nsec": "ns"}.get(found[1], found[1])
    return None


def _columns(header: Sequence[str], row: Sequence[str]) -> tuple[int, int]:
    """Where names and times are: as the header says, else a name has letters; else names are first."""
    times = [at for at, cell in enumerate(header) if _TIME_WORD.search(cell.lower())]
    names = [at for at, cell in enumerate(header) if _NAME_WORD.search(cell.lower())]
    names = [at for at in names if at not in times]
    if times and names:
        return names[0], times[0]
    lettered = [at for at, cell in enumerate(row) if re.search(r"[^\W\d]", cell.replace("T", ""))]
    # An exponent is a letter, too.
    lettered = [at for at in lettered if not re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", row[at])]
    name_at = lettered[0] if lettered else 0
    return name_at, 1 if name_at == 0 else 0
