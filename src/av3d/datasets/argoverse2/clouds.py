"""Clouds of any log as Argoverse 2 stores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.datasets.argoverse2.layout import SWEEPS
from av3d.datasets.argoverse2.sweeps import LASERS
from av3d.datasets.argoverse2.tables import SWEEP_TYPES, TableWriter
from av3d.datasets.media_files import hard_linked
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.reading import read_bytes
from av3d.types import FloatArray

FARTHEST_M = 65_504.0
"""The largest number of 16 bits."""

LATEST_NS = 2**31 - 1
"""The largest time of a point after its sweep."""

_LAST_LASER = LASERS["down_lidar"].stop - 1


@dataclass
class CloudFacts:
    """What became of the clouds of an export.

    Attributes:
        sweeps, points: how many were written.
        taken_over: sweep files of an Argoverse 2 log that are the same bytes.
        rounded_m: by how much a coordinate was rounded at most.
        too_far: points left out because no 16-bit number holds their place.
        clipped: values of time that do not fit.
        without_ring: points whose laser is not known, or does not fit.
        without_intensity, without_time: points.
        dropped_fields: other values of points.
    """

    sweeps: int = 0
    points: int = 0
    taken_over: int = 0
    rounded_m: float = 0.0
    too_far: int = 0
    clipped: int = 0
    without_ring: int = 0
    without_intensity: int = 0
    without_time: int = 0
    dropped_fields: set[str] = field(default_factory=set)


class CloudWriter:
    """Writes the frames of one log as `sensors/lidar/<time>.feather`.

    Args:
        log: the log.
        folder: of the log in the export.
        lidars: names of the LiDARs that keep their points apart, the upper one first.
        same: whether the log has this format and its rig is its own: files are taken over.
        link: hard-link them where the disk allows it.
        facts: is added to.
    """

    def __init__(
        self,
        log: Log,
        folder: Path,
        lidars: Sequence[str],
        facts: CloudFacts,
        *,
        same: bool,
        link: bool,
    ) -> None:
        self._log = log
        self._folder = folder / SWEEPS
        self._lidars = list(lidars)
        self._facts = facts
        self._same = same
        self._link = link

    def write(self, frame_index: int) -> FloatArray | None:
        """Write one frame.

        Returns:
            The points as they stand in the file, ego frame at the frame's time, (N, 3). None where no
            LiDAR has a sweep: nothing is written.
        """
        log = self._log
        stream = log.lidars[log.reference_lidar]
        cloud = log.cloud(frame_index)
        if frame_index in stream.absent and not len(cloud):
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        timestamp_ns = int(stream.timestamps_ns[frame_index])
        target = self._folder / f"{timestamp_ns}.feather"
        self._facts.sweeps += 1
        source = stream.path(frame_index) if self._same else None
        if source is not None:
            if not (self._link and hard_linked(source, target)):
                target.write_bytes(read_bytes(source, "sweep"))
            self._facts.taken_over += 1
            self._facts.points += len(cloud)
            return np.asarray(cloud.points_m, dtype=np.float64)
        return self._encode(cloud, target)

    def _encode(self, cloud: Sweep, target: Path) -> FloatArray:
        facts = self._facts
        near = np.abs(cloud.points_m).max(axis=1, initial=0.0) < FARTHEST_M
        facts.too_far += int(np.count_nonzero(~near))
        exact_m = cloud.points_m[near]
        halves = exact_m.astype(np.float16)
        points_m: FloatArray = halves.astype(np.float64)
        if len(points_m):
            facts.rounded_m = max(facts.rounded_m, float(np.abs(points_m - exact_m).max()))
        facts.points += len(points_m)
        with TableWriter(target, SWEEP_TYPES) as table:
            table.add_columns(
                [
                    *halves.T.copy(),
                    self._intensity(cloud, near),
                    self._lasers(cloud, near),
                    self._times(cloud, near),
                ]
            )
        facts.dropped_fields |= set(cloud.extra) - {"ring", "laser_number", "lidar"}
        return points_m

    def _intensity(self, cloud: Sweep, near: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        if cloud.intensity is None:
            self._facts.without_intensity += int(near.sum())
            return np.zeros(int(near.sum()), np.uint8)
        values = np.nan_to_num(cloud.intensity[near], nan=0.0, posinf=1.0, neginf=0.0)
        return np.asarray(np.rint(np.clip(values, 0.0, 1.0) * 255), dtype=np.uint8)

    def _times(self, cloud: Sweep, near: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        if cloud.time_offset_ns is None:
            self._facts.without_time += int(near.sum())
            return np.zeros(int(near.sum()), np.int32)
        times_ns = cloud.time_offset_ns[near]
        kept_ns = np.clip(times_ns, -LATEST_NS, LATEST_NS)
        self._facts.clipped += int(np.count_nonzero(kept_ns != times_ns))
        return kept_ns.astype(np.int32)

    def _lasers(self, cloud: Sweep, near: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """Laser numbers as they are; else rings, in the range that says of which LiDAR a point is."""
        own = cloud.extra.get("laser_number")
        if own is not None:
            return np.clip(own[near], 0, _LAST_LASER).astype(np.uint8)
        ring = cloud.extra.get("ring")
        several = len(self._log.lidars) > 1
        most = len(LASERS["up_lidar"]) if several else _LAST_LASER + 1
        lasers = np.zeros(int(near.sum()), np.int64)
        if ring is None:
            self._facts.without_ring += len(lasers)
        else:
            fits = (ring[near] >= 0) & (ring[near] < most)
            self._facts.without_ring += int(np.count_nonzero(~fits))
            lasers[fits] = ring[near][fits]
        if several and len(self._lidars) > 1:
            lower = list(self._log.lidars).index(self._lidars[1])
            lasers[cloud.extra["lidar"][near] == lower] += LASERS["down_lidar"].start
        return lasers.astype(np.uint8)
