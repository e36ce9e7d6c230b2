"""Files that are named by their times, and what of them goes into a log's fingerprint."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.folder.trajectory_csv import MAX_TIME_NS
from av3d.errors import InputFileError
from av3d.logs.paths import Paths
from av3d.types import IntArray

ALL_SIZES = 1024
"""Folders of up to so many files have all sizes in the fingerprint, larger ones SOME_SIZES."""
SOME_SIZES = 256
"""Asking for 200,000 sizes takes a second, on a network drive minutes."""


def timed_files(
    folder: Path, suffixes: tuple[str, ...], digest: hashlib._Hash
) -> tuple[IntArray, Paths]:
    """Times and paths of the files whose names are timestamps, in time order.

    Args:
        folder: the folder of one sensor. Hidden files and those of other kinds are left out.
        suffixes: kinds of files, in lower case.
        digest: takes up all names, and the sizes of the files or, of many, of some of them.

    Raises:
        InputFileError: a name that is no time, or two files of one time.
    """
    found = os.listdir(folder)  # noqa: PTH208 - Path.iterdir makes objects, four times slower
    uniform = _uniform_times(found, suffixes)
    times_ns, names = (uniform, found) if uniform is not None else _times(folder, found, suffixes)
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


def _uniform_times(names: Sequence[str], suffixes: tuple[str, ...]) -> IntArray | None:
    """The times of names that are all alike, as a recorder writes them; None if they are not."""
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


def _times(
    folder: Path, found: Sequence[str], suffixes: tuple[str, ...]
) -> tuple[IntArray, list[str]]:
    """Times and names of the files that have such a suffix."""
    times: list[int] = []
    names: list[str] = []
    for name in found:
        stem, dot, end = name.rpartition(".")
        suffix = dot + end
        if (suffix not in suffixes and suffix.lower() not in suffixes) or name[0] == ".":
            continue
        time_ns = int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 40 else -1
        if not 0 <= time_ns < MAX_TIME_NS:
            raise InputFileError(
                "the file name is not a time in nanoseconds",
                folder / name,
                f"rename it to something like 1700000000000000000{suffix}",
            )
        times.append(time_ns)
        names.append(name)
    return np.array(times, dtype=np.int64), names


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
