"""KITTI raw data as a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.datasets.kitti.importing import OCCLUDED
from av3d.datasets.kitti.raw.calibration import read_raw_rig
from av3d.datasets.kitti.raw.importing import read_tracklets
from av3d.datasets.kitti.raw.layout import CALIBRATIONS, TRACKLETS, recognise, tracklet_files
from av3d.datasets.kitti.raw.log import open_raw
from av3d.datasets.kitti.raw.writing import write_raw
from av3d.files import real_path
from av3d.logs.log import Log
from av3d.types import Scalar


class KittiRaw(Dataset):
    """The KITTI raw data: one drive is a log."""

    name = "kitti-raw"
    title = "KITTI raw"
    holds = "a drive per log: points, one camera, poses, times, tracklets with three angles"
    label_attribute = "kitti.type"
    looks_for = "a drive with velodyne_points/data, image_0N/data and timestamps.txt"
    reads_logs = True
    reads_labels = True
    writes_labels = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        return recognise(path)

    def open(self, path: Path) -> Log:
        return open_raw(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_tracklets(log, labels)

    def recognise_labels(self, path: Path) -> bool:
        return path.name == TRACKLETS or bool(tracklet_files(path))

    def takes(self, record: str, value: Scalar) -> bool:
        return record == OCCLUDED and str(value) in ("0", "1", "2", "3")

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_raw(items, out, options, progress)

    def recognise_rig(self, path: Path) -> bool:
        return (path / CALIBRATIONS[0]).is_file() or path.name in CALIBRATIONS

    def read_rig(self, path: Path) -> Rig:
        """The rectified cameras of a day, which are those of its synchronised drives."""
        folder = path if path.is_dir() else path.parent
        return read_raw_rig(folder, rectified=True, name=real_path(folder).name)
