"""Tables as datasets of av3d: labels of any log, read and written."""

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
from av3d.datasets.table.reading import has_cuboids, read_labels
from av3d.datasets.table.writing import write_labels
from av3d.logs.log import Log


class TableDataset(Dataset):
    """One row per cuboid and frame, in files of one kind.

    Args:
        name: "csv" or "parquet", which is the ending of the files, too.
        title: as people write it.
    """

    holds = "a row per cuboid and frame, and one per track"
    reads_labels = True
    writes_labels = True

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title

    def recognise_labels(self, path: Path) -> bool:
        return has_cuboids(path, f".{self.name}")

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_labels(log, labels if labels is not None else log.path, f".{self.name}")

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_labels(items, out, options, f".{self.name}", progress)
