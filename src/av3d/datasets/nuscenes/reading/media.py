"""The files of a scene: which there are, and the streams that read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from av3d.calibration.rig import Rig
from av3d.datasets.nuscenes.official import LIDAR_CHANNEL
from av3d.datasets.nuscenes.reading.lidar import LidarFiles
from av3d.datasets.nuscenes.reading.place import data_path
from av3d.datasets.nuscenes.reading.radar import RadarFiles
from av3d.datasets.nuscenes.reading.rows import pose, read_rows, text
from av3d.datasets.nuscenes.reading.scene import Channel, Datum, Scene
from av3d.datasets.nuscenes.reading.trigger import is_spinning
from av3d.logs.image import ImageFiles

LISTED = 2_000
"""A folder with more files of the scene than this is listed instead of asked for each of them."""


class Media:
    """The sweeps, images and radar measurements of a scene that there are.

    Attributes:
        times_ns: time of each sweep of each LiDAR, by token of sample_data. Exports of av3d say times
            of samples more exactly than the tables, which count in microseconds.
        present: the images whose file is there, by camera.
        notes: what is missing.
    """

    def __init__(self, scene: Scene) -> None:
        self.notes: list[str] = []
        self.present: dict[str, tuple[Datum, ...]] = {}
        exact_ns = scene.written.sample_times_ns if scene.written else {}
        self.times_ns = {
            datum.token: _exact(datum, exact_ns)
            for channel in scene.of_modality("lidar")
            for datum in channel.data
        }
        self._scene = scene
        self._there = _Files(
            datum.path for channel in scene.channels.values() for datum in channel.data
        )

    def __contains__(self, datum: Datum) -> bool:
        """Whether the file is there."""
        return datum.path in self._there

    def sweeps(self, channel: Channel, rig: Rig, phases_ns: Mapping[str, int]) -> LidarFiles:
        """The stream of a LiDAR. A sample is a frame with or without its points: it has labels.

        Args:
            channel: the LiDAR.
            rig: the scene's rig.
            phases_ns: usual time of each camera's images, see `trigger.camera_phases_ns`.
        """
        data = [datum for datum in channel.data if datum.is_key or datum in self]
        stamps_ns = np.array([self.times_ns[datum.token] for datum in data], dtype=np.int64)
        self._note_sweeps(channel)
        written = self._scene.written
        return LidarFiles(
            channel.name,
            stamps_ns,
            [datum.path for datum in data],
            frozenset(index for index, datum in enumerate(data) if datum not in self),
            self._semantics(data),
            # av3d writes one for a sweep without points.
            may_be_empty=written is not None,
            is_spinning=channel.name == LIDAR_CHANNEL
            and is_spinning(channel.name, stamps_ns, rig, phases_ns),
            compensated=written is None or written.motion_compensated,
        )

    def images(self, channel: Channel) -> ImageFiles:
        """The stream of a camera, without the images whose file is missing."""
        data = self._present(channel, "images")
        self.present[channel.name] = tuple(data)
        return ImageFiles([datum.timestamp_ns for datum in data], [datum.path for datum in data])

    def radar(self, channel: Channel) -> RadarFiles:
        """The measurements of a radar, without those whose file is missing."""
        data = self._present(channel, "measurements")
        return RadarFiles(
            channel.name,
            pose(channel.calibrated, self._scene.table("calibrated_sensor")),
            [datum.timestamp_ns for datum in data],
            [datum.path for datum in data],
            [datum.sample if datum.is_key else "" for datum in data],
        )

    def _present(self, channel: Channel, what: str) -> list[Datum]:
        data = [datum for datum in channel.data if datum in self]
        missing, total = len(channel.data) - len(data), len(channel.data)
        if missing:
            self.notes.append(f"{channel.name}: {missing} of {total} {what} are missing")
        return data

    def _note_sweeps(self, channel: Channel) -> None:
        keys = [datum for datum in channel.data if datum.is_key]
        between = [datum for datum in channel.data if not datum.is_key]
        absent = sum(datum not in self for datum in keys)
        lost = sum(datum not in self for datum in between)
        if absent:
            self.notes.append(
                f"{channel.name}: the files of {absent} of {len(keys)} samples are missing; their "
                "frames have no points"
            )
        if lost:
            self.notes.append(
                f"{channel.name}: {lost} of {len(between)} sweeps between samples are missing and "
                "left out"
            )

    def _semantics(self, data: Iterable[Datum]) -> dict[int, Path]:
        """Files of nuScenes-lidarseg with a class per point, by index of the sweep."""
        path = self._scene.table("lidarseg")
        if not path.is_file():
            return {}
        index_of = {datum.token: index for index, datum in enumerate(data)}
        found: dict[int, Path] = {}
        for row in read_rows(path, "sample_data_token", index_of):
            file = data_path(self._scene.place.root, text(row, "filename", path), str(path))
            if file.is_file():
                found[index_of[text(row, "sample_data_token", path)]] = file
        return found


class _Files:
    """Which files of the scene there are."""

    def __init__(self, paths: Iterable[Path]) -> None:
        folders: dict[Path, list[str]] = defaultdict(list)
        for path in paths:
            folders[path.parent].append(path.name)
        self._names: dict[Path, set[str]] = {}
        for folder, names in folders.items():
            if len(names) > LISTED:
                present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
                self._names[folder] = present.intersection(names)
            else:
                self._names[folder] = {name for name in names if (folder / name).is_file()}

    def __contains__(self, path: Path) -> bool:
        return path.name in self._names[path.parent]


def _exact(datum: Datum, exact_ns: Mapping[str, int]) -> int:
    exact = exact_ns.get(datum.sample, -1)
    is_same = datum.is_key and abs(exact - datum.timestamp_ns) <= 500
    return exact if is_same else datum.timestamp_ns
