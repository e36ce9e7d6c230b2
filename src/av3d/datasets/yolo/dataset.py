"""YOLO as a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import (
    Dataset,
    DatasetError,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.datasets.image_export import FLAT, INSTEAD
from av3d.datasets.yolo.writing import write_yolo
from av3d.logs.log import Log


class Yolo(Dataset):
    """YOLO; see docs/formats/yolo.md."""

    name = "yolo"
    title = "YOLO"
    holds = "images with a text file of 2D boxes each"
    writes_labels = True

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        raise DatasetError(f"YOLO holds 2D boxes; {FLAT}", labels or log.path, INSTEAD)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_yolo(items, out, options, progress)
