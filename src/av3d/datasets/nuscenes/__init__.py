"""nuScenes: labels are written as a database that the nuScenes toolkit loads.

What goes where is in docs/formats/nuscenes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import (
    Dataset,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Progress,
    no_progress,
)


class NuScenesDataset(Dataset):
    """Writes nuScenes databases; reading nuScenes logs is not part of it."""

    name = "nuscenes"
    title = "nuScenes"
    looks_for = "a folder v1.0-* with the tables scene.json and sample_data.json"
    writes_labels = True

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        from av3d.datasets.nuscenes.export import export

        return export(self.name, items, out, options, progress)


DATASET = NuScenesDataset()
