"""Files that are named by their times, and what of them goes into a log's fingerprint."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.folder.stamps import MAX_TIME_NS, tell_unit, times_of_text
from av3d.datasets.folder.timestamps_table import NAMES, times_of_files
from av3d.datasets.point_values import UNITS_NS
from av3d.errors import InputFileError
from av3d.logs.paths import Paths
from av3d.reading import read_bytes
from av3d.types import IntArray

ALL_SIZES = 1024
"""Folders of up to so many files have all sizes in the fingerprint, larger ones SOME_SIZES."""
SOME_SIZES = 256
"""Asking for 200,000 sizes takes a second, on a network drive minutes."""

_WHOLE = re.compile(r"[0-9]{1,39}", re.ASCII)
_BROKEN = re.compile(r"[0-9]{1,39}(\.[0-9]{1,9}|_([0-9]{3}|[0-9]{6}|[0-9]{9}))?", re.ASCII)
"""Seconds and a fraction: 1700000000.123456, or 1700000000_123456789."""
_PREFIX = re.compile(r"[^\W\d_](?:[^\W\d]|-)*(?=[0-9])")
"""What recorders write before the time: frame_1700000000.jpg. Digits in it could be the time."""
_SECONDS_DIGITS = 10
"""Digits of seconds since 2001. After a prefix fewer may be its end: cam0_000123."""


def timed_files(
    folder: Path, suffixes: tuple[str, ...], digest: hashlib._Hash, unit: str | None = "ns"
) -> tuple[IntArray, Paths]:
    """Times and paths of the files of one sensor, in time order.

    Their names are times, after a prefix that all share if there is one ("scan_"), unless the folder
    has a table of times (see `timestamps_table`).

    Args:
        folder: the folder of one sensor. Hidden files and those of other kinds are left out.
        suffixes: kinds of files, in lower case.
        digest: takes up all names, and the sizes of the files or, of many, of some of them.
        unit: unit of the times, a key of UNITS_NS; None: told from them.

    Raises:
        InputFileError: a name that is no time, prefixes that differ, or two files of one time.
    """
    found = os.listdir(folder)  # noqa: PTH208 - Path.iterdir makes objects, four times slower
    tables = [name for name in NAMES if name in found]
    if len(tables) > 1:
        raise InputFileError("there are two tables of times", folder / tables[1], "remove one")
    uniform = None if tables else _uniform_numbers(_bare(found), suffixes)
    if tables:
        digest.update(read_bytes(folder / tables[0], "table of times"))
        times_ns, names = times_of_files(folder / tables[0], _of_kind(found, suffixes), unit)
    elif uniform is not None:
        scale = int(UNITS_NS[tell_unit(uniform, folder) if unit is None else unit])
        if len(uniform) and int(uniform.max()) >= MAX_TIME_NS // scale:
            raise _no_time(folder / found[int(uniform.argmax())])
        times_ns, names = uniform * scale, found
    else:
        names = _of_kind(found, suffixes)
        times_ns = _times(folder, names, unit)
    order = np.argsort(times_ns, kind="stable")
    times_ns = times_ns[order]
    paths = Paths(folder, [names[row] for row in order.tolist()])
    doubled = np.flatnonzero(times_ns[1:] == times_ns[:-1])
    if len(doubled):
        row = int(doubled[0])
        raise InputFileError(
            f"two files have the time {times_ns[row]} ns",
            paths[row + 1],
            f"remove it or {paths.names[row]}",
        )
    _take_up(paths, digest)
    return times_ns, paths


def _prefix(name: str) -> str:
    """The letters, _ and - in front of the time in a name; empty if it starts with a digit."""
    match = _PREFIX.match(name)
    return match.group() if match else ""


def _bare(names: list[str]) -> list[str]:
    """The names without the prefix that all share; as they are if they share none."""
    prefix = _prefix(names[0]) if names else ""
    if not prefix or not all(name.startswith(prefix) for name in names):
        return names
    return [name[len(prefix) :] for name in names]


def _uniform_numbers(names: Sequence[str], suffixes: tuple[str, ...]) -> IntArray | None:
    """The numbers of names that are all alike, as a recorder writes them; None if they are not."""
    length = len(names[0]) if names else 0
    suffix = os.path.splitext(names[0])[1] if names else ""  # noqa: PTH122
    digits = length - len(suffix)
    text = "".join(names)
    if suffix not in suffixes or not 0 < digits <= 19 or not text.isascii():
        return None
    if set(map(len, names)) != {length}:
        return None
    letters = np.frombuffer(text.encode(), dtype=np.uint8).reshape(-1, length)
    values = letters[:, :digits].astype(np.int64) - ord("0")
    # Of 19 digits the first is at most 3, so that all are less than MAX_TIME_NS.
    if values.min() < 0 or values.max() > 9 or (digits == 19 and values[:, 0].max() > 3):
        return None
    if (letters[:, digits:] != letters[0, digits:]).any():
        return None
    return np.asarray(values @ 10 ** np.arange(digits - 1, -1, -1, dtype=np.int64))


def _of_kind(found: Sequence[str], suffixes: tuple[str, ...]) -> list[str]:
    """The names that have such a suffix and are not hidden."""
    names: list[str] = []
    for name in found:
        _, dot, end = name.rpartition(".")
        suffix = dot + end
        if (suffix in suffixes or suffix.lower() in suffixes) and name[0] != ".":
            names.append(name)
    return names


def _times(folder: Path, names: Sequence[str], unit: str | None) -> IntArray:
    """The times in names of files."""
    form = _WHOLE if unit == "ns" else _BROKEN
    shared = _prefix(names[0]) if names else ""
    stems = []
    for name in names:
        prefix = _prefix(name)
        stem = name.rpartition(".")[0][len(prefix) :]
        match = form.fullmatch(stem)
        whole = re.split(r"[._]", stem)[0]
        if not match or (prefix and whole != stem and len(whole) < _SECONDS_DIGITS):
            raise _no_time(folder / name)
        if prefix != shared:
            raise InputFileError(
                f"before the time there is {prefix!r} in one name and {shared!r} in another",
                folder / name,
                "keep the files of one sensor in a folder of their own, or rename them alike",
            )
        stems.append(stem)
    fractions = [stem.replace("_", ".").partition(".")[2] for stem in stems]
    longest = max(map(len, fractions), default=0)
    for name, fraction in zip(names, fractions, strict=True):
        if 1 < len(fraction) < longest and fraction.endswith("0"):
            # A decimal fraction that is cut short ends in another digit.
            raise InputFileError(
                "the name may be seconds and nanoseconds without leading zeros, or a fraction",
                folder / name,
                "write the fraction with nine digits",
            )
    numbers = [stem.replace("_", ".") for stem in stems]
    if unit is None:
        unit = tell_unit([float(number) for number in numbers], folder, has_fractions=longest > 0)
    try:
        return times_of_text(numbers, unit, folder)
    except InputFileError as error:
        largest = max(range(len(names)), key=lambda row: float(numbers[row]))
        raise _no_time(folder / names[largest]) from error


def _no_time(path: Path) -> InputFileError:
    return InputFileError(
        "the file name is not a time",
        path,
        f"rename it to something like 1700000000.123456{path.suffix} (any unit will do, "
        f"docs/formats/folder.md), or add {NAMES[0]} with the time of each file",
    )


def _take_up(paths: Paths, digest: hashlib._Hash) -> None:
    place = f"{paths.folder.parent.name}/{paths.folder.name}/"
    if len(paths) <= ALL_SIZES:
        for path in paths:
            digest.update(f"{place}{path.name}".encode())
            digest.update(np.int64(_size(path)).tobytes())
        return
    digest.update("\n".join([place, *paths.names]).encode())
    for row in np.linspace(0, len(paths) - 1, SOME_SIZES).astype(int).tolist():
        digest.update(np.int64(_size(paths[row])).tobytes())


def _size(path: Path) -> int:
    """Bytes of a file; -1 for a link that leads nowhere, which the reader of that file reports."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
