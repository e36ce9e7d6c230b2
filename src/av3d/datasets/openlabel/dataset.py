"""OpenLABEL as a dataset of av3d: labels of any log, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
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
from av3d.datasets.openlabel.document import is_openlabel
from av3d.datasets.openlabel.reading import read_labels
from av3d.datasets.openlabel.writing import write_labels
from av3d.logs.log import Log

LOOKED_AT = 20
"""Files of a folder that are asked whether they are OpenLABEL."""


class OpenLabel(Dataset):
    """ASAM OpenLABEL 1.0: one JSON file per log, cuboids by frame and object."""

    name = "openlabel"
    title = "OpenLABEL"
    holds = "a cuboid per object and frame, attributes, relations, events, sensors and ego poses"
    reads_labels = True
    writes_labels = True

    def recognise_labels(self, path: Path) -> bool:
        if path.is_dir():
            return any(map(is_openlabel, islice(path.glob("*.json"), LOOKED_AT)))
        return is_openlabel(path)

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        return read_labels(log, labels)

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        return write_labels(items, out, options, progress)
