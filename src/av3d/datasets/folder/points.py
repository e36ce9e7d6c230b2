"""Sweeps as point files: .npz, .npy, .bin, .pcd, .ply or .feather."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.datasets.feather import read_feather
from av3d.datasets.folder.arrays import COLUMNS, read_bin, read_npy, read_npz
from av3d.datasets.folder.lidar_settings import LidarSettings, TimeFrom
from av3d.datasets.folder.pcd import read_pcd
from av3d.datasets.folder.ply import read_ply
from av3d.datasets.folder.point_file import COPY_AGAIN, PointFile, points_of_columns
from av3d.datasets.point_values import (
    INTENSITY,
    RING,
    TIME,
    PointTimes,
    find,
    intensity_scale,
    tell_times,
    tell_unit,
    time_offsets_ns,
    unit_intensity,
)
from av3d.errors import Av3dError, InputFileError
from av3d.logs.scan import timed_by
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.types import NS_PER_S

LOOKS = 3
"""Sweeps that are looked at to tell what intensities and times mean."""

USUAL_PERIOD_S = 0.1
"""Time of a sweep where there is only one."""


@dataclass(frozen=True)
class _Told:
    """What some sweeps tell about all of them.

    Attributes:
        intensity_scale: the value that stands for 1.
        times: what times of points mean, or None.
        looked_at: how many sweeps could be read.
    """

    intensity_scale: float
    times: PointTimes | None
    looked_at: int


class SweepFiles(SweepStream):
    """The sweeps of one LiDAR, one file each.

    What files and settings leave open (whether 255 or 1 is full intensity, what the times of points
    count from) is told from a few sweeps when the first one is read, and holds for all.

    Args:
        lidar: its name.
        timestamps_ns: increasing times, (N,).
        paths: the files, N.
        settings: how they are stored.
    """

    def __init__(
        self,
        lidar: str,
        timestamps_ns: npt.ArrayLike,
        paths: Sequence[Path],
        settings: LidarSettings,
    ) -> None:
        super().__init__(timestamps_ns)
        self._lidar = lidar
        self._paths = paths
        self._settings = settings
        self._telling = threading.Lock()
        self._told: _Told | None = None

    def path(self, index: int) -> Path | None:
        return self._paths[index]

    def read(self, index: int) -> Sweep:
        path, stamp_ns = self._paths[index], int(self.timestamps_ns[index])
        file = read_points(path, self._settings)
        points_m = checked_points(file.points_m, path)
        values = dict(file.values)
        intensity = offsets_ns = None
        name = self._intensity_name(file, path)
        if name is not None:
            scale = file.intensity_scale or self._settings.intensity_scale
            if scale is None:
                scale = self._tell().intensity_scale
            intensity = unit_intensity(values.pop(name), scale)
        times = self._times(file, path)
        if times is not None and times.field in values:
            offsets_ns = time_offsets_ns(times, values.pop(times.field), stamp_ns, path)
        ring = find(values, RING)
        if ring is not None:
            values["ring"] = values.pop(ring)
        sweep = Sweep(
            self._lidar,
            stamp_ns,
            points_m,
            intensity,
            offsets_ns,
            values,
            self._settings.motion_compensated,
        )
        spin = self._settings.spin
        return sweep if spin is None else timed_by(spin.spin, sweep)

    def notes(self) -> tuple[str, ...]:
        if not len(self):
            return ()
        middle = len(self) // 2
        try:
            path, stamp_ns = self._paths[middle], int(self.timestamps_ns[middle])
            file = read_points(path, self._settings)
            return tuple(f"{self._lidar}: {note}" for note in self._notes(file, path, stamp_ns))
        except Av3dError:
            return ()  # reading that sweep says what is wrong with it

    def _notes(self, file: PointFile, path: Path, stamp_ns: int) -> list[str]:
        notes: list[str] = []
        name = self._intensity_name(file, path)
        if name is not None and not (file.intensity_scale or self._settings.intensity_scale):
            told = self._tell()
            notes.append(
                f"{name} {told.intensity_scale:g} is taken for intensity 1, told from "
                f"{told.looked_at} sweeps; intensity_scale in log.toml sets it"
            )
        times = self._times(file, path)
        if times is not None and times.field in file.values and file.times is None and file.rows:
            offsets_ns = time_offsets_ns(times, file.values[times.field], stamp_ns, path)
            low_ms, high_ms = offsets_ns.min(initial=0) / 1e6, offsets_ns.max(initial=0) / 1e6
            notes.append(f"{times.in_words()} ({low_ms:.1f} to {high_ms:.1f} ms)")
        elif times is None and find(file.values, TIME) is not None:
            notes.append(
                f"{find(file.values, TIME)} makes no sense as the time of a point in any unit; "
                "time_unit in log.toml sets one"
            )
        left_out = file.rows - len(file.points_m)
        if left_out:
            notes.append(
                f"points without a return are left out ({left_out:,} of {file.rows:,} in {path.name})"
            )
        return notes

    def _intensity_name(self, file: PointFile, path: Path) -> str | None:
        wanted = self._settings.intensity_field
        return _required(file, wanted, path) if wanted else find(file.values, INTENSITY)

    def _times(self, file: PointFile, path: Path) -> PointTimes | None:
        """What the times of points of a sweep mean."""
        settings = self._settings
        if settings.times_are_told:
            if settings.time_field:
                _required(file, settings.time_field, path)
            elif find(file.values, TIME) is None:
                return None
            return self._tell().times
        if file.times is not None:
            return file.times
        return self._tell().times if find(file.values, TIME) else None

    def _tell(self) -> _Told:
        """Look at a few sweeps, the first time that somebody asks."""
        with self._telling:
            if self._told is None:
                self._told = self._look()
            return self._told

    def _look(self) -> _Told:
        count = len(self)
        steps = np.diff(self.timestamps_ns)
        period_s = float(np.median(steps)) / NS_PER_S if len(steps) else USUAL_PERIOD_S
        scales: list[float] = []
        times: PointTimes | None = None
        looked_at = 0
        # Over the whole log: a lone dark sweep must not decide.
        places = [count // 2, count // 4, 3 * count // 4, 0, count - 1, count // 8, 5 * count // 8]
        for index in dict.fromkeys(places):
            if looked_at == LOOKS:
                break
            try:
                file = read_points(self._paths[index], self._settings)
                name = self._intensity_name(file, self._paths[index])
            except InputFileError:
                continue  # who reads that sweep is told
            if not len(file.points_m):
                continue
            looked_at += 1
            if name is not None:
                scales.append(intensity_scale(file.values[name]))
            if times is None:
                times = self._tell_times(file, int(self.timestamps_ns[index]), period_s)
        return _Told(max(scales, default=1.0), times, looked_at)

    def _tell_times(self, file: PointFile, stamp_ns: int, period_s: float) -> PointTimes | None:
        settings = self._settings
        name = settings.time_field or find(file.values, TIME)
        if name is None or name not in file.values:
            return None
        unit, start = settings.time_unit, settings.time_from
        if start is None and settings.time_field is None and unit is None:
            return tell_times(file.values, stamp_ns, period_s)
        told = tell_unit(name, file.values[name], stamp_ns, period_s, unit)
        if start is None or (told is None and unit is None):
            return told
        unit = unit or (told.unit if told is not None else "s")
        return PointTimes(name, unit, start == TimeFrom.EPOCH, start == TimeFrom.FIRST_POINT)


def _required(file: PointFile, name: str, path: Path) -> str:
    if name not in file.values:
        raise InputFileError(
            f"sweep has no field {name}, which log.toml names (its fields: "
            f"{' '.join(file.values)[:200] or 'none'})",
            path,
            "correct log.toml",
        )
    return name


def read_points(path: Path, settings: LidarSettings) -> PointFile:
    """The values of a point file as they are; its suffix says how it is stored.

    Raises:
        InputFileError: the file is missing, empty, truncated, damaged or not what its name says.
    """
    suffix = path.suffix.lower()
    names = settings.columns if isinstance(settings.columns, tuple) else None
    try:
        if path.stat().st_size == 0:
            raise InputFileError("sweep is empty, 0 bytes", path, COPY_AGAIN)
        if suffix == ".npz":
            return read_npz(path)
        if suffix == ".npy":
            return read_npy(path, names)
        if suffix == ".pcd":
            return read_pcd(path)
        if suffix == ".ply":
            return read_ply(path)
        if suffix == ".feather":
            return points_of_columns(read_feather(path, "sweep"), path)
        width = settings.columns if isinstance(settings.columns, int) else 0
        return read_bin(path, names or COLUMNS[:width])
    except OSError as error:
        raise InputFileError(
            f"cannot read sweep: {error.strerror or error}", path, "restore the file"
        ) from error


def read_sweep(
    path: Path, lidar: str, timestamp_ns: int, settings: LidarSettings | None = None
) -> Sweep:
    """Read one sweep on its own; what its file leaves open is told from it alone.

    Raises:
        InputFileError: the file is missing, empty, truncated, of the wrong shape, or holds
            coordinates that are not finite.
    """
    return SweepFiles(lidar, [timestamp_ns], [path], settings or LidarSettings()).read(0)
