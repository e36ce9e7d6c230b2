"""KITTI raw data as a dataset."""

from __future__ import annotations

from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import Dataset, ImportedLabels
from av3d.datasets.kitti.raw.calibration import read_raw_rig
from av3d.datasets.kitti.raw.layout import CALIBRATIONS, recognise
from av3d.datasets.kitti.raw.log import open_raw
from av3d.datasets.kitti.raw.tracklets import read_tracklets
from av3d.logs.log import Log


class KittiRaw(Dataset):
    """The KITTI raw data: one drive is a log."""

    name = "kitti-raw"
    title = "KITTI raw"
    label_attribute = "kitti.type"
    looks_for = "a drive with velodyne_points/data, image_0N/data and timestamps.txt"
    reads_logs = True
    reads_labels = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        return recognise(path)

    def open(self, path: Path) -> Log:
        return open_raw(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_tracklets(log, labels)

    def recognise_rig(self, path: Path) -> bool:
        return (path / CALIBRATIONS[0]).is_file() or path.name in CALIBRATIONS

    def read_rig(self, path: Path) -> Rig:
        """The rectified cameras of a day, which are those of its synchronised drives."""
        folder = path if path.is_dir() else path.parent
        return read_raw_rig(folder, rectified=True, name=folder.resolve().name)
