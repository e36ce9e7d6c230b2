"""Waymo's components as a format of av3d: boxes are read and written, with poses and calibration."""

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
from av3d.datasets.waymo.components import DETECTION_LEVEL, LABEL, LEVELS, TRACKING_LEVEL
from av3d.logs.log import Log
from av3d.types import Scalar


class Waymo(Dataset):
    """Parquet components of the perception dataset, version 2: labels of logs of any kind."""

    name = "waymo"
    title = "Waymo components"
    holds = "boxes with identities, poses and calibration as Parquet; no points or images"
    label_attribute = LABEL
    reads_labels = True
    writes_labels = True

    def recognise_labels(self, path: Path) -> bool:
        try:
            return (path.suffix == ".parquet" and path.parent.name == "lidar_box") or (
                (path / "lidar_box").is_dir() and any((path / "lidar_box").glob("*.parquet"))
            )
        except OSError:
            return False

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        from av3d.datasets.waymo.labels import read_labels

        return read_labels(log, labels)

    def takes(self, record: str, value: Scalar) -> bool:
        return record in (DETECTION_LEVEL, TRACKING_LEVEL) and value in LEVELS

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.waymo.export import export

        return export(self.name, items, out, options, progress)
