"""PandaSet as a dataset of av3d: opens logs and reads their cuboids."""

from __future__ import annotations

from pathlib import Path

from av3d.datasets.dataset import Dataset, ImportedLabels
from av3d.datasets.pandaset.labels import read_labels
from av3d.datasets.pandaset.log import open_log
from av3d.logs.log import Log


class PandaSet(Dataset):
    """The native layout: one folder per log with pickled sweeps, JPEGs and JSON files."""

    name = "pandaset"
    title = "PandaSet"
    label_attribute = "pandaset.label"
    looks_for = "a folder with lidar/poses.json and lidar/00.pkl.gz"
    reads_logs = True
    reads_labels = True

    def recognise(self, path: Path) -> bool:
        lidar = path / "lidar"
        return (lidar / "poses.json").is_file() and (
            (lidar / "timestamps.json").is_file() or any(lidar.glob("*.pkl*"))
        )

    def open(self, path: Path) -> Log:
        return open_log(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_labels(log, labels)
