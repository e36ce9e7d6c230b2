"""Radar measurements of a nuScenes log: the files are taken over as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from av3d.datasets.media_files import hard_linked
from av3d.datasets.nuscenes.data import SensorData
from av3d.datasets.nuscenes.points import BoxCounter
from av3d.datasets.nuscenes.reading.radar import RadarFiles
from av3d.datasets.nuscenes.samples import following_sample, key_times, microseconds
from av3d.datasets.nuscenes.stretches import Samples, Stretch
from av3d.datasets.nuscenes.tables import pose_fields
from av3d.logs.frames import nearest
from av3d.logs.trajectory import TrajectoryError
from av3d.reading import copy_file
from av3d.types import NS_PER_MS

NEAR_NS = 50 * NS_PER_MS
"""A sample takes the nearest measurement within this time; radars measure every 77 ms."""


class RadarWriter:
    """Writes the measurements of one radar.

    Args:
        stretch: whose frames are written.
        radar: the radar.
        samples: the samples of the stretch.
        data: gets the rows.
        tick: called after each file.
        link: hard-link files instead of copying them, where the disk allows it.
    """

    def __init__(
        self,
        stretch: Stretch,
        radar: RadarFiles,
        samples: Samples,
        data: SensorData,
        tick: Callable[[], None],
        *,
        link: bool,
    ) -> None:
        self._log, self._radar, self._data, self._link = stretch.log, radar, data, link
        self._samples, self._tick = samples, tick
        self._of_sample = _of_samples(radar, samples)
        taken = [index for index in self._of_sample if index is not None]
        every = stretch.measurements(radar)
        self._all = range(min([every.start, *taken]), max([every.stop, *(k + 1 for k in taken)]))

    def counter(self, sample: int) -> BoxCounter | None:
        """Counts the points of a sample's measurement in boxes; None where the sample has none.

        All points count, those too that the toolkit's filters drop: so nuScenes says it does.

        Raises:
            InputFileError: the file is damaged.
        """
        index = self._of_sample[sample]
        if index is None:
            return None
        measured = self._radar.read(index)
        try:
            world_SE3_ego = self._log.world_SE3_ego(measured.timestamp_ns)
        except TrajectoryError:
            return None
        return BoxCounter(measured.points_m, pose_fields(world_SE3_ego), self._data.calibrated)

    def write(self) -> int:
        """Write all; returns how many were left out because no ego pose covers their time."""
        samples, times_ns = self._samples, self._radar.timestamps_ns
        times_us = microseconds(times_ns, f"{self._log.name} {self._radar.name}")
        own_ns = [None if k is None else int(times_ns[k]) for k in self._of_sample]
        following = following_sample(key_times(samples.times_ns, own_ns), times_ns)
        keys = {index: sample for sample, index in enumerate(self._of_sample) if index is not None}
        without_pose = 0
        for index in self._all:
            self._tick()
            timestamp_ns = int(times_ns[index])
            try:
                world_SE3_ego = self._log.world_SE3_ego(timestamp_ns)
            except TrajectoryError:
                without_pose += 1
                continue
            sample = keys.get(index, int(following[index]))
            written = self._data.add(
                timestamp_ns, int(times_us[index]), samples.tokens[sample], index in keys,
                world_SE3_ego,
            )  # fmt: skip
            self._take_over(self._radar.path(index), written.path)
        self._data.end()
        return without_pose

    def _take_over(self, source: Path, target: Path) -> None:
        if not (self._link and hard_linked(source, target)):
            copy_file(source, target)


def _of_samples(radar: RadarFiles, samples: Samples) -> list[int | None]:
    """Which measurement each sample has: its own in nuScenes, else the nearest in time."""
    own = {token: index for index, token in enumerate(radar.samples) if token}
    if not len(radar):
        return [None] * len(samples)
    near = nearest(radar.timestamps_ns, samples.times_ns)
    is_near = np.abs(radar.timestamps_ns[near] - samples.times_ns) <= NEAR_NS
    found: list[int | None] = []
    taken: set[int] = set(own.values())
    for token, index, is_close in zip(samples.tokens, near.tolist(), is_near.tolist(), strict=True):
        chosen = own.get(token, index if is_close and index not in taken else None)
        found.append(chosen)
        if chosen is not None:
            taken.add(chosen)
    return found
