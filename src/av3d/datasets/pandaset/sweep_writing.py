"""Clouds of any log as PandaSet stores them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.datasets.media_files import hard_linked
from av3d.datasets.pandaset.layout import TABLE_SUFFIXES
from av3d.datasets.pandaset.streams import PandaSweeps
from av3d.datasets.pandaset.tables import write_table
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.reading import read_bytes


@dataclass
class CloudFacts:
    """What became of the clouds of an export.

    Attributes:
        sweeps: written.
        taken_over: files of a PandaSet log that are the same bytes.
        without_intensity, without_time: points.
        dropped_fields: values of points that the format has no column for.
    """

    sweeps: int = 0
    taken_over: int = 0
    without_intensity: int = 0
    without_time: int = 0
    dropped_fields: set[str] = field(default_factory=set)


class CloudWriter:
    """Writes the frames of one log as `lidar/NN.pkl.gz`, with semantic classes where it has them.

    Args:
        log: the log.
        folder: of the log in the export.
        facts: is added to.
        same: whether the log has this format and its rig is its own: files are taken over.
        link: hard-link them where the disk allows it.
    """

    def __init__(
        self, log: Log, folder: Path, facts: CloudFacts, *, same: bool, link: bool
    ) -> None:
        self._log = log
        self._lidar = folder / "lidar"
        self._semseg = folder / "annotations" / "semseg"
        self._facts = facts
        self._link = link
        stream = log.lidars[log.reference_lidar]
        self._own = stream if same and isinstance(stream, PandaSweeps) else None
        self._lidar.mkdir(parents=True)

    def write(self, frame: Frame, number: str) -> None:
        """Write one frame under its number in the export, with leading zeros."""
        self._facts.sweeps += 1
        if self._own is not None and self._take_over(self._own, frame.index, number):
            self._facts.taken_over += 1
            return
        log, facts = self._log, self._facts
        cloud = log.cloud(frame.index)
        points_m = log.world_SE3_ego(frame.timestamp_ns).transform(cloud.points_m)
        intensity = np.zeros(len(cloud))
        if cloud.intensity is None:
            facts.without_intensity += len(cloud)
        else:
            # Whole numbers as in the published files, where the log has bytes.
            intensity = np.round(cloud.intensity.astype(np.float64) * 255, 3)
        times_s = np.full(len(cloud), frame.timestamp_ns / 1e9)
        if cloud.time_offset_ns is None:
            facts.without_time += len(cloud)
        else:
            times_s = (frame.timestamp_ns + cloud.time_offset_ns) / 1e9
        reference = list(log.lidars).index(log.reference_lidar)
        columns = {
            **dict(zip("xyz", points_m.T.copy(), strict=True)),
            "i": np.nan_to_num(intensity),
            "t": times_s,
            "d": (cloud.extra["lidar"] != reference).astype(np.int64),
        }
        write_table(self._lidar / f"{number}.pkl.gz", columns, "index")
        held = {"lidar"}
        if "semantic" in cloud.extra:
            held.add("semantic")
            self._semseg.mkdir(parents=True, exist_ok=True)
            classes = {"class": np.asarray(cloud.extra["semantic"], dtype=np.int64)}
            write_table(self._semseg / f"{number}.pkl.gz", classes, None)
        facts.dropped_fields |= set(cloud.extra) - held

    def _take_over(self, stream: PandaSweeps, index: int, number: str) -> bool:
        """Copy or link the files of a sweep; False if it has none that are packed."""
        source = stream.path(index)
        if source is None or not source.name.endswith(TABLE_SUFFIXES[0]):
            return False
        self._copy(source, self._lidar / f"{number}.pkl.gz")
        semantics = source.parent.parent / "annotations" / "semseg" / source.name
        if semantics.is_file():
            self._semseg.mkdir(parents=True, exist_ok=True)
            self._copy(semantics, self._semseg / f"{number}.pkl.gz")
        return True

    def _copy(self, source: Path, target: Path) -> None:
        if not (self._link and hard_linked(source, target)):
            target.write_bytes(read_bytes(source, "sweep"))
