"""Where a log's cuboid tables are, and at which times."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.log_folders import folder_name
from av3d.datasets.pandaset.layout import TABLE_SUFFIXES, numbered_files, read_timestamps_ns
from av3d.logs.log import Log
from av3d.logs.rhythm import nearest
from av3d.types import IntArray

SAME_TIME_NS = 1_000
"""Seconds as floating-point numbers are right to a microsecond."""

_TIMES = Path("lidar") / "timestamps.json"


def find_tables(log: Log, labels: Path | None) -> tuple[Path, dict[int, Path]]:
    """The folder with the cuboid tables of a log, and its files by number.

    Raises:
        DatasetError: there are none.
    """
    if labels is None and log.kind != "pandaset":
        raise DatasetError(
            f"PandaSet cuboids belong to a PandaSet log, this one is {log.kind}", log.path,
            "open the PandaSet log, or say with --labels where they are",
        )  # fmt: skip
    place = labels if labels is not None else log.path
    for root in (place, place / folder_name(log.name)):
        for folder in (root / "annotations" / "cuboids", root / "cuboids", root):
            files = numbered_files(folder, TABLE_SUFFIXES) if folder.is_dir() else {}
            if files:
                return folder, files
    raise DatasetError(
        "no cuboids: there is no annotations/cuboids/00.pkl.gz", place,
        "say with --labels where they are, or download the log's annotations",
    )  # fmt: skip


def times_of_tables(log: Log, folder: Path) -> IntArray:
    """Timestamps of the log's frames to which the tables 00, 01, ... belong, (N,).

    They stand in lidar/timestamps.json beside the tables. Tables of a PandaSet log that are kept
    without it belong to the sweeps of the same numbers.

    Raises:
        DatasetError: a log of another kind and no times beside the tables, or other times than those
            of its frames.
        InputFileError: the times cannot be read.
    """
    beside = folder.parent.parent / _TIMES
    if not beside.is_file():
        if log.kind == "pandaset":
            return read_timestamps_ns(log.path / _TIMES)
        raise DatasetError(
            f"there is no {_TIMES.as_posix()} beside the cuboids, and log {log.name} is no PandaSet "
            "log: their times are not known",
            folder,
            "give the folder of the whole PandaSet log",
        )
    times_ns = read_timestamps_ns(beside)
    own_ns = log.frames.timestamps_ns
    found_ns = own_ns[nearest(own_ns, times_ns)]
    # A sweep that a PandaSet log lacks has a time all the same.
    if log.kind == "pandaset":
        found_ns = np.where(np.abs(found_ns - times_ns) <= SAME_TIME_NS, found_ns, times_ns)
        if not np.isin(found_ns, read_timestamps_ns(log.path / _TIMES)).all():
            raise _other_log(log, beside)
    elif (np.abs(found_ns - times_ns) > SAME_TIME_NS).any():
        raise _other_log(log, beside)
    return np.asarray(found_ns)


def _other_log(log: Log, where: Path) -> DatasetError:
    return DatasetError(
        f"these are not the times of the frames of log {log.name} ({log.kind})",
        where,
        "import labels that belong to this log",
    )
