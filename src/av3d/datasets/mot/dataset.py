"""MOTChallenge as a dataset."""

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
from av3d.datasets.mot.writing import write_mot
from av3d.logs.log import Log


class Mot(Dataset):
    """MOTChallenge; see docs/formats/mot.md."""

    name = "mot"
    title = "MOTChallenge"
    holds = "a sequence of 2D boxes with identities per camera"
    has_fixed_classes = True
    writes_labels = True

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        raise DatasetError(f"MOTChallenge holds 2D boxes; {FLAT}", labels or log.path, INSTEAD)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_mot(items, out, options, progress)
