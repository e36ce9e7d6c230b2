"""COCO as a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.coco.layout import ANNOTATIONS, MARK
from av3d.datasets.coco.reading import read_coco
from av3d.datasets.coco.writing import write_coco
from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    ImportedLabels,
    LabelledLog,
    Progress,
    no_progress,
)
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.reading import open_file

HEAD_BYTES = 512
"""Of a file that is asked whether it is one of av3d's."""


class Coco(Dataset):
    """COCO with videos and identities; see docs/formats/coco.md."""

    name = "coco"
    title = "COCO"
    holds = "images, 2D boxes with identities, and the cuboids"
    reads_labels = True
    writes_labels = True

    def recognise_labels(self, path: Path) -> bool:
        """A file with cuboids that av3d wrote, or the folder of its export."""
        try:
            file = path / ANNOTATIONS if path.is_dir() else path
            if file.suffix.lower() != ".json" or not file.is_file():
                return False
            with open_file(file) as opened:
                return f'"{MARK}"'.encode() in opened.read(HEAD_BYTES)
        except (OSError, ValueError, Av3dError):
            return False

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_coco(log, labels)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_coco(items, out, options, progress)
