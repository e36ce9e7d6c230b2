"""PandaSet as a dataset of av3d: opens and writes logs, reads cuboids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.datasets.pandaset.labels import read_labels
from av3d.datasets.pandaset.log import open_log
from av3d.datasets.pandaset.rows import LABEL, takes
from av3d.logs.log import Log
from av3d.types import Scalar


class PandaSet(Dataset):
    """The native layout: one folder per log with pickled sweeps, JPEGs and JSON files."""

    name = "pandaset"
    title = "PandaSet"
    holds = "sweeps, images, poses, cuboids with identities and one angle"
    label_attribute = LABEL
    looks_for = "a folder with lidar/poses.json and lidar/00.pkl.gz"
    reads_logs = True
    reads_labels = True
    writes_labels = True

    def recognise(self, path: Path) -> bool:
        lidar = path / "lidar"
        return (lidar / "poses.json").is_file() and (
            (lidar / "timestamps.json").is_file() or any(lidar.glob("*.pkl*"))
        )

    def open(self, path: Path) -> Log:
        return open_log(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_labels(log, labels)

    def takes(self, record: str, value: Scalar) -> bool:
        return takes(record, value)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.pandaset.export import export

        return export(self.name, items, out, options, progress)
