"""Files of an Argoverse 2 log: where they are, which times they have, and its tables of poses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.feather import Table, numbers, read_feather, whole_numbers
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.logs.log import Log
from av3d.types import FloatArray, IntArray

POSES = "city_SE3_egovehicle.feather"
ANNOTATIONS = "annotations.feather"
CALIBRATION = "calibration"
INTRINSICS = "intrinsics.feather"
EXTRINSICS = "egovehicle_SE3_sensor.feather"
SWEEPS = Path("sensors") / "lidar"
CAMERAS = Path("sensors") / "cameras"

QUATERNION = ("qw", "qx", "qy", "qz")
TRANSLATION = ("tx_m", "ty_m", "tz_m")
SIZE = ("length_m", "width_m", "height_m")

LATEST_NS = 2**62
"""No time is later (2116); a broken file may say anything up to 2⁶⁴, whose differences overflow."""


@dataclass(frozen=True, eq=False)
class TimedFiles:
    """Files that are named by a time in nanoseconds.

    Attributes:
        times_ns: strictly increasing, (N,).
        paths: one per time.
        strange: names with the right ending that are no times, or a time that another file has.
    """

    times_ns: IntArray
    paths: tuple[Path, ...]
    strange: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)


def timed_files(folder: Path, suffixes: tuple[str, ...]) -> TimedFiles:
    """The files of a folder that are named by a time, by name alone; none if it is not there."""
    found: dict[int, Path] = {}
    strange: list[str] = []
    for name in listed(folder):
        stem, dot, suffix = name.rpartition(".")
        if dot + suffix.lower() not in suffixes or name.startswith("."):
            continue
        # At most 19 digits fit into 64 bits.
        is_time = stem.isascii() and stem.isdigit() and len(stem) <= 19 and int(stem) <= LATEST_NS
        if not is_time or int(stem) in found:
            strange.append(name)
        else:
            found[int(stem)] = folder / name
    times = sorted(found)
    return TimedFiles(
        np.array(times, dtype=np.int64), tuple(found[time] for time in times), tuple(strange)
    )


def listed(folder: Path) -> list[str]:
    """Sorted names in a folder; none if there is no such folder."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a Path of each of 36,000 names takes longer
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DatasetError(
            f"cannot list the folder: {error.strerror or error}", folder, "check its permissions"
        ) from error


def read_times_ns(table: Table, path: Path) -> IntArray:
    """The column `timestamp_ns`, (N,). InputFileError if a time cannot be one."""
    times_ns = whole_numbers(table, "timestamp_ns", path)
    wrong = np.flatnonzero((times_ns < 0) | (times_ns > LATEST_NS))
    if len(wrong):
        raise InputFileError(
            f"row {wrong[0]}: {times_ns[wrong[0]]} is not a time in ns", path, "copy the file again"
        )
    return times_ns


def read_transforms(table: Table, path: Path) -> SE3:
    """The transforms of a table's rows, batch of N.

    Raises:
        InputFileError: a column does not hold numbers, or a row is not a rigid transform.
    """
    quaternion = np.column_stack([numbers(table, name, path) for name in QUATERNION])
    translation_m = np.column_stack([numbers(table, name, path) for name in TRANSLATION])
    # Overflows to infinity for 1e300, which is refused below.
    with np.errstate(over="ignore"):
        norm = np.linalg.norm(quaternion, axis=1)
    wrong = np.flatnonzero(~(np.abs(norm - 1) < 0.01))
    if len(wrong):
        raise InputFileError(
            f"row {wrong[0]}: the quaternion has length {norm[wrong[0]]:.3g}, not 1",
            path,
            "correct or remove the row",
        )
    try:
        return SE3.from_quaternion(quaternion, translation_m)
    except NotARigidTransformError as error:
        raise InputFileError(error.what, path, "copy the file again") from error


def read_sizes(table: Table, path: Path) -> FloatArray:
    """Length, width and height of a table's rows, (N, 3); InputFileError if one is not above 0."""
    size_lwh_m = np.column_stack([numbers(table, name, path) for name in SIZE])
    flat = np.flatnonzero(~(size_lwh_m > 0).all(axis=1))
    if len(flat):
        length_m, width_m, height_m = size_lwh_m[flat[0]]
        raise InputFileError(
            f"row {flat[0]}: the cuboid is {length_m:g} x {width_m:g} x {height_m:g} m",
            path,
            "correct its size or remove the row",
        )
    return size_lwh_m


def check_times(log: Log, times_ns: IntArray, path: Path) -> None:
    """Check that labels belong to a log of another kind.

    Raises:
        DatasetError: there are labels, and none is at a frame of the log.
    """
    if (
        log.kind != "av2"
        and len(times_ns)
        and not np.isin(times_ns, log.frames.timestamps_ns).any()
    ):
        raise DatasetError(
            f"none of the labels is at the time of a frame of log {log.name} ({log.kind})",
            path,
            "give labels of this log",
        )


def read_poses(path: Path) -> tuple[IntArray, SE3, tuple[str, ...]]:
    """A table of ego poses: times, strictly increasing, (N,), poses, batch of N, and notes.

    Raises:
        InputFileError: the table is damaged or empty.
    """
    table = read_feather(path, "ego poses", ["timestamp_ns", *QUATERNION, *TRANSLATION])
    all_times_ns = read_times_ns(table, path)
    world_SE3_ego = read_transforms(table, path)
    if not len(all_times_ns):
        raise InputFileError("there are no ego poses", path, "copy the file again")
    times_ns, rows = np.unique(all_times_ns, return_index=True)
    notes: list[str] = []
    doubled = len(all_times_ns) - len(times_ns)
    if doubled:
        notes.append(f"{path.name}: {doubled} poses repeat a time and are left out")
    if (np.diff(all_times_ns) < 0).any():
        notes.append(f"{path.name}: the poses were not in the order of time and are sorted")
    keep = _steady_ends(times_ns)
    return times_ns[keep], world_SE3_ego[rows[keep]], tuple(notes)


STEADY_NS = 1_000_000
"""Poses closer than this do not tell a velocity."""


def _steady_ends(times_ns: IntArray) -> slice:
    """Which poses to keep so that a trajectory can be continued past its ends.

    Each sensor's stamp has a pose, and two stamps are often a few nanoseconds apart: the velocity
    between those two is rounding, and a hundred milliseconds further it would be metres.
    """
    first, last = 0, len(times_ns)
    while last - first > 2 and times_ns[first + 1] - times_ns[first] < STEADY_NS:
        first += 1
    while last - first > 2 and times_ns[last - 1] - times_ns[last - 2] < STEADY_NS:
        last -= 1
    return slice(first, last)


def shortened(names: Iterable[object], limit: int = 5) -> str:
    """A list of names for a note: the first few, and how many more there are."""
    words = [str(name) for name in names]
    more = f" and {len(words) - limit} more" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more
